"""Whole numbers of 8 bits: what they stand for, and how far they may be off."""

from typing import Any

import numpy as np
import pytest

from simplecell.export.c.format import Format
from simplecell.export.c.layers.entries import plain_layers
from simplecell.export.c.squash import squash_table
from simplecell.export.c.stage import scratch_cells
from simplecell.export.c.whole import measure, unbounded, whole_stages
from simplecell.formulas.activations import squash
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.spec.zoo import find


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "scaled_tanh"])
def test_a_table_is_its_function_to_half_a_step_of_each_axis(name: str) -> None:
    table = squash_table(name)
    u = np.linspace(2 * table.low, -2 * table.low, 9999)
    places = np.floor((u - table.low) / table.tick + 0.5).clip(0, len(table.values) - 1)
    x = table.format.step * table.values[places.astype(int)] + table.format.offset
    steepest = np.abs(np.diff(squash(name, u)) / np.diff(u)).max()
    allowed = table.format.step / 2 + steepest * table.tick / 2
    assert np.abs(x - squash(name, u)).max() <= 1.01 * allowed
    assert np.abs(x - squash(name, u)).max() > table.format.step / 4


def test_weights_are_off_by_half_a_step_of_their_own_map(draw: Any) -> None:
    """Maps of weights a hundred times smaller keep as many bits."""
    model = draw(Network("two", (1, 4, 4), (Dense("F1", 3), Dense("F2", 2))))
    model.parameters["F1.w"][1] *= 0.01
    wholes = whole_stages(plain_layers(model.network, model.parameters), model.normalisation, {})
    for whole, name in zip(wholes, ("F1.w", "F2.w"), strict=True):
        w = model.parameters[name].astype(np.float64)
        steps = np.abs(w).max(axis=1, keepdims=True) / 127
        assert (np.abs(whole.w * steps - w).max(axis=1) <= 0.5001 * steps.ravel()).all()
        assert (np.abs(whole.w).max(axis=1) == 127).all()


def test_only_outputs_without_bounds_are_measured() -> None:
    assert unbounded(find("lenet5")) == []
    assert unbounded(find("lenet5_tutorial")) == ["C1", "C3", "C5", "F6"]


def test_bounds_are_the_least_and_the_largest_output_of_all_blocks(draw: Any, noise: Any) -> None:
    model = draw(Network("two", (1, 3, 3), (Dense("F1", 5, "identity"), Dense("F2", 2))))
    pixels = noise(model, 300)
    pixels[299] = 255
    x = model.examples(pixels).values(slice(None)).reshape(300, 9)
    u = x @ model.parameters["F1.w"].T.astype(np.float64) + model.parameters["F1.b"]
    assert measure(model, pixels)["F1"] == pytest.approx((u.min(), u.max()))


def test_a_format_reaches_from_its_least_to_its_largest_number() -> None:
    assert Format(0.5, 1.0, 0).bounds == (1.0, 128.5)
    assert Format(1 / 255, 128 / 255).bounds == pytest.approx((0.0, 1.0))


def test_a_map_whose_weights_are_all_0_gives_its_bias(draw: Any) -> None:
    model = draw(Network("two", (1, 2, 2), (Dense("F1", 2), Dense("F2", 2))))
    model.parameters["F2.w"][0] = 0
    wholes = whole_stages(plain_layers(model.network, model.parameters), model.normalisation, {})
    assert (wholes[1].w[0] == 0).all()
    assert wholes[1].stage.arrays["offset"][0] == model.parameters["F2.b"][0]


def test_scratch_holds_the_largest_pair_of_neighbours() -> None:
    assert scratch_cells([3]) == 3
    assert scratch_cells([1, 9, 9, 20]) == 29
