"""WebDataset's tar shards: the files of one example have one name, and their endings say what.

    000012.jpg  000012.cls      a picture and its class: a number or a word
    000012.png  000012.json     … or what is said of it, with a label in it

Several shards in a folder are one data set, and the names of the files say the parts.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simplecell.data.columns import LABEL
from simplecell.data.imagefolder import ImageFolder, gather
from simplecell.data.layout import Listed, parts_said, tests_of
from simplecell.data.splits import named_part
from simplecell.data.store import Store, Stores, is_tar, open_store
from simplecell.data.tree import Skipped, is_picture, shown
from simplecell.errors import DataError

CLASS_ENDINGS = ("cls", "cls.txt", "label", "label.txt")
LARGEST_TEXT = 1 << 20


def is_shard(path: Path) -> bool:
    """Tell whether a file is a tar in which a picture and its class have one name."""
    if not is_tar(path):
        return False
    groups = _groups(open_store(path).names()[:40])
    return any(
        _picture(files) and (_class_file(files) or "json" in files) for files in groups.values()
    )


def shards_in(folder: Path) -> list[Path]:
    """Give the shards of a folder."""
    tars = sorted(path for path in folder.iterdir() if path.suffix == ".tar" and path.is_file())
    return tars if tars and is_shard(tars[0]) else []


def read_shards(paths: Sequence[Path], where: Path) -> ImageFolder:
    """List the pictures of tar shards, with their classes.

    Raises
        DataError   damaged, or examples of which none says its class
    """
    store = Stores(paths)
    parts = [named_part(path.stem)[0] for path in paths]
    tests = tests_of(set(parts))
    listed: list[Listed] = []
    skipped: list[Skipped] = []
    for name, files in _groups(store.names()).items():
        picture = _picture(files)
        if picture is None:
            continue
        label = _label(store, files)
        if label is None:
            skipped.append(Skipped(shown(files[picture]), "nothing says its class"))
            continue
        part = parts[int(name.split("/", 1)[0])]
        listed.append(Listed(files[picture], label, tests.get(part) if part else None))
    if not listed:
        raise DataError(
            f"{where} has pictures, and of none its class: a .cls file, or a label in its .json.\n"
            "  write the class of each beside it, as 000012.cls beside 000012.jpg."
        )
    return gather(where, listed, skipped, parts_said(set(parts)), store=store)


def examples_in(store: Store) -> list[tuple[str, str]]:
    """List the pictures of one shard that say their class: (file, class).

    Raises
        DataError   the shard is damaged
    """
    found = []
    for files in _groups(store.names()).values():
        picture, label = _picture(files), _label(store, files)
        if picture is not None and label is not None:
            found.append((files[picture], label))
    return found


def _groups(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Gather files by their names up to the first point, and by their endings in each."""
    groups: dict[str, dict[str, str]] = {}
    for name in names:
        folder, _, file = name.rpartition("/")
        stem, _, ending = file.partition(".")
        groups.setdefault(f"{folder}/{stem}", {})[ending.lower()] = name
    return groups


def _picture(files: dict[str, str]) -> str | None:
    return next((ending for ending, name in files.items() if ending and is_picture(name)), None)


def _class_file(files: dict[str, str]) -> str | None:
    return next((ending for ending in CLASS_ENDINGS if ending in files), None)


def _label(store: Store, files: dict[str, str]) -> str | None:
    ending = _class_file(files)
    try:
        if ending is not None:
            return store.read(files[ending])[:LARGEST_TEXT].decode("utf-8").strip() or None
        if "json" in files:
            told: Any = json.loads(store.read(files["json"])[:LARGEST_TEXT])
            found = [told[word] for word in ("cls", *LABEL) if word in told]
            if found and isinstance(found[0], str | int):
                return str(found[0]).strip() or None
    except (UnicodeDecodeError, ValueError, TypeError, RecursionError):
        return None
    return None
