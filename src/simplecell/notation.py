"""How a squashing function is written that has a parameter: `leaky_relu(0.2)`, `elu(0.5)`.

The name alone means the usual value. Every room reads such names here, so that they mean the
same in each; which of them a layer takes, `spec/squashes.py` says. Importable from anywhere.
"""

import re
from functools import cache

PARAMETERS = {"leaky_relu": 0.01, "elu": 1.0}
"""The functions that have a parameter, and its usual value."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_CALL = re.compile(rf"\s*(\w+)\s*(?:\(\s*({_NUMBER})\s*\))?\s*", re.ASCII)


@cache
def split(name: str) -> tuple[str, float | None]:
    """Give a function's name and the value of its parameter, None if it has none.

    What is not written like this comes back whole, as a name that nobody knows.

    >>> split("elu(0.5)"), split("elu"), split("tanh"), split("tanh(2)")
    (('elu', 0.5), ('elu', 1.0), ('tanh', None), ('tanh(2)', None))
    """
    read = _CALL.fullmatch(name)
    if read is None or (read[2] is not None and read[1] not in PARAMETERS):
        return name, None
    usual = PARAMETERS.get(read[1])
    return read[1], usual if read[2] is None else float(read[2])


def joined(name: str, parameter: float | None) -> str:
    """Write a function and its parameter in the shortest way: the usual value is left out.

    >>> joined("elu", 1), joined("elu", 0.5), joined("leaky_relu", 0.01), joined("tanh", None)
    ('elu', 'elu(0.5)', 'leaky_relu', 'tanh')
    """
    if parameter is None or parameter == PARAMETERS.get(name):
        return name
    return f"{name}({float(parameter)!r})"
