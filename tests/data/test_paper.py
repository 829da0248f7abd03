import numpy as np
import pytest
from scipy import ndimage

from simplecell.data.paper import read_page

RNG = np.random.default_rng(0)
SHAPE = (120, 100)


def stroke() -> np.ndarray:
    """A ring of ink, 0 to 1."""
    y, x = np.mgrid[:120, :100]
    away = np.abs(np.hypot(y - 60, x - 50) - 25)
    return np.clip(4.5 - away, 0, 1)


def slope(low: float) -> np.ndarray:
    return np.linspace(low, 1, 100)[None] * np.linspace(1, low, 120)[:, None]


def grey(shades: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(shades), 0, 255).astype(np.uint8)


PAGES = {
    "dark on white": (255 - 255 * stroke(), True),
    "light on black": (255 * stroke(), False),
    "grey on grey": (150 - 50 * stroke(), True),
    "in falling light": ((240 - 190 * stroke()) * slope(0.5), True),
    "chalk in falling light": ((60 + 150 * stroke()) * slope(0.6), False),
    "under a soft shadow": (
        (240 - 200 * stroke()) * (0.65 + 0.35 / (1 + np.exp(-(np.mgrid[:120, :100][1] - 45) / 8))),
        True,
    ),
    "in noise": (220 - 150 * stroke() + RNG.normal(0, 12, SHAPE), True),
}


@pytest.mark.parametrize("name", PAGES)
def test_ink_is_found_on_every_ground(name: str) -> None:
    shades, dark = PAGES[name]
    page = read_page(grey(shades))
    assert page.dark_ink == dark
    found, drawn = page.ink > 0.5, stroke() > 0.5
    assert (found & drawn).sum() / (found | drawn).sum() > 0.85
    assert not page.ink[:20].any() or name == "in noise"


def test_the_ground_is_the_paper_also_under_the_strokes() -> None:
    paper = 230 * slope(0.6)
    page = read_page(grey(paper - 120 * stroke() * slope(0.6)))
    assert np.abs(page.ground - paper).max() < 6


def test_polarity_can_be_told() -> None:
    """Of a picture half black and half white nothing but a person knows which is ink."""
    dark = read_page(grey(255 - 255 * stroke()), dark_ink=False)
    assert not dark.dark_ink
    assert dark.ink[60, 25] == 0


@pytest.mark.parametrize("noise", [0, 3, 15])
def test_paper_with_nothing_on_it_is_blank(noise: int) -> None:
    paper = 200 * slope(0.6) + np.random.default_rng(noise).normal(0, noise, SHAPE)
    marks = read_page(grey(paper)).ink > 0.5
    # A speck of noise may stand out; nothing larger does.
    assert (
        ndimage.label(marks)[1] == 0 or np.bincount(ndimage.label(marks)[0].ravel())[1:].max() < 4
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 300)])
def test_no_size_is_too_small(shape: tuple[int, int]) -> None:
    page = read_page(np.full(shape, 90, np.uint8))
    assert page.ink.shape == shape
    assert page.blank


def test_every_number_is_finite_for_any_picture() -> None:
    page = read_page(RNG.integers(0, 256, (40, 30), np.uint8))
    for values in (page.ground, page.flat, page.strength, page.ink):
        assert np.isfinite(values).all()
