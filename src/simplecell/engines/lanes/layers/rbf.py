"""Distances to codes in a plan."""

import numpy as np

from simplecell.engines.lanes import squaring
from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.engines.lanes.layout import Floats
from simplecell.engines.lanes.rbf import ENTRY, RBF_BACKWARD, RBF_FORWARD, RBF_GRADIENT
from simplecell.engines.parameters import code_values
from simplecell.spec.layers import RBF


class RBFPlan(LayerPlan[RBF]):
    """Distances to codes; codes stand feature by feature, and as constants unless learned."""

    stored_turned = frozenset({"w"})

    def constants(self) -> Floats:
        """Give the codes, feature by feature."""
        return code_values(self.layer).T.ravel().astype(np.float32)

    def up(self, context: Context) -> None:
        """Measure the distances."""
        context.emit(ENTRY, RBF_FORWARD)

    def down(self, context: Context) -> None:
        """Gather the delta on codes, if they are learned, and hand the deltas on."""
        if self.layer.learned:
            context.emit(ENTRY, RBF_GRADIENT, gradient=context.gradient())
        if context.go_on:
            context.emit(ENTRY, RBF_BACKWARD)

    def curvature(self, context: Context) -> None:
        """Give features and codes the curvature of distances, which bend by themselves."""
        gradient, learned = context.gradient(), int(self.layer.learned)
        context.emit(squaring.ENTRY, squaring.RBF_CURVATURE, gradient=gradient, flag=learned)
