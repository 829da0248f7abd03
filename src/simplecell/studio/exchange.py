"""What is asked and what is answered: HTTP as plain values, without a socket."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import StudioError

JSON = "application/json; charset=utf-8"
BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Request:
    """What a browser asks. Names of headers are in lower case; the path is decoded."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def kind(self) -> str:
        """What the body is, as the header says, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def document(self) -> dict[str, Any]:
        """Read the body as one JSON object.

        Raises
            StudioError   something else
        """
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise StudioError("the request's body is no JSON.") from None
        if not isinstance(found, dict):
            raise StudioError("the request's body is no JSON object, as {…}.")
        return found

    def number(self, name: str, default: int) -> int:
        """Read a whole number, 0 or more, of the query.

        Raises
            StudioError   something else
        """
        text = self.query.get(name, str(default))
        if not (text.isascii() and text.isdecimal() and len(text) < 12):
            raise StudioError(f"{name} is {text[:40]!r}; it takes a whole number, 0 or more.")
        return int(text)


@dataclass(frozen=True)
class Response:
    """What is answered."""

    status: int = 200
    body: bytes = b""
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def document(value: Any, status: int = 200) -> Response:
    """Answer with JSON; numbers that are none become null."""
    # In ASCII: half a character, which a request may hold, has no bytes of its own.
    return Response(status, json.dumps(plain(value), allow_nan=False).encode())


def refusal(problem: Exception, status: int) -> Response:
    """Answer with what is wrong, in words."""
    return document({"error": {"kind": type(problem).__name__, "message": str(problem)}}, status)


def numbers(arrays: Sequence[NDArray[Any]]) -> Response:
    """Answer with numbers alone: float32, little-endian, array after array."""
    return Response(200, as_bytes(*arrays), BYTES)


def as_bytes(*arrays: NDArray[Any]) -> bytes:
    """Write arrays as float32, little-endian, one after the other."""
    return b"".join(np.ascontiguousarray(values, "<f4").tobytes() for values in arrays)


def packed(values: NDArray[Any]) -> dict[str, Any]:
    """Write an array into JSON: its shape, its kind, its bytes as base64."""
    kind = "u1" if values.dtype == np.uint8 else "<f4"
    data = np.ascontiguousarray(values, kind).tobytes()
    return {"shape": list(values.shape), "kind": kind, "data": base64.b64encode(data).decode()}


def plain(value: Any) -> Any:
    """Turn what is not finite into null, and tuples into lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
