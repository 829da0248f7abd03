"""An estimator as pickle takes it: its parameters, and all it learnt as safetensors bytes.

What was learnt is written as arrays and one JSON document, as in a model's file; no object of
ours is left to pickle. Plain values go as they are:

    numbers, text, None, lists, tuples, dicts with text for keys       JSON
    arrays of numbers                                                  arrays
    arrays of text or objects                                          JSON, with their type
    Model, Checkpoint, State, SparseAutoencoder, Dictionary            as `_KINDS` says
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from simplecell.document import read_json
from simplecell.engines.protocol import State
from simplecell.errors import ModelError, SimplecellError
from simplecell.features.autoencoder import Settings, SparseAutoencoder
from simplecell.features.dictionary import Dictionary
from simplecell.formulas.autoencoder import Weights
from simplecell.repr import within
from simplecell.train.checkpoint import (
    Checkpoint,
    pack_arrays,
    pack_checkpoint,
    unpack_arrays,
    unpack_checkpoint,
)
from simplecell.train.model import Model, from_document, to_document

ESTIMATOR = "simplecell.estimator"

Array = NDArray[Any]
Values = dict[str, Any]

_WHERE = Path("the pickled estimator")


class Serializable(BaseEstimator):
    """What all four estimators are built on: one that travels as bytes."""

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """Show what is not as usual, as scikit-learn does, within ten lines."""
        shown: str = super().__repr__(N_CHAR_MAX)  # type: ignore[no-untyped-call]
        return within(shown)

    def __getstate__(self) -> Values:
        """Give the parameters as they are, and what was learnt as bytes."""
        own: Values = BaseEstimator.get_params(self, deep=False)
        learnt = {name: value for name, value in vars(self).items() if name not in own}
        return {"parameters": own, "learnt": pack(learnt)}

    def __setstate__(self, state: Values) -> None:
        """Take what `__getstate__` gave.

        Raises
            ModelError   bytes of something else, or damaged
        """
        vars(self).update(state["parameters"])
        vars(self).update(unpack(state["learnt"]))


def pack(values: Values) -> bytes:
    """Write what was learnt.

    Raises
        ModelError   a value that no kind is known for
    """
    arrays: dict[str, Array] = {}
    document = {"values": _write(values, arrays)}
    return pack_arrays(ESTIMATOR, arrays, document)


def unpack(content: bytes) -> Values:
    """Read what `pack` wrote.

    Raises
        ModelError   bytes of something else, or damaged
    """
    arrays, document = unpack_arrays(content, ESTIMATOR, _WHERE)
    try:
        values: Values = _read(document["values"], arrays)
        return values
    except (KeyError, TypeError, ValueError, IndexError, SimplecellError) as problem:
        raise ModelError(f"{_WHERE} is damaged: {problem}. Use another copy.") from None


def _write(value: Any, arrays: dict[str, Array]) -> Any:
    """Give a value as JSON: one pair of what it is and what it holds; arrays are put aside."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return ["plain", value]
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return [kind, [_write(part, arrays) for part in value]]
    if isinstance(value, dict):
        return ["dict", {name: _write(value[name], arrays) for name in sorted(value)}]
    if isinstance(value, np.ndarray):
        return _write_array(value, arrays)
    for name, (own, to_plain, _) in _KINDS.items():
        if isinstance(value, own):
            return [name, _write(to_plain(value), arrays)]
    raise ModelError(f"a {type(value).__name__} cannot be pickled with an estimator.")


def _write_array(value: Array, arrays: dict[str, Array]) -> Any:
    if value.dtype.kind in "biuf":
        name = f"a{len(arrays)}"
        arrays[name] = value.astype(value.dtype.newbyteorder("="), copy=False)
        return ["array", name]
    if value.dtype.kind == "O":
        return ["objects", [_write(part, arrays) for part in value.tolist()]]
    return ["text", [value.dtype.str, value.astype(str).tolist()]]


def _read(pair: Any, arrays: Mapping[str, Array]) -> Any:
    kind, held = pair
    if kind == "plain":
        return held
    if kind in ("list", "tuple", "objects"):
        parts = [_read(part, arrays) for part in held]
        return tuple(parts) if kind == "tuple" else _objects(parts) if kind == "objects" else parts
    if kind == "dict":
        return {name: _read(part, arrays) for name, part in held.items()}
    if kind == "array":
        return arrays[held]
    if kind == "text":
        dtype, parts = held
        return np.array(parts).astype(dtype)
    return _KINDS[kind][2](_read(held, arrays))


def _objects(parts: list[Any]) -> Array:
    values = np.empty(len(parts), object)
    values[:] = parts
    return values


def _from_model(model: Model) -> Values:
    return {"document": json.dumps(to_document(model)), "weights": dict(model.parameters)}


def _to_model(values: Values) -> Model:
    return from_document(read_json(values["document"]), values["weights"], _WHERE)


def _from_autoencoder(autoencoder: SparseAutoencoder) -> Values:
    return {"weights": autoencoder.weights._asdict(), "settings": asdict(autoencoder.settings)}


def _to_autoencoder(values: Values) -> SparseAutoencoder:
    return SparseAutoencoder(Weights(**values["weights"]), Settings(**values["settings"]))


def _from_dictionary(dictionary: Dictionary) -> Values:
    return dict(vars(dictionary))


_KINDS: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "model": (Model, _from_model, _to_model),
    "checkpoint": (
        Checkpoint,
        lambda checkpoint: np.frombuffer(pack_checkpoint(checkpoint), np.uint8),
        lambda held: unpack_checkpoint(held.tobytes(), _WHERE),
    ),
    "state": (State, lambda state: dict(vars(state)), lambda held: State(**held)),
    "autoencoder": (SparseAutoencoder, _from_autoencoder, _to_autoencoder),
    "dictionary": (Dictionary, _from_dictionary, lambda held: Dictionary(**held)),
}
"""What is written by a name of its own, how, and how it is read."""
