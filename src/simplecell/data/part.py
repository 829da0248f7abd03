"""A part of a data set, and the rules that arrays from outside must keep to become one.

    pixels   uint8 is taken as it is; any other type times 255 if all of it lies in 0..1,
             rounded if it lies in 0..255, and refused otherwise
    labels   whole numbers from 0, one per picture

Whatever breaks a rule is refused with the place of the first value that does.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.batches import check_seed, shuffle
from simplecell.errors import DataError
from simplecell.repr import within

MOST_CLASSES = 65536
"""More would be a damaged label, or a number that is not a class."""

_SPLIT = 2
_BLOCK = 1024
"""Pictures converted at a time, so that no second copy of a large array is made."""


@dataclass(frozen=True, eq=False, repr=False)
class Part:
    """Pictures and their classes; `source` says where the labels were read, for messages.

    `names` has the file of each picture, where pictures lie in files; else it is empty.
    `mapped` is a checksum where the pictures lie in a pack and not in memory: they are then in
    a random order, and parts of them are views.

    Shapes
        pixels (N, C, H, W) uint8      labels (N,) int64
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    source: str = ""
    names: tuple[str, ...] = ()
    mapped: int | None = None

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 4:
            raise DataError(
                f"pixels are {self.pixels.dtype} of shape {self.pixels.shape};"
                " a part takes uint8 of shape (pictures, channels, height, width)."
            )
        if self.labels.dtype != np.int64 or self.labels.ndim != 1:
            raise DataError(
                f"labels are {self.labels.dtype} of shape {self.labels.shape};"
                " a part takes int64 of shape (pictures,)."
            )
        if len(self.pixels) != len(self.labels):
            raise DataError(
                f"{self.source or 'a part'}: {len(self.labels)} labels for {len(self.pixels)}"
                " pictures; every picture takes one label."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        """Say how many pictures there are, of which size."""
        count, channels, height, width = self.pixels.shape
        where = f" from {self.source}" if self.source else ""
        return within(f"Part: {count:,} pictures, {channels}x{height}x{width}{where}")

    def rows(self, rows: NDArray[np.int64]) -> "Part":
        """Copy out some of the examples."""
        names = tuple(self.names[row] for row in rows.tolist()) if self.names else ()
        return Part(self.pixels[rows], self.labels[rows], self.source, names)

    def view(self, rows: slice) -> "Part":
        """Give some of the examples where they are."""
        names = self.names[rows] if self.names else ()
        return Part(self.pixels[rows], self.labels[rows], self.source, names, self.mapped)


def to_labels(values: NDArray[Any], source: str) -> NDArray[np.int64]:
    """Make class numbers of an array from outside.

    Raises
        DataError   not one number per picture, not whole, negative, NaN, or beyond 65,535
    """
    if values.dtype.kind not in "buif":
        raise DataError(
            f"{source}: labels are of type {values.dtype}; classes are whole numbers from 0."
        )
    if values.ndim != 1:
        raise DataError(
            f"{source}: labels have shape {values.shape}; give one class number per picture, (N,)."
            "\n  one-of-c rows become class numbers by y.argmax(axis=1)."
        )
    if values.dtype.kind == "f":
        broken = ~np.isfinite(values) | (values != np.floor(values))
        if broken.any():
            at = int(np.flatnonzero(broken)[0])
            raise DataError(
                f"{source}: labels[{at}] is {values[at]}; classes are whole numbers from 0."
            )
    outside = (values < 0) | (values >= MOST_CLASSES)
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        raise DataError(
            f"{source}: labels[{at}] is {values[at]}, out of range;"
            f" classes are counted from 0, up to {MOST_CLASSES - 1}."
        )
    return values.astype(np.int64)


def one_label_each(labels: Any, count: int) -> NDArray[Any]:
    """Make one class number or name for each picture of labels as people have them.

    They are class numbers from 0, class names, a column of either, or one-of-c rows.

    >>> one_label_each([[0, 1], [1, 0]], 2).tolist(), one_label_each([2.0, 0.0], 2).tolist()
    ([1, 0], [2, 0])

    Raises
        DataError   another number of labels than pictures, or labels that are no classes
    """
    try:
        array = np.asarray(labels)
    except ValueError:
        raise DataError(
            "labels are rows of different lengths: give one for each picture."
        ) from None
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    elif array.ndim == 2 and _one_of_c(array):
        array = array.argmax(axis=1)
    if array.ndim != 1 or len(array) != count:
        raise DataError(
            f"there are {count} pictures and labels of shape {array.shape}: give one label for"
            " each picture."
        )
    if array.dtype.kind in "buif":
        return to_labels(array, "the labels")
    if array.dtype.kind not in "US" and not all(isinstance(one, str) for one in array):
        raise DataError(
            f"labels are of type {array.dtype}: give class numbers from 0, or class names."
        )
    return array.astype(str)


def _one_of_c(array: NDArray[Any]) -> bool:
    return bool(
        array.dtype.kind in "buif" and np.isin(array, (0, 1)).all() and (array.sum(1) == 1).all()
    )


def to_pixels(values: NDArray[Any], source: str) -> NDArray[np.uint8]:
    """Make uint8 pictures of an array from outside.

    Shapes
        (N, H, W) grey, (N, C, H, W), or (N, H, W, C) with 1 or 3 channels C; gives (N, C, H, W)

    Raises
        DataError   another rank, nothing in it, no numbers, NaN, or values outside 0..255
    """
    if values.dtype.kind not in "buif":
        raise DataError(
            f"{source}: pictures are of type {values.dtype}; give numbers from 0 to 255."
        )
    if values.ndim not in (3, 4):
        raise DataError(
            f"{source}: pictures have shape {values.shape}; give (N, height, width) or"
            " (N, channels, height, width).\n  rows of pixels are folded by"
            " x.reshape(-1, height, width)."
        )
    if values.size == 0:
        raise DataError(f"{source}: there are no pictures in it: its shape is {values.shape}.")
    if values.ndim == 3:
        values = values[:, None]
    elif values.shape[3] in (1, 3) and values.shape[1] not in (1, 3):
        values = np.moveaxis(values, 3, 1)
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    return _to_bytes(values, source)


def _to_bytes(values: NDArray[Any], source: str) -> NDArray[np.uint8]:
    low, high = values.min(), values.max()
    # A single NaN makes both the lowest and the highest value NaN.
    if not (np.isfinite(low) and np.isfinite(high)):
        wrong = ~np.isfinite(values)
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise DataError(
            f"{source}: {int(wrong.sum())} of {values.size} pixels are NaN or infinite,"
            f" the first at (picture, channel, row, column) = {place}."
            "\n  replace them before saving, e.g. by np.nan_to_num(x)."
        )
    if low < 0 or high > 255:
        raise DataError(
            f"{source}: pixels reach from {low} to {high}; give 0..1 or 0..255,"
            " with 0 for the background."
        )
    scale = 255 if high <= 1 else 1
    pixels = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), _BLOCK):
        block = slice(start, start + _BLOCK)
        pixels[block] = np.rint(values[block].astype(np.float64) * scale)
    return pixels


