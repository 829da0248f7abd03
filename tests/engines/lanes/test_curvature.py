"""Lanes carry curvature, distances and rates per weight as the formulas do.   Brief: C14, F."""

from dataclasses import replace

import numpy as np
import pytest

from simplecell.engines.check import draw
from simplecell.engines.lanes import Lanes
from simplecell.engines.protocol import Array, Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.engines.requests import losses_of
from simplecell.formulas.gradcheck import relative_difference
from simplecell.spec.layers import RBF, Conv, Dense, GlobalPool, Layer, Local, Pool, Subsample
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

LANES = Lanes(2)
AGREES = 1e-4
CODES = ("#..##.", ".#.#.#", "###...", "......")


def net(name: str, size: tuple[int, int, int], *layers: Layer) -> Network:
    return Network(name, size, layers)


LEARNED = net("learned_codes", (1, 4, 4), Dense("F1", 6), RBF("R2", CODES, learned=True))
NETS = (
    find("lenet5"),
    find("lenet4"),
    LEARNED,
    replace(LEARNED, name="fixed_codes", layers=(LEARNED.layers[0], RBF("R2", CODES))),
    net(
        "local_mean_stride",
        (2, 12, 12),
        Local("L1", 3, (3, 3), squash="tanh"),
        Pool("P2", "mean", (2, 1)),
        Conv("C3", 4, (2, 3), (1, 2), squash="sigmoid"),
        Dense("F4", 5, "tanh"),
    ),
    net(
        "max_and_gain",
        (1, 13, 13),
        Conv("C1", 4, (2, 2), squash="relu"),
        Pool("P2", "max", (2, 2)),
        Subsample("S3", (2, 3), "sigmoid"),
        Dense("F4", 6, "softmax"),
    ),
    net(
        "padded",
        (2, 8, 9),
        Conv("C1", 3, (3, 3), squash="tanh", padding="same"),
        Conv("C2", 4, (5, 4), (2, 1), squash="relu", padding=((1, 3), (0, 2)), bias=False),
        Local("L3", 2, (3, 3), squash="tanh", padding="same", bias=False),
        Dense("F4", 5, "tanh", bias=False),
    ),
    net(
        "squashes",
        (1, 9, 9),
        Conv("C1", 3, (2, 2), squash="elu(0.5)"),
        Pool("P2", "max", (2, 2), "softplus"),
        Local("L3", 3, (2, 2), squash="leaky_relu(0.2)"),
        Dense("F4", 5, "elu"),
        Dense("F5", 4, "softplus"),
    ),
    net("global_mean", (1, 8, 8), Conv("C1", 4, (3, 3)), GlobalPool("G2"), Dense("F3", 4, "tanh")),
    net("global_max", (1, 8, 8), Conv("C1", 4, (3, 3)), GlobalPool("G2", "max"), Dense("F3", 4)),
    net("linear", (1, 6, 6), Conv("C1", 2, (6, 6)), Dense("F2", 4, "identity")),
    net("ends_in_maps", (1, 6, 6), Conv("C1", 4, (3, 3), squash="tanh"), Conv("C2", 2, (3, 3))),
)
CASES = [(network, loss) for network in NETS for loss in losses_of(network.layers[-1])]


def case_of(value: Network | str) -> str:
    return value.name if isinstance(value, Network) else value


def largest(wanted: dict[str, Array], found: dict[str, Array]) -> float:
    assert list(wanted) == list(found)
    return max(relative_difference(wanted[name], found[name]) for name in wanted)


@pytest.mark.parametrize(("network", "loss"), CASES, ids=case_of)
def test_curvature_goes_down_in_squares_as_the_formulas_say(network: Network, loss: str) -> None:
    for count in (1, 5, 33):
        parameters, pixels, labels = draw(network, count, count)
        examples = Examples(pixels, labels)
        wanted, found = (
            engine.program(network).curvature(parameters, examples, loss)
            for engine in (Reference(), LANES)
        )
        assert largest(wanted, found) <= AGREES
        assert all((h >= 0).all() for h in found.values())


def test_the_number_of_threads_changes_no_bit_of_curvature() -> None:
    network = find("lenet5")
    parameters, pixels, labels = draw(network, 0, 40)
    one, two = (
        Lanes(threads).program(network).curvature(parameters, Examples(pixels, labels), "map")
        for threads in (1, 2)
    )
    assert all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("network", [find("lenet5"), LEARNED], ids=case_of)
@pytest.mark.parametrize("loss", ["map", "halved_map", "mean_square"])
@pytest.mark.parametrize("count", [1, 3, 20])
def test_distances_are_learned_from_as_in_the_reference(
    network: Network, loss: str, count: int
) -> None:
    parameters, pixels, labels = draw(network, 0, count)
    examples = Examples(pixels, labels)
    (wanted_loss, wanted), (found_loss, found) = (
        engine.program(network).gradients(parameters, examples, loss)
        for engine in (Reference(), LANES)
    )
    assert relative_difference(np.array(wanted_loss), np.array(found_loss)) <= AGREES
    assert largest(wanted, found) <= AGREES


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("batch", [1, 2, 20])
@pytest.mark.parametrize("network", [find("lenet4"), LEARNED], ids=case_of)
def test_every_weight_goes_at_its_own_rate(network: Network, batch: int, decay: float) -> None:
    """Ten steps of sdlm, curvature included, end where those of the reference end."""
    parameters, pixels, labels = draw(network, 0, 20)
    loss, ends = losses_of(network.layers[-1])[0], []
    order = np.random.default_rng(0).permutation(20).repeat(10)[: 10 * batch]
    for engine in (Reference(), LANES):
        program, state = engine.program(network), State(dict(parameters))
        examples = Examples(pixels, labels)
        state.slots["h"] = program.curvature(parameters, examples, loss)
        rates, update = [1e-3] * 10, Update("sdlm", decay=decay)
        program.train(state, examples, order, batch, rates, update, loss)
        ends.append(state)
    assert largest(ends[0].parameters, ends[1].parameters) <= AGREES
    assert largest(ends[0].slots["h"], ends[1].slots["h"]) <= AGREES
    moved = [np.any(ends[1].parameters[name] != parameters[name]) for name in parameters]
    assert all(moved)
