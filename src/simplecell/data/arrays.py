"""Arrays as other people's files have them, made into parts: axes, what numbers mean, labels.

    pictures   (N, H, W), (N, C, H, W), (N, H, W, C), rows of a square number of pixels; N may be
               the last axis, as MATLAB has it
    labels     (N,), (N, 1), (1, N), one-of-c rows; whole numbers from anywhere, or words

Which axis counts the pictures follows from the number of labels.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simplecell.data.labels import one_each, to_classes
from simplecell.data.levels import Values
from simplecell.data.part import Part
from simplecell.data.splits import part_of
from simplecell.data.valuerange import Span, find_range, to_bytes
from simplecell.errors import DataError

Array = NDArray[Any]

SMALLEST_ROW = 5
"""Rows are pictures from this side on: shorter ones are measurements."""


class Pair(NamedTuple):
    """Pictures and their labels as they were read, and where, for messages."""

    images: Array
    labels: Array
    of_images: str
    of_labels: str


@dataclass(frozen=True, eq=False)
class Opened:
    """Two parts, the classes' names, and what one should know."""

    train: Part
    test: Part | None
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()


def assemble(
    pairs: Mapping[str, Pair],
    *,
    values: Values | None = None,
    names: Sequence[str] | None = None,
    notes: Sequence[str] = (),
) -> Opened:
    """Make parts of pictures and labels by part: "train", and perhaps "test", "validation".

    Without a test part the validation part is tested with; beside one it is left out. `values`
    says which numbers are black and white. `names` are the classes of labels counted from 0.

    Raises
        DataError   what cannot be read for certain, with its file, its place, and what to say
    """
    told = list(notes)
    pairs = _two(pairs, told)
    shaped = {part: to_nchw(pair) for part, pair in pairs.items()}
    spans = _spans(shaped, pairs, values)
    told += dict.fromkeys(span.note for span in spans.values() if span.note)
    labels = {
        part: one_each(pair.labels, len(shaped[part]), pair.of_labels, pair.of_images)
        for part, pair in pairs.items()
    }
    found = to_classes(labels["train"], labels.get("test"), names)
    told += found.notes
    parts = {
        part: Part(to_bytes(shaped.pop(part), spans[part]), numbers, pairs[part].of_labels)
        for part, numbers in zip(pairs, found.numbers, strict=True)
    }
    return Opened(parts["train"], parts.get("test"), found.names, tuple(told))


def _two(pairs: Mapping[str, Pair], notes: list[str]) -> dict[str, Pair]:
    """Give the part to learn from and the part to test with."""
    if "train" not in pairs:
        (only,) = pairs if len(pairs) == 1 else (min(pairs),)
        notes.append(f"there is a part {only} alone: it is learnt from.")
        return {"train": pairs[only]}
    two = {"train": pairs["train"]}
    if "test" in pairs:
        two["test"] = pairs["test"]
        if "validation" in pairs:
            count = len(pairs["validation"].labels)
            notes.append(
                f"the part for validation ({count:,} pictures) is left out: recipes put their own"
                " aside."
            )
    elif "validation" in pairs:
        two["test"] = pairs["validation"]
        notes.append("the part for validation is tested with: there is no other test part.")
    return two


def _spans(
    shaped: Mapping[str, Array], pairs: Mapping[str, Pair], values: Values | None
) -> dict[str, Span]:
    """Find black and white: of all parts together, unless they have numbers of several types."""
    first = shaped["train"]
    for part, images in shaped.items():
        if images.shape[1:] != first.shape[1:]:
            raise DataError(
                f"{pairs[part].of_images}: test pictures are {_by(images)}, training pictures"
                f" {_by(first)}; both parts take one shape."
            )
    sources = {part: pair.of_images for part, pair in pairs.items()}
    if len({images.dtype for images in shaped.values()}) == 1:
        span = find_range([*shaped.values()], [*sources.values()], values)
        return dict.fromkeys(shaped, span)
    return {part: find_range([shaped[part]], [sources[part]], values) for part in shaped}


def _by(images: Array) -> str:
    return "x".join(map(str, images.shape[1:]))


