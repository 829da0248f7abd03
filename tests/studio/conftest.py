"""A studio without a socket, and one in a process of its own over 127.0.0.1."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

import simplecell
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.studio.answer import Studio, answer
from simplecell.studio.exchange import Request, Response
from simplecell.studio.gate import Gate
from simplecell.studio.job import Job
from simplecell.studio.jobs import Jobs
from simplecell.studio.models import Models
from simplecell.studio.sets import Sets

SOURCE = Path(simplecell.__file__).parents[1]
TWO = Network("two", (1, 8, 8), (Dense("F1", 12, "relu"), Dense("F2", 10, "softmax")))
"""A network that learns 8x8 digits in milliseconds."""

STATES = ("paused", "diverged", "stopped", "finished", "failed")


def made(tmp_path: Path, given: tuple[Path, ...] = (), data: tuple[Path, ...] = ()) -> Studio:
    page = tmp_path / "page"
    page.mkdir(exist_ok=True)
    (page / "index.html").write_text("<!doctype html><title>studio</title>")
    (page / "main.js").write_text("export const one = 1;\n")
    models, sets = Models(given, tmp_path / "runs"), Sets(data)
    gate = Gate(1998, token="the-token", secret="the-secret")
    return Studio(gate, models, sets, Jobs(models, sets), page)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    found = made(tmp_path)
    yield found
    found.jobs.close()


@dataclass(frozen=True)
class Asking:
    """Asks a studio as its own page does."""

    studio: Studio

    def __call__(
        self, path: str, body: Any = None, kind: str = "application/json", **headers: str
    ) -> Response:
        parts = urlsplit(path)
        query = dict(part.partition("=")[::2] for part in parts.query.split("&") if part)
        own = {"host": "127.0.0.1:1998", "cookie": "simplecell-1998=the-secret"}
        if body is not None:
            own |= {"content-type": kind, "x-simplecell": "1", "origin": "http://127.0.0.1:1998"}
        told = {**own, **{name.replace("_", "-"): value for name, value in headers.items()}}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        raw = content if isinstance(content, bytes) else content.encode()
        method = "GET" if body is None else "POST"
        return answer(self.studio, Request(method, parts.path, query, told, raw))

    def json(self, path: str, body: Any = None, **told: Any) -> dict[str, Any]:
        found = self(path, body, **told)
        assert found.status in (200, 201), found.body
        document: dict[str, Any] = json.loads(found.body)
        return document


@pytest.fixture
def ask(studio: Studio) -> Asking:
    return Asking(studio)


def numbers_of(packed: dict[str, Any]) -> np.ndarray:
    import base64

    flat = np.frombuffer(base64.b64decode(packed["data"]), packed["kind"])
    return flat.reshape(packed["shape"])


def waited(job: Job, *states: str, seconds: float = 120) -> str:
    """Wait until a job is in one of some states."""
    end = time.monotonic() + seconds
    while job.state not in (states or STATES):
        assert time.monotonic() < end, (job.state, job.journal.after(0)[0][-3:])
        time.sleep(0.02)
    return job.state


def events(job: Job, kind: str) -> list[dict[str, Any]]:
    return [event for event in job.journal.after(0)[0] if event["kind"] == kind]


class Served:
    """A studio in a process, and a browser's part of HTTP."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "simplecell", "studio", *arguments, "--no-browser"]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--json"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.told = json.loads(self.process.stdout.readline())
        self.cookie = ""
        status, headers, _ = self.raw("GET", f"/?{urlsplit(self.told['url']).query}")
        assert status == 303
        self.cookie = headers["set-cookie"].partition(";")[0]

    def raw(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.told["port"], timeout=60)
        own = {"Cookie": self.cookie} if self.cookie else {}
        connection.request(method, path, body, {**own, **headers})
        found = connection.getresponse()
        content = found.read()
        connection.close()
        return found.status, {n.lower(): v for n, v in found.getheaders()}, content

    def json(self, path: str, body: Any = None) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        own = {"Content-Type": "application/json", "X-Simplecell": "1"} if content else {}
        status, _, found = self.raw("POST" if content else "GET", path, content, **own)
        assert status in (200, 201), found
        document: dict[str, Any] = json.loads(found)
        return document

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Stop it as a terminal would, or kill it; give its exit code and standard error."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=300)
        return self.process.returncode, said


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    begun: list[Served] = []

    def start(*arguments: str) -> Served:
        begun.append(Served(tmp_path, *arguments))
        return begun[-1]

    yield start
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()
