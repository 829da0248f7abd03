"""The module of a layer, found by its type; to put another entry in is to make it known."""

from simplecell.engines.pytorch.layers.batchnorm import BatchNormCells
from simplecell.engines.pytorch.layers.cells import AnyCells
from simplecell.engines.pytorch.layers.combine import CombineCells
from simplecell.engines.pytorch.layers.conv import ConvCells
from simplecell.engines.pytorch.layers.dense import DenseCells
from simplecell.engines.pytorch.layers.dropout import DropoutCells
from simplecell.engines.pytorch.layers.globalpool import GlobalPoolCells
from simplecell.engines.pytorch.layers.local import LocalCells
from simplecell.engines.pytorch.layers.pool import PoolCells
from simplecell.engines.pytorch.layers.rbf import RBFCells
from simplecell.engines.pytorch.layers.subsample import SubsampleCells
from simplecell.errors import EngineError
from simplecell.spec.layers.layer import Layer, Shape

CELLS: dict[str, type[AnyCells]] = {
    "conv": ConvCells,
    "combine": CombineCells,
    "local": LocalCells,
    "subsample": SubsampleCells,
    "pool": PoolCells,
    "global_pool": GlobalPoolCells,
    "dense": DenseCells,
    "rbf": RBFCells,
    "batch_norm": BatchNormCells,
    "dropout": DropoutCells,
}


def cells_of(layer: Layer, below: Shape, above: Shape) -> AnyCells:
    """Make a layer a torch module.

    Raises
        EngineError   a type that has no entry
    """
    if layer.type not in CELLS:
        raise EngineError(
            f"layer {layer.name}: the engine torch knows no layers of the type {layer.type}.\n"
            "  Give the type an entry in simplecell.engines.pytorch.layers.entries.CELLS."
        )
    return CELLS[layer.type](layer, below, above)
