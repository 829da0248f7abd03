"""The page's files: types of our own table, nothing outside the folder."""

import json
import mimetypes
from pathlib import Path

import pytest

from simplecell.errors import StudioError
from simplecell.formulas import conv
from simplecell.studio.asset import KINDS, asset, web

from .conftest import Asking


def test_the_page_and_its_files_are_given_out(ask: Asking) -> None:
    assert ask("/").body.startswith(b"<!doctype html>")
    assert ask("/").kind == "text/html; charset=utf-8"
    found = ask("/web/main.js")
    assert (found.status, found.kind) == (200, "text/javascript; charset=utf-8")


def test_the_machines_table_of_types_is_not_asked(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some Windows registries say that .js is text."""
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_, **__: ("text/plain", None))
    assert ask("/web/main.js").kind.startswith("text/javascript")


def test_the_file_of_a_formula_is_given_out_as_text_and_no_other(ask: Asking) -> None:
    found = ask("/formulas/conv.py")
    assert (found.status, found.kind) == (200, "text/plain; charset=utf-8")
    assert found.body == Path(conv.__file__).read_bytes()
    for path in (
        "/formulas/gone.py",
        "/formulas/../errors.py",
        "/formulas/conv",
        "/formulas/a/b.py",
    ):
        assert ask(path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt", "a/../../secret.txt", "..", "/etc/passwd.txt", "main.py", "main",
        ".hidden.js", "a\\b.js", "main.js/", "//main.js", "main.js%00.txt", "a/b/c/d/e/f/g.js",
        "link.txt", "gone.js",
    ],
)  # fmt: skip
def test_nothing_else_is_given_out(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    for name in ("main.py", "main", ".hidden.js", "main.js"):
        (folder / name).write_text("x")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(StudioError) as refused:
        asset(folder, path)
    assert refused.value.status == 404


def test_every_file_of_the_package_has_a_type() -> None:
    folder = Path(str(web()))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        found = asset(web(), path.relative_to(folder).as_posix())
        assert found.kind == KINDS[path.suffix[1:]]
        assert found.body == path.read_bytes()


def test_what_is_wrong_is_said_in_json(ask: Asking) -> None:
    found = ask("/api/nowhere")
    assert found.status == 404
    assert json.loads(found.body)["error"]["kind"] == "StudioError"
