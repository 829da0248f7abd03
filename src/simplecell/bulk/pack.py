"""`pack`: pictures decoded once into one file. Each tar, or some thousand files, are a unit.

The parts lie beside the pack while it is made, in OUT.parts; when all are there, they are merged:
each row of the pack is drawn from one of the parts, whose rows are in random order themselves, so
that the order of the whole is random, and every part is read from its beginning to its end.
"""

import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from simplecell.bulk.part import WORK, digest, listed
from simplecell.bulk.part import pack as make
from simplecell.data.batches import shuffle
from simplecell.data.formats import path_of
from simplecell.data.layout import tests_of
from simplecell.data.normalise import pair
from simplecell.data.pack import FORGOTTEN, START, forget, is_pack, open_pack, rows_of, write_head
from simplecell.data.shards import shards_in
from simplecell.data.splits import named_part
from simplecell.data.store import is_tar
from simplecell.errors import DataError
from simplecell.train.atomic import make_folder, refusal, temporary
from simplecell.units import Done, Plan, Store, Unit, run_units
from simplecell.units.claims import Claims

FILES = 8192
"""Pictures of a part, where they are files of a folder."""
SIZE = 32
TEST = 5
"""Of every so many pictures one is to test with, where nothing says which are."""
_MERGE = 9


@dataclass(frozen=True)
class Packed:
    """What is in a pack, or how many of its parts are still missing."""

    path: Path
    pictures: int
    classes: tuple[str, ...]
    left_out: int
    skipped: tuple[tuple[str, str], ...]
    missing: int


@dataclass(eq=False)
class _Made:
    """A part that is finished: where its rows are, and of which classes."""

    file: Path
    classes: list[str]
    labels: NDArray[np.int64]
    tests: NDArray[np.bool_]
    left_out: int
    skipped: list[tuple[str, str]]


class _Parts(Store):
    """Units with a file of rows each, which is held against its checksum before it is believed."""

    def __init__(self, folder: Path, row: int, plan: Plan) -> None:
        super().__init__(folder, WORK)
        self.row, self.plan = row, plan
        self.said: set[str] = set()

    def rows(self, name: str) -> Path:
        """Name the file of a part's rows."""
        return self.folder / f"{name}.u8"

    def read(self, unit: Unit) -> Done | None:
        """Read a unit; None, and a word, where its rows are not whole."""
        done = super().read(unit)
        if done is None or self._whole(unit.name, done):
            return done
        if unit.name not in self.said:
            self.said.add(unit.name)
            self.plan.say(f"{unit.name}: its rows are not whole; they are made again")
        return None

    def _whole(self, name: str, done: Done) -> bool:
        file = self.rows(name)
        wanted = done.result["pictures"] * self.row
        if not file.exists() or file.stat().st_size != wanted:
            return False
        crc = 0
        with file.open("rb") as rows:
            while some := rows.read(1 << 20):
                crc = zlib.crc32(some, crc)
        return bool(crc == done.result["crc32"])


def pack(
    source: str | Path,
    out: str | Path,
    *,
    size: int | tuple[int, int] = SIZE,
    channels: int = 1,
    plan: Plan | None = None,
) -> Packed:
    """Decode the pictures of a folder, of tar shards or of a list once, into one file.

    Each is brought to `size`, grey or in colour (`channels` 3), as `load` brings it. What cannot
    be read is left out and listed. The same call goes on where it stopped; with a shard it makes
    its own parts, and whoever finds all parts finished makes the pack.

    Raises
        DataError    no pictures by class; a pack of something else is there
        ModelError   no room, no permission
    """
    out, plan = Path(out), plan or Plan()
    sides = pair(size)
    told: dict[str, Any] = {"source": path_of(source).resolve().name, "size": list(sides)}
    told["channels"] = channels
    if out.exists():
        return _there(out, told)
    folder = out.with_name(f"{out.name}.parts")
    store = _Parts(folder, channels * sides[0] * sides[1], plan)
    made: dict[str, _Made] = {}

    def keep(unit: Unit, done: Done) -> None:
        result = done.result
        tests = np.zeros(result["pictures"], bool)
        tests[result["tests"]] = True
        labels = np.array(result["labels"], np.int64)
        made[unit.name] = _Made(
            store.rows(unit.name), result["classes"], labels, tests, result["left_out"],
            [(a, b) for a, b in result["skipped"]],
        )  # fmt: skip
        plan.keep(unit, done)

    asked = list(_units(path_of(source), store, told))
    make_folder(folder)
    run_units(asked, store, replace(plan, keep=keep), make)
    if plan.shard is not None and len(made) < len(asked):
        # Other shards may be finished as well: then this one makes the pack.
        rest = [unit for unit in asked if unit.name not in made]
        for unit in rest:
            done = None if out.exists() else store.read(unit)
            if done is not None:
                keep(unit, done)
    if len(made) < len(asked) and not out.exists():
        return Packed(out, 0, (), 0, (), len(asked) - len(made))
    return _finish(out, folder, told, [made[unit.name] for unit in asked if unit.name in made])


