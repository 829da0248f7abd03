from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from simplecell.data.explanation import explain
from simplecell.data.writing import Writing, find_writing, read_writing
from simplecell.errors import DataError


def seven(draw: ImageDraw.ImageDraw, left: int, top: int, size: int, ink: int) -> None:
    corners = [left, top, left + size // 2, top, left + size // 6, top + size]
    draw.line(corners, ink, max(2, size // 10), "curve")


def paper(*places: tuple[int, int, int], ground: int = 240, ink: int = 30) -> np.ndarray:
    picture = Image.new("L", (300, 200), ground)
    for left, top, size in places:
        seven(ImageDraw.Draw(picture), left, top, size, ink)
    return np.asarray(picture)


def frame(writing: Writing) -> np.ndarray:
    (posed,) = writing.posed
    return posed.frame.astype(int)


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Correlate, whichever way the centre of mass was rounded to a pixel."""
    moved = [np.roll(other, shift, (0, 1)) for shift in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0))]
    return max(float(np.corrcoef(one.ravel(), m.ravel())[0, 1]) for m in moved)


def test_size_place_and_polarity_do_not_matter() -> None:
    usual = frame(find_writing(paper((100, 50, 90))))
    for other in (
        paper((10, 20, 90)),
        paper((200, 100, 60)),
        paper((50, 20, 150)),
        paper((100, 50, 90), ground=20, ink=230),
        paper((100, 50, 90), ground=140, ink=80),
    ):
        assert alike(usual, frame(find_writing(other))) > 0.95


def test_one_digit_is_read_unless_a_sheet_is_asked_for() -> None:
    page = paper((20, 20, 60), (120, 20, 60), (220, 20, 70), (20, 120, 60))
    one, sheet = find_writing(page), find_writing(page, sheet=True)
    assert (len(one.posed), one.others) == (1, 3)
    assert (len(sheet.posed), sheet.others) == (4, 0)
    assert [len(row) for row in sheet.rows] == [3, 1]
    assert one.boxes[0] == sheet.rows[0][2]
    assert sheet.pixels((32, 32)).shape == (4, 1, 32, 32)


def test_blank_paper_has_no_digit() -> None:
    writing = find_writing(np.full((60, 80), 200, np.uint8))
    assert writing.posed == ()
    assert writing.pixels((32, 32)).shape == (0, 1, 32, 32)


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255)])
def test_ink_drawn_on_nothing_is_found(ink: tuple[int, int, int], tmp_path: Path) -> None:
    drawn = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).line([30, 20, 80, 20, 45, 100], (*ink, 255), 9, "curve")
    drawn.save(tmp_path / "drawn.png")
    writing = read_writing(tmp_path / "drawn.png")
    assert len(writing.posed) == 1
    assert writing.page.dark_ink == (ink == (0, 0, 0))


def test_a_large_photo_is_made_smaller_first(tmp_path: Path) -> None:
    Image.fromarray(paper((100, 50, 90))).resize((3000, 2000)).save(tmp_path / "large.jpg")
    writing = read_writing(tmp_path / "large.jpg")
    assert max(writing.page.grey.shape) == 1000
    assert len(writing.posed) == 1


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("7")
    with pytest.raises(DataError, match=r"notes.png is no picture"):
        read_writing(tmp_path / "notes.png")
    Image.fromarray(np.ones((9, 9), np.float32)).save(tmp_path / "f.tif")
    with pytest.raises(DataError, match="32-bit numbers"):
        read_writing(tmp_path / "f.tif")


def test_an_explanation_shows_one_digit_step_by_step() -> None:
    one = find_writing(paper((100, 50, 90)))
    sheet = find_writing(paper((20, 20, 60), (120, 20, 60)), sheet=True)
    blank = find_writing(np.full((60, 80), 200, np.uint8))
    steps = explain(one, one.pixels((32, 32)), ["7"])
    assert steps.height > explain(sheet, sheet.pixels((32, 32)), ["7", "7"]).height + 220
    # The ground of the last panel is the network's own background, and its ink is there too.
    panel = np.asarray(steps.crop((steps.width - 232, 34, steps.width - 12, 254)))
    assert panel.min() == 0
    assert panel.max() == 255
    assert explain(blank, blank.pixels((32, 32)), []).width > 0
