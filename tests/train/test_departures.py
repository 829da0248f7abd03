"""Departures from the recipe: each changes its one thing, and can still train LeNet-5."""

from dataclasses import asdict

import pytest

from simplecell.engines.requests import check_loss
from simplecell.errors import SpecError, UnknownName
from simplecell.spec import departures as of_network
from simplecell.spec.zoo import find
from simplecell.train.departures import DEPARTURES, depart
from simplecell.train.recipes import Recipe, default_loss, recipe, settled

LENET5, PAPER = find("lenet5"), recipe("lenet1998")

CHANGED = {
    "adam": {"update", "batch", "schedule"},
    "batch-64": {"batch", "schedule"},
    "one-rate": {"update", "schedule"},
    "cross-entropy": {"loss"},
    "mean-square": {"loss"},
    "whole-distances": {"loss"},
    "standard-normalisation": {"normalisation"},
    "constant-rate": {"schedule"},
    "glorot": {"initial"},
    "literal-start": {"initial"},
}


def test_the_list_is_complete_and_no_name_is_taken_twice() -> None:
    assert DEPARTURES.keys() == CHANGED.keys()
    assert not DEPARTURES.keys() & of_network.DEPARTURES.keys()


@pytest.mark.parametrize("name", DEPARTURES)
def test_a_departure_changes_its_one_thing(name: str) -> None:
    network, told = depart(LENET5, PAPER, [name])
    before, after = asdict(PAPER), asdict(told)
    assert network is LENET5
    assert after.pop("name") == f"lenet1998-{name}"
    assert {key for key in after if after[key] != before[key]} == CHANGED[name]
    assert Recipe.from_document(told.to_document()) == told
    assert DEPARTURES[name].__doc__


@pytest.mark.parametrize("name", [*DEPARTURES, *of_network.DEPARTURES])
def test_every_departure_leaves_a_loss_that_its_outputs_take(name: str) -> None:
    network, told = depart(LENET5, PAPER, [name])
    check_loss(network, settled(told, network).loss or default_loss(network))


def test_departures_of_both_kinds_go_together_in_any_order() -> None:
    names = ["relu", "glorot", "max-pool", "batch-64"]
    network, told = depart(LENET5, PAPER, names)
    assert (network.name, told.name) == ("lenet5-relu-max-pool", "lenet1998-glorot-batch-64")
    assert (told.initial, told.batch) == ("glorot", 64)
    assert told.schedule.rate == pytest.approx(8 * PAPER.schedule.rate)
    other, same = depart(LENET5, PAPER, names[::-1])
    assert other.layers == network.layers
    assert (same.update, same.batch, same.schedule) == (told.update, told.batch, told.schedule)


def test_none_departs_from_nothing() -> None:
    assert depart(LENET5, PAPER, []) == (LENET5, PAPER)


def test_what_cannot_be_departed_from_is_refused() -> None:
    with pytest.raises(UnknownName, match="no departure is called 'adan': did you mean 'adam'"):
        depart(LENET5, PAPER, ["adan"])
    with pytest.raises(UnknownName, match="did you mean 'max-pool'"):
        depart(LENET5, PAPER, ["max-pol"])
    with pytest.raises(SpecError, match="lenet1 has no codes that are fixed"):
        depart(find("lenet1"), PAPER, ["learned-codes"])
