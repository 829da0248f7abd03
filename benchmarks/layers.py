"""Every kind of layer, trained at batch 64 by lanes and by PyTorch eager: no cliff anywhere.

python benchmarks/layers.py          needs PyTorch; about a minute
"""

import time
from statistics import median

import numpy as np

from simplecell.engines.lanes import Lanes
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, Program, State, Update
from simplecell.engines.pytorch import Torch
from simplecell.spec.layers import Conv, Dense, Layer, Local, Pool, Subsample
from simplecell.spec.network import Network

BATCH, STEPS, REPEATS, THREADS = 64, 20, 5, 2
OUT = Dense("F", 10, "softmax")
BELOW = Conv("C0", 8, (5, 5), squash="tanh")
LAYERS: dict[str, tuple[Layer, ...]] = {
    "conv 3x3, stride 2": (BELOW, Conv("X", 16, (3, 3), (2, 2), squash="tanh")),
    "conv 5x5, stride 2": (BELOW, Conv("X", 16, (5, 5), (2, 2), squash="relu")),
    "conv 5x5, stride 3, on pixels": (Conv("X", 16, (5, 5), (3, 3), squash="relu"),),
    "conv 1x1": (BELOW, Conv("X", 16, (1, 1), squash="tanh")),
    "conv 3x3": (BELOW, Conv("X", 16, (3, 3), squash="tanh")),
    "conv 4x6": (BELOW, Conv("X", 16, (4, 6), squash="sigmoid")),
    "conv 7x7": (BELOW, Conv("X", 16, (7, 7), squash="tanh")),
    "conv 9x3": (BELOW, Conv("X", 16, (9, 3), squash="tanh")),
    "conv 3x3, 32 to 64 maps": (
        Conv("C0", 32, (3, 3), squash="relu"),
        Pool("P1"),
        Conv("X", 64, (3, 3), squash="relu"),
        Pool("P2", "max", (11, 11)),
    ),
    "local 5x5": (Local("X", 6, (5, 5), squash="tanh"),),
    "local 3x3 on 8 maps": (BELOW, Pool("P", "mean"), Local("X", 8, (3, 3), squash="tanh")),
    "subsample 2x2": (BELOW, Subsample("X", (2, 2))),
    "subsample 4x4": (BELOW, Subsample("X", (4, 4))),
    "pool, mean 2x2": (BELOW, Pool("X", "mean", (2, 2))),
    "pool, max 4x4": (BELOW, Pool("X", "max", (4, 4))),
    "dense 300": (Dense("X", 300, "relu"),),
    "dense 1000, 1000": (Dense("X", 1000, "relu"), Dense("Y", 1000, "relu")),
}


def microseconds(program: Program, examples: Examples) -> float:
    """Time training steps: microseconds an image, the median of a few runs."""
    state = State(initial_parameters(program.network, 0))
    rows = np.arange(BATCH * STEPS)
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        told = (rows, BATCH, [1e-4] * STEPS, Update(), "cross_entropy")
        program.train(state, examples, *told)
        times.append(time.perf_counter() - started)
    return 1e6 * median(times[1:]) / len(rows)


def main() -> None:
    """Print a line for each kind of layer; losses must agree before anything is timed."""
    rng = np.random.default_rng(0)
    count = BATCH * STEPS
    pixels = rng.integers(0, 256, (count, 1, 28, 28)).astype(np.uint8)
    examples = Examples(pixels, rng.integers(0, 10, count), 1 / 255, -0.1)
    few = Examples(pixels[:BATCH], examples.labels[:BATCH], 1 / 255, -0.1)
    lanes, torch = Lanes(THREADS), Torch(THREADS)
    for name, layers in LAYERS.items():
        network = Network("layers", (1, 28, 28), (*layers, OUT))
        ours, theirs = lanes.program(network), torch.program(network)
        weights = initial_parameters(network, 0)
        losses = [p.gradients(weights, few, "cross_entropy")[0] for p in (ours, theirs)]
        assert abs(losses[0] - losses[1]) < 1e-4, (name, losses)
        a, b = microseconds(ours, examples), microseconds(theirs, examples)
        print(f"{name:32}lanes {a:6.1f}   torch {b:6.1f} us an image   {b / a:4.1f} x", flush=True)


if __name__ == "__main__":
    main()
