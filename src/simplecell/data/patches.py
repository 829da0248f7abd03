"""Random patches of pictures: what features are learnt from.

The pictures are looked at one at a time, and only the patches are kept, in the pictures' own
type: a million patches of 8x8 take 64 MB, however large the pictures are. Which patches are
taken follows from the seed, the number asked for, and the pictures, and from nothing else.

>>> pictures = np.arange(2 * 40 * 40, dtype=np.uint8).reshape(2, 40, 40)
>>> patches = take_patches(pictures, 100, 8, seed=0)
>>> patches.pixels.shape, patches.skipped
((100, 1, 8, 8), 0)
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from simplecell.data.batches import check_seed, shuffle
from simplecell.data.normalise import Size, pair
from simplecell.data.photographs import Photographs
from simplecell.errors import DataError

Pictures = Sequence[NDArray[Any]] | NDArray[Any]
"""(H, W) grey or (C, H, W) each; a sequence may read a picture when it is asked for it."""

MOST = 10**9
"""Patches that may be asked for."""

_PATCHES = 3
_AT_ONCE = 1 << 16
"""Patches cut out at a time, so that no second copy of them all is made."""

_PATIENCE = 100
"""Constant patches drawn for each one wanted, before a picture or a set is given up."""


@dataclass(frozen=True, eq=False)
class Patches:
    """Patches, and what was passed over on the way.

    `skipped` counts constant patches that were drawn and replaced by others; `notes` says that
    in words, and names the pictures that could not be used.

    Shapes
        pixels (N, C, h, w) uint8, or float32 where the pictures were of floats
    """

    pixels: NDArray[Any]
    skipped: int
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def rows(self) -> NDArray[np.float32]:
        """Give each patch as a row: (N, C * h * w)."""
        return rows(self.pixels)


def rows(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Fold pictures into rows of numbers; bytes become 0..1.

    Shapes
        pixels (N, C, H, W)      gives (N, C * H * W)
    """
    scale = 255 if pixels.dtype == np.uint8 else 1
    folded: NDArray[np.float32] = np.divide(
        pixels.reshape(len(pixels), -1), scale, dtype=np.float32
    )
    return folded


def take_patches(pictures: Pictures, count: int, size: Size, seed: int = 0) -> Patches:
    """Cut `count` patches out of pictures at random places.

    Every picture is as likely as any other, whatever its size, and within it every place. A
    patch in which nothing varies shows nothing: it is counted, and another is drawn. A picture
    that cannot be read, is smaller than a patch, or shows hardly anything, is passed over and
    named in the notes.

    Shapes
        pictures (H, W) or (C, H, W) each, uint8 or floating point
        gives (count, C, h, w)

    Raises
        DataError   no usable picture: all broken, too small, or the same all over; NaN or
                    infinite pixels; pictures of different channels or types
    """
    whole = isinstance(count, int | np.integer) and not isinstance(count, bool)
    if not whole or not 1 <= count <= MOST:
        raise DataError(f"{count!r:.60} patches were asked for; give 1 or more, up to {MOST:,}.")
    if isinstance(pictures, str | bytes | Mapping) or not hasattr(pictures, "__getitem__"):
        raise DataError(
            f"pictures are {type(pictures).__name__}; give a list of them, or an array."
        )
    if getattr(pictures, "ndim", 1) == 0:
        raise DataError("one number is no picture to take patches from; give a list of pictures.")
    if len(pictures) == 0:
        raise DataError("there are no pictures to take patches from.")
    return _Cutting(pictures, count, pair(size), check_seed(seed)).patches()