def to_nchw(pair: Pair) -> Array:
    """Turn pictures into (N, C, H, W), their numbers as they are.

    Raises
        DataError   another number of pictures than labels, or axes that are no pictures'
    """
    images, source = pair.images, pair.of_images
    if images.dtype.kind not in "buif":
        raise DataError(
            f"{source}: pictures are of type {images.dtype}; give numbers from 0 to 255."
        )
    if images.ndim == 0:
        raise DataError(f"{source}: found one value, {images}; give an array of pictures.")
    if images.size == 0:
        raise DataError(f"{source} is empty: its shape is {images.shape}.")
    count = _count(pair)
    if images.shape[0] != count and _counts_last(images.shape, count):
        images = np.moveaxis(images, -1, 0)
    if images.shape[0] != count:
        # The number of pictures is said as it would be, had there been as many labels.
        raise DataError(
            f"{pair.of_labels}: {count} labels for {images.shape[0]} pictures in {source};"
            " every picture takes one label."
        )
    if images.ndim == 2:
        return _from_rows(images, source)
    if images.ndim == 3:
        return images[:, None]
    if images.ndim == 4:
        last, first = images.shape[3], images.shape[1]
        if first in (1, 3) and not (last in (1, 3) and first > last):
            return images
        if last in (1, 3):
            return np.moveaxis(images, 3, 1)
        if 4 in (last, first):
            rest = "x[..., :3]" if last == 4 else "x[:, :3]"
            raise DataError(
                f"{source}: pictures of shape {images.shape} have four channels; a picture has 1"
                f" or 3.\n  leave the fourth, which says what is transparent, out: {rest}."
            )
    raise DataError(
        f"{source}: pictures have shape {images.shape}; give (N, height, width), or with 1 or 3"
        " channels (N, channels, height, width) or (N, height, width, channels)."
    )


def _counts_last(shape: tuple[int, ...], count: int) -> bool:
    """Tell whether the last axis counts the pictures, as MATLAB has it: (H, W, C, N)."""
    if shape[-1] != count:
        return False
    return len(shape) == 2 or (len(shape) == 4 and shape[2] in (1, 3)) or shape[0] == shape[1]


def _count(pair: Pair) -> int:
    """Say how many labels there are: (N,), (N, 1), (1, N), or rows."""
    shape = pair.labels.shape
    if len(shape) == 2 and shape[0] == 1 and pair.images.shape[0] != 1:
        return int(shape[1])
    return int(shape[0]) if shape else 1


def _from_rows(images: Array, source: str) -> Array:
    cells = images.shape[1]
    side = math.isqrt(cells)
    if side * side == cells and side >= SMALLEST_ROW:
        return images.reshape(len(images), 1, side, side)
    colour = math.isqrt(cells // 3)
    three = 3 * colour * colour == cells and colour >= SMALLEST_ROW
    advice = (
        f"they may be {colour}x{colour} in colour, by pixels or by planes: save them as"
        " (N, height, width, 3)"
        if three
        else "save them as (N, height, width)"
    )
    raise DataError(
        f"{source}: rows of {cells} numbers are no square pictures of one channel.\n  {advice}."
    )


def match(name: str) -> tuple[str | None, str | None]:
    """Say by the name of an array which part it is of, and whether pictures or labels.

    >>> match("x_train"), match("test_labels"), match("X"), match("arr_0")
    (('train', 'images'), ('test', 'labels'), (None, 'images'), (None, None))
    """
    plain = name.lower()
    part = None
    for word in ("training", "train", "testing", "test", "validation", "valid", "val", "dev"):
        if word in plain:
            part, plain = part_of(word), plain.replace(word, "", 1)
            break
    rest = "".join(c for c in plain if c.isalnum()).removesuffix("set").removesuffix("data")
    if not rest and plain.strip("_"):
        rest = "data"
    kind = next((kind for kind, words in KINDS.items() if rest in words), None)
    return part, kind


KINDS = {
    "images": frozenset(
        ("x", "xs", "image", "images", "img", "imgs", "pixels", "data", "pictures", "picture",
         "features", "samples", "input", "inputs")
    ),
    "labels": frozenset(
        ("y", "ys", "label", "labels", "lbls", "target", "targets", "class", "output", "outputs")
    ),
    "names": frozenset(
        ("classes", "classnames", "labelnames", "targetnames", "names", "categories")
    ),
}  # fmt: skip
"""What arrays are called."""
