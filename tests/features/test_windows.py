"""Windows of pictures: cut out, summed, pooled by regions. Brief: C4, C6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from simplecell.errors import DataError
from simplecell.features.windows import box_sums, deviations, map_size, regions, unfold
from simplecell.formulas.examples import standardise

PICTURES = np.random.default_rng(0).random((3, 2, 9, 11))


def test_every_place_gives_its_window() -> None:
    windows = unfold(PICTURES, (4, 3))
    assert windows.shape == (3, 6, 9, 24)
    for n, i, j in [(0, 0, 0), (2, 5, 8), (1, 3, 4)]:
        cut = PICTURES[n, :, i : i + 4, j : j + 3]
        np.testing.assert_array_equal(windows[n, i, j], cut.ravel())


def test_box_sums_are_the_sums_of_the_windows() -> None:
    sums = box_sums(PICTURES, (4, 3))
    np.testing.assert_allclose(sums, unfold(PICTURES, (4, 3)).sum(axis=-1), rtol=1e-14)
    means = uniform_filter(PICTURES.sum(axis=1), (0, 5, 5))[:, 2:-2, 2:-2]
    np.testing.assert_allclose(box_sums(PICTURES, (5, 5)) / 25, means, rtol=1e-12)


def test_deviations_are_those_that_standardise_divides_by() -> None:
    windows = unfold(PICTURES, (3, 3)).reshape(-1, 18)
    away = windows - windows.mean(axis=1, keepdims=True)
    divided = away / deviations(PICTURES, (3, 3), 0.01).reshape(-1, 1)
    np.testing.assert_allclose(divided, standardise(windows, 0.01), rtol=1e-12, atol=1e-15)


def test_a_window_in_which_nothing_varies_has_the_floor_alone() -> None:
    flat = np.full((1, 1, 5, 5), 0.7, np.float32)
    np.testing.assert_allclose(deviations(flat, (3, 3), 1e-4), 0.01, rtol=1e-9)


def test_the_map_is_as_large_as_the_brief_says() -> None:
    assert map_size((96, 96), (8, 8)) == (89, 89)
    assert map_size((10, 7), (10, 7)) == (1, 1)
    with pytest.raises(DataError, match="a patch of 8x3 does not fit in a picture of 7x9"):
        map_size((7, 9), (8, 3))


@given(st.integers(1, 60), st.integers(1, 60))
def test_regions_cover_every_place_once_and_differ_by_one_at_most(length: int, parts: int) -> None:
    if parts > length:
        with pytest.raises(DataError, match=f"a map of {length} places"):
            regions(length, parts)
        return
    cut = regions(length, parts)
    assert [k for part in cut for k in range(length)[part]] == list(range(length))
    sizes = {part.stop - part.start for part in cut}
    assert len(cut) == parts
    assert max(sizes) - min(sizes) <= 1


def test_regions_of_the_tutorial_are_19_places_each() -> None:
    assert regions(57, 3) == [slice(0, 19), slice(19, 38), slice(38, 57)]