def _there(out: Path, told: dict[str, Any]) -> Packed:
    """Say what is in a pack that is finished.

    Raises
        DataError   it is none, or one of something else
    """
    index = open_pack(out).index if is_pack(out) else {}
    if index.get("told") != told:
        raise DataError(f"{out} is there already, and is no pack of {told}.\n  Name another file.")
    skipped = tuple((a, b) for a, b in index["said"])
    return Packed(out, index["shape"][0], tuple(index["classes"]), index["skipped"], skipped, 0)


def _units(source: Path, store: _Parts, told: dict[str, Any]) -> Iterator[Unit]:
    """Cut the work: a unit for each tar, or for so many files."""
    tars = shards_in(source) if source.is_dir() else [source] if is_tar(source) else []
    kinds = [named_part(path.stem)[0] for path in tars]
    tests = tests_of(set(kinds))
    for number, (path, kind) in enumerate(zip(tars, kinds, strict=True)):
        own = {
            **told, "number": number, "shard": path.name, "bytes": path.stat().st_size,
            "test": bool(tests.get(kind)),
        }  # fmt: skip
        yield _unit(number, own, path, store)
    if tars:
        return
    album = listed(str(source.resolve()))
    for number, first in enumerate(range(0, len(album.paths), FILES)):
        last = min(first + FILES, len(album.paths))
        own = {**told, "number": number, "first": first, "last": last}
        yield _unit(number, {**own, "listed": digest(album, range(first, last))}, source, store)


def _unit(number: int, told: dict[str, Any], source: Path, store: _Parts) -> Unit:
    name = f"part-{number:05}"
    sent = {"source": str(source.resolve()), "file": str(store.rows(name).resolve())}
    return Unit(name, told, sent)


def _finish(out: Path, folder: Path, told: dict[str, Any], parts: list[_Made]) -> Packed:
    """Merge the parts, or wait until another process has done so."""
    claims = Claims(folder)
    try:
        if not out.exists() and claims.take("merge"):
            _merge(out, told, parts)
    finally:
        claims.close()
    if out.exists():
        shutil.rmtree(folder, ignore_errors=True)
        return _there(out, told)
    return Packed(out, 0, (), 0, (), 1)


def _merge(out: Path, told: dict[str, Any], parts: list[_Made]) -> None:
    names = sorted({name for part in parts for name in part.classes})
    if len(names) < 2:
        raise DataError(f"{told['source']} has pictures of {len(names)} classes; two are needed.")
    if not any(part.tests.any() for part in parts):
        for part in parts:
            part.tests[::TEST] = True
    shape = (told["channels"], *told["size"])
    beside = temporary(out)
    try:
        with beside.open("wb") as file:
            index = _write(file, parts, names, shape)
            index |= {
                "told": told,
                "skipped": sum(part.left_out for part in parts),
                "said": [one for part in parts for one in part.skipped][:1000],
            }
            head, text = write_head(index, file.tell())
            file.write(text)
            file.seek(0)
            file.write(head)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, out)
    except OSError as problem:
        raise refusal(out, 0, problem) from None
    finally:
        beside.unlink(missing_ok=True)


def _write(
    file: IO[bytes], parts: list[_Made], names: list[str], shape: tuple[int, ...]
) -> dict[str, Any]:
    """Write pictures and classes, those to learn from first, in a random order."""
    place = {name: k for k, name in enumerate(names)}
    to = [np.array([place[name] for name in part.classes], "<u2") for part in parts]
    pixels = [
        np.memmap(part.file, np.uint8, "r", shape=(len(part.labels), *shape))
        if len(part.labels)
        else np.empty((0, *shape), np.uint8)
        for part in parts
    ]
    rows, row = rows_of(shape), int(np.prod(shape))
    file.seek(START)
    crcs, held, counts, labels = list[int](), bytearray(), list[int](), list[Any]()
    for test in (False, True):
        chosen = [np.flatnonzero(part.tests == test) for part in parts]
        owner = np.repeat(np.arange(len(parts)), [len(some) for some in chosen])
        owner = owner[shuffle(len(owner), _MERGE, int(test))]
        counts.append(len(owner))
        at = np.zeros(len(parts), np.int64)
        for start in range(0, len(owner), rows):
            some = owner[start : start + rows]
            block, own = np.empty((len(some), *shape), np.uint8), np.empty(len(some), "<u2")
            for part in np.unique(some).tolist():
                here = some == part
                source = chosen[part][at[part] : at[part] + int(here.sum())]
                block[here] = pixels[part][source]
                own[here] = to[part][parts[part].labels[source]]
                at[part] += len(source)
            labels.append(own)
            held += block.tobytes()
            while len(held) >= rows * row:
                crcs.append(_put(file, held[: rows * row]))
                del held[: rows * row]
            if len(crcs) % FORGOTTEN == 0:
                for one in pixels:
                    forget(one)
    if held:
        crcs.append(_put(file, held))
    classes = np.concatenate(labels).tobytes()
    file.write(classes)
    return {
        "format": "simplecell.pack", "version": 1, "shape": [sum(counts), *shape],
        "learn": counts[0], "test": counts[1], "classes": names, "rows": rows, "crc32": crcs,
        "labels_crc32": zlib.crc32(classes),
    }  # fmt: skip


def _put(file: IO[bytes], block: bytearray) -> int:
    file.write(block)
    return zlib.crc32(block)
