"""Curvature, planned: the way up as ever, then the way down in squares.

The diagonal Gauss-Newton recursion is the recursion of deltas with every factor squared:

    gradient    du = f'(u)   * (w^T du above)         dw = du x^T
    curvature   hu = f'(u)^2 * ((w^2)^T hu above)     hw = hu (x^2)^T

So the plan is one of gradients, whose kernels read squares: of the parameters, which stand in w
behind themselves (`shift` floats on), and of each layer's values, in nodes of their own.

Source: LeCun et al. 1998, appendix C.   Brief: F
"""

from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes import squaring
from simplecell.engines.lanes.builder import Options
from simplecell.engines.lanes.plan import Planner
from simplecell.spec.network import Network


class CurvaturePlanner(Planner):
    """Builds the plan that `curvature` runs."""

    def __init__(
        self, network: Network, packs: int, threads: int, options: Options, shift: int
    ) -> None:
        super().__init__(network, f.LANES, packs, threads, options)
        for context in self.sites:
            context.shift = shift

    def _loss(self, loss: str) -> None:
        target = self.values[-1]
        if self.network.layers[-1].gives_distances:
            # Guess: of every loss of distances, the curvature of mean_square: see formulas/rbf.
            self.builder.emit(None, f.MEAN_SQUARE, target=target)
        else:
            last = self._squash_word(len(self.layers) - 1)
            squash = last if loss == "squared_error" else f.SOFTMAX
            self.builder.emit(None, f.OUTPUT_CURVATURE, target=target, squash=squash)

    def _down(self, n: int) -> None:
        layer, context = self.layers[n], self.sites[n]
        # Slopes below enter squared, in instructions of their own before and after.
        squash, context.words["below"] = context.words["below"], f.IDENTITY
        slopes = 0
        if context.go_on:
            slopes = context.node((1, 1, context.inputs + 1))
            self.builder.emit(
                squaring.ENTRY,
                squaring.SLOPES,
                source=context.source,
                target=slopes,
                squash=squash,
                extra=layer.shared,
            )
        layer.curvature(context)
        if context.go_on:
            self.builder.emit(squaring.ENTRY, squaring.TIMES, source=slopes, target=context.source)
