"""The one door to Numba: how kernels are compiled, and where they are kept.

Kernels are ordinary Python functions. A `root`, which Python calls, and an `Entry`, which the
machine calls, are compiled the first time that they are needed on this machine, with all that they
call, and kept in the user's cache folder under a key made of every source file of lanes, whose
kernels call each other across files: code that calls a kernel that was changed never comes from
the cache. A file of kernels elsewhere calls none but its own: Numba itself sees when it changes.
What only other kernels call is `jit`: it has no way in from Python and no file of its own, and so
compiles faster.
A folder that cannot be written to is passed over for one among the temporary files, and, failing
that, kernels are compiled anew in each process: slower to start, and the same in all else.

No fast-math: a sum is taken in the order it is written, so the same seed gives the same bits.
"""

import gc
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, cast

import llvmlite.binding as llvm
import numba
from numba.core import caching
from numba.core.codegen import JITCodeLibrary, get_host_cpu_features
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock
from numba.np import numpy_support

Function = TypeVar("Function", bound=Callable[..., object])
T = TypeVar("T")

_SUM = """define <16 x float> @sum(<16 x float> %a, <16 x float> %b) {
  %c = fadd <16 x float> %a, %b
  ret <16 x float> %c
}
"""


def _target() -> tuple[str, str]:
    """Name the processor that Numba compiles for, and its features: the host, unless told."""
    told: Any = numba.config
    name = told.CPU_NAME or llvm.get_host_cpu_name()
    features = cast(Callable[[], str], get_host_cpu_features)
    return name, features() if told.CPU_FEATURES is None else told.CPU_FEATURES


def processor() -> str:
    """Name the processor that kernels are compiled for, as LLVM calls it."""
    return _target()[0]


def _is_wide() -> bool:
    """Say whether sixteen floats are one register of that processor.

    Where Numba was told what to compile for, name and features may contradict each other: then a
    sum of sixteen floats is compiled, and its code says it.
    """
    told: Any = numba.config
    if told.CPU_NAME is None and told.CPU_FEATURES is None and told.ENABLE_AVX:
        return bool(llvm.get_host_cpu_features().get("avx512f", False))
    name, features = _target()
    # Numba does so itself, but only once it compiles.
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine: Any = llvm.Target.from_default_triple()
    machine = machine.create_target_machine(cpu=name, features=features)
    return "zmm" in machine.emit_assembly(llvm.parse_assembly(_SUM))


WIDE = _is_wide()
"""Whether a vector of sixteen floats is one register, which decides how large tiles are."""

carray: Callable[..., Any] = numpy_support.carray
"""View memory at an address as an array of a given shape."""


