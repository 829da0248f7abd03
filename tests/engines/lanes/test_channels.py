"""Wide layers run with channels last: parity as in packs, whatever the batch and the threads."""

from dataclasses import replace

import numpy as np
import pytest

from simplecell.engines.check import check_engine, draw
from simplecell.engines.lanes import Lanes
from simplecell.engines.lanes.builder import Options
from simplecell.engines.lanes.plan import channels_planned
from simplecell.engines.protocol import Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.engines.requests import losses_of
from simplecell.formulas.gradcheck import relative_difference
from simplecell.spec.layers import Conv, Dense, Pool
from simplecell.spec.network import Network

AGREES = 1e-4
NETS = (
    Network(
        "modern",
        (1, 17, 18),
        (
            Conv("C1", 32, (5, 5), squash="relu"),
            Pool("P2", "max", (1, 2)),
            Conv("C3", 16, (4, 2), squash="relu"),
            Pool("P4"),
            Dense("F5", 7, "relu"),
            Dense("F6", 5, "softmax"),
        ),
    ),
    Network(
        "padded",
        (3, 7, 9),
        (
            Conv("C1", 48, (3, 3), squash="scaled_tanh", padding="same"),
            Pool("P2", "mean", (7, 3), squash="sigmoid"),
            Conv("C3", 32, (1, 3), squash="elu(0.5)", padding=((0, 0), (1, 2)), bias=False),
            Dense("F4", 4, "tanh"),
        ),
    ),
    Network(
        "strides",
        (2, 19, 22),
        (
            Conv("C1", 16, (3, 2), (2, 3), squash="softplus"),
            Conv("C2", 48, (2, 3), (3, 1), squash="leaky_relu(0.1)"),
            Dense("F3", 6, "softmax"),
        ),
    ),
)


def name_of(network: Network) -> str:
    return network.name


@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_it_repeats_the_reference(network: Network) -> None:
    for batch in (1, 3, 5, 20):
        found = check_engine(Lanes(2), network, seed=batch, examples=batch)
        assert found.largest <= AGREES, f"{batch} examples: {found.layers}"


@pytest.mark.parametrize("batch", [1, 7, 20])
@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_steps_end_where_those_of_the_reference_do_with_the_same_bits(
    network: Network, batch: int
) -> None:
    parameters, pixels, labels = draw(network, 0, 20)
    order = np.random.default_rng(0).permutation(20).repeat(4)[: 4 * batch - batch // 2]
    ends, loss = [], losses_of(network.layers[-1])[0]
    for engine in (Reference(), Lanes(1), Lanes(2), Lanes(3)):
        state = State({name: w.astype(np.float32) for name, w in parameters.items()})
        program = engine.program(network)
        rule = Update(momentum=0.9)
        program.train(state, Examples(pixels, labels), order, batch, [0.02] * 4, rule, loss)
        ends.append(state.parameters)
    for name, w in ends[0].items():
        assert relative_difference(ends[1][name], w) <= AGREES
        assert all(np.array_equal(ends[1][name], other[name]) for other in ends[2:])


def test_an_answer_hangs_on_neither_the_company_nor_the_threads() -> None:
    for network in NETS:
        parameters, pixels, _ = draw(network, 1, 37)
        alone = Lanes(1).program(network).forward(parameters, Examples(pixels))
        for threads in (2, 3):
            read = Lanes(threads).program(network).reader(parameters)
            for count in (4, 16, 17, 37):
                assert np.array_equal(read(Examples(pixels[:count])), alone[:count])


def test_a_reader_keeps_its_weights_and_others_keep_theirs() -> None:
    network = NETS[0]
    program = Lanes(2).program(network)
    parameters, pixels, _ = draw(network, 1, 16)
    others = draw(network, 2, 16)[0]
    examples = Examples(pixels)
    mine, theirs = program.forward(parameters, examples), program.forward(others, examples)
    read, read_others = program.reader(parameters), program.reader(others)
    for _ in range(2):
        assert np.array_equal(read(examples), mine)
        assert np.array_equal(read_others(examples), theirs)
        assert np.array_equal(program.forward(parameters, examples), mine)
    parameters["C1.w"][:] = 0
    assert np.array_equal(read(examples), mine)
    assert not np.array_equal(program.forward(parameters, examples), mine)


def test_what_is_not_wide_throughout_stays_in_packs() -> None:
    network = NETS[0]
    learning = Options("cross_entropy", learning=True)
    assert len(channels_planned(network, 16, learning)) == 4
    assert not channels_planned(network, 16, replace(learning, traced=True))
    first, *others = network.layers
    narrow = Network("narrow", network.input, (replace(first, maps=20), *others))
    assert not channels_planned(narrow, 16, learning)
