"""Folders of units, and one cluster of this machine's for the session."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simplecell.units import Plan, Store, Unit, run_units
from simplecell.units.cluster import QUIET

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "src"


@pytest.fixture(autouse=True, scope="session")
def _path() -> None:
    """Let workers find the functions of `carried`: they get this process's path."""
    sys.path.insert(0, str(HERE))


def needs_dask() -> Any:
    """Give Dask's scheduler, where it is installed."""
    return pytest.importorskip("distributed", reason="needs simplecell[dask]")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    distributed = needs_dask()
    with distributed.LocalCluster(
        n_workers=4, threads_per_worker=1, memory_limit=0, **QUIET
    ) as found:
        yield found


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    import distributed

    with distributed.Client(cluster, set_as_default=False) as found:
        found.wait_for_workers(4)
        yield found


Bytes = dict[str, bytes]


def units(count: int = 8, size: int = 0, **sent: Any) -> list[Unit]:
    sent = {key: str(value) if isinstance(value, Path) else value for key, value in sent.items()}
    return [Unit(f"u{n}", {"n": n, "size": size}, sent) for n in range(count)]


def found(folder: Path) -> Bytes:
    """The bytes of every unit that is there."""
    return {path.name: path.read_bytes() for path in sorted((folder / "units").glob("*"))}


@pytest.fixture
def finish(tmp_path: Path) -> Callable[..., Bytes]:
    """Have eight units finished in a folder of their own, and give their bytes."""

    def run(name: str, plan: Plan, asked: list[Unit] | None = None) -> Bytes:
        folder = tmp_path / name
        run_units(units() if asked is None else asked, Store(folder, "carried:square"), plan)
        assert not list(folder.glob("claims/*")), "a claim was left"
        return found(folder)

    return run
