"""A network's parameters as the `state_dict` of PyTorch, to a file and back.

The file is what `torch.save(module(network).state_dict(), file)` writes: our parameters by our
names. Inside it is a zip with a pickle, since PyTorch has no other form of its own; this is the
one place where simplecell touches one. It is read with `weights_only=True`, by which PyTorch
makes tensors and dictionaries of it and refuses everything else, so that no code in it is run.

    net = module(network)
    net.load_state_dict(torch.load("lenet5.pt", weights_only=True))

What the model is but its weights goes along as text, where PyTorch keeps the versions of modules
(`_metadata`): `load_state_dict` does not look at it, and a file without it is as good.

A few bytes may ask for any memory: a pickle makes empty bytes of any length, a tensor repeats one
number without end, a zip unpacks to a thousand times its size. `_check` looks before it is read.
"""

import io
import pickletools
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from simplecell.engines.protocol import Array, Parameters
from simplecell.engines.pytorch.net import module, numbers
from simplecell.errors import ModelError
from simplecell.spec.network import Network

KEY = "simplecell"
MODULES = {"torch", "torch._utils", "torch.nn.parameter", "torch.serialization", "collections"}
"""What the pickle of a state dict names; others make what no state dict holds."""
PICKLES = 5
"""What PyTorch before 1.6 wrote in a row: marks, the dictionary, the names of its numbers."""


def state_to_bytes(network: Network, parameters: Parameters, note: str) -> bytes:
    """Write parameters, and a note, as the bytes of a `.pt` file."""
    net = module(network)
    net.read(parameters)
    state: Any = net.state_dict()
    state._metadata[""][KEY] = note
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def state_from_bytes(content: bytes, name: str) -> tuple[dict[str, Array], str | None]:
    """Read parameters by name, as float32, and the note, if there is one.

    Raises
        ModelError   no file of torch.save, a damaged one, or anything but tensors by name
    """
    state = _load(content, name)
    if not isinstance(state, Mapping):
        raise ModelError(_refusal(name, f"a {type(state).__name__}"))
    left = len(content)
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ModelError(
                _refusal(name, f"a {type(value).__name__} by the name of {key!r:.80}")
            )
        if value.layout != torch.strided or value.is_meta or value.is_quantized:
            raise ModelError(_refusal(name, f"by the name of {key!r:.80} no plain tensor"))
        if value.is_complex():
            raise ModelError(_refusal(name, f"complex numbers by the name of {key!r:.80}"))
        left -= value.numel()
        if left < 0:
            raise ModelError(_refusal(name, f"at {key!r:.80} more numbers than it has bytes"))
    arrays = {key: numbers(value.to(torch.float32)) for key, value in state.items()}
    note: Any = getattr(state, "_metadata", None)
    for step in ("", KEY):
        note = note.get(step) if isinstance(note, Mapping) else None
    return arrays, note if isinstance(note, str) else None


def _load(content: bytes, name: str) -> Any:
    try:
        _check(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    # Of a damaged file, or of one that would run code, PyTorch raises whatever it meets.
    except Exception as problem:
        reason = (str(problem).splitlines() or ["no reason given"])[0][:120]
        raise ModelError(
            f"{name} is no state dict that can be read without running code from it:"
            f" {type(problem).__name__}: {reason}\n"
            "  Write it by torch.save(net.state_dict(), file)."
        ) from None


def _check(content: bytes) -> None:
    """Refuse what would take more memory than the file is long, or makes other things.

    Raises
        ValueError   a zip that is packed, or has two files of one name; a pickle that names what
                     no state dict holds
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        held = io.BytesIO(content)
        for _ in range(PICKLES):
            _check_pickle(held)
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        # PyTorch finds a name whatever its letters' case is.
        names = [info.filename.lower() for info in infos]
        if len(set(names)) < len(names):
            raise ValueError("two of its files have one name")
        if sum(info.file_size for info in infos) > len(content):
            raise ValueError("it is packed, as PyTorch writes none")
        for info in infos:
            if info.filename.lower().endswith(".pkl"):
                _check_pickle(io.BytesIO(archive.read(info)))


def _check_pickle(held: io.BytesIO) -> None:
    for code, told, _ in pickletools.genops(held):
        if code.name == "GLOBAL" and str(told).split(" ")[0] not in MODULES:
            raise ValueError(f"it makes {str(told).replace(' ', '.')[:60]}")


def _refusal(name: str, found: str) -> str:
    return (
        f"{name} holds {found}; a state dict has tensors by name, such as C1.w.\n"
        "  Write it by torch.save(net.state_dict(), file)."
    )
