from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simplecell.data.normalise import pad, published, standard
from simplecell.data.sources import load
from simplecell.errors import DataError

RNG = np.random.default_rng(0)


def test_published_values_are_those_of_the_paper() -> None:
    """Brief: F."""
    n = published()
    assert n.shift == pytest.approx(-0.1, abs=1e-12)
    assert n.scale * 255 + n.shift == pytest.approx(1.175, abs=1e-12)


@given(seed=st.integers(0, 100), count=st.integers(1, 40), high=st.integers(1, 255))
def test_standard_gives_mean_0_and_variance_1(seed: int, count: int, high: int) -> None:
    """Brief: C8."""
    pixels = np.random.default_rng(seed).integers(0, high + 1, (count, 1, 4, 5), np.uint8)
    pixels[0, 0, 0, :2] = 0, high
    n = standard(pixels)
    x = n.scale * pixels + n.shift
    assert x.mean() == pytest.approx(0, abs=1e-9)
    assert x.var() == pytest.approx(1, rel=1e-9)


def test_standard_does_not_depend_on_the_order_of_the_pictures() -> None:
    pixels = RNG.integers(0, 256, (3000, 1, 3, 3), np.uint8)
    assert standard(pixels) == standard(pixels[::-1])


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.full((3, 1, 2, 2), 7, np.uint8), "variance 1: all 12 are 7"),
        (np.zeros((0, 1, 2, 2), np.uint8), "variance 1: there are none"),
    ],
)
def test_pixels_without_variance_are_refused(pixels, words: str) -> None:
    with pytest.raises(DataError, match=words):
        standard(pixels)


def test_mnist_as_published_has_mean_0_but_not_variance_1(data_dir: Path) -> None:
    """The paper says "mean roughly 0, variance roughly 1"; of MNIST only the first is true."""
    pixels = load("mnist", size=32, data_dir=data_dir).train.pixels
    measured, n = standard(pixels), published()
    mean = -measured.shift / measured.scale
    assert n.scale * mean + n.shift == pytest.approx(0.03, abs=0.005)
    assert (n.scale / measured.scale) ** 2 == pytest.approx(0.12, abs=0.005)


def test_28_in_32_has_two_lines_of_background_all_round() -> None:
    pixels = RNG.integers(1, 256, (2, 3, 28, 28), np.uint8)
    padded = pad(pixels, 32)
    assert padded.shape == (2, 3, 32, 32)
    assert padded.dtype == np.uint8
    np.testing.assert_array_equal(padded[:, :, 2:30, 2:30], pixels)
    assert padded.sum(dtype=int) == pixels.sum(dtype=int)


def test_an_odd_line_goes_below_and_to_the_right() -> None:
    padded = pad(np.ones((1, 1, 1, 1), np.uint8), (2, 4))
    assert padded[0, 0].tolist() == [[0, 1, 0, 0], [0, 0, 0, 0]]


def test_nothing_to_pad_copies_nothing() -> None:
    pixels = np.ones((1, 1, 3, 4), np.uint8)
    assert pad(pixels, (3, 4)) is pixels


@pytest.mark.parametrize("size", [27, (28, 27), (27, 40)])
def test_padding_never_cuts(size) -> None:
    with pytest.raises(DataError, match=r"pictures of 28x28 do not fit .* never cuts"):
        pad(np.zeros((1, 1, 28, 28), np.uint8), size)


@pytest.mark.parametrize("size", [0, -3, (1, 2, 3), (4, 0), (4.5, 4), ()])
def test_a_size_that_is_none_is_refused(size) -> None:
    with pytest.raises(
        DataError, match=r"size is .*: give one whole number, or \(height, width\)"
    ):
        pad(np.zeros((1, 1, 2, 2), np.uint8), size)
