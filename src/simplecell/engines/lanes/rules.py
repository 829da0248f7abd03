"""An update as it is asked for, in the words of the kernels."""

import numpy as np

from simplecell.engines.lanes.update import ADAM, MOMENTUM, SCALED, SGD, Rule
from simplecell.engines.protocol import RULES, Update
from simplecell.errors import UnknownName
from simplecell.formulas.dropout import seed_chance


def kind_of(update: Update) -> tuple[int, tuple[str, ...]]:
    """Name a rule as the kernels do, and the running means it keeps."""
    if update.rule == "sgd":
        return (MOMENTUM, ("v",)) if update.momentum else (SGD, ())
    if update.rule == "adam":
        return ADAM, ("m", "v")
    if update.rule == "sdlm":
        return SCALED, ()
    raise UnknownName("update rule", update.rule, RULES)


def rule_of(kind: int, update: Update, steps: int, seed: int) -> Rule:
    """Give an update as the machine reads it, after so many steps."""
    momentum, second = np.float32(update.momentum), np.float32(update.second)
    epsilon, decay = np.float32(update.epsilon), np.float32(update.decay)
    return kind, momentum, second, epsilon, decay, steps, seed_chance(seed)
