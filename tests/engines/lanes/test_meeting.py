"""Packs that meet in the middle of a step, and masks that are drawn: no bit hangs on threads."""

from functools import cache

import numpy as np
import pytest

from simplecell.compile import root
from simplecell.engines.lanes import Lanes
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.builder import Options
from simplecell.engines.lanes.chance import kept, kept_along, mix, write_keys
from simplecell.engines.lanes.plan import Plan, Planner
from simplecell.engines.lanes.vector import load, store
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.formulas import dropout
from simplecell.formulas.gradcheck import relative_difference
from simplecell.spec.layers import BatchNorm, Conv, Dense, Dropout, Pool
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

NETWORK = Network(
    "meeting",
    (3, 14, 13),
    (
        Conv("C1", 6, (3, 3), squash="identity"),
        BatchNorm("N1", squash="relu"),
        Pool("P1", window=(2, 1)),
        Dropout("D1", 0.2),
        Conv("C2", 5, (3, 2), squash="tanh"),
        BatchNorm("N2"),
        Dense("F3", 33, "identity"),
        BatchNorm("N3", squash="tanh"),
        Dropout("D3"),
        Dense("F4", 7, "softmax"),
    ),
)
SILENT = Network(
    "silent", (1, 6, 6), (Conv("C1", 4, (3, 3)), Dropout("D1"), Dense("F2", 3, "softmax"))
)
UPDATES = (Update(decay=0.1), Update("adam", momentum=0.9))
BATCHES = {64: 150, 20: 60, 3: 8}
"""How many examples a run of steps takes, the last step fewer for 64 and 3."""


@cache
def engine(threads: int) -> Lanes:
    return Lanes(threads)


@cache
def some(network: Network, count: int) -> Examples:
    rng = np.random.default_rng(count)
    pixels = rng.integers(0, 256, (count, *network.input), dtype=np.uint8)
    return Examples(pixels, rng.integers(0, network.classes, count), 1 / 128, -0.9)


