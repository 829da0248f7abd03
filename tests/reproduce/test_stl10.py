"""The course's experiment runs on STL-10 where it is, and says so where it is not."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from simplecell.data import stl10 as data
from simplecell.data.photographs import bundled_photographs
from simplecell.reproduce.stl10 import EXPERIMENT, coloured, material, tiles


def silent(line: str) -> None:
    pass


def test_stl10_is_used_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(1, 11, dtype=np.uint8)
    pixels = rng.integers(0, 256, (10, 3 * 96 * 96), np.uint8)
    files = {f"{part}_X.bin": pixels.tobytes() for part in ("train", "test", "unlabeled")}
    files |= {f"{part}_y.bin": labels.tobytes() for part in ("train", "test")}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(data, "STL10", data.Archive("", "", "", md5))
    monkeypatch.setenv("SIMPLECELL_DATA", str(tmp_path))
    found = material(0, False, silent)
    assert found.why == ""
    assert len(found.unlabelled) == 10
    # airplane, car, cat, dog are STL-10's classes 1, 3, 4, 6.
    assert found.train.labels.tolist() == [0, 1, 2, 3]
    assert found.train.pixels.shape == found.test.pixels.shape == (4, 3, 64, 64)
    wanted = data.pictures(pixels[[0, 2, 3, 5]].ravel(), "test")
    np.testing.assert_array_equal(found.train.pixels, data.two_thirds(wanted))


def test_where_it_is_not_the_reason_is_said_without_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMPLECELL_DATA", str(tmp_path))
    heard: list[str] = []
    found = material(0, False, heard.append)
    assert found.why == "it is not in the folder that SIMPLECELL_DATA names"
    assert "STL-10 cannot be had, and two photographs take its place" in heard[0]
    assert str(tmp_path) in heard[0]
    assert (len(found.train), len(found.test)) == (2000, 3200)


def test_tiles_of_the_two_sides_share_no_pixel() -> None:
    photographs = bundled_photographs(3)
    numbered = [
        np.arange(427 * 640).reshape(1, 427, 640).repeat(3, axis=0) % 640 // 3 for _ in photographs
    ]
    left, right = (
        tiles(numbered, 40, side, np.random.default_rng(side)).pixels for side in (0, 1)
    )
    # Column 320, where the right half begins, is number 106, and so is column 319.
    assert left.max() <= 106 <= right.min()
    assert right.max() > 200
    assert np.bincount(tiles(photographs, 40, 0, np.random.default_rng(0)).labels).tolist() == [
        *[10] * 4
    ]


def test_grey_patterns_have_no_colour_and_opposed_ones_nothing_else() -> None:
    grey = np.random.default_rng(0).normal(size=(1, 1, 8, 8)).repeat(3, axis=1)
    opposed = grey * np.array([1.0, 0, -1]).reshape(3, 1, 1)
    np.testing.assert_allclose(coloured(np.concatenate([grey, opposed])), [0, 1], atol=1e-12)


def test_a_quick_look_goes_the_whole_way() -> None:
    found = EXPERIMENT.tasks["colour"](0, True, silent)
    assert found["pooled_features"] == 9 * found["features"]
    assert found["stl10"] is False
    assert "stl10_accuracy_percent" not in found
    assert found["photographs_accuracy_percent"] == found["accuracy_percent"] > 30
    assert EXPERIMENT.tables is not None
    table = EXPERIMENT.tables({"colour": {0: found}})[0]
    assert table.rows == (("0", "tiles of two photographs", "a quick look fetches nothing"),)
