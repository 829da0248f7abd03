"""Sweeps: networks, recipes, rates and seeds, one run each: which setting is best."""

from simplecell.sweeps.grid import Grid, read_grid
from simplecell.sweeps.pruning import OptunaPruning
from simplecell.sweeps.run import Sweep, sweep

__all__ = ["Grid", "OptunaPruning", "Sweep", "read_grid", "sweep"]
