"""What a network says of pictures: classes, probabilities, features.

Here pictures of any kind become what the network reads, and its outputs become answers. A
`Model` calls these; they know nothing of a model, only of a network and its weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.inputs import (
    Expected,
    as_array,
    as_pictures,
    framed,
    has_size,
    is_single,
    listed,
    read_arrays,
    several,
    told_layout,
)
from simplecell.data.levels import Values, find_values
from simplecell.data.part import Part
from simplecell.data.picture import FITTED, Source, naming, read_fitted, read_picture
from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.parameters import parameter_shapes
from simplecell.engines.protocol import Array, Engine, Program, scores
from simplecell.engines.requests import read_threads
from simplecell.errors import DataError
from simplecell.formulas.activations import bounds, softmax
from simplecell.formulas.losses import POSTERIORS, posterior
from simplecell.spec.network import Network
from simplecell.train.choice import check_engine

if TYPE_CHECKING:
    from simplecell.data.writing import Surroundings, Writing

LIGHT, MOSTLY = 128, 0.6
"""A picture of which so large a share is lighter than LIGHT is dark ink on paper."""


@dataclass(frozen=True)
class Reader:
    """How pictures of any kind are brought to one network.

    `reading` is one of `picture.READINGS`. `layout` and `values` say how arrays are laid out and
    what their numbers mean, where that is open. `invert` turns dark ink on white paper round;
    None lets what looks for ink find it out.
    """

    expected: Expected
    reading: str = "plain"
    layout: str | None = None
    values: Values | None = None
    invert: bool | None = None

    def read(self, images: Any) -> tuple[NDArray[np.uint8], bool]:
        """Give pictures as the network reads them, and say whether a single one was given.

        Shapes
            gives (N, C, H, W)

        Raises
            DataError   what cannot be read, or can be read in two ways
        """
        if isinstance(images, Dataset):
            raise DataError(
                f"{images.name} is a whole data set: name one part of it, as data.test."
            )
        if isinstance(images, Part):
            # What was loaded as this network reads it.
            fits = images.pixels.shape[1:] == self.expected.shape
            cropped = self.reading == "cropped" and fits
            return (images.pixels if cropped else self._sized(images.pixels)), False
        if is_single(images):
            return self._file(images), True
        files = listed(images)
        if files is not None:
            return np.concatenate([self._file(one) for one in files]), False
        arrays = several(images)
        if arrays is not None:
            return self._several(arrays), False
        layout = self.layout or told_layout(images)
        pixels, single = read_arrays(
            as_array(images), self.expected, layout=layout, values=self.values
        )
        return self._sized(pixels), single

    def search(self, images: Any) -> "tuple[NDArray[np.uint8], tuple[Surroundings, ...]]":
        """Give pictures as `read` does, and what is around each that was cut out of a page."""
        files = [images] if is_single(images) else listed(images)
        if self.reading != "ink" or not files:
            return self.read(images)[0], ()
        height, width = self.expected.shape[1:]
        found = [self._written(one) for one in files]
        pixels = np.concatenate([one.pixels((height, width)) for one in found])
        return pixels, tuple(a for one in found for a in one.surroundings((height, width)))

    def _several(self, arrays: list[Array]) -> NDArray[np.uint8]:
        """Read pictures of several sizes: one by one, but all by the same black and white."""
        values = find_values(np.concatenate([array.ravel() for array in arrays]), self.values)
        found = []
        for array in arrays:
            pixels, single = read_arrays(array, self.expected, layout=self.layout, values=values)
            if not single and len(pixels) > 1:
                raise DataError(
                    f"an array of shape {array.shape} in the list is no single picture: give"
                    " (height, width), or (height, width, channels)."
                )
            found.append(self._sized(pixels))
        return np.concatenate(found)

    def _sized(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Put pictures of the training pictures' size in place; read others as files are read."""
        if not has_size(pixels, self.expected) or self.reading == "cropped":
            return np.concatenate([self._file(one) for one in as_pictures(pixels)])
        if self.invert:
            pixels = 255 - pixels
        elif self.invert is None and self.reading == "ink":
            _check_ground(pixels)
        return framed(pixels, self.expected.shape[1:])

    def _file(self, source: Source) -> NDArray[np.uint8]:
        shape, inside = self.expected.shape, self.expected.frame
        if self.reading == "ink":
            return self._written(source).pixels((shape[1], shape[2]))
        if self.reading in FITTED:
            fitted = read_fitted(source, shape, crop=self.reading == "cropped")[None]
            return 255 - fitted if self.invert else fitted
        invert = bool(self.invert)
        return read_picture(source, shape, inside=inside, invert=invert)[None]

    def _written(self, source: Source) -> "Writing":
        # It takes SciPy, a third of a second that training does not have.
        from simplecell.data.writing import read_writing

        writing = read_writing(source, dark_ink=True if self.invert else None)
        if not writing.posed:
            raise DataError(f"nothing is written on {naming(source)}: there is no digit.")
        return writing


