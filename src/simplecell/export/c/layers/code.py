"""What a kind of layer says of its C: in words, as a function, in float and in whole numbers.

What most layers share has a default here: weights that are multiplied one by one, a sum that
begins with the bias, outputs that int8 scales and squashes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.protocol import Array
from simplecell.engines.walk import layer_sum
from simplecell.errors import EngineError, ModelError
from simplecell.export.c.format import MOST_TAPS, Format, Whole
from simplecell.export.c.squash import squashed
from simplecell.export.c.stage import Plain, Stage
from simplecell.spec.layers.layer import Layer

L = TypeVar("L", bound=Layer)
Own = Mapping[str, NDArray[np.float64]]


class Code(Generic[L]):
    """One layer in C."""

    keeps_bounds: ClassVar[bool] = False
    """Its sums lie within what it reads, so that int8 need not measure them."""
    lead: ClassVar[int] = 1
    """How many axes of `w` number the units that have weights of their own."""
    unit: ClassVar[str] = "m"
    """The variable that numbers these units: the map, or `unit`."""

    def __init__(self, plain: Plain) -> None:
        self.plain = plain
        self.layer: L = plain.layer  # type: ignore[assignment]

    @classmethod
    def plainly(cls, layer: L, own: Own) -> tuple[Layer, Own]:
        """Give the layer, and its arrays, as C has them."""
        return layer, own

    def does(self) -> str:
        """Say in words what it is."""
        maps, height, width = self.plain.above
        return f"{maps} map{'s' * (maps > 1)} of {height}x{width}"

    def scores(self) -> str:
        """Say what its outputs are as scores of the classes."""
        softmax = self.layer.squash == "softmax"
        return "probabilities" if softmax else "the outputs of the last layer"

    def body(self, stage: Stage) -> list[str]:
        """Write the lines of its function."""
        raise EngineError(f"C has no function for {self.layer.type} layers.")

    def packed(self, w: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """List its weights in the order in which they are read."""
        return {"w": w.ravel()}

    def real(self) -> Stage:
        """Choose its numbers in float."""
        arrays = self._floats()
        begin = f"@b[{self.unit}]" if "b" in arrays else "0.0f"
        return self._stage(arrays | self.packed(arrays["w"]), begin, "sum")

    def gains(self, reads: Format) -> tuple[Array, Array, Array]:
        """Give whole weights, and u = gain * sum + constant: one per map, or per unit."""
        w = self.plain.own["w"]
        taps = int(np.prod(w.shape[self.lead :]))
        if taps > MOST_TAPS:
            raise ModelError(
                f"layer {self.layer.name}: its units read {taps:,} numbers; sums of int8 fit 32"
                f" bits up to {MOST_TAPS:,}. Export it in float, without --int8."
            )
        scale = np.abs(w).reshape(len(w), -1).max(axis=1) / 127
        scale[scale == 0] = 1.0
        q = np.rint(w / scale.reshape(-1, *[1] * (w.ndim - 1)))
        total = self.totals(q)
        outer = scale.reshape(-1, *[1] * (total.ndim - 1))
        b = self.plain.own.get("b", np.zeros(1))
        b = b.reshape(*b.shape, *[1] * (total.ndim - b.ndim))
        return q, scale * reads.step, b + outer * reads.offset * total

    def totals(self, q: Array) -> Array:
        """Sum the whole weights of a unit: those that are multiplied by what is read."""
        total: Array = q.sum(axis=tuple(range(self.lead, q.ndim)))
        return total

    def bounds(self, reads: Format) -> tuple[float, float]:
        """Give the least and the largest u there is, of a layer that keeps bounds."""
        return reads.bounds

    def places(self, scales: int) -> tuple[str, str]:
        """Say in C which of so many scales, and which offset, a unit takes."""
        m = "m" if scales == self.plain.above[0] else "0"
        return m, m if self.unit == "m" else self.unit

    def placed(self, values: NDArray[Any]) -> NDArray[Any]:
        """Give one number per map, or per unit, to go with (N, M, H, W)."""
        own = values.size == self.plain.cells
        return values.reshape(self.plain.above if own else (-1, 1, 1))

    def sums(self, w: Array, q: Array) -> Array:
        """Sum by the formulas: in float64, whole numbers of this size are exact."""
        own = {"w": w, "b": np.zeros(w.shape[: self.lead])}
        sums: Array = np.rint(layer_sum(self.layer, q, own))
        return sums

    def hidden(self, reads: Format) -> tuple[Whole, Format] | None:
        """Give the layer in whole numbers, where it is not the last and is like no other."""
        return None

    def last(self, reads: Format) -> Whole | None:
        """Give the layer in whole numbers, where it is the last and is like no other."""
        return None

    def answer(self, whole: Whole, q: Array) -> NDArray[np.float32] | None:
        """Give the scores of a last layer that is like no other, as its C does."""
        return None

    def _floats(self) -> dict[str, NDArray[Any]]:
        return {name: values.astype(np.float32) for name, values in self.plain.own.items()}

    def _stage(self, arrays: Mapping[str, NDArray[Any]], begin: str, u: str) -> Stage:
        """Give a stage in float that ends by squashing u."""
        ends: Sequence[str] = (f"*y++ = {squashed(self.layer.squash, u)};",)
        return Stage(self.plain, "float", "float", arrays, begin, tuple(ends))
