"""What `test_backward` draws and checks; and the cases of layers that learn batch by batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from simplecell.formulas.batchnorm import (
    batchnorm_backward,
    batchnorm_forward,
    used_backward,
    used_forward,
)
from simplecell.formulas.dropout import (
    dropout_backward,
    dropout_curvature,
    dropout_forward,
    dropout_mask,
)


@dataclass
class Case:
    """A forward of some arrays, a backward of the same and du, a curvature of these and hu.

    The curvature is the whole second derivative of what bends by hu in each cell of u, and
    slopes by du; or, of losses, which are where curvature begins, only of what slopes by du; or,
    of what leaves its own bend out, only of what does not slope.
    """

    arrays: list[np.ndarray]
    forward: Callable[..., np.ndarray]
    backward: Callable[..., tuple[np.ndarray, ...]]
    curvature: Callable[..., tuple[np.ndarray, ...]] | None = None
    slopes: bool = True
    bends: bool = True


small = st.integers(1, 3)
seeds = st.integers(0, 2**32 - 1)


def rng_of(draw: Any) -> np.random.Generator:
    return np.random.default_rng(draw(seeds))


@st.composite
def batchnorm(draw: Any) -> Case:
    # Numbers that lie far apart: by how much a difference is off goes with 1 / variance.
    shape = (draw(st.integers(2, 4)), draw(small), draw(st.integers(3, 4)), draw(small))
    rng, epsilon = rng_of(draw), draw(st.sampled_from([1e-5, 1e-3, 0.1]))
    steps = np.linspace(-5, 5, shape[0] * shape[2] * shape[3])
    maps = [rng.permutation(steps).reshape(shape[0], *shape[2:]) for _ in range(shape[1])]
    x = np.stack(maps, axis=1) + rng.normal(0, 0.1, shape)
    arrays = [x, rng.normal(size=shape[1]), rng.normal(size=shape[1])]
    return Case(
        arrays,
        lambda x, w, b: batchnorm_forward(x, w, b, epsilon),
        lambda x, w, b, du: batchnorm_backward(x, w, du, epsilon),
    )


@st.composite
def used(draw: Any) -> Case:
    rng, shape = rng_of(draw), (draw(small), draw(small), draw(small), draw(small))
    mean, variance = rng.normal(size=shape[1]), rng.uniform(0.1, 3, shape[1])
    arrays = [rng.normal(size=shape), rng.normal(size=shape[1]), rng.normal(size=shape[1])]

    def kept(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return mean.astype(x.dtype), variance.astype(x.dtype)

    return Case(
        arrays,
        lambda x, w, b: used_forward(x, w, b, *kept(x), 1e-5),
        lambda x, w, b, du: used_backward(x, w, *kept(x), du, 1e-5),
    )


@st.composite
def dropout(draw: Any) -> Case:
    rng, shape = rng_of(draw), (draw(small), draw(small), draw(small), draw(small))
    drawn = dropout_mask(draw(st.integers(0, 2**32 - 1)), shape, draw(st.floats(0, 0.99)))

    def mask(x: np.ndarray) -> np.ndarray:
        return drawn.astype(x.dtype)

    return Case(
        [rng.normal(size=shape)],
        lambda x: dropout_forward(x, mask(x)),
        lambda x, du: (dropout_backward(mask(x), du),),
        lambda x, du, hu: (dropout_curvature(mask(x), hu),),
    )
