"""The models that can be looked into: those that were named, those made here, and the zoo's.

given:NAME   a run folder or a model file that the command line named
run:NAME     a run folder below the folder of runs, finished or under way
zoo:NAME     a published network, with first weights and no training
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from simplecell.data.digits import DIGITS
from simplecell.data.normalise import published
from simplecell.data.pen import FRAME
from simplecell.data.rows import NONE
from simplecell.engines.parameters import initial_parameters, parameter_shapes
from simplecell.engines.protocol import Array, Parameters
from simplecell.engines.requests import losses_of
from simplecell.errors import ModelError, SimplecellError, StudioError
from simplecell.export.suffix import read_model
from simplecell.spec.network import Network
from simplecell.spec.zoo import NETWORKS, find
from simplecell.spec.zoo import published as printed
from simplecell.studio.snapshots import Snapshots
from simplecell.train import average
from simplecell.train.checkpoint import Checkpoint, read_checkpoint
from simplecell.train.folder import RunFolder
from simplecell.train.model import Model, from_document

STUDIO = "studio"
"""The folder inside a run folder where the studio keeps what it shows of the run."""

MODEL_FILE = "model.json"
MOST = 500
"""Runs that are listed, the newest first."""

KEPT = 8
"""Models that stay in memory."""


@dataclass(frozen=True)
class Entry:
    """A model by its name, and where it lies; the zoo's lie nowhere."""

    id: str
    kind: str
    name: str
    path: Path | None = None

    @property
    def run(self) -> RunFolder | None:
        """The run folder, if it is one."""
        return None if self.path is None or not self.path.is_dir() else RunFolder(self.path)


class Models:
    """What can be looked into: `given` paths, run folders below `runs`, the zoo."""

    def __init__(self, given: Sequence[Path], runs: Path) -> None:
        self.given, self.runs = tuple(given), runs
        self._kept: dict[tuple[str, int], Model] = {}
        self._alone = Lock()

    def entries(self) -> list[Entry]:
        """List all of them: given, made here, the zoo."""
        return [*self._given(), *self._made(), *self._zoo()]

    def find(self, name: str) -> Entry:
        """Give the entry of a name.

        Raises
            StudioError   404: none
        """
        for entry in self.entries():
            if entry.id == name:
                return entry
        raise StudioError(f"the studio has no model {name[:120]!r}; /api/models lists them.", 404)

    def model(self, entry: Entry) -> Model:
        """Read a model; of a run under way, what it has learnt so far.

        Raises
            ModelError   no model there, or a damaged one
        """
        if entry.path is None:
            return untrained(entry.name)
        run = entry.run
        if run is not None and not run.finished:
            return under_way(run)
        file = entry.path if run is None else run.model_file
        key = (entry.id, file.stat().st_mtime_ns if file.exists() else 0)
        with self._alone:
            if key not in self._kept:
                found = read_model(entry.path)
                self._kept = dict([*self._kept.items()][1 - KEPT :])
                self._kept[key] = found
            return self._kept[key]

    def _given(self) -> Iterator[Entry]:
        seen: set[str] = set()
        for path in self.given:
            stem = name = path.resolve().name
            number = 1
            while name in seen:
                number += 1
                name = f"{stem}~{number}"
            seen.add(name)
            yield Entry(f"given:{name}", "given", name, path)

    def _made(self) -> list[Entry]:
        if not self.runs.is_dir():
            return []
        given = {path.resolve() for path in self.given}
        found = []
        with suppress(OSError):
            for path in self.runs.iterdir():
                inside = path.resolve().is_relative_to(self.runs.resolve())
                if inside and RunFolder(path).started and path.resolve() not in given:
                    found.append((path.stat().st_mtime, path))
        newest = sorted(found, reverse=True)[:MOST]
        return [Entry(f"run:{path.name}", "run", path.name, path) for _, path in newest]

    def _zoo(self) -> Iterator[Entry]:
        for name in NETWORKS:
            yield Entry(f"zoo:{name}", "zoo", name)


def untrained(name: str) -> Model:
    """Give a published network with the first weights of seed 0, which reads digits.

    Every digit is brought to it as a trained model has it brought.
    """
    network = find(name)
    weights = initial_parameters(network, 0, "root", 0.12)
    own = (*DIGITS, NONE)[: network.classes]
    classes = (*own, *(str(k) for k in range(len(own), network.classes)))
    side = network.input[1]
    frame = (FRAME, FRAME) if side >= FRAME else (side, side)
    return Model(network, weights, published(), classes, frame, {}, "ink")


def under_way(run: RunFolder) -> Model:
    """Give what a run that is not finished has learnt so far.

    Raises
        ModelError   a run that the studio did not begin, or that has learnt nothing yet
    """
    file = run.path / STUDIO / MODEL_FILE
    try:
        told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        raise ModelError(
            f"{run.path} holds a run that is not finished, and that the studio did not begin:"
            " what its pixels mean is not written down.\n  Go on with it here, or by"
            " simplecell train … --resume."
        ) from None
    return from_document(told, latest(run), file)


def latest(run: RunFolder) -> dict[str, Array]:
    """Give the weights that a run under way was last seen with."""
    snapshots = Snapshots(run.path / STUDIO)
    last = snapshots.last()
    if last is not None:
        # One that was being written when the power failed may be damaged.
        with suppress(ModelError):
            return weights_of(snapshots.read(last.number))
    return weights_of(read_checkpoint(run.checkpoint_file))


def weights_of(checkpoint: Checkpoint) -> dict[str, Array]:
    """Give the weights by which a run is judged at a checkpoint."""
    return dict(average.learned(checkpoint.state))


def network_of(checkpoint: Checkpoint) -> Network:
    """Give the network that a checkpoint is of."""
    return Network.from_json(checkpoint.network)


def listed(entry: Entry, models: Models) -> dict[str, Any]:
    """Say of a model what a list says of it."""
    told: dict[str, Any] = {"id": entry.id, "kind": entry.kind, "name": entry.name}
    if entry.path is None:
        own = printed(entry.name)
        return {**told, "trained": False, "source": own.source, "network": entry.name}
    run = entry.run
    told["trained"] = run is None or run.finished
    if run is not None:
        with suppress(SimplecellError, KeyError, TypeError):
            settings = run.settings()
            told["network"] = settings["network"]["name"]
            told["data"] = settings["data"]["name"]
            told["epochs"] = settings["recipe"]["epochs"]
        told["test_error_percent"] = (run.result() or {}).get("test_error_percent")
    return told


def described(entry: Entry, model: Model) -> dict[str, Any]:
    """Say all of a model but its weights: the network, and how the weights' bytes are laid out."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "name": entry.name,
        "trained": entry.path is not None,
        "network": json.loads(model.network.to_json()),
        "shapes": [list(shape) for shape in model.network.shapes],
        "classes": list(model.classes),
        "normalisation": asdict(model.normalisation),
        "frame": model.frame,
        "reading": model.reading,
        "loss": model.loss,
        "losses": list(losses_of(model.network.layers[-1])),
        "guard": model.guard is not None,
        "arrays": arrays_of(model.network),
        "training": dict(model.metadata),
    }


def arrays_of(network: Network) -> list[dict[str, Any]]:
    """List the arrays of a network's weights, in the order of their bytes."""
    return [
        {"name": name, "shape": list(shape)} for name, shape in parameter_shapes(network).items()
    ]


def in_order(network: Network, weights: Parameters) -> list[Array]:
    """Give the weights in the order in which `arrays_of` lists them."""
    return [weights[name] for name in parameter_shapes(network)]
