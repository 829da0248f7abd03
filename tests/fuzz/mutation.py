"""Files as a stranger, a broken disk or a mischievous hand would leave them, drawn from a seed."""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 10**18, 10**30, -(10**30), 1.5, 1e308, -0.0, 1e-320,
    float("nan"), float("inf"), "", "8", "x" * 300, "\ud800", "\0", "../../etc/passwd", [], {},
    [[]], [None], [1, 2, 3], ["a"], {"a": 1}, {"": {}}, "é" * 40, "lenet5", [[1e9, -1]],
    "1" * 5000,
)  # fmt: skip
"""Values that stand where others are wanted."""


def damage(content: bytes, rng: random.Random) -> bytes:
    """Change bytes: some flipped, some set, a piece cut out, doubled, put elsewhere, the end."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        size = len(data)
        at = _place(size, rng)
        length = min(size - at, rng.choice((1, 2, 4, 8, 64, 512)))
        how = rng.randrange(8)
        if how == 0 and size:
            data[at % size] ^= 1 << rng.randrange(8)
        elif how == 1 and size:
            data[at % size] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif how == 2:
            del data[at:]
        elif how == 3:
            del data[at : at + length]
        elif how == 4:
            data[at:at] = data[at : at + length]
        elif how == 5:
            data[at:at] = rng.randbytes(length)
        elif how == 6:
            data[at : at + length] = b"\xff" * length
        else:
            data[at : at + 4] = rng.choice((0, 1, 2**31 - 1, 2**32 - 1, 2**16)).to_bytes(
                4, "little"
            )
    return bytes(data)


def _place(size: int, rng: random.Random) -> int:
    """Draw a place; headers stand in front, directories at the end."""
    where = rng.random()
    if where < 0.5:
        return rng.randrange(min(size, 128) + 1)
    if where < 0.65:
        return max(0, size - rng.randrange(128))
    return rng.randrange(size + 1)


def disturb(document: Any, rng: random.Random) -> Any:
    """Change a JSON document: a value another, a key gone or strange, a list longer."""
    changed = json.loads(json.dumps(document))
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = list(_places(changed))
        if not places:
            return deepcopy(rng.choice(ODD))
        holder, key = rng.choice(places)
        how = rng.randrange(8)
        if how < 4:
            holder[key] = deepcopy(rng.choice(ODD))
        elif how == 4:
            del holder[key]
        elif how == 5 and isinstance(holder, dict):
            holder[rng.choice(("", "format", "w", "é", "__class__"))] = deepcopy(rng.choice(ODD))
        elif how == 6 and isinstance(holder, list):
            holder.extend(holder * rng.choice((1, 40)))
        elif isinstance(holder[key], int | float):
            holder[key] = (
                rng.choice((-1, 1)) * holder[key] * rng.choice((0, 0.5, 2, 10**6, 10**15))
            )
        else:
            holder[key] = [holder[key]]
    return changed


def _places(document: Any) -> list[tuple[Any, Any]]:
    """List every value of a document by what holds it."""
    found: list[tuple[Any, Any]] = []
    keys = list(document) if isinstance(document, dict) else []
    if isinstance(document, list):
        keys = list(range(len(document)))[:50]
    for key in keys:
        found.append((document, key))
        found += _places(document[key])
    return found


def text_of(document: Any, rng: random.Random) -> bytes:
    """Write JSON as it is, or as hardly anybody would: deep, long, marked, in other letters."""
    text = json.dumps(document)
    how = rng.randrange(40)
    if how == 0:
        text = "[" * rng.choice((99, 101, 1000, 100_000)) + text
    elif how == 1:
        deep = rng.choice((101, 1000, 50_000))
        text = text.replace(": ", ': {"a": ' * deep + "1" + "}" * deep + ', "b": ', 1)
    elif how == 2:
        text = text.replace("1", "1" * 5000, 1)
    elif how == 3:
        return b"\xef\xbb\xbf" + text.encode()
    elif how == 4:
        return text.encode("utf-16")
    elif how == 5:
        return text.encode() + rng.randbytes(8)
    return text.encode("utf-8", "surrogatepass")


Mutation = Callable[[random.Random], bytes]


def of_bytes(content: bytes) -> Mutation:
    """Damage the bytes of a file."""
    return lambda rng: damage(content, rng)


def of_text(document: Any) -> Mutation:
    """Disturb a JSON file; now and then its bytes."""

    def mutate(rng: random.Random) -> bytes:
        if rng.random() < 0.15:
            return damage(json.dumps(document).encode(), rng)
        return text_of(disturb(document, rng), rng)

    return mutate


def of_tensors(content: bytes) -> Mutation:
    """Disturb what a safetensors file says of itself, of its arrays or of us; or its bytes."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    arrays = content[8 + length :]

    def mutate(rng: random.Random) -> bytes:
        how = rng.random()
        if how < 0.3:
            return damage(content, rng)
        told = json.loads(json.dumps(header))
        if how < 0.45:
            told = disturb(told, rng)
        else:
            own = json.loads(told["__metadata__"]["simplecell"])
            inside = own.get("network")
            if isinstance(inside, str) and rng.random() < 0.3:
                own["network"] = text_of(disturb(json.loads(inside), rng), rng).decode(
                    "utf-8", "replace"
                )
            else:
                own = disturb(own, rng)
            told["__metadata__"]["simplecell"] = text_of(own, rng).decode("utf-8", "replace")
        text = json.dumps(told).encode("utf-8", "surrogatepass")
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text + arrays

    return mutate
