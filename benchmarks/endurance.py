"""Train for half an hour, interrupted and out of disk space again and again; compare with quiet.

    mkdir disk && mount -t tmpfs -o size=16m tmpfs disk
    python benchmarks/endurance.py disk [--minutes 30] [--epochs 3000] [--seed 0] [--quiet RUN]

The run folder stands on a small file system. For so many minutes, every few seconds one of these
comes, drawn from the seed: SIGKILL, SIGTERM, Ctrl-C, or the file system is filled to its last
byte and emptied again some seconds later. Whenever training has ended, it is gone on with by
--resume. Then it is left alone to the end. The same training without any of it must give the same
model.safetensors, and the same history but for the seconds; --quiet names its run folder, if there
is one already. One that another process still trains is waited for.
"""

import argparse
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from filelock import FileLock

from simplecell.train.claim import LOCK

TRAIN = [sys.executable, "-m", "simplecell", "train", "digits", "--threads", "1"]
LARGEST = 64 << 20
"""A file system of more bytes than this is not filled."""


class Driver:
    """A training that is started, disturbed, and started again."""

    def __init__(self, disk: Path, epochs: int, rng: random.Random) -> None:
        self.disk, self.rng = disk, rng
        self.told = [*TRAIN, "--epochs", str(epochs), "--out", str(disk / "run")]
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start training, or go on with it."""
        there = (self.disk / "run" / "run.json").exists()
        self.process = subprocess.Popen(
            self.told + (["--resume"] if there else []),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.counts["resumed" if there else "started"] += 1

    def ended(self, seconds: float, sign: int = 0) -> bool:
        """Wait so long for the process's end; note an end that nobody wished for."""
        assert self.process is not None
        try:
            _, said = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        code, self.process = self.process.returncode, None
        full = code == 2 and "no space is left" in said
        if full:
            self.counts["ended: no space"] += 1
        elif code not in (0, -sign, 128 + sign) or "Traceback" in said:
            self.wrong.append(f"ended {code}: {said.strip()[-300:]}")
        return True

    @property
    def finished(self) -> bool:
        """Whether the model is there."""
        return (self.disk / "run" / "model.safetensors").exists()

    def disturb(self) -> None:
        """Do one of four things to the process, or to its disk."""
        assert self.process is not None
        what = self.rng.choice(("SIGKILL", "SIGTERM", "SIGINT", "full"))
        self.counts[what] += 1
        if what == "full":
            ballast = fill(self.disk)
            self.ended(self.rng.uniform(1, 8))
            if self.rng.random() < 0.5:
                self.again_while_full()
            ballast.unlink()
            return
        sign = int(getattr(signal, what))
        self.process.send_signal(sign)
        if not self.ended(20, sign):
            self.wrong.append(f"does not end within 20 s of {what}")
            self.process.kill()
            self.ended(20, signal.SIGKILL)

    def again_while_full(self) -> None:
        """Go on, if training has ended, while there is still no room."""
        if self.process is None:
            self.start()
            self.ended(self.rng.uniform(3, 8))

    def go(self, minutes: float) -> float:
        """Train, disturbed for so many minutes and then in quiet; give the minutes it took."""
        begun = time.monotonic()
        while not self.finished:
            self.start()
            while self.process is not None:
                left = minutes * 60 - (time.monotonic() - begun)
                pause = self.rng.uniform(1, 25) if left > 0 else 7200.0
                if not self.ended(pause) and left > 0:
                    self.disturb()
            if len(self.wrong) > 20:
                break
        return (time.monotonic() - begun) / 60


def fill(disk: Path) -> Path:
    """Fill a file system to its last byte; give the file that does."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError as problem:
                if problem.errno != errno.ENOSPC:
                    raise
    return ballast


def history(path: Path) -> list[dict[str, object]]:
    """Read a history without its seconds."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def quiet_run(out: Path, epochs: int) -> tuple[bytes, list[dict[str, object]]]:
    """Train without any disturbance, unless that is done; give the model and the history."""
    out.mkdir(parents=True, exist_ok=True)
    with FileLock(out / LOCK):  # whoever trains there, beside us, holds it to the end
        pass
    if not (out / "model.safetensors").exists():
        told = [*TRAIN, "--epochs", str(epochs), "--out", str(out)]
        told += ["--resume"] if (out / "run.json").exists() else []
        ended = subprocess.run(told, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if ended.returncode:
            sys.exit(f"the quiet training ended with {ended.returncode}: {ended.stderr.strip()}")
    return (out / "model.safetensors").read_bytes(), history(out / "history.jsonl")


def main() -> int:
    """Read what is asked, disturb a training, and compare it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background, it is ignored
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("disk", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--epochs", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quiet", type=Path, default=Path(tempfile.mkdtemp()) / "run")
    told = parser.parse_args()
    room = os.statvfs(told.disk)
    if room.f_blocks * room.f_frsize > LARGEST:
        sys.exit(f"{told.disk} is larger than 64 MB; mount -t tmpfs -o size=16m tmpfs {told.disk}")
    shutil.rmtree(told.disk / "run", ignore_errors=True)
    driver = Driver(told.disk, told.epochs, random.Random(told.seed))
    minutes = driver.go(told.minutes)
    run = told.disk / "run"
    print(f"{told.epochs} epochs, {minutes:.1f} minutes: {dict(driver.counts)}", flush=True)
    for line in driver.wrong:
        print(f"  wrong: {line}", flush=True)
    model, rows = quiet_run(told.quiet, told.epochs)
    same = driver.finished and (run / "model.safetensors").read_bytes() == model
    alike = (run / "history.jsonl").exists() and history(run / "history.jsonl") == rows
    left = sorted(path.name for path in run.iterdir())
    print(f"model: {'the same bytes' if same else 'OTHER BYTES'}; history: {alike}; files: {left}")
    return int(not same or not alike or bool(driver.wrong))


if __name__ == "__main__":
    sys.exit(main())
