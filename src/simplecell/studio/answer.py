"""Every route of the studio: a request in, a response out, without a socket.

| route | answers |
|---|---|
| `GET /?token=…` | a cookie, and the way to `/`: once |
| `GET /`, `GET /web/FILE` | the page and its files |
| `GET /formulas/FILE` | the file of a formula, to be read |
| `GET /api/models` | the models: `given`, `run` (made here), `zoo` (first weights) |
| `GET /api/models/ID` | network, classes, normalisation, reading, names and shapes of arrays |
| `GET /api/models/ID/weights` | their float32, little-endian, in the order of `arrays` |
| `GET /api/sets` | data sets, whether they are here, and if not, what brings them |
| `GET /api/digits?set=&model=&part=test&index=0-9` | pictures as the model's input, with labels |
| `GET /api/recipes` | the recipes, all their settings |
| `POST /api/input?model=&invert=` | a picture's bytes as the model reads them, each step |
| `POST /api/row?model=&invert=` | a picture of a row of digits: the answer at every place |
| `POST /api/train` | begins to train; the job |
| `POST /api/features` | begins to learn features; the job |
| `GET /api/jobs`, `GET /api/jobs/ID` | the jobs; how one stands |
| `GET /api/jobs/ID/events?after=N` | what happened since N, and the next N |
| `GET /api/jobs/ID/snapshots` | which snapshots are kept, how far apart, how their bytes lie |
| `GET /api/jobs/ID/snapshots/K` | its float32, little-endian |
| `POST /api/jobs/ID/pause`, `…/continue`, `…/stop` | does so |
| `POST /api/jobs/ID/rewind` | goes back to `snapshot` and on from there; waits with `paused` |

What goes wrong is `{"error": {"kind", "message"}}` with a status of 400 or more. IDs are escaped
in paths. Arrays inside JSON are `{"shape", "kind": "<f4" or "u1", "data": base64}`.
"""

import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from importlib.resources.abc import Traversable
from typing import Any

from simplecell.errors import SimplecellError, StudioError, UnknownName
from simplecell.studio import models, sets
from simplecell.studio.asset import asset, formula, web
from simplecell.studio.exchange import BYTES, Request, Response, document, numbers, refusal
from simplecell.studio.gate import HEADERS, Gate
from simplecell.studio.job import Job
from simplecell.studio.jobs import Jobs
from simplecell.studio.models import Models
from simplecell.studio.sets import Sets
from simplecell.train.recipes import RECIPES


@dataclass(frozen=True)
class Studio:
    """All that answers need: who may ask, the models, the pictures, the jobs, the page."""

    gate: Gate
    models: Models
    sets: Sets
    jobs: Jobs
    folder: Traversable = field(default_factory=web)


def answer(studio: Studio, request: Request) -> Response:
    """Answer a request; whatever is wrong with it is said in the answer."""
    try:
        found = studio.gate.entered(request)
        if found is None:
            studio.gate.check(request)
            found = _answer(studio, request)
    except StudioError as problem:
        found = _refused(request, problem)
    except UnknownName as problem:
        found = refusal(problem, 404)
    except SimplecellError as problem:
        found = refusal(problem, 400)
    except Exception:
        traceback.print_exc()
        found = refusal(RuntimeError("a fault of the studio; its terminal says which."), 500)
    return replace(found, headers={**HEADERS, **found.headers})


def _answer(studio: Studio, request: Request) -> Response:
    method = "GET" if request.method == "HEAD" else request.method
    others = []
    for allowed, pattern, route in ROUTES:
        if match := pattern.fullmatch(request.path):
            if allowed == method:
                return route(studio, request, *match.groups())
            others.append(allowed)
    if others:
        raise StudioError(f"{request.path[:120]} takes {' or '.join(others)}.", 405)
    raise StudioError(f"nothing is at {request.path[:120]}.", 404)


def _refused(request: Request, problem: StudioError) -> Response:
    """Say what is wrong: in JSON, or, where a person opened the page, as a page."""
    if request.path != "/":
        return refusal(problem, problem.status)
    said = escape(str(problem)).replace("\n", "<br>")
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>simplecell studio</title>'
        f"<h1>Not open</h1><p>{said}</p>"
        '<p><a href="/">You have just opened that address: go on</a></p></html>'
    )
    return Response(problem.status, text.encode(), "text/html; charset=utf-8")


def _page(studio: Studio, request: Request) -> Response:
    return asset(studio.folder, "index.html")


def _file(studio: Studio, request: Request, path: str) -> Response:
    return asset(studio.folder, path)


def _formula(studio: Studio, request: Request, path: str) -> Response:
    return formula(path)


