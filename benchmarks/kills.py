"""Kill the long commands, go on as a person would, and compare what comes out with the quiet run.

    python benchmarks/kills.py [--kills 1000] [--seed 0] [--folder DIR] [--cold] [command ...]
    python benchmarks/kills.py --calls [command ...]

Each trial starts a command in a fresh folder and kills it (SIGKILL, SIGTERM or Ctrl-C) at a random
moment of the time that it takes; then runs it again, with --resume where there is something to go
on with, killing it up to three times more. `--calls` kills it at every call that opens, makes,
syncs, renames or removes a file in its folder, one after the other, by Python's audit hooks; at a
sync, what was written is cut in half first. Counted are: refusals, lost runs, bytes that differ,
files that are left over, tracebacks, processes that did not end within two seconds of a signal.

A command runs in a fork of this process, which has imported and compiled what it needs: so most
kills fall while it works. `--cold` starts an interpreter each time.

Seconds are no result: those that stand in a history, and in the page and the JSON of `reproduce`,
are left out of the comparison.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PYTHON = [sys.executable, "-m", "simplecell"]
CALLS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link")
"""Audit events of what changes a disk; `os.fsync` has none, and is replaced."""
SLOW = 2.0
"""Seconds that a process may take to end after a signal, with the machine busy."""


@dataclass(frozen=True)
class Command:
    """A long command, what it gives, and how it is gone on with."""

    told: Callable[[Path], list[str]]
    """Its arguments, for a folder to work in."""
    gives: tuple[str, ...]
    """The files whose bytes must be those of the quiet run."""
    resumes: Callable[[Path], bool]
    """Whether there is something to go on with."""


def _never(folder: Path) -> bool:
    return False


def _learnt(at: Path) -> bool:
    return (at / "edges.safetensors.search").exists() or (at / "edges.safetensors").exists()


PHOTOGRAPHS = ["photographs", "--count", "1000", "--threads", "1", "--iterations"]
COMMANDS = {
    "train": Command(
        lambda at: [
            "train", "digits", "--net", str(at.parent / "two.json"), "--epochs", "40", "--batch",
            "8", "--out", str(at / "run"), "--threads", "1",
        ],
        ("run/model.safetensors", "run/run.json", "run/history.jsonl"),
        lambda at: (at / "run" / "run.json").exists(),
    ),
    "features": Command(
        lambda at: [
            "features", "learn", *PHOTOGRAPHS, "220", "--out", str(at / "edges.safetensors"),
        ],
        ("edges.safetensors",),
        _learnt,
    ),
    "reproduce": Command(
        lambda at: [
            "reproduce", "strokes", "--quick", "--seeds", "3", "--out", str(at / "out"),
            "--threads", "1",
        ],
        ("out/strokes.md", "out/strokes.json"),
        _never,
    ),
    "report": Command(
        lambda at: ["report", str(at.parent / "quiet-run"), "--out", str(at / "page.html")],
        ("page.html",),
        _never,
    ),
    "export": Command(
        lambda at: ["export", str(at.parent / "quiet-run"), str(at / "net.onnx")],
        ("net.onnx",),
        _never,
    ),
    "page": Command(
        lambda at: ["export", str(at.parent / "quiet-run"), str(at / "net.html")],
        ("net.html",),
        _never,
    ),
    "predict": Command(
        lambda at: [
            "predict", str(at.parent / "lenet"), *[str(at.parent / "digit.png")] * 30,
            "--read", "ink", "--explain", str(at / "steps.png"),
        ],
        ("steps.png",),
        _never,
    ),
    "encode": Command(
        lambda at: [
            "features", "encode", str(at.parent / "quiet.safetensors"), "digits", "--out",
            str(at / "codes.npz"),
        ],
        ("codes.npz",),
        _never,
    ),
}  # fmt: skip


class Fork:
    """A command in a fork of this process, as `subprocess.Popen` would give it."""

    def __init__(
        self, told: list[str], said: IO[bytes], prepare: Callable[[], None] | None = None
    ) -> None:
        self.returncode: int | None = None
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # as in a program that begins
        self.pid = os.fork()
        if self.pid == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(said.fileno(), 2)
            if prepare is not None:
                prepare()
            os._exit(ended(told))
        signal.signal(signal.SIGINT, before)

    def poll(self) -> int | None:
        """Give how it ended, if it has."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def send_signal(self, sign: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sign)


