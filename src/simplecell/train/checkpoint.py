"""Arrays on disk: the one door to safetensors. No pickle, here or anywhere.

A file holds named arrays and one JSON document, which says what kind of file it is
(`simplecell.model`, `simplecell.checkpoint`) and of which version. Equal contents give equal
bytes. What is read is refused, with its reason, unless it is exactly such a file.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from simplecell.document import read_json
from simplecell.engines.protocol import Array, State, is_number
from simplecell.engines.requests import MOST_STEPS
from simplecell.errors import ModelError
from simplecell.repr import brief
from simplecell.spec.validation import shown
from simplecell.train.atomic import write_file
from simplecell.train.history import Epoch, read_lines, write_lines

KEY = "simplecell"
VERSION = 1
CHECKPOINT = "simplecell.checkpoint"

WRITERS = {"simplecell.model": "simplecell train", "simplecell.features": "features learn"}
"""The commands that write what people name."""

_OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive, as torch.save and numpy.savez write",
    b"\x93NUMPY": "a NumPy array (.npy)",
    b"\x89HDF": "an HDF5 file, as older Keras writes",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x1f\x8b": "a gzip file",
}


def write_arrays(
    path: Path, kind: str, arrays: Mapping[str, Array], document: Mapping[str, Any]
) -> None:
    """Write arrays and their document to one file, whole or not at all."""
    write_file(path, pack_arrays(kind, arrays, document))


def pack_arrays(kind: str, arrays: Mapping[str, Array], document: Mapping[str, Any]) -> bytes:
    """Give the contents of such a file."""
    whole = {"format": kind, "version": VERSION, **document}
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False)
    contiguous = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
    return save(contiguous, {KEY: text})


def read_arrays(path: Path, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what `write_arrays` wrote as the same kind, of this version or an earlier one.

    Raises
        ModelError   no such file; a pickle, zip or other format; a truncated or damaged file;
                     a safetensors file of somebody else's; another kind; a newer version
    """
    return unpack_arrays(_content(path), kind, path)


