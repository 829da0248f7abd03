"""Pictures in archives and shards, read where they are: the right ones and their classes."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.formats import album_of
from simplecell.data.sources import Dataset, load
from simplecell.data.store import open_store
from simplecell.errors import DataError

Files = dict[str, bytes]
WORDS = ("heron", "owl")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))


def png(shade: int) -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.full((32, 32), shade, np.uint8)).save(held, "png")
    return held.getvalue()


def folders(around: str = "", parts: tuple[str, ...] = ("train/", "test/")) -> Files:
    """Ten pictures of each class in each part: herons are dark, owls are light."""
    return {
        f"{around}{part}{word}/{k}.png": png(10 * k + 130 * (word == "owl"))
        for part in parts
        for word in WORDS
        for k in range(10)
    }


def zipped(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, held in files.items():
            # `writestr` of Python 3.11 asks for a name's last letter.
            with archive.open(zipfile.ZipInfo(name), "w") as member:
                member.write(held)
    return path


def tarred(path: Path, files: Files, mode: str = "w:") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, held in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(held)
            archive.addfile(info, io.BytesIO(held))
    return path


PACK: dict[str, Callable[[Path, Files], Path]] = {
    "birds.zip": zipped,
    "birds.tar": tarred,
    "birds.tar.gz": lambda path, files: tarred(path, files, "w:gz"),
    "birds.tar.bz2": lambda path, files: tarred(path, files, "w:bz2"),
    "birds.tar.xz": lambda path, files: tarred(path, files, "w:xz"),
    "a file without ending": zipped,
}


def right(data: Dataset, learnt: int = 20, tested: int = 20) -> None:
    assert data.classes == WORDS
    assert len(data.train) == learnt
    assert (0 if data.test is None else len(data.test)) == tested
    shades = data.train.pixels.reshape(len(data.train), -1)
    assert (shades == shades[:, :1]).all()
    assert ((shades[:, 0] >= 130) == (data.train.labels == 1)).all()


@pytest.mark.parametrize("name", PACK)
@pytest.mark.parametrize("around", ["", "birds/", "a/b/"])
def test_an_archive_of_a_folder_is_read_as_the_folder_is(
    name: str, around: str, tmp_path: Path
) -> None:
    data = load(PACK[name](tmp_path / name, folders(around)))
    right(data)
    assert data.reading == "fitted"


def test_an_archive_without_parts_has_a_fifth_put_aside(tmp_path: Path) -> None:
    right(load(zipped(tmp_path / "birds.zip", folders(parts=("",)))), 16, 4)


def test_the_cache_answers_until_the_archive_changes(tmp_path: Path) -> None:
    path = zipped(tmp_path / "birds.zip", folders())
    before = load(path).train.pixels
    np.testing.assert_array_equal(load(path).train.pixels, before)
    zipped(path, {name: png(250) for name in folders()})
    assert (load(path).train.pixels == 250).all()


def test_what_macs_and_others_add_is_passed_over(tmp_path: Path) -> None:
    more = {f"__MACOSX/{name}": b"x" for name in folders()} | {"train/heron/Thumbs.db": b"x"}
    right(load(zipped(tmp_path / "birds.zip", folders() | more)))


def test_names_that_chinese_windows_wrote_are_read(tmp_path: Path) -> None:
    path = tmp_path / "birds.zip"
    # zipfile would write UTF-8 and say so; Windows writes GBK and says nothing.
    files = {f"{w}/{k}.png": png(k) for w in ("aa", "bb") for k in range(9)}
    held = zipped(path, files).read_bytes()
    held = held.replace(b"aa/", "鹭/".encode("gbk")).replace(b"bb/", "鸮/".encode("gbk"))
    path.write_bytes(held)
    assert set(load(path).classes) == {"鹭", "鸮"}


def test_a_name_that_leads_out_of_the_archive_leads_nowhere(tmp_path: Path) -> None:
    files = {f"../../{name}": held for name, held in folders().items()}
    right(load(zipped(tmp_path / "birds.zip", files)))
    right(load(tarred(tmp_path / "birds.tar", files)))


@pytest.mark.parametrize("name", ["birds.zip", "birds.tar", "birds.tar.gz"])
def test_a_damaged_archive_is_refused(name: str, tmp_path: Path) -> None:
    path = PACK[name](tmp_path / name, folders())
    whole = path.read_bytes()
    for kept in (len(whole) // 2, 40):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match=name):
            data = load(path)
            # A tar that is cut off has its first pictures; the second part is not all there.
            assert len(data.train) + len(data.test or ()) < 40
            raise DataError(f"{name}: {len(data.train)}")


@pytest.mark.parametrize("nameless", ["", "/", "..", "./"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_member_without_a_name_is_left_out(
    pack: Callable[[Path, Files], Path], nameless: str, tmp_path: Path
) -> None:
    path = pack(tmp_path / "a.bin", {**folders(), nameless: b"odd"})
    assert open_store(path).names() == list(folders())
    assert len(load(str(path)).train.labels) == 20


def test_a_password_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "birds.zip", folders())
    held = bytearray(path.read_bytes())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := held.find(magic, start)) >= 0:
            held[start + at] |= 1
            start += 4
    path.write_bytes(bytes(held))
    with pytest.raises(DataError, match=r"locked by a password"):
        load(path)


def test_a_member_that_lies_about_its_length_is_left_out(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("simplecell.data.store.LARGEST", 1000)
    files = folders() | {"train/owl/large.png": bytes(5000)}
    data = load(zipped(tmp_path / "birds.zip", files))
    (skipped,) = data.skipped
    assert skipped.path == "train/owl/large.png"
    assert "too many for a picture" in skipped.reason


def test_an_archive_of_arrays_is_read_as_its_folder_is(
    x: Any, y: Any, tmp_path: Path, idx_bytes: Any
) -> None:
    files = {
        "raw/train-images-idx3-ubyte": idx_bytes(x),
        "raw/train-labels-idx1-ubyte": idx_bytes(y.astype(np.uint8)),
    }
    for path in (zipped(tmp_path / "m.zip", files), tarred(tmp_path / "m.tar.gz", files, "w:gz")):
        data = load(path)
        np.testing.assert_array_equal(data.train.pixels[:, 0], x)
        assert data.train.source.startswith(str(path))


def test_arrays_packed_better_than_pictures_are_not_brought_out(
    tmp_path: Path, idx_bytes: Any, monkeypatch: Any
) -> None:
    files = {
        "raw/train-images-idx3-ubyte": idx_bytes(np.zeros((3000, 28, 28), np.uint8)),
        "raw/train-labels-idx1-ubyte": idx_bytes(np.arange(3000, dtype=np.uint8) % 2),
    }
    path = tmp_path / "m.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in files.items():
            archive.writestr(name, held)
    assert len(load(path).train) == 3000
    monkeypatch.setattr("simplecell.data.packed.UNASKED", 1 << 21)
    with pytest.raises(DataError, match=r"m\.zip unpacks to more than .* bytes"):
        load(path)
    with pytest.raises(DataError, match=r"m\.tar\.gz unpacks to more than .* bytes"):
        load(tarred(tmp_path / "m.tar.gz", files, "w:gz"))


def shard(beside: str) -> Files:
    files: Files = {}
    for k in range(20):
        word = WORDS[k % 2]
        files[f"{k:06}.png"] = png(5 * k + 130 * (word == "owl"))
        told = {"cls": word.encode(), "json": json.dumps({"label": word}).encode()}
        files[f"{k:06}.{beside}"] = told[beside]
    return files


@pytest.mark.parametrize("beside", ["cls", "json"])
def test_a_shard_of_webdataset_is_read(beside: str, tmp_path: Path) -> None:
    right(load(tarred(tmp_path / "birds-000.tar", shard(beside))), 16, 4)


def test_shards_in_a_folder_are_one_data_set_with_parts(tmp_path: Path) -> None:
    for name in ("train-000", "train-001", "test-000"):
        tarred(tmp_path / f"{name}.tar", shard("cls"))
    right(load(tmp_path), 40, 20)


def test_examples_without_a_class_are_left_out_or_refused(tmp_path: Path) -> None:
    files = shard("cls")
    del files["000003.cls"]
    album = album_of(tarred(tmp_path / "birds.tar", files))
    assert album.skipped == (("0/000003.png", "nothing says its class"),)
    only = {name: held for name, held in shard("json").items() if name.endswith("png")}
    captions = {name.replace("png", "json"): b'{"caption": "a bird"}' for name in only}
    with pytest.raises(DataError, match=r"of none its class: a .cls file.*\n.*000012.cls beside"):
        load(tarred(tmp_path / "captions.tar", only | captions))


def test_a_file_without_a_name_is_passed_over(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", folders())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo("?"), b"nothing")
    content = path.read_bytes()
    # One byte of a name less, in the list at the end.
    place = content.rindex(b"PK\x01\x02")
    length = place + 28
    shorter = content[:length] + b"\0\0" + content[length + 2 : place + 46] + content[place + 47 :]
    end = shorter.rindex(b"PK\x05\x06")
    size = int.from_bytes(shorter[end + 12 : end + 16], "little") - 1
    path.write_bytes(shorter[: end + 12] + size.to_bytes(4, "little") + shorter[end + 16 :])
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[-1].filename == ""
    right(load(path))
