"""Pictures of every kind, asked about through one little network that tells three rows apart."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine
from simplecell.engines.protocol import Examples
from simplecell.errors import DataError, UnknownName
from simplecell.spec.layers import Conv, Dense, Subsample
from simplecell.spec.network import Network
from simplecell.train.loop import Run, fit
from simplecell.train.model import Model, load_model
from simplecell.train.prediction import labels_of, probabilities, truncated

Train = Callable[..., Run]


@pytest.fixture
def model(train: Train, data: Dataset) -> Model:
    return train(epochs=40).model


@pytest.fixture
def test(data: Dataset) -> Part:
    assert data.test is not None
    return data.test


def names(model: Model, part: Part) -> list[str]:
    return [model.classes[k] for k in part.labels]


def test_answers_are_class_names_and_mostly_right(model: Model, test: Part) -> None:
    found = model.predict(test)
    assert (found == names(model, test)).mean() > 0.9
    assert model.score(test, names(model, test)) == (found == names(model, test)).mean()


@pytest.mark.parametrize(
    "made",
    [
        lambda x: x,
        lambda x: x[:, 0],
        lambda x: np.moveaxis(x, 1, 3),
        lambda x: x / 255,
        lambda x: x.astype(np.float32),
        lambda x: x[:, 0].tolist(),
        lambda x: list(x[:, 0]),
        lambda x: x.reshape(len(x), -1),
        lambda x: [Image.fromarray(one[0]) for one in x],
        lambda x: np.stack([x[:, 0]] * 3, 3),
    ],
)
def test_every_kind_of_the_same_pictures_gets_the_same_answers(
    model: Model, test: Part, made: Any
) -> None:
    assert np.array_equal(model.predict_proba(made(test.pixels)), model.predict_proba(test))


def test_one_picture_gives_one_answer_and_a_list_of_one_a_list(
    model: Model, test: Part, tmp_path: Path
) -> None:
    one, path = test.pixels[0, 0], tmp_path / "one.png"
    Image.fromarray(one).save(path)
    for single in (one, Image.fromarray(one), path, str(path)):
        assert model.predict(single) == model.predict(test)[0]
        assert isinstance(model.predict(single), str)
        assert model.predict_proba(single).shape == (3,)
        assert model.transform(single).shape == (8,)
    for listed in (one[None], one[None, None], [path], [Image.fromarray(one)]):
        assert model.predict(listed).shape == (1,)
        assert model.predict_proba(listed).shape == (1, 3)


@pytest.mark.parametrize(
    "mode",
    ["1", "L", "P", "LA", "PA", "La", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"],
)
def test_pillows_modes_are_read(model: Model, test: Part, mode: str) -> None:
    """What one mode can hold of a picture in black and white, every mode can."""
    first = Image.fromarray(np.uint8(255) * (test.pixels[0, 0] > 110))
    steps = {"La": ("LA", "La"), "RGBa": ("RGBA", "RGBa"), "PA": ("LA", "PA")}.get(mode)
    picture = first if steps else first.convert("RGB").convert(mode)
    for step in steps or ():
        picture = picture.convert(step)
    assert np.abs(model.predict_proba(picture) - model.predict_proba(first)).max() < 0.02


def test_sixteen_bits_are_read_and_thirty_two_are_not(model: Model, test: Part) -> None:
    deep = Image.fromarray(test.pixels[0, 0].astype(np.uint16) * 257)
    assert deep.mode == "I;16"
    assert model.predict(deep) == model.predict(test)[0]
    with pytest.raises(DataError, match="32-bit numbers"):
        model.predict(Image.fromarray(test.pixels[0, 0].astype(np.int32) * 1000))


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda folder: folder / "none.png", "there is no such file"),
        (lambda folder: folder, "is a folder"),
        (lambda folder: "", "the path of the picture is empty"),
        (lambda folder: "https://a.org/b.png", "is an address; save the picture"),
        (lambda folder: Image.new("L", (0, 0)), "has 0x0 pixels: none"),
        (lambda folder: [], "no pictures in it"),
        (lambda folder: None, "this is NoneType"),
        (lambda folder: [np.zeros((6, 6)), "a.png"], "mixes paths or PIL images"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(
    model: Model, tmp_path: Path, made: Any, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        model.predict(made(tmp_path))


def test_a_video_is_no_picture(model: Model, tmp_path: Path) -> None:
    video = tmp_path / "v.mp4"
    video.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    with pytest.raises(DataError, match=r"v\.mp4 is no picture: .*112 bytes"):
        model.predict(video)


def test_a_whole_data_set_is_asked_for_its_part(model: Model, data: Dataset) -> None:
    with pytest.raises(
        DataError, match=r"is a whole data set: name one part of it, as data\.test"
    ):
        model.predict(data)


def test_pictures_of_several_sizes_have_one_black_and_white(model: Model, test: Part) -> None:
    dark = test.pixels[0, 0] / 255 * 0.4
    wide = np.pad(test.pixels[1, 0] / 255, 3)
    assert list(model.predict([dark, wide])) == [model.predict(dark), model.predict(wide)]
    with pytest.raises(DataError, match=r"from -3 to .*, neither"):
        model.predict([dark, wide - 3 * (wide == 0)])
    with pytest.raises(DataError, match="is no single picture"):
        model.predict([test.pixels[:2, 0], wide])


def test_dark_ink_on_white_is_asked_about_where_ink_is_looked_for(
    model: Model, test: Part
) -> None:
    """The arrays of a network that has learnt digits: they would be misread in silence."""
    digits = replace(model, reading="ink")
    white = 255 - np.uint8(2) * test.pixels
    with pytest.raises(DataError, match=r"mostly white.*invert=True to turn them round"):
        digits.predict(white)
    turned = digits.predict_proba(white, invert=True)
    assert np.array_equal(turned, digits.predict_proba(255 - white))
    assert not np.array_equal(turned, digits.predict_proba(white, invert=False))


def test_features_are_what_the_layer_hands_on(model: Model, test: Part) -> None:
    program = engine("reference").program(model.network)
    scale, shift = model.normalisation.scale, model.normalisation.shift
    one = Examples(test.pixels[:1], test.labels[:1], scale, shift)
    trace = program.trace(model.parameters, one, "cross_entropy")
    for layer, told in (("C1", "C1"), ("S2", "S2"), ("S2", None), ("F3", "F3")):
        found = model.transform(test.pixels[:1], layer=told, engine="reference")
        assert np.abs(found[0] - trace.layers[layer].x.ravel()).max() < 1e-5
    with pytest.raises(UnknownName, match="no layer of rows is called 'C9'"):
        model.transform(test, layer="C9")
    single = Network("single", (1, 6, 6), (Dense("F1", 3, "softmax"),))
    assert truncated(single, None) == single


def test_labels_are_scored_as_fit_takes_them() -> None:
    x = np.random.default_rng(0).integers(0, 256, (30, 6, 6)).astype(np.uint8)
    y = np.arange(30) % 3
    network = Network("three", (1, 6, 6), (Dense("F1", 3, "softmax"),))
    model = fit(network, (x, y), epochs=3, validation=0.0, engine="reference").model
    best = model.score(x, y)
    for labels in (y.tolist(), y * 1.0, y.astype(str), y[:, None], np.eye(3)[y]):
        assert model.score(x, labels) == best
    assert model.predict(x).dtype.kind == "i"
    with pytest.raises(DataError, match=r"30 pictures and labels of shape \(29,\)"):
        model.score(x, y[1:])
    with pytest.raises(DataError, match=r"the label '5' is none of the model's classes: 0, 1, 2"):
        model.score(x, y + 5)


def test_classes_are_numbers_only_where_all_of_them_are() -> None:
    assert labels_of(("0", "1")).tolist() == [0, 1]
    for classes in (("0", "none"), ("00", "01"), ("1.5", "2")):
        assert labels_of(classes).tolist() == list(classes)


@pytest.mark.parametrize(
    "squash", ["softmax", "identity", "relu", "sigmoid", "tanh", "scaled_tanh"]
)
def test_probabilities_of_every_output_add_up_to_one_and_keep_the_winner(squash: str) -> None:
    layers = (Conv("C1", 2, (3, 3)), Subsample("S2"), Dense("F3", 3, squash))
    network = Network("n", (1, 6, 6), layers)
    outputs = np.array([[0.2, 0.1, 0.7], [0.5, 0.25, 0.25]])
    p = probabilities(network, outputs)
    assert np.abs(p.sum(axis=1) - 1).max() < 1e-12
    assert p.argmax(axis=1).tolist() == [2, 0]


def test_colour_and_grey_are_brought_to_a_network_of_colour() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = rng.integers(0, 90, (60, 8, 8, 3)).astype(np.uint8)
    x[np.arange(60), :, :, y] += 120
    layers = (Conv("C1", 4, (3, 3)), Dense("F2", 3, "softmax"))
    network = Network("colours", (3, 8, 8), layers)
    model = fit(network, (x, y), epochs=20, rate=0.3, recipe="sgd", engine="reference").model
    assert model.score(x, y) == 1
    assert np.array_equal(model.predict(np.moveaxis(x, 3, 1)), y)
    assert model.predict(Image.fromarray(x[1])) == 1
    assert model.predict(x[2]) == 2
    assert model.predict(x[:1].mean(axis=3).astype(np.uint8)).shape == (1,)
    with pytest.raises(DataError, match="four channels"):
        model.predict(np.concatenate([x, x[..., :1]], axis=3))


def test_a_model_of_version_0_1_answers(test: Part) -> None:
    file = Path(__file__).parent / "released" / "model-1.safetensors"
    model = load_model(file)
    assert set(model.predict(test)) <= {"top", "middle", "bottom"}
    assert model.predict_proba(test.pixels[0, 0]).shape == (3,)
    assert model.transform(test).shape == (30, 8)
