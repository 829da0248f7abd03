"""Counting, against the brief's tables and against counting one by one.   Brief: B1-B10, C5-C14"""

import tracemalloc
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simplecell.errors import ShapeError, SpecError
from simplecell.spec.accounting import Count, count_layer, count_network, full, local, shared
from simplecell.spec.layers import (
    RBF,
    Combine,
    Conv,
    Dense,
    GlobalPool,
    Layer,
    Local,
    Pool,
    Shape,
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.spec.padding import NO_PADS
from simplecell.spec.zoo import NETWORKS, find, published

LENET5 = {
    "C1": (156, 122_304),
    "S2": (12, 5_880),
    "C3": (1_516, 151_600),
    "S4": (32, 2_000),
    "C5": (48_120, 48_120),
    "F6": (10_164, 10_164),
    "RBF": (0, 840),
}


def test_lenet5_comes_to_the_table_of_the_brief_to_the_unit() -> None:
    counted = count_network(find("lenet5"))
    rows = {row.name: (row.count.parameters, row.count.connections) for row in counted.layers}
    assert rows == LENET5 == published("lenet5").layers
    assert (counted.total.parameters, counted.total.connections) == (60_000, 340_908)


def test_the_tutorials_lenet5_has_61706_parameters() -> None:
    assert count_network(find("lenet5_tutorial")).total.parameters == 61_706


def test_lenet1_comes_to_the_counts_of_1990() -> None:
    total = count_network(find("lenet1")).total
    assert (total.parameters, total.connections) == (2_578, 98_442)
    # The paper's 4,635 units are these, the image's 784, and one that is always on, for biases.
    assert total.neurons + 28 * 28 + 1 == 4_635


def test_lenet5_forward_takes_about_the_multiply_adds_of_the_engine_note() -> None:
    total = count_network(find("lenet5")).total
    assert total.multiply_accumulates == 328_096
    pooled = sum(
        row.count.multiply_accumulates
        for row in count_network(find("lenet5")).layers
        if row.type == "subsample"
    )
    assert total.multiply_accumulates - pooled == 326_520


def test_receptive_fields_of_lenet5_grow_to_the_whole_image() -> None:
    """Brief: B10."""
    sees = {row.name: row.receptive_field for row in count_network(find("lenet5")).layers}
    assert sees == {
        "C1": (5, 5),
        "S2": (6, 6),
        "C3": (14, 14),
        "S4": (16, 16),
        "C5": (32, 32),
        "F6": (32, 32),
        "RBF": (32, 32),
    }


def test_c5_slid_over_a_wider_image_moves_four_pixels_a_step() -> None:
    counted = count_network(find("lenet5").with_input((1, 32, 64)))
    assert counted.layers[4].receptive_stride == (4, 4)
    assert counted.layers[4].receptive_field == (32, 32)


@pytest.mark.parametrize("name", NETWORKS)
def test_totals_are_the_sums_of_the_layers(name: str) -> None:
    counted = count_network(find(name))
    for part in ("weights", "biases", "connections", "neurons", "multiply_accumulates"):
        parts = [getattr(row.count, part) for row in counted.layers]
        assert getattr(counted.total, part) == sum(parts)
    assert [row.name for row in counted.layers] == [layer.name for layer in find(name).layers]
    assert [row.shape for row in counted.layers] == list(find(name).shapes)


def test_the_network_of_1989_has_the_connections_that_were_printed() -> None:
    """It has a plane of constant units around its maps, and a bias for each unit.

    Source: LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition, 3:
    1,256 units, 64,660 connections; of those shared, 19,968 in H1 and 38,592 in H2.
    """
    pairs = tuple(tuple((m + n) % 12 for n in range(8)) for m in range(12))
    beside: Any = {"stride": (2, 2), "padding": ((1, 2), (1, 2))}
    network = Network(
        "zip_codes",
        (1, 16, 16),
        (
            Conv("H1", 12, (5, 5), **beside),
            Conv("H2", 12, (5, 5), table=pairs, **beside),
            Dense("H3", 30),
            Dense("OUT", 10),
        ),
    )
    counted = count_network(network)
    assert [row.count.connections for row in counted.layers] == [19_968, 38_592, 5_790, 310]
    assert counted.total.connections == 64_660
    assert counted.total.neurons + 16 * 16 == 1_256
    assert counted.total.weights == 9_760 - 1_000, "a bias for each of 1,000 units was printed"


def test_lenet5_padded_by_2_has_the_connections_of_larger_pictures() -> None:
    first, *others = find("lenet5").layers
    padded = Network("padded", (1, 28, 28), (replace(first, padding="same"), *others))
    assert count_network(padded).total == count_network(find("lenet5")).total


def test_without_a_bias_a_unit_has_one_connection_less() -> None:
    bare: tuple[Layer, ...] = (
        Conv("C1", 4, (3, 3), bias=False),
        Local("L2", 2, (3, 3), bias=False),
        Dense("F3", 5, bias=False),
    )
    biased = tuple(replace(layer, bias=True) for layer in bare)
    counts = [count_network(Network("n", (2, 8, 8), layers)).total for layers in (bare, biased)]
    assert counts[0].biases == 0
    assert counts[1].biases == 4 + 2 * 4 * 4 + 5
    assert counts[1].connections - counts[0].connections == counts[0].neurons


# One by one

Place = tuple[int, int, int]


def places(shape: Shape) -> list[Place]:
    maps, height, width = map(range, shape)
    return list(product(maps, height, width))


def reads(layer: Layer, below: Shape, unit: Place) -> list[Place]:
    """List the places below that one unit reads."""
    m, i, j = unit
    if isinstance(layer, Conv | Combine | Local):
        table = layer.table if isinstance(layer, Conv) else None
        maps = range(below[0]) if table is None else table[m]
        size, (down, right) = layer.kernel, layer.stride
    elif isinstance(layer, GlobalPool):
        return [(m, y, x) for _, y, x in places((1, *below[1:]))]
    elif isinstance(layer, Pool):
        top, left = (before for before, _ in layer.pads(below))
        rows = range(i * layer.step[0] - top, i * layer.step[0] - top + layer.window[0])
        columns = range(j * layer.step[1] - left, j * layer.step[1] - left + layer.window[1])
        return [
            (m, y, x) for y in rows for x in columns if 0 <= y < below[1] and 0 <= x < below[2]
        ]
    elif isinstance(layer, Subsample):
        maps, size, (down, right) = (m,), layer.window, layer.window
    else:
        return places(below)
    inside = product(maps, range(size[0]), range(size[1]))
    return [(c, i * down + p, j * right + q) for c, p, q in inside]


def weights_of(layer: Layer, below: Shape, above: Shape) -> set[tuple[object, ...]]:
    """Name every weight by what it stands for: the kernel's cell, or the very connection."""
    named: set[tuple[object, ...]] = set()
    for unit in places(above):
        for c, y, x in reads(layer, below, unit):
            if isinstance(layer, Conv):
                cell = (y - unit[1] * layer.stride[0], x - unit[2] * layer.stride[1])
                named.add((unit[0], c, *cell))
            elif isinstance(layer, Combine):
                cell = (y - unit[1] * layer.stride[0], x - unit[2] * layer.stride[1])
                named |= {("share", unit[0], c), ("kernel", c, *cell)}
            elif isinstance(layer, Subsample):
                named.add((unit[0],))
            elif isinstance(layer, Local | Dense):
                named.add((unit, (c, y, x)))
    return named


PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
SMALL = st.integers(1, 3)
ROWS = st.lists(st.integers(0, 1), min_size=1, unique=True).map(tuple)
TABLES = st.lists(ROWS, min_size=1, max_size=3).map(tuple)
LAYERS: st.SearchStrategy[Layer] = st.one_of(
    st.builds(Conv, st.just("X"), SMALL, PAIRS, PAIRS),
    st.builds(
        lambda table, kernel, stride: Conv("X", len(table), kernel, stride, table),
        *(TABLES, PAIRS, PAIRS),
    ),
    st.builds(Combine, st.just("X"), SMALL, PAIRS, PAIRS),
    st.builds(Local, st.just("X"), SMALL, PAIRS, PAIRS),
    st.builds(Subsample, st.just("X"), PAIRS),
    st.builds(
        Pool,
        st.just("X"),
        st.sampled_from(["mean", "max"]),
        PAIRS,
        stride=st.none() | PAIRS,
        padding=st.sampled_from([((0, 0), (0, 0)), "same"]),
        ceil=st.booleans(),
    ),
    st.builds(GlobalPool, st.just("X")),
    st.builds(Dense, st.just("X"), SMALL),
    st.just(RBF("X", ("#" * 12, "." * 12))),
)
PADDED: st.SearchStrategy[Layer] = st.one_of(
    st.builds(
        lambda kind, maps, kernel, stride, bias: kind(
            "X", maps, kernel, stride, padding=(kernel[0] - 1, kernel[1] // 2), bias=bias
        ),
        *(st.sampled_from([Conv, Local]), SMALL, PAIRS, PAIRS, st.booleans()),
    ),
    st.builds(Combine, st.just("X"), SMALL, PAIRS, PAIRS, padding=st.just("same")),
    st.builds(Dense, st.just("X"), SMALL, bias=st.just(False)),
)
"""Units on padding count as those of a plane around the map: `reads` lists them."""
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))


