from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.sources import Dataset
from simplecell.errors import DataError, ModelError, SpecError, UnknownName
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.evaluation import evaluate
from simplecell.train.loop import Run, fit
from simplecell.train.task import read_classes, read_task

NETWORK = Network("three", (1, 8, 8), (Dense("F1", 3, "softmax"),))
X = np.random.default_rng(0).integers(0, 256, (30, 6, 6)).astype(np.uint8)
Y = np.arange(30) % 3


def learn(data: Any, **how: Any) -> Run:
    told = {"epochs": 1, "engine": "reference", "validation": 0.0, "progress": False, **how}
    return fit(NETWORK, data, **told)


@pytest.mark.parametrize(
    "made",
    [
        lambda x: x,
        lambda x: x[:, None],
        lambda x: x[..., None],
        lambda x: np.stack([x] * 3, 3),
        lambda x: x / 255,
        lambda x: x.tolist(),
        lambda x: list(x),
    ],
)
def test_pictures_of_every_kind_are_learnt_alike(made: Any) -> None:
    assert learn((made(X), Y)).history[-1].train_loss == learn((X, Y)).history[-1].train_loss


def test_arrays_are_padded_to_the_network_and_their_size_is_kept() -> None:
    _, data = read_task(NETWORK, (X, Y))
    assert data.train.pixels.shape == (30, 1, 8, 8)
    assert np.array_equal(data.train.pixels[:, 0, 1:7, 1:7], X)
    assert learn((X, Y)).model.frame == data.frame == (6, 6)


def test_rows_of_pixels_are_pictures_to_learn() -> None:
    rows = np.random.default_rng(0).integers(0, 256, (70, 784)).astype(np.uint8)
    network, data = read_task("lenet5", (rows, np.arange(70) % 10))
    assert network.input == (1, 32, 32)
    assert np.array_equal(data.train.pixels[:, 0, 2:30, 2:30].reshape(70, 784), rows)


def test_three_grey_pictures_are_not_one_in_colour() -> None:
    assert len(read_task(NETWORK, (X[:3], Y[:3]))[1].train) == 3


def test_a_named_network_gets_the_outputs_and_the_size_that_the_data_ask_for() -> None:
    x = np.zeros((6, 48, 48), np.uint8) + 200
    network, _ = read_task("lenet5_tutorial", (x, np.arange(6) % 3))
    assert network.input == (1, 48, 48)
    assert network.classes == 3
    given, _ = read_task(NETWORK, (X, Y))
    assert given == NETWORK


def test_pictures_in_files_are_learnt_as_albums_are(tmp_path: Path) -> None:
    for k, one in enumerate(X):
        Image.fromarray(one).save(tmp_path / f"{k}.png")
    paths = sorted(tmp_path.iterdir(), key=lambda p: int(p.stem))
    by_path, by_image = (learn((x, Y)) for x in (paths, [Image.fromarray(one) for one in X]))
    assert by_path.model.reading == by_image.model.reading == "fitted"
    assert by_path.history[-1].train_loss == by_image.history[-1].train_loss
    assert by_path.model.predict(paths[:4]).shape == (4,)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["b", "a", "b"], ("a", "b")),
        ([5, 3, 5], ("3", "5")),
        ([1.0, 0.0, 1.0], ("0", "1")),
        ([True, False, True], ("0", "1")),
        ([[0, 1], [1, 0], [0, 1]], ("0", "1")),
        ([[1], [0], [1]], ("0", "1")),
    ],
)
def test_labels_are_classes_however_they_are_held(labels: Any, classes: tuple[str, ...]) -> None:
    found, codes = read_classes(labels, 3)
    assert (found, codes.tolist()) == (classes, [1, 0, 1])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (X, "ndarray is no data to learn from: give (pictures, labels)"),
        ((X, Y[1:]), "30 pictures and labels of shape (29,): give one label for each picture"),
        ((X, Y * np.nan), "labels[0] is nan"),
        ((X, Y - 1), "labels[0] is -1, out of range"),
        ((X, None), "labels of shape ()"),
        ((X, [None] * 30), "labels are of type object"),
        ((X / 127.5 - 1, Y), "neither 0..1 nor 0..255"),
        (([], []), "no pictures in it"),
        (("a.png", [1]), "one picture was given to learn from; learning takes many"),
        ((X[0], [1]), "an array of shape (6, 6) is one picture: give many"),
    ],
)
def test_what_cannot_be_learnt_is_refused_before_anything_is(data: Any, words: str) -> None:
    with pytest.raises(DataError) as caught:
        learn(data)
    assert words in str(caught.value)


