"""Squashing functions by name; what they are, `formulas/activations.py` says.

Two have a parameter, the slope or the depth of what lies below 0: `leaky_relu(0.2)`,
`elu(0.5)`. Their names alone mean the usual values, 0.01 and 1.

>>> read_squash("leaky_relu(0.010)"), read_squash("elu(2)")
('leaky_relu', 'elu(2.0)')
"""

from simplecell.errors import SpecError
from simplecell.notation import PARAMETERS, joined, split
from simplecell.spec.validation import read_choice, shown

__all__ = [
    "ANY_SCORES",
    "PARAMETERS",
    "SQUASHES",
    "joined",
    "read_squash",
    "split",
    "squash_losses",
]

ANY_SCORES = ("cross_entropy", "squared_error")

SQUASHES: dict[str, tuple[str, ...]] = {
    "identity": ANY_SCORES,
    "sigmoid": ("squared_error",),
    "tanh": ("squared_error",),
    "scaled_tanh": ("squared_error",),
    "relu": ("squared_error",),
    "leaky_relu": ("squared_error",),
    "elu": ("squared_error",),
    "softplus": ("squared_error",),
    "softmax": ("cross_entropy",),
}
"""With each, the losses that outputs so squashed can be trained with; softmax is for outputs."""

LARGEST = 1e6
"""The largest parameter that is no slip of the finger, and the smallest above 0 is 1 over it."""


def read_squash(value: object) -> str:
    """Read the name of a squashing function, with its parameter where it has one.

    The shortest way to write it is given: JSON holds that, and equal networks are equal.

    Raises
        UnknownName   no such function
        SpecError     a parameter that is below 0, too large, or of a function that has none

    >>> read_squash("elu(1.0)")
    'elu'
    """
    name, parameter = split(value) if isinstance(value, str) else (value, None)
    if isinstance(name, str) and parameter is None and name.endswith(")"):
        raise SpecError(_no_parameter(name))
    name = read_choice(name, "squashing function", tuple(SQUASHES))
    if parameter is not None and not (parameter == 0 or 1 / LARGEST <= parameter <= LARGEST):
        raise SpecError(
            f"{shown(value)}: the parameter of {name} is {parameter:g}; it takes 0 or a number"
            f" from {1 / LARGEST:g} to {LARGEST:g}, and {PARAMETERS[name]:g} is usual."
        )
    return joined(name, abs(parameter) if parameter is not None else None)


def squash_losses(name: str) -> tuple[str, ...]:
    """Name the losses that outputs so squashed can be trained with; the first is the usual one."""
    return SQUASHES[split(name)[0]]


def _no_parameter(name: str) -> str:
    """Say what is wrong with something written in brackets behind a name."""
    family, _, _ = name.partition("(")
    if family.strip() in PARAMETERS:
        example = f"{family.strip()}({PARAMETERS[family.strip()]:g})"
        return f"{shown(name)}: in the brackets stands one number, 0 or more, as in {example}."
    several = " and ".join(PARAMETERS)
    return f"{shown(name)}: of the squashing functions only {several} take a number in brackets."
