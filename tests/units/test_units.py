"""The rule of the unit: whoever carries it, the same bytes, each once."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from simplecell.errors import ModelError, SpecError, TrainingError, WorkError
from simplecell.train.atomic import temporary
from simplecell.train.model import version
from simplecell.units import Done, Plan, Store, Unit, read_shard, run_units
from simplecell.units.carry import carry
from simplecell.units.claims import Claims
from simplecell.units.cluster import Dask

from .conftest import HERE, SOURCES, Bytes, found, needs_dask, units

Finish = Callable[..., Bytes]


def test_every_carrier_leaves_the_same_bytes(finish: Finish, client: Any) -> None:
    serial = finish("serial", Plan())
    assert len(serial) == 8
    assert b"seconds" not in serial["u3.json"]
    assert finish("processes", Plan(jobs=2)) == serial
    assert finish("threads", Plan(executor=ThreadPoolExecutor(2))) == serial
    workers = list(client.scheduler_info(n_workers=-1)["workers"])
    for count in (1, 2, 4):
        executor = client.get_executor(workers=workers[:count], allow_other_workers=False)
        assert finish(f"dask{count}", Plan(executor=executor)) == serial
    for shard in ("0/3", "1/3"):
        assert len(finish("shards", Plan(shard=read_shard(shard)))) < 8
    assert finish("shards", Plan(shard=read_shard("2/3"))) == serial


def test_two_drivers_with_claims_share_the_work(finish: Finish, tmp_path: Path) -> None:
    serial = finish("serial", Plan(), units(12))
    folder = tmp_path / "two"
    folder.mkdir()
    command = [sys.executable, str(HERE / "driver.py"), str(folder), "12", "1", "0.05", "0"]
    env = {**os.environ, "PYTHONPATH": f"{SOURCES}{os.pathsep}{HERE}"}
    drivers = [subprocess.Popen(command, env=env) for _ in range(2)]
    assert [driver.wait(600) for driver in drivers] == [0, 0]
    assert found(folder) == serial
    assert sorted((folder / "log").read_text().split(), key=int) == [str(n) for n in range(12)]
    processes = {json.loads(p.read_text())["where"]["process"] for p in folder.glob("clock/*")}
    assert processes <= {driver.pid for driver in drivers}


def test_what_is_finished_is_never_run_again(finish: Finish, tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = finish("here", Plan(), units(3, log=log))
    kept: list[tuple[str, bool]] = []
    plan = Plan(keep=lambda unit, done: kept.append((unit.name, done.fresh)))
    assert finish("here", plan, units(4, log=log)).items() > first.items()
    assert log.read_text().split() == ["0", "1", "2", "3"]
    assert kept == [("u0", False), ("u1", False), ("u2", False), ("u3", True)]


def test_what_a_killed_writer_left_of_a_unit_is_removed(tmp_path: Path) -> None:
    store, unit = Store(tmp_path, "carried:square"), Unit("u", {"n": 1})
    for place in (store.clock("u"), store.file("u")):
        place.parent.mkdir(exist_ok=True)
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        left = temporary(place).name.split(".")
        left[-3] = str(gone.pid)
        place.with_name(".".join(left)).write_text("{")
    store.write(unit, Done({"square": 1}, 0.5, {}, fresh=True))
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_clock_s_figures_stand_beside_and_come_back(tmp_path: Path) -> None:
    store, unit = Store(tmp_path, "a:b"), Unit("u", {"n": 1})
    store.write(unit, Done({"error": 0.1 + 0.2, "own_seconds": 3.5}, 4.0, {"host": "h"}))
    assert store.read(unit) == Done({"error": 0.1 + 0.2, "own_seconds": 3.5}, 4.0, {"host": "h"})
    store.clock("u").write_text("{")
    assert store.read(unit) == Done({"error": 0.1 + 0.2})


def test_other_work_under_the_same_name_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path, "a:b")
    store.write(Unit("u", {"rate": 1}), Done({}))
    with pytest.raises(ModelError, match=r"rate is 1 there, and 2 was asked for"):
        store.read(Unit("u", {"rate": 2}))


@pytest.mark.parametrize("content", ["", '{"format": "simplecell.unit", "ver', "[]"])
def test_a_half_written_unit_is_named(finish: Finish, tmp_path: Path, content: str) -> None:
    finish("here", Plan(), units(2))
    (tmp_path / "here/units/u1.json").write_text(content)
    with pytest.raises(ModelError, match=r"u1\.json is damaged.*\n.*Delete it"):
        finish("here", Plan(), units(2))


def test_a_unit_of_another_version_is_measured_again(finish: Finish, tmp_path: Path) -> None:
    whole = finish("here", Plan(), units(1))
    path = tmp_path / "here/units/u0.json"
    path.write_text(path.read_text().replace(version(), "0.0.1"))
    assert finish("here", Plan(), units(1)) == whole


class Older(Executor):
    """Workers that have another simplecell."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        told = {**json.loads(args[0]), "version": "9.9.9"}
        done: Future[Any] = Future()
        done.set_result(fn(json.dumps(told)))
        return done


