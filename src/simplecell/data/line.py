"""A picture of one row of digits, as the rows that a network is taught."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.data.paper import read_page
from simplecell.data.picture import read_whole
from simplecell.data.rows import SIDE
from simplecell.errors import DataError

INK = 22
"""The height of a row's ink: MNIST's digits are 20 high, and stand a little up and down."""


def read_line(path: str | Path, *, dark_ink: bool | None = None) -> NDArray[np.uint8]:
    """Read a picture of one row of digits: light ink on 0, SIDE pixels high.

    A picture that is so already stays as it is. Of any other the ink is found (`paper`), cut out,
    and brought to the height of INK. Half a window of ground is put at either end. `dark_ink`
    None finds out whether ink is darker or lighter than its ground.

    Shapes
        gives (1, SIDE, width)

    Raises
        DataError   no picture, or nothing written on it
    """
    grey = read_whole(path, 1)[0]
    page = read_page(grey, dark_ink)
    if page.blank:
        raise DataError(f"{path}: nothing is written on it; a row of digits was asked for.")
    if grey.shape[0] == SIDE and not page.dark_ink:
        row = grey
    else:
        lines, columns = (np.flatnonzero((page.ink > 0.5).any(axis=axis)) for axis in (1, 0))
        ink = page.ink[lines[0] : lines[-1] + 1, columns[0] : columns[-1] + 1]
        size = max(1, round(ink.shape[1] * INK / ink.shape[0])), INK
        picture = Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BOX)
        top = (SIDE - INK) // 2
        strokes = np.rint(255 * np.clip(np.asarray(picture), 0, 1)).astype(np.uint8)
        row = np.pad(strokes, ((top, SIDE - INK - top), (0, 0)))
    return np.pad(row, ((0, 0), (SIDE // 2, SIDE // 2)))[None]
