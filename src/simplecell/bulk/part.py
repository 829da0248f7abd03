"""A part of a pack, as a worker makes it: some pictures, decoded, in a random order, in a file."""

import os
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simplecell.data.batches import shuffle
from simplecell.data.formats import album_of
from simplecell.data.imagefolder import ImageFolder
from simplecell.data.picture import decode, fit, strict
from simplecell.data.shards import examples_in
from simplecell.data.store import open_store
from simplecell.data.tree import shown
from simplecell.errors import DataError
from simplecell.train.atomic import refusal, temporary
from simplecell.units.carry import Tell
from simplecell.workers import Workers, processors

WORK = "simplecell.bulk.part:pack"
CHUNK = 256
"""Pictures that are in memory at a time."""
MOST_SAID = 100
"""Files that were left out, of each part, whose names are kept."""
_PART = 8
_WORKERS = Workers("pack")


class Item(NamedTuple):
    """A picture: where it is, its class, and whether it is to test with, if that is said."""

    path: str
    label: str
    test: bool


class Source(NamedTuple):
    """The pictures of one part, and what reads one."""

    items: list[Item]
    read: Any


def pack(told: Mapping[str, Any], sent: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """Decode the pictures of a part into its file; say their classes and what was left out."""
    source = _shard(told, sent) if "shard" in told else _range(told, sent)
    shape = (told["channels"], *told["size"])
    file, beside = Path(sent["file"]), temporary(Path(sent["file"]))
    names: dict[str, int] = {}
    labels, tests, skipped, crc, count = list[int](), list[int](), list[tuple[str, str]](), 0, 0
    order = shuffle(len(source.items), _PART, told["number"])

    def one(at: int) -> tuple[NDArray[np.uint8] | None, str]:
        item = source.items[at]
        try:
            return fit(source.read(item.path, shape[1:]), shape, item.path), ""
        except DataError as problem:
            return None, str(problem).splitlines()[0]

    try:
        with beside.open("wb") as out, strict():
            for start in range(0, len(order), CHUNK):
                some = order[start : start + CHUNK].tolist()
                made = _WORKERS.each(one, some, processors())
                for at, (pixels, why) in zip(some, made, strict=True):
                    item = source.items[at]
                    if pixels is None:
                        skipped.append((shown(item.path), shown(why)))
                        continue
                    labels.append(names.setdefault(item.label, len(names)))
                    tests.append(int(item.test))
                    data = pixels.tobytes()
                    out.write(data)
                    crc = zlib.crc32(data, crc)
                count += len(some)
                tell(f"{file.stem}: {count:,} of {len(order):,} pictures")
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, file)
    except OSError as problem:
        raise refusal(file, 0, problem) from None
    finally:
        beside.unlink(missing_ok=True)
    return {
        "pictures": len(labels), "crc32": crc, "classes": list(names), "labels": labels,
        "tests": [k for k, test in enumerate(tests) if test], "left_out": len(skipped),
        "skipped": sorted(skipped)[:MOST_SAID],
    }  # fmt: skip


def _shard(told: Mapping[str, Any], sent: Mapping[str, Any]) -> Source:
    store = open_store(Path(sent["source"]))
    items = [Item(path, label, told["test"]) for path, label in examples_in(store)]
    where = Path(sent["source"])
    return Source(items, lambda path, size: decode(where / path, size, store.read(path)))


def _range(told: Mapping[str, Any], sent: Mapping[str, Any]) -> Source:
    album = listed(sent["source"])
    rows = range(told["first"], told["last"])
    if digest(album, rows) != told["listed"]:
        raise DataError(
            f"{sent['source']} has other files now than when packing began.\n"
            "  pack it anew, into another file."
        )
    tests = album.tests
    items = [
        Item(album.paths[k], album.classes[album.labels[k]], bool(tests is not None and tests[k]))
        for k in rows
    ]
    place = {album.paths[k]: k for k in rows}
    return Source(items, lambda path, size: album.open(place[path], size))


@lru_cache(maxsize=2)
def listed(source: str) -> ImageFolder:
    """List the pictures of a folder, once a worker."""
    return album_of(source)


def digest(album: ImageFolder, rows: range) -> int:
    """Give a number that changes when the names of some pictures or their classes do."""
    crc = 0
    for k in rows:
        crc = zlib.crc32(f"{album.paths[k]}\n{album.labels[k]}\n".encode("utf-8", "replace"), crc)
    return crc
