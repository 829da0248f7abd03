import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from simplecell.engines.protocol import State
from simplecell.errors import ModelError
from simplecell.train.checkpoint import (
    CHECKPOINT,
    VERSION,
    Checkpoint,
    read_arrays,
    read_checkpoint,
    write_arrays,
    write_checkpoint,
)
from simplecell.train.history import Epoch

ARRAYS = {
    "b": np.linspace(-1, 1, 7),
    "a": np.arange(6, dtype=np.float32).reshape(2, 3).T,
    "n": np.zeros(0),
}
KIND = "simplecell.thing"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "thing.safetensors"
    write_arrays(path, KIND, ARRAYS, {"note": "é"})
    return path


def test_arrays_survive_to_the_last_bit(file: Path) -> None:
    arrays, document = read_arrays(file, KIND)
    assert set(arrays) == set(ARRAYS)
    for name, value in ARRAYS.items():
        assert arrays[name].dtype == value.dtype
        assert arrays[name].tobytes() == np.ascontiguousarray(value).tobytes()
        assert arrays[name].flags.writeable
    assert document == {"format": KIND, "version": VERSION, "note": "é"}


def test_equal_contents_give_equal_bytes(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_arrays(other, KIND, dict(reversed(ARRAYS.items())), {"note": "é"})
    assert other.read_bytes() == file.read_bytes()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no file .*gone.safetensors"):
        read_arrays(tmp_path / "gone.safetensors", KIND)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_with_both_sizes(file: Path, share: float) -> None:
    whole = file.read_bytes()
    kept = int(share * len(whole))
    file.write_bytes(whole[:kept])
    with pytest.raises(ModelError, match=rf"is truncated: {kept:,} bytes are there, and its"):
        read_arrays(file, KIND)


def test_every_single_byte_less_is_noticed(file: Path) -> None:
    whole = file.read_bytes()
    for kept in range(len(whole)):
        file.write_bytes(whole[:kept])
        with pytest.raises(ModelError, match="is truncated"):
            read_arrays(file, KIND)


# The first bytes of pickle.dumps({"w": 1}, protocol), written out: no pickle is made here.
PICKLES = [
    bytes.fromhex("8002 7d71 0058 0100 0000 7771 014b 0173 2e"),
    bytes.fromhex("8004 950a 0000 0000 0000 007d 948c 0177 944b 0173 2e"),
]


@pytest.mark.parametrize("content", PICKLES)
def test_a_pickle_is_refused_unopened(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ModelError, match="is not a model: it is a Python pickle, which can run"):
        read_arrays(file, KIND)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04" + bytes(40), "a zip archive, as torch.save and numpy.savez write"),
        (b"\x93NUMPY\x01\x00" + bytes(40), "a NumPy array"),
        (b"\x89HDF\r\n\x1a\n" + bytes(40), "an HDF5 file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a PNG image"),
        (b"hello, this is text", "no safetensors file: it starts with b'hello, t'"),
    ],
)
def test_other_formats_are_refused_by_name(file: Path, content: bytes, what: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ModelError, match="is not a model") as refusal:
        read_arrays(file, KIND)
    assert f"it is {what}" in str(refusal.value)


def test_a_header_as_long_as_a_pickle_begins_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A header of 0x0280 bytes begins with the bytes 80 02, as a pickle does."""
    monkeypatch.setattr(os, "fsync", lambda number: None)
    path = tmp_path / "a"
    for extra in range(800):
        write_arrays(path, KIND, {}, {"note": "x" * extra})
        if path.read_bytes()[:2] == b"\x80\x02":
            assert read_arrays(path, KIND)[1]["note"] == "x" * extra
            return
    pytest.fail("no header of 640 bytes was met")


def test_strangers_safetensors_are_refused(file: Path) -> None:
    file.write_bytes(save({"a": np.zeros(2)}))
    with pytest.raises(ModelError, match="a safetensors file that simplecell did not write"):
        read_arrays(file, KIND)


def test_another_kind_is_refused(file: Path) -> None:
    with pytest.raises(ModelError, match=r"is a simplecell.thing file; a simplecell.model file"):
        read_arrays(file, "simplecell.model")


@pytest.mark.parametrize("version", [VERSION + 1, 0, "1", None])
def test_a_newer_version_is_refused(file: Path, version: Any) -> None:
    text = json.dumps({"format": KIND, "version": version})
    file.write_bytes(save({}, {"simplecell": text}))
    with pytest.raises(ModelError, match=rf"version {version!r}; this simplecell reads.*1 to 1"):
        read_arrays(file, KIND)


def _with_header(header: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header


@pytest.mark.parametrize(
    "content",
    [
        _with_header(b'{"a": '),
        _with_header(b'{"a": 3}'),
        _with_header(b'{"a": {"data_offsets": "x"}}'),
        _with_header(b'{"__metadata__": {"simplecell": "{"}}'),
        _with_header(b'{"__metadata__": {"simplecell": "[]"}}'),
        _with_header(b'{"__metadata__": {"simplecell": 3}}'),
        _with_header(b'{"__metadata__": 3}'),
    ],
)
def test_a_damaged_description_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ModelError, match="is damaged"):
        read_arrays(file, KIND)


def test_any_flipped_byte_of_the_header_is_read_or_refused(file: Path) -> None:
    """Whatever a header has become, reading it is no crash."""
    whole = file.read_bytes()
    length = 8 + int.from_bytes(whole[:8], "little")
    for place in range(length):
        for flip in (0x01, 0x20, 0xFF):
            changed = bytearray(whole)
            changed[place] ^= flip
            file.write_bytes(changed)
            try:
                read_arrays(file, KIND)
            except ModelError:
                continue


def _checkpoint() -> Checkpoint:
    rng = np.random.default_rng(0)
    parameters = {"C1.w": rng.random((2, 3)), "C1.b": rng.random(2).astype(np.float32)}
    slots = {"m": {"C1.w": rng.random((2, 3))}, "v": {}}
    history = [Epoch(1, 0.5, 0.25, 1.0, 1e-3, 2.0)]
    return Checkpoint("{}", State(parameters, slots, 17), history, 3, rng.random(3), 4.5)


def test_a_checkpoint_survives_to_the_last_bit(tmp_path: Path) -> None:
    before = _checkpoint()
    write_checkpoint(tmp_path / "c", before)
    after = read_checkpoint(tmp_path / "c")
    assert (after.state.steps, after.step, after.seconds) == (17, 3, 4.5)
    assert after.history == before.history
    assert after.epoch == 1
    assert after.losses.tobytes() == before.losses.tobytes()
    assert set(after.state.slots) == {"m", "v"}
    for name, value in before.state.parameters.items():
        assert after.state.parameters[name].dtype == value.dtype
        assert after.state.parameters[name].tobytes() == value.tobytes()
    assert after.state.slots["m"]["C1.w"].tobytes() == before.state.slots["m"]["C1.w"].tobytes()


def test_a_checkpoint_that_lacks_a_part_is_refused(tmp_path: Path) -> None:
    write_arrays(tmp_path / "c", CHECKPOINT, {}, {"slots": []})
    with pytest.raises(ModelError, match="is damaged: it lacks 'losses'"):
        read_checkpoint(tmp_path / "c")
