"""Batch normalisation by `formulas/batchnorm.py`."""

from collections.abc import Sequence

import numpy as np

from simplecell.engines.layers.formulas import Draw, Formulas, Own, scaled_rows
from simplecell.engines.protocol import Array
from simplecell.formulas.batchnorm import (
    batchnorm_backward,
    batchnorm_forward,
    running_statistics,
    used_backward,
    used_forward,
    used_scale,
)
from simplecell.spec.layers.batchnorm import BatchNorm
from simplecell.spec.layers.layer import Shape


class BatchNormFormulas(Formulas[BatchNorm]):
    """w, b (C,), learned; mean, variance (C,), kept."""

    keeps = ("mean", "variance")

    def shapes(self, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
        """Give a gain and a bias for each map."""
        return {"w": (above[0],), "b": (above[0],)}

    def kept(self, below: Shape) -> dict[str, tuple[int, ...]]:
        """Give a running mean and a running variance for each map."""
        return {"mean": (below[0],), "variance": (below[0],)}

    def forward(self, x: Array, own: Own) -> Array:
        """Give u by the running statistics."""
        return used_forward(
            x, own["w"], own["b"], own["mean"], own["variance"], self.layer.epsilon
        )

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx, dw, db, the running statistics staying as they are."""
        dx, *found = used_backward(
            x, own["w"], own["mean"], own["variance"], du, self.layer.epsilon
        )
        return dx, found

    def learning(self, x: Array, own: Own, chance: int) -> Array:
        """Give u by the batch's own statistics."""
        return batchnorm_forward(x, own["w"], own["b"], self.layer.epsilon)

    def learning_back(
        self, x: Array, own: Own, du: Array, chance: int
    ) -> tuple[Array, Sequence[Array]]:
        """Give dx, dw, db, the batch's statistics moving with x."""
        dx, *found = batchnorm_backward(x, own["w"], du, self.layer.epsilon)
        return dx, found

    def remembered(self, x: Array, own: Own) -> dict[str, Array]:
        """Move the running statistics."""
        mean, variance = running_statistics(own["mean"], own["variance"], x, self.layer.momentum)
        return {"mean": mean, "variance": variance}

    def scale(self, own: Own) -> tuple[Array, Array] | None:
        """Give the gain and the shift of each map in use."""
        kept = own["mean"], own["variance"]
        return used_scale(own["w"], own["b"], *kept, self.layer.epsilon)

    def scaled(self, own: Own, gain: Array, shift: Array) -> dict[str, Array] | None:
        """Scale the gains, and scale and shift the biases; what is kept stays."""
        return {**own, **scaled_rows(own, gain, shift)}

    def fan_in(self, below: Shape) -> Array | int:
        """Count the unit that each unit reads."""
        return 1

    def start(
        self, below: Shape, above: Shape, draw: Draw, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Begin with gains of 1 and biases of 0, and as if all had mean 0 and variance 1."""
        ones, zeros = np.ones(below[0]), np.zeros(below[0])
        return {"w": ones, "b": zeros, "mean": zeros.copy(), "variance": ones.copy()}

    def disturbed(
        self, own: dict[str, Array], below: Shape, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Draw all four anew, gains and variances around 1."""
        maps = below[0]
        return {
            "w": rng.uniform(0.5, 1.5, maps),
            "b": rng.uniform(-0.5, 0.5, maps),
            "mean": rng.uniform(-0.5, 0.5, maps),
            "variance": rng.uniform(0.5, 1.5, maps),
        }
