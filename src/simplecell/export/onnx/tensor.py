"""Arrays of an ONNX file: every one is checked before it is made."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import ModelError

TYPES: dict[int, str] = {
    1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2",
    11: "<f8", 12: "<u4", 13: "<u8",
}  # fmt: skip
"""Types of numbers, as TensorProto counts them, and as NumPy writes them."""

LISTS = {1: "float_data", 11: "double_data", 7: "int64_data", 12: "uint64_data", 13: "uint64_data"}
"""Where numbers lie that are not raw; those of the other types are in int32_data."""

EXTERNAL, BFLOAT16 = 1, 16
MOST_NUMBERS, MOST_AXES = 1 << 26, 8
"""How large an array may be: 2^26 numbers are 256 MiB."""


def read_tensor(tensor: Any, file: str) -> NDArray[Any]:
    """Make an array of a TensorProto.

    Raises
        ModelError   data in another file; a type that is no number; more, or fewer, bytes than
                     its shape takes; an array too large
    """
    where = f"{file}, the array {tensor.name[:60]!r}"
    if tensor.data_location == EXTERNAL or tensor.external_data:
        raise ModelError(
            f"{where} lies in another file, and simplecell opens one file and no other.\n"
            "  Export it whole: torch.onnx.export(..., external_data=False); or join what is"
            ' there: onnx.save(onnx.load("in.onnx"), "whole.onnx").'
        )
    kind = tensor.data_type
    if kind not in TYPES and kind != BFLOAT16:
        raise ModelError(
            f"{where} holds numbers of the type {kind}, which is none that networks here have.\n"
            "  Export the network in float32."
        )
    shape = tuple(tensor.dims)
    size = math.prod(shape)
    if len(shape) > MOST_AXES or any(side < 0 for side in shape) or size > MOST_NUMBERS:
        raise ModelError(
            f"{where} has the shape {shape}: simplecell reads up to {MOST_NUMBERS:,} numbers in"
            f" up to {MOST_AXES} axes.\n  Such a network is not for this program."
        )
    return _numbers(tensor, kind, size, where).reshape(shape)


def _numbers(tensor: Any, kind: int, size: int, where: str) -> NDArray[Any]:
    """Give the numbers in a row."""
    wide = np.dtype("<u2" if kind == BFLOAT16 else TYPES[kind])
    if tensor.HasField("raw_data"):
        if len(tensor.raw_data) != size * wide.itemsize:
            raise ModelError(
                f"{where} is damaged: its shape takes {size * wide.itemsize:,} bytes, and"
                f" {len(tensor.raw_data):,} are there.\n  Copy the file again."
            )
        found = np.frombuffer(tensor.raw_data, wide)
    else:
        listed = getattr(tensor, LISTS.get(kind, "int32_data"))
        if len(listed) != size:
            raise ModelError(
                f"{where} is damaged: its shape takes {size:,} numbers, and {len(listed):,} are"
                " there.\n  Copy the file again."
            )
        found = np.array(listed, np.float64 if kind in (1, 11) else np.int64)
        # Halves lie there as the whole numbers of their bits.
        found = found.astype(np.uint16).view(np.float16) if kind == 10 else found
        found = found.astype(wide)
    if kind == BFLOAT16:
        return (found.astype(np.uint32) << 16).view(np.float32)
    return found


def check_names(model: Any, file: str) -> None:
    """Refuse a model in which a name is no text: the library gives its bytes then.

    Raises
        ModelError   such a name
    """
    graph = model.graph
    said = [entry.name for entry in (*graph.initializer, *graph.input, *graph.output)]
    said += [word for entry in model.metadata_props for word in (entry.key, entry.value)]
    for node in graph.node:
        said += [node.op_type, node.name, node.domain, *node.input, *node.output]
        said += [setting.name for setting in node.attribute]
    if not all(isinstance(word, str) for word in said):
        raise ModelError(f"{file} is damaged: a name in it is no text. Copy it again.")
