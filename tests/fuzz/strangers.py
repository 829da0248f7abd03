"""Files that other programs write: a sound one of each kind, how it is changed, how it is read."""

import io
import json
import zlib
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from containers import of_graph, of_members, of_states, tarred, zipped
from form import Format
from mutation import Mutation, of_bytes, of_text
from numpy.typing import NDArray
from PIL import Image

import simplecell as sc
from simplecell.bulk.pack import pack
from simplecell.data.pack import HEAD, MAGIC, check_pack
from simplecell.units.unit import Store, Unit

NEEDS = {"onnx": "onnx", "torch": "torch", "parquet": "pyarrow"}
"""Packages without which a format is neither written nor read."""
SIDE, COUNT = 12, 24

Pixels = NDArray[np.uint8]


def strangers(folder: Path, model: sc.Model) -> dict[str, Format]:
    """Give the formats of other programs, as far as their packages are installed."""
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (COUNT, SIDE, SIDE), dtype=np.uint8)
    labels = np.arange(COUNT) % 3
    made: dict[str, Callable[[], Format]] = {
        "onnx": lambda: _onnx(model),
        "torch": lambda: _torch(model),
        "pack": lambda: _pack(folder, pixels, labels),
        "shards": lambda: _shards(pixels, labels),
        "archive": lambda: _archive(pixels, labels),
        "matlab": lambda: _matlab(pixels, labels),
        "parquet": lambda: _parquet(pixels, labels),
        "libsvm": lambda: _libsvm(pixels, labels),
        "unit": _unit,
    }
    return {name: make() for name, make in made.items() if find_spec(NEEDS.get(name, "sys"))}


def _load(path: Path) -> object:
    """Open a data set as a user does, look at it, and read every picture."""
    data = sc.load(str(path), size=None if path.suffix == ".pack" else 16)
    return repr(data), data.train.pixels.sum(), data.train.labels.sum()


def _png(pixels: Pixels) -> bytes:
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "PNG")
    return held.getvalue()


def _onnx(model: sc.Model) -> Format:
    onnx = import_module("onnx")
    graph = import_module("simplecell.export.onnx")
    write = import_module("simplecell.export.onnx.file")

    def read(path: Path) -> object:
        found = sc.from_onnx(path, classes="a,b,c")
        return repr(found), found.steps, found._repr_html_()

    load = onnx.load_model_from_string
    bare = graph.bare(model.network, model.parameters)
    own = write._encode(model, "uint8").SerializeToString()
    return Format(
        "net.onnx", (of_graph(bare, load), of_graph(bare, load), of_graph(own, load)), read
    )


def _torch(model: sc.Model) -> Format:
    torch = import_module("torch")
    suffix = import_module("simplecell.export.suffix")
    net = import_module("simplecell.engines.pytorch.net").module(model.network)
    net.read(model.parameters)
    note = json.dumps(import_module("simplecell.train.model").to_document(model))

    def read(path: Path) -> object:
        found = suffix.read_model(path)
        return repr(found), found._repr_html_()

    return Format("net.pt", (of_states(dict(net.state_dict()), note, torch),), read)


def _pack(folder: Path, pixels: Pixels, labels: Any) -> Format:
    (folder / "packed").mkdir()
    for k in range(COUNT):
        (folder / "packed" / "abc"[labels[k]]).mkdir(exist_ok=True)
        Image.fromarray(pixels[k]).save(folder / "packed" / "abc"[labels[k]] / f"{k}.png")
    pack(folder / "packed", folder / "sound.pack", size=8)
    content = (folder / "sound.pack").read_bytes()
    _, at, length, _ = HEAD.unpack(content[: HEAD.size])
    disturb = of_text(json.loads(content[at : at + length]))

    def index(rng: Any) -> bytes:
        """Change the index, and let its checksum fit."""
        told = disturb(rng)
        head = HEAD.pack(MAGIC, at, len(told), zlib.crc32(told))
        return head + content[HEAD.size : at] + told

    def read(path: Path) -> object:
        check_pack(path)
        return _load(path)

    return Format("d.pack", (index, index, of_bytes(content)), read)


