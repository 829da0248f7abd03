"""What `look` finds in a data set: counts, sizes, and the doubts that are right, and no others."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.sources import load
from simplecell.data.survey import survey

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))


def noise(side: int = 32, low: int = 150) -> Any:
    """A light ground with noise in the middle; no two alike."""
    picture = np.full((side, side), 250, np.uint8)
    inner = slice(side // 4, 3 * side // 4)
    picture[inner, inner] = RNG.integers(low - 100, low, picture[inner, inner].shape)
    return picture


def put(path: Path, picture: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Twenty pictures of each of three classes, of which nothing is in doubt."""
    for name in "abc":
        for k in range(20):
            put(tmp_path / "own" / name / f"{k}.png", noise(20 + k))
    return tmp_path / "own"


def doubts(folder: Path) -> dict[str, Any]:
    return {doubt.kind: dict(doubt.told) for doubt in survey(str(folder)).doubts}


def test_a_sound_folder_is_counted_measured_and_not_doubted(own: Path) -> None:
    found = survey(str(own))
    assert found.learnt.tolist() == [16, 16, 16]
    assert found.tested.tolist() == [4, 4, 4]
    assert found.sizes == ((20, 20), (30, 30), (39, 39))
    assert not found.coloured
    assert [len(some) for some in found.examples] == [8, 8, 8]
    assert found.doubts == ()


def test_few_pictures_and_uneven_classes_are_doubted(own: Path) -> None:
    for k in range(8):
        put(own / "d" / f"{k}.png", noise())
    assert doubts(own)["few"] == {"names": "d", "most": 10}
    for k in range(400):
        put(own / "a" / f"more{k}.png", noise())
    for k in range(8, 20):
        put(own / "d" / f"{k}.png", noise())
    assert doubts(own)["uneven"] == {"most": "a", "least": "b", "times": 21}


def test_one_picture_in_two_classes_is_doubted(own: Path) -> None:
    same = noise()
    put(own / "a" / "x.png", same)
    put(own / "b" / "y.png", same)
    # One of the two may have been put aside for the test: then it comes second.
    found = doubts(own)["twins"]
    assert (found["count"], {found["one"], found["other"]}) == (1, {"a", "b"})


def test_test_pictures_that_are_learnt_from_are_doubted(own: Path) -> None:
    for name in "abc":
        for path in sorted((own / name).iterdir()):
            picture = np.asarray(Image.open(path))
            put(own.parent / "parts" / "train" / name / path.name, picture)
            put(own.parent / "parts" / "test" / name / path.name, picture)
    assert doubts(own.parent / "parts")["both"] == {"count": 60, "all": 60}


def test_blank_pictures_and_mixed_grounds_are_doubted(own: Path) -> None:
    for k in range(9):
        put(own / "a" / f"blank{k}.png", np.full((30, 30), 250, np.uint8))
    assert 5 <= doubts(own)["blank"]["count"] <= 9
    for k in range(20):
        put(own / "b" / f"dark{k}.png", 255 - noise())
    assert 15 <= doubts(own)["grounds"]["light"] <= 85


def test_textures_have_no_ground_to_be_mixed(tmp_path: Path) -> None:
    y, x = np.mgrid[:48, :48]
    for name, pitch in {"fine": 1.1, "coarse": 0.4}.items():
        for k in range(20):
            waves = np.sin(pitch * (x + y * RNG.uniform(-1, 1)) + RNG.uniform(0, 6))
            put(tmp_path / "own" / name / f"{k}.png", np.uint8(127 + 100 * waves))
    found = survey(str(tmp_path / "own"))
    assert (found.doubts, found.cropped) == ((), ())


def test_what_cropping_would_do_is_there_to_be_seen(own: Path) -> None:
    found = survey(str(own))
    assert [some.shape for some in found.cropped] == [some.shape for some in found.examples]
    assert not np.array_equal(found.cropped[0], found.examples[0])


def test_sizes_that_differ_much_are_doubted(own: Path) -> None:
    put(own / "a" / "large.png", noise(400))
    assert doubts(own)["sizes"] == {"small": "20x20", "large": "400x400"}


def test_classes_that_the_kind_of_file_tells_apart_are_doubted(own: Path) -> None:
    for k, path in enumerate(sorted((own / "a").iterdir())):
        put(own / "a" / f"{k}.jpg", np.asarray(Image.open(path)))
        path.unlink()
    for path in [*(own / "c").iterdir()]:
        path.unlink()
    (own / "c").rmdir()
    assert doubts(own)["endings"] == {"told": "a .jpg, b .png"}


def test_files_left_out_are_doubted(own: Path) -> None:
    (own / "a" / "broken.png").write_text("no picture")
    told = doubts(own)["skipped"]
    assert told["path"] == "a/broken.png"
    assert told["count"] == 1


def test_arrays_are_looked_at_too(x: Any, y: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=x, y=y)
    found = survey(str(tmp_path / "d.npz"))
    assert found.sizes == ((28, 28),) * 3
    assert [doubt.kind for doubt in found.doubts] == ["few", "no test"]
    assert found.data.notes == load(tmp_path / "d.npz").notes
