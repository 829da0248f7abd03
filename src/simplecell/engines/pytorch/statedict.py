"""A network's parameters as the `state_dict` of PyTorch, to a file and back.

The file is what `torch.save(module(network).state_dict(), file)` writes: our parameters by our
names. Inside it is a zip with a pickle, since PyTorch has no other form of its own; this is the
one place where simplecell touches one. It is read with `weights_only=True`, by which PyTorch
makes tensors and dictionaries of it and refuses everything else, so that no code in it is run.

    net = module(network)
    net.load_state_dict(torch.load("lenet5.pt", weights_only=True))

What the model is but its weights goes along as text, where PyTorch keeps the versions of modules
(`_metadata`): `load_state_dict` does not look at it, and a file without it is as good.
"""

import io
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from simplecell.engines.protocol import Array, Parameters
from simplecell.engines.pytorch.net import module, numbers
from simplecell.errors import ModelError
from simplecell.spec.network import Network

KEY = "simplecell"


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
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ModelError(_refusal(name, f"a {type(value).__name__} by the name of {key!r}"))
    arrays = {key: numbers(value.to(torch.float32)) for key, value in state.items()}
    metadata = getattr(state, "_metadata", {})
    note = metadata.get("", {}).get(KEY) if isinstance(metadata, Mapping) else None
    return arrays, note if isinstance(note, str) else None


def _load(content: bytes, name: str) -> Any:
    try:
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


def _refusal(name: str, found: str) -> str:
    return (
        f"{name} holds {found}; a state dict has tensors by name, such as C1.w.\n"
        "  Write it by torch.save(net.state_dict(), file)."
    )
