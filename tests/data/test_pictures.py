import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simplecell.data import thumbnails
from simplecell.data.sources import by_names, load
from simplecell.errors import DataError

RNG = np.random.default_rng(0)
COLOURS = {"blue": (30, 40, 200), "red": (210, 40, 30), "white": (240, 240, 240)}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "albums"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Ten pictures of each of three colours, of many sizes, modes and formats."""
    folder = tmp_path / "own"
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for k in range(10):
            height, width = RNG.integers(8, 90, 2)
            picture = Image.new("RGB", (int(width), int(height)), colour)
            ending, mode = (("png", "RGBA"), ("jpg", "RGB"), ("bmp", "RGB"), ("tif", "CMYK"))[
                k % 4
            ]
            picture.convert(mode).save(folder / name / f"{k}.{ending}")
    return folder


def bomb(path: Path) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    chunks = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    chunks += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def test_a_folder_of_class_folders_is_a_data_set(own: Path) -> None:
    data = load(own)
    assert (data.name, data.classes, data.reading) == ("own", ("blue", "red", "white"), "fitted")
    assert data.test is not None
    assert data.train.pixels.shape == (24, 1, 32, 32)
    assert np.bincount(data.train.labels).tolist() == [8, 8, 8]
    assert np.bincount(data.test.labels).tolist() == [2, 2, 2]


def test_size_and_colour_are_as_asked_for(own: Path) -> None:
    data = load(own, size=(20, 30), channels=3)
    assert data.train.pixels.shape[1:] == (3, 20, 30)
    for label, colour in enumerate(COLOURS.values()):
        shades = data.train.pixels[data.train.labels == label]
        # Alike to the edges: what is beside the picture has the shade of its edge.
        assert np.abs(shades.astype(int) - np.reshape(colour, (3, 1, 1))).max() < 12


def test_the_split_is_the_same_every_time(own: Path) -> None:
    one, other = load(own), load(own)
    np.testing.assert_array_equal(one.train.pixels, other.train.pixels)


def test_files_that_cannot_be_read_are_left_out_and_listed(own: Path) -> None:
    (own / "red" / "notes.png").write_text("no picture")
    (own / "red" / "empty.png").touch()
    (own / "blue" / "cut.jpg").write_bytes((own / "blue" / "1.jpg").read_bytes()[:200])
    Image.new("L", (1, 1)).save(own / "blue" / "dot.png")
    bomb(own / "white" / "bomb.png")
    data = load(own)
    assert len(data.train) == 24
    reasons = dict(data.skipped)
    assert reasons.keys() == {
        "blue/cut.jpg",
        "blue/dot.png",
        "red/empty.png",
        "red/notes.png",
        "white/bomb.png",
    }
    assert reasons["red/notes.png"].startswith("no picture: Pillow knows no format")
    assert reasons["white/bomb.png"].startswith("too large a picture")
    assert reasons["blue/dot.png"] == "has 1x1 pixels: too few to learn."
    assert "5 files were left out." in data.notes
    # The second time they come from the cache, with the same reasons.
    assert load(own).skipped == data.skipped


def test_a_class_that_cannot_be_read_is_left_out(own: Path) -> None:
    (own / "alas").mkdir()
    (own / "alas" / "x.png").write_text("no picture")
    data = load(own)
    assert data.classes == ("blue", "red", "white")
    assert np.bincount(data.train.labels).tolist() == [8, 8, 8]
    assert "no picture of alas can be read: the class is left out." in data.notes


def test_nothing_to_read_in_all_classes_but_one_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "own" / name).mkdir(parents=True)
        (tmp_path / "own" / name / "x.png").write_text("no picture")
    Image.new("L", (9, 9)).save(tmp_path / "own" / "a" / "y.png")
    with pytest.raises(
        DataError, match=r"of 3 pictures 1 can be read, of 1 classes; .*\n.*a/x.png"
    ):
        load(tmp_path / "own")


def test_the_cache_answers_until_a_file_changes(
    own: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load(own)
    assert len(list(cache.glob("*.npy"))) == 1
    with monkeypatch.context() as patch:
        patch.setattr(
            "simplecell.data.imagefolder.decode", lambda *_: pytest.fail("decoded again")
        )
        np.testing.assert_array_equal(load(own).train.pixels, before.train.pixels)
    Image.new("L", (9, 9), 77).save(own / "red" / "0.png")
    os.utime(own / "red" / "0.png", ns=(1, 1))
    after = load(own)
    changed = (before.train.pixels != after.train.pixels).any() or (
        before.test is not None
        and after.test is not None
        and (before.test.pixels != after.test.pixels).any()
    )
    assert changed
    # What was kept of the folder as it was is gone.
    assert len(list(cache.glob("*.npy"))) == 1
    assert not list(cache.glob("*.tmp"))


def test_a_damaged_cache_is_made_anew(own: Path, cache: Path) -> None:
    before = load(own)
    (kept,) = cache.glob("*.npy")
    kept.write_bytes(b"damaged")
    np.testing.assert_array_equal(load(own).train.pixels, before.train.pixels)


def test_without_a_cache_it_works_too(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load(own)
    (tmp_path / "file").touch()
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "file"))
    np.testing.assert_array_equal(load(own).train.pixels, before.train.pixels)
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "full"))
    monkeypatch.setattr(thumbnails, "SPARE", 1e18)
    np.testing.assert_array_equal(load(own).train.pixels, before.train.pixels)


def test_a_folder_and_a_list_in_it_are_kept_side_by_side(
    own: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{p.parent.name}/{p.name},{p.parent.name}" for p in own.rglob("1.*")]
    (own / "some.csv").write_text("\n".join(["path,label", *rows]))
    folder, some = load(own), load(own / "some.csv")
    assert len(list(cache.glob("*.npy"))) == 2
    monkeypatch.setattr(
        "simplecell.data.imagefolder.decode", lambda *_: pytest.fail("decoded again")
    )
    np.testing.assert_array_equal(load(own).train.pixels, folder.train.pixels)
    np.testing.assert_array_equal(load(own / "some.csv").train.pixels, some.train.pixels)


def test_a_folder_called_like_a_data_set_is_not_taken_for_it_in_silence(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load("digits").notes == ()
    own.rename(own.parent / "digits")
    monkeypatch.chdir(own.parent)
    bundled, folder = load("digits"), load("./digits")
    assert (len(bundled.classes), len(folder.classes)) == (10, 3)
    assert bundled.notes == (
        "digits is the data set of that name; the folder of pictures here is ./digits.",
    )
    assert folder.notes == ()


def test_given_parts_stay_apart(own: Path) -> None:
    rows = ["path,label,split"]
    for name in COLOURS:
        rows += [f"{name}/{p.name},{name},{'test' if p.stem == '3' else 'train'}"
                 for p in (own / name).iterdir()]  # fmt: skip
    (own / "list.csv").write_text("\n".join(rows))
    data = load(own / "list.csv")
    assert data.test is not None
    assert (data.name, len(data.train), len(data.test)) == ("list.csv", 27, 3)


def test_two_pictures_are_too_few_for_a_test_part(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "own" / name).mkdir(parents=True)
        Image.new("L", (9, 9)).save(tmp_path / "own" / name / "y.png")
    data = load(tmp_path / "own")
    assert data.test is None
    assert len(data.train) == 2
    assert "there are too few pictures to put some aside for a test." in data.notes


def test_other_classes_than_the_models_are_refused(own: Path) -> None:
    data = load(own)
    assert by_names(data, ("blue", "red", "white")) is data
    with pytest.raises(DataError, match=r"classes blue, red, white; the model knows blue, green"):
        by_names(data, ("blue", "green", "white"))
    by_names(load("digits"), ("nought", "one"))


def test_classes_are_the_models_by_name_and_not_by_place(own: Path, tmp_path: Path) -> None:
    data = by_names(load(own), ("black", "white", "red", "blue"))
    assert data.classes == ("black", "white", "red", "blue")
    assert np.bincount(data.train.labels).tolist() == [0, 8, 8, 8]
    # The white pictures are still the lightest.
    assert data.train.pixels[data.train.labels == 1].min() > 200
    np.savez(tmp_path / "some.npz", x=np.zeros((3, 8, 8), np.uint8), y=[3, 9, 4])
    numbers = by_names(load(tmp_path / "some.npz"), tuple("0123456789"))
    assert numbers.train.labels.tolist() == [3, 9, 4]


def test_turned_photos_are_upright(own: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    half = np.zeros((40, 40), np.uint8)
    half[:20] = 255  # at the top as it is stored, at the right as it is seen
    for name in COLOURS:
        for path in (own / name).iterdir():
            path.unlink()
        Image.fromarray(half).save(own / name / "photo.jpg", exif=exif, quality=100)
    seen = load(own).train.pixels[0, 0].astype(int)
    assert seen[:, 17:].min() > 230
    assert seen[:, :15].max() < 25
