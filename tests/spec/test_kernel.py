"""Layers that slide kernels over padded maps: their shapes, and what is said of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simplecell.errors import ShapeError
from simplecell.spec.layers import Conv, Dense, Local, Pair
from simplecell.spec.network import Network, layer_shape


def test_a_kernel_too_large_for_padded_maps_is_told_with_their_padding() -> None:
    with pytest.raises(ShapeError) as caught:
        Network("tight", (1, 2, 9), (Conv("C1", 4, (5, 5), padding=((1, 1), (0, 0))),))
    assert str(caught.value) == (
        "tight, layer C1: a 5x5 kernel does not fit 2x9 maps, 4x9 with their padding.\n"
        "  2x9 -> C1 ?"
    )


@pytest.mark.parametrize("size", [5, 6, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_same_padding_leaves_as_many_rows_as_strides_begin(
    size: int, stride: int, kernel: int
) -> None:
    layer = Conv("C1", 3, (kernel, kernel), (stride, stride), padding="same")
    assert layer_shape(layer, (1, size, size + 1))[1:] == (
        -(-size // stride),
        -(-(size + 1) // stride),
    )
    for before, after in layer.pads((1, size, size + 1)):
        assert before <= after <= before + 1


def test_padding_and_no_bias_stay_as_they_were_said_in_json() -> None:
    said: Any = {"padding": 2, "bias": False}
    network = Network(
        "n",
        (1, 9, 9),
        (Conv("C1", 2, (3, 3), **said), Local("L2", 2, (3, 3), padding="same"), Dense("F3", 3)),
    )
    first, second, third = json.loads(network.to_json())["layers"]
    assert (first["padding"], first["bias"]) == ([[2, 2], [2, 2]], False)
    assert (second["padding"], "bias" in second) == ("same", False)
    assert set(third) == {"type", "name", "units", "squash"}


@given(
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
)
def test_a_map_has_a_unit_at_each_place_where_the_kernel_fits(
    size: Pair, kernel: Pair, stride: Pair, down: Pair, across: Pair
) -> None:
    """The kernel may lie on padding, of which there is less than the kernel is large."""
    down = (down[0] % kernel[0], down[1] % kernel[0])
    across = (across[0] % kernel[1], across[1] % kernel[1])
    rows, columns = (
        len(range(-pads[0], whole + pads[1] - part + 1, step))
        for whole, part, step, pads in zip(size, kernel, stride, (down, across), strict=True)
    )
    layer = Conv("C1", 2, kernel, stride, padding=(down, across))
    if rows and columns:
        assert layer_shape(layer, (1, *size)) == (2, rows, columns)
    else:
        with pytest.raises(ShapeError, match="kernel does not fit"):
            layer_shape(layer, (1, *size))