def unpack_arrays(
    content: bytes, kind: str, path: Path
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what `pack_arrays` gave; problems name `path` as where it came from.

    Raises
        ModelError   as `read_arrays`
    """
    text = _description(path, content)
    if text is None:
        raise ModelError(
            f"{path} is a safetensors file that simplecell did not write: it says nothing of a"
            " network.\n  Name the model.safetensors of a run folder."
        )
    document = _document(path, text, kind)
    try:
        # The library gives them in another order each time.
        return {name: np.array(value) for name, value in sorted(load(content).items())}, document
    except (SafetensorError, ValueError) as problem:
        raise ModelError(f"{path} is damaged: {problem}. Use another copy.") from None


def check_finite(arrays: Mapping[str, Array]) -> None:
    """Refuse arrays that hold anything but numbers.

    Raises
        ValueError   NaN, infinity, or values that are no reals
    """
    for name, values in arrays.items():
        if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise ValueError(f"{name} holds NaN or infinity, or {values.dtype}")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelError(
            f"there is no file {path}.\n  Name a model.safetensors, or the run folder it is in."
        ) from None
    except (OSError, ValueError) as problem:  # a name with a NUL in it
        why = getattr(problem, "strerror", None) or problem
        raise ModelError(f"{str(path)[:200]} could not be read: {why}.") from None


def _description(path: Path, content: bytes) -> str | None:
    """Read what a safetensors header says of us: 8 bytes of length, JSON, then the arrays."""
    length = int.from_bytes(content[:8], "little")
    if len(content) >= 9 and (content[8:9] != b"{" or length >= 2**32):
        raise _no_model(path, _format_of(content))
    if len(content) < 9 or len(content) < 8 + length:
        raise _truncated(path, len(content), f"its header alone takes {8 + length:,}")
    try:
        header: dict[str, Any] = read_json(content[8 : 8 + length])
        text: str | None = header.pop("__metadata__", {}).get(KEY)
        whole = (
            8 + length + max((int(own["data_offsets"][1]) for own in header.values()), default=0)
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError):
        raise ModelError(
            f"{path} is damaged: its header makes no sense. Use another copy."
        ) from None
    if len(content) < whole:
        raise _truncated(path, len(content), f"its header promises {whole:,}")
    return text


def _format_of(content: bytes) -> str:
    if content[0] == 0x80 and content[1] in (2, 3, 4, 5):
        return "a Python pickle, which can run any code when it is opened"
    for magic, what in _OTHER_FORMATS.items():
        if content.startswith(magic):
            return what
    return f"no safetensors file: it starts with {content[:8]!r}"


def _no_model(path: Path, what: str) -> ModelError:
    return ModelError(
        f"{path} is not a model: it is {what}.\n"
        "  simplecell reads the model.safetensors that simplecell train writes."
    )


def _truncated(path: Path, found: int, promised: str) -> ModelError:
    return ModelError(
        f"{path} is truncated: {found:,} bytes are there, and {promised}.\n"
        "  Copy it again, or train it again."
    )


def _document(path: Path, text: str, kind: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = read_json(text)
        found, version = document["format"], document["version"]
    except (ValueError, KeyError, TypeError):
        raise ModelError(f"{path} is damaged: its description is not JSON.") from None
    if found != kind:
        writer = WRITERS.get(kind, "simplecell")
        raise ModelError(
            f"{path} is a {found} file; a {kind} file was asked for.\n"
            f"  Name one that {writer} writes."
        )
    if version not in range(1, VERSION + 1):
        raise ModelError(
            f"{path} was written as version {version!r}; this simplecell reads versions 1 to"
            f" {VERSION}.\n  Install a newer simplecell."
        )
    return document


@brief
@dataclass
class Checkpoint:
    """All a run needs to go on as if it had never stopped.

    `step` counts the steps taken in the epoch under way, `losses` are theirs; `seconds` is the
    time trained so far. The order of the examples is not here: it follows (seed, epoch).
    """

    network: str
    state: State
    history: list[Epoch]
    step: int
    losses: NDArray[np.float64]
    seconds: float

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, whole or not at all."""
    write_file(path, pack_checkpoint(checkpoint))


def pack_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Give the contents of a checkpoint's file."""
    state = checkpoint.state
    arrays = {f"parameters/{name}": value for name, value in state.parameters.items()}
    for slot, values in state.slots.items():
        arrays |= {f"slots/{slot}/{name}": value for name, value in values.items()}
    arrays["losses"] = checkpoint.losses
    document = {
        "network": checkpoint.network,
        "steps": state.steps,
        "step": checkpoint.step,
        "seconds": checkpoint.seconds,
        "history": write_lines(checkpoint.history),
        "slots": sorted(state.slots),
    }
    if state.seed:  # Files of before it was kept, and those of the seed 0, lack it.
        document["seed"] = state.seed
    return pack_arrays(CHECKPOINT, arrays, document)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `write_checkpoint` wrote.

    Raises
        ModelError   as `read_arrays`, or a checkpoint that lacks a part
    """
    return unpack_checkpoint(_content(path), path)


def unpack_checkpoint(content: bytes, path: Path) -> Checkpoint:
    """Read what `pack_checkpoint` gave; problems name `path` as where it came from.

    Raises
        ModelError   as `read_checkpoint`
    """
    arrays, document = unpack_arrays(content, CHECKPOINT, path)
    try:
        losses = arrays.pop("losses")
        _check_kinds(document)
        slots: dict[str, dict[str, Array]] = {slot: {} for slot in document["slots"]}
        if losses.shape != (document["step"],):
            raise ValueError(f"{document['step']} steps, losses of shape {losses.shape}")
        parameters = {}
        for name, value in arrays.items():
            kind, _, rest = name.partition("/")
            if kind == "parameters":
                parameters[rest] = value
            else:
                slot, _, own = rest.partition("/")
                slots[slot][own] = value
        return Checkpoint(
            network=document["network"],
            state=State(parameters, slots, document["steps"], document.get("seed", 0)),
            history=read_lines(document["history"]),
            step=document["step"],
            losses=losses,
            seconds=document["seconds"],
        )
    except KeyError as problem:
        raise ModelError(f"{path} is damaged: it lacks {problem}.") from None
    except ValueError as problem:
        raise ModelError(f"{path} is damaged: {problem}. Use another copy.") from None


def _check_kinds(document: Mapping[str, Any]) -> None:
    """Refuse what stands in a checkpoint for something else.

    Raises
        KeyError     a part that is missing
        ValueError   a part of another kind, or a number that no run comes to
    """
    for name in ("steps", "step"):
        if type(document[name]) is not int or not 0 <= document[name] < MOST_STEPS:
            raise ValueError(f"its {name} are {shown(document[name])}")
    for name in ("network", "history"):
        if not isinstance(document[name], str):
            raise ValueError(f"its {name} is {shown(document[name])}")
    seconds = document["seconds"]
    if not is_number(seconds) or not 0 <= seconds < math.inf:
        raise ValueError(f"its seconds are {shown(seconds)}")
    slots = document["slots"]
    if not isinstance(slots, list) or not all(isinstance(slot, str) for slot in slots):
        raise ValueError(f"its slots are {shown(slots)}")
