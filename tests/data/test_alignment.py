import numpy as np
import pytest
from scipy import ndimage

from simplecell.data.alignment import THICK, THIN, align, centred
from simplecell.data.sources import load


def ring(side: int, thick: float) -> np.ndarray:
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.clip(thick / 2 + 0.5 - np.abs(np.hypot(y, x) - 0.4 * side), 0, 1)


def thickness(body: np.ndarray) -> float:
    """The share of ink, over the length of the ring in the middle of the stroke."""
    return float((body / 255).sum() / (np.pi * (20 - THIN)))


@pytest.mark.parametrize(("height", "width"), [(90, 40), (40, 90), (13, 6), (400, 300)])
def test_the_box_becomes_twenty_and_keeps_its_proportion(height: int, width: int) -> None:
    outline = np.ones((height, width))
    pen = max(1, max(height, width) // 8)
    outline[pen:-pen, pen:-pen] = 0
    body = align(outline).body
    assert max(body.shape) == 20
    assert abs(body.shape[0] / body.shape[1] - height / width) < 0.15 * height / width


@pytest.mark.parametrize("side", [16, 60, 300])
def test_thin_and_thick_pens_come_to_the_same(side: int) -> None:
    thin, thick = (thickness(align(ring(side, share * side)).body) for share in (0.05, 0.28))
    assert 0.7 * THIN < thin < 1.4 * THIN
    assert 0.7 * THICK < thick < 1.2 * THICK


def test_the_centre_of_mass_is_the_middle() -> None:
    body = np.zeros((20, 9), np.uint8)
    body[6:, :] = 255
    y, x = ndimage.center_of_mass(centred(body, 28))
    assert abs(y - 14) <= 0.5
    assert abs(x - 14) <= 0.5


def test_a_body_never_leaves_its_frame() -> None:
    body = np.zeros((20, 20), np.uint8)
    body[0, 0] = 255
    frame = centred(body, 28)
    assert frame.sum() == 255


def test_a_dim_digit_is_as_strong_as_a_bright_one() -> None:
    dim, bright = align(0.6 * ring(60, 8)).frame, align(ring(60, 8)).frame
    assert np.abs(dim.astype(int) - bright).mean() < 6


def test_mnist_digits_keep_their_pose(data_dir) -> None:
    """They are in it already: what changes is some sharpness."""
    digits = load("mnist", data_dir=data_dir).train.pixels[:200, 0]
    posed = np.stack([align(digit / 255).frame for digit in digits])
    alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(digits, posed, strict=True)]
    assert np.median(alike) > 0.98
    assert np.quantile(alike, 0.1) > 0.9
