"""Curvature, planned: the way up as ever, then the way down in squares.

The diagonal Gauss-Newton recursion is the recursion of deltas with every factor squared:

    gradient    du = f'(u)   * (w^T du above)         dw = du x^T
    curvature   hu = f'(u)^2 * ((w^2)^T hu above)     hw = hu (x^2)^T

So the plan is one of gradients, whose kernels read squares: of the parameters, which stand in w
behind themselves (`shift` floats on), and of each layer's values, in nodes of their own.

Source: LeCun et al. 1998, appendix C.   Brief: F
"""

import math

from simplecell.engines.lanes import fields as f
from simplecell.engines.lanes.plan import Options, Planner, covers
from simplecell.spec.layers import RBF, Conv, Layer, Local, Pool, Subsample
from simplecell.spec.network import Network


class CurvaturePlanner(Planner):
    """Builds the plan that `curvature` runs."""

    def __init__(
        self, network: Network, packs: int, threads: int, options: Options, shift: int
    ) -> None:
        super().__init__(network, f.LANES, packs, threads, options)
        self.shift = shift

    def _loss(self, loss: str) -> None:
        last, target = self.network.layers[-1], self.values[-1]
        if isinstance(last, RBF):
            # Guess: of every loss of distances, the curvature of mean_square: see formulas/rbf.
            self._emit(f.MEAN_SQUARE, target=target)
        else:
            squash = f.SQUASH_CODES[last.squash] if loss == "squared_error" else f.SOFTMAX
            self._emit(f.TOP_BEND, target=target, squash=squash)

    def _down(self, n: int) -> None:
        layer, below = self.network.layers[n], self.network.inputs[n]
        go_on, node = n > 0, self._below(n)
        words = self._words(n)
        words["below"] = f.IDENTITY
        if go_on:
            slopes = self.layout.region((1, 1, math.prod(below) + 1))
            self._slopes(n, slopes)
        if f"{layer.name}.w" in self.places and not covers(layer, below):
            words["gradient"] = self._slot(layer)
        if isinstance(layer, RBF):
            self._emit(f.RBF_BEND, flag=int(layer.learned), **words)
        elif isinstance(layer, Subsample):
            sums = self.extra[n]
            self._emit(f.SQUARE, source=sums, target=sums)
            words["weight"] += self.shift
            self._emit(f.SUBSAMPLE_BACKWARD, extra=sums, flag=int(go_on), **words)
        elif isinstance(layer, Pool):
            if go_on:
                self._emit(f.POOL_BACKWARD, flag=int(layer.kind == "max"), **words)
        else:
            squares = self.layout.region(below)
            self._emit(f.SQUARE, source=node, target=squares)
            self._weighed(n, layer, words, squares, go_on)
        if go_on:
            self._emit(f.TIMES, source=slopes, target=node)

    def _slopes(self, n: int, slopes: int) -> None:
        layer, lower = self.network.layers[n], self.network.layers[n - 1]
        shared = isinstance(layer, Pool) and layer.kind == "mean"
        area = math.prod(layer.window) if isinstance(layer, Pool) and shared else 1
        squash = f.SQUASH_CODES[lower.squash]
        self._emit(f.SLOPES, source=self._below(n), target=slopes, squash=squash, extra=area)

    def _weighed(
        self, n: int, layer: Layer, words: dict[str, int], squares: int, go_on: bool
    ) -> None:
        """Plan a layer of weights: its own curvature by squared values, on by squared weights."""
        below = self.network.inputs[n]
        own = {**words, "source": squares}
        on = {**words, "weight": words["weight"] + self.shift}
        if covers(layer, below):
            self._emit(f.TURN, source=squares, extra=self.extra[n])
            self._emit(f.DENSE_GRADIENT, extra=self.extra[n], **words)
            if go_on:
                self._emit(f.DENSE_BACKWARD, **on)
        elif isinstance(layer, Conv):
            extra = self._spread(n, layer, below, words, go_on)
            self._emit(f.CONV_GRADIENT, readers=self.taps.read(layer, below), **own, extra=extra)
            if go_on:
                taps = self.taps.down(layer, below)
                self._emit(f.CONV_BACKWARD, taps_back=taps, **on, extra=extra)
        elif isinstance(layer, Local):
            self._emit(f.LOCAL_GRADIENT, **own)
            if go_on:
                self._emit(f.LOCAL_BACKWARD, **on)
