"""The way down of curvature through whole networks; each formula's own is in tests/formulas."""

from itertools import pairwise

import numpy as np
import pytest

from simplecell.engines import curvature
from simplecell.engines.curvature import mean_curvature, top_curvature, walk_curvature
from simplecell.engines.protocol import Examples
from simplecell.engines.sample import draw
from simplecell.engines.walk import Step, layer_squash, walk_forward
from simplecell.formulas.activations import slope, softmax
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Pool
from simplecell.spec.network import Network

CODES = ("##..#", ".#.#.", "..###")


def top(layer, count=4, seed=0):
    rng = np.random.default_rng(seed)
    u = rng.uniform(0.5, 3, size=(count, 3, 1, 1))
    return Step(layer, u, u, layer_squash(layer, u)), np.array([0, 1, 2, 0])


@pytest.mark.parametrize(
    ("loss", "share"), [("mean_square", 1), ("map", 1), ("cross_entropy", 1), ("halved_map", 0.5)]
)
def test_whatever_the_loss_of_distances_each_feature_begins_with_2(loss, share):
    """The guess of EBLearn, in one place; of halved distances with 1. Brief: F"""
    step, labels = top(RBF("OUT", CODES))
    du, hu = top_curvature(loss, step, labels)
    assert np.array_equal(du[:, :, 0, 0], share * np.eye(3)[labels])
    assert not hu.any()
    x = np.random.default_rng(1).normal(size=(4, 5, 1, 1))
    steps = [Step(step.layer, x, step.u, step.x)]
    ((_, _, hx, found),) = walk_curvature(steps, {}, du, hu)
    assert np.array_equal(hx, np.full((4, 5, 1, 1), 2.0 * share))
    assert found == {}


@pytest.mark.parametrize("squash", ["identity", "tanh", "sigmoid"])
def test_squared_error_begins_with_the_square_of_the_slope(squash):
    step, labels = top(Dense("OUT", 3, squash))
    du, hu = top_curvature("squared_error", step, labels)
    assert not du.any()
    assert np.allclose(hu, slope(squash, step.u, step.x) ** 2)


@pytest.mark.parametrize("squash", ["identity", "softmax"])
def test_cross_entropy_begins_with_p_of_1_minus_p(squash):
    step, labels = top(Dense("OUT", 3, squash))
    p = softmax(step.u[:, :, 0, 0])
    assert np.allclose(top_curvature("cross_entropy", step, labels)[1][:, :, 0, 0], p * (1 - p))


NET = Network(
    "several",
    (1, 8, 8),
    (
        Conv("C1", 3, (3, 3)),
        Pool("P2", "mean"),
        Combine("C3", 2, (2, 2), penalty="entropy", strength=5.0),
        Dense("F4", 5, "tanh"),
        RBF("OUT", CODES, learned=True),
    ),
)


def test_many_examples_are_walked_in_pieces_without_changing_the_mean(monkeypatch):
    parameters, pixels, labels = draw(NET, 0, 11)
    examples = Examples(pixels, labels)
    whole = mean_curvature(NET, parameters, examples, "map")
    monkeypatch.setattr(curvature, "ROWS", 4)
    for name, h in mean_curvature(NET, parameters, examples, "map").items():
        assert np.allclose(h, whole[name], rtol=1e-12)


def test_a_penalty_has_no_part_in_the_curvature():
    parameters, pixels, labels = draw(NET, 0, 5)
    layers = tuple(
        Combine("C3", 2, (2, 2)) if isinstance(layer, Combine) else layer for layer in NET.layers
    )
    plain = Network("plain", NET.input, layers)
    with_penalty, without = (
        mean_curvature(network, parameters, Examples(pixels, labels), "map")
        for network in (NET, plain)
    )
    assert all(np.array_equal(with_penalty[name], without[name]) for name in without)


def test_learned_codes_bend_twice_for_each_example_of_their_class():
    """Brief: F"""
    parameters, pixels, labels = draw(NET, 0, 8)
    found = mean_curvature(NET, parameters, Examples(pixels, labels), "mean_square")
    shares = np.bincount(labels, minlength=3) / 8
    assert np.allclose(found["OUT.w"], np.outer(2 * shares, np.ones(5)))


def test_between_two_layers_it_goes_through_the_square_of_the_slope():
    parameters, pixels, labels = draw(NET, 0, 4)
    steps = walk_forward(NET.layers, parameters, pixels.astype(float))
    down = list(walk_curvature(steps, parameters, *top_curvature("map", steps[-1], labels)))
    for (above, _, hx, _), (below, hu, _, _) in pairwise(down):
        lower = next(step for step in steps if step.layer is below)
        steepness = slope(below.squash, lower.u, lower.x)
        assert np.allclose(hu, steepness**2 * hx), above.name
