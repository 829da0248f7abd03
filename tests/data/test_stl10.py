"""STL-10, from small files in its format: read right, whole and verified, or not at all."""

import gzip
import hashlib
import io
import tarfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from simplecell.data import stl10
from simplecell.data.patches import take_patches
from simplecell.data.sources import load
from simplecell.data.stl10 import PICTURE, STL10, Archive, read_stl10, unlabelled_stl10
from simplecell.errors import DataError, FetchError

TRAIN, TEST, UNLABELLED = 6, 4, 9
FILE = "stl10_binary.tar.gz"


def shown(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 3, 96, 96), np.uint8)


PIXELS = {"train": shown(TRAIN, 0), "test": shown(TEST, 1), "unlabeled": shown(UNLABELLED, 2)}
LABELS = {"train": np.array([1, 10, 3, 4, 3, 2]), "test": np.array([5, 5, 1, 10])}


def contents() -> dict[str, bytes]:
    """Write the five files as the format's page says: column after column."""
    files = {}
    for name, pixels in PIXELS.items():
        columns = [picture[c, :, j] for picture in pixels for c in range(3) for j in range(96)]
        files[f"{name}_X.bin"] = np.concatenate(columns).tobytes()
    for name, labels in LABELS.items():
        files[f"{name}_y.bin"] = labels.astype(np.uint8).tobytes()
    return files


def packed(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz", compresslevel=1) as archive:
        for name, content in {"class_names.txt": b"airplane\n", **files}.items():
            member = tarfile.TarInfo(f"stl10_binary/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return whole.getvalue()


FILES = contents()
ARCHIVE = packed(FILES)


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], Path]]:
    """Publish an archive on this machine; give the folder of the cache."""
    site, cache = tmp_path / "site", tmp_path / "cache"
    site.mkdir()
    monkeypatch.setenv("SIMPLECELL_CACHE", str(cache))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site))) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/"

        def give(archive: bytes) -> Path:
            md5 = {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}
            sha256 = hashlib.sha256(archive).hexdigest()
            monkeypatch.setattr(stl10, "STL10", Archive(url, FILE, sha256, md5))
            (site / FILE).write_bytes(archive)
            return cache / "stl10"

        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield give
        server.shutdown()
        thread.join()