@given(LAYERS | PADDED, SHAPES)
def test_a_layer_counts_what_counting_one_by_one_finds(layer: Layer, below: Shape) -> None:
    try:
        above = Network("n", below, (layer,)).shapes[0]
    except ShapeError:
        return
    count = count_layer(layer, below)
    units = places(above)
    inputs = sum(len(reads(layer, below, unit)) for unit in units)
    shared_bias = isinstance(layer, Conv | Combine | Subsample)
    biases = above[0] if shared_bias else len(units)
    if isinstance(layer, Pool | GlobalPool | RBF) or not getattr(layer, "bias", True):
        biases = 0
    assert count.neurons == len(units)
    assert count.weights == len(weights_of(layer, below, above))
    assert count.biases == biases
    assert count.connections == inputs + (len(units) if biases else 0)
    if isinstance(layer, Subsample):
        assert count.multiply_accumulates == len(units)
    else:
        assert count.multiply_accumulates == (
            0 if isinstance(layer, Pool | GlobalPool) else inputs
        )


@st.composite
def stacks(draw: st.DrawFn) -> Network:
    """Draw up to four layers that fit on a two-channel image, from 4x4 to 14x14."""
    shape = (2, draw(st.integers(4, 14)), draw(st.integers(4, 14)))
    network = Network("n", shape, (Conv("first", 2, (1, 2)),))
    for number, layer in enumerate(draw(st.lists(LAYERS, max_size=3))):
        if isinstance(layer, RBF):
            continue
        # At an edge that is padded, or hung over, a unit sees less than the others do.
        inside = {"padding": NO_PADS, "ceil": False} if isinstance(layer, Pool) else {}
        renamed = type(layer)(**{**vars(layer), **inside, "name": f"X{number}"})
        try:
            network = Network("n", shape, (*network.layers, renamed))
        except ShapeError:
            continue
    return network


