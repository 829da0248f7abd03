"""`simplecell --version`: which it is, on what machine, with which engines; for bug reports."""

from importlib.util import find_spec

NEEDS = {"lanes": "numba", "reference": "numpy", "torch": "torch"}
"""The package by which each engine stands; looked for and not loaded, which takes seconds."""


def lines() -> list[str]:
    """Say in four lines what a bug report needs.

    >>> lines()[0].split()[0]
    'simplecell'
    """
    from simplecell import __version__
    from simplecell.bench.machine import describe

    told = describe(threads=1)
    cores = f"{told['cores']} core{'s' * (told['cores'] != 1)}"
    return [
        f"simplecell {__version__}",
        f"python {told['python']}, {told['system']}",
        f"{told['cpu']}, {cores}",
        f"engines: {', '.join(_engine(name) for name in NEEDS)}",
    ]


def _engine(name: str) -> str:
    from simplecell.bench.machine import package_version

    package = NEEDS[name]
    if find_spec(package) is None:
        return f"{name} (not there: {package} is not installed)"
    return f"{name} ({package} {package_version(package)})"
