"""Squashing functions in torch, by name; to put another entry in is to make it known."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from simplecell.formulas.activations import AMPLITUDE, STEEPNESS
from simplecell.notation import split

SQUASHES: dict[str, Callable[..., Tensor]] = {
    "identity": lambda u: u,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "scaled_tanh": lambda u: AMPLITUDE * torch.tanh(STEEPNESS * u),
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    # From 20 on torch hands u on as it is unless told otherwise: 2e-9 too little, seen in float64.
    "softplus": lambda u: F.softplus(u, threshold=40.0),
    "softmax": lambda u: F.softmax(u.flatten(1), 1).reshape(u.shape),
}
"""x = f(u), or f(u, a) of those with a parameter; softmax is over all classes of an example."""


def squash(name: str, u: Tensor) -> Tensor:
    """Give x = f(u)."""
    return squashed(split(name), u)


def squashed(function: tuple[str, float | None], u: Tensor) -> Tensor:
    """Do so by a name that is read already: torch's compiler looks into what reads it."""
    family, parameter = function
    return SQUASHES[family](u) if parameter is None else SQUASHES[family](u, parameter)
