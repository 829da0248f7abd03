"""Engines by name; and, where one cannot be had, why, and how to get it.

>>> engine("reference").name
'reference'
"""

from importlib import import_module

from simplecell.engines.protocol import Engine
from simplecell.engines.reference import Reference
from simplecell.engines.requests import read_threads
from simplecell.errors import EngineError, UnknownName
from simplecell.spec.validation import shown

ENGINES = ("lanes", "reference", "torch")
NAMES = ("auto", *ENGINES)

_OPTIONAL = {
    "lanes": ("simplecell.engines.lanes", "Lanes", "numba"),
    "torch": ("simplecell.engines.pytorch", "Torch", "simplecell[torch]"),
}
"""Where an engine that needs a package of its own is, and what to install for it."""


def engine(name: str = "auto", threads: int | None = None, device: str | None = None) -> Engine:
    """Give an engine by its name; `auto` is lanes.

    >>> import simplecell as sc
    >>> program = sc.engine("reference").program(sc.find("lenet5"))
    >>> program.network.name
    'lenet5'

    `threads` None takes all the processors there are. It changes the time, never a result.
    `device` is where torch computes: cpu unless said otherwise, cuda, mps, or auto for the best
    that there is.

    Raises
        UnknownName   no such engine
        EngineError   its package is not installed; a number of threads that cannot be; a device
                      that is not there, or of another engine than torch
    """
    if not isinstance(name, str):
        raise EngineError(f"engine is {shown(name)}; give the name of one, as 'lanes'.")
    if name not in NAMES:
        raise UnknownName("engine", name, NAMES)
    if threads is not None:
        threads = read_threads(threads)
    if device is not None and name != "torch":
        raise EngineError(
            f"device is {shown(device)}, and the engine {name} computes on processors alone.\n"
            "  Ask for the engine torch, or leave device away."
        )
    if name == "reference":
        return Reference()
    name = "lanes" if name == "auto" else name
    module, maker, package = _OPTIONAL[name]
    told = {} if device is None else {"device": device}
    try:
        found: Engine = getattr(import_module(module), maker)(threads=threads, **told)
    except ImportError as problem:
        raise EngineError(
            f"the engine {name} cannot be used: {problem}.\n"
            f"  Install what it needs: pip install '{package}'; or ask for the engine reference."
        ) from None
    return found


def must_compile(chosen: Engine) -> bool:
    """Say whether an engine's first step here waits until its kernels are compiled."""
    if chosen.name != "lanes":
        return False
    from simplecell.compile import compiled

    return not compiled()


def available(threads: int | None = None) -> list[Engine]:
    """Give every engine that can be had on this machine."""
    found = []
    for name in ENGINES:
        try:
            found.append(engine(name, threads))
        except EngineError:
            continue
    return found