def _models(studio: Studio, request: Request) -> Response:
    entries = studio.models.entries()
    return document({"models": [models.listed(entry, studio.models) for entry in entries]})


def _model(studio: Studio, request: Request, name: str) -> Response:
    entry = studio.models.find(name)
    return document(models.described(entry, studio.models.model(entry)))


def _weights(studio: Studio, request: Request, name: str) -> Response:
    model = studio.models.model(studio.models.find(name))
    return numbers(models.in_order(model.network, model.parameters))


def _sets(studio: Studio, request: Request) -> Response:
    return document({"sets": sets.listed(studio.sets)})


def _digits(studio: Studio, request: Request) -> Response:
    query = request.query
    model = studio.models.model(studio.models.find(query.get("model", "zoo:lenet5")))
    found = studio.sets.find(query.get("set", sets.BUNDLED))
    data = studio.sets.load(found, model.network.input)
    places = sets.places_of(query.get("index", "0"))
    return document(sets.sample(data, model, query.get("part", "test"), places))


def _recipes(studio: Studio, request: Request) -> Response:
    return document({"recipes": [entry.to_document() for entry in RECIPES.values()]})


def _input(studio: Studio, request: Request) -> Response:
    return _picture(studio, request, "read")


def _row(studio: Studio, request: Request) -> Response:
    return _picture(studio, request, "read_row")


def _picture(studio: Studio, request: Request, what: str) -> Response:
    # It takes SciPy, which the first page does not wait for.
    from simplecell.studio import reading

    name, content, invert = reading.told(request)
    model = studio.models.model(studio.models.find(name))
    return document(getattr(reading, what)(model, content, invert))


def _train(studio: Studio, request: Request) -> Response:
    return _begun(studio.jobs.train(request.document()))


def _features(studio: Studio, request: Request) -> Response:
    return _begun(studio.jobs.learn(request.document()))


def _begun(job: Job) -> Response:
    return document({"job": job.name, "run": str(job.folder), "state": job.state}, 201)


def _jobs(studio: Studio, request: Request) -> Response:
    return document({"jobs": [job.document() for job in studio.jobs.all()]})


def _job(studio: Studio, request: Request, name: str) -> Response:
    return document(studio.jobs.find(name).document())


def _events(studio: Studio, request: Request, name: str) -> Response:
    job = studio.jobs.find(name)
    events, following = job.journal.after(request.number("after", 0))
    state: Mapping[str, Any] = {"state": job.state, "alive": job.alive}
    return document({"events": events, "next": following, **state})


def _snapshots(studio: Studio, request: Request, name: str) -> Response:
    job = studio.jobs.find(name)
    if job.kind == "features":
        numbered = job.frames.numbers()
        return document({"snapshots": numbered, "arrays": job.frames.shapes()})
    last = job.snapshots.last()
    network = None if last is None else models.network_of(job.snapshots.read(last.number))
    arrays = None if network is None else models.arrays_of(network)
    return document({**job.snapshots.described(), "arrays": arrays})


def _snapshot(studio: Studio, request: Request, name: str, number: str) -> Response:
    job = studio.jobs.find(name)
    if job.kind == "features":
        return Response(200, job.frames.read(int(number)), BYTES)
    checkpoint = job.snapshots.read(int(number))
    weights = models.weights_of(checkpoint)
    return numbers(models.in_order(models.network_of(checkpoint), weights))


def _command(studio: Studio, request: Request, name: str, verb: str) -> Response:
    told = request.document() if request.body else {}
    return document(studio.jobs.command(name, verb, told).document())


JOB = "/api/jobs/([^/]+)"
ROUTES: tuple[tuple[str, re.Pattern[str], Callable[..., Response]], ...] = tuple(
    (method, re.compile(path), route)
    for method, path, route in (
        ("GET", "/", _page),
        ("GET", "/web/(.+)", _file),
        ("GET", "/formulas/(.+)", _formula),
        ("GET", "/api/models", _models),
        ("GET", "/api/models/([^/]+)", _model),
        ("GET", "/api/models/([^/]+)/weights", _weights),
        ("GET", "/api/sets", _sets),
        ("GET", "/api/digits", _digits),
        ("GET", "/api/recipes", _recipes),
        ("POST", "/api/input", _input),
        ("POST", "/api/row", _row),
        ("POST", "/api/train", _train),
        ("POST", "/api/features", _features),
        ("GET", "/api/jobs", _jobs),
        ("GET", JOB, _job),
        ("GET", f"{JOB}/events", _events),
        ("GET", f"{JOB}/snapshots", _snapshots),
        ("GET", f"{JOB}/snapshots/([0-9]{{1,8}})", _snapshot),
        ("POST", f"{JOB}/(pause|continue|stop|rewind)", _command),
    )
)
