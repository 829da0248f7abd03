"""Where the pictures of a list are: paths as people write them, and the folder they count from.

Backslashes, another drive's beginning, endings left out, capitals: what can be found for certain
is found.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from simplecell.data.tree import is_hidden, is_picture

PROBED = 50
"""So many paths of a list say which folder they count from."""


class Places:
    """Finds pictures from one folder on; each folder below it is listed once."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._listed: dict[str, tuple[dict[str, str], dict[str, list[str]]]] = {}

    def find(self, told: str) -> str | None:
        """Give the path of a picture from the base on; None if it is not there for certain."""
        place = clean(told)
        if not place:
            return None
        folder, name = os.path.split(place)
        exact, bare = self._list(folder)
        if name.lower() in exact:
            return os.path.join(folder, exact[name.lower()]) if folder else exact[name.lower()]
        near = bare.get(name.lower(), [])
        return os.path.join(folder, near[0]) if len(near) == 1 else None

    def _list(self, folder: str) -> tuple[dict[str, str], dict[str, list[str]]]:
        """Give a folder's files by their names in small letters, and by those without endings."""
        if folder not in self._listed:
            exact: dict[str, str] = {}
            bare: dict[str, list[str]] = {}
            try:
                with os.scandir(self.base / folder) as entries:
                    names = sorted(entry.name for entry in entries if entry.is_file())
            except OSError:
                names = []
            for name in names:
                # Where names differ in capitals alone, the exact one has to be written.
                exact.setdefault(name.lower(), name)
                if is_picture(name):
                    bare.setdefault(os.path.splitext(name)[0].lower(), []).append(name)
            self._listed[folder] = (exact, bare)
        return self._listed[folder]


def clean(told: str) -> str:
    r"""Write a path with slashes, without a drive and what begins it needlessly.

    >>> clean(r".\scans\a.png"), clean(" scans//a.png ")
    ('scans/a.png', 'scans/a.png')
    """
    place = told.strip().strip('"').strip()
    if "\\" in place:
        place = place.replace("\\", "/")
    if len(place) > 1 and place[1] == ":" and place[0].isalpha():
        place = place[2:]
    return os.path.normpath(place) if place else ""


def base_of(some: Sequence[str], beside: Path, root: str | None) -> tuple[Places, int]:
    """Find the folder from which most of some paths count, and how many of them are there.

    It is `root`, as seen from here or from the list; or the list's folder; or one in it.
    """
    few = list(some)[:PROBED]
    if root is not None:
        here = Path(os.path.expanduser(root))
        candidates = [here] if here.is_dir() else [beside / root]
    else:
        candidates = [beside]
    best = _best([Places(base) for base in candidates], few)
    if best[1] or root is not None:
        return best
    try:
        with os.scandir(beside) as entries:
            inside = sorted(e.name for e in entries if e.is_dir() and not is_hidden(e.name))
    except OSError:
        inside = []
    deeper = _best([Places(beside / name) for name in inside], few)
    return deeper if deeper[1] else best


def _best(places: Sequence[Places], few: Sequence[str]) -> tuple[Places, int]:
    counts = [sum(place.find(told) is not None for told in few) for place in places]
    at = counts.index(max(counts)) if counts else 0
    return (places[at], counts[at]) if places else (Places(Path(os.devnull)), 0)
