"""Event files are read back, by a reader of our own and by TensorBoard's where it is there."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simplecell.errors import ModelError
from simplecell.train.history import Epoch
from simplecell.train.loop import Run
from simplecell.train.tensorboard import EventFile, masked, record

Value = int | float | bytes


def records(content: bytes) -> Iterator[bytes]:
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        (check,) = struct.unpack("<I", content[8:12])
        data, rest = content[12 : 12 + length], content[12 + length :]
        assert check == masked(content[:8])
        assert struct.unpack("<I", rest[:4]) == (masked(data),)
        yield data
        content = rest[4:]


def fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """Read protobuf: each field's number and value."""

    def varint() -> int:
        nonlocal data
        number = shift = 0
        while True:
            byte, data = data[0], data[1:]
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while data:
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        length, form = {1: (8, "<d"), 5: (4, "<f")}.get(key & 7, (0, ""))
        length = length or varint()
        taken, data = data[:length], data[length:]
        yield key >> 3, struct.unpack(form, taken)[0] if form else taken


def scalars(path: Path) -> dict[str, list[tuple[int, float]]]:
    first, *rest = records(path.read_bytes())
    assert dict(fields(first))[3] == b"brain.Event:2"
    found: dict[str, list[tuple[int, float]]] = {}
    for data in rest:
        event = dict(fields(data))
        assert isinstance(event[5], bytes) and isinstance(event[2], int)
        for _, value in fields(event[5]):
            assert isinstance(value, bytes)
            pair = dict(fields(value))
            assert isinstance(pair[1], bytes) and isinstance(pair[2], float)
            found.setdefault(pair[1].decode(), []).append((event[2], pair[2]))
    return found


def test_every_epoch_s_figures_are_read_back(train: Callable[..., Run], tmp_path: Path) -> None:
    run = train(callbacks=[EventFile(tmp_path)])
    (path,) = tmp_path.iterdir()
    assert ".tfevents." in path.name
    found = scalars(path)
    for tag, figure in (
        ("loss/training", "train_loss"),
        ("loss/validation", "validation_loss"),
        ("error percent/validation", "validation_error_percent"),
        ("rate", "rate"),
    ):
        wanted = [(row.epoch, getattr(row, figure)) for row in run.history]
        assert found[tag] == [(epoch, pytest.approx(value)) for epoch, value in wanted]


def test_what_was_not_measured_is_not_told(tmp_path: Path) -> None:
    events = EventFile(tmp_path)
    events.begin(1, 1)
    events.epoch(Epoch(300, 1.0, None, None, 0.1, 1.0))
    (path,) = tmp_path.iterdir()
    assert scalars(path) == {
        "loss/training": [(300, 1.0)],
        "rate": [(300, pytest.approx(0.1))],
        "seconds": [(300, 1.0)],
    }


def test_a_run_that_goes_on_adds_a_file(train: Callable[..., Run], tmp_path: Path) -> None:
    for _ in range(2):
        train(callbacks=[EventFile(tmp_path)])
    assert len(list(tmp_path.iterdir())) == 2


def test_the_checksum_is_that_of_the_format() -> None:
    # The record of an empty event: a length of 0, and its checksum as TensorFlow writes it.
    assert record(b"")[:12].hex() == "0000000000000000" + "29039807"


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ModelError, match="taken"):
        EventFile(tmp_path / "taken").begin(1, 1)


def test_tensorboard_itself_reads_it(train: Callable[..., Run], tmp_path: Path) -> None:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="needs the tensorboard package",
    )
    run = train(callbacks=[EventFile(tmp_path)])
    read = accumulator.EventAccumulator(str(tmp_path)).Reload()
    told = [(event.step, event.value) for event in read.Scalars("loss/training")]
    assert told == [(row.epoch, pytest.approx(row.train_loss)) for row in run.history]