def test_one_picture_by_its_layout_is_too_few() -> None:
    with pytest.raises(DataError, match="is one picture; learning takes many"):
        learn((X[0], [1]), layout="HW")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"epochs": 1.5}, "epochs is 1.5; it takes a whole number, 1 or more"),
        ({"epochs": "3"}, "epochs is '3'; it takes a whole number"),
        ({"epochs": True}, "epochs is True; it takes a whole number"),
        ({"batch": 0}, "batch is 0; it takes a whole number"),
        ({"threads": 1.5}, "threads is 1.5; it takes a whole number"),
        ({"rate": "x"}, "rate is 'x'; it takes a number"),
        ({"minutes": "x"}, "minutes is 'x'; it takes a number"),
        ({"until_error": "x"}, "until_error is 'x'; it takes a number"),
        ({"recipe": 3}, "a recipe is a Recipe or the name of one, as 'fast'; this is int"),
    ],
)
def test_numbers_are_checked_before_training(how: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError) as caught:
        learn((X, Y), **how)
    assert words in str(caught.value)


def test_a_network_is_one_or_the_name_of_one() -> None:
    with pytest.raises(ModelError, match="a network is a Network or the name of one"):
        fit(3, (X, Y))  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="did you mean 'lenet5'"):
        fit("lenet6", (X, Y))


def test_validation_is_a_share_a_part_or_pictures_of_the_same_kind() -> None:
    low = X / 127.5 - 1
    run = learn((low, Y), values=(-1, 1), validation=(low, Y))
    assert run.history[-1].validation_error_percent is not None
    _, data = read_task(NETWORK, (X, Y))
    same = learn((X, Y), validation=data.train).history[-1]
    assert same.validation_loss == run.history[-1].validation_loss


@pytest.mark.parametrize(
    ("validation", "words"),
    [
        (1, "validation is 1: give a share, 0 to below 1"),
        (-0.1, "validation is -0.1: give a share"),
        ("some", "validation is str: give a share such as 0.1, a part, or (pictures, labels)"),
        ((X, Y + 1), "validation has the class '3', which the training data have not"),
    ],
)
def test_validation_that_cannot_be_is_refused(validation: Any, words: str) -> None:
    with pytest.raises(DataError) as caught:
        learn((X, Y), validation=validation)
    assert words in str(caught.value)


def test_evaluate_takes_runs_and_arrays_and_explains_what_is_open(
    train: Callable[..., Run], data: Dataset
) -> None:
    run = train()
    assert data.test is not None
    pixels, labels = data.test.pixels, data.test.labels
    named = [data.classes[k] for k in labels]
    whole = evaluate(run, data)
    low = pixels / 127.5 - 1
    for found in (
        evaluate(run.model, data.test),
        evaluate(run, (pixels, named)),
        evaluate(run, [pixels, named]),
        evaluate(run, (low, named), values=(-1, 1)),
    ):
        assert (found.errors, found.examples) == (whole.errors, 30)
    with pytest.raises(DataError, match="neither 0"):
        evaluate(run, (low, named))
    with pytest.raises(DataError, match="ndarray is no labelled data"):
        evaluate(run, pixels)
    with pytest.raises(ModelError, match="NoneType is no model: give a Model, a Run"):
        evaluate(None, data)  # type: ignore[arg-type]