def _check_ground(pixels: NDArray[np.uint8]) -> None:
    """Ask about arrays of dark ink on white paper: the network has learnt light ink on black."""
    cells = pixels[0].size
    # Bits are counted six times as fast as a mean is taken of true and false.
    bits = np.packbits((pixels > LIGHT).reshape(len(pixels), cells), axis=1)
    light = np.bitwise_count(bits).sum(axis=1, dtype=np.uint32) > MOSTLY * cells
    if light.any():
        raise DataError(
            f"{int(light.sum())} of {len(pixels)} pictures are mostly white, and the network has"
            " learnt light ink on black: say invert=True to turn them round, or invert=False."
        )


@lru_cache(maxsize=16)
def _program(name: str, threads: int | None, network: Network) -> Program:
    return choose_engine(name, threads).program(network)


def run(
    network: Network,
    parameters: Mapping[str, Array],
    examples: Any,
    engine: str | Engine = "auto",
    threads: int | None = None,
) -> Array:
    """Run a network on examples; the plan of a named engine is kept for the next call."""
    check_engine(engine)
    if isinstance(engine, str):
        threads = None if threads is None else read_threads(threads)
        return _program(engine, threads, network).forward(parameters, examples)
    return engine.program(network).forward(parameters, examples)


def probabilities(network: Network, outputs: Array, loss: str | None = None) -> Array:
    """Give how likely each class is, as the network has it.

    softmax outputs are probabilities; the scores of RBF, identity and relu outputs are put
    through softmax; sigmoid and tanh outputs, in 0 … 1, are divided by their sum. Distances that
    were trained by a posterior, as `map`, give that posterior, shared out among the classes.

    Shapes
        outputs, p (N, classes)
    """
    y = outputs.astype(np.float64)
    squash = network.layers[-1].squash
    if squash == "softmax":
        return y
    if (reach := bounds(squash)) is not None:
        low, high = reach
        y = np.clip((y - low) / (high - low), 1e-12, 1)
        shares: Array = y / y.sum(axis=1, keepdims=True)
        return shares
    if loss in POSTERIORS:
        return softmax(-POSTERIORS[loss]["share"] * y)
    return softmax(scores(network, y))


def with_rubbish(outputs: Array, loss: str) -> tuple[Array, Array]:
    """Give the posterior of each class, and of none of them, for a loss that has such a class.

    Shapes
        outputs, p (N, classes)      rubbish (N,)
    """
    whole = posterior(outputs.astype(np.float64), **POSTERIORS[loss])
    return whole[:, :-1], whole[:, -1]


def truncated(network: Network, layer: str | None) -> Network:
    """Cut a network off above a layer; unless told, above the last layer but the output."""
    names = [each.name for each in network.layers]
    last = network.layer(layer).name if layer is not None else names[max(len(names) - 2, 0)]
    return replace(network, layers=network.layers[: names.index(last) + 1])


def own_parameters(network: Network, parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Pick the weights of a part of a network."""
    wanted = parameter_shapes(network)
    return {name: w for name, w in parameters.items() if name in wanted}


def labels_of(classes: Sequence[str]) -> NDArray[Any]:
    """Give class names as answers: as whole numbers where all of them are, else as text.

    >>> labels_of(("0", "1")).dtype.kind, labels_of(("cat", "dog")).dtype.kind
    ('i', 'U')
    """
    # Of more than 18 digits, a number is a name.
    if all(name.isdecimal() and len(name) <= 18 and str(int(name)) == name for name in classes):
        return np.array([int(name) for name in classes])
    return np.array(classes)
