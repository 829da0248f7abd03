"""Where a run leaves the numbers, the layer that went first is named, in its step."""

from dataclasses import replace

import numpy as np
import pytest

from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, State
from simplecell.errors import Diverged
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.divergence import blame
from simplecell.train.loop import fit
from simplecell.train.recipes import Recipe

STEEP = Network(
    "steep",
    (1, 6, 6),
    (Dense("F1", 5, "relu"), Dense("F2", 4, "relu"), Dense("F3", 3, "softmax")),
)


@pytest.mark.parametrize("name", ["reference", "lanes"])
@pytest.mark.parametrize(("layer", "named"), [("F1", "F1"), ("F2", "F2"), ("F3", "F3")])
def test_the_first_layer_whose_sums_are_no_numbers_is_named(
    name: str, layer: str, named: str
) -> None:
    """Weights that are numbers, of which one layer's are so large that its sums are none."""
    largest = {"reference": 1.7e308, "lanes": 3.4e38}[name]
    weights = {n: np.abs(w) for n, w in initial_parameters(STEEP, 1).items()}
    weights[f"{layer}.w"] = np.full_like(weights[f"{layer}.w"], largest)
    rows = np.arange(4)
    examples = Examples(np.full((4, 1, 6, 6), 200, np.uint8), rows % 3)
    program = engine(name).program(STEEP)
    with np.errstate(all="ignore"):
        found = blame(program, State(weights), State(weights), examples, rows, "cross_entropy")
    assert found == (named, "its sums u")


@pytest.mark.parametrize("name", ["reference", "lanes"])
def test_a_run_that_leaves_the_numbers_names_step_and_layer(
    name: str, data: Dataset, recipes: dict[str, Recipe]
) -> None:
    wild = replace(recipes["sgd"], schedule=replace(recipes["sgd"].schedule, rate=1e12))
    with pytest.raises(Diverged, match=r"Layer F\d went first: its ") as stopped:
        fit(STEEP, data, recipe=wild, engine=name, seed=1)
    assert stopped.value.layer in {"F1", "F2", "F3"}
    assert (stopped.value.epoch, stopped.value.step) >= (1, 1)
    assert f"epoch {stopped.value.epoch}, step {stopped.value.step} of 8" in str(stopped.value)
