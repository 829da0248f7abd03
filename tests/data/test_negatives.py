import numpy as np
import pytest

from simplecell.data import negatives as room
from simplecell.data.negatives import SIGNS, negatives
from simplecell.data.sources import load


@pytest.fixture
def digits() -> tuple[np.ndarray, np.ndarray]:
    part = load("digits", size=28).train
    return part.pixels[:300], part.labels[:300]


def test_each_picture_is_of_its_own_and_stands_in_the_frame(digits) -> None:
    made = negatives(*digits, 200, seed=1)
    assert made.shape == (200, 1, 28, 28)
    assert made.dtype == np.uint8
    assert len({picture.tobytes() for picture in made}) > 190
    assert (made.max(axis=(1, 2, 3)) > 60).mean() > 0.97


def test_the_seed_decides_everything(digits) -> None:
    one, same, other = (negatives(*digits, 100, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_signs_that_pass_for_digits_are_not_among_them() -> None:
    assert not set(SIGNS) & set("bBgIloOqQsSzZ0123456789|/")


def test_without_a_font_it_is_scribbled(digits, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(size: int) -> None:
        raise ImportError("no FreeType")

    room._letters.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(room.ImageFont, "load_default", none)
        assert negatives(*digits, 80, seed=1).shape == (80, 1, 28, 28)
    room._letters.cache_clear()
