"""A dictionary: features of patches in the form in which they slide over whole pictures.

An autoencoder sees a patch after it was centred and whitened. All of that is linear, so that it
folds into the weights, and a patch is read as it is:

    h = sigmoid( W Z (p - mean) + b )  =  sigmoid( V p + c )      V = W Z,  c = b - V mean

Where each patch is also divided by its own standard deviation s, that one number cannot fold;
it divides the product instead, h = sigmoid( (V p) / s + c ), and comes from sums over boxes.
A squeeze (cut off at three deviations) is not linear in any such way, and is refused.

Source: UFLDL tutorial, Convolutional feature extraction; Coates, Ng, Lee 2011.   Brief: A, C4
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.normalise import Size, pair
from simplecell.data.patches import Patches, Pictures, rows, take_patches
from simplecell.errors import DataError, ModelError, UnknownName
from simplecell.features.autoencoder import Learnt, Settings, learn
from simplecell.features.bank import Bank
from simplecell.features.descent import Watch
from simplecell.features.presets import COLOUR
from simplecell.formulas.activations import squash
from simplecell.formulas.examples import centre, check_floor, standardise
from simplecell.formulas.whitening import principal_axes, whiten, zca_whitening
from simplecell.train.checkpoint import check_finite, read_arrays, write_arrays

DICTIONARY = "simplecell.dictionary"

SQUASHES = ("sigmoid", "tanh", "relu", "identity")

Array = NDArray[Any]
Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Features that slide: what each gives at a patch p, bytes counted as 0 .. 1.

        h = f( V p + c )      or, with a floor,      h = f( V p / sqrt(var p + floor) + c )

    Shapes
        v (K, C*a*b)      c (K,)      shape (C, a, b) of a patch

    Raises
        DataError     weights that are not of these shapes; a floor that is not above 0
        UnknownName   another squashing function
    """

    v: Array
    c: Array
    shape: Shape
    floor: float | None = None
    squash: str = "sigmoid"

    def __post_init__(self) -> None:
        if self.squash not in SQUASHES:
            raise UnknownName("squashing function of features", self.squash, SQUASHES)
        if self.floor is not None:
            check_floor(self.floor)
        cells = math.prod(self.shape)
        if self.v.ndim != 2 or self.v.shape[1] != cells or self.c.shape != self.v.shape[:1]:
            raise DataError(
                f"weights of shapes {self.v.shape} and {self.c.shape} are no features of patches"
                f" of {_by(self.shape)}: give (K, {cells}) and (K,)."
            )

    def __len__(self) -> int:
        return len(self.c)

    def encode(self, pixels: Array) -> Array:
        """Give the features of single patches, which is what sliding gives at each place.

        Shapes
            pixels (N, C, a, b)      gives (N, K)

        Raises
            DataError   patches of another shape
        """
        if pixels.shape[1:] != self.shape:
            raise DataError(
                f"these features see patches of {_by(self.shape)}; these are of"
                f" {_by(pixels.shape[1:])}."
            )
        p = _cells(pixels)
        if self.floor is not None:
            p = standardise(p, self.floor)
        return squash(self.squash, p @ self.v.T + self.c)

    def patterns(self) -> Array:
        """Give each feature's weights on the pixels, as a picture: (K, C, a, b)."""
        return self.v.reshape(-1, *self.shape)

    def save(self, path: str | Path) -> None:
        """Write the dictionary to one safetensors file, whole or not at all.

        Raises
            ModelError   no room, or no permission
        """
        document = {"shape": list(self.shape), "floor": self.floor, "squash": self.squash}
        write_arrays(Path(path), DICTIONARY, {"v": self.v, "c": self.c}, document)


def load_dictionary(path: str | Path) -> Dictionary:
    """Read what `Dictionary.save` wrote.

    Raises
        ModelError   no such file, another kind of file, or a damaged one
    """
    file = Path(path)
    arrays, document = read_arrays(file, DICTIONARY)
    try:
        check_finite(arrays)
        c, a, b = (int(n) for n in document["shape"])
        told = {"floor": document["floor"], "squash": document["squash"]}
        return Dictionary(arrays["v"], arrays["c"], (c, a, b), **told)
    except (KeyError, TypeError, ValueError, OverflowError, DataError, UnknownName) as problem:
        raise ModelError(f"{file} is damaged: {problem}. Use another copy.") from None


