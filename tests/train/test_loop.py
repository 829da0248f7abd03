from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simplecell.compile import Compilation
from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.errors import DataError, EngineError, ModelError, ShapeError, TrainingError
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train import training as loop
from simplecell.train.callbacks import Callback, Progress
from simplecell.train.checkpoint import read_checkpoint
from simplecell.train.evaluation import evaluate
from simplecell.train.history import Epoch, read_lines
from simplecell.train.loop import Run, fit
from simplecell.train.model import load_model
from simplecell.train.recipes import Recipe
from simplecell.train.schedules import Schedule

ENGINES = ("reference", "lanes")
NAMES = ("adam", "sgd", "momentum", "sdlm", "averaged")

Fit = Callable[..., Run]


def test_training_lowers_the_error(train: Fit, data: Dataset) -> None:
    run = train(epochs=20)
    assert data.test is not None
    assert run.history[-1].train_loss < 0.5 * run.history[0].train_loss
    assert evaluate(run.model, data.test, engine="reference").error_percent < 20


def test_the_readmes_lines_hold(network: Network, data: Dataset, tmp_path: Path) -> None:
    import simplecell as sc

    run = sc.fit(network, data, epochs=1, seed=0, engine="reference")
    assert 0 <= sc.evaluate(run.model, data.test, engine="reference").error_percent <= 100
    run.model.save(tmp_path / "m.safetensors")
    assert sc.load_model(tmp_path / "m.safetensors").network == run.network
    assert set(run.parameters) == {"C1.w", "C1.b", "S2.w", "S2.b", "F3.w", "F3.b"}


def test_the_run_folder_holds_what_the_run_gave(train: Fit, tmp_path: Path) -> None:
    run = train(out=tmp_path / "r")
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == [
        ".lock",
        "checkpoint.safetensors",
        "history.jsonl",
        "model.safetensors",
        "run.json",
    ]
    rows = read_lines((tmp_path / "r" / "history.jsonl").read_text())
    assert tuple(rows) == run.history
    assert [row.epoch for row in rows] == [1, 2, 3]
    assert sum(row.seconds for row in rows) <= run.train_seconds
    model = load_model(tmp_path / "r")
    assert model.metadata["seed"] == 1
    assert model.metadata["history"][2]["train_loss"] == rows[2].train_loss
    assert all(np.array_equal(model.parameters[n], w) for n, w in run.parameters.items())


