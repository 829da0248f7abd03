"""What single nodes become: settings that networks of tutorials leave as they are."""

from typing import Any

import numpy as np
import pytest

from simplecell.engines.protocol import Array, Engine
from simplecell.errors import ModelError
from simplecell.importer import from_onnx
from simplecell.spec.layers import LAYER_TYPES, Conv

from .conftest import TOLERANCE, answers, away, graph, node, runtime, weights

NORM = {"g": weights(3), "h": weights(3, seed=5), "m": weights(3, seed=6),
        "v": np.abs(weights(3, seed=7)) + 0.1}  # fmt: skip
BODY = {"w": weights(3, 1, 3, 3), "b": weights(3), "k": weights(108, 4)}


def body(*nodes: Any, opset: int = 18, **constants: Array) -> bytes:
    """A convolution to `u`, the nodes from `u` to `m`, a full connection."""
    return graph(
        node("Conv", "x w b", "u"), *nodes, node("Flatten", "m", "r"),
        node("MatMul", "r k", "y"), constants={**BODY, **constants}, opset=opset,
    )  # fmt: skip


def same(content: bytes, engines: dict[str, Engine], **how: Any) -> Any:
    x = weights(4, 1, 8, 8, seed=9)
    model = from_onnx(content, input_scale=1.0, **how)
    found = answers(model, x, engines["reference"])
    assert away(found, runtime(content, x)) <= TOLERANCE
    return model


def test_batch_normalisation_is_kept_or_folded(engines: dict[str, Engine]) -> None:
    norm = node("BatchNormalization", "u g h m v", "n", epsilon=1e-3, momentum=0.75)
    content = graph(
        node("Conv", "x w b", "u"), norm, node("Relu", "n", "a"), node("Flatten", "a", "r"),
        node("MatMul", "r k", "y"), constants=BODY | NORM,
    )  # fmt: skip
    kept = same(content, engines)
    assert kept.network.layers[1] == LAYER_TYPES["batch_norm"](
        name="N2", epsilon=1e-3, momentum=0.25, squash="relu"
    )
    assert np.array_equal(kept.parameters["N2.variance"], NORM["v"])
    folded = same(content, engines, fold=True)
    assert [layer.type for layer in folded.network.layers] == ["conv", "dense"]
    assert "batch norm, times" in folded.steps[1].how
    assert folded.steps[1].became == "C1"


def test_batch_normalisation_of_each_place_is_refused() -> None:
    ones = np.ones(108, np.float32)
    content = graph(
        node("Conv", "x w b", "u"), node("Flatten", "u", "r"),
        node("BatchNormalization", "r g h m v", "n"), node("MatMul", "n k", "y"),
        constants=BODY | {"g": ones, "h": 0 * ones, "m": 0 * ones, "v": ones},
    )  # fmt: skip
    with pytest.raises(ModelError, match="108 numbers for 3 maps: one for each place"):
        from_onnx(content)


@pytest.mark.parametrize(
    ("drop", "opset", "rate"),
    [
        (node("Dropout", "u", "m", ratio=0.3), 11, 0.3),
        (node("Dropout", "u t", "m"), 18, 0.25),
        (node("Dropout", "u", "m mask"), 18, 0.5),
    ],
)
def test_dropout_of_each_version_has_its_rate(
    drop: Any, opset: int, rate: float, engines: dict[str, Engine]
) -> None:
    model = same(body(drop, opset=opset, t=np.float32(0.25)), engines)
    assert [layer.type for layer in model.network.layers] == ["conv", "dropout", "dense"]
    assert getattr(model.network.layers[1], "rate", None) == rate


def test_softplus_as_the_newer_exporter_writes_it_is_one_function(
    engines: dict[str, Engine],
) -> None:
    def written(limit: float) -> bytes:
        return body(
            node("Softplus", "u", "s"), node("Greater", "u t", "c"), node("Where", "c u s", "m"),
            t=np.float32(limit),
        )  # fmt: skip

    model = same(written(20), engines)
    assert [layer.squash for layer in model.network.layers] == ["softplus", "identity"]
    assert [step.how for step in model.steps[2:4]] == ["a part of softplus"] * 2
    with pytest.raises(ModelError, match="node 3, Greater: the network branches"):
        from_onnx(written(2))


def test_sums_and_products_after_a_squashing_function_are_one_layer_of_gains(
    engines: dict[str, Engine],
) -> None:
    model = same(
        body(
            node("Tanh", "u", "a"), node("Mul", "a s", "p"), node("Sub", "t p", "m"),
            s=weights(1, 3, 1, 1), t=np.float32(0.5),
        ),
        engines,
    )  # fmt: skip
    assert [layer.type for layer in model.network.layers] == ["conv", "subsample", "dense"]


def test_padding_same_and_a_cut_below_0(engines: dict[str, Engine]) -> None:
    for kind in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        content = graph(
            node("Conv", "x w b", "u", auto_pad=kind, strides=[2, 2]),
            node("Clip", "u z", "m"), node("GlobalMaxPool", "m", "p"), node("Flatten", "p", "y"),
            constants=BODY | {"z": np.float32(0)},
        )  # fmt: skip
        first = same(content, engines).network.layers[0]
        assert isinstance(first, Conv)
        assert first.squash == "relu"
        assert first.padding == {"SAME_UPPER": "same", "SAME_LOWER": ((1, 0), (1, 0)),
                                 "VALID": ((0, 0), (0, 0))}[kind]  # fmt: skip


@pytest.mark.parametrize(("axes", "keep"), [([2, 3], 1), ([-1, -2], 0), ([3, 2], 0)])
def test_means_over_height_and_width_are_global_pooling(
    axes: list[int], keep: int, engines: dict[str, Engine]
) -> None:
    mean = node("ReduceMean", "u a", "p", keepdims=keep)
    content = graph(
        node("Conv", "x w b", "u"), mean, node("Flatten", "p", "y"),
        constants=BODY | {"a": np.array(axes)},
    )  # fmt: skip
    assert same(content, engines).network.layers[1].type == "global_pool"
