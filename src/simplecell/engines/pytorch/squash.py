"""Squashing functions in torch, by name; to put another entry in is to make it known."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from simplecell.formulas.activations import AMPLITUDE, STEEPNESS

SQUASHES: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda u: u,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "scaled_tanh": lambda u: AMPLITUDE * torch.tanh(STEEPNESS * u),
    "relu": F.relu,
    "softmax": lambda u: F.softmax(u.flatten(1), 1).reshape(u.shape),
}
"""x = f(u); softmax is over all the classes of an example."""


def squash(name: str, u: Tensor) -> Tensor:
    """Give x = f(u)."""
    return SQUASHES[name](u)
