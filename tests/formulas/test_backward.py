"""No forward without a checked backward: every pair found, on shapes that Hypothesis draws.

And no curvature without the second differences that it stands for.

Brief: E4, D12, D13, D15, E1, E2, F
"""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simplecell.formulas
from simplecell.formulas.combine import combine_backward, combine_curvature, combine_forward
from simplecell.formulas.conv import conv_backward, conv_curvature, conv_forward
from simplecell.formulas.dense import dense_backward, dense_curvature, dense_forward
from simplecell.formulas.globalpool import (
    globalpool_backward,
    globalpool_curvature,
    globalpool_forward,
)
from simplecell.formulas.gradcheck import (
    numeric_curvature,
    numeric_gradient,
    relative_difference,
)
from simplecell.formulas.local import local_backward, local_curvature, local_forward
from simplecell.formulas.losses import (
    cross_entropy_backward,
    cross_entropy_curvature,
    cross_entropy_forward,
    map_backward,
    map_curvature,
    map_forward,
    mean_square_backward,
    mean_square_curvature,
    mean_square_forward,
    squared_error_backward,
    squared_error_curvature,
    squared_error_forward,
)
from simplecell.formulas.pool import Windows, pool_backward, pool_curvature, pool_forward
from simplecell.formulas.rbf import rbf_backward, rbf_curvature, rbf_forward
from simplecell.formulas.sparsity import sparsity_backward, sparsity_forward
from simplecell.formulas.subsample import (
    subsample_backward,
    subsample_curvature,
    subsample_forward,
)

from .case import Case, batchnorm, dropout, rng_of, seeds, small, used

pairs = st.tuples(small, small)


