import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.data.normalise import published
from simplecell.engines.parameters import initial_parameters
from simplecell.errors import ModelError
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.checkpoint import CHECKPOINT, read_arrays, write_arrays
from simplecell.train.model import MODEL, Model, load_model, save_model


@pytest.fixture
def model(network: Network) -> Model:
    parameters = initial_parameters(network, 3)
    return Model(network, parameters, published(), ("a", "b", "c"), (4, 5), {"seed": 3})


@pytest.fixture
def file(model: Model, tmp_path: Path) -> Path:
    save_model(model, tmp_path / "m.safetensors")
    return tmp_path / "m.safetensors"


def change(file: Path, **document: Any) -> None:
    arrays, found = read_arrays(file, MODEL)
    write_arrays(file, MODEL, arrays, {**found, **document})


def test_a_model_survives_as_float32(model: Model, file: Path) -> None:
    found = load_model(file)
    assert found.network == model.network
    assert found.normalisation == model.normalisation
    assert (found.classes, found.frame) == (model.classes, (4, 5))
    assert dict(found.metadata) == {"seed": 3}
    for name, value in model.parameters.items():
        assert found.parameters[name].dtype == np.float32
        assert np.array_equal(found.parameters[name], value.astype(np.float32))


def test_saving_what_was_loaded_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    load_model(file).save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("net", ["lenet1", "lenet4", "lenet5", "lenet5_tutorial", "palm"])
def test_every_published_network_survives(net: str, tmp_path: Path) -> None:
    network = find(net)
    names = tuple("0123456789")
    Model(network, initial_parameters(network, 0), published(), names).save(tmp_path / net)
    assert load_model(tmp_path / net, network).network == network


def test_nan_is_neither_saved_nor_read(model: Model, file: Path, tmp_path: Path) -> None:
    weights = {name: w.copy() for name, w in model.parameters.items()}
    weights["C1.w"][0, 0, 1, 1] = np.nan
    broken = Model(model.network, weights, model.normalisation, model.classes)
    with pytest.raises(ModelError, match=r"C1.w holds NaN or infinity"):
        broken.save(tmp_path / "broken")
    assert not (tmp_path / "broken").exists()
    arrays, document = read_arrays(file, MODEL)
    arrays["F3.b"][1] = np.inf
    write_arrays(file, MODEL, arrays, document)
    with pytest.raises(ModelError, match=r"m.safetensors cannot be used: F3.b holds NaN"):
        load_model(file)


def test_arrays_of_another_network_are_refused(file: Path) -> None:
    other = json.loads(find("palm").to_json())
    change(file, network=other, classes=list("0123456789"))
    with pytest.raises(ModelError, match=r"palm needs C1.w of shape \(6, 1, 5, 5\); found \(2,"):
        load_model(file)


def test_a_model_of_another_network_is_refused_by_both_names(file: Path) -> None:
    with pytest.raises(ModelError, match="belongs to the network rows; lenet5 was asked for"):
        load_model(file, find("lenet5"))


def test_a_network_of_the_same_name_is_compared_layer_by_layer(
    file: Path, network: Network
) -> None:
    wider = Network("rows", (1, 6, 6), (*network.layers[:2], find("palm").layers[-1]))
    with pytest.raises(ModelError, match=r"another network of the name rows: Dense.*units=3"):
        load_model(file, wider)
    shorter = Network("rows", (1, 6, 6), network.layers[:2])
    with pytest.raises(ModelError, match="3 layers where 2 were asked for"):
        load_model(file, shorter)
    with pytest.raises(ModelError, match="its rows reads 1x6x6 images; 1x8x8 was asked for"):
        load_model(file, network.with_input((1, 8, 8)))


def test_a_folder_without_a_model_says_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no run: .*\n.*stands before the pict"):
        load_model(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ModelError, match="holds a run that is not finished"):
        load_model(tmp_path)


def test_a_run_folder_with_another_networks_model_is_refused(
    file: Path, tmp_path: Path, network: Network
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    file.rename(folder / "model.safetensors")
    settings = folder / "run.json"
    settings.write_text(json.dumps({"network": json.loads(network.to_json())}))
    assert load_model(folder).network == network
    settings.write_text(json.dumps({"network": json.loads(find("palm").to_json())}))
    with pytest.raises(ModelError, match="belongs to the network rows; palm was asked for"):
        load_model(folder)
    settings.write_text("[]")
    with pytest.raises(ModelError, match=r"run.json is damaged"):
        load_model(folder)


def test_a_checkpoint_is_no_model(tmp_path: Path) -> None:
    write_arrays(tmp_path / "c", CHECKPOINT, {}, {})
    with pytest.raises(ModelError, match=r"is a simplecell.checkpoint file"):
        load_model(tmp_path / "c")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"network": {"format": "simplecell.network", "version": 99}}, "written as version 99"),
        ({"network": None}, "no network"),
        ({"classes": ["a"]}, "1 class name for 3 outputs"),
        ({"classes": None}, "is damaged"),
        ({"normalisation": {"scale": 1.0}}, "is damaged"),
        ({"normalisation": None}, "is damaged"),
        ({"frame": [1]}, "is damaged"),
        ({"training": 3}, "is damaged"),
    ],
)
def test_a_damaged_description_is_refused(
    file: Path, document: dict[str, Any], message: str
) -> None:
    change(file, **document)
    with pytest.raises(ModelError, match=message) as refusal:
        load_model(file)
    assert str(file) in str(refusal.value)


def test_pictures_of_another_shape_are_refused(model: Model) -> None:
    with pytest.raises(ModelError, match="rows reads 1x6x6 images; these are 1x8x8"):
        model.examples(np.zeros((5, 1, 8, 8), np.uint8))


def test_examples_are_normalised_as_in_training(model: Model) -> None:
    examples = model.examples(np.full((1, 1, 6, 6), 255, np.uint8))
    assert examples.values(slice(None)) == pytest.approx(1.175)
