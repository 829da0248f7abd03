"""Jobs: real processes that train and learn, stopped, killed, rewound; nothing is lost."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

import simplecell as sc
from simplecell.cli.main import main
from simplecell.features.bank import load_bank
from simplecell.studio import training
from simplecell.studio.answer import Studio
from simplecell.studio.job import Job
from simplecell.studio.training import OFTEN
from simplecell.train.callbacks import Progress
from simplecell.train.checkpoint import read_checkpoint
from simplecell.train.folder import RunFolder

from .conftest import TWO, Asking, events, made, waited

DOCUMENT = json.loads(TWO.to_json())
LONG = {"network": "lenet5", "data": "digits", "epochs": 60, "seed": 4}
"""The same bytes wherever it is stopped; long enough for a fast machine to be stopped."""

TOLD = ("--epochs", LONG["epochs"], "--seed", LONG["seed"])


def command(*arguments: object) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert not end.value.code


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The model of LONG, by the command line and without a stop."""
    out = tmp_path_factory.mktemp("right") / "run"
    command("train", "digits", "--net", "lenet5", *TOLD, "--out", out)
    return (out / "model.safetensors").read_bytes()


@pytest.fixture
def begin(studio: Studio, ask: Asking) -> Callable[..., Job]:
    def start(**told: Any) -> Job:
        found = ask.json("/api/train", {**LONG, **told})
        return studio.jobs.find(found["job"])

    return start


def under_way(job: Job, snapshots: int = 3) -> None:
    """Wait until a run has left some snapshots."""
    end = time.monotonic() + 600
    while len(job.snapshots.all()) < snapshots:
        assert time.monotonic() < end, job.state
        time.sleep(0.02)


def test_training_in_the_studio_is_training_by_the_command(
    begin: Callable[..., Job], right: bytes, ask: Asking
) -> None:
    """The same bytes; and what a page shows meanwhile: steps, epochs, curves, weights."""
    job = begin(run="a")
    assert waited(job) == "finished"
    assert (job.folder / "model.safetensors").read_bytes() == right
    told = ask.json("/api/jobs/run:a/events?after=0")
    kinds = [event["kind"] for event in told["events"]]
    assert kinds.count("epoch") == LONG["epochs"]
    assert kinds.index("begun") < kinds.index("progress") < kinds.index("finished")
    assert [event["n"] for event in told["events"]] == list(range(told["next"]))
    assert ask.json(f"/api/jobs/run:a/events?after={told['next']}")["events"] == []
    result = ask.json("/api/jobs/run:a")["result"]
    assert result == json.loads((job.folder / "result.json").read_text())
    assert sc.evaluate(job.folder, "digits").errors == result["test_errors"]
    last = events(job, "epoch")[-1]["snapshot"]
    weights = ask(f"/api/jobs/run:a/snapshots/{last}").body
    assert weights == ask("/api/models/run:a/weights").body


