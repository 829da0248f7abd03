"""Workers, schedulers and drivers are killed, disks are full: nothing lost, nothing double."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from simplecell.errors import WorkError
from simplecell.units import Plan, Unit, cluster

from .conftest import HERE, SOURCES, Bytes, found, needs_dask, units

Finish = Callable[..., Bytes]
ENV = {**os.environ, "PYTHONPATH": f"{SOURCES}{os.pathsep}{HERE}"}


def pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


CARRIERS = {
    "processes": Plan(jobs=2),
    "pool": Plan(executor=pool),
    "dask": Plan(on="dask", jobs=2),
}


def carried_by(name: str) -> tuple[Plan, list[str]]:
    """A plan of its own, and what it says."""
    if name == "dask":
        needs_dask()
    told, said = CARRIERS[name], list[str]()
    return Plan(executor=told.executor, jobs=told.jobs, on=told.on, say=said.append), said


@pytest.mark.parametrize("name", CARRIERS)
def test_faulty_units_cost_no_other(finish: Finish, tmp_path: Path, name: str) -> None:
    """A worker is killed by SIGKILL within unit 2, and by unit 5 each time that it is tried."""
    whole, log = finish("whole", Plan()), tmp_path / "log"
    plan, said = carried_by(name)
    with pytest.raises(WorkError, match=r"^1 unit cannot be finished.*: u5 \(") as problem:
        finish("here", plan, units(log=log, once=2, mark=tmp_path / "mark", poison=5))
    assert "All others are finished and kept" in str(problem.value)
    del whole["u5.json"]
    assert found(tmp_path / "here") == whole
    runs = log.read_text().split()
    assert runs.count("2") == 2
    # A pool that loses a worker ends the others as well: unit 5 may have been waiting in it.
    assert runs.count("5") == 2 or (name == "pool" and runs.count("5") == 1)
    assert any(line.startswith("u2: its worker died") for line in said)


def test_an_executor_that_cannot_be_replaced_is_named(finish: Finish) -> None:
    with pool() as executor, pytest.raises(WorkError, match="the executor takes no more work"):
        finish("here", Plan(executor=executor), units(poison=0))


def wait_for(what: Callable[[], Any], seconds: float = 120) -> Any:
    until = time.monotonic() + seconds
    while not (got := what()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return got


def test_a_driver_that_is_killed_goes_on(finish: Finish, tmp_path: Path) -> None:
    serial, folder = finish("serial", Plan()), tmp_path / "here"
    folder.mkdir()
    command = [sys.executable, str(HERE / "driver.py"), str(folder), "8", "2"]
    driver = subprocess.Popen([*command, "0.3", "0"], env=ENV)
    wait_for(lambda: (folder / "units/u1.json").exists())
    driver.kill()
    driver.wait()
    done = set(found(folder))
    assert len(done) < 8
    # Its workers end with it, in the middle of a unit too.
    wait_for(lambda: "simplecell.units.worker" not in children(driver.pid), 10)
    again = subprocess.run([*command, "0", "0"], env=ENV, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert f"process {driver.pid} on {socket.gethostname()} is gone" in again.stderr
    assert found(folder) == serial
    runs = (folder / "log").read_text().split()
    assert all(runs.count(name[1:-5]) == 1 for name in done)


def children(parent: int) -> str:
    told = subprocess.run(
        ["ps", "-eo", "pgid,ppid,args"], capture_output=True, text=True, check=False
    )
    group = os.getpgid(0)
    lines = [line.split(None, 2) for line in told.stdout.splitlines()[1:]]
    return "\n".join(a for g, p, a in lines if int(g) == group and int(p) in (1, parent))


def test_a_full_disk_is_said_and_what_is_written_is_whole(finish: Finish, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    command = [sys.executable, str(HERE / "driver.py"), str(folder), "2", "1", "0"]
    full = subprocess.run([*command, "4096"], env=ENV, capture_output=True, text=True)
    assert full.returncode == 2
    assert "u0.json could not be written: no space is left" in full.stderr
    assert found(folder) == {}
    assert not list(folder.rglob("*.tmp"))


def test_an_answer_that_is_lost_on_its_way_is_asked_for_again(
    finish: Finish, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask's own Executor never ends such a future: the run stood still, without a word."""
    fetch, lost, said = client._gather_remote, list[bool](), list[str]()

    async def fail(*told: Any) -> Any:
        if lost:
            return await fetch(*told)
        lost.append(True)
        client._gather_keys = client._gather_future = None
        raise OSError("the stream is closed")

    monkeypatch.setattr(client, "_gather_remote", fail)
    plan = Plan(executor=client.get_executor(), say=said.append)
    assert finish("here", plan) == finish("whole", Plan())
    assert said == ["the scheduler was lost (the stream is closed); units under way are asked for"
                    " again"]  # fmt: skip


