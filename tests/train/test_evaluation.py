from pathlib import Path

import numpy as np
import pytest

import simplecell as sc
from simplecell.data.normalise import published
from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples
from simplecell.engines.reference import Reference
from simplecell.engines.requests import losses_of
from simplecell.errors import DataError, ModelError, UnknownName
from simplecell.spec.layers import RBF, Dense
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train import evaluation
from simplecell.train.evaluation import evaluate, features, measure
from simplecell.train.model import Model
from simplecell.train.prediction import probabilities

CODES = ("##..", "..##", "#.#.")
OUTPUTS = [
    *[
        Dense("F2", 3, s)
        for s in ("softmax", "identity", "sigmoid", "tanh", "scaled_tanh", "relu")
    ],
    RBF("F2", CODES),
]


def ending_in(output: Dense | RBF) -> Network:
    return Network("n", (1, 4, 4), (Dense("F1", 4), output))


def drawn(count: int, classes: int = 3) -> Examples:
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (count, 1, 4, 4)).astype(np.uint8)
    return Examples(pixels, rng.integers(0, classes, count), 0.01, -0.5)


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda layer: f"{layer.type}-{layer.squash}")
def test_the_loss_is_the_engines_own(output: Dense | RBF) -> None:
    network, examples = ending_in(output), drawn(20)
    parameters = initial_parameters(network, 0)
    program = Reference().program(network)
    for loss in losses_of(output):
        found = measure(program, parameters, examples, loss)
        assert found.loss == pytest.approx(program.gradients(parameters, examples, loss)[0])


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda layer: f"{layer.type}-{layer.squash}")
def test_probabilities_sum_to_one_and_the_winner_is_the_likeliest(output: Dense | RBF) -> None:
    network, examples = ending_in(output), drawn(20)
    parameters = initial_parameters(network, 0)
    program = Reference().program(network)
    p = probabilities(network, program.forward(parameters, examples))
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1)
    found = measure(program, parameters, examples, losses_of(output)[0])
    assert p.argmax(axis=1).tolist() == found.predictions.tolist()


def test_counts_are_of_true_class_and_answer() -> None:
    """Units that copy pixels: what is bright is the answer."""
    network = Network("n", (1, 1, 3), (Dense("F1", 3, "softmax"),))
    parameters = {"F1.w": np.eye(3), "F1.b": np.zeros(3)}
    pixels = np.eye(3, dtype=np.uint8)[[0, 1, 1, 2]].reshape(4, 1, 1, 3)
    program = Reference().program(network)
    found = measure(program, parameters, Examples(pixels, np.array([0, 1, 2, 2])), "cross_entropy")
    assert found.predictions.tolist() == [0, 1, 1, 2]
    assert found.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert (found.errors, found.examples, found.error_percent) == (1, 4, 25.0)


def test_pieces_change_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    network, examples = ending_in(OUTPUTS[0]), drawn(23)
    parameters, program = initial_parameters(network, 0), Reference().program(network)
    whole = measure(program, parameters, examples, "cross_entropy")
    monkeypatch.setattr(evaluation, "ROWS", 5)
    pieces = measure(program, parameters, examples, "cross_entropy")
    assert pieces.confusion.tolist() == whole.confusion.tolist()
    assert pieces.loss == pytest.approx(whole.loss)


def test_a_certain_mistake_costs_much_and_not_infinity() -> None:
    network = Network("n", (1, 1, 2), (Dense("F1", 2, "softmax"),))
    parameters = {"F1.w": 1e4 * np.eye(2), "F1.b": np.zeros(2)}
    one = Examples(np.array([[[[0, 1]]]], np.uint8), np.array([0]))
    assert 80 < measure(Reference().program(network), parameters, one, "cross_entropy").loss < 1e4


def test_nothing_to_evaluate_is_refused(network: Network) -> None:
    program, parameters = Reference().program(network), initial_parameters(network, 0)
    none = Examples(np.zeros((0, 1, 6, 6), np.uint8), np.zeros(0, np.int64))
    with pytest.raises(DataError, match="no examples to evaluate on"):
        measure(program, parameters, none, "cross_entropy")


def test_data_without_a_test_part_are_told_apart_from_a_good_result(network: Network) -> None:
    model = Model(network, initial_parameters(network, 0), published(), ("a", "b", "c"))
    with pytest.raises(DataError, match="no test part"):
        evaluate(model, None, engine="reference")


def test_labels_without_an_output_are_refused(network: Network, data: Dataset) -> None:
    model = Model(network, initial_parameters(network, 0), published(), data.classes)
    labels = data.train.labels.copy()
    labels[7] = 3
    with pytest.raises(DataError, match="label 3 of example 7 is out of range"):
        evaluate(model, Part(data.train.pixels, labels), engine="reference")


def test_a_model_is_evaluated_as_it_reads_pictures(
    network: Network, data: Dataset, tmp_path: Path
) -> None:
    assert data.test is not None
    model = Model(network, initial_parameters(network, 0), published(), data.classes)
    found = evaluate(model, data.test, engine="reference")
    assert found.examples == 30
    examples = model.examples(data.test.pixels, data.test.labels)
    program = Reference().program(network)
    again = measure(program, model.parameters, examples, "cross_entropy")
    assert found.loss == again.loss
    with pytest.raises(ModelError, match="rows reads 1x6x6 images; these are 1x4x4"):
        evaluate(model, Part(drawn(3).pixels, np.zeros(3, np.int64)), engine="reference")


def test_the_features_of_lenet5_are_what_f6_hands_on() -> None:
    """Brief: C1."""
    network = find("lenet5")
    parameters = initial_parameters(network, 0, "root")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 1, 32, 32)).astype(np.uint8)
    model = Model(network, parameters, published(), tuple("0123456789"), (32, 32), {})
    found = features(model, pixels)
    assert found.shape == (3, 84)
    for n in range(3):
        one = model.examples(pixels[n : n + 1], np.zeros(1, np.int64))
        trace = Reference().program(network).trace(parameters, one, "map")
        assert np.allclose(found[n], trace.layers["F6"].x.ravel(), atol=1e-5)
        maps = features(model, pixels[n : n + 1], "S2", engine=Reference())
        assert np.allclose(maps[0], trace.layers["S2"].x.ravel())
    with pytest.raises(UnknownName, match="did you mean 'F6'"):
        features(model, pixels, "F5")


def test_a_data_set_that_cannot_fit_is_refused_before_it_is_fetched() -> None:
    run = sc.fit("lenet5", "digits", epochs=1, progress=False, engine="lanes")
    with pytest.raises(DataError, match="fashion-mnist has 10 classes \\(T-shirt/top"):
        sc.evaluate(run, "fashion-mnist")
