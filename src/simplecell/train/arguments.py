"""What `fit` is told beside a network, data and a recipe, refused where it cannot be meant."""

import math
import os
from collections.abc import Mapping
from typing import Any

from simplecell.data.normalise import Normalisation
from simplecell.engines.protocol import Array, is_number, read_numbers
from simplecell.errors import DataError, ModelError, SpecError
from simplecell.spec.validation import shown
from simplecell.train.callbacks import Callback
from simplecell.train.checkpoint import Checkpoint
from simplecell.train.choice import check_engine, check_layout

Callbacks = tuple[Callback, ...]


def check_arguments(
    *,
    seed: Any,
    engine: Any,
    out: Any,
    begin: Any,
    normalisation: Any,
    layout: Any,
    save_seconds: Any,
) -> None:
    """Refuse arguments of another kind than those that are wanted.

    Raises
        SpecError     a seed or seconds that are no such numbers, a layout nobody knows
        EngineError   something that is no engine
        ModelError    a folder, a checkpoint or a normalisation that is none
    """
    if not is_number(seed) or seed != int(seed if math.isfinite(seed) else -1) or seed < 0:
        raise SpecError(f"seed is {shown(seed)}; it takes a whole number, 0 or more.")
    check_engine(engine)
    if out is not None and not isinstance(out, str | os.PathLike):
        raise ModelError(f"out is {shown(out)}; it takes the path of a folder.")
    if begin is not None and not isinstance(begin, Checkpoint):
        raise ModelError(
            f"begin is {type(begin).__name__}; it takes the checkpoint of a run, run.checkpoint."
        )
    if normalisation is not None and not isinstance(normalisation, Normalisation):
        raise ModelError(
            f"normalisation is {type(normalisation).__name__}; it takes a Normalisation, such as"
            " run.model.normalisation."
        )
    if normalisation is not None and not all(
        is_number(value) and math.isfinite(value)
        for value in (normalisation.scale, normalisation.shift)
    ):
        raise ModelError(f"the normalisation is {normalisation}; give finite numbers.")
    check_layout(layout)
    if not is_number(save_seconds) or math.isnan(save_seconds) or save_seconds < 0:
        raise SpecError(f"save_seconds is {shown(save_seconds)}; it takes seconds, 0 or more.")


def read_callbacks(told: Any) -> Callbacks:
    """Give those who watch.

    Raises
        SpecError   something that is no list of callbacks
    """
    try:
        listed = tuple(told)
    except TypeError:
        listed = (told,)
    strange = [one for one in listed if not isinstance(one, Callback)]
    if strange:
        raise SpecError(
            f"callbacks hold {shown(strange[0])}; each is a simplecell.train.callbacks.Callback."
        )
    return listed


def read_initial(told: Any) -> dict[str, Array]:
    """Give first values as arrays by name.

    Raises
        ModelError   something else
    """
    if told is None:
        return {}
    if not isinstance(told, Mapping):
        raise ModelError(
            f"initial is {type(told).__name__}; it takes arrays by name, as {{'C1.w': array}}."
        )
    try:
        return {
            str(name): read_numbers(values, f"initial {name}") for name, values in told.items()
        }
    except DataError as problem:
        raise ModelError(str(problem)) from None
