"""A plan lists what there is to do, where everything stands, and nothing that is not there."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from simplecell.engines.check import draw
from simplecell.engines.lanes import Lanes, conv, gradient, squaring, stride
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.allocation import aligned
from simplecell.engines.lanes.builder import Options
from simplecell.engines.lanes.curvature import CurvaturePlanner
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layers.entries import PLANS
from simplecell.engines.lanes.plan import Plan, Planner
from simplecell.engines.lanes.program import LanesProgram
from simplecell.engines.lanes.storage import spans
from simplecell.engines.lanes.taps import TapList, reading
from simplecell.engines.protocol import Examples, State, Update
from simplecell.spec.layers import (
    RBF,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Layer,
    Local,
    Pool,
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.spec.padding import NO_PADS
from simplecell.spec.zoo import find

LENET5 = find("lenet5")
C3 = LENET5.layer("C3")
assert isinstance(C3, Conv)
assert C3.table is not None
TABLE = C3.table
C3_BELOW = (6, 14, 14)
EVERYTHING = Network(
    "everything",
    (2, 13, 13),
    (
        Conv("C1", 3, (2, 2)),
        Subsample("S2"),
        Conv("C3", 4, (1, 2), (1, 2), squash="relu"),
        Pool("P4", "max", (2, 1)),
        Pool("P5", "mean", (1, 1)),
        Local("L6", 2, (2, 2), squash="tanh"),
        Dense("F7", 6),
        RBF("R8", ("#..##.", ".#.#.#")),
    ),
)
ALONE = Network(
    "alone",
    (2, 13, 13),
    (Conv("C1", 9, (5, 5)), Pool("P2", "max", (1, 1)), Dense("F3", 5, "softmax")),
)
STRIDED = Network("strided", (1, 9, 9), (Conv("C1", 2, (3, 3), (2, 2)), Dense("F2", 3)))
PADDED = Network(
    "padded",
    (2, 9, 8),
    (
        Conv("C1", 3, (3, 3), padding="same"),
        Conv("C2", 2, (4, 3), (2, 1), padding=((3, 1), (0, 2)), bias=False),
        Dense("F3", 4, bias=False),
    ),
)
LEARNING = Network(
    "learning",
    (2, 9, 8),
    (
        Conv("C1", 3, (2, 2), squash="identity"),
        BatchNorm("N2", squash="relu"),
        Subsample("S3", (2, 7)),
        Dropout("D4"),
        Conv("C5", 4, (2, 1), squash="tanh"),
        BatchNorm("N6"),
        Dense("F7", 5, "softmax"),
    ),
)
"""Packs meet in it: maps are a pack's own, and what does not outlast a meeting a thread's."""
OPTIONS = (Options(None), Options("cross_entropy"), Options("cross_entropy", traced=True))
CASES = [
    pytest.param(network, lanes, options, id=f"{network.name}-{lanes}-{options.loss}")
    for network, lanes in (
        *((LENET5, 16), (LENET5, 1), (EVERYTHING, 16), (ALONE, 16)),
        *((PADDED, 16), (PADDED, 1)),
    )
    for options in OPTIONS
    if not (options.traced and lanes == 1)
]
LEARN = Options("cross_entropy", learning=True)
CASES += [
    pytest.param(LEARNING, 16, options, id=f"learning-16-{options.learning}")
    for options in (OPTIONS[1], LEARN)
]


def plan_of(
    network: Network, lanes: int = 16, packs: int = 3, options: Options = OPTIONS[1]
) -> Plan:
    return Planner(network, lanes, packs, 2, options).build()


def instructions(plan: Plan, kernel: Entry, kind: int) -> list[np.ndarray]:
    """The plan's instructions of one kind of a kernel."""
    number = 1 + plan.kernels.index(kernel)
    return [op for op in plan.tables[0] if op[f.KERNEL] == number and op[f.KIND] == kind]


def taps_of(plan: Plan, kind: int, column: int, maps: int) -> list[np.ndarray]:
    """The taps of the last convolution of a kind, map by map."""
    _, _, taps, ranges, *_ = plan.tables
    kernel = conv.ENTRY if conv.ENTRY in plan.kernels else conv.SINGLE
    op = instructions(plan, kernel, kind)[-1]
    rows = ranges[op[column] : op[column] + maps + 1]
    return [taps[a:b] for a, b in itertools.pairwise(rows)]


@pytest.mark.parametrize("lanes", [16, 1])
def test_c3_has_60_times_25_taps_on_the_way_up_and_down(lanes: int) -> None:
    """Of 96 connections the table has 60; the others are in no list.   Brief: C9."""
    plan = plan_of(LENET5, lanes)
    up = taps_of(plan, conv.CONV_FORWARD, f.TAPS, 16)
    assert [len(own) for own in up] == [25 * len(row) for row in TABLE]
    assert sum(map(len, up)) == 60 * 25
    down = taps_of(plan, conv.CONV_BACKWARD, f.TAPS_BACK, 6)
    assert [len(own) for own in down] == [25 * len(reading(C3, c)) for c in range(6)]
    assert sum(map(len, down)) == 60 * 25


