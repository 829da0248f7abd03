"""Following one example through the network and back, instruction by instruction.

Deltas are written over the values they belong to, so each node is read just before it changes.
"""

from dataclasses import dataclass

import numpy as np

from simplecell.compile import root
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.layout import Floats, Numbers, Source, Tables, Whole
from simplecell.engines.lanes.machine import run
from simplecell.engines.lanes.plan import Plan
from simplecell.engines.protocol import Array


@root
def carry_out(
    plan: Tables,
    memory: Floats,
    w: Floats,
    here: Numbers,
    first: Whole,
    last: Whole,
    source: Source,
    slot: Floats,
) -> float:
    """Carry out instructions first..last for one example."""
    loss: float = run(plan, memory, w, here, first, last, source, 0, 1, 1, slot)
    return loss


@dataclass
class Walk:
    """One example on its way; `plan` is a traced one, and memory is laid out for it."""

    plan: Plan
    memory: Floats
    w: Floats
    slot: Floats
    source: Source

    def __post_init__(self) -> None:
        # Those of the first thread and the first pack stand where the plan says.
        self.here = self.plan.tables[1].copy()

    def up(self) -> tuple[Array, list[Array], list[Array]]:
        """Load the picture and go up; give it, then each layer's u and each layer's x."""
        plan = self.plan
        self._run(0, 1)
        picture = self._read(0)
        us: list[Array] = []
        xs: list[Array] = []
        for n in range(1, plan.forward_stop):
            op = plan.tables[0][n]
            squashes = op[f.KERNEL] == 0 and op[f.KIND] == f.SQUASH_NODE
            if squashes:
                us.append(self._read(plan.layer_nodes[len(us)]))
            self._run(n, n + 1)
            if squashes:
                xs.append(self._read(plan.layer_nodes[len(xs)]))
        return picture, us, xs

    def down(self) -> tuple[list[Array], Array]:
        """Go down again; give each layer's du, and dx on the picture."""
        plan = self.plan
        ends = [int(plan.tables[5][0, 0]), *plan.down_start]
        self._run(plan.forward_stop, plan.down_start[-1])
        deltas: list[Array] = []
        for n in reversed(range(len(plan.layer_nodes))):
            deltas.insert(0, self._read(plan.layer_nodes[n]))
            self._run(plan.down_start[n], ends[n])
        return deltas, self._read(0)

    def _read(self, node: int) -> Array:
        base, maps, height, width, step = self.here[node, :5]
        pixels = base + step * np.arange(maps * height * width)
        values: Array = self.memory[pixels].reshape(maps, height, width)
        return values

    def _run(self, first: int, last: int) -> None:
        plan, memory, w, source = self.plan, self.memory, self.w, self.source
        carry_out(plan.tables, memory, w, self.here, first, last, source, self.slot)
