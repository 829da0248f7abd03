"""What `fit` is given, in any of the ways in which people have it, as a network and a data set.

network   a Network, or a Model that has one; or the name of one, which gets the outputs and
          channels it needs; or the text of one, which reads what it says, and has the outputs
          that it says
data      a Dataset, one part of it, (pictures, labels), or the name or path of a data set
"""

from dataclasses import replace
from os import PathLike
from os.path import isfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.inputs import (
    Expected,
    as_array,
    framed,
    is_single,
    listed,
    read_arrays,
    told_layout,
)
from simplecell.data.levels import Values
from simplecell.data.objects import is_held
from simplecell.data.part import Part, one_label_each
from simplecell.data.picture import read_fitted
from simplecell.data.sources import Dataset, load, padded
from simplecell.errors import DataError, ModelError, SpecError
from simplecell.spec.network import Network
from simplecell.spec.preset import preset
from simplecell.spec.text import is_text, says_input
from simplecell.spec.zoo import load as find_network
from simplecell.train.model import Model
from simplecell.train.recipes import Recipe, recipe

Validation = float | Part | tuple[Any, Any] | None


def read_task(
    network: Network | Model | str | None,
    data: Any,
    *,
    layout: str | None = None,
    values: Values | None = None,
    crop: bool = False,
) -> tuple[Network, Dataset]:
    """Give the network and the data set that were meant; None is a network made for the data.

    Raises
        UnknownName   a name of no network or of no data set
        DataError     arrays that are no pictures and labels, or can be read in two ways
        ModelError    something that is no network at all
    """
    if network is None:
        found = _dataset(data, find_network("lenet5"), layout, values, crop)
        channels, height, width = found.train.pixels.shape[1:]
        return preset(len(found.classes), (channels, height, width)), found
    if isinstance(network, Model):
        network = network.network
    if not isinstance(network, Network | str):
        raise ModelError(
            f"a network is a Network or the name of one, as 'lenet5'; this is"
            f" {type(network).__name__}."
        )
    wanted = find_network(network) if isinstance(network, str) else network
    found = _dataset(data, wanted, layout, values, crop)
    if not isinstance(network, str):
        return wanted, found
    if not is_text(network) or isfile(network):
        wanted = fitting(wanted, found)
    elif not says_input(network):
        channels, height, width = found.train.pixels.shape[1:]
        wanted = Network.from_text(network, input=(channels, height, width))
    return wanted, found


def _dataset(
    data: Any, network: Network, layout: str | None, values: Values | None, crop: bool
) -> Dataset:
    channels, *sides = network.input
    if isinstance(data, Dataset):
        return data
    if isinstance(data, Part):
        names = tuple(str(label) for label in range(int(data.labels.max()) + 1))
        return Dataset("part", names, data, None)
    if isinstance(data, str | PathLike):
        name = Path(data) if isinstance(data, PathLike) else data
        return load(name, size=(sides[0], sides[1]), channels=channels, crop=crop)
    if isinstance(data, tuple | list) and len(data) == 2:
        return from_arrays(data[0], data[1], network, layout=layout, values=values)
    if is_held(data) and not isinstance(data, tuple | list) and not is_single(data):
        found = load(data, values=values)
        pixels = found.train.pixels
        fits = pixels.shape[2] <= sides[0] and pixels.shape[3] <= sides[1]
        return padded(found, (sides[0], sides[1])) if fits else found
    raise DataError(
        f"{type(data).__name__} is no data to learn from: give (pictures, labels), a data set,"
        " or the name or path of one, as 'mnist'."
    )


