"""The pictures that there are to look at and to learn from; nothing is ever fetched.

    digits            bundled
    mnist, kmnist …   published sets whose files are on this machine; the others are listed, with
                      the command that brings them
    NAME              a folder, .csv or .npz that the command line gave by --data

A path in a request is good if it leads, links followed, below one of those that were given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import expanduser
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from simplecell.data.fetch import PUBLISHED, is_here
from simplecell.data.known import known
from simplecell.data.part import Part
from simplecell.data.sources import ROWS, Dataset, load
from simplecell.errors import FetchError, StudioError
from simplecell.studio.exchange import packed
from simplecell.train.model import Model

BUNDLED = "digits"
NAMES = (BUNDLED, *PUBLISHED, *ROWS)
PARTS = ("train", "test")
MOST = 256
"""Pictures that one answer may hold."""

KEPT = 3
"""Data sets that stay in memory."""


@dataclass(frozen=True)
class Set:
    """A data set by its name, what `load` takes, and whether its files are on this machine."""

    name: str
    source: str
    here: bool
    own: bool


class Sets:
    """The sets that may be used: `paths` of one's own, and what `data_dir` holds."""

    def __init__(self, paths: Sequence[Path] = (), data_dir: Path | None = None) -> None:
        self.paths = tuple(Path(expanduser(path)) for path in paths)
        self.data_dir = data_dir
        self._kept: dict[tuple[Any, ...], Dataset] = {}
        self._alone = Lock()

    def all(self) -> list[Set]:
        """List them, one's own first."""
        own = [Set(name, str(path), path.exists(), True) for name, path in self._own().items()]
        return [*own, *(Set(name, name, self._is_here(name), False) for name in NAMES)]

    def find(self, name: str) -> Set:
        """Give a set by its name, or by a path below one that was given.

        Raises
            StudioError   403: a path elsewhere; 404: no such set
            FetchError    a published set whose files are not here
        """
        found = next((one for one in self.all() if one.name == name), None)
        if found is None:
            found = self._below(name)
        if not found.here:
            raise FetchError(_bring(found))
        return found

    def load(self, found: Set, shape: tuple[int, int, int]) -> Dataset:
        """Load a set as a network of that input reads it; the last few stay in memory.

        Raises
            DataError   files that are not what they say, pictures that are larger
        """
        channels, height, width = shape
        key = (found.source, shape)
        with self._alone:
            if key not in self._kept:
                loaded = load(
                    found.source, size=(height, width), channels=channels, data_dir=self.data_dir
                )
                self._kept = dict([*self._kept.items()][1 - KEPT :])
                self._kept[key] = loaded
            return self._kept[key]

    def _own(self) -> dict[str, Path]:
        named: dict[str, Path] = {}
        for path in self.paths:
            stem = name = path.resolve().name
            number = 1
            while name in named or name in NAMES:
                number += 1
                name = f"{stem}~{number}"
            named[name] = path
        return named

    def _is_here(self, name: str) -> bool:
        digits = ROWS.get(name, name)
        return digits == BUNDLED or is_here(digits, self.data_dir)

    def _below(self, name: str) -> Set:
        if not set(name) & set("/\\"):
            known_names = ", ".join(one.name for one in self.all())
            raise StudioError(f"no data set is called {name[:80]!r}.\n  known: {known_names}", 404)
        try:
            path = Path(expanduser(name)).resolve()
        except (OSError, ValueError, RuntimeError):
            raise StudioError(f"{name[:80]!r} is no path.", 404) from None
        if not any(path.is_relative_to(root.resolve()) for root in self.paths):
            raise StudioError(
                f"{name[:200]} is not below a folder that this studio was given.\n  Start it with"
                " that folder: simplecell studio --data FOLDER",
                403,
            )
        return Set(name, str(path), path.exists(), True)


def _bring(found: Set) -> str:
    if found.own:
        return f"{found.name}: there is no file or folder {found.source}."
    name = ROWS.get(found.name, found.name)
    return (
        f"the files of {name} are not on this machine, and the studio fetches nothing.\n"
        f"  Bring them once: simplecell train {name} --epochs 1; or name a folder that has them:"
        " simplecell studio --data-dir FOLDER"
    )


def listed(sets: Sets) -> list[dict[str, Any]]:
    """Say of every set what a list says of it."""
    found = []
    for one in sets.all():
        told: dict[str, Any] = {"name": one.name, "own": one.own, "here": one.here}
        if not one.here:
            told["why"] = _bring(one)
        if not one.own and (there := known(one.source)) is not None:
            told["classes"], told["shape"] = list(there.classes), list(there.shape)
        found.append(told)
    return found


def sample(data: Dataset, model: Model, part: str, places: Sequence[int]) -> dict[str, Any]:
    """Give some pictures of a set as the input of a model, with their labels.

    `inputs` are x = scale * pixel + shift, float32; `pixels` the bytes before.

    Shapes
        inputs, pixels (N, C, H, W) of the model

    Raises
        StudioError   404: no such part, or no picture there
        ModelError    pictures of other channels than the model reads
    """
    chosen = _part(data, part)
    wrong = next((place for place in places if place >= len(chosen)), None)
    if wrong is not None or not 0 < len(places) <= MOST:
        raise StudioError(
            f"{data.name}, {part}: pictures 0 to {len(chosen) - 1} are there, {MOST} at a time;"
            f" asked for {wrong if wrong is not None else len(places)}.",
            404,
        )
    rows = np.array(places, np.int64)
    pixels = chosen.pixels[rows]
    if pixels.shape[1] == 1 and model.network.input[0] == 3:
        pixels = np.repeat(pixels, 3, axis=1)  # grey, for a network that reads colours
    labels = chosen.labels[rows].tolist()
    return {
        "set": data.name,
        "part": part,
        "of": len(chosen),
        "index": list(places),
        "labels": labels,
        "names": [data.classes[label] for label in labels],
        "classes": list(data.classes),
        "pixels": packed(pixels),
        "inputs": packed(model.examples(pixels).values(slice(None), np.float32)),
    }


def _part(data: Dataset, name: str) -> Part:
    found = {"train": data.train, "test": data.test}.get(name)
    if found is None:
        parts = [part for part in PARTS if getattr(data, part) is not None]
        raise StudioError(
            f"{data.name} has no part {name[:40]!r}; it has {', '.join(parts)}.", 404
        )
    return found


def places_of(text: str) -> list[int]:
    """Read places of pictures: 3, or 3,1,4, or 0-63.

    Raises
        StudioError   something else, or more than are given at a time
    """
    found: list[int] = []
    for part in text.split(",")[: MOST + 1]:
        first, dash, last = part.strip().partition("-")
        numbers = [first, last] if dash else [first]
        if not all(n.isascii() and n.isdecimal() and len(n) < 10 for n in numbers):
            raise StudioError(f"index is {text[:60]!r}; it takes 3, or 3,1,4, or 0-63.")
        end = int(last) if dash else int(first)
        found += range(int(first), min(end, int(first) + MOST) + 1)
    if not 0 < len(found) <= MOST:
        raise StudioError(f"index asks for more than {MOST} pictures, the most at a time.")
    return found
