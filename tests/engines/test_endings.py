"""Softmax may end any network whose last layer gives scores, and every engine learns it.

What exports make of the same endings, `tests/export` says.
"""

from contextlib import suppress

import numpy as np
import pytest

from simplecell.engines.check import check_curvature, check_engine, check_formulas
from simplecell.engines.choose import engine
from simplecell.engines.lanes import Lanes
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Array, Engine, Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.engines.requests import losses_of
from simplecell.errors import EngineError
from simplecell.spec.layers import Combine, Conv, Dense, Layer, Local, Pool, Subsample
from simplecell.spec.network import Network


def net(name: str, *layers: Layer) -> Network:
    return Network(name, (2, 9, 7), layers)


ENDINGS = (
    net(
        "one_by_one",
        Conv("C1", 5, (3, 3), squash="tanh"),
        Pool("P2", "mean", (7, 5)),
        Conv("C3", 4, (1, 1), squash="softmax"),
    ),
    net("maps_of_conv", Conv("C1", 2, (8, 6), squash="softmax")),
    net("stride", Conv("C1", 3, (3, 3), (4, 4), squash="softmax")),
    net(
        "table",
        Conv("C1", 3, (7, 5)),
        Conv("C2", 2, (2, 2), table=((0,), (1, 2)), squash="softmax"),
    ),
    net("mean", Conv("C1", 4, (3, 3), squash="relu"), Pool("P2", "mean", (7, 5), "softmax")),
    net("largest", Conv("C1", 4, (3, 3), squash="relu"), Pool("P2", "max", (7, 5), "softmax")),
    net("maps_of_pool", Conv("C1", 2, (4, 4)), Pool("P2", "max", (3, 2), "softmax")),
    net("subsample", Conv("C1", 2, (4, 4)), Subsample("S2", (3, 2), "softmax")),
    net("local", Conv("C1", 3, (3, 3)), Local("L2", 2, (6, 4), squash="softmax")),
    net("combine", Conv("C1", 3, (3, 3)), Combine("K2", 4, (7, 5), squash="softmax")),
    net("dense", Dense("F1", 5, "softmax")),
)
NETS = pytest.mark.parametrize("network", ENDINGS, ids=lambda network: network.name)


def engines() -> list[Engine]:
    found: list[Engine] = [Lanes(2)]
    with suppress(EngineError):  # PyTorch is not installed
        found.append(engine("torch", 1))
    return found


@NETS
def test_the_formulas_agree_with_finite_differences(network: Network) -> None:
    assert losses_of(network.layers[-1]) == ("cross_entropy",)
    assert check_formulas(network).largest <= 1e-6
    assert check_curvature(network).largest <= 1e-6


@NETS
def test_every_engine_repeats_the_reference_and_ends_ten_steps_where_it_does(
    network: Network,
) -> None:
    rng = np.random.default_rng(0)
    examples = Examples(
        rng.standard_normal((20, *network.input)).astype(np.float32),
        rng.integers(0, network.classes, 20),
    )
    order, ends = np.arange(100) % 20, []
    for each in (Reference(), *engines()):
        if not isinstance(each, Reference):
            assert check_engine(each, network, examples=1).largest <= 1e-4
            assert check_engine(each, network, examples=17).largest <= 1e-4
        program = each.program(network)
        state = State(dict(first(network)))
        program.train(state, examples, order, 10, [0.1] * 10, Update(), "cross_entropy")
        outputs = program.forward(state.parameters, examples)
        assert np.allclose(outputs.sum(axis=1), 1, atol=1e-6)
        ends.append(outputs)
    for found in ends[1:]:
        assert np.abs(found - ends[0]).max() <= 1e-4


def first(network: Network) -> dict[str, Array]:
    return {name: w.astype(np.float32) for name, w in initial_parameters(network, 0).items()}