def fold(
    w: Array,
    b: Array,
    shape: Shape,
    *,
    mean: Array | None = None,
    whitening: Array | None = None,
    centred: bool = False,
    floor: float | None = None,
    squash: str = "sigmoid",
) -> Dictionary:
    """Fold what is done to a patch into the weights of the features that see it.

        V = W Z        V = W Z (I - 1/D) where patches lose their own mean        c = b - V mean

    `w` and `b` are an autoencoder's w1 and b1. `whitening` is Z, of ZCA or PCA, and `mean` what
    it takes away first. `centred`: each patch loses its own mean before that; with a `floor` it
    is divided by its own deviation, too.

    Shapes
        w (K, D')      b (K,)      shape (C, a, b), D = C*a*b
        mean (D,)      whitening (D', D)

    Raises
        DataError   arrays that do not fit each other
    """
    w, cells = np.asarray(w, np.float64), math.prod(shape)
    z = np.eye(cells) if whitening is None else np.asarray(whitening, np.float64)
    away = np.zeros(cells) if mean is None else np.asarray(mean, np.float64)
    if z.shape != (w.shape[1], cells) or away.shape != (cells,):
        raise DataError(
            f"features that read {w.shape[1]} numbers, a whitening of shape {z.shape} and a mean"
            f" of shape {away.shape} make no features of patches of {_by(shape)}: {cells} cells."
        )
    v = w @ z
    c = np.asarray(b, np.float64) - v @ away
    if centred or floor is not None:
        v = centre(v)
    return Dictionary(v, c, shape, floor, squash)


def two_sided(w: Array, threshold: float) -> tuple[Array, Array]:
    """Make of each feature two, which see how far it is above a threshold, or below its negative.

        max(w.x / |w| - t, 0)        max(-w.x / |w| - t, 0)

    Used with the squashing function relu: a soft threshold in place of the sigmoid.

    Shapes
        w (K, D)      gives the weights (2K, D) and biases (2K,)

    Raises
        DataError   a threshold below 0; a feature whose weights are all 0

    Source
        Coates, Ng 2011, The importance of encoding versus training, equations 5 and 6.
    """
    if not 0 <= threshold < np.inf:
        raise DataError(f"the threshold is {threshold}: give 0 or more, e.g. 1.")
    lengths = np.linalg.norm(w, axis=1, keepdims=True)
    if not lengths.all():
        raise DataError(f"{int((lengths == 0).sum())} of {len(w)} features have no weights.")
    return np.concatenate([w / lengths, -w / lengths]), np.full(2 * len(w), -float(threshold))


def of_bank(bank: Bank) -> Dictionary:
    """Fold a bank, as `simplecell features learn` writes it, into features that slide.

    Raises
        DataError   a bank whose patches are squeezed
    """
    prepared = bank.preparation
    if prepared.spread is not None:
        raise DataError(
            f"these features read patches that are cut off at +-{prepared.spread:.3g} and brought"
            " to 0.1 .. 0.9; a cut-off does not fold into weights, so they cannot slide over a"
            " picture.\n  learn them without the squeeze: whitened, with a linear decoder."
        )
    weights = bank.autoencoder.weights
    return fold(
        weights.w1,
        weights.b1,
        prepared.shape,
        mean=prepared.mean,
        whitening=prepared.whitening,
        centred=prepared.centred,
    )


@dataclass(frozen=True)
class LearntDictionary:
    """A dictionary, how it was found, and what was passed over among the pictures."""

    dictionary: Dictionary
    learnt: Learnt
    patches: Patches


def learn_dictionary(
    pictures: Pictures,
    size: Size,
    settings: Settings = COLOUR.settings,
    *,
    count: int = 100_000,
    epsilon: float = 0.1,
    floor: float | None = None,
    threshold: float | None = None,
    seed: int = 0,
    iterations: int = 400,
    threads: int | None = None,
    watch: Watch | None = None,
) -> LearntDictionary:
    """Learn features of patches of pictures, whitened by ZCA.

    The patches are those of `take_patches`; with a `floor`, each is standardised first. With a
    `threshold`, the features that were learnt see as `two_sided` says, twice as many of them.
    The values given are the tutorial's, for colour patches of 8x8.

    Raises
        DataError     as `take_patches` and `principal_axes`: no usable picture, NaN, no more
                      patches than cells
        Interrupted   Ctrl-C
    """
    pair(size)
    patches = take_patches(pictures, count, size, seed)
    x = rows(patches.pixels)
    scaled = x if floor is None else standardise(x, floor)
    axes = principal_axes(scaled)
    z = zca_whitening(axes, epsilon)
    white = whiten(scaled, axes.mean, z).astype(np.float32)
    learnt = learn(white, settings, iterations=iterations, seed=seed, threads=threads, watch=watch)
    w, bias, squash = learnt.autoencoder.weights.w1, learnt.autoencoder.weights.b1, "sigmoid"
    if threshold is not None:
        (w, bias), squash = two_sided(w, threshold), "relu"
    channels, a, b = patches.pixels.shape[1:]
    steps: dict[str, Any] = {"mean": axes.mean, "whitening": z, "floor": floor, "squash": squash}
    dictionary = fold(w, bias, (channels, a, b), **steps)
    return LearntDictionary(dictionary, learnt, patches)


def _cells(pixels: Array) -> Array:
    """Fold patches into rows of float64; bytes become 0 .. 1."""
    scale = 255 if pixels.dtype == np.uint8 else 1
    return pixels.reshape(len(pixels), -1).astype(np.float64) / scale


def _by(sides: tuple[int, ...]) -> str:
    return "x".join(str(side) for side in sides)
