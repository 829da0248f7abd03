"""`predict_many`: what a model takes very many pictures for, part by part, in bounded memory.

A part is some hundred pictures: a unit, and a file of answers. The model travels by its path and
its checksum, and is read once a worker.
"""

import codecs
import csv
import hashlib
import io
import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.pack import is_pack
from simplecell.data.picture import strict
from simplecell.data.store import is_tar
from simplecell.data.tree import is_hidden, is_picture
from simplecell.engines.choose import engine
from simplecell.errors import DataError, ModelError, UnknownName, WorkError
from simplecell.export.suffix import read_model
from simplecell.train.answer import answers
from simplecell.train.atomic import make_folder, write_file
from simplecell.train.model import Model, save_model
from simplecell.units import Done, Plan, Store, Unit, read_shard, run_units
from simplecell.units.carry import Tell, silent
from simplecell.units.drive import Carriers
from simplecell.workers import Workers, processors

WORK = "simplecell.bulk.answers:score"
PART = 512
"""Pictures of a part: memory holds the pictures of one part for each worker."""
FORMATS = ("csv", "jsonl", "parquet")
COLUMNS = ("file", "class", "probability", "second", "second_probability", "rejected")
_WORKERS = Workers("score")


@dataclass(frozen=True)
class Scored:
    """How many pictures have answers, how many could not be read, and how many parts are left."""

    folder: Path
    pictures: int
    unread: int
    missing: int
    seconds: float


