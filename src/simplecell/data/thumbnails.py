"""An album's pictures, each brought to the size a network reads, as one array of bytes.

Pictures are decoded by a few threads straight into that array; no more of them are in memory,
at their own size, than there are threads. The array is kept in the user's cache, under a key of
the files' places, sizes and times and of what was asked, so that the next run begins at once.
"""

import hashlib
import json
import math
import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from simplecell.data.fetch import Progress, cache_folder
from simplecell.data.imagefolder import ImageFolder
from simplecell.data.picture import fit, strict
from simplecell.data.shades import SAID, remarks
from simplecell.data.tree import Skipped, shown
from simplecell.document import read_json
from simplecell.errors import DataError
from simplecell.workers import Workers, processors

FORMAT = 2
"""Goes into the key: another way to bring pictures to their size takes another number."""

BUNCH = 64
"""How many pictures a thread takes at a time."""

SPARE = 2
"""The cache is used if its disk has so many times the room that is needed."""

SLOW_SECONDS = 2.0
"""From here on it is said how long decoding took."""


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """The pictures that could be read, and why the others could not.

    Shapes
        pixels (N, C, H, W), N all files of the album      sound (N,): which were read
    """

    pixels: NDArray[np.uint8]
    sound: NDArray[np.bool_]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...] = ()
    timed: bool = False


def read_thumbnails(
    album: ImageFolder, shape: tuple[int, int, int], crop: bool = False
) -> Thumbnails:
    """Read all pictures of an album at one size, from the cache if they are there.

    With `crop`, each is brought to its object, where it has one.

    Shapes
        shape (C, H, W)
    """
    key = _key(album, shape)
    told = f"{album.listed_in.resolve()} {shape}{' cropped' * crop}"
    group = hashlib.sha256(told.encode("utf-8", "replace"))
    stem = f"{group.hexdigest()[:12]}-{key[:24]}"
    with suppress(OSError):
        folder = cache_folder("albums")
        folder.mkdir(parents=True, exist_ok=True)
        kept = _kept(folder / stem, (len(album.paths), *shape))
        if kept is not None:
            return kept
        if shutil.disk_usage(folder).free > SPARE * len(album.paths) * math.prod(shape):
            return _fill(album, shape, folder, stem, crop)
    # No cache to write to, or no room in it: the array is in memory alone.
    return _decoded(album, np.zeros((len(album.paths), *shape), np.uint8), crop)


def _key(album: ImageFolder, shape: tuple[int, int, int]) -> str:
    key = hashlib.sha256(json.dumps([FORMAT, shape]).encode())
    if album.store is not None:
        key.update(album.store.told().encode())
    for at, path in enumerate(album.paths):
        told = f"{album.told(at) if album.store is None else '-'} {path}\n"
        key.update(told.encode("utf-8", "surrogateescape"))
    return key.hexdigest()


def _kept(stem: Path, shape: tuple[int, ...]) -> Thumbnails | None:
    """Open what is in the cache; None if it is not there, or is not what it should be."""
    try:
        told = read_json(stem.with_suffix(".json").read_bytes())
        pixels = np.load(stem.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
        skipped = tuple(Skipped(*one) for one in told["skipped"])
        sound = np.ones(shape[0], bool)
        sound[told["broken"]] = False
        notes = tuple(str(note) for note in told["notes"])
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        return None
    return Thumbnails(pixels, sound, skipped, notes) if pixels.shape == shape else None


def _fill(
    album: ImageFolder, shape: tuple[int, int, int], folder: Path, stem: str, crop: bool
) -> Thumbnails:
    """Decode into a file of the cache, which takes its name when it is whole."""
    beside = folder / f"{stem}.{secrets.token_hex(8)}.tmp"
    try:
        pixels = open_memmap(beside, "w+", np.uint8, (len(album.paths), *shape))
        found = _decoded(album, pixels, crop)
        pixels.flush()
        told = {
            "skipped": found.skipped,
            "broken": np.flatnonzero(~found.sound).tolist(),
            # How long it took is said this time alone.
            "notes": found.notes[: len(found.notes) - found.timed],
        }
        (folder / f"{stem}.json").write_text(json.dumps(told), "utf-8")
        os.replace(beside, folder / f"{stem}.npy")
    finally:
        beside.unlink(missing_ok=True)
    # What was kept of the same folder or list, before it changed, is of no use any more.
    for stale in folder.glob(f"{stem.split('-')[0]}-*"):
        if stale.stem != stem:
            stale.unlink(missing_ok=True)
    return found


def _decoded(album: ImageFolder, pixels: NDArray[np.uint8], crop: bool = False) -> Thumbnails:
    count, started = len(album.paths), time.perf_counter()
    sound = np.zeros(count, bool)
    reasons: dict[int, str] = {}
    odd: dict[int, list[str]] = {}
    progress = Progress("decoding pictures")
    progress.total = count
    turn = Lock()

    def work(start: int) -> None:
        stop = min(start + BUNCH, count)
        for at in range(start, stop):
            try:
                pixels[at], found = _one(album, at, pixels.shape[1:], crop)
                sound[at] = True
                if found:
                    odd[at] = found
            except DataError as problem:
                reasons[at] = str(problem)
        with turn:
            progress.update(stop - start)

    with strict():
        Workers("decode").each(work, range(0, count, BUNCH), processors())
    progress.close()
    seconds = time.perf_counter() - started
    skipped = tuple(_skipped(album, at, reasons[at]) for at in sorted(reasons))
    notes = _remarked(album, odd)
    timed = seconds > SLOW_SECONDS
    if timed:
        notes.append(
            f"{count:,} pictures decoded in {seconds:.1f} s, {count / seconds:,.0f} a second;"
            " the next time they come from the cache."
        )
    return Thumbnails(pixels, sound, skipped, tuple(notes), timed)


def _remarked(album: ImageFolder, odd: dict[int, list[str]]) -> list[str]:
    """Say once for each kind of oddity how many pictures have it, and which is the first."""
    notes = []
    for kind, words in SAID.items():
        places = sorted(at for at, found in odd.items() if kind in found)
        if places:
            count = "1 picture is" if len(places) == 1 else f"{len(places):,} pictures are"
            more = " …" if places[1:] else ""
            notes.append(words.format(count, shown(album.paths[places[0]]) + more))
    return notes


def _one(
    album: ImageFolder, at: int, shape: tuple[int, ...], crop: bool
) -> tuple[NDArray[np.uint8], list[str]]:
    """Read a picture of an album, and say what is odd about it."""
    channels, height, width = shape
    # An object may be a quarter of its picture's width.
    most = 4 if crop else 1
    picture = album.open(at, (most * width, most * height))
    name = str(album.folder / album.paths[at])
    fitted = fit(picture, (channels, height, width), name, crop)
    return fitted, [kind for kind in remarks(picture) if kind != "hue" or channels == 1]


def _skipped(album: ImageFolder, at: int, reason: str) -> Skipped:
    """Keep the reason without the path before it and the advice after it."""
    path, whole = album.paths[at], str(album.folder / album.paths[at])
    words = reason.splitlines()[0].removeprefix(whole).lstrip(": ").removeprefix("is ")
    return Skipped(shown(path), shown(words))
