"""The kind of a file, by how its name ends; and models read from each kind that has one.

.safetensors   simplecell's own
.onnx          a graph for ONNX runtimes
.pt            the state dict of PyTorch
.h             a C header: written, not read back
.html          a page in which the model can be seen through: written, not read back
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from simplecell.document import read_json
from simplecell.errors import ModelError, UnknownName
from simplecell.export import onnx
from simplecell.spec.zoo import NETWORKS
from simplecell.train.atomic import write_file
from simplecell.train.model import Model, from_document, load_model, to_document

SUFFIXES = (".onnx", ".h", ".html", ".pt", ".safetensors")
WRITTEN = {".h": "a C header", ".html": "a page"}
"""Kinds that are not read back."""


def suffix_of(path: str | Path) -> str:
    """Give the kind of a file to be written.

    Raises
        UnknownName   a name that ends otherwise, or has no end
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UnknownName("kind of file to export to", suffix or Path(path).name, SUFFIXES)
    return suffix


def read_model(path: str | Path, like: Model | None = None) -> Model:
    """Read a model from a run folder, or a .safetensors, .onnx or .pt file.

    A .pt that PyTorch wrote holds weights alone: `like` is a model whose network, normalisation
    and classes it has.

    Raises
        ModelError   as `load_model`, `onnx.decode` and `state_from_bytes`; a .pt that says
                     nothing of its network, with no `like`; a name of a network
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if str(path) in NETWORKS and not file.exists():
        raise ModelError(
            f"{path} is a network without weights; a trained model is needed.\n"
            f"  Train one: simplecell train mnist --net {path} --out runs/{path}"
        )
    if suffix in WRITTEN and file.is_file():
        raise ModelError(
            f"{file} is {WRITTEN[suffix]}, which is written and not read back.\n"
            "  Name the model that it was exported from."
        )
    if file.is_dir() or suffix not in (".onnx", ".pt"):
        return load_model(file)
    content = _content(file)
    return onnx.decode(content, str(file)) if suffix == ".onnx" else _state(content, file, like)


def write_state(model: Model, path: str | Path) -> int:
    """Write a model as a PyTorch state dict; give its size in bytes.

    Raises
        ModelError   PyTorch is not installed; a full disk
    """
    note = json.dumps(to_document(model), sort_keys=True, ensure_ascii=False)
    content: bytes = _door().state_to_bytes(model.network, model.parameters, note)
    write_file(Path(path), content)
    return len(content)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"there is no file {file}.\n  Name one that is there.") from None
    except OSError as problem:
        raise ModelError(f"{file} could not be read: {problem.strerror}.") from None


def _state(content: bytes, file: Path, like: Model | None) -> Model:
    arrays, note = _door().state_from_bytes(content, str(file))
    if like is not None:
        return from_document(to_document(like), arrays, file)
    try:
        document = read_json(note or "")
    except ValueError:
        raise ModelError(
            f"{file} holds weights, and does not say of which network.\n"
            "  Name a model of the same network: simplecell export … --like RUN_OR_MODEL"
        ) from None
    return from_document(document, arrays, file)


def _door() -> Any:
    try:
        return import_module("simplecell.engines.pytorch.statedict")
    except ImportError as problem:
        raise ModelError(
            f".pt files need PyTorch: {problem}.\n  Install it: pip install 'simplecell[torch]'."
        ) from None