def split(part: Part, validation: int | float, seed: int) -> tuple[Part, Part]:
    """Put a validation part aside: so many examples, or such a share, of every class alike.

    Each class gives its share, rounded so that the total is exact; one example of each class
    stays to be learnt from. The same seed always puts the same examples aside.

    Of pictures in a pack, which stand in a random order, the last are put aside, whatever the
    seed: neither part is then copied into memory.

    Raises
        DataError   a number or share that cannot be put aside
    """
    seed = check_seed(seed)
    count = _validation_count(len(part), validation)
    if count == 0:
        return part, part.rows(np.empty(0, np.int64))
    if part.mapped is not None:
        first = len(part) - count
        kept, last = (slice(0, first), slice(first, None))
        return part.view(kept), part.view(last)
    classes, sizes = np.unique(part.labels, return_counts=True)
    if count > len(part) - len(classes):
        raise DataError(
            f"{count} of {len(part)} examples were asked for validation;"
            f" {len(part) - len(classes)} at most can be, so that each class keeps one."
        )
    aside = np.zeros(len(part), bool)
    for label, take in zip(classes.tolist(), _shares(sizes, count), strict=True):
        rows = np.flatnonzero(part.labels == label)
        aside[rows[shuffle(len(rows), _SPLIT, seed, label)[:take]]] = True
    return part.rows(np.flatnonzero(~aside)), part.rows(np.flatnonzero(aside))


def _validation_count(n: int, validation: int | float) -> int:
    if isinstance(validation, float) and 0 <= validation < 1:
        return round(validation * n)
    if isinstance(validation, int) and 0 <= validation < n:
        return validation
    raise DataError(
        f"validation is {validation!r}: give a share from 0 up to, not including, 1,"
        f" or a whole number below the {n} examples there are."
    )


def _shares(sizes: NDArray[np.int64], count: int) -> list[int]:
    """Share `count` out in proportion to `sizes`, largest remainder first, leaving 1 of each."""
    exact = sizes * (count / int(sizes.sum()))
    shares = np.floor(exact).astype(np.int64)
    while (missing := count - int(shares.sum())) > 0:
        room = np.flatnonzero(shares < sizes - 1)
        neediest = room[np.argsort((shares - exact)[room], kind="stable")][:missing]
        shares[neediest] += 1
    return [int(share) for share in shares]
