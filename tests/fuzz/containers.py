"""Files that hold other things: archives, ONNX's graphs, PyTorch's states; how they change."""

import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from mutation import Mutation, damage

ODD_NUMBERS = (0, 1, -1, 2, 3, 255, 2**16, 2**31 - 1, 2**31, 2**40, 2**62, -(2**62))
ODD_REALS = (0.0, -1.0, 1e-38, 1e38, float("nan"), float("inf"))
ODD_WORDS = (b"", b"x", b"x" * 300, b"Conv", b"Gemm", b"Reshape", b"../../etc/passwd", b"\xff\xfe")


def zipped(files: dict[str, bytes], packed: bool = False) -> bytes:
    """Write a zip archive."""
    held = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(held, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:") -> bytes:
    """Write a tar archive."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return held.getvalue()


def files_of(content: bytes) -> dict[str, bytes]:
    """List what is in a zip archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


Write = Callable[[dict[str, bytes]], bytes]


def of_members(files: dict[str, bytes], write: Write) -> Mutation:
    """Change what is in an archive, whose own sums then fit; now and then the archive's bytes."""

    def mutate(rng: random.Random) -> bytes:
        if rng.random() < 0.25:
            return damage(write(files), rng)
        changed = dict(files)
        for _ in range(rng.choice((1, 1, 2, 4))):
            name = rng.choice(sorted(changed))
            how = rng.randrange(8)
            if how < 4:
                changed[name] = damage(changed[name], rng)
            elif how == 4:
                changed[name] = changed[rng.choice(sorted(changed))]
            elif how == 5 and len(changed) > 1:
                del changed[name]
            elif how == 6:
                changed[
                    rng.choice(("../../up", "/abs", "a/" * 60 + "b", "é.png", name + "/x"))
                ] = changed.pop(name)
            else:
                changed[name] = b""
        return write(changed)

    return mutate


def of_graph(content: bytes, load: Callable[[bytes], Any]) -> Mutation:
    """Disturb the fields of a protobuf message, wherever they are; or its bytes."""

    def mutate(rng: random.Random) -> bytes:
        if rng.random() < 0.3:
            return damage(content, rng)
        model = load(content)
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            message, field = rng.choice(list(_fields(model)))
            with suppress(ValueError):  # what the library cannot write down
                _disturb(message, field, rng)
        return bytes(model.SerializeToString())

    return mutate


def _fields(message: Any) -> list[tuple[Any, Any]]:
    """List every field that is set, with the message that it stands in."""
    found = []
    for field, value in message.ListFields():
        found.append((message, field))
        if field.type == field.TYPE_MESSAGE:
            for inner in value if _is_list(value) else [value]:
                found += _fields(inner)
    return found


def _is_list(value: Any) -> bool:
    return not hasattr(value, "ListFields") and not isinstance(value, str | bytes | int | float)


def _disturb(message: Any, field: Any, rng: random.Random) -> None:
    value = getattr(message, field.name)
    how = rng.randrange(4)
    if how == 0:
        message.ClearField(field.name)
    elif _is_list(value):
        k = rng.randrange(len(value))
        if how == 1:
            del value[k]
        elif field.type == field.TYPE_MESSAGE:
            value.add().CopyFrom(value[k])
        elif how == 2:
            value[k] = _other(field, value[k], rng)
        else:
            value.extend([value[k]] * rng.choice((1, 9, 3000)))
    elif field.type == field.TYPE_MESSAGE:
        value.Clear()
    else:
        setattr(message, field.name, _other(field, value, rng))


def _other(field: Any, value: Any, rng: random.Random) -> Any:
    """Give another value of a field's type."""
    if isinstance(value, float):
        return rng.choice(ODD_REALS)
    if isinstance(value, bytes):
        return rng.choice((damage(value, rng), *ODD_WORDS))
    if isinstance(value, str):
        return rng.choice(ODD_WORDS).decode("utf-8", "replace")
    number = rng.choice((*ODD_NUMBERS, value + 1, value - 1, rng.randrange(30)))
    wide = field.type in (field.TYPE_INT64, field.TYPE_UINT64)
    return number if wide else max(-(2**31), min(2**31 - 1, number)) if number >= 0 else 0


def of_states(state: dict[str, Any], note: str, torch: Any) -> Mutation:
    """Write PyTorch's states with odd tensors and values among them; or damage one's file."""
    sound = written(state, note, torch)
    members = of_members(files_of(sound), zipped)

    def mutate(rng: random.Random) -> bytes:
        how = rng.random()
        if how < 0.5:
            return members(rng)
        if how < 0.6:
            return damage(sound, rng)
        odd = dict(state)
        for _ in range(rng.choice((1, 1, 2))):
            name = rng.choice(sorted(odd))
            odd[rng.choice((name, name, "", "other", 7))] = odd_tensor(odd[name], rng, torch)
            odd = {str(key) if rng.random() < 0.9 else key: v for key, v in odd.items()}
            if not all(isinstance(key, str) for key in odd):
                break
        text = (
            damage(note.encode(), rng).decode("utf-8", "replace") if rng.random() < 0.3 else note
        )
        return written(odd, text, torch)

    return mutate


def odd_tensor(value: Any, rng: random.Random, torch: Any) -> Any:
    """Give what stands where a tensor is wanted."""
    return rng.choice(
        (
            torch.zeros(1).expand(10**9), torch.zeros(1).expand(2**40), torch.zeros(0),
            torch.eye(3).to_sparse(), torch.zeros(2, dtype=torch.complex64),
            torch.zeros(2, 2, device="meta"), torch.full((3,), float("nan")), torch.tensor(3),
            torch.zeros(2, dtype=torch.bfloat16), torch.zeros(3, dtype=torch.bool),
            value, None, 3, "x",
            [value], {"a": value}, torch.zeros(2).requires_grad_(),
        )
    )  # fmt: skip


def written(state: Any, note: str, torch: Any) -> bytes:
    """Write a state as PyTorch does, with what simplecell notes in it."""
    from collections import OrderedDict

    held, ordered = io.BytesIO(), OrderedDict(state)
    ordered._metadata = OrderedDict({"": {"version": 1, "simplecell": note}})  # type: ignore[attr-defined]
    torch.save(ordered, held)
    return held.getvalue()
