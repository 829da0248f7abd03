import numpy as np
import pytest
from scipy import ndimage

from simplecell.data import strokes
from simplecell.data.strokes import MOST, Box, cut, find_digits, in_rows


def page(*blocks: tuple[int, int, int, int]) -> np.ndarray:
    """Ink in blocks of (top, left, bottom, right) on a page of 200x300."""
    ink = np.zeros((200, 300))
    for top, left, bottom, right in blocks:
        ink[top:bottom, left:right] = 1.0
    return ink


def sides(rows: list[list[Box]]) -> list[list[tuple[int, int, int, int]]]:
    return [[(box.top, box.left, box.bottom, box.right) for box in row] for row in rows]


def test_digits_are_read_row_by_row_from_the_left() -> None:
    blocks = [
        (20 + 60 * r, 30 + 50 * c, 60 + 60 * r, 50 + 50 * c) for r in (0, 1) for c in (0, 1, 2)
    ]
    assert sides(find_digits(page(*blocks[::-1]))[0]) == [blocks[:3], blocks[3:]]


def test_rows_that_lean_stay_rows() -> None:
    blocks = [
        (20 + 60 * r + 6 * c, 30 + 40 * c, 60 + 60 * r + 6 * c, 50 + 40 * c)
        for r in (0, 1)
        for c in range(6)
    ]
    assert sides(find_digits(page(*blocks))[0]) == [blocks[:6], blocks[6:]]


def test_the_bar_over_a_five_belongs_to_it() -> None:
    rows, _ = find_digits(page((40, 50, 45, 80), (50, 52, 90, 78), (40, 120, 90, 150)))
    assert sides(rows) == [[(40, 50, 90, 80), (40, 120, 90, 150)]]
    assert len(rows[0][0].pieces) == 2


def test_a_small_piece_close_beside_belongs_to_its_digit() -> None:
    rows, _ = find_digits(page((40, 50, 90, 75), (42, 79, 55, 90), (40, 140, 90, 165)))
    assert sides(rows) == [[(40, 50, 90, 90), (40, 140, 90, 165)]]


def test_neighbours_of_full_height_stay_apart() -> None:
    rows, _ = find_digits(page((40, 50, 90, 75), (40, 80, 90, 105)))
    assert len(rows[0]) == 2


def test_specks_and_the_edge_of_the_table_are_no_digits() -> None:
    ink = page((60, 100, 110, 130), (20, 20, 23, 23), (150, 250, 152, 252), (0, 0, 6, 300))
    assert sides(find_digits(ink)[0]) == [[(60, 100, 110, 130)]]


def test_a_digit_that_fills_its_picture_is_found() -> None:
    ink = np.ones((30, 12))
    assert sides(find_digits(ink)[0]) == [[(0, 0, 30, 12)]]


def test_an_empty_page_has_no_rows() -> None:
    assert find_digits(np.zeros((20, 20)))[0] == []
    assert in_rows([]) == []


def test_thousands_of_specks_do_not_hold_the_reader_up() -> None:
    """Joining took the cube of their number: minutes for what noise leaves on white paper."""
    noise = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((400, 600)), 1)
    ink = np.clip(7 * noise - 1.4, 0, 1)
    assert ndimage.label(ink > 0.3, np.ones((3, 3)))[1] > 3 * MOST
    rows, _ = find_digits(ink)
    assert 0 < sum(map(len, rows)) <= MOST


def test_of_too_many_pieces_those_of_most_ink_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [(20, 10 + 40 * k, 60, 20 + 40 * k + 2 * k) for k in range(7)]
    assert sides(find_digits(page(*blocks))[0]) == [blocks]
    monkeypatch.setattr(strokes, "MOST", 3)
    assert sides(find_digits(page(*blocks))[0]) == [blocks[4:]]
    equal = [(20, 10 + 40 * k, 60, 20 + 40 * k) for k in range(6)] + [(20, 260, 80, 290)]
    assert sides(find_digits(page(*equal))[0])[0][-1] == equal[-1]


def test_faint_ink_holds_a_stroke_together() -> None:
    ink = page((40, 50, 60, 80), (66, 50, 90, 80))
    ink[60:66, 60:70] = 0.4
    rows, _ = find_digits(ink)
    assert len(rows[0][0].pieces) == 1


def test_what_is_cut_out_has_no_ink_of_its_neighbours() -> None:
    ink = page((40, 50, 90, 75), (20, 70, 38, 140))
    rows, labels = find_digits(ink)
    box = max((box for row in rows for box in row), key=lambda box: box.ink)
    assert cut(ink, labels, box).sum() == box.ink
