"""Starts, growth, the machine's rate, the target: each figure means what its name says."""

import os
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from simplecell.bench import growth, sgemm, start, target
from simplecell.bench.drawing import draw
from simplecell.bench.growth import Point, exponent, widened
from simplecell.bench.machine import Bystanders, confined, describe
from simplecell.bench.networks import NETS, inference_flops, network, training_flops
from simplecell.bench.task import make_task
from simplecell.data.sources import Dataset, load
from simplecell.errors import DataError, EngineError, UnknownName
from simplecell.spec.accounting import count_network
from simplecell.spec.zoo import find
from simplecell.train.recipes import recipe


def test_work_of_lenet5_is_what_the_design_says() -> None:
    """About 327,000 multiply-adds forward, 860,000 forward and back."""
    assert inference_flops(find("lenet5")) / 2 == pytest.approx(327_000, rel=0.01)
    assert training_flops(find("lenet5")) / 2 == pytest.approx(860_000, rel=0.01)


def test_work_forward_is_the_accounting_s() -> None:
    for name in NETS:
        total = count_network(network(name)).total.multiply_accumulates
        assert inference_flops(network(name)) == 2 * total


def test_bench_has_no_other_networks() -> None:
    with pytest.raises(UnknownName, match="network of the bench"):
        network("lenet1")


def test_task_gives_peers_the_pictures_in_the_order_of_training() -> None:
    task = make_task(find("palm"), batch=3, threads=1, pictures=8)
    assert task.batches == [slice(0, 3), slice(3, 6)]
    np.testing.assert_array_equal(task.x, task.examples.values(task.order, np.float32))
    assert task.examples.labels is not None
    np.testing.assert_array_equal(task.labels, task.examples.labels[task.order])
    assert all(w.dtype == np.float32 for w in task.parameters.values())


def test_task_has_enough_pictures_for_one_batch() -> None:
    assert len(make_task(find("palm"), batch=12, threads=1, pictures=8).batches) == 1


def test_sgemm_is_measured_without_the_variables_and_with(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []

    class Done:
        stdout = '{"gflops": 1.5, "kernel": "K"}'

    def run(command: list[str], env: dict[str, str], **settings: object) -> Done:
        seen.append(env)
        return Done()

    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setattr(sgemm.subprocess, "run", run)
    assert sgemm.rate(1) == sgemm.Rate(1.5, "K")
    sgemm.rate(1, as_it_is=True)
    assert ["OPENBLAS_CORETYPE" in env for env in seen] == [False, True]


def test_sgemm_rate_is_plausible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sgemm, "SIZES", (128,))
    assert 0.1 < sgemm.measured(1).gflops < 10_000


def test_machine_names_what_figures_depend_on() -> None:
    machine = describe(threads=2)
    assert machine["threads"] == 2
    assert machine["cores"] >= 1
    assert machine["versions"]["numpy"] == np.__version__
    assert machine["cpu"]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux confines processes")
