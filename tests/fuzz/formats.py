"""Each format that a stranger may send: a sound file, how it is changed, how it is read."""

import gzip
import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from containers import files_of, of_members, zipped
from form import Format
from mutation import Mutation, of_bytes, of_tensors, of_text
from PIL import Image
from strangers import strangers

import simplecell as sc
from simplecell.data.idx import read_idx
from simplecell.data.manifest import read_manifest
from simplecell.data.npz import read_npz
from simplecell.data.part import Part
from simplecell.data.photographs import Photographs
from simplecell.data.picture import read_fitted
from simplecell.features.autoencoder import Settings
from simplecell.features.bank import learn_bank, load_bank
from simplecell.features.descent import SEARCH, read_search
from simplecell.features.dictionary import Dictionary, load_dictionary
from simplecell.spec.layers import Conv, Dense, Subsample
from simplecell.train.checkpoint import read_arrays, read_checkpoint, write_checkpoint
from simplecell.train.folder import RunFolder


def _part(count: int) -> Part:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, 1, 6, 6), dtype=np.uint8)
    return Part(pixels, np.arange(count) % 3, "rows")


def _network() -> sc.Network:
    layers = (
        Conv("C1", 2, (3, 3), table=((0,), (0,))),
        Subsample("S2"),
        Dense("F3", 3, "softmax"),
    )
    return sc.Network("rows", (1, 6, 6), layers)


def _use(model: sc.Model) -> None:
    """Do what a user does with a model: look at it, ask it."""
    _ = repr(model), model._repr_html_(), model.loss
    model.predict(np.zeros((1, *model.network.input), np.uint8), engine="reference")


def _resume(path: Path) -> None:
    """Read all that going on with a run reads."""
    folder = RunFolder(path.parent)
    told = folder.settings()
    folder.source(), folder.result()
    folder.resume(told)


def _go_on(path: Path) -> None:
    """Go on with the run itself, to the end."""
    data = sc.Dataset("rows", ("a", "b", "c"), _part(30), None)
    folder = path.parent
    (folder / "model.safetensors").unlink(missing_ok=True)
    sc.fit(_network(), data, recipe="fast", epochs=2, batch=8, engine="reference", out=folder,
           resume=True, progress=False)  # fmt: skip


def _run(folder: Path) -> tuple[bytes, bytes, bytes]:
    """Make a run that is not finished; give its checkpoint, its document and a model."""
    data = sc.Dataset("rows", ("a", "b", "c"), _part(30), None)
    told = {"recipe": "fast", "epochs": 2, "batch": 8, "engine": "reference", "progress": False}
    run = sc.fit(_network(), data, out=folder, **told)
    run.model.save(folder.parent / "good.safetensors")
    (folder / "model.safetensors").unlink()
    half = replace(run.checkpoint, history=run.checkpoint.history[:1], step=0, losses=np.empty(0))
    write_checkpoint(folder / "checkpoint.safetensors", half)
    model = (folder.parent / "good.safetensors").read_bytes()
    return (
        (folder / "checkpoint.safetensors").read_bytes(),
        (folder / "run.json").read_bytes(),
        model,
    )


def _pictures() -> tuple[Mutation, ...]:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (20, 24, 4), dtype=np.uint8)
    found = []
    for kind, mode in (
        ("PNG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("GIF", "P"), ("BMP", "RGB"),
        ("TIFF", "L"), ("WEBP", "RGB"), ("PPM", "L"),
    ):  # fmt: skip
        out = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(out, kind)
        found.append(of_bytes(out.getvalue()))
    return tuple(found)


def _archives() -> tuple[Mutation, ...]:
    part = _part(20)
    plain, packed = io.BytesIO(), io.BytesIO()
    arrays = {
        "x": part.pixels[:, 0],
        "y": part.labels,
        "x_test": part.pixels,
        "y_test": part.labels,
    }
    np.savez(plain, **arrays)
    np.savez_compressed(packed, **arrays)
    odd = io.BytesIO()
    with zipfile.ZipFile(odd, "w") as archive:
        archive.writestr("x.npy", b"no array at all")
        archive.writestr("y", b"")
    files = files_of(plain.getvalue())
    inside = of_members(files, zipped), of_members(files, lambda found: zipped(found, True))
    return *(of_bytes(file.getvalue()) for file in (plain, packed, odd)), *inside


def _idx() -> tuple[Mutation, ...]:
    whole = bytes((0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 6, 0, 0, 0, 6)) + _part(20).pixels.tobytes()
    return of_bytes(whole), of_bytes(gzip.compress(whole))


def _list() -> bytes:
    rows = [f"p{k}.png,{'ab'[k % 2]},{('train', 'test')[k % 2]}" for k in range(8)]
    return "\n".join(["path,label,split", *rows]).encode()


def formats(folder: Path) -> dict[str, Format]:
    """Make a sound file of every format in a folder, and give what is done with it."""
    checkpoint, document, model = _run(folder / "run")
    shutil.copytree(folder / "run", folder / "again")
    bank, _ = learn_bank(_part(60).pixels, Settings(hidden=3, rho=0.1, decay=1e-3, beta=1.0),
                         iterations=2, leg=2, path=folder / "search")  # fmt: skip
    bank.save(folder / "bank")
    about = read_arrays(folder / "search", SEARCH)[1]["about"]
    rng = np.random.default_rng(2)
    Dictionary(rng.normal(size=(4, 9)), np.zeros(4), (1, 3, 3), floor=0.1).save(
        folder / "dictionary"
    )
    patches = np.zeros((2, 1, 6, 6), np.uint8)
    told = json.loads(document)
    for k in range(8):
        Image.fromarray(_part(8).pixels[k, 0]).save(folder / f"p{k}.png")

    def read_bank(path: Path) -> object:
        found = load_bank(path)
        return repr(found), found.encode(patches)

    def read_dictionary(path: Path) -> object:
        found = load_dictionary(path)
        return repr(found), found.encode(patches[:, :, :3, :3])

    def read_pictures(path: Path) -> object:
        return read_fitted(path, (3, 16, 16)), Photographs([path], 1)[0]

    return {
        "model": Format(
            "m.safetensors", (of_tensors(model),), lambda path: _use(sc.load_model(path))
        ),
        "checkpoint": Format("c.safetensors", (of_tensors(checkpoint),), read_checkpoint),
        "resumed": Format("again/checkpoint.safetensors", (of_tensors(checkpoint),), _go_on),
        "run": Format("run/run.json", (of_text(told),), _resume),
        "network": Format(
            "n.json", (of_text(json.loads(_network().to_json())),),
            lambda path: repr(sc.Network.read(path)),
        ),
        "bank": Format("b.safetensors", (of_tensors((folder / "bank").read_bytes()),), read_bank),
        "search": Format(
            "s.search", (of_tensors((folder / "search").read_bytes()),),
            lambda path: read_search(path, about),
        ),
        "dictionary": Format(
            "d.safetensors", (of_tensors((folder / "dictionary").read_bytes()),), read_dictionary
        ),
        "idx": Format("i", _idx(), read_idx),
        "npz": Format("a.npz", _archives(), read_npz),
        "csv": Format("list.csv", (of_bytes(_list()),), read_manifest),
        "pictures": Format("p", _pictures(), read_pictures),
        **strangers(folder, sc.load_model(folder / "good.safetensors")),
    }  # fmt: skip
