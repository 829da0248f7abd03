"""Each departure changes its one thing, and the network that is left still holds together."""

from dataclasses import replace

import pytest

from simplecell.errors import SpecError, UnknownName
from simplecell.spec.accounting import count_network
from simplecell.spec.departures import DEPARTURES, depart
from simplecell.spec.layers import RBF, Dense, Pool
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

LENET5 = find("lenet5")

CHANGED = {
    "relu": {"C1", "S2", "C3", "S4", "C5"},
    "sigmoid": {"C1", "S2", "C3", "S4", "C5"},
    "tanh": {"C1", "S2", "C3", "S4", "C5", "F6"},
    "max-pool": {"S2", "S4"},
    "mean-pool": {"S2", "S4"},
    "full-table": {"C3"},
    "softmax": {"RBF", "F7"},
    "learned-codes": {"RBF"},
    "no-padding": {"C5"},
}
"""The layers of LeNet-5 that each departure touches."""

PARAMETERS = {
    # 36 more kernels of 25; 28 gains and biases; 850 of ten linear units; 840 codes;
    # a C5 of 4x4 kernels has 120 * 16 * 9 fewer weights.
    "full-table": 60_000 + 36 * 25,
    "max-pool": 60_000 - 44,
    "mean-pool": 60_000 - 44,
    "softmax": 60_000 + 850,
    "learned-codes": 60_000 + 840,
    "no-padding": 60_000 - 120 * 16 * 9,
}


def test_the_list_is_complete() -> None:
    assert DEPARTURES.keys() == CHANGED.keys()


@pytest.mark.parametrize("name", DEPARTURES)
def test_a_departure_changes_its_layers_and_no_others(name: str) -> None:
    network = depart(LENET5, name)
    assert network.name == f"lenet5-{name}"
    before = {layer.name: layer for layer in LENET5.layers}
    after = {layer.name: layer for layer in network.layers}
    touched = {n for n in before | after if before.get(n) != after.get(n)}
    assert touched == CHANGED[name]
    assert count_network(network).total.parameters == PARAMETERS.get(name, 60_000)
    assert network.input == ((1, 28, 28) if name == "no-padding" else (1, 32, 32))
    assert Network.from_json(network.to_json()) == network
    assert DEPARTURES[name].__doc__


def test_all_that_tutorials_do_makes_the_tutorials_lenet5() -> None:
    network = LENET5
    for name in ("relu", "max-pool", "full-table", "softmax"):
        network = depart(network, name)
    layers = [replace(layer, squash="relu") if layer.name == "F6" else layer
              for layer in network.layers]  # fmt: skip
    assert tuple(layers) == find("lenet5_tutorial").layers


@pytest.mark.parametrize("pool", ["max-pool", "mean-pool"])
def test_the_order_of_departures_changes_nothing(pool: str) -> None:
    a, b = depart(depart(LENET5, "relu"), pool), depart(depart(LENET5, pool), "relu")
    assert a.layers == b.layers
    assert a.layers[1] == Pool("S2", pool.removesuffix("-pool"))


def test_outputs_keep_what_their_targets_are_made_for() -> None:
    lenet1 = find("lenet1")
    assert depart(lenet1, "relu").layers[-1] == lenet1.layers[-1]
    assert depart(lenet1, "tanh").layers[-1] == Dense("F5", 10, "tanh")
    assert depart(lenet1, "softmax").layers[-1] == Dense("F5", 10, "softmax")
    assert depart(LENET5, "learned-codes").layers[-1] == RBF("RBF", learned=True)


@pytest.mark.parametrize(
    ("net", "name", "message"),
    [
        ("lenet1", "learned-codes", "lenet1 has no codes that are fixed"),
        ("lenet1", "no-padding", "lenet1 does not read 32x32 images"),
        ("lenet5_tutorial", "softmax", "lenet5_tutorial ends in a softmax already"),
        ("lenet5_tutorial", "max-pool", "has no trainable subsampling"),
        ("lenet5_tutorial", "full-table", "has no connection table"),
        ("palm", "relu", "has no hidden layer that squashes by tanh"),
    ],
)
def test_what_is_not_there_cannot_be_departed_from(net: str, name: str, message: str) -> None:
    with pytest.raises(SpecError, match=f"{message}: there is nothing here to depart from"):
        depart(find(net), name)


def test_an_unknown_departure_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'max-pool'"):
        depart(LENET5, "maxpool")
