"""Radial basis functions by `formulas/rbf.py`."""

import math
from collections.abc import Sequence

import numpy as np

from simplecell.engines.layers.formulas import Draw, Formulas, Own, flat
from simplecell.engines.protocol import Array
from simplecell.formulas.rbf import rbf_backward, rbf_curvature, rbf_forward
from simplecell.spec.layers.layer import Shape
from simplecell.spec.layers.rbf import RBF


def code_values(layer: RBF) -> Array:
    """Write an RBF layer's codes as numbers, (classes, inputs): '#' is +1 and '.' is -1."""
    return np.array([[1.0 if cell == "#" else -1.0 for cell in code] for code in layer.codes])


class RBFFormulas(Formulas[RBF]):
    """w (classes, inputs) if the codes are learned, else nothing."""

    own = ("w",)

    def shapes(self, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
        """Give the shape of learned codes."""
        return {"w": (above[0], math.prod(below))} if self.layer.learned else {}

    def codes(self, own: Own) -> Array:
        """Give the codes: `w` if they are learned."""
        return own["w"] if self.layer.learned else code_values(self.layer)

    def forward(self, x: Array, own: Own) -> Array:
        """Give the squared distances, u."""
        codes = np.asarray(self.codes(own), x.dtype)
        return rbf_forward(flat(x), codes)[:, :, None, None]

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx, dw; the gradient of fixed codes goes nowhere."""
        dx, *found = rbf_backward(flat(x), self.codes(own), flat(du))
        return dx, found

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx, hw."""
        hx, *found = rbf_curvature(flat(x), self.codes(own), flat(du), flat(hu))
        return hx, found

    def start(
        self, below: Shape, above: Shape, draw: Draw, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Begin with the codes as they were drawn by hand."""
        return {"w": code_values(self.layer)} if self.layer.learned else {}

    def disturbed(
        self, own: dict[str, Array], below: Shape, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Move learned codes."""
        return {name: w + 0.3 * rng.normal(size=w.shape) for name, w in own.items()}

    def undecided(self) -> Array | None:
        """Give the middle of the two nearest codes, as they were drawn by hand."""
        drawn = code_values(self.layer)
        if len(drawn) < 2:
            return None
        apart = ((drawn[:, None] - drawn) ** 2).sum(axis=2) + np.diag(np.full(len(drawn), np.inf))
        middle: Array = drawn[list(np.unravel_index(apart.argmin(), apart.shape))].mean(axis=0)
        return middle