def kept(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_what_is_published_is_fetched_verified_and_read(publish) -> None:
    cache = publish(ARCHIVE)
    train, test = read_stl10()
    np.testing.assert_array_equal(train.pixels, PIXELS["train"])
    np.testing.assert_array_equal(test.pixels, PIXELS["test"])
    assert train.labels.tolist() == [0, 9, 2, 3, 2, 1]
    assert kept(cache) == sorted([FILE, *(f"stl10_binary/{name}" for name in FILES)])


def test_it_is_a_data_set_like_any_other(publish) -> None:
    publish(ARCHIVE)
    data = load("stl10", size=100)
    assert data.test is not None
    assert data.classes[:4] == ("airplane", "bird", "car", "cat")
    assert data.train.pixels.shape == (TRAIN, 3, 100, 100)
    np.testing.assert_array_equal(data.test.pixels[:, :, 2:-2, 2:-2], PIXELS["test"])


def test_it_is_unpacked_once(publish) -> None:
    cache = publish(ARCHIVE)
    read_stl10()
    (cache / FILE).unlink()
    assert len(read_stl10()[0]) == TRAIN


def test_pictures_without_labels_are_read_one_by_one(publish) -> None:
    publish(ARCHIVE)
    found = unlabelled_stl10()
    assert len(found) == UNLABELLED
    for k in (0, 3, -1):
        np.testing.assert_array_equal(found[k], PIXELS["unlabeled"][k])
    np.testing.assert_array_equal(np.stack(list(found[2:8:3])), PIXELS["unlabeled"][2:8:3])
    with pytest.raises(IndexError):
        found[UNLABELLED]


def test_patches_of_many_pictures_take_the_memory_of_one_picture(tmp_path: Path) -> None:
    """400 pictures are 11 MB; 100,000 differ in nothing but the time."""
    path = tmp_path / "unlabeled_X.bin"
    path.write_bytes(shown(400, 3).tobytes())
    found = stl10.Unlabelled(path, range(400))
    tracemalloc.start()
    try:
        patches = take_patches(found, 2000, 8)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(patches) == 2000
    assert peak < 3 * patches.pixels.nbytes + 10 * PICTURE < 400 * PICTURE / 5


@pytest.mark.parametrize("place", ["stl10/stl10_binary", "stl10", "stl10_binary", "."])
def test_a_named_folder_with_the_files_is_used(publish, place: str, tmp_path: Path) -> None:
    cache = publish(b"nothing is fetched")
    folder = tmp_path / "named" / place
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    assert len(read_stl10(tmp_path / "named")[1]) == TEST
    assert kept(cache) == []


def test_a_named_archive_is_verified_and_unpacked_into_the_cache(publish, tmp_path: Path) -> None:
    cache = publish(ARCHIVE)
    named = tmp_path / "named"
    named.mkdir()
    (named / FILE).write_bytes(ARCHIVE)
    assert len(read_stl10(named)[0]) == TRAIN
    assert kept(named) == [FILE]
    assert kept(cache) == sorted(f"stl10_binary/{name}" for name in FILES)


def test_another_archive_than_the_published_one_is_refused(publish, tmp_path: Path) -> None:
    cache = publish(ARCHIVE)
    (tmp_path / FILE).write_bytes(b"another")
    with pytest.raises(DataError, match=r"is not the published stl10 archive\.\n  its sha256"):
        read_stl10(tmp_path)
    assert kept(cache) == []


def test_a_named_folder_without_it_is_said_with_what_to_do(publish, tmp_path: Path) -> None:
    publish(ARCHIVE)
    with pytest.raises(FetchError) as refused:
        read_stl10(tmp_path / "empty")
    message = str(refused.value)
    assert f"neither {FILE} nor its five files are there" in message
    assert "so nothing is fetched" in message
    assert "2.6 GB" in message


def test_without_a_network_it_says_so(publish, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(ARCHIVE)
    monkeypatch.setenv("SIMPLECELL_MIRROR", "http://127.0.0.1:9")
    with pytest.raises(FetchError, match=rf"stl10 could not be fetched(.|\n)*put {FILE}"):
        read_stl10()


def test_a_file_that_was_changed_is_refused_by_name(publish) -> None:
    cache = publish(ARCHIVE)
    read_stl10()
    path = cache / "stl10_binary" / "test_y.bin"
    path.write_bytes(b"\x01\x02\x03\x04")
    with pytest.raises(
        DataError, match=r"test_y\.bin is not the published stl10 file\.\n  its md"
    ):
        read_stl10()


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (packed({n: c for n, c in FILES.items() if n != "test_y.bin"}), r"hold test_y\.bin\."),
        (b"no archive at all", "is damaged"),
        (ARCHIVE[:30_000], "is damaged"),
        (gzip.compress(b"no tar"), "is damaged"),
    ],
    ids=["lacking", "other", "truncated", "no tar"],
)
def test_an_archive_that_holds_something_else_leaves_no_half_file(
    publish, archive: bytes, words: str
) -> None:
    cache = publish(archive)
    with pytest.raises(DataError, match=words):
        read_stl10()
    for path in (cache / "stl10_binary").iterdir():
        assert path.read_bytes() == FILES[path.name]


def test_bytes_that_are_no_pictures_are_refused() -> None:
    with pytest.raises(DataError, match=r"file: 27,647 bytes are no whole number of pictures"):
        stl10.pictures(np.zeros(PICTURE - 1, np.uint8), "file")


def test_a_label_out_of_range_is_refused(publish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "train_y.bin", bytes([1, 2, 3, 0, 11, 4]))
    publish(packed(FILES))
    with pytest.raises(DataError, match=r"train_y\.bin: label 3 is 0; classes are 1 to 10"):
        read_stl10()


def test_the_published_hashes_are_whole() -> None:
    assert len(bytes.fromhex(STL10.sha256)) == 32
    assert {len(bytes.fromhex(md5)) for md5 in STL10.md5.values()} == {16}
    assert len(set(STL10.md5.values())) == len(FILES) == 5


def test_reduced_pictures_keep_their_mean_and_their_place() -> None:
    smooth = np.add.outer(np.arange(96), np.arange(96)).astype(np.uint8)[None, None]
    small = stl10.two_thirds(smooth)
    assert small.shape == (1, 1, 64, 64)
    middles = (np.arange(64) + 0.5) * 1.5 - 0.5
    assert np.abs(small[0, 0] - np.add.outer(middles, middles)).max() < 1
    noise = shown(2, 5)
    means = stl10.two_thirds(noise).mean(axis=(2, 3))
    np.testing.assert_allclose(means, noise.mean(axis=(2, 3)), atol=0.1)
