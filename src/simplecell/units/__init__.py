"""Units of work: JSON in, JSON out, their files the only truth; any Executor carries them.

docs/decisions/0016 has the rule. `drive.run_units` is the way in.
"""

from simplecell.units.drive import Plan, run_units
from simplecell.units.shard import Shard, read_shard
from simplecell.units.unit import Done, Store, Unit

__all__ = ["Done", "Plan", "Shard", "Store", "Unit", "read_shard", "run_units"]
