import numpy as np
import pytest

from simplecell.data.rules import without_rules


def lines(height: int, width: int, apart: int, degrees: float, strength: float) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(float)
    along = y * np.cos(np.radians(degrees)) - x * np.sin(np.radians(degrees))
    return strength * (along % apart < 2)


def ring(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return 200.0 * (np.abs(np.hypot(y - height / 2, x - width / 2) - 40) < 5)


@pytest.mark.parametrize("degrees", [-5, -1.3, 0, 2, 6])
def test_lines_go_and_the_stroke_stays(degrees: float) -> None:
    stroke = ring(160, 200)
    page = np.maximum(stroke, lines(160, 200, 30, degrees, 70))
    found, count = without_rules(page, 20)
    assert count >= 4
    assert (found[stroke > 0] > 20).mean() > 0.97
    assert (found[stroke == 0] > 20).mean() < 0.01


def test_squared_paper_loses_both_kinds_of_line() -> None:
    stroke = ring(160, 200)
    page = np.maximum(stroke, lines(160, 200, 30, 1, 70))
    page = np.maximum(page, lines(200, 160, 30, -1, 70).T)
    found, count = without_rules(page, 20)
    assert count >= 9
    assert (found[stroke == 0] > 20).mean() < 0.02


def test_paper_without_lines_is_left_alone() -> None:
    stroke = ring(160, 200)
    found, count = without_rules(stroke, 20)
    assert count == 0
    np.testing.assert_array_equal(found, stroke)


@pytest.mark.parametrize("thick", [3, 12])
def test_the_bars_of_a_digit_that_fills_its_picture_are_no_lines(thick: int) -> None:
    """A 7: a bar from edge to edge, and a stem."""
    seven = np.zeros((100, 70))
    seven[:thick] = 200
    seven[:, -thick:] = 200
    found, count = without_rules(seven, 20)
    assert count == 0
    np.testing.assert_array_equal(found, seven)


def test_the_stem_of_a_one_is_no_line() -> None:
    one = np.zeros((100, 60))
    one[10:90, 28:33] = 200
    assert without_rules(one, 20)[1] == 0