@given(stacks())
def test_receptive_fields_are_what_following_the_connections_finds(network: Network) -> None:
    """Brief: B10."""
    counted = count_network(network)
    for depth, row in enumerate(counted.layers):
        corners = [(0, 0, 0), (0, row.shape[1] - 1, row.shape[2] - 1)]
        seen = [pixels(network, depth, unit) for unit in corners]
        for (top, left, bottom, right), unit in zip(seen, corners, strict=True):
            assert (bottom - top + 1, right - left + 1) == row.receptive_field
            assert (top, left) == (
                unit[1] * row.receptive_stride[0],
                unit[2] * row.receptive_stride[1],
            )


def pixels(network: Network, depth: int, unit: Place) -> tuple[int, int, int, int]:
    """Follow a unit's connections down to the image; give the box of pixels they end in."""
    here = {unit}
    for layer, below in zip(network.layers[depth::-1], network.inputs[depth::-1], strict=True):
        here = {place for one in here for place in reads(layer, below, one)}
    rows, columns = {y for _, y, _ in here}, {x for _, _, x in here}
    return min(rows), min(columns), max(rows), max(columns)


# The deck's calculator

MILLION, KERNEL, TENS = (1000, 1000), (10, 10), (10, 10)


def test_b1_a_hundred_features_of_100x100_take_a_million_weights() -> None:
    assert full((100, 100), units=100).weights == 10**6


