"""What is in a data set, before anything is learnt: counts, sizes, a few pictures, doubts.

A doubt is something that a person should look at: it may be as it should, and it may be why a
network learns the wrong thing.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from os.path import splitext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.crop import have_objects
from simplecell.data.formats import album_of, is_pictures
from simplecell.data.imagefolder import ImageFolder
from simplecell.data.inspection import doubt as census
from simplecell.data.part import Part
from simplecell.data.picture import FITTED, strict
from simplecell.data.pictures import are_coloured
from simplecell.data.sources import Dataset, load
from simplecell.data.tree import some
from simplecell.errors import DataError

Pixels = NDArray[np.uint8]

FEW, TIMES = 10, 10
"""Classes with fewer pictures, or with so many times the pictures of another, are in doubt."""

PROBED = 400
"""So many pictures are measured in their files."""

FLAT, LIGHT = 4, 128
MIXED = 0.1
"""Grounds are mixed where more than this share is light, and more than it dark."""

WIDE = 8
"""Sides may differ so many times."""


@dataclass(frozen=True)
class Doubt:
    """A kind of doubt, and what a sentence about it takes."""

    kind: str
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Survey:
    """What a data set has in it.

    `sizes` are (width, height) of the smallest, the median and the largest picture in its file.
    `cropped` are the same examples, each brought to its one object; none where most pictures
    show no object on a calm ground, so that training does not try it.

    Shapes
        learnt, tested (classes,) pictures of each      examples: for each class (n, C, H, W)
    """

    data: Dataset
    learnt: NDArray[np.int64]
    tested: NDArray[np.int64]
    sizes: tuple[tuple[int, int], ...]
    coloured: bool
    examples: tuple[Pixels, ...]
    doubts: tuple[Doubt, ...]
    cropped: tuple[Pixels, ...] = ()


def survey(
    name: str, *, size: int | None = None, examples: int = 8, data_dir: str | None = None
) -> Survey:
    """Load a data set as training would, and look at it.

    Raises
        DataError   what loading refuses
    """
    album = album_of(name) if is_pictures(name) else None
    coloured = album is not None and are_coloured(name)
    told: dict[str, Any] = {}
    if album is not None:
        told = {"size": size, "channels": 3 if coloured else 1}
    data = load(name, data_dir=data_dir, **told)
    count = len(data.classes)
    learnt = np.bincount(data.train.labels, minlength=count)
    tested = np.zeros(count, np.int64)
    if data.test is not None:
        tested = np.bincount(data.test.labels, minlength=count)
    _, channels, height, width = data.train.pixels.shape
    sizes = _sizes(album) if album is not None else ((width, height),) * 3
    return Survey(
        data,
        learnt,
        tested,
        sizes,
        coloured or channels > 1,
        tuple(_some_of(data.train, label, examples) for label in range(count)),
        tuple(_doubts(data, album, learnt, tested, sizes)),
        _cropped(data, name, told, examples),
    )


def _cropped(
    data: Dataset, name: str, told: Mapping[str, Any], examples: int
) -> tuple[Pixels, ...]:
    """Give the examples as they are when cropped, where training would try that."""
    if data.reading != "fitted" or not have_objects(data.train.pixels):
        return ()
    again = load(name, **told, crop=True)
    if again.train.pixels.shape != data.train.pixels.shape:
        return ()
    return tuple(_some_of(again.train, label, examples) for label in range(len(data.classes)))


def _some_of(part: Part, label: int, most: int) -> Pixels:
    """Give pictures of a class, evenly over all it has."""
    rows = np.flatnonzero(part.labels == label)
    at = np.unique(np.linspace(0, max(len(rows) - 1, 0), most).astype(int))
    found: Pixels = part.pixels[rows[at[at < len(rows)]]]
    return found


def _sizes(album: ImageFolder) -> tuple[tuple[int, int], ...]:
    """Measure some of the files: the smallest, the median and the largest, by area."""
    few = np.unique(np.linspace(0, len(album.paths) - 1, PROBED).astype(int))
    found = []
    with strict():
        for at in few.tolist():
            with suppress(DataError):
                found.append(album.open(at).size)
    found.sort(key=lambda size: size[0] * size[1])
    return (found[0], found[len(found) // 2], found[-1]) if found else ()


def _doubts(
    data: Dataset,
    album: ImageFolder | None,
    learnt: NDArray[np.int64],
    tested: NDArray[np.int64],
    sizes: Sequence[tuple[int, int]],
) -> list[Doubt]:
    found = []
    strange = None if album is None else census(album)
    if strange is not None:
        found.append(Doubt("census", {"words": strange}))
    few = [name for name, n in zip(data.classes, learnt.tolist(), strict=True) if n < FEW]
    if few:
        found.append(Doubt("few", {"names": some(few), "most": FEW}))
    if learnt.max() > TIMES * learnt.min():
        most, least = int(learnt.argmax()), int(learnt.argmin())
        found.append(
            Doubt("uneven", {"most": data.classes[most], "least": data.classes[least],
                             "times": round(float(learnt.max() / max(1, learnt.min())))})
        )  # fmt: skip
    untested = [n for n, t in zip(data.classes, tested.tolist(), strict=True) if not t]
    if data.test is None:
        found.append(Doubt("no test"))
    elif untested:
        found.append(Doubt("untested", {"names": some(untested)}))
    found += _twins(data)
    found += _shades(data)
    if sizes and max(sizes[-1]) > WIDE * min(sizes[0]):
        small, large = ("x".join(map(str, size)) for size in (sizes[0], sizes[-1]))
        found.append(Doubt("sizes", {"small": small, "large": large}))
    if album is not None:
        found += _endings(album)
    if data.skipped:
        first = data.skipped[0]
        found.append(
            Doubt("skipped", {"count": len(data.skipped), "path": first.path,
                              "reason": first.reason.rstrip(".")})
        )  # fmt: skip
    return found


def _twins(data: Dataset) -> list[Doubt]:
    """Find pictures that are the same, pixel by pixel: in two classes, or in both parts."""
    seen: dict[bytes, int] = {}
    two: list[tuple[int, int]] = []
    both = 0
    for picture, label in zip(data.train.pixels, data.train.labels.tolist(), strict=True):
        if np.ptp(picture) <= FLAT:
            continue
        first = seen.setdefault(picture.tobytes(), label)
        if first != label:
            two.append((first, label))
    asked = (
        () if data.test is None else zip(data.test.pixels, data.test.labels.tolist(), strict=True)
    )
    for picture, label in asked:
        first = seen.get(picture.tobytes(), -1)
        both += first >= 0
        if first not in (-1, label):
            two.append((first, label))
    found = []
    if two:
        one, other = (data.classes[label] for label in two[0])
        found.append(Doubt("twins", {"count": len(two), "one": one, "other": other}))
    if both and data.test is not None:
        found.append(Doubt("both", {"count": both, "all": len(data.test)}))
    return found


def _shades(data: Dataset) -> list[Doubt]:
    """Find blank pictures, and grounds of which some are light and some dark."""
    pixels = data.train.pixels
    flat = pixels.reshape(len(pixels), -1)
    blank = int((flat.max(axis=1).astype(int) - flat.min(axis=1) <= FLAT).sum())
    found = [Doubt("blank", {"count": blank})] if blank else []
    edge = np.concatenate(
        [pixels[..., 0, :], pixels[..., -1, :], pixels[..., 0], pixels[..., -1]], axis=2
    )
    ground = np.median(edge.reshape(len(pixels), -1), axis=1)
    light = float((ground >= LIGHT).mean())
    # What has no object on a calm ground, as a texture, has no ground.
    if data.reading in FITTED and MIXED < light < 1 - MIXED and have_objects(pixels):
        found.append(Doubt("grounds", {"light": round(100 * light)}))
    return found


def _endings(album: ImageFolder) -> list[Doubt]:
    """Find out whether the kind of file alone tells the classes apart, as no picture should."""
    kinds: dict[str, set[int]] = {}
    for path, label in zip(album.paths, album.labels.tolist(), strict=True):
        kinds.setdefault(splitext(path)[1].lower(), set()).add(label)
    if len(kinds) < 2 or any(len(labels) > 1 for labels in kinds.values()):
        return []
    told = [f"{album.classes[min(labels)]} {ending}" for ending, labels in kinds.items()]
    return [Doubt("endings", {"told": some(told)})]
