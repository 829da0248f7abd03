"""The one door to Numba: how lanes compiles its kernels, and where it keeps them.

Kernels are ordinary Python functions. `jit` compiles one the first time it is called on this
machine and keeps the machine code in the user's cache folder, under a key made of every source
file of this room: a kernel that calls a kernel that was changed never comes from the cache.

A kernel that the machine calls is an `Entry`: compiled by itself to a plain C function and called
by its address, so that kernels are not compiled again into everything that calls them.

No fast-math: a sum is taken in the order it is written, so the same seed gives the same bits.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding as llvm
import numba
from numba import types

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")

WIDE = bool(llvm.get_host_cpu_features().get("avx512f", False))
"""Whether a vector of sixteen floats is one register. It changes tile sizes, never a bit."""


def _sources_key() -> str:
    digest = hashlib.sha256(f"{numba.__version__} {llvm.get_host_cpu_name()} {WIDE}".encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path | None:
    """Choose the first of the usual places that can be written to; none, if none can."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "simplecell"
    places = [Path(named)] if named else [home, Path(tempfile.gettempdir()) / "simplecell-cache"]
    for place in places:
        folder = place / f"lanes-{_sources_key()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


CACHE = _cache_folder()


def compiled() -> bool:
    """Say whether this machine has compiled these kernels before."""
    return CACHE is not None and any(CACHE.rglob("machine.train-*.nbc"))


def _kept(compile_: Callable[[dict[str, bool]], T]) -> T:
    """Compile with the cache in our folder, leaving Numba's own setting as it was."""
    if CACHE is None:
        return compile_({})
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(CACHE)
    try:
        return compile_({"cache": True})
    finally:
        numba.config.CACHE_DIR = before


def jit(function: F) -> F:
    """Compile a kernel: no interpreter lock, no fast-math, kept on disk."""
    return _kept(lambda keep: numba.njit(nogil=True, error_model="numpy", **keep)(function))


FLOATS = types.CPointer(types.float32)
NUMBERS = types.CPointer(types.int64)
SIGNATURE = types.void(
    FLOATS, FLOATS, FLOATS, NUMBERS, NUMBERS, types.CPointer(types.int32), NUMBERS, NUMBERS
)
"""memory, w, own gradients, the instruction, nodes in place, taps, ranges, readers."""


class Entry:
    """A kernel that the machine calls by its address; compiled when that is first asked for."""

    def __init__(self, function: Callable[..., None]) -> None:
        self._function = function

    @cached_property
    def address(self) -> int:
        """Where the compiled function starts."""
        return int(_kept(self._compile).address)

    def _compile(self, keep: dict[str, bool]) -> Any:
        return numba.cfunc(SIGNATURE, error_model="numpy", **keep)(self._function)
