import json
from dataclasses import replace

import pytest

from simplecell.errors import ModelError, SpecError, UnknownName
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.recipes import RECIPES, Recipe, adjusted, default_loss, recipe
from simplecell.train.schedules import Schedule


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_survive_json(name: str) -> None:
    text = json.dumps(recipe(name).to_document())
    assert Recipe.from_document(json.loads(text)) == recipe(name)


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
    with pytest.raises(UnknownName, match="no normalisation is called 'none'"):
        replace(recipe("fast"), normalisation="none")


def test_a_damaged_recipe_is_refused() -> None:
    document = recipe("fast").to_document()
    with pytest.raises(ModelError, match="a recipe is incomplete or malformed"):
        Recipe.from_document({**document, "colour": "red"})
    del document["schedule"]
    with pytest.raises(ModelError, match="schedule"):
        Recipe.from_document(document)
