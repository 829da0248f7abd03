import json
from dataclasses import replace

import pytest

from simplecell.data.distortion import distortion
from simplecell.errors import ModelError, SpecError, UnknownName
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.recipes import (
    RECIPES,
    Recipe,
    adjusted,
    default_loss,
    left_open,
    recipe,
    settled,
)
from simplecell.train.schedules import Schedule, rates


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_survive_json(name: str) -> None:
    text = json.dumps(recipe(name).to_document())
    assert Recipe.from_document(json.loads(text)) == recipe(name)


def test_recipes_of_earlier_versions_are_read() -> None:
    """What they do not say was as it is by default."""
    document = recipe("fast").to_document()
    for name in ("distortion", "copies", "curvature_examples", "average"):
        del document[name]
    assert Recipe.from_document(document) == recipe("fast")


def test_passes_survive_json() -> None:
    paper = replace(recipe("sgd"), schedule=Schedule("passes", 5e-4, passes=((2, 1.0), (3, 0.4))))
    assert Recipe.from_document(json.loads(json.dumps(paper.to_document()))) == paper


def test_another_rate_keeps_the_shape_of_the_schedule() -> None:
    changed = recipe("fast", rate=0.5, epochs=2, batch=7)
    assert (changed.epochs, changed.batch, changed.schedule.rate) == (2, 7, 0.5)
    assert adjusted(changed, rate=recipe("fast").schedule.rate).schedule == recipe("fast").schedule


@pytest.mark.parametrize(
    ("net", "loss"),
    [
        ("lenet5", "cross_entropy"),
        ("lenet5_tutorial", "cross_entropy"),
        ("palm", "squared_error"),
        ("lenet1", "squared_error"),
    ],
)
def test_loss_follows_the_output_layer(net: str, loss: str) -> None:
    """RBF and softmax outputs are classes; sigmoid and tanh ones take targets. Brief: D1, D3"""
    assert default_loss(find(net)) == loss


def test_linear_outputs_are_scores() -> None:
    assert default_loss(Network("n", (1, 2, 2), (Dense("F1", 2, "identity"),))) == "cross_entropy"


def test_the_recipe_of_1998_is_the_papers() -> None:
    """Brief: F"""
    paper = recipe("lenet1998")
    assert (paper.update.rule, paper.update.mu, paper.curvature_examples) == ("sdlm", 0.02, 500)
    assert (paper.epochs, paper.batch, paper.validation) == (20, 1, 0)
    assert (paper.normalisation, paper.initial, paper.distortion) == ("published", "root", None)
    a_pass = rates(paper.schedule, 20, 1).round(9).tolist()
    assert a_pass == [5e-4] * 2 + [2e-4] * 3 + [1e-4] * 3 + [5e-5] * 4 + [1e-5] * 8


def test_distortions_are_all_that_the_second_recipe_of_1998_adds() -> None:
    """540,000 distorted patterns beside 60,000, and the same length of training. Brief: F"""
    with_ = recipe("lenet1998-distortions")
    assert with_.distortion == distortion("published")
    assert with_.copies == 9
    assert replace(with_, name="lenet1998", distortion=None, copies=0) == recipe("lenet1998")


@pytest.mark.parametrize(
    ("name", "net", "loss"),
    [
        ("lenet1998", "lenet5", "halved_map"),
        ("lenet1998-distortions", "lenet5", "halved_map"),
        ("lenet1998", "lenet1", None),
        ("fast", "lenet5", "scaled_map"),
        ("modern", "lenet5", "scaled_map"),
        ("fast", "lenet5_tutorial", None),
    ],
)
def test_rbf_outputs_are_trained_with_map_by_every_recipe(
    name: str, net: str, loss: str | None
) -> None:
    """Brief: F"""
    assert settled(recipe(name), find(net)).loss == loss
    told = replace(recipe(name), loss="mean_square")
    assert settled(told, find(net)) == told


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(SpecError, match="epochs is 0; it takes a whole number, 1 or more"):
        recipe("fast", epochs=0)
    with pytest.raises(SpecError, match="batch is -1"):
        recipe("fast", batch=-1)
    with pytest.raises(SpecError, match="the rate is 0"):
        recipe("fast", rate=0.0)
    with pytest.raises(SpecError, match="validation is 1"):
        replace(recipe("fast"), validation=1.0)
    with pytest.raises(UnknownName, match="did you mean 'fast'"):
        recipe("fats")
    with pytest.raises(SpecError, match="average is 1; it takes a share"):
        replace(recipe("modern"), average=1)
    with pytest.raises(SpecError, match="curvature_examples is 0; it takes a whole number, 1"):
        replace(recipe("lenet1998"), curvature_examples=0)
    with pytest.raises(SpecError, match="copies is -1; it takes a whole number, 0 or more"):
        replace(recipe("modern"), copies=-1)
    with pytest.raises(UnknownName, match="no normalisation is called 'none'"):
        replace(recipe("fast"), normalisation="none")


def test_a_damaged_recipe_is_refused() -> None:
    document = recipe("fast").to_document()
    with pytest.raises(ModelError, match="a recipe is incomplete or malformed"):
        Recipe.from_document({**document, "colour": "red"})
    del document["schedule"]
    with pytest.raises(ModelError, match="schedule"):
        Recipe.from_document(document)


def test_a_run_of_an_earlier_version_goes_on_with_the_loss_it_was_trained_with() -> None:
    assert left_open({"recipe": {"loss": None}})
    assert not left_open({"recipe": {"loss": "scaled_map"}})
    assert not left_open({})
