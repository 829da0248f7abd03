"""Classes of few pictures, read as often as those of many.

    w[c] = N / (K N[c])              "balanced": N pictures, K classes that have any, N[c] in c
    v[n] = N w[c(n)] / sum_m w[c(m)]
    an epoch reads N pictures, each floor(v) or ceil(v) times

So weights come in by how often a picture is read, not as a factor of the loss: E stays the plain
mean over what is read, in every engine, and an epoch is as long as without weights. Which
pictures are read follows (seed, epoch) alone, so that neither threads nor a stop change a bit.
What is read more than once is distorted otherwise each time.

Source: systematic sampling, Madow 1949; the weights are those of King and Zeng 2001.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.part import Part
from simplecell.engines.protocol import is_number
from simplecell.errors import DataError, SpecError
from simplecell.spec.validation import shown

Told = str | tuple[tuple[str, float], ...] | None
"""What a recipe keeps: "balanced", or weights by class name."""

BALANCED = "balanced"


def read_class_weights(told: Any) -> Told:
    """Give class weights as a recipe keeps them.

    >>> read_class_weights({"cat": 3}), read_class_weights("balanced")
    ((('cat', 3.0),), 'balanced')

    Raises
        SpecError   another word, or weights that are no numbers above 0
    """
    if told is None or told == BALANCED:
        return BALANCED if told == BALANCED else None
    if isinstance(told, list | tuple):
        told = {one[0]: one[1] for one in told if isinstance(one, list | tuple) and len(one) == 2}
    if not isinstance(told, Mapping) or not told:
        raise SpecError(
            f"class_weights is {shown(told)}; it takes 'balanced', or a weight for each class by"
            " its name, as {'cat': 3}."
        )
    for name, weight in told.items():
        if not is_number(weight) or not math.isfinite(weight) or weight <= 0:
            raise SpecError(
                f"the weight of class {name} is {shown(weight)}; it takes a number above 0."
            )
    return tuple((str(name), float(weight)) for name, weight in told.items())


def by_class(told: Told, part: Part, classes: Sequence[str]) -> NDArray[np.float64] | None:
    """Give a weight for each class; None where pictures are read as they come.

    A class that a mapping does not name weighs 1.

    Shapes
        gives (classes,)

    Raises
        DataError   a weight for a class that the data have not
    """
    if told is None:
        return None
    counts = np.bincount(part.labels, minlength=len(classes))
    if isinstance(told, str):
        weights: NDArray[np.float64] = len(part) / (np.maximum(counts, 1) * (counts > 0).sum())
        return weights
    given = dict(told)
    strange = sorted(set(given) - set(classes))
    if strange:
        raise DataError(
            f"class_weights has a weight for {strange[0]!r}, which is no class of these data:"
            f" {', '.join(classes[:12])}{' …' if classes[12:] else ''}."
        )
    return np.array([given.get(name, 1.0) for name in classes])
