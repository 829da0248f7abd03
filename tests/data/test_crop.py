"""The one object of a picture is found on its ground; where there is none, nothing is cropped."""

import numpy as np
from PIL import Image

from simplecell.data.crop import find_object
from simplecell.data.picture import read_fitted


def paper(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    light = np.linspace(150, 190, 60)[None, :, None] + rng.normal(0, 3, (50, 60, 1))
    return np.clip(light + np.zeros(3), 0, 255).astype(np.uint8)


def test_an_object_is_found_on_paper_in_uneven_light() -> None:
    picture = paper()
    picture[8:20, 30:38] = (160, 20, 20)
    box = find_object(np.moveaxis(picture, 2, 0))
    assert box is not None
    assert np.abs(np.array(box) - (8, 30, 20, 38)).max() <= 2


def test_the_same_object_elsewhere_is_read_the_same() -> None:
    read = []
    for top, left in ((5, 5), (25, 40)):
        picture = np.full((50, 60, 3), 200, np.uint8)
        picture[top : top + 14, left : left + 7] = 30
        read.append(read_fitted(Image.fromarray(picture), (1, 32, 32), crop=True))
    assert np.abs(read[0].astype(int) - read[1]).mean() < 1


def test_what_has_no_object_is_fitted_whole() -> None:
    rng = np.random.default_rng(1)
    for pixels in (paper(), rng.integers(0, 256, (50, 60, 3), dtype=np.uint8)):
        picture = Image.fromarray(pixels)
        whole = read_fitted(picture, (1, 32, 32))
        assert np.array_equal(read_fitted(picture, (1, 32, 32), crop=True), whole)