def test_confined_process_has_so_many_cores_and_gets_the_others_back() -> None:
    before = os.sched_getaffinity(0)
    with confined(1):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_own_work_is_no_bystander_s(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = {"busy": 0.0, "own": 0.0, "now": 0.0}
    monkeypatch.setattr("simplecell.bench.machine._busy_seconds", lambda: clock["busy"])
    monkeypatch.setattr(time, "process_time", lambda: clock["own"])
    monkeypatch.setattr(time, "monotonic", lambda: clock["now"])
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    bystanders = Bystanders()
    assert bystanders.percent == 0
    with bystanders.watched():
        clock.update(busy=3.0, own=2.0, now=2.0)
    assert bystanders.percent == 25


def test_import_is_timed_in_fresh_processes() -> None:
    assert start.import_seconds(repeats=1) > 0


def test_first_start_has_an_empty_cache_and_later_ones_have_its_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[tuple[int, Path]] = []

    def run(*arguments: str, folder: Path, environment: dict[str, str]) -> str:
        assert folder.is_dir()
        cache = Path(environment["NUMBA_CACHE_DIR"])
        assert environment["PYTHONPYCACHEPREFIX"] and not environment["PYTHONDONTWRITEBYTECODE"]
        found.append((len(list(cache.glob("*"))), folder))
        cache.mkdir(exist_ok=True)
        (cache / f"kernel{len(found)}").touch()
        return "0.25"

    monkeypatch.setattr(start, "_run", run)
    monkeypatch.setattr(start, "import_seconds", lambda repeats: 0.25)
    figures = start.starts(repeats=2)
    # One before all leaves Python's own files, and its kernels are taken away.
    assert [kernels for kernels, _ in found] == [0, 0, 1, 2]
    assert len({folder for _, folder in found}) == 4
    assert set(figures) == {"cold_start_seconds", "warm_start_seconds", "import_seconds"}


def test_start_that_fails_says_what_it_printed() -> None:
    with pytest.raises(EngineError, match=r"ended with 3:\nout of luck"):
        start._run(
            "-c",
            "import sys; print('out of luck', file=sys.stderr); sys.exit(3)",
            folder=Path.cwd(),
            environment=dict(os.environ),
        )


@pytest.mark.parametrize("power", [-0.5, 0, 1, 2])
def test_exponent_is_the_slope_in_the_log_log_picture(power: float) -> None:
    x = [1, 3, 10]
    assert exponent(x, [7 * value**power for value in x]) == pytest.approx(power)


def test_exponent_without_a_slope_is_unknown() -> None:
    assert exponent([2], [1.0]) is None
    assert exponent([1, 2], [0.0, 0.0]) is None


def test_wider_lenet5_has_so_many_times_the_links() -> None:
    base, wide = find("lenet5"), widened(find("lenet5"), 48, 2)
    assert wide.input == (1, 48, 48)
    assert wide.shapes[0][0] == 2 * base.shapes[0][0]
    links = [sum(map(len, net.layers[2].table)) for net in (base, wide)]
    assert links[1] == 4 * links[0]
    assert widened(base, 32, 1).layers == base.layers


def test_point_of_growth_is_trained_in_a_process_of_its_own() -> None:
    point = Point(images=8, batch=4, threads=1, engine="reference")
    found = growth.measure(point)
    assert found["seconds"] > 0
    assert 10e6 < found["peak_bytes"] < 1e9


def test_point_of_growth_that_fails_is_named() -> None:
    with pytest.raises(EngineError, match=r"images=8.*failed"):
        growth.measure(Point(images=8, batch=4, threads=1, engine="none"))


def test_growth_varies_one_thing_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a time of 2 µs an image and 1 kB an image, images grow by 1 and nothing else does."""
    points: list[Point] = []

    def measure(point: Point) -> dict[str, float]:
        points.append(point)
        return {"seconds": 2e-6 * point.images, "peak_bytes": 1000.0 * point.images}

    monkeypatch.setattr(growth, "measure", measure)
    grown = growth.grow(2, lambda _: None)
    base = Point(threads=2)
    assert list(grown) == ["images", "batch", "threads", "size", "maps"]
    for point in points:
        changed = [name for name in grown if getattr(point, name) != getattr(base, name)]
        assert len(changed) <= 1
    assert {name: axis["time_exponent"] for name, axis in grown.items()} == {
        "images": 1,
        "batch": 0,
        "threads": 0,
        "size": 0,
        "maps": 0,
    }
    assert grown["images"]["memory_exponent"] == 1
    assert grown["batch"]["microseconds_per_image"] == pytest.approx([2.0] * 5)
    drawn = ElementTree.fromstring(draw(grown))
    lines = list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(lines) == 2 * len(grown)


def digits() -> Dataset:
    return load("digits", size=32)


def test_target_stops_at_the_first_epoch_that_reaches_it() -> None:
    told = replace(recipe("fast"), epochs=5)
    found = target.time_to_target(1, seeds=(0,), percent=60.0, data=digits(), told=told)
    (run,) = found["runs"]
    *before, last = run["test_percents"]
    assert last >= 60 > max(before, default=0)
    assert run["epochs"] == len(run["test_percents"]) < 5
    assert found["seconds"] == run["seconds"] > 0


def test_target_that_is_not_reached_has_no_seconds() -> None:
    told = replace(recipe("fast"), epochs=1)
    found = target.time_to_target(1, seeds=(0,), percent=100.0, data=digits(), told=told)
    assert found["seconds"] is None
    assert found["runs"][0]["seconds"] is None


def test_evaluation_is_off_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = target.measure

    def slowly(*arguments: object) -> object:
        time.sleep(1.0)
        return judge(*arguments)

    monkeypatch.setattr(target, "measure", slowly)
    told = replace(recipe("fast"), epochs=2)
    begun = time.perf_counter()
    found = target.time_to_target(1, seeds=(0,), percent=1.0, data=digits(), told=told)
    assert found["seconds"] < time.perf_counter() - begun - 1.0


def test_target_needs_a_test_part() -> None:
    with pytest.raises(DataError, match="no test part"):
        target.time_to_target(1, seeds=(0,), data=replace(digits(), test=None))