def test_b2_a_local_layer_shares_nothing() -> None:
    """Brief: B2."""
    count = local((12, 10), (5, 3), maps=4)
    assert count.weights == count.connections == 4 * (8 * 8) * 15
    assert count == without_bias(count_layer(Local("L1", 4, (5, 3)), (1, 12, 10)))


def test_b3_a_million_units_that_see_everything_take_10_to_the_12() -> None:
    assert full(MILLION, units=10**6).weights == 10**12


def test_b4_a_million_local_units_take_10_to_the_8() -> None:
    assert local(MILLION, KERNEL, units=10**6).weights == 10**8


def test_b5_b6_shared_kernels_take_100_weights_each() -> None:
    assert shared(MILLION, KERNEL).weights == 100
    assert shared(MILLION, KERNEL, maps=100).weights == 10_000


@pytest.mark.parametrize(("side", "one"), [(1000, 10_000), (10_000, 1_000_000)])
def test_b7_b8_neurons_follow_the_image_and_weights_do_not(side: int, one: int) -> None:
    single = shared((side, side), KERNEL, stride=TENS)
    hundred = shared((side, side), KERNEL, stride=TENS, maps=100)
    assert (single.neurons, hundred.neurons) == (one, 100 * one)
    assert (single.weights, hundred.weights) == (100, 10_000)


def test_b9_a_bias_adds_one_parameter_to_each_kernel() -> None:
    assert shared(MILLION, KERNEL, bias=True).parameters == 101
    assert shared(MILLION, KERNEL, maps=100, bias=True).parameters == 10_100


def test_a_bias_is_one_connection_of_each_unit() -> None:
    bare, biased = (shared(MILLION, KERNEL, bias=bias) for bias in (False, True))
    assert bare.connections == 100 * bare.neurons
    assert biased.connections == 101 * biased.neurons


def test_channels_multiply_what_a_unit_reads() -> None:
    assert shared((32, 32), (5, 5), channels=3).weights == 75
    assert local((32, 32), (5, 5), channels=3, units=7).weights == 7 * 75
    assert full((32, 32), 7, channels=3).weights == 7 * 3 * 1024


def test_a_kernel_larger_than_the_image_is_refused_however_it_is_wired() -> None:
    for wire in (local, shared):
        with pytest.raises(ShapeError, match="a 10x10 kernel does not fit 9x10 maps"):
            wire((9, 10), KERNEL)
    with pytest.raises(ShapeError, match="a 10x10 kernel does not fit 9x10 maps"):
        local((9, 10), KERNEL, units=5)


def test_bad_figures_are_refused() -> None:
    with pytest.raises(SpecError, match="units is 0"):
        full(MILLION, 0)
    with pytest.raises(SpecError, match="units is True"):
        local(MILLION, KERNEL, units=True)
    with pytest.raises(SpecError, match="maps is -1"):
        shared(MILLION, KERNEL, maps=-1)


def test_counting_10_to_the_29_weights_goes_through_none_of_them() -> None:
    """It would not end: one by one they take longer than the sun has."""
    layers = (Local("L1", 10**6, (10, 10)), Dense("F2", 10**12))
    network = Network("huge", (3, 10**6, 10**6), layers)
    tracemalloc.start()
    total = count_network(network).total
    full(MILLION, units=10**6)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total.weights > 10**29
    assert peak_bytes < 100_000


def without_bias(count: Count) -> Count:
    return Count(
        count.weights,
        0,
        count.connections - count.neurons,
        count.neurons,
        count.multiply_accumulates,
    )