def test_without_a_folder_nothing_is_written(
    train: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert train().folder is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes(
    recipes: dict[str, Recipe], train: Fit, tmp_path: Path, name: str
) -> None:
    for folder in "ab":
        train(out=tmp_path / folder, recipe=recipes[name])
    a, b = ((tmp_path / folder / "model.safetensors").read_bytes() for folder in "ab")
    assert a == b
    train(out=tmp_path / "c", recipe=recipes[name], seed=2)
    assert (tmp_path / "c" / "model.safetensors").read_bytes() != a


def test_the_number_of_threads_changes_no_bit(train: Fit, tmp_path: Path) -> None:
    for threads in (1, 2, 3):
        train(out=tmp_path / str(threads), engine="lanes", threads=threads, epochs=1, batch=50)
    bytes_ = {(tmp_path / n / "model.safetensors").read_bytes() for n in "123"}
    assert len(bytes_) == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("look_up_seconds", [0.0, 1e-4, 1e9])
def test_where_the_loop_looks_up_changes_no_bit(
    train: Fit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    look_up_seconds: float,
    engine: str,
) -> None:
    train(out=tmp_path / "a", engine=engine)
    monkeypatch.setattr(loop, "LOOK_UP_SECONDS", look_up_seconds)
    train(out=tmp_path / "b", engine=engine)
    a, b = ((tmp_path / folder / "model.safetensors").read_bytes() for folder in "ab")
    assert a == b


def test_a_rate_too_high_stops_with_the_step_and_keeps_the_last_good_checkpoint(
    recipes: dict[str, Recipe], train: Fit, tmp_path: Path
) -> None:
    late = Schedule("passes", 1e300, passes=((1, 1e-303), (1, 1.0)))
    wild = replace(recipes["sgd"], schedule=late)
    with pytest.raises(TrainingError, match=r"diverged in epoch 2, step \d of 8") as stopped:
        train(out=tmp_path / "r", recipe=wild)
    message = str(stopped.value)
    assert "Layer C1 went first: its weights." in message
    assert "The rate there was 1e+300" in message
    assert "--rate 1e+299" in message
    assert "checkpoint.safetensors" in message
    checkpoint = read_checkpoint(tmp_path / "r" / "checkpoint.safetensors")
    assert checkpoint.epoch == 1
    assert all(np.isfinite(w).all() for w in checkpoint.state.parameters.values())
    assert not (tmp_path / "r" / "model.safetensors").exists()


def test_without_a_validation_part_the_history_says_none(
    recipes: dict[str, Recipe], train: Fit
) -> None:
    run = train(recipe=replace(recipes["adam"], validation=0.0))
    assert {row.validation_error_percent for row in run.history} == {None}
    assert {row.validation_loss for row in run.history} == {None}


def test_the_test_part_chooses_nothing(
    recipes: dict[str, Recipe], network: Network, data: Dataset, train: Fit
) -> None:
    without = fit(
        network, replace(data, test=None), recipe=recipes["adam"], engine="reference", seed=1
    )
    assert without.model.parameters.keys() == train().model.parameters.keys()
    assert all(np.array_equal(without.parameters[n], w) for n, w in train().parameters.items())


def test_the_first_epoch_starts_from_the_seeds_weights(
    recipes: dict[str, Recipe], network: Network, train: Fit
) -> None:
    """At a rate of next to nothing training leaves the weights where they were drawn."""
    from simplecell.engines.parameters import initial_parameters

    for scheme in ("fan_in", "glorot"):
        still = replace(recipes["sgd"], schedule=Schedule("constant", 1e-30), initial=scheme)
        found = train(recipe=still, seed=4).parameters
        drawn = initial_parameters(network, 4, scheme)
        assert all(np.allclose(found[n], w, rtol=1e-6, atol=1e-20) for n, w in drawn.items())


def test_root_draws_the_first_layer_for_inputs_as_large_as_they_are(
    recipes: dict[str, Recipe], network: Network, train: Fit, data: Dataset
) -> None:
    """Brief: F"""
    from simplecell.engines.parameters import initial_parameters

    still = replace(
        recipes["sgd"], schedule=Schedule("constant", 1e-30), initial="root", validation=0.0
    )
    run = train(recipe=still, seed=4)
    inputs = run.model.normalisation.scale * data.train.pixels + run.model.normalisation.shift
    drawn = initial_parameters(network, 4, "root")
    larger = 1 / np.sqrt(np.mean(inputs**2))
    assert not np.isclose(larger, 1, rtol=0.1)
    assert np.allclose(run.parameters["C1.w"], larger * drawn["C1.w"], rtol=1e-5)
    assert np.allclose(run.parameters["F3.w"], drawn["F3.w"], rtol=1e-6)


def test_first_values_that_are_given_take_the_place_of_drawn_ones(
    recipes: dict[str, Recipe], network: Network, train: Fit
) -> None:
    from simplecell.engines.parameters import initial_parameters

    still = replace(recipes["sgd"], schedule=Schedule("constant", 1e-30))
    kernels = np.linspace(-1, 1, 18, dtype=np.float32).reshape(2, 1, 3, 3)
    found = train(recipe=still, seed=4, initial={"C1.w": kernels}).parameters
    drawn = initial_parameters(network, 4)
    assert np.array_equal(found["C1.w"], kernels)
    assert np.allclose(found["F3.w"], drawn["F3.w"], rtol=1e-6)
    with pytest.raises(ModelError, match=r"needs C1.w of shape \(2, 1, 3, 3\); found \(2, 3, 3\)"):
        train(initial={"C1.w": kernels[:, 0]})
    with pytest.raises(ModelError, match=r"rows has no array C9\.w"):
        train(initial={"C9.w": kernels})


@pytest.mark.parametrize("engine", ENGINES)
def test_the_curvature_is_measured_before_each_pass_and_only_for_sdlm(
    recipes: dict[str, Recipe], network: Network, data: Dataset, train: Fit, tmp_path: Path,
    engine: str,
) -> None:  # fmt: skip
    """On examples of the pass, distorted as it shows them. Brief: F"""
    from simplecell.engines.choose import engine as choose
    from simplecell.engines.protocol import Examples
    from simplecell.train.sampler import Pictures

    one = train(recipe=recipes["sdlm"], epochs=1, engine=engine)
    train(recipe=recipes["sdlm"], epochs=2, engine=engine, out=tmp_path / "two")
    state = read_checkpoint(tmp_path / "two" / "checkpoint.safetensors").state
    scale, shift = one.model.normalisation.scale, one.model.normalisation.shift
    examples = Examples(data.train.pixels, data.train.labels, scale, shift)
    sample = Pictures(examples, recipes["sdlm"], 1, 1).sample(1, 20)
    program = choose(engine).program(network)
    expected = program.curvature(one.parameters, sample, "cross_entropy")
    for name, h in expected.items():
        assert np.allclose(state.slots["h"][name], h, rtol=1e-4, atol=1e-6)
    train(recipe=recipes["adam"], engine=engine, out=tmp_path / "adam")
    plain = read_checkpoint(tmp_path / "adam" / "checkpoint.safetensors").state
    assert plain.slots.keys() == {"m", "v"}


def test_callbacks_hear_every_epoch_and_the_time_left(
    train: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LOOK_UP_SECONDS", 0.0)
    heard: list[Progress] = []
    rows: list[Epoch] = []

    class Watch(Callback):
        def progress(self, progress: Progress) -> None:
            heard.append(progress)

        def epoch(self, row: Epoch) -> None:
            rows.append(row)

    run = train(callbacks=[Watch()])
    assert tuple(rows) == run.history
    assert [(p.epoch, p.step) for p in heard] == [(e, s) for e in (1, 2, 3) for s in (1, 2, 3, 4)]
    assert all(p.seconds_left > 0 for p in heard[:-1])
    assert heard[-1].seconds_left == 0


class TestWhatCannotBeTrained:
    def test_pictures_of_another_size(self, network: Network, data: Dataset) -> None:
        with pytest.raises(ShapeError, match=r"rows reads 1x8x8 images; rows gives 1x6x6"):
            fit(network.with_input((1, 8, 8)), data, engine="reference")

    def test_more_classes_than_outputs(self, data: Dataset, tmp_path: Path) -> None:
        narrow = Network("narrow", (1, 6, 6), (Dense("F1", 2, "softmax"),))
        with pytest.raises(DataError, match="out of range: narrow tells 2 classes"):
            fit(narrow, data, engine="reference", out=tmp_path / "r")
        assert not (tmp_path / "r").exists()

    def test_a_validation_part_that_leaves_nothing(
        self, recipes: dict[str, Recipe], train: Fit, tmp_path: Path
    ) -> None:
        with pytest.raises(DataError, match="asked for validation"):
            train(recipe=replace(recipes["adam"], validation=0.999), out=tmp_path / "r")
        assert not (tmp_path / "r").exists()

    def test_a_loss_the_output_has_none_of(
        self, recipes: dict[str, Recipe], train: Fit, tmp_path: Path
    ) -> None:
        with pytest.raises(EngineError, match="squared_error takes outputs"):
            train(recipe=replace(recipes["adam"], loss="squared_error"), out=tmp_path / "r")
        assert not (tmp_path / "r").exists()


def test_fewer_classes_than_outputs_are_named_by_number(
    recipes: dict[str, Recipe], network: Network, data: Dataset, train: Fit
) -> None:
    two = Part(data.train.pixels, data.train.labels % 2)
    fewer = replace(data, classes=("even", "odd"), train=two, test=None)
    assert fit(network, fewer, recipe=recipes["adam"], engine="reference").model.classes == (
        "even",
        "odd",
        "2",
    )


def test_a_recipe_is_found_by_its_name(train: Fit) -> None:
    run = train(recipe="sgd", epochs=1)
    assert isinstance(run.recipe, Recipe)
    assert (run.recipe.name, run.recipe.epochs, run.engine, run.threads) == (
        "sgd",
        1,
        "reference",
        1,
    )


@pytest.mark.parametrize("cold", [True, False])
def test_compiling_is_announced_before_the_wait_and_not_counted_as_training(
    train: Fit, monkeypatch: pytest.MonkeyPatch, cold: bool
) -> None:
    heard = []

    class Listen(Callback):
        def compiling(self) -> None:
            heard.append("compiling")

        def progress(self, progress: Progress) -> None:
            heard.append("step")

        def kernels(self, so_far: Compilation) -> None:
            told.append(so_far)

    told: list[Compilation] = []
    some = Compilation(("conv",), ("dense",), 1.0)
    monkeypatch.setattr("simplecell.train.compiling.compilation", lambda: some)
    monkeypatch.setattr("simplecell.train.compiling.PAUSE", 1e-4)
    monkeypatch.setattr(loop, "must_compile", lambda engine: cold)
    run = train(callbacks=[Listen()])
    assert told[:1] == [some] * cold
    assert heard.count("compiling") == cold
    assert heard[: 1 + cold][-1] == "step"
    assert run.compile_seconds > 0