class _Cutting:
    """Rounds over the pictures: each shares out what is still missing among the usable ones."""

    def __init__(self, pictures: Pictures, count: int, size: tuple[int, int], seed: int) -> None:
        self.pictures, self.size, self.seed = pictures, size, seed
        self.passed_over: dict[int, str] = {}
        self.kind: tuple[int, np.dtype[Any]] | None = None
        channels, dtype = self._first_kind()
        self.pixels = np.empty((count, channels, *size), dtype)
        # Each patch takes the next of these places, so that pictures are mixed in what comes out.
        self.places = shuffle(count, _PATCHES, seed)
        self.missing = count
        self.round = self.skipped = 0

    def patches(self) -> Patches:
        while self.missing:
            self._one_round()
        names = sorted(self.passed_over.items())
        notes = [f"{self._name(k)} is passed over: {why}" for k, why in names]
        if self.skipped:
            notes.append(f"{self.skipped} patches in which nothing varies were drawn again.")
        return Patches(self.pixels, self.skipped, tuple(notes))

    def _first_kind(self) -> tuple[int, np.dtype[Any]]:
        """Look for a picture that can be used: all others must be of its kind."""
        for k in range(len(self.pictures)):
            self._read(k)
            if self.kind is not None:
                return self.kind
        raise self._nothing_usable()

    def _one_round(self) -> None:
        self.round += 1
        usable = np.array([k for k in range(len(self.pictures)) if k not in self.passed_over])
        if len(usable) == 0:
            raise self._nothing_usable()
        drawn = usable[_whole(self._bits(0), len(usable), self.missing)]
        for picture, wanted in sorted(Counter(drawn.tolist()).items()):
            pixels = self._read(picture)
            if pixels is not None:
                self._cut(picture, pixels, wanted)

    def _bits(self, which: int) -> np.random.PCG64:
        key = (_PATCHES, self.seed, self.round, which)
        return np.random.PCG64(np.random.SeedSequence(key))

    def _cut(self, picture: int, pixels: NDArray[Any], wanted: int) -> None:
        windows = sliding_window_view(pixels, self.size, axis=(1, 2)).transpose(1, 2, 0, 3, 4)
        bits, drawn, taken = self._bits(picture + 1), 0, 0
        while taken < wanted and drawn < _PATIENCE * wanted:
            n = min(wanted - taken, _AT_ONCE)
            i, j = (_whole(bits, side, n) for side in windows.shape[:2])
            some = windows[i, j]
            cells = some.reshape(*some.shape[:2], -1)
            some = some[(cells != cells[:, :, :1]).any(axis=(1, 2))]
            self._put(some)
            drawn, taken = drawn + n, taken + len(some)
        self.skipped += drawn - taken
        if taken < wanted:
            self.passed_over[picture] = f"of {drawn} patches drawn from it, {taken} show anything."

    def _put(self, some: NDArray[Any]) -> None:
        at = len(self.pixels) - self.missing
        self.pixels[self.places[at : at + len(some)]] = some
        self.missing -= len(some)

    def _read(self, picture: int) -> NDArray[Any] | None:
        """Give one picture as (C, H, W), uint8 or float32; None if it is passed over."""
        try:
            pixels = np.asarray(self.pictures[picture])
        except DataError as problem:
            self.passed_over[picture] = str(problem)
            return None
        pixels = _checked(pixels[None] if pixels.ndim == 2 else pixels, picture)
        found = (pixels.shape[0], pixels.dtype)
        self.kind = self.kind or found
        if found != self.kind:
            raise DataError(
                f"picture {picture} has {found[0]} channels of {found[1]}, others have"
                f" {self.kind[0]} of {self.kind[1]}; bring all pictures to one kind first."
            )
        room = [side - patch for side, patch in zip(pixels.shape[1:], self.size, strict=True)]
        if min(room) >= 0:
            return pixels
        self.passed_over[picture] = (
            f"a patch of {_by(self.size)} does not fit in its {_by(pixels.shape[1:])} pixels."
        )
        return None

    def _nothing_usable(self) -> DataError:
        first, why = min(self.passed_over.items())
        return DataError(
            f"none of the {len(self.pictures)} pictures can be used. {self._name(first)}: {why}"
        )

    def _name(self, picture: int) -> str:
        if isinstance(self.pictures, Photographs):
            return self.pictures.paths[picture].name
        return f"picture {picture}"


def _whole(bits: np.random.PCG64, below: int, n: int) -> NDArray[np.int64]:
    """Draw n whole numbers from 0 up to, not including, `below`; the same for ever.

    As in `batches.shuffle`: these bits never change, what NumPy makes of them may. That below
    does not divide 2^64 makes some numbers more likely, by one part in 10^12 or less.
    """
    return (bits.random_raw(n) % np.uint64(below)).astype(np.int64)


def _checked(pixels: NDArray[Any], picture: int) -> NDArray[Any]:
    if pixels.ndim != 3:
        raise DataError(
            f"picture {picture} has shape {pixels.shape}; give (height, width) or (channels,"
            " height, width)."
        )
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind != "f":
        raise DataError(f"picture {picture} is of type {pixels.dtype}; give uint8 or floats.")
    wrong = ~np.isfinite(pixels)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise DataError(
            f"picture {picture}: {int(wrong.sum())} of {pixels.size} pixels are NaN or infinite,"
            f" the first at (channel, row, column) = {place}."
        )
    return pixels.astype(np.float32, copy=False)


def _by(sides: tuple[int, ...]) -> str:
    return "x".join(str(side) for side in sides)
