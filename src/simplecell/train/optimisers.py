"""Rules that turn a gradient into a step, by name; the formulas are in `formulas/updates.py`."""

from simplecell.engines.protocol import Update
from simplecell.errors import UnknownName

OPTIMISERS = {
    "sgd": Update("sgd"),
    "momentum": Update("sgd", momentum=0.9),
    "adam": Update("adam", momentum=0.9, second=0.999),
    "sdlm": Update("sdlm", mu=0.02),
}


def optimiser(name: str) -> Update:
    """Find an update rule by its name.

    >>> optimiser("momentum").momentum
    0.9
    """
    if name not in OPTIMISERS:
        raise UnknownName("optimiser", name, OPTIMISERS)
    return OPTIMISERS[name]
