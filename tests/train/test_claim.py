"""A run folder has one writer at a time, and who it is can be read."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from simplecell.errors import ModelError
from simplecell.train import loop
from simplecell.train.callbacks import Callback, Progress
from simplecell.train.claim import claim
from simplecell.train.folder import RunFolder
from simplecell.train.loop import Run

Fit = Callable[..., Run]
SOURCES = str(Path(loop.__file__).parents[2])

HOLD = """
import sys
from pathlib import Path
from simplecell.train.claim import claim
with claim(Path(sys.argv[1]), new=True):
    print("held", flush=True)
    sys.stdin.read()
"""

RACE = """
import json, sys
from pathlib import Path
from simplecell.errors import ModelError
from simplecell.train.folder import RunFolder
for line in sys.stdin:
    folder = RunFolder(Path(line.strip()))
    try:
        with folder.claim(new=True):
            folder.start({"network": {}, "data": {}, "recipe": {}, "seed": 0, "engine": "lanes"})
            print("holder", flush=True)
            sys.stdin.readline()
    except ModelError as problem:
        print("refused", str(problem).splitlines()[0], flush=True)
        sys.stdin.readline()
"""


def start(code: str, *told: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )


def read(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def say(process: "subprocess.Popen[str]", line: object) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def test_another_process_is_refused_and_told_who_writes(tmp_path: Path) -> None:
    with start(HOLD, tmp_path) as holder:
        assert read(holder) == "held"
        with pytest.raises(ModelError) as refused, claim(tmp_path, new=True):
            pass
        holder.kill()
    said = str(refused.value)
    who = (
        rf"is being written by process {holder.pid} on {re.escape(socket.gethostname())}, since 20"
    )
    assert re.search(who, said)
    assert "name another folder with --out" in said


def test_a_claim_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    with start(HOLD, tmp_path) as holder:
        assert read(holder) == "held"
        holder.send_signal(signal.SIGKILL)
        holder.wait(120)
        # The record of the holder is still there, and counts for nothing.
        assert json.loads((tmp_path / ".holder.json").read_text())["process"] == holder.pid
    with claim(tmp_path, new=False):
        assert json.loads((tmp_path / ".holder.json").read_text())["process"] == os.getpid()
    assert not (tmp_path / ".holder.json").exists()


def test_another_thread_is_another_holder(tmp_path: Path) -> None:
    said = []

    def second() -> None:
        with pytest.raises(ModelError, match="is being written by process") as refused:  # noqa: SIM117
            with claim(tmp_path, new=True):
                pass
        said.append(refused)

    with claim(tmp_path, new=True):
        thread = Thread(target=second)
        thread.start()
        thread.join()
    assert said


def test_of_two_processes_that_start_at_once_exactly_one_holds_the_folder(tmp_path: Path) -> None:
    with start(RACE) as one, start(RACE) as two:
        for round_ in range(40):
            for process in (one, two):
                say(process, tmp_path / str(round_))
            said = sorted(read(process).split()[0] for process in (one, two))
            assert said == ["holder", "refused"]
            for process in (one, two):
                say(process, "on")
        one.kill()
        two.kill()


def test_a_folder_whose_run_was_killed_before_it_began_is_started_in(
    train: Fit, tmp_path: Path
) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    for left in (".lock", ".holder.json", ".run.json.123.tmp", ".run.json.host.1.aabbccdd.tmp"):
        (folder / left).write_text("{")
    train(out=folder)
    assert RunFolder(folder).finished
    assert not list(folder.glob(".*.tmp"))


class Other(Callback):
    """Somebody who comes to the folder in the middle of the run."""

    def __init__(self, folder: RunFolder, new: bool) -> None:
        self.folder, self.new = folder, new
        self.said: list[str] = []

    def progress(self, progress: Progress) -> None:
        before = {path.name: path.read_bytes() for path in self.folder.path.iterdir()}
        with pytest.raises(ModelError) as refused, self.folder.claim(new=self.new):
            pass
        self.said.append(str(refused.value))
        assert before == {path.name: path.read_bytes() for path in self.folder.path.iterdir()}


def test_resuming_a_run_that_is_being_written_is_refused_and_touches_nothing(
    train: Fit, tmp_path: Path
) -> None:
    other = Other(RunFolder(tmp_path / "r"), new=False)
    train(out=tmp_path / "r", callbacks=[other], save_seconds=0.0)
    assert other.said
    assert all(f"is being written by process {os.getpid()} on" in said for said in other.said)


def test_a_finished_run_is_read_where_nothing_may_be_written(
    train: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(out=tmp_path / "r")

    def refuse(*told: object, **how: object) -> None:
        raise AssertionError("a finished run is claimed")

    monkeypatch.setattr(RunFolder, "claim", refuse)
    assert train(out=tmp_path / "r", resume=True).history == run.history


class Lose(Callback):
    """Take the folder away, or the room in it, after so many saves."""

    def __init__(self, after: int, lose: Callable[[], None]) -> None:
        self.after, self.lose = after, lose

    def saved(self, path: Path) -> None:
        self.after -= 1
        if self.after == 0:
            self.lose()


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_folder_that_is_gone_is_said_with_what_is_safe(
    train: Fit, tmp_path: Path, after: int
) -> None:
    lose = Lose(after, lambda: (tmp_path / "r").rename(tmp_path / "elsewhere") and None)
    with pytest.raises(ModelError, match="there is no folder") as said:
        train(out=tmp_path / "r", callbacks=[lose])
    lost = after < 3
    assert ("Nothing of this run is saved." in str(said.value)) is lost


def test_a_disk_that_fills_up_is_said_with_what_is_safe_and_gone_on_with(
    train: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(out=tmp_path / "whole")
    real, writes = os.replace, []

    def full_at(number: int) -> Callable[..., None]:
        writes.clear()

        def replace(beside: Path, path: Path) -> None:
            # Who holds the folder is written again each time.
            if Path(path).parent.name == "r" and not str(path).endswith(".holder.json"):
                writes.append(path)
                if len(writes) == number:
                    raise OSError(28, "No space left on device")
            real(beside, path)

        return replace

    number, ended = 0, False
    while not ended:
        number += 1
        monkeypatch.setattr(os, "replace", full_at(number))
        started = RunFolder(tmp_path / "r").started
        try:
            train(out=tmp_path / "r", resume=started, save_seconds=0.0)
            ended = True
        except ModelError as problem:
            said = str(problem)
            assert "no space is left" in said
            if (tmp_path / "r" / "checkpoint.safetensors").exists() and "model." not in said:
                assert "is safe in" in said and "--resume" in said
    assert number > 4
    r, whole = (tmp_path / name / "model.safetensors" for name in ("r", "whole"))
    assert r.read_bytes() == whole.read_bytes()
