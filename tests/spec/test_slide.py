"""A network slid over a wider image: shapes, places, costs.   Brief: C12, F"""

from dataclasses import replace
from typing import Any

import pytest

from simplecell.errors import ShapeError, SpecError
from simplecell.spec.accounting import count_network
from simplecell.spec.layers import RBF, Conv, Dense, Local
from simplecell.spec.network import Network
from simplecell.spec.slide import fitting_width, places, slide, step
from simplecell.spec.zoo import NETWORKS, find


def test_c5_stays_a_convolution_and_the_layers_above_become_ones_of_1x1() -> None:
    """Brief: C12."""
    network, slid = find("lenet5"), slide(find("lenet5"), 72)
    assert slid.layers[:5] == network.layers[:5]
    assert slid.layers[5] == Conv("F6", 84, (1, 1))
    assert len(slid.layers) == 6
    assert slid.shapes[4:] == ((120, 1, 11), (84, 1, 11))


def test_a_softmax_is_left_to_be_taken_at_each_place() -> None:
    slid = slide(find("lenet5_tutorial"), 40)
    assert slid.layers[-1] == Conv("F7", 10, (1, 1), squash="identity")
    assert slid.shapes[-1] == (10, 1, 3)


def test_a_dense_layer_over_maps_becomes_kernels_of_their_size() -> None:
    assert slide(find("lenet1"), 28).layers[-1] == Conv("F5", 10, (4, 4))


@pytest.mark.parametrize("name", NETWORKS)
def test_each_step_of_width_adds_one_place(name: str) -> None:
    network = find(name)
    for more in range(4):
        width = network.input[2] + more * step(network)
        assert places(network, width) == more + 1
        assert slide(network, width).shapes[-1][1:] == (1, more + 1)


def test_without_a_bias_a_slid_layer_has_none() -> None:
    network = Network("bare", (1, 6, 6), (Conv("C1", 2, (3, 3), bias=False), Dense("F2", 3)))
    bare = replace(network, layers=(network.layers[0], Dense("F2", 3, bias=False)))
    assert slide(network, 9).layers == (network.layers[0], Conv("F2", 3, (4, 4)))
    assert slide(bare, 9).layers[1] == Conv("F2", 3, (4, 4), bias=False)


@pytest.mark.parametrize("padding", [(1, 0), ((2, 0), (0, 0))])
def test_rows_of_padding_stay_when_a_network_is_slid(padding: Any) -> None:
    network = Network("rows", (1, 6, 6), (Conv("C1", 2, (3, 3), padding=padding), Dense("F2", 3)))
    slid = slide(network, 9)
    assert slid.layers[0] == network.layers[0]
    assert slid.shapes == ((2, 6, 7), (3, 1, 4))


@pytest.mark.parametrize(("kernel", "padding"), [((3, 3), "same"), ((3, 3), ((0, 0), (0, 1)))])
def test_columns_of_padding_are_refused(kernel: Any, padding: Any) -> None:
    """At a place in the middle, what was padding would be pixels."""
    first = Conv("C1", 2, kernel, padding=padding)
    network = Network("padded", (1, 6, 6), (first, Dense("F2", 3)))
    with pytest.raises(SpecError, match=r"padded, layer C1: its maps are padded by \d columns on"):
        slide(network, 9)


def test_two_subsamplings_make_a_step_of_four_pixels() -> None:
    assert [step(find(name)) for name in ("lenet1", "lenet5", "lenet5_tutorial")] == [4, 4, 4]


def test_one_slide_costs_a_third_of_the_windows_one_by_one() -> None:
    """Above C5 every place is computed anew; it is C1 and C3 that neighbours share."""
    network = find("lenet5_tutorial")
    slid = count_network(slide(network, 140)).total.multiply_accumulates
    windows = places(network, 140) * count_network(network).total.multiply_accumulates
    assert 3.0 < windows / slid < 3.2


def test_a_width_between_two_steps_is_refused_with_the_next_that_fits() -> None:
    assert [fitting_width(find("lenet5"), width) for width in (1, 32, 33, 36)] == [32, 32, 36, 36]
    with pytest.raises(ShapeError) as caught:
        slide(find("lenet5"), 70)
    assert str(caught.value) == (
        "lenet5 reads images 32 pixels wide, and slides 4 pixels at a time: it cannot be slid"
        " over 70.\n  Pad the image to 72 pixels."
    )


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ((Local("L1", 2, (3, 3)), Dense("F2", 3)), "layer L1: a local layer has weights of its"),
        ((Conv("C1", 2, (3, 3)),), "gives 2x4x4"),
        ((RBF("R1", ("#" * 36, "." * 36)),), "layer R1: it compares 1x6x6 maps"),
    ],
)
def test_what_cannot_be_slid_is_refused(layers: tuple[Local | Conv, ...], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        slide(Network("odd", (1, 6, 6), layers), 6)
