"""Where each cell of our maps stands in a tensor of the file.

`cells` has the tensor's axes without the batch, and in each place the number of the cell there,
counted through our maps: map by map, row by row. Transpose, Reshape, Flatten and Squeeze move
these numbers about and nothing else. So no order of the axes has to be guessed, and a full
connection's weights are put in our order whatever the order in which the file lists its inputs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.protocol import Array
from simplecell.errors import ModelError
from simplecell.export.onnx.node import Node
from simplecell.importer.constant import BATCH
from simplecell.spec.layers.layer import Shape

MOST_CELLS = 1 << 24
"""Cells of a layer's maps: a picture of 4096x4096."""
KEEP = "Each picture is read by itself; export the network so that it keeps them apart."


@dataclass(frozen=True)
class Arrangement:
    """The shape of our maps, and their cells as the file has them."""

    shape: Shape
    cells: NDArray[np.int64]

    @classmethod
    def of(cls, shape: Shape) -> "Arrangement":
        """Give maps in our own order, (maps, height, width).

        Raises
            ModelError   more cells than are read
        """
        if math.prod(shape) > MOST_CELLS:
            raise ModelError(
                f"a layer of it has the shape {shape}: simplecell reads maps of up to"
                f" {MOST_CELLS:,} cells.\n  Such a network is not for this program."
            )
        return cls(shape, np.arange(math.prod(shape)).reshape(shape))

    @property
    def sides(self) -> list[int]:
        """The tensor's shape, the batch first."""
        return [BATCH, *self.cells.shape]

    @property
    def is_maps(self) -> bool:
        """Say whether the tensor is (N, maps, height, width), in our order."""
        return self.cells.shape == self.shape and self.in_order

    @property
    def in_order(self) -> bool:
        """Say whether the cells follow each other as ours do."""
        return bool((self.cells.ravel() == np.arange(self.cells.size)).all())

    @property
    def is_row(self) -> bool:
        """Say whether the cells are along the last axis, (N, cells)."""
        return self.cells.ndim >= 1 and self.cells.shape[-1] == self.cells.size

    def axis(self, node: Node, told: int) -> int:
        """Give one of the tensor's axes from 0, the batch."""
        count = self.cells.ndim + 1
        if not -count <= told < count:
            raise node.refused(
                f"it names the axis {told} of {count}.", "The file is damaged: export it again."
            )
        return told % count

    def moved(self, node: Node, order: Sequence[int] | None) -> "Arrangement":
        """Transpose."""
        count = self.cells.ndim + 1
        told = list(range(count))[::-1] if order is None else list(order)
        if sorted(told) != list(range(count)):
            raise node.refused(
                f"its order {told} is none of {count} axes.",
                "The file is damaged: export it again.",
            )
        if told[0] != 0:
            raise node.refused(f"its order {told} moves the axis of the pictures.", KEEP)
        return Arrangement(self.shape, self.cells.transpose([axis - 1 for axis in told[1:]]))

    def reshaped(self, node: Node, told: Sequence[int], batch: int | None) -> "Arrangement":
        """Reshape, keeping pictures apart; `batch` is how many the file was exported for."""
        keep = not node.whole("allowzero", 0)
        old = self.sides
        sides = [
            old[k] if side == 0 and keep and k < len(old) else side for k, side in enumerate(told)
        ]
        inner = list(sides[1:])
        size, known = self.cells.size, math.prod(side for side in inner if side != -1)
        if inner.count(-1) == 1 and known > 0 and size % known == 0:
            inner[inner.index(-1)] = size // known
        whole = bool(inner) and all(side > 0 for side in inner) and math.prod(inner) == size
        if not sides or sides[0] not in (-1, BATCH, batch) or not whole:
            shown = [side if side != BATCH else "N" for side in sides]
            raise node.refused(
                f"it makes {shown} of {['N', *self.cells.shape]}, which mixes the pictures of a"
                " batch.",
                KEEP,
            )
        return Arrangement(self.shape, self.cells.reshape(inner))

    def squeezed(self, node: Node, axes: Sequence[int] | None, batch: int | None) -> "Arrangement":
        """Take away axes of length 1."""
        if axes is None:
            if batch == 1:
                raise node.refused("it takes away the axis of the pictures.", KEEP)
            axes = [k for k, side in enumerate(self.sides) if side == 1]
        named = [self.axis(node, axis) for axis in axes]
        if 0 in named or any(self.cells.shape[axis - 1] != 1 for axis in named):
            raise node.refused(f"it takes away the axes {list(axes)}, which are in use.", KEEP)
        return Arrangement(self.shape, self.cells.squeeze(tuple(axis - 1 for axis in named)))

    def unsqueezed(self, node: Node, axes: Sequence[int]) -> "Arrangement":
        """Add axes of length 1."""
        count = self.cells.ndim + 1 + len(axes)
        named = sorted(axis % count for axis in axes)
        if 0 in named or len(set(named)) < len(named):
            raise node.refused(f"it adds the axes {list(axes)}.", KEEP)
        return Arrangement(
            self.shape, np.expand_dims(self.cells, tuple(axis - 1 for axis in named))
        )

    def per_map(self, node: Node, values: Array) -> Array:
        """Give one number for each of our maps from a constant that meets the tensor.

        Raises
            ModelError   a number for each place, or for each picture
        """
        whole = (1, *self.cells.shape)
        try:
            spread = np.broadcast_to(np.asarray(values, np.float64), whole)
        except ValueError:
            raise node.refused(
                f"a constant of the shape {np.shape(values)} meets {['N', *self.cells.shape]}.",
                "Between layers, simplecell takes one number for all, or one for each map.",
            ) from None
        ours = np.empty(self.cells.size)
        ours[self.cells.ravel()] = spread.ravel()
        rows = ours.reshape(self.shape[0], -1)
        if (rows != rows[:, :1]).any():
            raise node.refused(
                "its constant has a number of its own for each place of the maps.",
                "Between layers, simplecell takes one number for all, or one for each map.",
            )
        return np.array(rows[:, 0])

    def along(self, values: Array) -> Array:
        """Lay a list along the axis after the batch, where ONNX has maps."""
        return np.reshape(values, (1, -1, *[1] * (self.cells.ndim - 1)))

    def reduced(self, node: Node, axes: Sequence[int], keep: bool) -> "Arrangement":
        """Take one value of each whole map.

        Raises
            ModelError   axes that are not just the height and the width
        """
        named = [self.axis(node, axis) for axis in axes]
        kept = [k for k in range(1, self.cells.ndim + 1) if k not in named]
        area = self.shape[1] * self.shape[2]
        order = [k - 1 for k in (*kept, *(axis for axis in named if axis))]
        found = self.cells.transpose(order).reshape(-1, max(area, 1)) // area
        whole = 0 not in named and math.prod(self.cells.shape[k - 1] for k in named) == area
        if not whole or (found != found[:, :1]).any():
            raise node.refused(
                f"it is taken over the axes {list(axes)}, which are not just height and width.",
                "The nearest is GlobalAveragePool: one value for each map.",
            )
        sides = [
            1 if k in named else self.cells.shape[k - 1]
            for k in range(1, self.cells.ndim + 1)
            if keep or k not in named
        ]
        return Arrangement((self.shape[0], 1, 1), found[:, 0].reshape(sides))
