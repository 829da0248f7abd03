"""A time that is given becomes a number of epochs; an error that is asked for ends a run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simplecell.errors import ModelError, SpecError
from simplecell.train import timing
from simplecell.train.callbacks import Callback
from simplecell.train.folder import RunFolder
from simplecell.train.loop import Run
from simplecell.train.recipes import Recipe, recipe
from simplecell.train.schedules import Schedule, rates

Train = Callable[..., Run]


class Ear(Callback):
    def __init__(self) -> None:
        self.plan: tuple[int, float] | None = None

    def planned(self, epochs: int, seconds: float) -> None:
        self.plan = (epochs, seconds)


@pytest.fixture
def second_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every epoch take one second, by a clock that is never late."""
    monkeypatch.setattr(timing, "seconds_per_epoch", lambda *told: 1.0)


@pytest.mark.usefixtures("second_each")
def test_as_many_epochs_as_fit_and_the_rates_end_with_them(train: Train) -> None:
    ear = Ear()
    run = train(minutes=0.1, callbacks=[ear])
    assert ear.plan == (len(run.history), 1.0) == (5, 1.0)
    assert run.recipe.epochs == 5
    steps = 4
    assert run.history[-1].rate == rates(run.recipe.schedule, 5, steps)[-1]
    assert run.history[-1].rate < 0.2 * run.history[1].rate


@pytest.mark.usefixtures("second_each")
def test_a_timed_run_is_the_run_with_that_many_epochs(train: Train, tmp_path: Path) -> None:
    timed = train(minutes=0.1, out=tmp_path / "timed")
    told = train(epochs=5, out=tmp_path / "told")
    assert timed.history[-1].validation_loss == told.history[-1].validation_loss
    files = [tmp_path / name / "model.safetensors" for name in ("timed", "told")]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.usefixtures("second_each")
def test_a_timed_run_goes_on_with_the_epochs_it_was_given(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(minutes=0.1, out=tmp_path / "r")
    (tmp_path / "r" / "model.safetensors").unlink()
    monkeypatch.setattr(timing, "seconds_per_epoch", lambda *told: 0.01)
    again = train(minutes=0.1, out=tmp_path / "r", resume=True)
    assert again.recipe.epochs == 5


def test_the_measured_speed_is_of_this_machine(train: Train, recipes: dict[str, Recipe]) -> None:
    for name in ("adam", "sdlm", "averaged"):
        ear = Ear()
        run = train(recipe=replace(recipes[name], epochs=9), minutes=0.002, callbacks=[ear])
        assert ear.plan is not None
        epochs, each = ear.plan
        assert timing.SAVING < each < 10
        assert epochs == run.recipe.epochs == len(run.history)
        assert 1 <= epochs <= max(1, 0.95 * 0.12 / each)


def test_passes_are_stretched_to_the_time(recipes: dict[str, Recipe]) -> None:
    fitted = timing.fitted(recipe("lenet1998"), 1.0, 10.6)
    assert fitted.epochs == 10
    assert fitted.schedule.passes == ((1, 1.0), (1, 0.4), (2, 0.2), (2, 0.1), (4, 0.02))
    constant = timing.fitted(recipes["sgd"], 1.0, 0.01)
    assert (constant.epochs, constant.schedule) == (1, Schedule("constant", 0.3))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"minutes": 0}, "give a time above 0"),
        ({"minutes": float("nan")}, "give a time above 0"),
        ({"minutes": 2, "epochs": 3}, "3 epochs were asked for, and 2 minutes: give one"),
        ({"until_error": 101}, "takes an error in percent"),
        ({"until_error": float("nan")}, "takes an error in percent"),
    ],
)
def test_goals_that_cannot_be_are_refused(
    train: Train, told: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=words):
        train(**told, out=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_timed_run_does_not_take_a_folder_that_is_taken(train: Train, tmp_path: Path) -> None:
    train(out=tmp_path / "r")
    with pytest.raises(ModelError, match="holds a finished run"):
        train(minutes=0.1, out=tmp_path / "r")


def test_an_error_needs_pictures_kept_aside(train: Train, recipes: dict[str, Recipe]) -> None:
    with pytest.raises(SpecError, match="the recipe sdlm keeps no pictures aside"):
        train(recipe=recipes["sdlm"], until_error=5)


def test_a_run_ends_with_the_epoch_that_comes_to_the_error(
    train: Train, recipes: dict[str, Recipe], tmp_path: Path
) -> None:
    told = replace(recipes["momentum"], epochs=12)
    whole = train(recipe=told)
    errors = [row.validation_error_percent or 0.0 for row in whole.history]
    goal = sorted(set(errors))[len(set(errors)) // 2]
    first = next(k for k, error in enumerate(errors) if error <= goal)
    assert first < 11, "the goal must be met before the end for this test to say anything"
    ended = train(recipe=told, until_error=goal, out=tmp_path / "r")
    assert [row.validation_error_percent for row in ended.history] == errors[: first + 1]
    assert RunFolder(tmp_path / "r").finished
    assert ended.recipe.until_error == goal


def test_a_goal_is_remembered_and_is_no_later_met_than_it_was(
    train: Train, recipes: dict[str, Recipe], tmp_path: Path
) -> None:
    told = replace(recipes["momentum"], epochs=12)
    first = train(recipe=told, until_error=90, out=tmp_path / "r")
    model = (tmp_path / "r" / "model.safetensors").read_bytes()
    (tmp_path / "r" / "model.safetensors").unlink()
    again = train(recipe=told, until_error=90, out=tmp_path / "r", resume=True)
    assert len(again.history) == len(first.history) == 1
    assert (tmp_path / "r" / "model.safetensors").read_bytes() == model
    with pytest.raises(ModelError, match=r"recipe.until_error: 90 there, None asked for"):
        train(recipe=told, out=tmp_path / "r", resume=True)


def test_a_goal_that_is_not_met_ends_with_the_epochs(train: Train) -> None:
    assert len(train(until_error=0.0, epochs=2, seed=2).history) <= 2
