"""Threads, and where a run is cut, change who does the work and not one bit of the result."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest

from simplecell.engines.lanes import Lanes
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, State, Update
from simplecell.spec.layers import Conv, Dense, Local, Pool
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

LENET5 = find("lenet5")
LOCAL = Network(
    "local",
    (2, 9, 8),
    (Local("L1", 3, (3, 3), squash="tanh"), Pool("P2", "max", (1, 2)), Dense("F3", 17, "softmax")),
)
PADDED = Network(
    "padded",
    (2, 9, 8),
    (
        Conv("C1", 5, (3, 3), squash="tanh", padding="same", bias=False),
        Conv("C2", 4, (4, 3), (2, 1), squash="tanh", padding=((3, 1), (0, 2))),
        Dense("F3", 17, "softmax", bias=False),
    ),
)
SHORT = Network("short", (1, 6, 6), (Conv("C1", 4, (3, 3)), Dense("F2", 3, "softmax")))
UPDATES = (Update(decay=0.1), Update(momentum=0.9), Update("adam", momentum=0.9))
BATCHES = {64: 150, 20: 60, 3: 8, 1: 6}
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
    program, state = engine(threads).program(network), State(initial_parameters(network, 3))
    losses = []
    for first, last in zip((0, *cuts), (*cuts, len(rates)), strict=True):
        rows = order[first * batch : last * batch]
        losses.append(
            program.train(state, examples, rows, batch, rates[first:last], update, "cross_entropy")
        )
    assert state.steps == len(rates)
    begun = initial_parameters(network, 3)
    assert all(np.any(w != begun[name]) for name, w in state.parameters.items())
    arrays = [*state.parameters.values()]
    for slot in sorted(state.slots):
        arrays += state.slots[slot].values()
    return b"".join(a.tobytes() for a in [*arrays, np.concatenate(losses)])


def rule_of(update: Update) -> str:
    return f"{update.rule}-{update.momentum}"


@pytest.mark.parametrize("update", UPDATES, ids=rule_of)
@pytest.mark.parametrize("batch", BATCHES)
def test_one_two_and_three_threads_train_the_same_bytes(batch: int, update: Update) -> None:
    once = trained(LENET5, 1, batch, update)
    assert trained(LENET5, 2, batch, update) == once
    assert trained(LENET5, 3, batch, update) == once


@pytest.mark.parametrize("batch", [64, 20, 3])
def test_threads_share_a_layer_that_shares_no_weights(batch: int) -> None:
    once = trained(LOCAL, 1, batch, UPDATES[2])
    assert trained(LOCAL, 2, batch, UPDATES[2]) == once
    assert trained(LOCAL, 3, batch, UPDATES[2]) == once


@pytest.mark.parametrize("update", UPDATES, ids=rule_of)
@pytest.mark.parametrize("batch", BATCHES)
def test_threads_share_padded_maps_and_layers_without_bias(batch: int, update: Update) -> None:
    once = trained(PADDED, 1, batch, update)
    assert trained(PADDED, 2, batch, update) == once
    assert trained(PADDED, 3, batch, update, cuts=(1,)) == once


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("update", UPDATES, ids=rule_of)
@pytest.mark.parametrize("batch", BATCHES)
def test_a_run_cut_in_two_gives_the_bytes_of_one_run(
    batch: int, update: Update, threads: int
) -> None:
    whole = trained(LENET5, threads, batch, update)
    assert trained(LENET5, threads, batch, update, cuts=(1,)) == whole
    steps = -(-BATCHES[batch] // batch)
    assert trained(LENET5, threads, batch, update, cuts=(steps - 1,)) == whole


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("batch", BATCHES)
def test_the_same_run_twice_gives_the_same_bytes(batch: int, threads: int) -> None:
    runs = {trained(LENET5, threads, batch, UPDATES[2]) for _ in range(3)}
    assert len(runs) == 1


@pytest.mark.parametrize("batch", [1, 3, 20, 50])
def test_one_program_gives_the_same_gradient_twice(batch: int) -> None:
    """The second time, the memory of the first is used again."""
    program, w = engine(2).program(LENET5), initial_parameters(LENET5, 3)
    first, second = (program.gradients(w, some(LENET5, batch), "cross_entropy") for _ in range(2))
    assert first[0] == second[0]
    assert {n: g.tobytes() for n, g in first[1].items()} == {
        n: g.tobytes() for n, g in second[1].items()
    }


@pytest.mark.parametrize(
    "network", [LENET5, LOCAL, SHORT, PADDED], ids=lambda network: network.name
)
def test_forward_in_one_call_is_forward_in_slices(network: Network) -> None:
    """To the bit where slices fill packs; one image alone adds in another order."""
    w, examples = initial_parameters(network, 3), some(network, 150)
    whole = engine(1).program(network).forward(w, examples)
    assert whole.shape == (150, network.classes)
    for threads in (1, 2, 3):
        program = engine(threads).program(network)
        assert program.forward(w, examples).tobytes() == whole.tobytes()
        for cuts in ([0, 64, 128, 150], [0, 4, 21, 37, 90, 150]):
            slices = itertools.pairwise(cuts)
            parts = [
                program.forward(w, Examples(examples.pixels[a:b], None, 1 / 128, -0.9))
                for a, b in slices
            ]
            assert np.concatenate(parts).tobytes() == whole.tobytes()
        for length in (1, 2, 3):
            part = Examples(examples.pixels[40 : 40 + length], None, 1 / 128, -0.9)
            found = program.forward(w, part)
            np.testing.assert_allclose(found, whole[40 : 40 + length], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 3])
def test_three_images_run_alone_are_one_and_one_and_one(threads: int) -> None:
    w, examples = initial_parameters(LENET5, 3), some(LENET5, 3)
    program = engine(threads).program(LENET5)
    three = program.forward(w, examples)
    ones = [
        program.forward(w, Examples(examples.pixels[n : n + 1], None, 1 / 128, -0.9))
        for n in range(3)
    ]
    assert np.concatenate(ones).tobytes() == three.tobytes()


def test_callers_on_two_threads_wait_for_each_other() -> None:
    """Two programs of one engine, called at once, each give what they give alone."""
    shared, w = Lanes(2), initial_parameters(SHORT, 3)
    program, examples = shared.program(SHORT), some(SHORT, 60)
    alone = program.gradients(w, examples, "cross_entropy")[1]["C1.w"].tobytes()
    lenet5 = initial_parameters(LENET5, 3)
    with ThreadPoolExecutor(2) as callers:
        other = shared.program(LENET5)
        noise = [
            callers.submit(other.gradients, lenet5, some(LENET5, 20), "cross_entropy")
            for _ in range(5)
        ]
        found = [
            callers.submit(program.gradients, w, examples, "cross_entropy") for _ in range(20)
        ]
        assert {f.result()[1]["C1.w"].tobytes() for f in found} == {alone}
        assert len({f.result()[0] for f in noise}) == 1
