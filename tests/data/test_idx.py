"""A damaged IDX file is refused by name, byte and reason.   Brief: the data row of house.md"""

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from simplecell.data.idx import read_idx
from simplecell.errors import DataError

IdxBytes = Callable[[NDArray[np.uint8]], bytes]
CUBE = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[bytes], str]:
    """Write bytes to cube.idx, read them, give the message of the refusal."""

    def read(data: bytes) -> str:
        path = tmp_path / "cube.idx"
        path.write_bytes(data)
        with pytest.raises(DataError) as refusal:
            read_idx(path)
        assert str(path) in str(refusal.value)
        return str(refusal.value)

    return read


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4), (1, 2, 3, 4, 5)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_any_rank_comes_back_packed_or_not_whatever_the_name(
    shape: tuple[int, ...], pack: Callable[[bytes], bytes], tmp_path: Path, idx_bytes: IdxBytes
) -> None:
    values = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    path = tmp_path / "values"
    path.write_bytes(pack(idx_bytes(values)))
    back = read_idx(path)
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, values)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.idx cannot be read: No such file"):
        read_idx(tmp_path / "nowhere.idx")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_idx(tmp_path)


def test_the_wrong_magic_is_named_with_what_was_found(refused: Callable[[bytes], str]) -> None:
    message = refused(b"\x89PNG\r\n\x1a\n" + bytes(40))
    assert "byte 0: wrong magic number: found 89 50 4e 47" in message
    assert "00 00 08 03" in message


def test_an_unknown_type_is_a_wrong_magic(
    refused: Callable[[bytes], str], idx_bytes: IdxBytes
) -> None:
    assert "wrong magic number: found 00 00 07 03" in refused(b"\0\0\x07" + idx_bytes(CUBE)[3:])


@pytest.mark.parametrize("code", [0x09, 0x0B, 0x0C, 0x0D, 0x0E])
def test_other_types_are_read_highest_byte_first(code: int, tmp_path: Path) -> None:
    kind = {0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}[code]
    values = np.array([[1, -2, 3], [100, 5, -6]], kind)
    path = tmp_path / "values.idx"
    path.write_bytes(bytes((0, 0, code, 2, 0, 0, 0, 2, 0, 0, 0, 3)) + values.tobytes())
    np.testing.assert_array_equal(read_idx(path), values)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="= 6 values, and 5 follow byte 12"):
        read_idx(path)


@pytest.mark.parametrize("rank", [0, 9, 255])
def test_an_impossible_rank_is_named(rank: int, refused: Callable[[bytes], str]) -> None:
    assert f"byte 3: the rank is {rank}" in refused(bytes([0, 0, 8, rank]) + bytes(2000))


def test_an_axis_of_nothing_is_named(refused: Callable[[bytes], str]) -> None:
    message = refused(bytes([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 0]))
    assert "byte 8: an axis of 3 x 0 is 0: the file is empty" in message


@pytest.mark.parametrize("length", [0, 1, 3])
def test_a_file_that_ends_in_the_magic_is_named(
    length: int, refused: Callable[[bytes], str], idx_bytes: IdxBytes
) -> None:
    assert f"byte {length}: the file ends inside the header" in refused(idx_bytes(CUBE)[:length])


def test_a_file_that_ends_in_the_header_is_named(
    refused: Callable[[bytes], str], idx_bytes: IdxBytes
) -> None:
    assert "byte 13: the file ends inside its header of 16 bytes" in refused(idx_bytes(CUBE)[:13])


def test_a_truncated_file_is_named(refused: Callable[[bytes], str], idx_bytes: IdxBytes) -> None:
    message = refused(idx_bytes(CUBE)[:-5])
    assert "byte 4: the header promises 2 x 3 x 4 = 24 values, and 19 follow byte 16" in message
    assert "truncated" in message
    assert "again" in message


def test_a_truncated_file_inside_whole_gzip_is_named(
    refused: Callable[[bytes], str], idx_bytes: IdxBytes
) -> None:
    message = refused(gzip.compress(idx_bytes(CUBE)[:-5]))
    assert "unpacked byte 4: the header promises 2 x 3 x 4 = 24 values, and 19" in message


def test_truncated_gzip_is_named(refused: Callable[[bytes], str], idx_bytes: IdxBytes) -> None:
    packed = gzip.compress(idx_bytes(CUBE))
    message = refused(packed[:-3])
    assert f"byte {len(packed) - 3}: the file is truncated" in message


def test_corrupt_gzip_is_caught_by_its_checksum(
    refused: Callable[[bytes], str], idx_bytes: IdxBytes
) -> None:
    packed = bytearray(gzip.compress(idx_bytes(CUBE)))
    packed[-8] ^= 1
    assert "gzip data are damaged: CRC check failed" in refused(bytes(packed))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_trailing_bytes_are_refused(
    pack: Callable[[bytes], bytes], refused: Callable[[bytes], str], idx_bytes: IdxBytes
) -> None:
    assert "byte 40: data follow where the file should end" in refused(
        pack(idx_bytes(CUBE) + b"x")
    )


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_a_header_that_asks_for_an_exabyte_allocates_nothing(
    pack: Callable[[bytes], bytes], refused: Callable[[bytes], str]
) -> None:
    head = bytes([0, 0, 8, 3]) + b"\xff\xff\xff\xff" * 3
    tracemalloc.start()
    try:
        message = refused(pack(head + bytes(100)))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "4294967295 x 4294967295 x 4294967295" in message
    assert peak_bytes < 1_000_000


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_damage_is_ever_a_traceback(
    data: st.DataObject, tmp_path: Path, idx_bytes: IdxBytes
) -> None:
    """Bytes changed, cut off or put in anywhere: the file is refused or still reads as IDX."""
    whole = idx_bytes(CUBE)
    damaged = bytearray(gzip.compress(whole, mtime=0) if data.draw(st.booleans()) else whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(0, len(damaged) - 1)))
        match data.draw(st.sampled_from(["change", "cut", "insert"])):
            case "change" if damaged:
                damaged[at] = data.draw(st.integers(0, 255))
            case "cut":
                del damaged[at:]
            case _:
                damaged[at:at] = data.draw(st.binary(max_size=4))
    path = tmp_path / "damaged"
    path.write_bytes(bytes(damaged))
    try:
        values = read_idx(path)
    except DataError as refusal:
        assert str(path) in str(refusal)
    else:
        assert values.dtype == np.uint8


def test_a_large_file_is_mapped_and_never_written_to(
    tmp_path: Path, idx_bytes: IdxBytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simplecell.data import idx, npz

    for module in (idx, npz):
        monkeypatch.setattr(module, "MAPPED", 1)
    path, other = tmp_path / "images.idx", tmp_path / "images.npy"
    path.write_bytes(idx_bytes(CUBE))
    np.save(other, CUBE)
    for file, read in ((path, idx.read_idx), (other, npz.read_single)):
        before, values = file.read_bytes(), read(file)
        assert isinstance(values, np.memmap)
        np.testing.assert_array_equal(values, CUBE)
        values[:] = 0
        assert file.read_bytes() == before
    path.write_bytes(idx_bytes(CUBE)[:-1])
    with pytest.raises(DataError, match="truncated"):
        idx.read_idx(path)