def test_snapshots_are_never_more_than_five_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock of the test's own, on which every look up takes a hundredth of a second."""
    now, told = [0.0], list[float]()

    class Heard:
        def say(self, kind: str, **more: Any) -> None:
            told.append(now[0])

    monkeypatch.setattr(training, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    watcher = training.Watcher(cast(Any, Heard()), RunFolder(tmp_path), cast(Any, None))
    monkeypatch.setattr(watcher, "_keep", lambda: 0)
    for look in range(1, 1001):
        now[0] = look / 100
        watcher.progress(Progress(1, 1, look, 1000, 0.5, now[0], 1.0))
    assert 45 <= len(told) <= 50
    assert np.diff(told).min() > OFTEN - 1e-9


def test_every_snapshot_of_a_run_has_a_number_of_its_own(begin: Callable[..., Job]) -> None:
    job = begin()
    waited(job)
    numbers = [event["snapshot"] for event in events(job, "progress")]
    assert len(numbers) >= 1
    assert numbers == sorted(set(numbers))


def test_a_run_under_way_can_be_looked_into(begin: Callable[..., Job], ask: Asking) -> None:
    job = begin(run="a")
    under_way(job)
    ask.json("/api/jobs/run:a/pause", {})
    assert waited(job) == "paused"
    told = ask.json("/api/models/run:a")
    assert told["network"]["name"] == "lenet5"
    kept = ask.json("/api/jobs/run:a/snapshots")
    assert kept["arrays"] == told["arrays"]
    assert kept["apart"]["least"] >= 1
    number, epoch, step = kept["snapshots"][-1]
    found = np.frombuffer(ask(f"/api/jobs/run:a/snapshots/{number}").body, "<f4")
    assert found.tobytes() == ask("/api/models/run:a/weights").body
    checkpoint = read_checkpoint(job.folder / "checkpoint.safetensors")
    assert (checkpoint.epoch, checkpoint.epoch * 35 + checkpoint.step) >= (epoch, step)
    assert ask("/api/jobs/run:a/snapshots/99999").status == 404


def test_paused_rewound_and_continued_it_ends_with_the_same_bytes(
    begin: Callable[..., Job], right: bytes, ask: Asking
) -> None:
    job = begin(run="a")
    under_way(job, 4)
    ask.json("/api/jobs/run:a/pause", {})
    assert waited(job) == "paused"
    middle = job.snapshots.all()[2]
    ask.json("/api/jobs/run:a/rewind", {"snapshot": middle.number, "paused": True})
    while not events(job, "rewound"):
        time.sleep(0.01)
    assert waited(job) == "paused"
    saved = read_checkpoint(job.folder / "checkpoint.safetensors")
    assert saved.epoch * 35 + saved.step == middle.step
    assert [one.number for one in job.snapshots.all()] == [0, 1, 2]
    ask.json("/api/jobs/run:a/continue", {})
    assert waited(job, "finished") == "finished"
    assert (job.folder / "model.safetensors").read_bytes() == right


def test_a_finished_run_can_be_rewound_and_comes_to_the_same_end(
    begin: Callable[..., Job], right: bytes, ask: Asking
) -> None:
    job = begin(run="a")
    waited(job)
    assert ask("/api/jobs/run:a/continue", {}).status == 409
    ask.json("/api/jobs/run:a/rewind", {"snapshot": job.snapshots.all()[1].number})
    assert waited(job, "training", "testing") != "failed"
    assert waited(job, "finished") == "finished"
    assert (job.folder / "model.safetensors").read_bytes() == right


def test_a_process_that_is_killed_loses_nothing(
    begin: Callable[..., Job], right: bytes, ask: Asking
) -> None:
    job = begin(run="a")
    under_way(job, 4)
    assert job._process is not None
    os.kill(job._process.pid, signal.SIGKILL)
    assert waited(job) == "stopped"
    assert "continue goes on" in events(job, "state")[-1]["message"]
    step = job.snapshots.all()[-1].step
    ask.json("/api/jobs/run:a/continue", {})
    assert waited(job, "finished") == "finished"
    begun = events(job, "begun")[-1]
    assert begun["epoch"] * 35 + begun["step"] >= step
    assert (job.folder / "model.safetensors").read_bytes() == right


def test_the_command_goes_on_with_what_the_studio_stopped(
    begin: Callable[..., Job], right: bytes, ask: Asking
) -> None:
    job = begin(run="a")
    under_way(job, 4)
    ask.json("/api/jobs/run:a/stop", {})
    assert waited(job) == "stopped"
    command("train", "digits", "--out", job.folder, "--resume")
    assert (job.folder / "model.safetensors").read_bytes() == right


def test_the_studio_goes_on_with_what_the_command_left(tmp_path: Path, right: bytes) -> None:
    """A run folder without a model, begun elsewhere, and named on the command line."""
    out = tmp_path / "left"
    command("train", "digits", "--net", "lenet5", *TOLD, "--out", out)
    for name in ("model.safetensors", "result.json", "checkpoint.safetensors"):
        (out / name).unlink()
    studio = made(tmp_path, given=(out,))
    ask = Asking(studio)
    assert [one["id"] for one in ask.json("/api/jobs")["jobs"]] == ["given:left"]
    ask.json("/api/jobs/given:left/continue", {})
    assert waited(studio.jobs.find("given:left")) == "finished"
    studio.jobs.close()
    assert (out / "model.safetensors").read_bytes() == right


def test_closing_the_studio_saves_and_ends_every_job(
    studio: Studio, begin: Callable[..., Job], tmp_path: Path, right: bytes
) -> None:
    """What a new studio then shows is what the old one saw; and it goes on."""
    job = begin(run="a")
    under_way(job)
    studio.jobs.close()
    assert job.state == "stopped"
    assert not job.alive
    again = made(tmp_path)
    found = again.jobs.find("run:a")
    assert found.journal.after(0)[0] == job.journal.after(0)[0]
    assert Asking(again).json("/api/jobs")["jobs"][0]["state"] == "stopped"
    Asking(again).json("/api/jobs/run:a/continue", {})
    assert waited(found) == "finished"
    again.jobs.close()
    assert (job.folder / "model.safetensors").read_bytes() == right


def test_two_studios_do_not_train_one_run(
    begin: Callable[..., Job], tmp_path: Path, ask: Asking
) -> None:
    # So long that the other studio surely comes in the middle of it.
    job = begin(run="a", epochs=2000)
    under_way(job)
    other = made(tmp_path)
    Asking(other).json("/api/jobs/run:a/continue", {})
    twin = other.jobs.find("run:a")
    assert waited(twin, "failed") == "failed"
    assert "is being written by process" in events(twin, "state")[-1]["message"]
    other.jobs.close()
    ask.json("/api/jobs/run:a/stop", {})
    assert waited(job, "stopped") == "stopped"


def test_a_loss_that_is_no_number_names_the_layer_and_goes_back(
    begin: Callable[..., Job], ask: Asking
) -> None:
    job = begin(network=DOCUMENT, rate=1e20, recipe="sgd", run="wild")
    assert waited(job) == "diverged"
    found = events(job, "diverged")[0]
    assert found["layer"] in {"F1", "F2"}
    assert f"Layer {found['layer']} went first" in found["message"]
    assert found["snapshot"] == job.snapshots.all()[-1].number
    weights = np.frombuffer(ask("/api/models/run:wild/weights").body, "<f4")
    assert np.isfinite(weights).all()
    saved = read_checkpoint(job.folder / "checkpoint.safetensors")
    assert all(np.isfinite(w).all() for w in saved.state.parameters.values())
    ask.json("/api/jobs/run:wild/stop", {})
    assert waited(job, "stopped") == "stopped"


def test_what_cannot_be_trained_is_refused_before_or_told(
    begin: Callable[..., Job], ask: Asking
) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"data": "digits", "network": "lenet6"}, "no model"),
        ({"data": "digits", "network": {"format": "x"}}, "this JSON is no network"),
        ({"data": "digits", "network": 5}, "'network' is a name"),
        ({"data": "digits", "recipe": "fats"}, "did you mean 'fast'"),
        ({"data": "digits", "epochs": 0}, "epochs is 0"),
        ({"data": "digits", "rate": "high"}, "rate is 'high'"),
        ({"data": "digits", "seed": -1}, "seed"),
        ({"data": "digits", "depart": "relu"}, "a list of names"),
        ({"network": "lenet5"}, "lacks 'data'"),
    ]
    for told, words in cases:
        found = ask("/api/train", told)
        assert 400 <= found.status < 500
        assert words in json.loads(found.body)["error"]["message"]
    job = begin(network={**DOCUMENT, "input": [3, 8, 8]}, run="colour")
    assert waited(job) == "failed"
    assert "3x8x8" in events(job, "state")[-1]["message"]
    assert not job.folder.exists() or not (job.folder / "run.json").exists()


