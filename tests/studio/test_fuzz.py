"""Whatever is asked, the answer is an answer: nothing a request holds is a fault of ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from simplecell.studio.job import Job

from .conftest import Asking, made

WORDS = some.sampled_from(
    ["digits", "mnist", "lenet5", "zoo:lenet5", "run:a", "fast", "/etc", "..", "~", "a\x00b",
     "/\ud800", "photographs", "sigmoid", "-1", "1e999", "0-5", "true", "a" * 300]
)  # fmt: skip
SCALARS = some.one_of(
    some.none(), some.booleans(), some.integers(-(2**70), 2**70), some.floats(), WORDS, some.text()
)
VALUES = some.recursive(
    SCALARS, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(WORDS, inner)
)
FIELDS = some.sampled_from(
    ["network", "data", "recipe", "epochs", "batch", "rate", "seed", "depart", "run", "threads",
     "source", "hidden", "rho", "decay", "beta", "decoder", "count", "patch", "whiten", "colour",
     "iterations", "snapshot", "paused", "picture", "model", "invert"]
)  # fmt: skip
BODIES = some.dictionaries(FIELDS, VALUES, max_size=6) | VALUES
POSTS = some.sampled_from(
    ["/api/train", "/api/features", "/api/input", "/api/row", "/api/jobs/run:a/rewind",
     "/api/jobs/zoo:lenet5/continue", "/api/jobs/run:../stop"]
)  # fmt: skip
GETS = some.sampled_from(
    ["/api/digits", "/api/models", "/api/models/run:../../x", "/api/jobs/run:a/events",
     "/api/jobs/run:a/snapshots/1", "/web/a", "/"]
)  # fmt: skip
QUERIES = some.dictionaries(
    some.sampled_from(["set", "model", "part", "index", "after", "token", "invert"]),
    WORDS | some.text(alphabet=some.characters(blacklist_characters="&=?#")),
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A studio whose jobs begin nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Job, "start", lambda self, task: None)
        yield Asking(made(Path(tmp_path_factory.mktemp("fuzz"))))


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(POSTS, BODIES)
def test_no_body_is_a_fault(ask: Asking, path: str, body: Any) -> None:
    found = ask(path, json.dumps(body).encode())
    assert found.status < 500, found.body
    json.loads(found.body)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(POSTS, some.binary(max_size=60), some.sampled_from(["application/json", "image/png"]))
def test_no_bytes_are_a_fault(ask: Asking, path: str, body: bytes, kind: str) -> None:
    assert ask(path, body, kind=kind).status < 500


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(GETS, QUERIES)
def test_no_query_is_a_fault(ask: Asking, path: str, query: dict[str, str]) -> None:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    try:
        found = ask(f"{path}?{text}")
    except ValueError as problem:  # urlsplit, which is the test's own, refuses some brackets
        assert "netloc" in str(problem) or "IPv6" in str(problem)
        return
    assert found.status < 500, found.body
