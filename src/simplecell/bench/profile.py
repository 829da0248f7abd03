"""The picture of the engine: each instruction's time, beside what the processor could do.

One thread runs one pack of sixteen images, or one image. Multiply-adds are those that the layer
needs; bytes are those of the two nodes and of the weights, each counted once. What is near neither
the rate of multiply-adds nor that of its cache waits for something else.
"""

from typing import Any

import numpy as np

from simplecell.bench.networks import network
from simplecell.bench.task import make_task
from simplecell.compile import WIDE, processor
from simplecell.engines.lanes import Lanes
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.plan import Plan
from simplecell.engines.lanes.profile import peak_gflops, read_gigabytes, seconds_of
from simplecell.engines.lanes.program import LanesProgram
from simplecell.spec.accounting import count_layer
from simplecell.spec.network import Network

CACHES = {"first": 2**14, "second": 2**19, "third": 2**23}
"""Bytes that fit the cache of each level, of the processors of our day."""
KINDS = {
    "conv": ("up", "spread", "down", "pad"),
    "gradient": ("gradient",),
    "channels": ("enter", "leave", "return", "pad", "lay out", "turn", "up", "gradient", "down"),
    "channelpool": ("up", "down"),
    "dense": ("up", "turn", "down", "gradient"),
    "pool": ("up", "down"),
    "subsample": ("up", "down"),
    "window": ("up", "down"),
    "rbf": ("up", "gradient", "down"),
    "local": ("up", "gradient", "down"),
    "stride": ("up", "gradient", "down"),
}
"""What the kinds of a kernel's instructions do, in the order of their numbers."""
MACHINE = ("load", "loss", "loss", "loss", "squash", "softmax", "curvature")
MULTIPLIERS = ("conv", "dense", "local", "rbf")
ROUNDS = 300


def rates() -> dict[str, Any]:
    """Measure what one core can do, compiled as the kernels are."""
    return {
        "processor": processor(),
        "sixteen_floats_a_register": WIDE,
        "fma_gflops": peak_gflops(),
        "read_gb_per_second": {name: read_gigabytes(size) for name, size in CACHES.items()},
    }


def profile(net: str, batch: int, learning: bool, peak: float) -> list[dict[str, Any]]:
    """Give a row for each instruction of the plan for batches of this size."""
    told = network(net)
    task = make_task(told, batch, 1)
    loss = task.loss if learning else None
    plan, w, source = LanesProgram(told, Lanes(1)).planned(
        task.parameters, task.examples, loss, batch
    )
    lanes = int(plan.tables[1][0, f.LANE_COUNT])
    images, rounds = min(batch, lanes), ROUNDS if lanes == 1 else ROUNDS // 4
    slot = np.zeros(max(len(w), plan.slot_floats) + f.LANES, np.float32)
    seconds = seconds_of(plan, w, source, images, rounds, slot)
    return [
        _row(told, plan, plan.tables[0][n], images, took, peak) for n, took in enumerate(seconds)
    ]


def _row(
    told: Network, plan: Plan, op: f.Numbers, images: int, seconds: float, peak: float
) -> dict[str, Any]:
    kernel, layer = "", told.layers[op[f.NUMBER]]
    does = "" if op[f.KERNEL] else MACHINE[op[f.KIND]]
    if op[f.KERNEL]:
        kernel = plan.kernels[op[f.KERNEL] - 1].name
        does = KINDS[kernel][op[f.KIND]] if kernel in KINDS else f"{kernel} {op[f.KIND]}"
    works = does in ("up", "gradient", "down") and bool(kernel)
    count = count_layer(layer, told.inputs[op[f.NUMBER]])
    multiplies = works and layer.type in MULTIPLIERS
    macs = images * count.multiply_accumulates if multiplies else 0
    nodes = plan.tables[1][[op[f.SOURCE], op[f.TARGET]]]
    floats = images * int(nodes[:, [f.MAPS, f.HEIGHT, f.WIDTH]].prod(1).sum())
    floats += count.weights if multiplies else 0
    named = works or (kernel in ("channels", "conv", "dense") and does not in ("enter",))
    return {
        "instruction": f"{layer.name} {does}" if named else does,
        "kernel": kernel or "machine",
        "microseconds_per_image": 1e6 * seconds / images,
        "bytes": 4 * floats,
        "multiply_adds": macs,
        "gflops": 2e-9 * macs / seconds if seconds else 0.0,
        "share_of_peak": 2e-9 * macs / seconds / peak if seconds else 0.0,
        "gb_per_second": 4e-9 * floats / seconds if seconds else 0.0,
    }