def test_a_recipe_may_be_given_whole_and_pictures_in_colour(
    tmp_path: Path, begin: Callable[..., Job]
) -> None:
    """As a page sends it, with some of its settings changed; the run is told all of it."""
    rng = np.random.default_rng(1)
    for name, shade in (("heron", 60), ("owl", 160)):
        (tmp_path / "birds" / name).mkdir(parents=True)
        for k in range(30):
            pixels = rng.integers(0, 90, (20, 20, 3), dtype=np.uint8) + np.uint8(shade)
            Image.fromarray(pixels).save(tmp_path / "birds" / name / f"{k}.png")
    studio = made(tmp_path, data=(tmp_path / "birds",))
    ask = Asking(studio)
    document = ask.json("/api/recipes")["recipes"][1]
    document["update"]["momentum"] = 0.5
    told = {"data": "birds", "recipe": document, "epochs": 3, "batch": 8, "colour": True}
    job = studio.jobs.find(ask.json("/api/train", {**told, "run": "birds"})["job"])
    assert waited(job) == "finished"
    settings = json.loads((job.folder / "run.json").read_text())
    assert settings["recipe"]["update"]["momentum"] == 0.5
    assert settings["network"]["input"] == [3, 32, 32]
    assert ask.json("/api/models/run:birds")["classes"] == ["heron", "owl"]
    assert ask("/api/train", {**told, "recipe": {"name": "x"}}).status == 400
    studio.jobs.close()


