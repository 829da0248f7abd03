"""Exports are of the network as it is used: dropout leaves, batch normalisation folds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simplecell.engines.protocol import Examples
from simplecell.engines.reference import Reference
from simplecell.export.fold import fold, folded
from simplecell.spec.layers import (
    BatchNorm,
    Combine,
    Conv,
    Dense,
    Dropout,
    Layer,
    Local,
    Pool,
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.model import Model

BELOW: dict[str, tuple[Layer, bool]] = {
    "conv": (Conv("X", 4, (2, 2), squash="identity"), True),
    "conv with a table": (Conv("X", 2, (2, 2), table=((0,), (0, 1)), squash="identity"), True),
    "local": (Local("X", 4, (2, 2), squash="identity"), True),
    "subsample": (Subsample("X", squash="identity"), True),
    "dense": (Dense("X", 4, "identity"), True),
    "batch norm": (BatchNorm("X"), True),
    "conv that squashes": (Conv("X", 4, (2, 2), squash="tanh"), False),
    "combine": (Combine("X", 4, (2, 2), squash="identity"), False),
    "pool": (Pool("X", "mean"), False),
}


@pytest.mark.parametrize("below", BELOW)
def test_batch_normalisation_goes_into_a_layer_that_hands_on_its_sums(
    below: str, draw: Callable[[Network], Model]
) -> None:
    layer, folds = BELOW[below]
    layers = (layer, Dropout("D"), BatchNorm("N", squash="tanh"), Dropout("E"), Dense("F", 3))
    model = draw(Network("x", (2, 8, 6), layers))
    kept, arrays = fold(model.network, model.parameters)
    names = [one.name for one in kept.layers]
    assert names == (["X", "F"] if folds else ["X", "N", "F"])
    assert kept.layers[0].squash == ("tanh" if folds else layer.squash)
    x = Examples(np.random.default_rng(0).normal(size=(5, 2, 8, 6)))
    wanted = Reference().program(model.network).forward(model.parameters, x)
    found = Reference().program(kept).forward(arrays, x)
    # The arrays are rounded to the float32 that they came in.
    assert found == pytest.approx(wanted, rel=1e-5, abs=1e-6)
    assert {a.dtype for a in arrays.values()} == {np.dtype(np.float32)}


def test_a_network_without_such_layers_stays_what_it_is(draw: Any) -> None:
    model = draw(find("lenet5"))
    found = folded(model)
    assert found.network is model.network
    assert all(found.parameters[name] is w for name, w in model.parameters.items())


def test_absent_connections_stay_absent(draw: Any) -> None:
    table = ((0,), (0, 1))
    layers = (Conv("C", 2, (2, 2), table=table, squash="identity"), BatchNorm("N"), Dense("F", 3))
    _, arrays = fold(*(lambda m: (m.network, m.parameters))(draw(Network("x", (2, 5, 5), layers))))
    assert not np.any(arrays["C.w"][0, 1])
