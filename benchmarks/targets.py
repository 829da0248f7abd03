"""Which figures differ between processors: the compiled engine, for the host, AVX2 and a baseline.

    python benchmarks/targets.py

LeNet-5 takes 16 steps with batch 64 and 3 epochs of the bundled digits, on 1 and on 2 threads,
in a process for each target. Prints whether threads agree bit for bit, in how many numbers the
targets' weights differ and by how much of the largest, and the loss and the errors that a reader
sees.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

TARGETS: dict[str, dict[str, str]] = {
    "host": {},
    "haswell": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""},
    "generic": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
}
"""As noxfile.py has them."""
STEPS, BATCH, EPOCHS = 16, 64, 3


def carry_out(out: Path) -> None:
    """Train for what Numba is told to compile for, and write what comes of it."""
    import simplecell as sc
    from simplecell.compile import WIDE, processor
    from simplecell.engines.lanes import Lanes
    from simplecell.engines.parameters import initial_parameters
    from simplecell.engines.protocol import Examples, State, Update

    network = sc.find("lenet5")
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (STEPS * BATCH, 1, 32, 32), dtype=np.uint8)
    data = Examples(pixels, rng.integers(0, 10, len(pixels)), 1 / 128, -0.9)
    ends = []
    for threads in (1, 2):
        state = State(dict(initial_parameters(network, 0)))
        program = Lanes(threads).program(network)
        rates = [0.01] * STEPS
        program.train(state, data, np.arange(len(pixels)), BATCH, rates, Update(), "mean_square")
        ends.append(np.concatenate([w.ravel() for w in state.parameters.values()]))
    seen = []
    for threads in (1, 2):
        run = sc.fit(network, "digits", epochs=EPOCHS, seed=0, threads=threads, progress=False)
        found = sc.evaluate(run, "digits", threads=threads)
        seen.append([repr(run.history[-1].train_loss), repr(found.loss), found.errors])
    told = {
        "processor": processor(), "wide": WIDE, "seen": seen[0], "threads_see": seen[0] == seen[1],
        "threads": bool((ends[0].view(np.uint32) == ends[1].view(np.uint32)).all()),
    }  # fmt: skip
    np.save(out.with_suffix(".npy"), ends[0])
    out.write_text(json.dumps(told))


def main() -> None:
    """Run every target, and compare them."""
    weights: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, told in TARGETS.items():
            out = Path(folder, name)
            command = [sys.executable, __file__, str(out)]
            subprocess.run(command, check=True, env={**os.environ, **told})
            weights[name] = np.load(out.with_suffix(".npy"))
            print(name, out.read_text())
    for one, other in itertools.combinations(weights, 2):
        a, b = weights[one], weights[other]
        differ = int((a.view(np.uint32) != b.view(np.uint32)).sum())
        by = float(np.abs(a.astype(float) - b).max() / np.abs(a).max())
        print(f"{one}, {other}: {differ:,} of {a.size:,} numbers differ, by at most {by:.1e}")


if __name__ == "__main__":
    carry_out(Path(sys.argv[1])) if sys.argv[1:] else main()