def from_arrays(
    images: Any,
    labels: Any,
    network: Network,
    *,
    layout: str | None = None,
    values: Values | None = None,
) -> Dataset:
    """Make a data set of pictures and labels, padded to what the network reads.

    Labels are class numbers, class names, or one-of-c rows.

    Raises
        DataError   no pictures, no labels, or another number of one than of the other
    """
    files = listed(images)
    if files is not None:
        pixels = np.stack([read_fitted(one, network.input) for one in files])
        classes, codes = read_classes(labels, len(pixels))
        part = Part(pixels, codes, "the pictures")
        return Dataset("pictures", classes, part, None, reading="fitted")
    if is_single(images):
        raise DataError("one picture was given to learn from; learning takes many.")
    array = as_array(images)
    expected = Expected(network.input)
    found = layout or told_layout(images)
    pixels, single = read_arrays(array, expected, layout=found, values=values, many=True)
    if single:
        raise DataError(f"an array of shape {array.shape} is one picture; learning takes many.")
    classes, codes = read_classes(labels, len(pixels))
    frame = (pixels.shape[2], pixels.shape[3])
    size = tuple(max(a, b) for a, b in zip(frame, network.input[1:], strict=True))
    part = Part(framed(pixels, size), codes, "the arrays")
    return Dataset("arrays", classes, part, None, frame=frame)


def read_classes(labels: Any, count: int) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Give the classes by name, in order, and each label's number among them.

    >>> read_classes(["cat", "dog", "cat"], 3)
    (('cat', 'dog'), array([0, 1, 0]))
    >>> read_classes([[1], [2]], 2)
    (('1', '2'), array([0, 1]))
    >>> read_classes([[0, 1], [1, 0]], 2)
    (('0', '1'), array([1, 0]))

    Raises
        DataError   another number of labels than pictures, or labels that are no classes
    """
    found, codes = np.unique(one_label_each(labels, count), return_inverse=True)
    return tuple(str(name) for name in found.tolist()), codes.astype(np.int64)


def fitting(network: Network, data: Dataset) -> Network:
    """Give a published network the channels, the size and the outputs that the data ask for.

    Its last layer changes where it is dense; drawn codes stay as they are drawn.
    """
    shape = data.train.pixels.shape[1:]
    last = network.layers[-1].with_outputs(len(data.classes))
    network = replace(network, layers=(*network.layers[:-1], last))
    if network.input == shape:
        return network
    return network.with_input((shape[0], shape[1], shape[2]))


def set_aside(
    validation: Validation,
    data: Dataset,
    network: Network,
    *,
    layout: str | None = None,
    values: Values | None = None,
) -> float | Part | None:
    """Give the share, or the pictures, that the run is to be judged by.

    Raises
        DataError   a share outside 0 to 1, or labels that the training data have not
    """
    if validation is None or isinstance(validation, Part):
        return validation
    if isinstance(validation, tuple | list) and len(validation) == 2:
        found = from_arrays(*validation, network, layout=layout, values=values)
        strange = sorted(set(found.classes) - set(data.classes))
        if strange:
            raise DataError(
                f"validation has the class {strange[0]!r}, which the training data have not."
            )
        places = np.array([data.classes.index(name) for name in found.classes], np.int64)
        return Part(found.train.pixels, places[found.train.labels], "validation")
    if isinstance(validation, bool) or not isinstance(validation, int | float):
        raise DataError(
            f"validation is {type(validation).__name__}: give a share such as 0.1, a part, or"
            " (pictures, labels)."
        )
    if not 0 <= validation < 1:
        raise DataError(f"validation is {validation}: give a share, 0 to below 1.")
    return float(validation)


def check_numbers(**numbers: int | float | None) -> None:
    """Refuse what is no whole number of at least 1, before anything is learnt.

    Raises
        SpecError   the name of the first such number, and what was given
    """
    for name, value in numbers.items():
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if value is not None and not (whole and value >= 1):
            raise SpecError(f"{name} is {value!r}; it takes a whole number, 1 or more.")


def check_amounts(**amounts: float | None) -> None:
    """Refuse what is no number at all; what numbers may be, each says for itself.

    Raises
        SpecError   the name of the first such thing, and what was given
    """
    for name, value in amounts.items():
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if value is not None and not number:
            raise SpecError(f"{name} is {value!r}; it takes a number.")


def named_recipe(told: Any) -> Recipe:
    """Give a recipe by its name, or itself.

    Raises
        UnknownName   no recipe of that name
        SpecError     something that is neither
    """
    if isinstance(told, Recipe):
        return told
    if not isinstance(told, str):
        raise SpecError(
            f"a recipe is a Recipe or the name of one, as 'fast'; this is {type(told).__name__}."
        )
    return recipe(told)
