"""`from_onnx` and `from_torch`: what other people's networks come in by."""

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from simplecell.errors import ModelError
from simplecell.export.onnx import FORMAT, decode
from simplecell.importer import assembly
from simplecell.importer.chain import Chain
from simplecell.importer.file import MOST_BYTES, File, parse
from simplecell.importer.imported import Imported, document
from simplecell.importer.legend import Legend, Names, Numbers
from simplecell.importer.walk import walk
from simplecell.spec.layers.layer import Shape
from simplecell.train.model import Model

WHOLE = (2, 3, 4, 5, 6, 7)
"""Types of whole numbers, in which pixels of 0 to 255 come."""
SMALL = 1 / 8
"""A file whose own arithmetic makes its input smaller than so reads pixels of 0 to 255."""


def from_onnx(
    source: str | Path | bytes,
    *,
    input_scale: float | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    classes: Names | None = None,
    layout: str | None = None,
    shape: Shape | None = None,
    fold: bool = False,
    name: str | None = None,
) -> Imported:
    """Bring in a network from an ONNX file, as PyTorch's and Keras's exporters write it.

    >>> import simplecell as sc
    >>> from simplecell.export.onnx import bare
    >>> learnt = sc.fit("lenet5_tutorial", "digits", epochs=1, progress=False).model
    >>> file = bare(learnt.network, learnt.parameters)  # or "mine.onnx"
    >>> model = sc.from_onnx(file, classes="0,1,2,3,4,5,6,7,8,9")
    >>> [layer.name for layer in model.network.layers]
    ['C1', 'S2', 'C3', 'S4', 'C5', 'F6', 'F7']

        x = (input_scale * pixel - mean) / std

    It takes chains of convolutions, poolings, full connections, batch normalisation, dropout and
    squashing functions; `steps` of what it gives says what each node became. Pixels are 0 … 255.
    `input_scale` is 1/255 unless told, or 1 where the file's own arithmetic is for 0 … 255;
    `mean` and `std` are one number, or one for each channel. `classes` are names, or a file with
    a name a line. `layout` is the order of the input's axes, nchw or nhwc, where it cannot be
    seen; `shape`, (channels, height, width) of pictures, where the file leaves it open. `fold`
    turns batch normalisation into weights.

    Raises
        ModelError    what is no chain of known layers, with its place and the nearest that is; no
                      ONNX file, a damaged or too large one, or one in pieces; no package onnx
        UnknownName   another order of axes
    """
    legend = Legend(input_scale, mean, std, classes, layout, shape, fold)
    content, called = _content(source)
    if FORMAT.encode() in content:
        return _own(content, called)
    return _imported(parse(content, called), name or _name_of(called), legend, [])


def from_torch(
    module: Any,
    input_shape: Sequence[int],
    *,
    input_scale: float | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    classes: Names | None = None,
    fold: bool = False,
    name: str | None = None,
) -> Imported:
    """Bring in a PyTorch module that reads pictures of `input_shape`, (channels, height, width).

    >>> import simplecell as sc
    >>> from torch import nn
    >>> layers = nn.Conv2d(1, 6, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(864, 10)
    >>> model = sc.from_torch(nn.Sequential(*layers), (1, 28, 28), mean=0.1307, std=0.3081)
    >>> [layer.name for layer in model.network.layers]
    ['C1', 'S2', 'F3']

    A copy of the module is exported as ONNX, with its dropout and batch normalisation; the module
    stays as it is. The rest is as in `from_onnx`.

    Raises
        ModelError   as `from_onnx`; a module that PyTorch cannot export, or no PyTorch
    """
    shape = tuple(input_shape)
    legend = Legend(input_scale, mean, std, classes, "nchw", shape, fold)  # type: ignore[arg-type]
    try:
        door = import_module("simplecell.engines.pytorch.tracing")
    except ImportError as problem:
        raise ModelError(
            f"a PyTorch module needs PyTorch: {problem}.\n"
            "  Install it: pip install 'simplecell[torch,export]'."
        ) from None
    content, kept, notes = door.to_onnx(module, shape)
    kind = type(module).__name__
    file = parse(content, kind)
    known = {own: kept[own] for own in kept if own in file.constants}
    file = replace(file, constants={**file.constants, **known})
    return _imported(file, name or kind, legend, notes)


def _own(content: bytes, called: str) -> Imported:
    """Read what simplecell export wrote: it says itself what it is."""
    model = decode(content, called)
    note = (
        "simplecell export wrote this file, which says itself what it is: the options are not used"
    )
    told = {**model.metadata, **document(called, "simplecell", [], [note])}
    values = {field.name: getattr(model, field.name) for field in fields(Model)}
    return Imported(**values | {"metadata": told})


def _imported(file: File, name: str, legend: Legend, notes: Sequence[str]) -> Imported:
    chain = walk(file, legend.layout, legend.shape, legend.fold)
    chain.notes[:0] = notes
    assembly.check_ends(chain, file.name)
    assembly.split_sigmoid(chain)
    usual = 1.0 if _reads_bytes(chain, file) else 1 / 255
    scale, shift = legend.scales(file.metadata, chain.input[0], usual, chain.notes)
    normalisation = assembly.normalisation(chain, scale, shift)
    network, arrays, steps = assembly.assemble(chain, name)
    classes = legend.names(file.metadata, network.classes, chain.notes)
    told = document(file.name, file.producer, steps, chain.notes)
    return Imported(network, arrays, normalisation, classes, None, told)


def _reads_bytes(chain: Chain, file: File) -> bool:
    """Say whether a file reads pixels as they are, by its type or by its own arithmetic."""
    return file.number in WHOLE or bool((abs(chain.scale) < SMALL).all())


def _content(source: str | Path | bytes) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "the bytes"
    path = Path(source)
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1), str(path)
    except FileNotFoundError:
        raise ModelError(f"there is no file {path}.\n  Name one that is there.") from None
    except OSError as problem:
        raise ModelError(f"{path} could not be read: {problem.strerror}.") from None


def _name_of(called: str) -> str:
    """Name a network after its file."""
    stem = re.sub(r"[^\w.+-]+", "_", Path(called).stem).strip("_")[:60]
    return stem if called != "the bytes" and stem else "imported"
