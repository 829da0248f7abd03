"""Who may ask: each rule of `gate` is a claim here."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from simplecell.errors import StudioError
from simplecell.studio import gate as rules
from simplecell.studio.answer import Studio, answer
from simplecell.studio.exchange import Request, Response
from simplecell.studio.gate import Gate, checked_names

from .conftest import Asking, Served

TOKEN = {"host": "127.0.0.1:1998"}


def message(found: Response) -> str:
    text: str = json.loads(found.body)["error"]["message"]
    return text


def test_it_listens_to_this_machine_alone_unless_told(serve: Callable[..., Served]) -> None:
    served = serve()
    assert served.told["host"] == "127.0.0.1"
    assert served.told["address"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("host", ["127.0.0.1:1998", "localhost:1998", "[::1]:1998", "LOCALHOST"])
def test_it_answers_to_the_names_of_this_machine(ask: Asking, host: str) -> None:
    assert ask("/api/recipes", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:1998", "127.0.0.1.evil.example", "", "a@localhost", "x:y"],
)
def test_any_other_host_is_refused_and_told_the_remedy(ask: Asking, host: str) -> None:
    """So a name elsewhere that was made to point here reads nothing."""
    found = ask("/api/recipes", host=host)
    assert found.status == 403
    assert "http://127.0.0.1:1998/" in message(found)
    assert "--allow-host" in message(found)
    assert ask("/?token=the-token", host=host).status == 403


def test_a_name_that_was_allowed_is_answered_to(studio: Studio) -> None:
    named = replace(studio, gate=replace(studio.gate, names=("lab.local",)))
    assert Asking(named)("/api/recipes", host="lab.local:1998").status == 200


def test_where_it_listens_everywhere_addresses_are_answered_to_and_names_are_not(
    studio: Studio,
) -> None:
    wide = Asking(replace(studio, gate=replace(studio.gate, host="0.0.0.0")))
    assert wide("/api/recipes", host="192.168.1.7:1998").status == 200
    assert wide("/api/recipes", host="evil.example").status == 403


@pytest.mark.parametrize("name", ["http://a.b", "a:80", "", "a/b"])
def test_a_name_to_be_allowed_is_a_name(name: str) -> None:
    with pytest.raises(StudioError, match="no name of a host"):
        checked_names([name])


def test_the_token_gives_a_cookie_of_this_port_and_leads_to_the_clean_address(
    studio: Studio,
) -> None:
    found = answer(studio, Request("GET", "/", {"token": "the-token"}, TOKEN))
    assert (found.status, found.headers["Location"]) == (303, "/")
    cookie = found.headers["Set-Cookie"]
    assert cookie == "simplecell-1998=the-secret; Path=/; HttpOnly; SameSite=Strict"


def test_a_wrong_token_gives_nothing(studio: Studio) -> None:
    for told in ("", "the-tokeN", "the-token "):
        found = answer(studio, Request("GET", "/", {"token": told}, TOKEN))
        assert found.status == 403
        assert "Set-Cookie" not in found.headers


@pytest.mark.parametrize("path", ["/", "/web/main.js", "/api/models", "/api/sets", "/nowhere"])
@pytest.mark.parametrize(
    "cookie", ["", "simplecell-1998=wrong", "simplecell-1999=the-secret", "="]
)
def test_without_the_cookie_nothing_is_answered(ask: Asking, path: str, cookie: str) -> None:
    found = ask(path, cookie=cookie)
    assert found.status == 403
    assert b"simplecell studio" in found.body


def test_each_studio_has_a_token_and_a_secret_of_its_own() -> None:
    gates = [Gate(1998) for _ in range(3)]
    drawn = {one.token for one in gates} | {one.secret for one in gates}
    assert len(drawn) == 6
    assert all(len(word) >= 32 for word in drawn)
    assert not any(word in repr(gates) for word in drawn)


def test_a_write_needs_our_header(ask: Asking) -> None:
    for value in ("", "0"):
        found = ask("/api/train", {}, x_simplecell=value)
        assert (found.status, "X-Simplecell" in message(found)) == (403, True)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_write_needs_json(ask: Asking, kind: str) -> None:
    """What a form of another page can send without asking is refused."""
    for path in ("/api/train", "/api/features", "/api/jobs/run:a/stop", "/api/input", "/api/row"):
        assert ask(path, {}, kind=kind).status == 415
    assert ask("/api/train", b"\x89PNG", kind="image/png").status == 415


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1999", "http://localhost:1998"]
)
def test_a_foreign_origin_writes_nothing(ask: Asking, origin: str) -> None:
    found = ask("/api/train", {}, origin=origin)
    assert found.status == 403
    assert "may not change" in message(found)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_may_not_even_ask(ask: Asking, site: str) -> None:
    """A page at another port of this machine has our cookie sent with what it asks."""
    assert ask("/api/models", sec_fetch_site=site).status == 403
    assert ask("/api/models", sec_fetch_site="same-origin").status == 200


def test_what_writes_is_not_reached_by_get(ask: Asking) -> None:
    for path in ("/api/train", "/api/features", "/api/input", "/api/jobs/run:a/stop"):
        assert ask(path).status == 405


def test_other_methods_are_refused(studio: Studio) -> None:
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
        told = {"host": "127.0.0.1", "cookie": "simplecell-1998=the-secret"}
        assert answer(studio, Request(method, "/api/models", {}, told)).status == 405


@pytest.mark.parametrize("path", ["/", "/web/main.js", "/api/models", "/nowhere", "/?token=wrong"])
def test_every_answer_has_the_headers(ask: Asking, path: str) -> None:
    told = ask(path).headers
    policy = dict(
        part.strip().split(" ", 1) for part in told["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in told["Content-Security-Policy"]
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Referrer-Policy"] == "no-referrer"
    assert told["Cross-Origin-Resource-Policy"] == "same-origin"
    assert told["Cache-Control"] == "no-store"
    assert not [name for name in told if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("path", "most"), [("/api/train", rules.MOST_JSON), ("/api/input", rules.MOST_PICTURE)]
)
def test_bodies_have_a_limit(ask: Asking, path: str, most: int) -> None:
    found = ask(path, b" " * (most + 1))
    assert found.status == 413
    assert f"{most >> 20} MB" in message(found)


def test_paths_in_requests_lead_below_the_given_folders_only(
    tmp_path: Path, studio: Studio
) -> None:
    """Links are followed before it is asked where a path leads."""
    from .conftest import made

    inside, outside = tmp_path / "given", tmp_path / "elsewhere"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    ask = Asking(made(tmp_path, data=(inside,)))
    for name in (str(outside), str(inside / "link"), f"{inside}/../elsewhere", "/etc", "../x"):
        found = ask(f"/api/digits?set={name}")
        assert (found.status, "--data FOLDER" in message(found)) == (403, True)
        assert ask("/api/train", {"data": name}).status == 403
    for name in ("../a", "a/b", "..", "/tmp/a", ".hidden", "a\\b", ""):
        found = ask("/api/train", {"data": "digits", "run": name})
        assert (found.status, "a run is called by" in message(found)) == (400, True)


def test_a_run_folder_that_is_a_link_out_of_the_runs_is_not_listed(
    tmp_path: Path, ask: Asking
) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "run.json").write_text("{}")
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "other")
    assert "run:link" not in [one["id"] for one in ask.json("/api/models")["models"]]
    assert ask("/api/models/run:link").status == 404