class Client:
    """A client whose scheduler says what it is told to say, or nothing."""

    class _Loop:
        def add_callback(self, *told: Any) -> None:
            pass

    loop, status = _Loop(), "running"

    def __init__(self, states: list[str | None] | None, threads: int) -> None:
        self.states, self.threads = states, threads
        self.scheduler = self

    def submit(self, *told: Any, **more: Any) -> Any:
        return type("Task", (), {"key": "k"})()

    def get_task_status(self) -> Any:
        return {"k": self.states.pop(0)} if self.states is not None else 1 / 0

    def ncores(self) -> Any:
        return {"w": self.threads}

    def sync(self, asked: Callable[[], Any], **told: Any) -> Any:
        return asked()


@pytest.mark.parametrize(
    ("states", "threads", "words"),
    [
        (["processing", None, None], 1, "had lost a unit"),
        (["processing", "memory", "memory"], 1, "had lost a unit"),
        (None, 1, "it gave no answer"),
        (["queued", "no-worker", "no-worker"], 0, "no worker for 0 s.*\n.*dask worker tcp:"),
    ],
)
def test_what_may_never_answer_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, states: Any, threads: int, words: str
) -> None:
    for name in ("ASK", "RECONNECT", "SILENT"):
        monkeypatch.setattr(cluster, name, 0.0)
    asked, said = cluster.Asked(Client(states, threads), "it"), list[str]()
    future = asked.submit(print)
    with pytest.raises((CancelledError, WorkError), match=words):
        for _ in range(3):
            time.sleep(0.001)
            asked.watch(said.append)
        future.result(0)
    assert len(said) == (threads == 0)


def test_a_scheduler_that_starts_again_loses_nothing(finish: Finish, tmp_path: Path) -> None:
    needs_dask()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"

    def start() -> list[subprocess.Popen[bytes]]:
        dask = [sys.executable, "-m", "distributed.cli."]
        quiet: dict[str, Any] = {"env": ENV, "stdout": -3, "stderr": -3, "cwd": tmp_path}
        scheduler = [*dask[:2], f"{dask[2]}dask_scheduler", "--host", "127.0.0.1"]
        scheduler += ["--port", str(port), "--no-dashboard"]
        worker = [*dask[:2], f"{dask[2]}dask_worker", address, "--nthreads", "1", "--no-nanny"]
        return [subprocess.Popen(scheduler, **quiet), subprocess.Popen(worker, **quiet)]

    running, said, killed = start(), list[str](), list[bool]()

    def begin(unit: Unit) -> None:
        if unit.name == "u5" and not killed:
            killed.append(True)
            for process in running:
                process.send_signal(signal.SIGKILL)
                process.wait()
            running[:] = start()

    try:
        whole, log = finish("whole", Plan()), tmp_path / "log"
        plan = Plan(on=address, say=said.append, begin=begin)
        assert finish("here", plan, units(log=log, sleep=0.1)) == whole
        assert any("the scheduler was lost" in line for line in said)
    finally:
        for process in running:
            process.kill()
            process.wait()
