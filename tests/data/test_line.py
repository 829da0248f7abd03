"""Pictures of rows are brought to the height that is taught.   Brief: F"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simplecell.data.line import INK, read_line
from simplecell.data.rows import SIDE
from simplecell.errors import DataError


def strokes(scale: int) -> np.ndarray:
    """Two bars and a ring, 22 high, in a picture of 40 x 70, times `scale`; 1 is ink."""
    row = np.zeros((40, 70))
    row[10:32, 20:23] = row[10:32, 50:53] = 1
    row[10:32, 30:44] = 1
    row[14:28, 34:40] = 0
    return row.repeat(scale, axis=0).repeat(scale, axis=1)


def save(path: Path, grey: np.ndarray) -> Path:
    Image.fromarray(np.rint(grey).astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize("scale", [1, 2, 7])
@pytest.mark.parametrize("dark", [False, True])
def test_ink_comes_out_light_on_0_at_one_height(tmp_path: Path, scale: int, dark: bool) -> None:
    ink = strokes(scale)
    line = read_line(save(tmp_path / "row.png", 230 - 200 * ink if dark else 20 + 200 * ink))
    row = line.pixels
    assert row.shape == (1, SIDE, 33 + SIDE)
    inked = row[0] > 127
    lines, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    assert (lines[0], lines[-1] + 1) == ((SIDE - INK) // 2, (SIDE + INK) // 2)
    assert (columns[0], columns[-1] + 1) == (SIDE // 2, SIDE // 2 + 33)
    assert row[0, 0, 0] == 0
    assert inked[:, SIDE // 2].sum() == INK
    assert line.column(SIDE // 2) == 20 * scale
    assert line.column(SIDE // 2 + 33) == 53 * scale


def test_a_row_as_it_is_taught_stays_as_it_is(tmp_path: Path) -> None:
    grey = 255 * strokes(1)[4 : 4 + SIDE]
    line = read_line(save(tmp_path / "row.png", grey))
    row = line.pixels
    assert line.column(SIDE // 2 + 7) == 7
    assert (row[0, :, SIDE // 2 : -SIDE // 2] == grey).all()
    assert row.shape == (1, SIDE, 70 + SIDE)


def test_how_ink_is_can_be_said(tmp_path: Path) -> None:
    path = save(tmp_path / "row.png", 230 - 200 * strokes(2))
    said, found = read_line(path, dark_ink=True).pixels, read_line(path).pixels
    assert (said == found).all()
    other = read_line(path, dark_ink=False).pixels
    assert other.shape != said.shape or (other != said).any()


def test_an_empty_picture_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "empty.png", np.full((50, 90), 240.0))
    with pytest.raises(DataError, match=r"empty\.png: nothing is written on it"):
        read_line(path)
