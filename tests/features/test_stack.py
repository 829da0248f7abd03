"""What was learnt layer by layer is where the one training loop begins."""

from dataclasses import replace

import numpy as np
import pytest

from simplecell.data.patches import rows
from simplecell.data.sources import load
from simplecell.engines.choose import engine
from simplecell.errors import DataError
from simplecell.features.autoencoder import Settings
from simplecell.features.stack import FINE, learn_stack, stack_network
from simplecell.formulas.activations import softmax
from simplecell.train.evaluation import evaluate

DIGITS = load("digits")
SETTINGS = Settings(hidden=30, rho=0.2, decay=1e-4, beta=0.1)
RECIPE = replace(FINE, epochs=4)
STACK = learn_stack(
    DIGITS, (30, 20), SETTINGS, recipe=RECIPE, iterations=60, rehearsal=0, engine="reference"
)


def test_the_network_is_dense_sigmoid_layers_and_softmax():
    network = stack_network((1, 28, 28), (200, 200), 10)
    assert [layer.squash for layer in network.layers] == ["sigmoid", "sigmoid", "softmax"]
    assert network.shapes == ((200, 1, 1), (200, 1, 1), (10, 1, 1))


def test_before_fine_tuning_the_network_is_the_greedy_stack():
    """Its outputs are the softmax of features of features, whatever the pixels are scaled to."""
    some = DIGITS.train.pixels[:60]
    h = rows(some)
    for layer in STACK.layers:
        h = layer.autoencoder.encode(h)
    expected = softmax(STACK.classifier.softmax.scores(h).astype(np.float64))
    program = engine("reference").program(STACK.before.network)
    got = program.forward(STACK.before.parameters, STACK.before.examples(some))
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_layers_are_learnt_one_on_the_other():
    first, second = (layer.autoencoder for layer in STACK.layers)
    assert (first.inputs, first.settings.hidden) == (64, 30)
    assert (second.inputs, second.settings.hidden) == (30, 20)
    assert second.settings.rho == SETTINGS.rho


def test_fine_tuning_begins_there_and_makes_it_better():
    before = evaluate(STACK.before, DIGITS.test, engine="reference")
    after = evaluate(STACK.run.model, DIGITS.test, engine="reference")
    assert after.errors < before.errors
    assert after.error_percent < 8
    moved = [
        np.abs(STACK.run.parameters[name] - start).max()
        for name, start in STACK.before.parameters.items()
    ]
    assert 0 < max(moved) < 1


def test_the_validation_part_is_not_learnt_from():
    examples = len(DIGITS.train) - round(RECIPE.validation * len(DIGITS.train))
    count = STACK.layers[0].history[-1].terms
    assert count["activation"] == pytest.approx(
        float(STACK.layers[0].autoencoder.encode(rows(_learnt_from(examples))).mean()), abs=1e-4
    )


def _learnt_from(examples: int) -> np.ndarray:
    from simplecell.data.part import split

    part, _ = split(DIGITS.train, RECIPE.validation, 0)
    assert len(part) == examples
    return part.pixels


def test_a_stack_of_nothing_is_refused():
    with pytest.raises(DataError, match="one hidden layer at least"):
        learn_stack(DIGITS, ())
