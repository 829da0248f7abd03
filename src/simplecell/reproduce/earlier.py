"""Recipes as they were when the published pages' results were measured: experiments keep them.

Later the default loss of RBF outputs became `scaled_map`, and the recipe `fast` got another start
and rate (docs/decisions/0006). Whoever repeats an experiment repeats what its page says.
"""

from dataclasses import replace

from simplecell.train.recipes import recipe
from simplecell.train.schedules import Schedule

FAST = replace(
    recipe("fast"),
    loss="cross_entropy",
    schedule=Schedule("one_cycle", 3e-3, warmup=0.1, first=0.1),
    initial="glorot",
)
MODERN = replace(recipe("modern"), loss="cross_entropy")
