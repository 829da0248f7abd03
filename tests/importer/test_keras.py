"""Networks of Keras: pictures come in with channels last, and are flattened so."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simplecell.engines.protocol import Array, Engine
from simplecell.errors import ModelError
from simplecell.importer import from_onnx

from .conftest import TOLERANCE, answers, away, runtime

FILES = Path(__file__).parent / "files"


def last(x: Array) -> Array:
    """Put channels last."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


CASES: dict[str, tuple[tuple[int, int, int], Callable[[Array], Array]]] = {
    "digits": ((1, 28, 28), last),
    "rows": ((1, 28, 28), lambda x: np.ascontiguousarray(x[:, 0])),
    "normed": ((3, 32, 32), last),
    "padded": ((3, 20, 24), last),
    "scaled": ((3, 12, 12), last),
    "binary": ((1, 16, 16), last),
}


@pytest.mark.parametrize("name", CASES)
def test_kerass_networks_answer_as_in_onnx_runtime(name: str, engines: dict[str, Engine]) -> None:
    shape, turned = CASES[name]
    path = FILES / f"keras_{name}.onnx"
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 255 if name in ("normed", "scaled") else 1, (5, *shape)).astype("f")
    model = from_onnx(path, input_scale=1.0)
    wanted = runtime(path.read_bytes(), turned(x))
    if name == "binary":
        wanted = np.hstack([1 - wanted, wanted])
    assert model.network.input == shape
    for engine in engines.values():
        assert away(answers(model, x, engine), wanted) <= TOLERANCE
    assert np.ptp(wanted, axis=0).max() > 1e-3, "answers that never change test nothing"


def test_a_scale_that_is_in_the_graph_is_for_pixels_of_0_to_255() -> None:
    bytes_read = from_onnx(FILES / "keras_normed.onnx")
    assert bytes_read.normalisation.scale == pytest.approx(1 / 127.5)
    assert bytes_read.normalisation.shift == pytest.approx(-1)
    shares_read = from_onnx(FILES / "keras_rows.onnx")
    assert shares_read.normalisation.scale == pytest.approx(1 / 255)
    assert any("0 to 1" in note for note in shares_read.notes)


def test_one_sigmoid_becomes_two_classes_and_is_said() -> None:
    model = from_onnx(FILES / "keras_binary.onnx", classes=["cat", "dog"])
    assert model.classes == ("cat", "dog")
    assert any("one sigmoid output became two classes" in note for note in model.notes)


def test_numbers_that_the_exporter_made_inputs_are_refused() -> None:
    """Keras 3.15 makes inputs of the numbers of a Normalization layer."""
    with pytest.raises(ModelError, match=r"keras_inputs\.onnx has 3 inputs \('keras_tensor_\d+'"):
        from_onnx(FILES / "keras_inputs.onnx")
