"""Snapshots of a run: checkpoints, up to two hundred, dense near its end and even before.

When there is one too many, of the older three quarters that one goes whose neighbours lie
nearest to each other. So the whole run stays within reach: the first snapshot is never dropped,
and the others grow apart evenly. Each is a checkpoint: training that goes on from one is exact.
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from simplecell.errors import StudioError
from simplecell.train.atomic import make_folder, write_file
from simplecell.train.checkpoint import Checkpoint, pack_checkpoint, read_checkpoint

MOST = 200
BUDGET = 512 << 20
"""Snapshots that are kept, and bytes that they may take together."""

FEWEST = 8
"""Snapshots that are kept even where they are large."""

NAME = re.compile(r"(\d{8})-(\d{6})-(\d{10})\.safetensors")


@dataclass(frozen=True)
class Snapshot:
    """A snapshot on disk: its number, how many epochs were finished, steps since the beginning."""

    number: int
    epoch: int
    step: int
    path: Path


class Snapshots:
    """The snapshots of one run, in a folder of their own."""

    def __init__(self, studio: Path, most: int = MOST) -> None:
        self.folder, self.most = studio / "snapshots", most

    def all(self) -> list[Snapshot]:
        """List what is there, oldest first."""
        found = []
        with suppress(OSError):
            for path in self.folder.iterdir():
                if match := NAME.fullmatch(path.name):
                    number, epoch, step = map(int, match.groups())
                    found.append(Snapshot(number, epoch, step, path))
        return sorted(found, key=lambda one: one.number)

    def last(self) -> Snapshot | None:
        """Give the newest; None if there is none."""
        there = self.all()
        return there[-1] if there else None

    def find(self, number: int) -> Snapshot:
        """Give a snapshot by its number.

        Raises
            StudioError   404: never made, or dropped since
        """
        for one in self.all():
            if one.number == number:
                return one
        raise StudioError(f"snapshot {number} is not kept; …/snapshots lists those that are.", 404)

    def read(self, number: int) -> Checkpoint:
        """Read a snapshot as the checkpoint that it is."""
        return read_checkpoint(self.find(number).path)

    def keep(self, checkpoint: Checkpoint, step: int) -> Snapshot:
        """Write one more snapshot, and drop older ones if there are too many.

        `step` counts steps since the beginning of the run.

        Raises
            ModelError   no room, or no permission
        """
        make_folder(self.folder)
        there = self.all()
        number = there[-1].number + 1 if there else 0
        name = f"{number:08}-{checkpoint.epoch:06}-{step:010}.safetensors"
        content = pack_checkpoint(checkpoint)
        write_file(self.folder / name, content, forced=False)
        one = Snapshot(number, checkpoint.epoch, step, self.folder / name)
        self._thin([*there, one], min(self.most, max(FEWEST, BUDGET // len(content))))
        return one

    def drop_after(self, number: int) -> None:
        """Forget what came after a snapshot: the run goes another way from there."""
        for one in self.all():
            if one.number > number:
                one.path.unlink(missing_ok=True)

    def drop_past(self, step: int) -> None:
        """Forget what lies past a step: a run goes on from there."""
        for one in self.all():
            if one.step > step:
                one.path.unlink(missing_ok=True)

    def _thin(self, there: list[Snapshot], most: int) -> None:
        while len(there) > most:
            older = range(1, max(2, 3 * len(there) // 4))
            at = min(older, key=lambda n: there[n + 1].step - there[n - 1].step)
            there.pop(at).path.unlink(missing_ok=True)

    def described(self) -> dict[str, Any]:
        """Say which snapshots there are, and how many steps lie between two of them."""
        there = self.all()
        gaps = sorted(b.step - a.step for a, b in pairwise(there))
        return {
            "most": self.most,
            "apart": {
                "least": gaps[0] if gaps else None,
                "median": gaps[len(gaps) // 2] if gaps else None,
                "largest": gaps[-1] if gaps else None,
            },
            "snapshots": [[one.number, one.epoch, one.step] for one in there],
        }


class Frames:
    """Snapshots that are no checkpoints but arrays to be looked at, with their shapes."""

    def __init__(self, studio: Path, most: int = MOST) -> None:
        self.folder, self.most = studio / "frames", most

    def keep(self, number: int, arrays: bytes, shapes: list[dict[str, Any]]) -> None:
        """Write one more, and drop every second of the older ones if there are too many."""
        make_folder(self.folder)
        write_file(self.folder / "arrays.json", json.dumps(shapes).encode(), forced=False)
        write_file(self.folder / f"{number:08}.bin", arrays, forced=False)
        there = self.numbers()
        if len(there) > self.most:
            for one in there[1 : 3 * len(there) // 4 : 2]:
                (self.folder / f"{one:08}.bin").unlink(missing_ok=True)

    def numbers(self) -> list[int]:
        """List what is there, oldest first."""
        with suppress(OSError):
            return sorted(int(p.stem) for p in self.folder.glob("*.bin") if p.stem.isdecimal())
        return []

    def read(self, number: int) -> bytes:
        """Give the bytes of one.

        Raises
            StudioError   404: never made, or dropped since
        """
        try:
            return (self.folder / f"{number:08}.bin").read_bytes()
        except OSError:
            raise StudioError(f"snapshot {number} is not kept.", 404) from None

    def shapes(self) -> list[dict[str, Any]]:
        """Say how the bytes are laid out; nothing where there is none yet."""
        try:
            found: list[dict[str, Any]] = json.loads((self.folder / "arrays.json").read_text())
        except (OSError, ValueError):
            return []
        return found
