import errno
import os
import secrets
from pathlib import Path

import pytest

from simplecell.errors import ModelError
from simplecell.train import atomic
from simplecell.train.atomic import clear, make_folder, strangers, temporary, write_file

FULL = Path("/dev/full")


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"one")
    write_file(tmp_path / "a", b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"two"


def test_what_a_killed_writer_of_the_file_left_is_removed_and_what_others_write_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = temporary(tmp_path / "a[1]")
    monkeypatch.setattr(os, "getpid", lambda: 2**22 + 1)
    killed, another = temporary(tmp_path / "a[1]"), temporary(tmp_path / "b")
    monkeypatch.setattr(atomic, "_host", lambda: "elsewhere")
    afar = temporary(tmp_path / "a[1]")
    monkeypatch.undo()
    for path in (runs, killed, another, afar):
        path.write_bytes(b"half")
    write_file(tmp_path / "a[1]", b"whole")
    assert {path.name for path in tmp_path.iterdir()} == {
        "a[1]", runs.name, another.name, afar.name,
    }  # fmt: skip


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("number", sorted(atomic.FULL))
def test_no_room_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    write_file(tmp_path / "a", b"before")

    def refuse(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(ModelError, match=r"no space is left for its 5 bytes .*is untouched"):
        write_file(tmp_path / "a", b"after")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"before"


@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no /dev/full")
def test_a_disk_that_is_really_full_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The temporary file stands in for a full disk: writing to it fails as the system fails."""
    path = tmp_path / "a"
    write_file(path, b"before")
    monkeypatch.setattr(secrets, "token_hex", lambda length: "0" * length)
    temporary(path).symlink_to(FULL)
    with pytest.raises(ModelError, match="no space is left for its 5 bytes"):
        write_file(path, b"after")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
    assert path.read_bytes() == b"before"
    assert FULL.is_char_device()


def test_a_first_file_that_finds_no_room_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ModelError, match="nothing was left behind"):
        write_file(tmp_path / "a", b"after")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no folder .*gone"):
        write_file(tmp_path / "gone" / "a", b"")


def test_no_permission_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ModelError, match=r"Permission denied.*\n  Name a folder you may write to"):
        write_file(tmp_path / "a", b"")


def test_a_folder_cannot_be_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(ModelError, match="a file stands there"):
            make_folder(path)
    make_folder(tmp_path)
    make_folder(tmp_path / "b" / "c")
    assert (tmp_path / "b" / "c").is_dir()


def test_what_a_killed_writer_left_is_cleared_and_what_is_being_written_is_not(
    tmp_path: Path,
) -> None:
    mine = temporary(tmp_path / "model.safetensors")
    host = mine.name.split(".")[-4]
    others = (
        f".run.json.{host}.999999999.00000000.tmp",
        ".run.json.elsewhere.1.00000000.tmp",
        ".run.json.123.tmp",
    )
    for name in (mine.name, *others, ".lock", ".holder.json", "mine.txt"):
        (tmp_path / name).write_bytes(b"")
    assert strangers(tmp_path) == ["mine.txt"]
    clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [mine.name, ".lock", ".holder.json", "mine.txt"]
    )


def test_no_two_writers_share_a_name(tmp_path: Path) -> None:
    assert len({temporary(tmp_path / "a") for _ in range(100)}) == 100
