"""Jobs: processes of their own that train or learn, started, heard and told what to do.

A job is a run folder. One that no process works on is stopped, or finished, and can be gone on
with: after the studio was closed or killed, and after `simplecell train` was.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from simplecell.errors import StudioError
from simplecell.studio.journal import Event, Journal
from simplecell.studio.models import STUDIO, Entry
from simplecell.studio.snapshots import Frames, Snapshots
from simplecell.train.atomic import make_folder, write_file
from simplecell.train.folder import RunFolder

TASK = "task.json"
PATIENCE = 20.0
"""Seconds that a worker has to save and end, once it is told to stop."""

BEGINNING, IMPATIENCE = ("starting", "loading", "compiling"), 1.0
"""While there is nothing to be saved, it has no more than this."""

ENDED = ("finished", "stopped", "failed")
NOWHERE = "http://127.0.0.1:9/"
"""Where a worker would look for data that are not here: nothing is fetched by the studio."""


class Job:
    """One run folder, and the process that works on it, if there is one."""

    def __init__(self, name: str, folder: Path, kind: str) -> None:
        self.name, self.folder, self.kind = name, folder, kind
        self.studio = folder / STUDIO
        self.snapshots, self.frames = Snapshots(self.studio), Frames(self.studio)
        self.journal = Journal(folder, self.studio)
        self.state = self._resting()
        self._process: subprocess.Popen[str] | None = None
        self._hearer: Thread | None = None
        self._alone = Lock()

    @property
    def alive(self) -> bool:
        """Whether a process works on it, or waits; one that has told its end is none."""
        running = self._process is not None and self._process.poll() is None
        return running and self.state not in ENDED

    def start(self, task: Mapping[str, Any]) -> None:
        """Start a process on a task.

        Raises
            StudioError   409: one is at it
        """
        with self._alone:
            if self.alive:
                raise StudioError(f"{self.name} is at work already.", 409)
            self._close()
            self._note({"kind": "state", "state": "starting"})
            own: dict[str, Any] = {"start_new_session": True}
            if sys.platform == "win32":
                own = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "simplecell.studio.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={**os.environ, "SIMPLECELL_MIRROR": NOWHERE, "PYTHONPATH": _path()},
                **own,
            )
            self._tell({"run": str(self.folder), "kind": self.kind, **task})
            self._hearer = Thread(target=self._hear, args=(self._process,), daemon=True)
            self._hearer.start()

    def command(self, verb: str, told: Mapping[str, Any]) -> None:
        """Tell the process what to do.

        Raises
            StudioError   409: there is no process
        """
        with self._alone:
            if not self.alive:
                raise StudioError(f"{self.name} is {self.state}: no process works on it.", 409)
            self._tell({"do": verb, **told})

    def close(self) -> None:
        """Let the process save and end; wait for it, and end it if it does not."""
        if self._process is None:
            return
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(IMPATIENCE if self.state in BEGINNING else PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()

    def _close(self) -> None:
        if self._hearer is not None:
            self._hearer.join(PATIENCE)
        if self._process is not None:
            for end in (self._process.stdin, self._process.stdout):
                if end is not None:
                    with suppress(OSError):
                        end.close()

    def _tell(self, told: Mapping[str, Any]) -> None:
        process = self._process
        with suppress(OSError):
            if process is not None and process.stdin is not None:
                process.stdin.write(f"{json.dumps(told)}\n")
                process.stdin.flush()

    def _hear(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            with suppress(ValueError):
                self._note(json.loads(line))
        code = process.wait()
        if self.state not in ENDED:
            message = f"its process ended ({code}); continue goes on from what was saved."
            self._note({"kind": "state", "state": "stopped", "message": message})

    def _note(self, event: Event) -> None:
        if event.get("kind") == "state":
            self.state = str(event["state"])
        self.journal.add(event)

    def _resting(self) -> str:
        """Say how it stands where no process works on it."""
        if self.kind == "features":
            return "finished" if (self.folder / "features.safetensors").exists() else "stopped"
        return "finished" if RunFolder(self.folder).finished else "stopped"

    def document(self) -> dict[str, Any]:
        """Say how the job stands."""
        last = self.journal.last("progress") or self.journal.last("iteration")
        finished = self.journal.last("finished") or {}
        return {
            "id": self.name,
            "kind": self.kind,
            "state": self.state,
            "alive": self.alive,
            "run": str(self.folder),
            "begun": self.journal.last("begun"),
            "last": last,
            "result": finished.get("result") if self.state == "finished" else None,
        }

    def resume(self, rewind: int | None = None) -> None:
        """Start a process that goes on with what is there.

        Raises
            StudioError   409: a process works on it, or it is finished
            ModelError    no run, or a damaged one
        """
        if self.state == "finished" and rewind is None:
            raise StudioError(f"{self.name} is finished: there is nothing to go on with.", 409)
        self.start({**self.task(), "resume": True, "rewind": rewind})

    def task(self) -> dict[str, Any]:
        """Say what is to be gone on with, as its folder tells.

        Raises
            ModelError   no run, or a damaged one
        """
        with suppress(OSError, ValueError):
            told: dict[str, Any] = json.loads((self.studio / TASK).read_text("utf-8"))
            return told
        run = RunFolder(self.folder)
        settings, source = run.settings(), run.source()
        data = settings["data"]["name"] if source is None else source.data
        data_dir = None if source is None or source.data_dir is None else str(source.data_dir)
        return {"data": data, "data_dir": data_dir}

    def keep_task(self, task: Mapping[str, Any]) -> None:
        """Write down a task that its folder does not say."""
        make_folder(self.studio)
        write_file(self.studio / TASK, json.dumps(dict(task)).encode())


def job_of(entry: Entry) -> Job:
    """Make a job of a run folder that is there.

    Raises
        StudioError   404: no run folder
    """
    if entry.path is None or entry.run is None:
        raise StudioError(f"{entry.id} is no run folder: there is nothing to go on with.", 404)
    kind = "train" if entry.run.started else "features"
    return Job(entry.id, entry.path, kind)


def _path() -> str:
    """Let a worker find this package, from wherever it was imported."""
    here = str(Path(__file__).parents[2])
    others = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join([here, others]) if others else here
