"""The files of the page: read from the package, each with a type of our own table.

Some Windows registries say that .js is text, which no browser runs as a module; so nobody's
table is asked but this one.
"""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from simplecell.errors import StudioError
from simplecell.studio.exchange import Response

KINDS = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
}
"""Types of files by the end of their names; what is not here is not given out."""

PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
FORMULA = re.compile(r"[a-z_]+\.py")
DEEPEST = 6


def web() -> Traversable:
    """Give the folder of the page's files, wherever the package lies."""
    return files("simplecell.studio").joinpath("web")


def asset(folder: Traversable, path: str) -> Response:
    """Answer with a file of the page, by its path below the folder.

    Raises
        StudioError   404: no such file, a path that leads out, a type that is not in the table
    """
    kind = KINDS.get(path.rpartition(".")[2].lower())
    parts = path.split("/")
    if kind is None or len(parts) > DEEPEST or not all(PART.fullmatch(part) for part in parts):
        raise _missing(path)
    found = folder
    for part in parts:
        found = found.joinpath(part)
    if not found.is_file() or not _is_inside(found, folder):
        raise _missing(path)
    return Response(200, found.read_bytes(), kind)


def formula(path: str) -> Response:
    """Answer with the Python file of a formula, as text: `conv.py`.

    Raises
        StudioError   404: `formulas` has no such file
    """
    found = files("simplecell.formulas").joinpath(path if FORMULA.fullmatch(path) else "no.py")
    if not found.is_file():
        raise StudioError(f"simplecell.formulas has no file {path[:120]}.", 404)
    return Response(200, found.read_bytes(), KINDS["txt"])


def _is_inside(found: Traversable, folder: Traversable) -> bool:
    """Say whether a file lies below the folder once links are followed."""
    if isinstance(found, Path) and isinstance(folder, Path):
        return found.resolve().is_relative_to(folder.resolve())
    return True


def _missing(path: str) -> StudioError:
    return StudioError(f"the page has no file {path[:120]}.", 404)