def ended(told: list[str]) -> int:
    """Run a command in this process; give the status it would end with."""
    from simplecell.__main__ import main

    sys.argv[1:] = told
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    return 1


def waited(process: "Fork | subprocess.Popen[bytes]", seconds: float) -> bool:
    """Wait so long for an end; say whether it came."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    return process.poll() is not None


def run(
    command: Command, at: Path, kill: float | None, how: int, cold: bool = True
) -> tuple[int, str, float]:
    """Run a command once, killed after some seconds or not; give its end and its last words."""
    told = command.told(at) + (["--resume"] if command.resumes(at) else [])
    with tempfile.TemporaryFile() as said:
        process: Fork | subprocess.Popen[bytes]
        if cold:
            process = subprocess.Popen([*PYTHON, *told], stdout=subprocess.DEVNULL, stderr=said)
        else:
            process = Fork(told, said)
        if kill is not None and not waited(process, kill):
            process.send_signal(how)
        sent = time.monotonic()
        if not waited(process, 300):
            process.send_signal(signal.SIGKILL)
            waited(process, 60)
            return 999, "hangs", 300.0
        took = time.monotonic() - sent
        said.seek(0)
        return process.returncode or 0, said.read().decode("utf-8", "replace"), took


def without_clock(content: bytes, name: str) -> object:
    """Leave out the seconds that a history and a page of `reproduce` say."""
    if name.endswith(".md"):
        return re.sub(rb"(?m)^(- seconds a seed|\| time,).*$", b"", content)
    if name.endswith(".jsonl"):
        return [_quiet(json.loads(line)) for line in content.splitlines()]
    return _quiet(json.loads(content)) if name.endswith("strokes.json") else content


def _quiet(document: object) -> object:
    if isinstance(document, dict):
        return {k: _quiet(v) for k, v in document.items() if "seconds" not in k}
    if isinstance(document, list):
        rows = [
            row for row in document if not (isinstance(row, dict) and row.get("key") == "seconds")
        ]
        return [_quiet(row) for row in rows]
    return document


def outcome(command: Command, at: Path, quiet: dict[str, bytes]) -> str:
    """Compare what a command gave with what it gives in quiet."""
    for name, content in quiet.items():
        file = at / name
        if not file.exists():
            return f"lost: {name}"
        if without_clock(file.read_bytes(), name) != without_clock(content, name):
            return f"other bytes: {name}"
    left = [path.name for path in at.rglob("*.tmp")] + [path.name for path in at.rglob("*.search")]
    return f"left over: {left[0]}" if left else "same bytes"


def last(said: str) -> str:
    """Give the last words of what a process said."""
    return (said.strip().splitlines() or [""])[-1][:90]


def how_long(command: Command, at: Path, cold: bool) -> float:
    """Run a command once in this process, if its forks are to be warm; then measure it."""
    at.mkdir()
    if not cold:
        out, err = os.dup(1), os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        code = ended(command.told(at))
        os.dup2(out, 1)
        os.dup2(err, 2)
        assert code == 0, command.told(at)
    shutil.rmtree(at)
    at.mkdir()
    begun = time.monotonic()
    run(command, at, None, 0, cold)
    return time.monotonic() - begun


def trials(
    name: str, command: Command, home: Path, kills: int, rng: random.Random, cold: bool
) -> Counter[str]:
    """Kill a command so often; count what came of it."""
    quiet_at = home / f"{name}-quiet"
    quiet_at.mkdir()
    code, said, _ = run(command, quiet_at, None, 0, True)
    assert code == 0, said
    quiet = {file: (quiet_at / file).read_bytes() for file in command.gives}
    whole = how_long(command, home / f"{name}-warm", cold)
    found: Counter[str] = Counter()
    slow = done = 0
    while done < kills:
        at = home / f"{name}-{done}"
        at.mkdir()
        for _ in range(rng.choice((1, 2, 3, 4))):
            how = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
            code, said, seconds = run(command, at, rng.uniform(0, whole), how, cold)
            done += 1
            slow += how != signal.SIGKILL and seconds > SLOW
            if code not in (0, -how, 128 + how):
                found[f"ended {code}: {last(said)}"] += 1
                sys.stderr.write(said)
            elif "Traceback" in said:
                found[f"traceback: {last(said)}"] += 1
                sys.stderr.write(said)
        code, said, _ = run(command, at, None, 0, cold)
        found[outcome(command, at, quiet) if code == 0 else f"refused: {last(said)}"] += 1
        sys.stderr.write(f"{name} {done} kills: {dict(found)}\n")
        shutil.rmtree(at)
    print(f"{name:10} {done:4} kills, {whole:.1f} s each: {dict(found)}; slow: {slow}")
    sys.stdout.flush()
    return found


def die_at(number: int, at: Path) -> Callable[[], None]:
    """Give what makes a process kill itself before its n-th call that changes a file in `at`."""
    left, folder = [number], str(at)
    sync = os.fsync

    def count() -> bool:
        left[0] -= 1
        return left[0] == 0

    def hear(event: str, told: tuple[object, ...]) -> None:
        if event in CALLS and isinstance(told[0], str | Path) and folder in str(told[0]):
            reads = event == "open" and isinstance(told[2], int) and told[2] & os.O_ACCMODE == 0
            if not reads and count():
                os.kill(os.getpid(), signal.SIGKILL)

    def synced(fd: int) -> None:
        if count():
            os.ftruncate(fd, os.fstat(fd).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        sync(fd)

    def prepare() -> None:
        sys.addaudithook(hear)
        os.fsync = synced  # type: ignore[assignment]

    return prepare


def calls(name: str, command: Command, home: Path) -> Counter[str]:
    """Kill a command at each of its calls that change a file in its folder; then go on."""
    quiet_at = home / f"{name}-quiet"
    quiet_at.mkdir()
    code, said, _ = run(command, quiet_at, None, 0)
    assert code == 0, said
    quiet = {file: (quiet_at / file).read_bytes() for file in command.gives}
    how_long(command, home / f"{name}-warm", False)
    found: Counter[str] = Counter()
    for number in range(1, 10_000):
        at = home / f"{name}-calls-{number}"
        at.mkdir()
        with tempfile.TemporaryFile() as nowhere:
            process = Fork(command.told(at), nowhere, die_at(number, at))
            assert waited(process, 300)
        if process.returncode == 0:
            break
        code, said, _ = run(command, at, None, 0, False)
        found[outcome(command, at, quiet) if code == 0 else f"refused: {last(said)}"] += 1
        sys.stderr.write(f"{name} call {number}: {dict(found)}\n")
        shutil.rmtree(at)
    print(f"{name:10} {found.total()} calls: {dict(found)}", flush=True)
    return found


def prepare(home: Path) -> None:
    """Make what the commands read: a network, a run, a model of whole digits, features."""
    from PIL import Image

    layers = [
        {"type": "dense", "name": "F1", "units": 12},
        {"type": "dense", "name": "F2", "units": 10, "squash": "softmax"},
    ]
    net = {"format": "simplecell.network", "version": 1, "name": "two", "input": [1, 8, 8]}
    (home / "two.json").write_text(json.dumps({**net, "layers": layers}))
    Image.linear_gradient("L").resize((28, 28)).save(home / "digit.png")
    learn = ["features", "learn", *PHOTOGRAPHS, "20", "--out", str(home / "quiet.safetensors")]
    for told in (
        ["train", "digits", "--net", str(home / "two.json"), "--epochs", "2", "--out",
         str(home / "quiet-run")],
        ["train", "digits", "--epochs", "1", "--out", str(home / "lenet")],
        [*learn, "--patch", "8"],
    ):  # fmt: skip
        subprocess.run([*PYTHON, *told], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Read what is asked, prepare what the commands read, and try them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background, it is ignored
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--calls", action="store_true")
    parser.add_argument("--cold", action="store_true")
    told = parser.parse_args()
    home = Path(tempfile.mkdtemp(dir=told.folder))
    prepare(home)
    names = told.names or list(COMMANDS)
    rng = random.Random(told.seed)
    found: Counter[str] = Counter()
    for name in names:
        command = COMMANDS[name]
        if told.calls:
            found += calls(name, command, home)
        else:
            found += trials(name, command, home, told.kills // len(names), rng, told.cold)
    shutil.rmtree(home)
    print(f"in all: {dict(found)}")


if __name__ == "__main__":
    main()