def _examples(pixels: Pixels, labels: Any, sizes: int) -> dict[str, bytes]:
    files = {}
    for k in range(sizes):
        files[f"{k:03}.png"] = _png(pixels[k])
        files[f"{k:03}.{('cls', 'json')[k % 2]}"] = (
            json.dumps({"label": int(labels[k])}).encode() if k % 2 else b"%d" % labels[k]
        )
    return files


def _shards(pixels: Pixels, labels: Any) -> Format:
    files = _examples(pixels, labels, COUNT)
    gz = of_members(files, lambda found: tarred(found, "w:gz"))
    return Format("d.tar", (of_members(files, tarred), of_members(files, tarred), gz), _load)


def _archive(pixels: Pixels, labels: Any) -> Format:
    files = {f"{'abc'[labels[k]]}/{k}.png": _png(pixels[k]) for k in range(COUNT)}
    arrays = io.BytesIO(), io.BytesIO()
    np.save(arrays[0], pixels)
    np.save(arrays[1], labels)
    plain = {"x.npy": arrays[0].getvalue(), "y.npy": arrays[1].getvalue()}
    kinds: tuple[Mutation, ...] = (
        of_members(files, zipped),
        of_members(files, lambda found: zipped(found, packed=True)),
        of_members(files, tarred),
        of_members(plain, zipped),
        of_members(plain, lambda found: zipped(found, packed=True)),
    )
    return Format("d.zip", kinds, _load)


def _matlab(pixels: Pixels, labels: Any) -> Format:
    from scipy.io import savemat

    found = []
    for packed in (False, True):
        for told in (
            {"train_x": pixels, "train_y": labels[:, None]},
            {"X": np.stack([pixels] * 3, 3).transpose(1, 2, 3, 0), "y": labels[:, None] + 1},
        ):
            held = io.BytesIO()
            savemat(held, told, do_compression=packed)
            found.append(of_bytes(held.getvalue()))
    return Format("d.mat", tuple(found), _load)


def _parquet(pixels: Pixels, labels: Any) -> Format:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    images = [{"bytes": _png(pixels[k]), "path": f"{k}.png"} for k in range(COUNT)]
    told = {"info": {"features": {"label": {"names": ["a", "b", "c"], "_type": "ClassLabel"}}}}
    table = arrow.table({"image": images, "label": labels.tolist()})
    table = table.replace_schema_metadata({"huggingface": json.dumps(told)})
    found = []
    for packed in ("none", "snappy"):
        held = io.BytesIO()
        parquet.write_table(table, held, compression=packed)
        found.append(of_bytes(held.getvalue()))
    held = io.BytesIO()
    with arrow.ipc.new_file(held, table.schema) as out:
        out.write_table(table)
    return Format("d.parquet", (*found, of_bytes(held.getvalue())), _load)


def _libsvm(pixels: Pixels, labels: Any) -> Format:
    rows = []
    for row, label in zip(pixels.reshape(COUNT, -1), labels, strict=True):
        rows.append(f"{label} " + " ".join(f"{k + 1}:{v}" for k, v in enumerate(row) if v))
    table = "\n".join(
        ",".join(map(str, (label, *row)))
        for row, label in zip(pixels.reshape(COUNT, -1), labels, strict=True)
    )
    return Format("d.txt", (of_bytes("\n".join(rows).encode()), of_bytes(table.encode())), _load)


def _unit() -> Format:
    unit = Unit("u1", {"seed": 1, "network": "two"})

    def read(path: Path) -> object:
        return Store(path.parents[1], "work").read(unit)

    document = {"format": "simplecell.unit", "version": 1, "work": "work", "told": unit.told}
    document |= {"simplecell": sc.__version__, "result": {"error": 1.5, "rows": [1, 2]}}
    return Format("units/u1.json", (of_text(document),), read)
