"""The run folder: what a run was told, how far it is, what came out.

Every file is written whole or not at all.

    run.json                 settings, written first, never changed
    checkpoint.safetensors   all that is needed to go on, bit for bit
    history.jsonl            one row per epoch
    start.safetensors        the model that the run went on from, if it did
    model.safetensors        the trained model: its presence says the run is finished
    result.json              the test error, once it was measured
    skipped.csv              files that were left out, and why, if there were any
    source.json              where the pictures are, seen from this folder
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os.path import expanduser
from pathlib import Path
from typing import Any

from simplecell.data.address import address, parse
from simplecell.data.sources import NAMES
from simplecell.document import read_json
from simplecell.errors import ModelError, SimplecellError, SpecError
from simplecell.spec.network import Network
from simplecell.spec.validation import shown
from simplecell.train.atomic import clear, make_folder, strangers, write_file
from simplecell.train.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from simplecell.train.claim import claim
from simplecell.train.history import write_lines
from simplecell.train.model import MODEL_FILE, SETTINGS_FILE, Model, load_model, save_model
from simplecell.train.recipes import Recipe

START_FILE = "start.safetensors"
FORMAT = "simplecell.run"
VERSION = 1

OF_THE_FILE = ("format", "version", "simplecell")
"""Settings that decide nothing of the result."""
BYTES = {
    "data.crc32": "  data: the training part has other bytes than when the run began",
    "initial.crc32": "  initial: other first values than when the run began",
}
"""How a difference is told that has no words of its own."""


@dataclass(frozen=True)
class Source:
    """Where the pictures of a run are: a name or paths of theirs, and a folder of data sets."""

    data: str
    data_dir: Path | None = None

    def missing(self) -> Path | None:
        """Give the first path where nothing is; None if all are there, or it is a name."""
        if not _is_path(self.data):
            return None
        paths = map(Path, parse(self.data)[0].split(","))
        return next((path for path in paths if not path.exists()), None)


def _is_path(data: str) -> bool:
    return "/" in data or os.sep in data


class RunFolder:
    """A folder that one training run owns."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.settings_file = self.path / SETTINGS_FILE
        self.checkpoint_file = self.path / "checkpoint.safetensors"
        self.history_file = self.path / "history.jsonl"
        self.start_file = self.path / START_FILE
        self.model_file = self.path / MODEL_FILE
        self.result_file = self.path / "result.json"
        self.skipped_file = self.path / "skipped.csv"
        self.source_file = self.path / "source.json"

    @property
    def started(self) -> bool:
        """Whether a run began here."""
        return self.settings_file.exists()

    @property
    def finished(self) -> bool:
        """Whether a run ended here."""
        return self.started and self.model_file.exists()

    def refuse_second_start(self) -> None:
        """Refuse to start where something is.

        Raises
            ModelError   a finished run, an unfinished run, or files of somebody else's
        """
        if self.finished:
            raise ModelError(
                f"{self.path} holds a finished run ({self._described()}).\n"
                "  Name another folder with --out, or see its result again with --resume."
            )
        if self.started:
            raise ModelError(
                f"{self.path} holds a run that is not finished ({self._described()}).\n"
                "  Go on with it: the same command with --resume. Or name another --out."
            )
        if self.path.is_dir():
            # What a run would go on from is written before the run is said to be there.
            there = [name for name in strangers(self.path) if name != START_FILE]
            if there:
                raise ModelError(
                    f"{self.path} holds {', '.join(there[:3])}{', …' if there[3:] else ''}"
                    " and no run.\n  Name a new or an empty folder with --out."
                )

    @contextmanager
    def claim(self, new: bool) -> Iterator[None]:
        """Be the only one that writes here, to start a new run or to go on with the one there is.

        Raises
            ModelError   another process writes here; nothing to go on with, or what
                         `refuse_second_start` refuses; no room, no permission
        """
        if new:
            self.refuse_second_start()
        else:
            self.settings()
        with claim(self.path, new):
            yield

    def start(self, settings: Mapping[str, Any], model: Model | None = None) -> None:
        """Begin a run with these settings; whoever does has claimed the folder.

        `model` is the one that the run goes on from. What was killed before it came so far has
        left nothing that matters.

        Raises
            ModelError   as `refuse_second_start`; no room, no permission
        """
        self.refuse_second_start()
        make_folder(self.path)
        clear(self.path)
        document = {"format": FORMAT, "version": VERSION, **settings}
        try:
            if model is not None:
                save_model(model, self.start_file)
            write_file(self.settings_file, _json_bytes(document))
        except ModelError:
            with suppress(OSError):
                self.path.rmdir()
            raise

    def settings(self) -> dict[str, Any]:
        """Read what the run here was told.

        Raises
            ModelError   no run here, or a damaged or newer run.json
        """
        try:
            document: dict[str, Any] = read_json(self.settings_file.read_bytes())
            version = document["version"]
            known = document["format"] == FORMAT
        except FileNotFoundError:
            raise ModelError(
                f"{self.path} holds no run to go on with: there is no {SETTINGS_FILE} in it.\n"
                "  Name the run's own folder with --out, or start without --resume."
            ) from None
        except OSError as problem:
            raise ModelError(f"{self.settings_file} cannot be read: {problem.strerror}.") from None
        except (ValueError, KeyError, TypeError):
            raise ModelError(f"{self.settings_file} is damaged: start anew elsewhere.") from None
        if not known or version not in range(1, VERSION + 1):
            raise ModelError(
                f"{self.settings_file} is of format {document['format']!r}, version {version!r};"
                f" this simplecell reads {FORMAT!r}, 1 to {VERSION}.\n"
                "  Install a newer simplecell."
            )
        lacks = sorted({"network", "data", "recipe", "seed", "engine"} - document.keys())
        if lacks:
            raise ModelError(
                f"{self.settings_file} is damaged: it lacks {', '.join(lacks)}.\n"
                "  Start anew elsewhere."
            )
        try:
            _check_kinds(document)
        except (SimplecellError, ValueError, TypeError, KeyError) as problem:
            raise ModelError(
                f"{self.settings_file} is damaged: {problem}\n  Start anew elsewhere."
            ) from None
        return document

    def save_source(self, data: str, data_dir: Path | None) -> None:
        """Keep where the pictures are, as paths from this folder: both may be moved together."""
        if data in NAMES and data_dir is None:
            return  # its name says it all
        name, asked = parse(data)
        paths = [Path(expanduser(part.strip())) for part in name.split(",")]
        if name not in NAMES and all(path.exists() for path in paths):
            data = address(",".join(self._seen_from_here(path) for path in paths), asked)
        told = {"data": data, "data_dir": data_dir and self._seen_from_here(data_dir)}
        write_file(self.source_file, (json.dumps(told, indent=1) + "\n").encode())

    def _seen_from_here(self, path: Path) -> str:
        try:
            found = os.path.relpath(path.resolve(), self.path.resolve())
        except ValueError:  # another drive
            found = str(path.resolve())
        return found if _is_path(found) else os.path.join(os.curdir, found)

    def source(self) -> Source | None:
        """Say where the pictures are; None if nothing says so."""
        if not self.source_file.exists():
            return None
        try:
            told = read_json(self.source_file.read_bytes())
            data, data_dir = str(told["data"]), told["data_dir"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        name, asked = parse(data)
        if _is_path(name):
            paths = [os.path.normpath(self.path / part) for part in name.split(",")]
            name = ",".join(os.path.relpath(path) for path in paths)
            name = name if _is_path(name) else os.path.join(os.curdir, name)
            data = address(name, asked)
        return Source(data, None if data_dir is None else self.path / data_dir)

    def resume(self, settings: Mapping[str, Any]) -> Checkpoint | None:
        """Give the checkpoint to go on from; None if the run stopped before its first.

        Raises
            ModelError   the run here was told something else, or its files are damaged
        """
        found = self.settings()
        self._refuse_difference(found, settings)
        clear(self.path)
        if not self.checkpoint_file.exists():
            return None
        checkpoint = read_checkpoint(self.checkpoint_file)
        try:
            there = Network.from_json(checkpoint.network)
        except SpecError as problem:
            raise ModelError(f"{self.checkpoint_file} is damaged: {problem}") from None
        if there != Network.from_json(json.dumps(found["network"])):
            name = there.name
            raise ModelError(
                f"{self.checkpoint_file} belongs to another network ({name}) than this run's"
                f" ({found['network']['name']}).\n  Put the run's own checkpoint back."
            )
        # It may have been killed between a checkpoint and its history; after the last epoch
        # nobody else would write that again.
        history = write_lines(checkpoint.history).encode()
        if not self.history_file.exists() or self.history_file.read_bytes() != history:
            write_file(self.history_file, history)
        return checkpoint

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, then the history that it holds."""
        write_checkpoint(self.checkpoint_file, checkpoint)
        write_file(self.history_file, write_lines(checkpoint.history).encode())

    def start_model(self) -> Model | None:
        """Read the model that the run went on from; None if it began with drawn weights.

        Raises
            ModelError   a damaged file
        """
        return load_model(self.start_file) if self.start_file.exists() else None

    def save_model(self, model: Model) -> None:
        """Write the model, which says that the run is finished."""
        save_model(model, self.model_file)

    def model(self) -> Model:
        """Read the finished run's model."""
        return load_model(self.path)

    def save_result(self, result: Mapping[str, Any]) -> None:
        """Write what the test part said."""
        write_file(self.result_file, _json_bytes(result))

    def save_skipped(self, skipped: Iterable[tuple[str, str]]) -> None:
        """Write which files were left out, and why."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("path", "reason"))
        writer.writerows(skipped)
        write_file(self.skipped_file, text.getvalue().encode())

    def result(self) -> dict[str, Any] | None:
        """Read what the test part said, if it was asked."""
        try:
            document: dict[str, Any] = read_json(self.result_file.read_bytes())
        except (OSError, ValueError):
            return None
        return document if isinstance(document, dict) else None

    def _described(self) -> str:
        with suppress(ModelError, KeyError, TypeError):
            told = self.settings()
            return (
                f"{told['network']['name']} on {told['data']['name']},"
                f" {told['recipe']['epochs']} epochs, seed {told['seed']}"
            )
        return f"its {SETTINGS_FILE} cannot be read"

    def _refuse_difference(self, found: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        here = dict(_flat(json.loads(json.dumps(asked))))
        # An earlier version's recipe says less: what it does not say was as it is by default.
        unsaid = _flat({"recipe": Recipe("").to_document()})
        there = {name: value for name, value in unsaid if name in here} | dict(_flat(found))
        lines = [
            BYTES.get(name, f"  {name}: {there.get(name)!r} there, {here.get(name)!r} asked for")
            for name in {**here, **there}
            if there.get(name) != here.get(name) and name not in OF_THE_FILE
        ]
        if lines:
            raise ModelError(
                f"{self.path} holds a run with other settings:\n" + "\n".join(lines[:8]) + "\n"
                "  Go on with its own settings (leave those options out), or name another --out."
            )


def _check_kinds(document: Mapping[str, Any]) -> None:
    """Refuse what stands in run.json for something else.

    Raises
        SimplecellError, ValueError, TypeError, KeyError   what it is
    """
    Network.from_json(json.dumps(document["network"]))
    if not isinstance(document["recipe"], dict):
        raise ValueError(f"its recipe is {shown(document['recipe'])}.")
    if not isinstance(document["data"], dict) or not isinstance(document["data"]["name"], str):
        raise ValueError(f"its data are {shown(document['data'])}.")
    if type(document["seed"]) is not int or document["seed"] < 0:
        raise ValueError(f"its seed is {shown(document['seed'])}.")
    if not isinstance(document["engine"], str):
        raise ValueError(f"its engine is {shown(document['engine'])}.")


def free_folder(parent: Path, stem: str) -> Path:
    """Name the first of `stem`-1, `stem`-2 … that is not there yet."""
    stem = re.sub(r"[^\w.-]+", "-", stem)
    number = 1
    while (parent / f"{stem}-{number}").exists():
        number += 1
    return parent / f"{stem}-{number}"


def _json_bytes(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give every value with its path, as in recipe.schedule.rate."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