def _key() -> str:
    """Name what compiled code depends on: sources, Numba, Python, the processor."""
    versions = f"{numba.__version__} {sys.implementation.cache_tag}"
    digest = hashlib.sha256(f"{versions} {_target()} {WIDE}".encode())
    here = Path(__file__)
    for file in (here, *sorted(here.parent.glob("engines/lanes/*.py"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _usual_place() -> Path:
    """Find the user's cache folder; NUMBA_CACHE_DIR, if it is set, comes first."""
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "simplecell"


def _temporary_place() -> Path:
    """Find a temporary folder that nobody else can have put code in, for us to run."""
    user = os.getuid() if hasattr(os, "getuid") else None
    place = Path(tempfile.gettempdir()) / f"simplecell-cache-{user}"
    place.mkdir(mode=0o700, exist_ok=True)
    if user is not None and place.lstat().st_uid != user:
        raise PermissionError(f"{place} is another user's.")
    return place


def _cache_folder() -> Path | None:
    """Choose the first place that can be written to; none, if none can."""
    for find in (_usual_place, _temporary_place):
        # Without a home, Path.home raises RuntimeError.
        with suppress(OSError, RuntimeError):
            folder = find() / f"lanes-{_key()}"
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    return None


CACHE = _cache_folder()
_DOOR = RLock()
_COMPILER = cast(Any, global_compiler_lock)
"""Numba's own lock: one thread compiles at a time."""


def _wait_for_compiler() -> None:
    """Let no process be forked in the middle of compiling: the child would wait for ever."""
    _DOOR.acquire()
    _COMPILER.acquire()


def _let_compile() -> None:
    _COMPILER.release()
    _DOOR.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_wait_for_compiler, after_in_parent=_let_compile, after_in_child=_let_compile
    )


def compiled() -> bool:
    """Say whether this machine has compiled a step of training before, and so all it calls."""
    return CACHE is not None and any(CACHE.rglob("machine.train-*.nbc"))


def kept() -> set[str]:
    """Give the kernels whose compiled code is kept, by file and function, as in conv.conv."""
    return set() if CACHE is None else {p.name.partition("-")[0] for p in CACHE.rglob("*.nbc")}


@dataclass(frozen=True)
class Compilation:
    """How far the first start is: kernels that are ready, those that are not, seconds."""

    done: tuple[str, ...]
    left: tuple[str, ...]
    seconds: float


_STARTED: dict[str, float] = {}
"""The kernels that a first start compiles, and when it began with them."""


def begin(kernels: Sequence[str]) -> None:
    """Write down what is about to be compiled, by file and function, as in conv.conv."""
    now = time.perf_counter()
    _STARTED.update({name: now for name in kernels if name not in _STARTED})


def compilation() -> Compilation | None:
    """Say how far compiling is, by what is kept on disk; None where nothing was begun."""
    if CACHE is None or not _STARTED:
        return None
    known = kept()
    done = tuple(name for name in _STARTED if name in known)
    left = tuple(name for name in _STARTED if name not in known)
    seconds = time.perf_counter() - min(_STARTED.values())
    return Compilation(tuple(map(_short, done)), tuple(map(_short, left)), seconds)


def _short(name: str) -> str:
    """Call the kernel of a kind of layer by its file, the others by their function."""
    return name.rpartition(".")[-1]


def keep(compile_: Callable[[dict[str, Any]], T]) -> T:
    """Compile with the cache in our folder, leaving Numba's own setting as it was."""
    if CACHE is None:
        return compile_({})
    with _DOOR:
        config: Any = numba.config
        before = config.CACHE_DIR, getattr(config, "CACHE_LOCATOR_CLASSES", "")
        config.CACHE_DIR = str(CACHE)
        config.CACHE_LOCATOR_CLASSES = f"{__name__}.{Shared.__name__}"
        try:
            return compile_({"cache": True})
        finally:
            config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = before


_Locator: Any = getattr(caching, "UserProvidedCacheLocator", object)


class Shared(_Locator):  # type: ignore[misc]
    """Where compiled code is kept: by the package's own folders, wherever it is installed.

    So environments share it, held against a hash of the source file. A Numba that is too old to
    be told where, before 0.62, keeps it for each environment.
    """

    def get_source_stamp(self) -> str:
        """Give what changes when the source file does."""
        return hashlib.sha256(Path(self._py_file).read_bytes()).hexdigest()

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        """Name the folder of a source file, as engines.lanes."""
        folder = Path(py_file).resolve().parent
        package = Path(__file__).resolve().parent
        known = folder.is_relative_to(package)
        return ".".join(folder.relative_to(package).parts) if known else folder.name


_Library: Any = JITCodeLibrary
_Compiler: Any = Compiler


class _Part(_Library):  # type: ignore[misc]
    """The code of a function that only others call: typed, and neither optimised nor emitted.

    Whoever calls it takes it in and optimises all of it, so its own machine code would run never.
    """

    def finalize(self) -> None:
        """Take in the code of what this calls, and leave it at that."""
        for library in dict.fromkeys(self._linking_libraries):
            if hasattr(self, "_reload_init"):  # older Numba has nothing to do at a reload
                self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """There is no machine code to point to."""
        self._ensure_finalized()
        return 0

    @property
    def codegen(self) -> Any:
        """Be asked to write down where Python's names are: for nobody."""
        return _Nobody()


class _Nobody:
    def set_env(self, name: str, env: object) -> None:
        """Without machine code there is no place to write to."""


class _PartCompiler(_Compiler):  # type: ignore[misc]
    """Numba's usual passes, into a `_Part`."""

    def __init__(self, typing: Any, target: Any, library: Any, *others: Any) -> None:
        super().__init__(typing, target, library, *others)
        if library is None:
            self.state.library = _Part(target.codegen(), "part")


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python look for no garbage while much is compiled: a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def jit(function: Function) -> Function:
    """Compile a kernel that other kernels call: no interpreter lock, no fast-math."""
    no_way_in: dict[str, Any] = {
        "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True,
        "pipeline_class": _PartCompiler,
    }
    kernel: Function = numba.njit(nogil=True, error_model="numpy", **no_way_in)(function)
    return kernel


def root(function: Function) -> Function:
    """Compile a kernel that Python calls, and keep it on disk."""

    def compile_(options: dict[str, Any]) -> Function:
        kernel: Function = numba.njit(nogil=True, error_model="numpy", **options)(function)
        return kernel

    return keep(compile_)
