"""Rows written with digits, and windows cut from them.   Brief: C12, F"""

from itertools import pairwise

import numpy as np
import pytest

from simplecell.data.part import Part
from simplecell.data.rows import FAR, JITTER, NEAR, SIDE, Rows, cut_windows, make_rows, windows
from simplecell.data.sources import load
from simplecell.errors import DataError

WIDTHS = (4, 9, 12)


def bars(height: int = 28) -> Part:
    """Digits that can be told by their width and their shade: class k is WIDTHS[k] columns."""
    pixels = np.zeros((3, 1, height, 28), np.uint8)
    for label, width in enumerate(WIDTHS):
        pixels[label, 0, 4:24, 10 : 10 + width] = 100 + 50 * label
    return Part(pixels, np.arange(3), "bars")


def ink_boxes(rows: Rows, row: int) -> list[tuple[int, int]]:
    """Where each digit's ink begins and ends, from its centre: bars begin at column 10 of 28."""
    lefts = rows.centres[row] - 14 + 10
    return [
        (int(left), int(left) + WIDTHS[label])
        for left, label in zip(lefts, rows.labels[row], strict=True)
    ]


@pytest.mark.parametrize("gap", [0, 1, 7])
def test_ink_stands_as_far_apart_as_was_asked(gap: int) -> None:
    rows = make_rows(bars(), 20, 4, gap=(gap, gap), seed=1)
    for row in range(20):
        boxes = ink_boxes(rows, row)
        between = [b[0] - a[1] for a, b in pairwise(boxes)]
        assert between == [gap] * 3
        inked = rows.pixels[row, 0].any(axis=0)
        assert [bool(inked[left:right].all()) for left, right in boxes] == [True] * 4
        assert inked.sum() == sum(right - left for left, right in boxes)


def test_digits_overlap_by_a_third_of_the_narrower_at_the_most() -> None:
    rows = make_rows(bars(), 200, 2, gap=(-6, -6), seed=2)
    for row in range(200):
        (_, end), (start, _) = ink_boxes(rows, row)
        narrower = min(WIDTHS[label] for label in rows.labels[row])
        assert end - start == min(6, narrower // 3)


def test_where_ink_meets_the_darker_wins() -> None:
    rows = make_rows(bars(), 50, 2, gap=(-3, -3), seed=3)
    row = next(k for k in range(50) if rows.labels[k].tolist() == [1, 2])
    (_, end), (start, _) = ink_boxes(rows, row)
    assert end - start == 3
    assert set(np.unique(rows.pixels[row, 0, :, start:end])) <= {0, 150, 200}
    shared = rows.pixels[row, 0, SIDE // 2, start:end]
    assert shared.tolist() == [200, 200, 200]


def test_gaps_are_drawn_from_their_range_and_heights_from_the_jitter() -> None:
    rows = make_rows(bars(), 300, 2, gap=(-1, 2), seed=4)
    boxes = [ink_boxes(rows, row) for row in range(300)]
    assert {b[0] - a[1] for a, b in boxes} == {-1, 0, 1, 2}
    tops = {int(row[0].any(axis=1).argmax()) for row in rows.pixels}
    assert tops == set(range(6 - JITTER, 6 + JITTER + 1))


def test_half_a_window_is_left_free_at_both_ends() -> None:
    rows = make_rows(bars(), 100, 3, gap=(0, 4), seed=5)
    assert not rows.pixels[..., : SIDE // 2].any()
    assert not rows.pixels[..., -SIDE // 2 :].any()
    assert rows.width % 4 == 0


def test_the_seed_decides_every_pixel() -> None:
    one, again, other = (make_rows(bars(), 9, seed=seed).pixels for seed in (6, 6, 7))
    assert (one == again).all()
    assert (one != other).any()


def test_windows_of_digits_are_centred_and_those_of_none_are_not() -> None:
    rows = make_rows(bars(), 60, 3, gap=(2, 6), seed=8)
    part = cut_windows(rows, 3, seed=8)
    assert part.pixels.shape[1:] == (1, SIDE, SIDE)
    digits = part.labels < 3
    assert digits.sum() == 180
    middles = part.pixels[:, 0, :, SIDE // 2 - NEAR : SIDE // 2 + NEAR + 1]
    shades = middles.max(axis=(1, 2))[digits]
    # Class 0 begins 4 columns left of its centre and is 4 wide: a window may miss its last.
    wide = part.labels[digits] > 0
    assert (shades[wide] == 100 + 50 * part.labels[digits][wide]).all()


@pytest.mark.parametrize("gap", [(-4, 0), (0, 6)])
def test_no_window_of_none_is_near_a_centre(gap: tuple[int, int]) -> None:
    rows = make_rows(bars(), 40, 4, gap=gap, seed=9)
    part = cut_windows(rows, 3, seed=9)
    places = {
        rows.pixels[row, 0, :, left : left + SIDE].tobytes()
        for row in range(40)
        for left in range(rows.width - SIDE + 1)
        if np.abs(rows.centres[row] - left - SIDE // 2).min() >= FAR
    }
    nones = part.pixels[part.labels == 3, 0]
    assert len(nones) > 40
    assert all(window.tobytes() in places for window in nones)


def test_windows_are_of_each_range_of_gaps_alike() -> None:
    part = windows(bars(), 3, 30, gaps=((9, 9), (-3, -3)), seed=1)
    again = windows(bars(), 3, 30, gaps=((9, 9), (-3, -3)), seed=1)
    assert (part.pixels == again.pixels).all()
    assert (part.labels < 3).sum() == 150


def test_digits_rows_is_a_data_set_by_name() -> None:
    data = load("digits-rows")
    assert data.classes == (*"0123456789", "none")
    assert data.train.pixels.shape[1:] == (1, 32, 32)
    assert data.test is not None
    assert set(data.test.labels.tolist()) == set(range(11))


@pytest.mark.parametrize(
    ("part", "options", "words"),
    [
        (bars(), {"gap": (2, 1)}, "2 to 1 columns apart"),
        (bars(), {"digits": 0}, "rows of 0 digits"),
        (bars(40), {}, "up to 32 pixels high"),
        (bars().rows(np.arange(0)), {}, "these are 0 pictures"),
        (Part(np.zeros((2, 3, 28, 28), np.uint8), np.arange(2)), {}, "grey digits"),
        (Part(np.zeros((2, 1, 28, 28), np.uint8), np.arange(2), "blank"), {}, "blank: picture 0"),
    ],
)
def test_what_no_row_can_be_written_with_is_refused(
    part: Part, options: dict[str, object], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        make_rows(part, 3, **{"digits": 2, **options})  # type: ignore[arg-type]
