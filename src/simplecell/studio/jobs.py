"""All the jobs of a studio: new ones are begun, those on disk are found, all are closed."""

import json
import re
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from simplecell.data.batches import check_seed
from simplecell.errors import StudioError
from simplecell.spec.network import Network
from simplecell.spec.zoo import NETWORKS
from simplecell.studio.job import TASK, Job, job_of
from simplecell.studio.models import STUDIO, Models
from simplecell.studio.pipe import COMMANDS, GO_ON, PAUSE, REWIND
from simplecell.studio.sets import NAMES, Sets
from simplecell.train.atomic import make_folder
from simplecell.train.folder import RunFolder, free_folder
from simplecell.train.recipes import Recipe, adjusted, recipe
from simplecell.train.task import check_amounts, check_numbers

AT_ONCE = 2
"""Jobs that may be at work at the same time: each takes all processors."""

NAME = re.compile(r"[\w-][\w.-]{0,79}")
MOST_HIDDEN, MOST_PATCHES, MOST_ITERATIONS = 4096, 200_000, 100_000


class Jobs:
    """The jobs of a studio, by their names."""

    def __init__(self, models: Models, sets: Sets) -> None:
        self.models, self.sets = models, sets
        self._jobs: dict[str, Job] = {}
        self._alone = Lock()

    def all(self) -> list[Job]:
        """List the jobs that this studio began or went on with, and runs that are not ended."""
        for entry in self.models.entries():
            run = entry.run
            if run is not None and run.started and not run.finished:
                with suppress(StudioError):
                    self.find(entry.id)
        if self.models.runs.is_dir():
            for task in sorted(self.models.runs.glob(f"*/{STUDIO}/{TASK}")):
                self.find(f"run:{task.parents[1].name}")
        return list(self._jobs.values())

    def known(self) -> list[Job]:
        """List the jobs that this studio has dealt with."""
        return list(self._jobs.values())

    def find(self, name: str) -> Job:
        """Give a job by its name, which is that of its run.

        Raises
            StudioError   404: none
        """
        with self._alone:
            if name not in self._jobs:
                self._jobs[name] = self._on_disk(name)
            return self._jobs[name]

    def _on_disk(self, name: str) -> Job:
        own = name.removeprefix("run:")
        if name.startswith("run:") and NAME.fullmatch(own):
            folder = self.models.runs / own
            if (folder / STUDIO / TASK).is_file():
                return Job(name, folder, "features")
        return job_of(self.models.find(name))

    def train(self, told: dict[str, Any]) -> Job:
        """Begin to train: network, data, recipe, epochs, batch, rate, seed, depart, run, threads.

        `network` is the name of a published one, that of a model, a network's JSON, or null for
        one that is made for the pictures, in grey or, with `colour`, in colour. `recipe` is a
        name, or a document as /api/recipes gives them.

        Raises
            StudioError, SpecError, UnknownName, FetchError   what cannot be, before it is begun
        """
        network, stem = self._network(told.get("network"))
        data = self.sets.find(_text(told, "data"))
        name = told.get("recipe")
        numbers = {key: told.get(key) for key in ("epochs", "batch")}
        check_numbers(**numbers, threads=told.get("threads"))
        check_amounts(rate=told.get("rate"))
        if isinstance(name, dict):
            base = Recipe.from_document(name)
        else:
            base = recipe(_text(told, "recipe") if name else "fast")
        adjusted(base, **numbers, rate=told.get("rate"))
        depart = told.get("depart") or []
        if not isinstance(depart, list) or not all(isinstance(one, str) for one in depart):
            raise StudioError("'depart' is a list of names, as ['relu'].")
        task = {
            "network": network,
            "data": data.source,
            "recipe": name,
            "rate": told.get("rate"),
            **numbers,
            "seed": check_seed(told.get("seed") or 0),
            "depart": depart,
            "channels": 3 if told.get("colour") else 1,
            "threads": told.get("threads"),
        }
        folder = self._folder(told.get("run"), f"{Path(data.name).name}-{stem}")
        return self._begin(folder, "train", task)

    def learn(self, told: dict[str, Any]) -> Job:
        """Begin to learn features of a `source`: photographs, or a set.

        Told may be count, patch, colour, whiten, iterations, seed, run, threads; and hidden, rho,
        decay, beta, decoder. What is not follows the tutorial.

        Raises
            StudioError, DataError, UnknownName, FetchError   what cannot be, before it is begun
        """
        # They take SciPy and Numba, which the first page does not wait for.
        from simplecell.features.autoencoder import Settings
        from simplecell.features.source import PHOTOGRAPHS

        source = _text(told, "source")
        found = PHOTOGRAPHS if source == PHOTOGRAPHS else self.sets.find(source).source
        most = {"hidden": MOST_HIDDEN, "count": MOST_PATCHES, "iterations": MOST_ITERATIONS}
        numbers = {key: told.get(key) for key in (*most, "patch", "threads")}
        check_numbers(**numbers)
        for key, largest in most.items():
            if (numbers[key] or 0) > largest:
                raise StudioError(f"{key} is {numbers[key]}; {largest:,} is the most here.")
        amounts = {key: told.get(key) for key in ("rho", "decay", "beta", "whiten")}
        check_amounts(**amounts)
        decoder = told.get("decoder")
        said = {k: v for k, v in {**amounts, "decoder": decoder}.items() if v is not None}
        said.pop("whiten", None)
        Settings(numbers["hidden"] or 25, **said)
        task = {
            "source": found,
            **numbers,
            **amounts,
            "decoder": decoder,
            "colour": bool(told.get("colour")),
            "seed": check_seed(told.get("seed") or 0),
        }
        folder = self._folder(told.get("run"), f"{Path(source).name}-features")
        return self._begin(folder, "features", task)

    def command(self, name: str, verb: str, told: dict[str, Any]) -> Job:
        """Tell a job to pause, continue, stop or rewind; one that rests is begun again.

        Raises
            StudioError   404: no such job or snapshot; 409: what the job cannot do as it stands
        """
        if verb not in COMMANDS:
            raise StudioError(f"a job can {', '.join(COMMANDS)}; not {verb[:40]!r}.", 404)
        job = self.find(name)
        snapshot: int | None = None
        if verb == REWIND:
            snapshot = self._snapshot(job, told)
        if not job.alive and verb in (GO_ON, REWIND):
            self._check_room()
            self._check_here(job.task())
            job.resume(snapshot)
            if told.get("paused"):
                job.command(PAUSE, {})
        else:
            job.command(verb, {"snapshot": snapshot or 0, "paused": bool(told.get("paused"))})
        return job

    def close(self) -> None:
        """Let every job save and end."""
        alive = [job for job in self._jobs.values() if job.alive]
        for job in alive:
            with suppress(StudioError):
                job.command("stop", {})
        for job in self._jobs.values():
            job.close()

    def _snapshot(self, job: Job, told: dict[str, Any]) -> int:
        if job.kind == "features":
            raise StudioError("a search for features cannot go back: it can stop, and go on.", 409)
        number = told.get("snapshot")
        if type(number) is not int:
            raise StudioError("rewind takes 'snapshot', the number of one.")
        return job.snapshots.find(number).number

    def _network(self, told: Any) -> tuple[Any, str]:
        """Give what a task says of the network, and what its run is called after."""
        if told is None:
            return None, "lenet"
        if isinstance(told, dict):
            network = Network.from_json(json.dumps(told))
            return told, network.name
        if not isinstance(told, str):
            raise StudioError("'network' is a name, a model's name, a network's JSON, or null.")
        name = told.removeprefix("zoo:")
        if name in NETWORKS:
            return name, name
        network = self.models.model(self.models.find(told)).network
        return json.loads(network.to_json()), network.name

    def _folder(self, told: Any, stem: str) -> Path:
        """Give the folder of a new run: by its name, below the folder of runs, or a free one."""
        if told is None:
            return free_folder(self.models.runs, stem)
        if not isinstance(told, str) or not NAME.fullmatch(told):
            raise StudioError(
                f"a run is called by letters, digits, '.', '-' and '_', not {str(told)[:60]!r}; it"
                f" lies in {self.models.runs}."
            )
        folder = self.models.runs / told
        RunFolder(folder).refuse_second_start()
        return folder

    def _begin(self, folder: Path, kind: str, task: dict[str, Any]) -> Job:
        self._check_room()
        make_folder(self.models.runs)
        data_dir = self.sets.data_dir
        whole = {**task, "data_dir": None if data_dir is None else str(data_dir)}
        name = f"run:{folder.name}"
        with self._alone:
            known = self._jobs.get(name)
            if known is not None and known.alive:
                raise StudioError(f"{name} is at work already.", 409)
            job = self._jobs[name] = Job(name, folder, kind)
        if kind == "features":
            job.keep_task(whole)
        job.start(whole)
        return job

    def _check_here(self, task: dict[str, Any]) -> None:
        """Refuse to go on where a published set is no longer on this machine."""
        name = task.get("data", task.get("source"))
        if name in NAMES:
            self.sets.find(name)

    def _check_room(self) -> None:
        at_work = [job.name for job in self._jobs.values() if job.alive and job.state != "paused"]
        if len(at_work) >= AT_ONCE:
            raise StudioError(
                f"{' and '.join(at_work)} are at work: pause or stop one of them first.", 409
            )


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value.strip():
        raise StudioError(f"the request lacks {name!r}, a name.")
    return value