@pytest.mark.parametrize("lanes", [16, 1])
def test_taps_take_each_weight_of_the_table_once_and_no_other(lanes: int) -> None:
    """Brief: C9."""
    plan = plan_of(LENET5, lanes)
    for taps in (
        taps_of(plan, conv.CONV_FORWARD, f.TAPS, 16),
        taps_of(plan, conv.CONV_BACKWARD, f.TAPS_BACK, 6),
    ):
        weights = np.concatenate(taps)[:, 1]
        present = np.zeros((16, 6, 25), int)
        np.add.at(present.reshape(-1), weights, 1)
        wanted = [[c in row for c in range(6)] for row in TABLE]
        assert np.array_equal(present, np.repeat(np.array(wanted)[:, :, None], 25, axis=2))


def test_a_tap_on_the_way_up_points_to_the_pixel_its_weight_is_for() -> None:
    lists = TapList(16)
    first = lists.up(C3, C3_BELOW, 16)
    taps, ranges, _ = lists.tables()
    for m, row in enumerate(TABLE):
        for distance, weight in taps[ranges[first + m] : ranges[first + m + 1]]:
            own, c, p, q = np.unravel_index(weight, (16, 6, 5, 5))
            assert own == m
            assert c in row
            assert distance == ((c * 14 + p) * 14 + q) * 16


def test_readers_of_a_map_are_the_maps_whose_row_names_it() -> None:
    lists = TapList(16)
    first = lists.read(C3, C3_BELOW)
    _, _, readers = lists.tables()
    for c in range(6):
        found = readers[readers[first + c] : readers[first + c + 1]]
        assert found.tolist() == [m for m, row in enumerate(TABLE) if c in row]


def nodes_of(plan: Plan) -> np.ndarray:
    """The nodes, without the row that only says which step and which images they serve."""
    return np.delete(plan.tables[1], f.FACTS, axis=0)


@pytest.mark.parametrize(("network", "lanes", "options"), CASES)
def test_nodes_start_on_a_cache_line(network: Network, lanes: int, options: Options) -> None:
    """Also those of every further thread and pack, and the memory itself."""
    plan = plan_of(network, lanes, options=options)
    nodes = nodes_of(plan)
    region = nodes[nodes[:, f.PER_THREAD] > 0, f.PER_THREAD]
    assert len(region)
    assert not (nodes[:, f.BASE] % f.LANES).any()
    assert not (region % f.LANES).any()
    assert not (nodes[:, f.PER_PACK] % f.LANES).any()
    for _ in range(5):
        assert aligned(plan.floats).ctypes.data % 64 == 0


def places(plan: Plan, packs: int, threads: int) -> list[tuple[int, int]]:
    """First float, and one past the last, of every node for every thread or pack."""
    found = []
    for base, maps, height, width, step, lanes, per_thread, per_pack in nodes_of(plan).tolist():
        if per_thread:
            floats = maps * height * width * step
            found += [(base + t * per_thread, floats) for t in range(threads)]
        elif lanes == f.LANES and per_pack == f.LANES:
            found.append((base, maps * height * width * step))
        elif step == f.LANES and maps * height > 1:
            # Maps of one pack.
            found += [(base + p * per_pack, maps * height * width * step) for p in range(packs)]
        else:
            # Rows by image: the features of one pack's images, or of one image.
            floats = lanes * step if lanes == f.LANES else maps * height * width
            found += [(base + p * per_pack, floats) for p in range(packs)]
    return sorted((start, start + floats) for start, floats in found)


@pytest.mark.parametrize(("network", "lanes", "options"), CASES)
def test_no_two_nodes_share_a_float(network: Network, lanes: int, options: Options) -> None:
    plan = plan_of(network, lanes, options=options)
    found = places(plan, packs=3, threads=2)
    assert len(found) > len(plan.tables[1])
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(found))
    assert found[0][0] >= 0
    assert found[-1][1] <= plan.floats


@pytest.mark.parametrize(("network", "lanes", "options"), CASES)
def test_every_instruction_names_a_kernel_with_an_address_or_the_machine(
    network: Network, lanes: int, options: Options
) -> None:
    """Kernels that a plan does not use are not in it: they may not be compiled."""
    plan = plan_of(network, lanes, options=options)
    code, entries = plan.tables[0], plan.tables[6]
    assert set(code[:, f.KERNEL].tolist()) == set(range(len(entries)))
    assert entries.tolist() == [0, *(kernel.address for kernel in plan.kernels)]


