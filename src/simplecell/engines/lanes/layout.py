"""Layout: where everything stands, parameters in one array, maps and matrices in another.

- maps live in a region per thread, used again for each pack;
- what dense layers read and write lives in matrices (features, images of the batch), because their
  gradient needs every image at once; rows are an odd number of cache lines apart, so that they do
  not all fall on the same places of the processor's cache.
"""

import math
from dataclasses import dataclass

import numpy as np

from simplecell.engines.lanes import fields as f
from simplecell.engines.lanes.fields import Floats, Numbers
from simplecell.engines.lanes.loss import NO_RUBBISH
from simplecell.engines.parameters import code_values, parameter_shapes
from simplecell.engines.protocol import Array
from simplecell.formulas.losses import POSTERIORS
from simplecell.spec.layers import RBF, Layer, Shape
from simplecell.spec.network import Network

LINE = f.LANES
"""Floats in a cache line; nodes start on one."""


def lines(floats: int) -> int:
    """Round a number of floats up to whole cache lines.

    >>> lines(1), lines(16), lines(17)
    (16, 16, 32)
    """
    return -(-floats // LINE) * LINE


@dataclass(frozen=True)
class Span:
    """Where one array of parameters stands, columns before rows if it is turned."""

    start: int
    shape: tuple[int, ...]
    turned: bool = False

    @property
    def stop(self) -> int:
        """One past its last float."""
        return self.start + math.prod(self.shape)

    def write(self, flat: Floats, values: Array) -> None:
        """Put the array in its place."""
        flat[self.start : self.stop] = (values.T if self.turned else values).ravel()

    def read(self, flat: Floats) -> Array:
        """Give a copy of the array."""
        values = flat[self.start : self.stop]
        if self.turned:
            return np.ascontiguousarray(values.reshape(self.shape[::-1]).T)
        return values.reshape(self.shape).copy()


def spans(network: Network) -> tuple[dict[str, Span], int]:
    """Lay the parameters out, each array starting on a cache line; give the floats they take.

    Learned codes stand as fixed ones do, feature by feature.
    """
    last = network.layers[-1]
    turned = f"{last.name}.w" if isinstance(last, RBF) else None
    places: dict[str, Span] = {}
    at = 0
    for name, shape in parameter_shapes(network).items():
        places[name] = Span(at, shape, name == turned)
        at += lines(math.prod(shape))
    return places, at + 2 * LINE


# What makes outputs into scores: the factor of an output, and the score of rubbish.
_ODDS = {
    "scores": (1.0, NO_RUBBISH),
    "distances": (-1.0, NO_RUBBISH),
    **{loss: (-told["share"], -told["j"]) for loss, told in POSTERIORS.items()},
}


def odds_at(last: Layer, loss: str) -> int:
    """Say where among the constants the factor of an output is, and after it rubbish's score."""
    plain = "distances" if isinstance(last, RBF) else "scores"
    return 2 * list(_ODDS).index(loss if loss in POSTERIORS else plain)


def codes_at() -> int:
    """Say where among the constants the codes of an RBF layer begin."""
    return 2 * len(_ODDS)


def constants(network: Network) -> Floats:
    """Give what stands behind the parameters: factors and scores, and the codes of an RBF.

    Codes stand feature by feature.
    """
    odds = np.array(list(_ODDS.values()), np.float32).ravel()
    last = network.layers[-1]
    if not isinstance(last, RBF):
        return odds
    return np.concatenate([odds, code_values(last).T.ravel().astype(np.float32)])


def aligned(floats: int) -> Floats:
    """Allocate zeros that start on a cache line, so that no vector straddles two."""
    raw = np.zeros(floats + LINE, np.float32)
    start = -raw.ctypes.data % (4 * LINE) // 4
    return raw[start : start + floats]


class Layout:
    """Gives out places in memory for a pack of so many lanes, and so many packs in a batch."""

    def __init__(self, lanes: int, packs: int) -> None:
        self.lanes, self.packs = lanes, packs
        self.nodes: list[list[int]] = []
        self._own = 0  # floats of a thread's region so far
        self._shared = 0  # floats of the shared region so far

    def region(self, shape: Shape, before: int = 0) -> int:
        """Place maps in every thread's region, with `before` floats left free before them."""
        maps, height, width = shape
        # Vectors are read whole at a row's end, and what follows must be a number.
        guard = 2 * LINE + max(width, LINE)
        base = lines(self._own + before)
        self._own = base + maps * height * width * self.lanes + guard
        return self._node([base, *shape, self.lanes, self.lanes, 1, 0])

    def scratch(self, floats: int) -> int:
        """Place working memory in every thread's region."""
        return self.region((1, 1, -(-floats // self.lanes)))

    def matrix(self, shape: Shape) -> int:
        """Place the maps of all images of a batch, a row being one feature of every image.

        Of images that run alone, a row is one image.
        """
        features, base = math.prod(shape), self._shared
        if self.lanes == f.LANES:
            step = (self.packs + 1 - self.packs % 2) * LINE
            self._shared += features * step
            return self._node([base, *shape, step, self.lanes, 0, LINE])
        length = lines(features) + 2 * LINE
        self._shared += self.packs * length
        return self._node([base, *shape, 1, 1, 0, length])

    def turned(self, features: int) -> int:
        """Place a matrix whose rows are images, side by side the features of each."""
        length, base = (-(-features // LINE) | 1) * LINE, self._shared
        self._shared += self.packs * self.lanes * length + 8 * LINE
        return self._node([base, 1, 1, features, length, self.lanes, 0, self.lanes * length])

    def _node(self, row: list[int]) -> int:
        self.nodes.append(row)
        return len(self.nodes) - 1

    def settle(self, threads: int) -> tuple[Numbers, int]:
        """Put the shared region behind the threads' own; give the nodes, and all floats taken."""
        region = lines(self._own) + LINE
        nodes = np.array(self.nodes, np.int64)
        own = nodes[:, f.PER_THREAD] == 1
        nodes[own, f.PER_THREAD] = region
        nodes[~own, f.BASE] += threads * region
        return nodes, threads * region + self._shared + 4 * LINE
