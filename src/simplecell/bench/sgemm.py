"""The machine's own rate: a float32 matrix product by NumPy's BLAS, in a process of its own.

Variables that name an older processor to OpenBLAS make it slow; the rate is measured without
them, and once more as the environment is. Run as `python -m simplecell.bench.sgemm THREADS`.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from statistics import median

import numpy as np

SIZES = (512, 1024, 2048)
REPEATS = 9
VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


@dataclass(frozen=True)
class Rate:
    """GFLOP/s of the best size's median, and the kernels that NumPy's BLAS took."""

    gflops: float
    kernel: str


def rate(threads: int, as_it_is: bool = False) -> Rate:
    """Measure in a fresh process, without the variables unless `as_it_is`."""
    environment = dict(os.environ)
    if not as_it_is:
        for name in VARIABLES:
            environment.pop(name, None)
    command = [sys.executable, "-m", __name__, str(threads)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return Rate(**json.loads(done.stdout))


def measured(threads: int) -> Rate:
    """Measure in this process."""
    pools = import_module("threadpoolctl")
    with pools.threadpool_limits(threads, "blas"):
        best = max(_gflops(size) for size in SIZES)
        kernels = {info.get("architecture", "?") for info in pools.threadpool_info()}
    return Rate(best, ", ".join(sorted(kernels)))


def _gflops(size: int) -> float:
    left, right = np.random.default_rng(0).random((2, size, size), np.float32)
    product = left @ right
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        np.matmul(left, right, out=product)
        times.append(time.perf_counter() - begun)
    return 2e-9 * size**3 / median(times)


if __name__ == "__main__":
    found = measured(int(sys.argv[1]))
    sys.stdout.write(json.dumps({"gflops": found.gflops, "kernel": found.kernel}))
