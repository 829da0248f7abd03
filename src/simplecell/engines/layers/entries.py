"""The formulas of a layer, found by its type; to put another entry in is to make it known."""

from typing import Any

from simplecell.engines.layers.batchnorm import BatchNormFormulas
from simplecell.engines.layers.combine import CombineFormulas
from simplecell.engines.layers.conv import ConvFormulas
from simplecell.engines.layers.dense import DenseFormulas
from simplecell.engines.layers.dropout import DropoutFormulas
from simplecell.engines.layers.formulas import Formulas
from simplecell.engines.layers.globalpool import GlobalPoolFormulas
from simplecell.engines.layers.local import LocalFormulas
from simplecell.engines.layers.pool import PoolFormulas
from simplecell.engines.layers.rbf import RBFFormulas
from simplecell.engines.layers.subsample import SubsampleFormulas
from simplecell.errors import EngineError
from simplecell.spec.layers.layer import Layer

FORMULAS: dict[str, type[Formulas[Any]]] = {
    "conv": ConvFormulas,
    "combine": CombineFormulas,
    "local": LocalFormulas,
    "subsample": SubsampleFormulas,
    "pool": PoolFormulas,
    "global_pool": GlobalPoolFormulas,
    "dense": DenseFormulas,
    "rbf": RBFFormulas,
    "batch_norm": BatchNormFormulas,
    "dropout": DropoutFormulas,
}


def formulas_of(layer: Layer) -> Formulas[Any]:
    """Bind a layer to the formulas of its type.

    Raises
        EngineError   a type that has no entry
    """
    if layer.type not in FORMULAS:
        raise EngineError(
            f"layer {layer.name}: no engine knows layers of the type {layer.type}.\n"
            "  Give the type an entry in simplecell.engines.layers.entries.FORMULAS."
        )
    return FORMULAS[layer.type](layer)