def test_every_layer_has_its_kernels_and_every_kernel_its_layer_or_curvature() -> None:
    plans = [plan_of(n, options=o) for n in (LENET5, EVERYTHING) for o in OPTIONS]
    plans.append(plan_of(LEARNING, options=LEARN))
    plans += [CurvaturePlanner(EVERYTHING, 3, 2, Options("map", curved=True), 99).build()]
    used = {kernel.module for plan in plans for kernel in plan.kernels}
    # Global pooling runs by the kernels of pooling.
    own = {noun for noun in PLANS if noun != "global_pool"}
    nouns = {noun: f"simplecell.engines.lanes.{noun.replace('_', '')}" for noun in own}
    assert used == {*nouns.values(), gradient.ENTRY.module, squaring.ENTRY.module}
    alone = plan_of(STRIDED, 1)
    assert stride.ENTRY in alone.kernels
    assert conv.ENTRY not in alone.kernels


def test_two_kernels_have_two_addresses() -> None:
    plan = CurvaturePlanner(EVERYTHING, 3, 2, Options("map", curved=True), 99).build()
    assert len({kernel.address for kernel in plan.kernels}) == len(plan.kernels) > 6


def test_a_plan_without_a_loss_goes_up_only() -> None:
    up, both = plan_of(LENET5, options=Options(None)), plan_of(LENET5)
    assert up.forward_stop == len(up.tables[0])
    assert both.forward_stop < len(both.tables[0])
    assert up.slot_floats == 0
    assert not up.down_start


def test_the_first_layer_of_maps_gives_no_delta_to_the_pixels_unless_traced() -> None:
    def backward(options: Options) -> int:
        return len(instructions(plan_of(LENET5, options=options), conv.ENTRY, conv.CONV_BACKWARD))

    assert backward(Options("cross_entropy")) == 1
    assert backward(Options("cross_entropy", traced=True)) == 2


def test_a_layer_without_padding_has_no_instruction_and_no_node_for_it() -> None:
    """C2's kernels read C1 at once, as ever; padding costs what has none nothing."""
    plain = replace(PADDED, layers=tuple(_unpadded(layer) for layer in PADDED.layers))
    assert len(instructions(plan_of(PADDED), conv.ENTRY, conv.CONV_PAD)) == 2
    assert not instructions(plan_of(plain), conv.ENTRY, conv.CONV_PAD)
    assert len(plan_of(PADDED).tables[1]) == len(plan_of(plain).tables[1]) + 2
    for op in instructions(plan_of(plain), conv.ENTRY, conv.CONV_FORWARD):
        assert op[f.PAD_TOP : f.PAD_RIGHT + 1].tolist() == [0, 0, 0, 0]


def _unpadded(layer: Layer) -> Layer:
    return replace(layer, padding=NO_PADS) if isinstance(layer, Conv) else layer


@pytest.mark.parametrize("batch", [1, 20])
def test_the_border_of_padded_maps_stays_0_however_long_one_trains(batch: int) -> None:
    program = Lanes(2).program(PADDED)
    assert isinstance(program, LanesProgram)
    parameters, pixels, labels = draw(PADDED, 0, 20)
    order = np.arange(200) % 20
    rates = [0.1] * (200 // batch)
    program.train(
        State(parameters), Examples(pixels, labels), order, batch, rates, Update(), "squared_error"
    )
    (bound,) = program._bound.values()
    code, nodes, *_ = bound.plan.tables
    number = 1 + bound.plan.kernels.index(conv.SINGLE if batch == 1 else conv.ENTRY)
    padded = [op for op in code if op[f.KERNEL] == number and op[f.KIND] == conv.CONV_PAD]
    # One image alone goes cell by cell where there is a stride, and leaves padding out.
    assert len(padded) == (1 if batch == 1 else 2)
    for op in padded:
        base, maps, height, width, step = nodes[op[f.EXTRA], :5].tolist()
        found = bound.memory[base : base + maps * height * width * step]
        found = found.reshape(maps, height, width, step)
        middle = np.zeros((height, width), bool)
        middle[
            op[f.PAD_TOP] : height - op[f.PAD_BOTTOM], op[f.PAD_LEFT] : width - op[f.PAD_RIGHT]
        ] = True
        assert not found[:, ~middle].any()
        assert found[:, middle].any()


@pytest.mark.parametrize("network", [LENET5, EVERYTHING], ids=lambda network: network.name)
def test_parameters_start_on_cache_lines_and_do_not_overlap(network: Network) -> None:
    found, floats = spans(network)
    ends = 0
    for span in found.values():
        assert span.start % f.LANES == 0
        assert span.start >= ends
        ends = span.start + math.prod(span.shape)
        assert span.stop == ends
    assert ends <= floats


def test_segments_give_every_map_parameter_a_place_in_a_slot() -> None:
    """Dense layers, C5 among them, have their gradients once a batch and no slot."""
    plan = plan_of(LENET5)
    found, _ = spans(LENET5)
    segments = plan.tables[5][1:]
    wanted = {
        (span.start, math.prod(span.shape))
        for name, span in found.items()
        if name[:2] in ("C1", "S2", "C3", "S4")
    }
    assert {(start, length) for start, length, _ in segments.tolist()} == wanted
    slots = sorted((at, at + length) for _, length, at in segments.tolist())
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(slots))
    assert slots[-1][1] <= plan.slot_floats
