"""The one door to Numba: how lanes compiles its kernels, and where it keeps them.

Kernels are ordinary typed Python functions. `jit` compiles a function the first time it is
called on this machine and keeps the machine code in the user's cache folder, under a key made of
every source file of this room: a kernel that calls a changed kernel is never taken from the cache.

No fast-math: a sum is taken in the order it is written, so the same seed gives the same bits.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import llvmlite.binding as llvm
import numba

P = ParamSpec("P")
R = TypeVar("R")

WIDE = bool(llvm.get_host_cpu_features().get("avx512f", False))
"""Whether a vector of sixteen floats is one register. It changes tile sizes, never a bit."""


def cache_folder() -> Path:
    """Name the folder that compiled kernels are kept in, one per version of the sources."""
    root = os.environ.get("SIMPLECELL_CACHE") or os.environ.get("NUMBA_CACHE_DIR")
    if root:
        base = Path(root)
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "simplecell"
    return base / f"lanes-{_sources_key()}"


def _sources_key() -> str:
    digest = hashlib.sha256(f"{numba.__version__} {llvm.get_host_cpu_name()} {WIDE}".encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel: no interpreter lock, no fast-math, kept on disk."""
    compiled: Callable[P, R] = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return compiled