def score(told: Mapping[str, Any], sent: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """Answer for some pictures; those that cannot be read are listed with the reason."""
    model = _model(sent["model"], told["model_sha256"])
    reader, root = model.reader(), Path(sent["root"])

    def one(name: str) -> tuple[NDArray[np.uint8] | None, str]:
        try:
            return reader.read(root / name)[0], ""
        except DataError as problem:
            return None, str(problem).splitlines()[0].replace(str(root / name), "it")

    with strict():
        made = _WORKERS.each(one, sent["files"], processors())
    read = zip(sent["files"], made, strict=True)
    found = [(name, pixels) for name, (pixels, _) in read if pixels is not None and len(pixels)]
    told_of = {name for name, _ in found}
    unread = [
        [_written_out(name), why or "nothing is written on it"]
        for name, (_, why) in zip(sent["files"], made, strict=True)
        if name not in told_of
    ]
    rows: list[list[Any]] = []
    if found:
        pixels = np.concatenate([one[:1] for _, one in found])
        given = answers(model, pixels, engine("auto", processors()))
        for (name, _), answer in zip(found, given, strict=True):
            second = None if answer.runner_up is None else model.classes[answer.runner_up]
            rows.append(
                [_written_out(name), model.classes[answer.label], float(answer.probability),
                 second, float(answer.runner_up_probability), bool(answer.rejected)]
            )  # fmt: skip
    return {"rows": rows, "unread": unread}


def _written_out(name: str) -> str:
    r"""Write a file's name in UTF-8; what is not UTF-8 in it as Python does, as \udcff."""
    return name.encode("utf-8", "backslashreplace").decode()


@lru_cache(maxsize=2)
def _model(path: str, sha256: str) -> Model:
    """Read a model once a worker, and see that it is the one that was meant."""
    if _sha256(Path(path)) != sha256:
        raise WorkError(f"{path} is another model on this worker than where the work was begun.")
    return read_model(Path(path))


def _sha256(path: Path) -> str:
    file = path / "model.safetensors" if path.is_dir() else path
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as problem:
        raise ModelError(f"{file} cannot be read: {problem.strerror}.") from None


class _Answers(Store):
    """Units, with a file of answers for each, which is held against its checksum."""

    def __init__(self, folder: Path, form: str, plan: Plan) -> None:
        super().__init__(folder, WORK)
        self.form, self.plan = form, plan
        self.said: set[str] = set()

    def part(self, name: str) -> Path:
        """Name the file of a part's answers."""
        return self.folder / f"{name}.{self.form}"

    def read(self, unit: Unit) -> Done | None:
        """Read a unit; None, and a word, where its answers are not whole."""
        done = super().read(unit)
        if done is None:
            return None
        file = self.part(unit.name)
        if file.exists() and zlib.crc32(file.read_bytes()) == done.result["crc32"]:
            return done
        if unit.name not in self.said:
            self.said.add(unit.name)
            self.plan.say(f"{file.name} is not whole; its pictures are read again")
        return None

    def write(self, unit: Unit, done: Done) -> None:
        """Write a part's answers, and then its unit."""
        content = _written(done.result["rows"], self.form)
        write_file(self.part(unit.name), content)
        result = {
            "pictures": len(done.result["rows"]),
            "unread": done.result["unread"],
            "crc32": zlib.crc32(content),
        }
        super().write(unit, replace(done, result=result))


def _written(rows: list[list[Any]], form: str) -> bytes:
    if form == "jsonl":
        told = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        return "".join(f"{json.dumps(one)}\n" for one in told).encode()
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([COLUMNS, *rows])
        return text.getvalue().encode()
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    kinds = (arrow.string(), arrow.string(), arrow.float64(), arrow.string(), arrow.float64(),
             arrow.bool_())  # fmt: skip
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    table = {
        name: arrow.array(list(column), kind)
        for name, column, kind in zip(COLUMNS, columns, kinds, strict=True)
    }
    held = io.BytesIO()
    parquet.write_table(arrow.table(table), held)
    return held.getvalue()


def predict_many(
    model: Model | str | Path,
    files: str | Path | Iterable[str | Path],
    *,
    out: str | Path,
    form: str = "csv",
    executor: Carriers = None,
    jobs: int | None = None,
    on: str | None = None,
    shard: Any = None,
    threads: int | None = None,
    say: Tell = silent,
    tell: Tell = silent,
) -> Scored:
    r"""Say of very many pictures what a model takes them for, in files of some hundred answers.

    >>> import simplecell as sc
    >>> sc.predict_many("run", "pictures", out="answers", form="cvs")
    Traceback (most recent call last):
    simplecell.errors.UnknownName: no form of answers is called 'cvs': did you mean 'csv'?
      known: csv, jsonl, parquet

    `files` is a folder, whose pictures are taken in the order of their names, a text file with a
    path in each line, or paths. `form` is csv, jsonl or parquet. The same call goes on where it
    stopped. What cannot be read stands in `unread.csv`, with the reason. A file's name that is not
    UTF-8 has its odd bytes written out, as `\udcff`.

    Raises
        UnknownName   no such form
        DataError     no pictures; a list that is no text
        ModelError    no model; a folder with the answers of another one
    """
    if form not in FORMATS:
        raise UnknownName("form of answers", form, FORMATS)
    folder, begun = Path(out), time.perf_counter()
    root, names = _named(files)
    make_folder(folder)
    where = _placed(model, folder)
    plan = Plan(executor=executor, jobs=jobs, on=on, shard=read_shard(shard), say=say)
    sums = {"pictures": 0, "unread": 0, "parts": 0, "asked": 0, "fresh": 0}

    def keep(unit: Unit, done: Done) -> None:
        answered = len(done.result["rows"]) if done.fresh else done.result["pictures"]
        sums["pictures"] += answered
        sums["fresh"] += answered if done.fresh else 0
        sums["unread"] += len(done.result["unread"])
        sums["parts"] += 1
        speed = sums["fresh"] / (time.perf_counter() - begun)
        tell(f"{sums['pictures']:,} pictures, {speed:,.0f} a second, {sums['unread']:,} unread")

    def units() -> Iterator[Unit]:
        sha256, rest = _sha256(where), iter(names)
        while some := list(islice(rest, PART)):
            crc = zlib.crc32("\n".join(some).encode("utf-8", "surrogateescape"))
            told = {"model_sha256": sha256, "files": len(some), "names_crc32": crc, "form": form}
            sent = {"files": some, "root": str(root), "model": str(where.resolve())}
            sums["asked"] += 1
            yield Unit(f"part-{sums['asked'] - 1:06}", told, sent)

    store = _Answers(folder, form, plan)
    plan = replace(plan, keep=keep, threads=threads if plan.here else threads or 1)
    run_units(units(), store, plan, score)
    _list_unread(store, sums["asked"])
    seconds = time.perf_counter() - begun
    missing = sums["asked"] - sums["parts"]
    return Scored(folder, sums["pictures"], sums["unread"], missing, seconds)


def _placed(model: Model | str | Path, folder: Path) -> Path:
    """Give the path of a model; one that is in memory is written beside its answers."""
    if not isinstance(model, Model):
        return Path(model)
    file = folder / "model.safetensors"
    save_model(model, file)
    return file


def _named(files: str | Path | Iterable[str | Path]) -> tuple[Path, Iterable[str]]:
    """Give the folder that names count from, and the names."""
    if not isinstance(files, str | Path):
        return Path.cwd(), map(str, files)
    path = Path(files)
    if path.is_dir():
        names = _walk(str(path), "")
        if (first := next(names, None)) is None:
            raise DataError(
                f"there is no picture in {path}, nor in the folders in it.\n  Name a folder of"
                " picture files, or a list of them; what is in archives is unpacked first."
            )
        return path.resolve(), chain([first], names)
    if not path.is_file():
        raise DataError(f"there is no folder or list {path}.")
    return path.resolve().parent, _lines(path, _encoding(path))


def _walk(root: str, place: str) -> Iterator[str]:
    """Go through a folder and those in it, one folder's names in memory at a time."""
    with os.scandir(os.path.join(root, place)) as entries:
        inside = sorted((entry.name, entry.is_dir()) for entry in entries)
    for name, is_folder in inside:
        if is_hidden(name):
            continue
        if is_folder:
            yield from _walk(root, os.path.join(place, name))
        elif is_picture(name):
            yield os.path.join(place, name)


def _encoding(path: Path) -> str:
    """Say how a list is written.

    Raises
        DataError   it is no text
    """
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror}.") from None
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start or is_tar(path) or is_pack(path):
        raise DataError(
            f"{path} is no list of pictures: that is a text with a path in each line.\n  Name a"
            " folder of picture files, or such a list"
            + ("; simplecell evaluate reads a pack." if is_pack(path) else ".")
        )
    return "utf-8-sig"


def _lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, errors="surrogateescape") as file:
        for line in file:
            if name := line.strip():
                yield name


def _list_unread(store: _Answers, parts: int) -> None:
    """Write which files could not be read, part by part, and why."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "reason"))
    for number in range(parts):
        with_clock = store.file(f"part-{number:06}")
        if with_clock.exists():
            writer.writerows(json.loads(with_clock.read_bytes())["result"]["unread"])
    write_file(store.folder / "unread.csv", text.getvalue().encode())
