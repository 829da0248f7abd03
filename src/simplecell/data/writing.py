"""Digits from a photo or scan: found, and put as the digits stand that a network has learnt.

grey -> ground -> ink (`paper`) -> ruled lines out (`rules`) -> digits found (`strokes`)
     -> 20 x 20, centred by mass in 28 x 28 (`pose`) -> padded to what the network reads
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.data.normalise import pad
from simplecell.data.paper import Page, read_page
from simplecell.data.picture import Source, check_shades, drawn_dark, flat, naming, open_picture
from simplecell.data.pose import FRAME, Posed, pose
from simplecell.data.strokes import Box, cut, find_digits

SIDE, SHEET = 1000, 2400
"""A larger picture is first made so small, in its longer side: one digit, or a sheet of them."""


@dataclass(frozen=True, eq=False)
class Writing:
    """What was found on a page: its digits in reading order, each put into its pose.

    `others` counts digits that were seen and left, as only one was asked for.
    """

    page: Page
    rows: tuple[tuple[Box, ...], ...]
    posed: tuple[Posed, ...]
    others: int = 0

    @property
    def boxes(self) -> tuple[Box, ...]:
        """All the boxes, row by row."""
        return tuple(box for row in self.rows for box in row)

    def pixels(self, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Give the digits as a network of that height and width reads them.

        Shapes
            (N, 1, *size)
        """
        frames = [posed.frame for posed in self.posed]
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
    count = sum(map(len, rows))
    if not sheet and rows:
        rows = [[max((box for row in rows for box in row), key=lambda box: box.ink)]]
    posed = tuple(pose(cut(page.ink, labels, box)) for row in rows for box in row)
    return Writing(page, tuple(map(tuple, rows)), posed, count - len(posed))