def test_a_worker_of_another_version_is_refused_by_name(finish: Finish) -> None:
    with pytest.raises(WorkError, match=rf"process {os.getpid()} on .* has simplecell"):
        finish("here", Plan(executor=Older()))


def test_what_a_unit_raised_comes_as_it_was(finish: Finish) -> None:
    for plan in (Plan(), Plan(jobs=2)):
        with pytest.raises(TrainingError, match=r"^it diverged\.\n  Take a lower rate\.$"):
            finish("here", plan, units(3, fail=1))


def test_threads_are_set_within_the_unit(tmp_path: Path) -> None:
    told = {"work": "carried:limit", "told": {}, "sent": {}, "threads": 1, "version": version()}
    assert json.loads(carry(json.dumps(told)))["result"] == {"threads": 1, "blas": 1}


def test_what_goes_on_within_a_unit_is_told(finish: Finish) -> None:
    for plan in (Plan(), Plan(jobs=2)):
        told: list[str] = []
        plan.tell = told.append
        finish(f"jobs{plan.jobs}", plan, units(2))
        assert sorted(told) == ["at 0", "at 1"]


@pytest.mark.parametrize("told", ["3", "3/3", "a/b", "-1/3", "1/0", 3])
def test_what_is_no_shard_is_refused(told: Any) -> None:
    with pytest.raises(SpecError, match="counted from 0"):
        read_shard(told)


def test_a_claim_is_one_s_own(tmp_path: Path) -> None:
    many = [Claims(tmp_path) for _ in range(8)]
    got: list[bool] = []
    start = threading.Barrier(8)

    def take(claims: Claims) -> None:
        start.wait()
        got.append(claims.take("u"))

    threads = [threading.Thread(target=take, args=(claims,)) for claims in many]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def leave_claim(folder: Path, age: float, host: str = "elsewhere", process: int = 1) -> Path:
    path = folder / "claims" / "u1"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"host": host, "process": process, "mark": "m"}))
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_a_claim_of_a_dead_host_is_taken_over_and_said(finish: Finish, tmp_path: Path) -> None:
    leave_claim(tmp_path / "here", age=1000)
    said: list[str] = []
    assert len(finish("here", Plan(say=said.append))) == 8
    assert any("u1: its claim is taken over, as process 1 on elsewhere gave no" in s for s in said)


def test_a_void_claim_is_not_taken_from_who_has_just_taken_it_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_claim(tmp_path, age=1000)
    first, second = Claims(tmp_path), Claims(tmp_path)
    look, looked = second._void, list[str | None]()

    def late(path: Path) -> str | None:
        why = look(path)
        if not looked:
            looked.append(why)
            assert first.take("u1")
        return why

    monkeypatch.setattr(second, "_void", late)
    assert not second.take("u1")
    assert looked[0]
    assert looked[0].startswith("process 1 on elsewhere gave no sign")
    first.close()
    second.close()
    assert not (tmp_path / "claims").exists()


def test_a_claim_that_may_hold_is_waited_for(finish: Finish, tmp_path: Path) -> None:
    path, said = leave_claim(tmp_path / "here", age=-3600), list[str]()

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 1:
            os.utime(path, (time.time() - 1000,) * 2)

    assert len(finish("here", Plan(say=say, stale=0.4))) == 8
    assert "others have them: u1 is with process 1 on elsewhere; waiting" in said[0]
    assert "taken over" in said[1]


def test_a_claim_of_a_process_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    leave_claim(tmp_path, age=0, host=Claims(tmp_path).me["host"], process=gone.pid)
    assert Claims(tmp_path).take("u1")


def test_what_is_no_executor_is_refused(finish: Finish) -> None:
    with pytest.raises(WorkError, match=r"executor is int; give a concurrent.futures.Executor"):
        finish("here", Plan(executor=3))  # type: ignore[arg-type]
    with pytest.raises(WorkError, match="on is 'dusk'; write dask"):
        finish("here", Plan(on="dusk"))
    with pytest.raises(SpecError, match="jobs is 0"):
        run_units([], Store(Path(), "a:b"), Plan(jobs=0))


def test_dasks_workers_print_no_log() -> None:
    """A worker that asks a cluster which is about to end would print a traceback."""
    needs_dask()
    with Dask("dask", 1) as executor:
        told = executor.client.run(import_module("carried").levels)
    assert list(told.values()) == [[logging.CRITICAL]]
