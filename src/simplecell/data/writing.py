"""Digits from a photo or scan: found, and put as the digits stand that a network has learnt.

grey -> ground -> ink (`paper`) -> ruled lines out (`rules`) -> digits found (`strokes`)
     -> 20 x 20, centred by mass in 28 x 28 (`align`) -> padded to what the network reads
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.data.alignment import FRAME, Posed, align
from simplecell.data.ground import neighbours, odds_of
from simplecell.data.normalise import pad
from simplecell.data.paper import Page, read_page
from simplecell.data.picture import Source, check_shades, drawn_dark, flat, naming, open_picture
from simplecell.data.strokes import Box, cut, find_digits

SIDE, SHEET = 1000, 2400
"""A larger picture is first made so small, in its longer side: one digit, or a sheet of them."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is around a digit: the odds that it is a piece of a ground, and its neighbours.

    Shapes
        beside (0 to 2, 1, H, W)
    """

    odds: float
    beside: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Writing:
    """What was found on a page: its digits in reading order, each put into its pose.

    `others` counts digits that were seen and left, as only one was asked for. `odds` says of
    each digit whether it is a piece of a ground, as `ground` has it, and `beside` has the ink that
    stands close beside it, in its pose.
    """

    page: Page
    rows: tuple[tuple[Box, ...], ...]
    posed: tuple[Posed, ...]
    others: int = 0
    odds: tuple[float, ...] = ()
    beside: tuple[tuple[Posed, ...], ...] = ()

    @property
    def boxes(self) -> tuple[Box, ...]:
        """All the boxes, row by row."""
        return tuple(box for row in self.rows for box in row)

    def pixels(self, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Give the digits as a network of that height and width reads them.

        Shapes
            (N, 1, *size)
        """
        return _padded(self.posed, size)

    def surroundings(self, size: tuple[int, int]) -> tuple[Surroundings, ...]:
        """Give what is around each digit, as a guard looks at it."""
        return tuple(
            Surroundings(odds, _padded(beside, size))
            for odds, beside in zip(self.odds, self.beside, strict=True)
        )


def _padded(posed: Sequence[Posed], size: tuple[int, int]) -> NDArray[np.uint8]:
    frames = [one.frame for one in posed]
    stacked = np.stack(frames) if frames else np.empty((0, FRAME, FRAME), np.uint8)
    return pad(stacked[:, None], size)


def read_writing(source: Source, *, dark_ink: bool | None = None, sheet: bool = False) -> Writing:
    """Read the digit of a picture: that of most ink; or with `sheet` all of them.

    `dark_ink` None finds out for itself whether ink is darker than its ground.

    Raises
        DataError   no picture, or a damaged or huge one
    """
    picture = open_picture(source)
    check_shades(picture, naming(source))
    grey = flat(picture, "L", on_white=drawn_dark(picture))
    longest = SHEET if sheet else SIDE
    if max(grey.size) > longest:
        grey.thumbnail((longest, longest), Image.Resampling.BOX)
    return find_writing(np.asarray(grey), dark_ink=dark_ink, sheet=sheet)


def find_writing(
    grey: NDArray[np.uint8], *, dark_ink: bool | None = None, sheet: bool = False
) -> Writing:
    """Find the digit, or all the digits, of a grey picture.

    Shapes
        grey (H, W)
    """
    page = read_page(grey, dark_ink)
    rows, labels = find_digits(page.ink)
    kept, whole = [box for row in rows for box in row], rows
    if not sheet and rows:
        rows = [[max(kept, key=lambda box: box.ink)]]
    # A neighbour is often wanted itself, or a neighbour of two.
    posed = cache(lambda box: align(cut(page.ink, labels, box)))
    wanted = [box for row in rows for box in row]
    odds = odds_of(page, labels, kept, wanted)
    beside = [
        tuple(posed(other) for row in whole if box in row for other in neighbours(box, row))
        for box in wanted
    ]
    found = tuple(posed(box) for box in wanted)
    left = len(kept) - len(found)
    told = tuple(map(tuple, rows))
    return Writing(page, told, found, left, tuple(odds.tolist()), tuple(beside))
