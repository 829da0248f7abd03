"""The guard: a small network that knows what is none of the classes, and how sure an answer is.

    sureness[n] = sum_k p[n,k] q[n,k]

p are the model's probabilities of the classes, the ten digits for instance, q those of the guard,
which has one class more for all that is none. Sureness is small where the guard sees none of them,
and where the two read different ones. Below the threshold, the answer is "none of these".

A softmax has no way to say "none of these": on our own pages, the model's own largest
probability rejects 4 of 10 strangers, when 2 of 100 digits may go with them; the guard 9 of 10.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.normalise import Normalisation
from simplecell.data.pen import FRAME
from simplecell.data.sources import Dataset
from simplecell.engines.parameters import check_parameters
from simplecell.engines.protocol import Array, Engine, Examples, Parameters
from simplecell.repr import brief
from simplecell.spec.network import Network

FEWEST = 5_000
"""With fewer digits than this there is no guard: it would know too few hands."""

FEWEST_OWN, SMALLEST = 500, 16
"""With fewer pictures of any other kind there is none either, nor with smaller ones, in pixels."""

LEARNT, JUDGED, SHARE = 20_000, 4_000, 0.2
"""Pictures that a guard of them learns, that set its threshold at the most, and their share."""

STEPS, FEWEST_EPOCHS, MOST_EPOCHS, BATCH = 1_000, 4, 15, 64
"""It learns for so many steps, within so many epochs."""

PREFIX = "guard/"
"""What its weights are called by in a model's file, before their own names."""


@brief
@dataclass(frozen=True, eq=False)
class Guard:
    """A network with one class more than the model, its weights, and where the line is drawn."""

    network: Network
    parameters: Parameters
    normalisation: Normalisation
    threshold: float

    def sureness(self, p: Array, pixels: NDArray[np.uint8], engine: Engine) -> NDArray[np.float64]:
        """Say how sure each answer is.

        Shapes
            p (N, classes)      pixels (N, 1, H, W), as the model reads them, the digit in the
            middle      gives (N,)
        """
        scale, shift = self.normalisation.scale, self.normalisation.shift
        if pixels.shape[1:] != self.network.input:
            pixels = middle(pixels, self.network.input[1])
        examples = Examples(pixels, None, scale, shift)
        q = engine.program(self.network).forward(self.parameters, examples)
        sure: NDArray[np.float64] = (p * q[:, : p.shape[1]]).sum(axis=1)
        return sure

    def to_document(self) -> dict[str, Any]:
        """Say in JSON all of it but its weights."""
        return {
            "network": self.network.to_json(),
            "normalisation": asdict(self.normalisation),
            "threshold": self.threshold,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Mapping[str, Array]) -> "Guard":
        """Make a guard of what `to_document` said, and its weights."""
        network = Network.from_json(document["network"])
        check_parameters(network, arrays)
        told = document["normalisation"].items()
        normalisation = Normalisation(**{name: float(value) for name, value in told})
        return cls(network, arrays, normalisation, float(document["threshold"]))


def is_taught(data: Dataset) -> bool:
    """Say whether a guard of digits can be taught: by enough of them in MNIST's pose."""
    return data.reading == "ink" and data.frame == (FRAME, FRAME) and len(data.train) >= FEWEST


def is_taught_own(data: Dataset) -> bool:
    """Say whether a guard of other pictures can be taught: by enough, of two classes or more."""
    enough = len(data.train) >= FEWEST_OWN and min(data.train.pixels.shape[2:]) >= SMALLEST
    return data.reading != "ink" and enough and len(data.classes) > 1


def lesson_epochs(pictures: int) -> int:
    """Say for how many epochs a guard learns so many pictures, strangers among them."""
    return min(max(math.ceil(STEPS * BATCH / pictures), FEWEST_EPOCHS), MOST_EPOCHS)


def lesson(pictures: int) -> int:
    """Say how many examples a guard's lesson has, of so many pictures to learn from.

    >>> lesson(2_280)
    54720
    """
    learnt = min(LEARNT, pictures - min(JUDGED, round(SHARE * pictures)))
    return 2 * learnt * lesson_epochs(2 * learnt)


def middle(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Cut away the background around pictures that were padded.

    Shapes
        pixels (N, C, H, W)      gives (N, C, side, side)
    """
    top, left = (pixels.shape[2] - side) // 2, (pixels.shape[3] - side) // 2
    return np.ascontiguousarray(pixels[:, :, top : top + side, left : left + side])
