"""Graphs of a few nodes, made by hand; networks exported by PyTorch; ONNX Runtime's answers."""

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from simplecell.engines.protocol import Array, Engine, Examples
from simplecell.importer import Imported

onnx = pytest.importorskip("onnx", reason="onnx is not installed")

TOLERANCE = 1e-5

collect_ignore = ["make_keras.py", "make_dynamo.py"]
"""Run once by hand, with packages that tests do without."""


def graph(
    *nodes: Any,
    constants: Mapping[str, Any] | None = None,
    shape: Sequence[int | str] = ("N", 1, 8, 8),
    output: str = "y",
    opset: int = 18,
    kind: int = 1,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """Make a file of nodes: from `x` to `output`."""
    helper = onnx.helper
    made = helper.make_graph(
        list(nodes),
        "made",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(output, 1, None)],
        [
            onnx.numpy_helper.from_array(np.asarray(values), name)
            for name, values in (constants or {}).items()
        ],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 9
    helper.set_model_props(model, dict(metadata or {}))
    return bytes(model.SerializeToString())


def node(operator: str, inputs: str, output: str, **settings: Any) -> Any:
    """Make a node of "x w b", as in node("Conv", "x w b", "u")."""
    return onnx.helper.make_node(operator, inputs.split(), output.split(), **settings)


def weights(*shape: int, seed: int = 3) -> Array:
    return np.random.default_rng(seed).normal(0, 0.5, shape).astype(np.float32)


def answers(model: Imported, x: Array, engine: Engine) -> Array:
    """What the model makes of pictures that are as the file reads them; input_scale was 1."""
    told = model.normalisation
    found = engine.program(model.network).forward(
        model.parameters, Examples(x, None, told.scale, told.shift)
    )
    return np.asarray(found, np.float64)


def away(found: Array, wanted: Array) -> float:
    """The largest difference, over the largest size if that is above 1."""
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max() / max(1.0, np.abs(wanted).max()))


def runtime(content: bytes, x: Array) -> Array:
    """ONNX Runtime's answers."""
    room = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    session = room.InferenceSession(content, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: x})
    return np.asarray(found, np.float64)


def exported(module: Any, shape: Sequence[int], **how: Any) -> bytes:
    """Export by the TorchScript exporter, which needs nothing but PyTorch."""
    import torch

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.zeros(2, *shape),), file, dynamo=False, **how)
    return file.getvalue()


@pytest.fixture(scope="session")
def engines() -> dict[str, Engine]:
    from simplecell.engines.choose import engine

    return {name: engine(name, 1) for name in ("reference", "lanes")}


Exported = Callable[..., bytes]
