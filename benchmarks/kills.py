"""Kill the long commands, go on as a person would, and compare what comes out with the quiet run.

    python benchmarks/kills.py [--kills 200] [--seed 0] [--folder DIR] [command ...]
    python benchmarks/kills.py --calls [command ...]

Each trial starts a command in a fresh folder and kills it (SIGKILL, SIGTERM or Ctrl-C) at a random
moment of the time that it takes; then runs it again, with --resume where there is something to go
on with, killing it up to twice more. `--calls` kills it at every system call that writes, renames
or syncs, one after the other, by strace. Counted are: refusals, lost runs, bytes that differ,
files that are left over, processes that did not end within a second of a signal.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PYTHON = [sys.executable, "-m", "simplecell"]
CALLS = ("write", "rename", "fsync", "mkdir", "unlink", "openat")
"""What changes a disk: a process is killed before each of these, one after the other."""


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


COMMANDS = {
    "train": Command(
        lambda at: [
            "train", "digits", "--net", str(at.parent / "two.json"), "--epochs", "60", "--batch",
            "8", "--out", str(at / "run"), "--threads", "1",
        ],
        ("run/model.safetensors", "run/run.json"),
        lambda at: (at / "run" / "run.json").exists(),
    ),
    "features": Command(
        lambda at: [
            "features", "learn", "photographs", "--count", "2000", "--iterations", "320", "--out",
            str(at / "edges.safetensors"), "--threads", "1",
        ],
        ("edges.safetensors",),
        lambda at: (at / "edges.safetensors.search").exists()
        or (at / "edges.safetensors").exists(),
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
    "encode": Command(
        lambda at: [
            "features", "encode", str(at.parent / "quiet.safetensors"), "photographs", "--out",
            str(at / "codes.npz"),
        ],
        ("codes.npz",),
        _never,
    ),
}  # fmt: skip


def run(command: Command, at: Path, kill: float | None, how: int) -> tuple[int, str, float]:
    """Run a command once, killed after some seconds or not; give its end and its last words."""
    told = command.told(at) + (["--resume"] if command.resumes(at) else [])
    process = subprocess.Popen(
        [*PYTHON, *told], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if kill is not None:
        try:
            process.wait(kill)
        except subprocess.TimeoutExpired:
            process.send_signal(how)
    sent = time.monotonic()
    try:
        _, said = process.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        process.kill()
        return 999, "hangs", 300.0
    return process.returncode, said, time.monotonic() - sent


def outcome(command: Command, at: Path, quiet: dict[str, bytes]) -> str:
    """Compare what a command gave with what it gives in quiet."""
    for name, content in quiet.items():
        file = at / name
        if not file.exists():
            return f"lost: {name}"
        if file.read_bytes() != content:
            return f"other bytes: {name}"
    left = [path.name for path in at.rglob("*.tmp")] + [path.name for path in at.rglob("*.search")]
    return f"left over: {left[0]}" if left else "same bytes"


def trials(
    name: str, command: Command, home: Path, kills: int, rng: random.Random
) -> Counter[str]:
    """Kill a command so often; count what came of it."""
    quiet_at = home / f"{name}-quiet"
    quiet_at.mkdir()
    begun = time.monotonic()
    code, said, _ = run(command, quiet_at, None, 0)
    whole = time.monotonic() - begun
    assert code == 0, said
    quiet = {file: (quiet_at / file).read_bytes() for file in command.gives}
    found: Counter[str] = Counter()
    slow = done = 0
    while done < kills:
        at = home / f"{name}-{done}"
        at.mkdir()
        for _ in range(rng.choice((1, 1, 2, 3))):
            how = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
            code, said, seconds = run(command, at, rng.uniform(0, whole), how)
            done += 1
            slow += how != signal.SIGKILL and seconds > 1
            if code == 2 or ("Traceback" in said and code not in (-2, 130)):
                found[f"refused: {said.strip().splitlines()[-1][:90]}"] += 1
        code, said, _ = run(command, at, None, 0)
        word = outcome(command, at, quiet) if code == 0 else f"refused: {said.strip()[:90]}"
        found[word] += 1
        sys.stderr.write(f"{name} {done} kills: {dict(found)}\n")
        shutil.rmtree(at)
    print(f"{name:10} {done:4} kills, {whole:.1f} s each: {dict(found)}; slower than 1 s: {slow}")
    sys.stdout.flush()
    return found


def calls(name: str, command: Command, home: Path) -> Counter[str]:
    """Kill a command at each of its system calls that change a file in its folder."""
    quiet_at = home / f"{name}-quiet"
    quiet_at.mkdir()
    code, said, _ = run(command, quiet_at, None, 0)
    assert code == 0, said
    quiet = {file: (quiet_at / file).read_bytes() for file in command.gives}
    found: Counter[str] = Counter()
    for call in CALLS:
        number, ended = 0, False
        while not ended:
            number += 1
            at = home / f"{name}-calls"
            at.mkdir()
            inject = f"inject={call}:signal=KILL:when={number}"
            told = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-P", str(at)]
            told += [part for file in watched(at, command) for part in ("-P", str(file))]
            done = subprocess.run(
                [*told, "-e", inject, *PYTHON, *command.told(at)],
                capture_output=True,
                check=False,
            )
            ended = done.returncode == 0
            if not ended:
                code, said, _ = run(command, at, None, 0)
                word = outcome(command, at, quiet) if code == 0 else f"refused: {said.strip()}"
                found[word] += 1
            shutil.rmtree(at)
    print(f"{name:10} {found.total()} calls: {dict(found)}", flush=True)
    return found


def watched(at: Path, command: Command) -> list[Path]:
    """List the places whose calls are counted: the outputs, and the folders they stand in."""
    files = [at / file for file in command.gives]
    return [*files, *{file.parent for file in files}]


def main() -> None:
    """Read what is asked, prepare what the commands read, and try them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--calls", action="store_true")
    told = parser.parse_args()
    home = Path(tempfile.mkdtemp(dir=told.folder))
    net = '{"format": "simplecell.network", "version": 1, "name": "two", "input": [1, 8, 8],'
    net += ' "layers": [{"type": "dense", "name": "F1", "units": 12}, {"type": "dense",'
    net += ' "name": "F2", "units": 10, "squash": "softmax"}]}'
    (home / "two.json").write_text(net)
    names = told.names or list(COMMANDS)
    run_ = ["train", "digits", "--net", str(home / "two.json"), "--epochs", "2"]
    subprocess.run([*PYTHON, *run_, "--out", str(home / "quiet-run")], check=True)
    learn = ["features", "learn", "photographs", "--count", "2000", "--iterations", "20"]
    subprocess.run([*PYTHON, *learn, "--out", str(home / "quiet.safetensors")], check=True)
    rng = random.Random(told.seed)
    found: Counter[str] = Counter()
    for name in names:
        command = COMMANDS[name]
        if told.calls:
            found += calls(name, command, home)
        else:
            found += trials(name, command, home, told.kills // len(names), rng)
    shutil.rmtree(home)
    print(f"in all: {dict(found)}")


if __name__ == "__main__":
    main()