def trained(
    network: Network, threads: int, batch: int, update: Update, cuts: tuple[int, ...] = ()
) -> bytes:
    """Train on shuffled examples, in one call or cut between steps; give all that changes."""
    count = BATCHES[batch]
    examples, order = some(network, count), np.random.default_rng(0).permutation(count)
    rates = [0.001 * (s + 1) for s in range(-(-count // batch))]
    program = engine(threads).program(network)
    state = State(initial_parameters(network, 3), seed=11)
    losses = []
    for first, last in zip((0, *cuts), (*cuts, len(rates)), strict=True):
        rows = order[first * batch : last * batch]
        losses.append(
            program.train(state, examples, rows, batch, rates[first:last], update, "cross_entropy")
        )
    arrays = [*state.parameters.values()]
    for slot in sorted(state.slots):
        arrays += state.slots[slot].values()
    return b"".join(a.tobytes() for a in [*arrays, np.concatenate(losses)])


@pytest.mark.parametrize("update", UPDATES, ids=lambda update: update.rule)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("network", [NETWORK, SILENT], ids=lambda network: network.name)
def test_threads_and_cuts_change_no_bit(network: Network, batch: int, update: Update) -> None:
    once = trained(network, 1, batch, update)
    for threads in (2, 3):
        assert trained(network, threads, batch, update) == once
    steps = -(-BATCHES[batch] // batch)
    for threads in (1, 2):
        assert trained(network, threads, batch, update, cuts=(1, steps - 1)) == once


def test_a_program_gives_the_same_gradient_twice() -> None:
    """The second time, the memory of the first is used again."""
    program, w = engine(2).program(NETWORK), initial_parameters(NETWORK, 3)
    for batch in (50, 20, 50):
        first, second = (
            program.gradients(w, some(NETWORK, batch), "cross_entropy") for _ in range(2)
        )
        assert first[0] == second[0]
        assert all(np.array_equal(first[1][n], second[1][n]) for n in first[1])


@pytest.mark.parametrize("mean", [0, 30, 3000])
def test_a_variance_survives_a_large_mean(mean: float) -> None:
    """A sum of squares in float32 would have no digit of it left at 3,000."""
    layers = (BatchNorm("N1"), Dense("F2", 3, "softmax"))
    network = Network("far", (2, 5, 5), layers)
    rng = np.random.default_rng(1)
    pixels = (mean + rng.normal(size=(37, 2, 5, 5))).astype(np.float32)
    examples = Examples(pixels, rng.integers(0, 3, 37))
    states = []
    for run in (Reference(), engine(2)):
        state = State(initial_parameters(network, 0))
        told = (np.arange(37), 37, [0.1], Update(), "cross_entropy")
        run.program(network).train(state, examples, *told)
        states.append(state.parameters)
    for name in ("N1.mean", "N1.variance"):
        assert relative_difference(states[0][name], states[1][name]) <= 1e-6, name
    assert relative_difference(states[0]["F2.w"], states[1]["F2.w"]) <= 1e-4 * max(1, mean / 300)


def planned(network: Network, learning: bool) -> Plan:
    return Planner(network, f.LANES, 4, 2, Options("cross_entropy", learning=learning)).build()


def test_packs_meet_once_up_and_once_down_for_each_layer_and_never_without_one() -> None:
    assert len(planned(NETWORK, learning=True).tables[7]) - 1 == 2 * 3 + 1
    assert len(planned(NETWORK, learning=False).tables[7]) - 1 == 1
    assert len(planned(find("lenet5"), learning=True).tables[7]) - 1 == 1
    first = Network("first", (1, 6, 6), (BatchNorm("N1"), Dense("F2", 3)))
    assert len(planned(first, learning=True).tables[7]) - 1 == 2


def test_maps_belong_to_a_pack_where_packs_meet_and_else_to_a_thread() -> None:
    for network, learning, lasts in (
        (NETWORK, True, True),
        (NETWORK, False, False),
        (find("lenet5"), True, False),
    ):
        plan = planned(network, learning)
        node = plan.tables[1][plan.layer_nodes[0]]
        assert (node[f.PER_PACK] > 0, node[f.PER_THREAD] > 0) == (lasts, not lasts)
    nodes = planned(NETWORK, learning=True).tables[1]
    lasting = nodes[(nodes[:, f.PER_THREAD] == 0) & (nodes[:, f.LANE_COUNT] == f.LANES)]
    ends = lasting[:, f.BASE] + 3 * lasting[:, f.PER_PACK]
    assert ends.max() < planned(NETWORK, learning=True).floats


@root
def masks(
    memory: np.ndarray, chance: int, first: int, units: int, limit: int, out: np.ndarray
) -> None:
    write_keys(memory, 0, chance, first)
    for k in range(units):
        store(kept(load(1, memory, 16, 0), memory, 0, k, limit, np.float32(2)), out, 16 * k, 0)
    for lane in range(16):
        for k in range(0, units, 16):
            value = kept_along(
                load(1, memory, 16, 0), mix(chance ^ (first + lane)), k, limit, np.float32(2)
            )
            store(value, out, 16 * units + lane * units + k, 0)


@pytest.mark.parametrize("chance", [0, 1, 2**31, 2**32 - 1, 123456789])
@pytest.mark.parametrize("rate", [0.0, 0.3, 0.5, 0.9, 1 - 2**-40])
def test_the_kernel_draws_the_mask_of_the_formula(chance: int, rate: float) -> None:
    """Of sixteen images from the 32nd on, for units side by side and for images side by side."""
    units, limit = 320, dropout.limit(rate)
    memory = np.ones(32, np.float32)
    out = np.zeros(2 * 16 * units, np.float32)
    masks(memory, chance, 32, units, limit, out)
    wanted = dropout.dropout_mask(chance, (48, units), rate)[32:] > 0
    packed, along = out[: 16 * units].reshape(units, 16), out[16 * units :].reshape(16, units)
    assert np.array_equal(packed.T > 0, wanted)
    assert np.array_equal(along > 0, wanted)
    assert set(np.unique(packed)) <= {0.0, 2.0}
