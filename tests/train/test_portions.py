"""Runs that begin where others ended, that are judged by pictures given, or that end early."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simplecell.data.part import split
from simplecell.data.sources import Dataset
from simplecell.errors import ModelError
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback
from simplecell.train.checkpoint import pack_checkpoint, unpack_checkpoint
from simplecell.train.history import Epoch
from simplecell.train.loop import Run, fit
from simplecell.train.recipes import Recipe

Fit = Callable[..., Run]


@pytest.mark.parametrize("rule", ["adam", "sgd"])
def test_a_run_that_begins_where_another_ended_ends_as_one_run_does(
    network: Network, data: Dataset, recipes: dict[str, Recipe], rule: str
) -> None:
    from dataclasses import replace

    from simplecell.train.schedules import Schedule

    told = replace(recipes[rule], schedule=Schedule("constant", 0.05))
    whole = fit(network, data, recipe=told, epochs=3)
    first = fit(network, data, recipe=told, epochs=1)
    kept = pack_checkpoint(first.checkpoint)
    carried = unpack_checkpoint(kept, Path("kept"))
    there = fit(network, data, recipe=told, epochs=3, begin=carried)
    for name, w in whole.parameters.items():
        assert np.array_equal(there.parameters[name], w)
    assert [row.train_loss for row in there.history] == [row.train_loss for row in whole.history]
    # What was begun from is as it was.
    assert pack_checkpoint(carried) == kept


def test_pictures_kept_apart_already_judge_as_those_that_the_recipe_puts_aside(
    network: Network, data: Dataset, recipes: dict[str, Recipe]
) -> None:
    from dataclasses import replace

    told = recipes["momentum"]
    usual = fit(network, data, recipe=told, seed=4)
    train, aside = split(data.train, told.validation, 4)
    given = fit(network, replace(data, train=train), recipe=told, seed=4, validation=aside)
    for name, w in usual.parameters.items():
        assert np.array_equal(given.parameters[name], w)
    judged = [(row.validation_loss, row.validation_error_percent) for row in usual.history]
    assert [(r.validation_loss, r.validation_error_percent) for r in given.history] == judged


def test_pixels_mean_what_is_said(network: Network, data: Dataset) -> None:
    from simplecell.data.normalise import published

    assert fit(network, data, epochs=1).model.normalisation != published()
    told = fit(network, data, epochs=1, normalisation=published())
    assert told.model.normalisation == published()


def test_a_callback_that_has_enough_ends_the_run_after_its_epoch(
    network: Network, data: Dataset
) -> None:
    class Two(Callback):
        seen = 0

        def epoch(self, row: Epoch) -> None:
            self.seen = row.epoch

        def enough(self) -> bool:
            return self.seen == 2

    run = fit(network, data, epochs=5, callbacks=[Callback(), Two()])
    assert [row.epoch for row in run.history] == [1, 2]


def test_such_runs_have_no_folder_and_no_other_network(
    network: Network, data: Dataset, tmp_path: Path
) -> None:
    first = fit(network, data, epochs=1)
    with pytest.raises(ModelError, match="would not say where the run began"):
        fit(network, data, epochs=2, begin=first.checkpoint, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    other = Network("other", network.input, network.layers)
    with pytest.raises(ModelError, match="other cannot begin where another network ended"):
        fit(other, data, epochs=2, begin=first.checkpoint)