@dataclass
class Slid:
    """A kernel, a stride, a padding, an output size and an input size."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    out: tuple[int, int]
    size: list[int]


def _slid(draw: Any) -> Slid:
    """Draw places of a kernel, some with cells left over, half of them with padding."""
    kernel, stride, out = draw(pairs), draw(pairs), draw(pairs)
    left = [draw(st.integers(0, s - 1)) for s in stride]
    wide = [p + (n - 1) * s + r for p, n, s, r in zip(kernel, out, stride, left, strict=True)]
    pads, size = [], []
    for k, total in zip(kernel, wide, strict=True):
        before = draw(st.integers(0, min(k, total) - 1))
        after = draw(st.integers(0, min(k - 1, total - 1 - before)))
        pads.append((before, after))
        size.append(total - before - after)
    return Slid(kernel, stride, (pads[0], pads[1]), out, size)


@st.composite
def conv(draw: Any) -> Case:
    rng, slid = rng_of(draw), _slid(draw)
    n, c, m = draw(small), draw(small), draw(st.integers(1, 4))
    row = st.sets(st.integers(0, c - 1), min_size=1).map(lambda maps: tuple(sorted(maps)))
    table = draw(st.none() | st.tuples(*[row] * m))
    arrays = [
        rng.normal(size=(n, c, *slid.size)),
        rng.normal(size=(m, c, *slid.kernel)),
        rng.normal(size=m),
    ]
    places = (slid.stride, table, slid.padding)
    return Case(
        arrays,
        lambda x, w, b: conv_forward(x, w, b, *places),
        lambda x, w, b, du: conv_backward(x, w, du, *places),
        lambda x, w, b, du, hu: conv_curvature(x, w, hu, *places),
    )


@st.composite
def local(draw: Any) -> Case:
    rng, slid = rng_of(draw), _slid(draw)
    n, c, m = draw(small), draw(small), draw(small)
    arrays = [
        rng.normal(size=(n, c, *slid.size)),
        rng.normal(size=(m, *slid.out, c, *slid.kernel)),
        rng.normal(size=(m, *slid.out)),
    ]
    places = (slid.stride, slid.padding)
    return Case(
        arrays,
        lambda x, w, b: local_forward(x, w, b, *places),
        lambda x, w, b, du: local_backward(x, w, du, *places),
        lambda x, w, b, du, hu: local_curvature(x, w, hu, *places),
    )


def _windowed(draw: Any) -> tuple[tuple[int, int], tuple[int, ...]]:
    window, (rows, columns) = draw(pairs), draw(pairs)
    return window, (draw(small), draw(small), rows * window[0], columns * window[1])


@st.composite
def subsample(draw: Any) -> Case:
    rng, (window, shape) = rng_of(draw), _windowed(draw)
    arrays = [rng.normal(size=shape), rng.normal(size=shape[1]), rng.normal(size=shape[1])]
    return Case(
        arrays,
        lambda x, w, b: subsample_forward(x, w, b, window),
        lambda x, w, b, du: subsample_backward(x, w, du, window),
        lambda x, w, b, du, hu: subsample_curvature(x, w, hu, window),
    )


@st.composite
def windows(draw: Any) -> Windows:
    """Draw windows of any kind: overlapping, apart, over padding, over the edge."""
    size, stride = draw(pairs), draw(st.none() | pairs)
    sides = [st.integers(0, n - 1) for n in size]
    pads = tuple(draw(st.tuples(side, side)) for side in sides)
    return Windows(size, stride, pads, draw(st.booleans()), draw(st.booleans()))


@st.composite
def pool(draw: Any) -> Case:
    rng, window = rng_of(draw), draw(windows())
    least = [max(1, n - sum(pads)) for n, pads in zip(window.size, window.pads, strict=True)]
    sides = [draw(st.integers(low, low + 5)) for low in least]
    shape = (draw(small), draw(small), *sides)
    kind = draw(st.sampled_from(["mean", "max"]))
    # Quarters in a drawn order: no two cells are closer than 1/4, so no difference meets a tie.
    x = rng.permutation(np.prod(shape)).reshape(shape) / 4
    return Case(
        [x],
        lambda x: pool_forward(x, window, kind),
        lambda x, du: (pool_backward(x, du, window, kind),),
        lambda x, du, hu: (pool_curvature(x, hu, window, kind),),
    )


@st.composite
def globalpool(draw: Any) -> Case:
    rng, kind = rng_of(draw), draw(st.sampled_from(["mean", "max"]))
    shape = draw(st.tuples(small, small, st.integers(1, 6), st.integers(1, 6)))
    return Case(
        [rng.permutation(np.prod(shape)).reshape(shape) / 4],
        lambda x: globalpool_forward(x, kind),
        lambda x, du: (globalpool_backward(x, du, kind),),
        lambda x, du, hu: (globalpool_curvature(x, hu, kind),),
    )


@st.composite
def dense(draw: Any) -> Case:
    rng, n, k, m = rng_of(draw), draw(small), draw(st.integers(1, 9)), draw(st.integers(1, 9))
    arrays = [rng.normal(size=(n, k)), rng.normal(size=(m, k)), rng.normal(size=m)]
    return Case(
        arrays,
        dense_forward,
        lambda x, w, b, du: dense_backward(x, w, du),
        lambda x, w, b, du, hu: dense_curvature(x, w, hu),
    )


@st.composite
def rbf(draw: Any) -> Case:
    rng, n, j, k = rng_of(draw), draw(small), draw(st.integers(1, 9)), draw(st.integers(1, 9))
    arrays = [rng.normal(size=(n, j)), rng.normal(size=(k, j))]
    return Case(arrays, rbf_forward, rbf_backward, rbf_curvature)


@st.composite
def combine(draw: Any) -> Case:
    rng, slid = rng_of(draw), _slid(draw)
    n, c, m = draw(small), draw(small), draw(small)
    arrays = [
        rng.normal(size=(n, c, *slid.size)),
        rng.normal(size=(c, *slid.kernel)),
        rng.normal(size=(m, c)),
        rng.normal(size=m),
    ]
    places = (slid.stride, slid.padding)
    return Case(
        arrays,
        lambda x, w, choice, b: combine_forward(x, w, choice, b, *places),
        lambda x, w, choice, b, du: combine_backward(x, w, choice, du, *places),
        lambda x, w, choice, b, du, hu: combine_curvature(x, w, choice, hu, *places),
        slopes=False,
    )


@st.composite
def cross_entropy(draw: Any) -> Case:
    rng, n, k = rng_of(draw), draw(small), draw(st.integers(1, 9))
    labels = rng.integers(0, k, n)
    return Case(
        [rng.normal(size=(n, k))],
        lambda scores: cross_entropy_forward(scores, labels),
        lambda scores, de: (de[:, None] * cross_entropy_backward(scores, labels),),
        lambda scores, de, he: (de[:, None] * cross_entropy_curvature(scores),),
        bends=False,
    )


@st.composite
def squared_error(draw: Any) -> Case:
    rng, n, k = rng_of(draw), draw(small), draw(st.integers(1, 9))
    t = rng.normal(size=(n, k))
    return Case(
        [rng.normal(size=(n, k))],
        lambda y: squared_error_forward(y, t.astype(y.dtype)),
        lambda y, de: (de[:, None] * squared_error_backward(y, t.astype(y.dtype)),),
        lambda y, de, he: (de[:, None] * squared_error_curvature(y),),
        bends=False,
    )


@st.composite
def mean_square(draw: Any) -> Case:
    rng, n, k = rng_of(draw), draw(small), draw(st.integers(1, 9))
    labels = rng.integers(0, k, n)
    return Case(
        [rng.normal(size=(n, k))],
        lambda y: mean_square_forward(y, labels),
        lambda y, de: (de[:, None] * mean_square_backward(y, labels),),
        lambda y, de, he: (de[:, None] * mean_square_curvature(y),),
        bends=False,
    )


@st.composite
def map_(draw: Any) -> Case:
    rng, n, k = rng_of(draw), draw(small), draw(st.integers(1, 9))
    labels, j = rng.integers(0, k, n), draw(st.sampled_from([0.5, 3.0]))
    share = draw(st.sampled_from([0.5, 1.0]))
    return Case(
        [rng.normal(size=(n, k))],
        lambda y: map_forward(y, labels, j, share),
        lambda y, de: (de[:, None] * map_backward(y, labels, j, share),),
        lambda y, de, he: (de[:, None] * map_curvature(y, j, share),),
        bends=False,
    )


@st.composite
def sparsity(draw: Any) -> Case:
    rng, n, k = rng_of(draw), draw(small), draw(st.integers(1, 9))
    rho = draw(st.floats(0.01, 0.99))
    return Case(
        [rng.uniform(0.3, 0.7, (n, k))],
        lambda x: sparsity_forward(x, rho),
        lambda x, de: (sparsity_backward(x, rho, de),),
    )


CASES = {
    "conv": conv(),
    "local": local(),
    "subsample": subsample(),
    "pool": pool(),
    "globalpool": globalpool(),
    "dense": dense(),
    "rbf": rbf(),
    "combine": combine(),
    "dropout": dropout(),
    "batchnorm": batchnorm(),
    "used": used(),
    "cross_entropy": cross_entropy(),
    "squared_error": squared_error(),
    "sparsity": sparsity(),
    "mean_square": mean_square(),
    "map": map_(),
}


WITHOUT_CURVATURE = {"sparsity", "batchnorm", "used"}
"""What no one learns by curvature: the autoencoder goes by L-BFGS, and batch normalisation ties
examples together."""


def _functions() -> set[str]:
    names: set[str] = set()
    for found in pkgutil.iter_modules(simplecell.formulas.__path__, "simplecell.formulas."):
        names |= {name for name in vars(importlib.import_module(found.name)) if name[0] != "_"}
    return names


def test_every_forward_has_a_backward_that_this_file_checks():
    names = _functions()
    forwards = {n.removesuffix("_forward") for n in names if n.endswith("_forward")}
    backwards = {n.removesuffix("_backward") for n in names if n.endswith("_backward")}
    assert forwards == backwards == set(CASES)


@pytest.mark.parametrize("noun", CASES)
def test_backward_agrees_with_finite_differences(noun):
    @settings(max_examples=25, deadline=None)
    @given(CASES[noun], seeds)
    def check(case, seed):
        u = case.forward(*case.arrays)
        du = np.random.default_rng(seed).normal(size=u.shape)
        gradients = case.backward(*case.arrays, du)
        for k, gradient in enumerate(gradients):

            def total(moved, k=k):
                arrays = [*case.arrays[:k], moved, *case.arrays[k + 1 :]]
                return float((du * case.forward(*arrays)).sum())

            assert gradient.shape == case.arrays[k].shape
            assert relative_difference(gradient, numeric_gradient(total, case.arrays[k])) < 1e-7

    check()


def test_every_curvature_is_one_that_this_file_checks():
    """Squash has no forward by that name; test_curvature.py checks it."""
    names = {n.removesuffix("_curvature") for n in _functions() if n.endswith("_curvature")}
    assert names == (set(CASES) - WITHOUT_CURVATURE) | {"squash", "numeric"}


@pytest.mark.parametrize("noun", sorted(set(CASES) - WITHOUT_CURVATURE))
def test_curvature_agrees_with_finite_differences_of_the_gradient(noun):
    """E = sum du u + hu (u - u0)^2 / 2, at u0: each cell of u bends E, and no two together."""

    @settings(max_examples=25, deadline=None)
    @given(CASES[noun], seeds)
    def check(case, seed):
        rng = np.random.default_rng(seed)
        u0 = case.forward(*case.arrays)
        du = case.slopes * rng.uniform(0.5, 2, u0.shape)
        hu = case.bends * rng.uniform(0.5, 2, u0.shape)
        for k, curvature in enumerate(case.curvature(*case.arrays, du, hu)):

            def gradient(moved, k=k):
                arrays = [*case.arrays[:k], moved, *case.arrays[k + 1 :]]
                slope = du + hu * (case.forward(*arrays) - u0)
                return case.backward(*arrays, slope)[k]

            assert curvature.shape == case.arrays[k].shape
            assert (curvature >= 0).all()
            cells = rng.permutation(curvature.size)[:12]
            measured = numeric_curvature(gradient, case.arrays[k], cells=cells)
            assert relative_difference(curvature.reshape(-1)[cells], measured) < 1e-6

    check()


def _all_of(case: Case, arrays: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    u = case.forward(*arrays)
    ones = np.ones_like(u)
    curvatures = case.curvature(*arrays, ones, ones) if case.curvature else ()
    return (u, *case.backward(*arrays, ones), *curvatures)


@pytest.mark.parametrize("noun", CASES)
def test_float32_stays_float32_and_what_comes_in_is_left_alone(noun):
    @settings(max_examples=10, deadline=None)
    @given(CASES[noun])
    def check(case):
        given_arrays = [a.astype(np.float32) for a in case.arrays]
        copies = [a.copy() for a in given_arrays]
        results, exact = _all_of(case, given_arrays), _all_of(case, case.arrays)
        assert {a.dtype for a in results} == {np.dtype(np.float32)}
        for a, b in zip(results, exact, strict=True):
            assert np.linalg.norm(a - b) <= 1e-5 * max(1.0, np.linalg.norm(b))
        assert all(np.array_equal(a, b) for a, b in zip(given_arrays, copies, strict=True))

    check()
