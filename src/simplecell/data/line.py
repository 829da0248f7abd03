"""A picture of one row of digits, as the rows that a network is taught."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.data.paper import read_page
from simplecell.data.picture import Source, naming, read_whole
from simplecell.data.rows import SIDE
from simplecell.errors import DataError

INK = 22
"""The height of a row's ink: MNIST's digits are 20 high, and stand a little up and down."""

_MARGIN = SIDE // 2


@dataclass(frozen=True, eq=False)
class Line:
    """A row of digits, light ink on 0, and where it came from in its picture.

    Shapes
        pixels (1, SIDE, width)
    """

    pixels: NDArray[np.uint8]
    left: int = 0
    scale: float = 1.0

    def column(self, place: int) -> int:
        """Give the column of the picture that a column of the row was.

        >>> Line(np.zeros((1, 32, 90), np.uint8), left=100, scale=0.5).column(16 + 20)
        140
        """
        return round(self.left + (place - _MARGIN) / self.scale)


def read_line(source: Source, *, dark_ink: bool | None = None) -> Line:
    """Read a picture of one row of digits.

    One that is as rows are taught, light ink and SIDE pixels high, stays as it is. Of any other
    the ink is found (`paper`), cut out, and brought to the height INK. Half a window of ground is
    put at either end. `dark_ink` None finds out whether ink is darker or lighter than its ground.

    Raises
        DataError   no picture, or nothing written on it
    """
    grey = read_whole(source, 1)[0]
    page = read_page(grey, dark_ink)
    if page.blank:
        raise DataError(
            f"{naming(source)}: nothing is written on it; a row of digits was asked for."
        )
    if grey.shape[0] == SIDE and not page.dark_ink:
        return Line(_with_margins(grey))
    lines, columns = (np.flatnonzero((page.ink > 0.5).any(axis=axis)) for axis in (1, 0))
    if len(lines) == 0:
        raise DataError(f"{naming(source)}: what is written on it is too faint to be read.")
    ink = page.ink[lines[0] : lines[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    size = max(1, round(ink.shape[1] * INK / ink.shape[0])), INK
    kind = Image.Resampling.BOX if ink.shape[0] > INK else Image.Resampling.BICUBIC
    small = np.clip(np.asarray(Image.fromarray(ink).resize(size, kind)), 0, 1)
    above = (SIDE - INK) // 2
    row = np.pad(np.rint(255 * small).astype(np.uint8), ((above, SIDE - INK - above), (0, 0)))
    return Line(_with_margins(row), int(columns[0]), size[0] / ink.shape[1])


def _with_margins(row: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.pad(row, ((0, 0), (_MARGIN, _MARGIN)))[None]