def test_no_more_jobs_than_two_are_at_work(begin: Callable[..., Job], ask: Asking) -> None:
    first, second = begin(run="a", epochs=500), begin(run="b", epochs=500)
    found = ask("/api/train", {**LONG, "run": "c"})
    assert found.status == 409
    assert "run:a and run:b are at work" in json.loads(found.body)["error"]["message"]
    ask.json("/api/jobs/run:a/pause", {})
    assert waited(first) == "paused"
    assert ask("/api/train", {**LONG, "run": "b"}).status in (400, 409)
    ask.json("/api/jobs/run:b/stop", {})
    assert waited(second) == "stopped"


PATCHES = {"source": "digits", "hidden": 12, "count": 400, "iterations": 230, "seed": 2}


def test_features_emerge_in_frames_and_end_as_the_command_has_them(
    ask: Asking, studio: Studio, tmp_path: Path
) -> None:
    job = studio.jobs.find(ask.json("/api/features", {**PATCHES, "run": "f"})["job"])
    assert waited(job) == "finished"
    out = tmp_path / "right.safetensors"
    command(
        "features", "learn", "digits", "--hidden", 12, "--count", 400, "--iterations", 230,
        "--seed", 2, "--out", out,
    )  # fmt: skip
    found, wanted = load_bank(job.folder / "features.safetensors"), load_bank(out)
    np.testing.assert_array_equal(found.autoencoder.weights.w1, wanted.autoencoder.weights.w1)
    kept = ask.json("/api/jobs/run:f/snapshots")
    shapes = {one["name"]: one["shape"] for one in kept["arrays"]}
    assert shapes == {
        "filters": [12, 1, 8, 8],
        "inputs": [16, 1, 8, 8],
        "outputs": [16, 1, 8, 8],
        "activation": [12],
    }
    flat = np.frombuffer(ask(f"/api/jobs/run:f/snapshots/{kept['snapshots'][-1]}").body, "<f4")
    assert len(flat) == sum(int(np.prod(shape)) for shape in shapes.values())
    np.testing.assert_allclose(flat[: 12 * 64], wanted.patterns().ravel(), rtol=1e-4, atol=1e-5)
    steps = events(job, "iteration")
    assert steps[-1]["iteration"] == 230
    assert set(steps[-1]["terms"]) >= {"error", "sparsity", "activation"}


def test_a_search_for_features_stops_and_goes_on_to_the_same_end(
    ask: Asking, studio: Studio, tmp_path: Path
) -> None:
    told = {**PATCHES, "iterations": 2000, "hidden": 64}
    job = studio.jobs.find(ask.json("/api/features", {**told, "run": "f"})["job"])
    while not events(job, "iteration") or events(job, "iteration")[-1]["iteration"] < 110:
        time.sleep(0.01)
    assert ask("/api/jobs/run:f/rewind", {"snapshot": 0}).status == 409
    ask.json("/api/jobs/run:f/stop", {})
    assert waited(job) == "stopped"
    studio.jobs.close()
    again = made(tmp_path)
    Asking(again).json("/api/jobs/run:f/continue", {})
    other = again.jobs.find("run:f")
    assert waited(other) == "finished"
    whole = studio.jobs.find(ask.json("/api/features", {**told, "run": "g"})["job"])
    assert waited(whole) == "finished"
    again.jobs.close()
    ours, theirs = (load_bank(one.folder / "features.safetensors") for one in (other, whole))
    np.testing.assert_array_equal(ours.autoencoder.weights.w1, theirs.autoencoder.weights.w1)


def test_features_that_cannot_be_are_refused(ask: Asking) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "lacks 'source'"),
        ({"source": "/etc"}, "--data FOLDER"),
        ({"source": "digits", "hidden": 10**6}, "4,096 is the most"),
        ({"source": "digits", "rho": 2}, "rho"),
        ({"source": "digits", "decoder": "cubic"}, "cubic"),
        ({"source": "digits", "iterations": "many"}, "iterations"),
    ]
    for told, words in cases:
        found = ask("/api/features", told)
        assert 400 <= found.status < 500, told
        assert words in json.loads(found.body)["error"]["message"]
