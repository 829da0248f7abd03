import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from simplecell import workers
from simplecell.workers import Workers, processors

SOURCES = str(Path(workers.__file__).parents[1])


def run(code: str, seconds: float = 60) -> str:
    """Run code in a process of its own, which may fork, and give what it wrote."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_each_thread_is_told_its_number_and_how_many_there_are() -> None:
    told: list[tuple[int, int]] = []
    Workers("w").together(lambda n, of: told.append((n, of)), 4)
    assert sorted(told) == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_threads_are_there_at_once() -> None:
    meeting = threading.Barrier(3, timeout=120)
    Workers("w").together(lambda n, of: meeting.wait(), 3)


def test_apart_the_caller_does_none_of_the_work() -> None:
    did: set[int] = set()
    crew = Workers("w")
    crew.together(lambda n, of: did.add(threading.get_ident()), 2, apart=True)
    assert threading.get_ident() not in did


def test_what_one_raises_stops_the_others_and_comes_to_the_caller() -> None:
    stopped = threading.Event()

    def work(n: int, of: int) -> None:
        if n == 1:
            raise ValueError("one")
        assert stopped.wait(120)

    with pytest.raises(ValueError, match="one"):
        Workers("w").together(work, 3, stopped.set)


def test_what_the_caller_raises_stops_the_others() -> None:
    stopped, ended = threading.Event(), threading.Event()

    def work(n: int, of: int) -> None:
        if n == 0:
            raise KeyboardInterrupt
        assert stopped.wait(120)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        Workers("w").together(work, 2, stopped.set)
    assert ended.wait(120)


def test_threads_that_do_not_stop_are_left_and_others_take_their_places() -> None:
    crew, go = Workers("w"), threading.Event()

    def deaf(n: int, of: int) -> None:
        if n == 0:
            raise KeyboardInterrupt
        assert go.wait(600)

    with pytest.raises(KeyboardInterrupt):
        crew.together(deaf, 2)
    assert not go.is_set()
    meeting = threading.Barrier(2, timeout=120)
    crew.together(lambda n, of: meeting.wait(), 2)
    go.set()


def test_each_gives_what_was_made_in_order() -> None:
    assert Workers("w").each(lambda n: n * n, range(50), 4) == [n * n for n in range(50)]
    assert Workers("w").each(lambda n: n, [], 4) == []


def test_each_raises_what_it_met_and_does_not_go_on() -> None:
    done: list[int] = []

    def do(n: int) -> None:
        if n == 3:
            raise ValueError("three")
        done.append(n)
        time.sleep(0.001)

    with pytest.raises(ValueError, match="three"):
        Workers("w").each(do, range(10_000), 2)
    assert len(done) < 10_000


def test_threads_end_with_their_workers() -> None:
    crew = Workers("gone")
    crew.together(lambda n, of: None, 4)
    mine = [thread for thread in threading.enumerate() if thread.name.startswith("gone-")]
    assert len(mine) == 3
    del crew
    gc.collect()
    for thread in mine:
        thread.join(20)
    assert not any(thread.is_alive() for thread in mine)


@pytest.mark.parametrize("given", [0, 2])
def test_where_the_system_refuses_threads_work_goes_on_with_fewer(
    monkeypatch: pytest.MonkeyPatch, given: int
) -> None:
    start, started = threading.Thread.start, []

    def refuse(thread: threading.Thread) -> None:
        if len(started) == given:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    told: list[tuple[int, int]] = []
    crew = Workers("w")
    crew.together(lambda n, of: told.append((n, of)), 16)
    assert sorted(told) == [(n, given + 1) for n in range(given + 1)]
    crew.together(lambda n, of: told.append((n, of)), 1, apart=True)
    assert told[-1] == (0, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_starts_threads_of_its_own() -> None:
    code = """
import os, threading
from simplecell.workers import Workers
w = Workers("w")
def meet():
    meeting = threading.Barrier(3, timeout=120)
    w.together(lambda n, of: meeting.wait(), 3)
meet()
w.alone.acquire()  # somebody has it while the process is forked
child = os.fork()
if child == 0:
    with w.alone:
        meet()
    os._exit(7)
meet()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(code) == "7"


def test_a_control_group_that_allows_less_time_counts_as_fewer_processors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {"/sys/fs/cgroup/cpu.max": ["150000", "100000"]}
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)), raising=False)

    def read(path: str) -> list[str]:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    monkeypatch.setattr(workers, "_words", read)
    assert processors() == 2
    files["/sys/fs/cgroup/cpu.max"] = ["max", "100000"]
    assert processors() == 64
    files.clear()
    files["/sys/fs/cgroup/cpu/cpu.cfs_quota_us"] = ["400000"]
    files["/sys/fs/cgroup/cpu/cpu.cfs_period_us"] = ["100000"]
    assert processors() == 4
    files["/sys/fs/cgroup/cpu/cpu.cfs_quota_us"] = ["-1"]
    assert processors() == 64
