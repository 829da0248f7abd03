"""What cannot be taken is refused by name, with its place and the nearest thing that could be."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.cli.main import main
from simplecell.errors import ModelError
from simplecell.importer import from_onnx

from .conftest import graph, node, onnx, weights

CONV = {"w": weights(2, 1, 3, 3), "b": weights(2)}
ROWS = {"v": weights(72, 4)}


def flattened(*nodes: Any) -> tuple[Any, ...]:
    """A chain that ends in scores: the nodes give `m`, (N, 2, 6, 6)."""
    return (*nodes, node("Flatten", "m", "r"), node("MatMul", "r v", "y"))


def residual() -> bytes:
    return graph(
        *flattened(
            node("Conv", "x w b", "u"),
            node("Relu", "u", "a"),
            node("Conv", "a k", "c"),
            node("Add", "c a", "m"),
        ),
        constants=CONV | ROWS | {"k": weights(2, 2, 1, 1)},
    )


def branch() -> bytes:
    return graph(
        *flattened(
            node("Conv", "x w b", "u"),
            node("Relu", "u", "a"),
            node("Tanh", "u", "c"),
            node("Concat", "a c", "m", axis=1),
        ),
        constants=CONV | ROWS,
    )


def swish() -> bytes:
    return graph(
        *flattened(node("Conv", "x w b", "u"), node("Sigmoid", "u", "s"), node("Mul", "u s", "m")),
        constants=CONV | ROWS,
    )


def loop() -> bytes:
    helper = onnx.helper
    body = helper.make_graph([], "body", [], [])
    return graph(helper.make_node("Loop", ["n", "c", "x"], ["y"], body=body),
                 constants={"n": np.int64(3), "c": np.array(True)})  # fmt: skip


def external() -> bytes:
    model = onnx.load_model_from_string(
        graph(*flattened(node("Conv", "x w b", "m")), constants=CONV | ROWS)
    )
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    entry = model.graph.initializer[0].external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    model.graph.initializer[0].ClearField("raw_data")
    return bytes(model.SerializeToString())


def two_inputs() -> bytes:
    model = onnx.load_model_from_string(
        graph(*flattened(node("Conv", "x w b", "m")), constants=CONV | ROWS)
    )
    model.graph.input.append(onnx.helper.make_tensor_value_info("age", 1, ["N", 1]))
    return bytes(model.SerializeToString())


def two_outputs() -> bytes:
    model = onnx.load_model_from_string(
        graph(*flattened(node("Conv", "x w b", "m")), constants=CONV | ROWS)
    )
    model.graph.output.append(onnx.helper.make_tensor_value_info("m", 1, None))
    return bytes(model.SerializeToString())


def chained(operator: str, constants: dict[str, Any] | None = None, **settings: Any) -> bytes:
    """A convolution, then one node more."""
    inputs = " ".join(("u", *(constants or {})))
    return graph(
        *flattened(node("Conv", "x w b", "u"), node(operator, inputs, "m", **settings)),
        constants=CONV | ROWS | (constants or {}),
    )


def convolved(shape: Sequence[int | str] = ("N", 1, 8, 8), **settings: Any) -> bytes:
    """One convolution."""
    return graph(
        *flattened(node("Conv", "x w b", "m", **settings)), constants=CONV | ROWS, shape=shape
    )


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "residual": (residual, r"node 4, Add: two ways meet here, 'c' and 'a', as in a residual"),
    "branch": (
        branch,
        r"node 3, Tanh: the network branches: 'u' is read here and by node 2, Relu",
    ),
    "swish": (swish, r"node 3, Mul: two ways meet here, 'u' and 's'.*\n.*chains: each layer"),
    "loop": (loop, r"node 1, Loop: it has a graph inside\.\n.*without loops"),
    "dilation": (
        lambda: convolved(dilations=[2, 2]),
        r"node 1, Conv: its window is dilated by \[2, 2\]\.\n.*larger kernel without",
    ),
    "wide_padding": (
        lambda: convolved(pads=[3, 0, 0, 0]),
        r"node 1, Conv: .*padding is \(\(3, 0\), \(0, 0\)\).*\n",
    ),
    "transposed": (
        lambda: chained("ConvTranspose", {"k": weights(2, 2, 3, 3)}),
        r"node 2, ConvTranspose: it is no layer of a chain\.\n.*nearest is Conv",
    ),
    "recurrent": (
        lambda: chained("LSTM", {"k": weights(1, 8, 2), "q": weights(1, 8, 2)}),
        r"node 2, LSTM: it is no layer of a chain\.\n.*keeps no memory",
    ),
    "external": (external, r"array 'w' lies in another file.*\n.*external_data=False"),
    "sizes": (
        lambda: convolved(shape=("N", 1, "height", "width")),
        r"reads pictures of any size, \(N, 1, height, width\).*\n.*--shape 3,32,32",
    ),
    "two_inputs": (two_inputs, r"has 2 inputs \('x', 'age'\).*\n.*the others as constants"),
    "two_outputs": (two_outputs, r"has 2 outputs \('y', 'm'\).*\n.*that output alone"),
    "unknown": (
        lambda: chained("HardSwish"),
        r"node 2, HardSwish: it is no layer of a chain\.\n.*Relu and Softplus",
    ),
    "foreign": (
        lambda: chained("FusedConv", domain="com.microsoft"),
        r"node 2, FusedConv: the operator is of 'com\.microsoft'.*\n.*without optimisations",
    ),
    "places": (
        lambda: chained("Add", {"k": weights(1, 2, 6, 6)}),
        r"node 2, Add: its constant has a number of its own for each place.*\n.*for each map",
    ),
    "reflection": (
        lambda: chained("Pad", {"k": np.array([0, 0, 1, 1, 0, 0, 1, 1])}, mode="reflect"),
        r"node 2, Pad: it pads by the mode 'reflect'\.\n.*mode 'constant'",
    ),
    "softmax_of_maps": (
        lambda: chained("Softmax", axis=1),
        r"node 2, Softmax: it is taken over the axis 1 of \['N', 2, 6, 6\]\.\n.*all the classes",
    ),
    "softmax_within": (
        lambda: graph(
            node("Flatten", "x", "r"),
            node("MatMul", "r v", "u"),
            node("Softmax", "u", "s"),
            node("MatMul", "s k", "y"),
            constants={"v": weights(64, 5), "k": weights(5, 3)},
        ),
        r"node 4, MatMul: it comes after a softmax\.\n.*Softmax ends a network",
    ),
    "one_number": (
        lambda: graph(
            node("Flatten", "x", "r"),
            node("MatMul", "r v", "y"),
            constants={"v": weights(64, 1)},
        ),
        r"one number for a picture.*\n.*one output for each class",
    ),
    "maps_at_the_end": (
        lambda: graph(node("Conv", "x w b", "y"), constants=CONV),
        r"ends with maps of 6x6, and not with a score for each class.*\n.*GlobalAveragePool",
    ),
    "whole_batch": (
        lambda: chained("Reshape", {"k": np.array([-1])}),
        r"node 2, Reshape: it makes \[-1\] of \['N', 2, 6, 6\], which mixes the pictures",
    ),
    "mean_of_a_row": (
        lambda: chained("ReduceMean", {"k": np.array([3])}),
        r"node 2, ReduceMean: it is taken over the axes \[3\], which are not just height",
    ),
    "attention": (
        lambda: graph(
            node("Flatten", "x", "r"), node("MatMul", "v r", "y"), constants={"v": weights(4, 64)}
        ),
        r"node 2, MatMul: its weights depend on the pictures\.\n.*constants of the file",
    ),
    "one_dimension": (
        lambda: graph(
            node("Conv", "x w", "m"),
            node("Flatten", "m", "y"),
            constants={"w": weights(2, 1, 3)},
            shape=("N", 1, 8),
        ),
        r"node 1, Conv: it reads \['N', 1, 8\] where the maps below are \(1, 1, 8\)",
    ),
    "sequences": (
        lambda: graph(node("Relu", "x", "y"), shape=("N", 4, 3, 8, 8)),
        r"its input has 5 axes\.\n.*simplecell reads pictures",
    ),
    "nothing": (lambda: graph(node("Flatten", "x", "y")), r"has no layers\.\n.*has one at least"),
    "unconnected": (
        lambda: graph(node("Conv", "x w b", "m"), constants=CONV | {"y": weights(3)}),
        r"no way leads from its input 'x' to its output 'y'",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_refusal_names_its_place_and_what_could_be_instead(
    case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make, words = CASES[case]
    path = tmp_path / "theirs.onnx"
    path.write_bytes(make())
    with pytest.raises(ModelError, match=words) as refused:
        from_onnx(path)
    lines = str(refused.value).splitlines()
    assert len(lines) == 2
    assert max(map(len, lines)) <= 100 + len(str(path)) + 120
    with pytest.raises(SystemExit) as end:
        main(["import", str(path), "--out", str(tmp_path / "mine.safetensors")])
    printed = capfd.readouterr()
    assert end.value.code == 2
    assert printed.err.startswith("ModelError: ")
    assert "Traceback" not in printed.err
    assert list(tmp_path.iterdir()) == [path], "nothing is written"


def test_there_are_more_than_twelve_refusals() -> None:
    assert len(CASES) > 12
