"""Files from strangers: whatever they hold, one message, no traceback, no other file opened."""

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simplecell.errors import ModelError, SimplecellError
from simplecell.export.onnx import tensor
from simplecell.export.onnx.tensor import read_tensor
from simplecell.importer import from_onnx
from simplecell.importer.file import MOST_NODES, parse

from .conftest import graph, node, onnx, weights

SOUND = graph(
    node("Conv", "x w b", "u"),
    node("Relu", "u", "m"),
    node("Flatten", "m", "r"),
    node("Gemm", "r v c", "y"),
    constants={
        "w": weights(2, 1, 3, 3),
        "b": weights(2),
        "v": weights(72, 4),
        "c": weights(4),
    },
)


def changed(change: Any) -> bytes:
    model = onnx.load_model_from_string(SOUND)
    change(model)
    return bytes(model.SerializeToString())


def test_the_sound_file_is_read() -> None:
    assert [layer.name for layer in from_onnx(SOUND).network.layers] == ["C1", "F2"]


def set_type(model: Any, kind: int) -> None:
    model.graph.initializer[0].data_type = kind


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.graph.initializer[0].dims.__setitem__(0, 3), r"'w' is damaged: its shape"),
        (lambda m: set_type(m, 0), r"'w' holds numbers of the type 0"),
        (lambda m: set_type(m, 8), r"'w' holds numbers of the type 8"),
        (lambda m: set_type(m, 77), r"'w' holds numbers of the type 77"),
        (lambda m: m.graph.initializer[0].dims.__setitem__(0, -1), r"'w' has the shape \(-1,"),
        (
            lambda m: m.graph.initializer[0].dims.__setitem__(0, 2**40),
            r"reads up to 67,108,864 numbers",
        ),
        (lambda m: m.graph.initializer[0].dims.extend([1] * 9), r"in up to 8 axes"),
        (lambda m: m.ClearField("opset_import"), r"is of version 0 of ONNX's operators"),
        (lambda m: setattr(m.opset_import[0], "version", 99), r"is of version 99"),
        (lambda m: m.graph.ClearField("input"), r"has 0 inputs \(none\)"),
        (lambda m: m.graph.ClearField("output"), r"has 0 outputs \(none\)"),
        (lambda m: m.graph.input[0].type.ClearField("tensor_type"), r"its input has 0 axes"),
        (lambda m: m.graph.node[0].input.__setitem__(1, "gone"), r"node 1, Conv: it reads 'gone'"),
        (lambda m: m.graph.node.insert(0, m.graph.node[3]), r"node 1, Gemm: it reads 'r'"),
        (lambda m: m.functions.add(name="swish"), r"has functions of its own, as 'swish'"),
        (
            lambda m: m.graph.sparse_initializer.add(),
            r"has sparse arrays",
        ),
        (
            lambda m: m.graph.node.extend([m.graph.node[1]] * MOST_NODES),
            r"has 2,004 nodes; simplecell reads up to 2,000",
        ),
        (lambda m: m.graph.node[0].attribute.add(name="pads", type=7, ints=[1]), r"its pads are"),
        (lambda m: m.graph.node[0].attribute.add(name="strides", type=7, ints=[0, 0]), "no sense"),
        (lambda m: m.graph.node[0].attribute.add(name="group", type=2, i=3), r"in 3 groups"),
        (lambda m: m.graph.node[0].attribute.add(name="group", type=1, f=1.5), r"makes no sense"),
        (
            lambda m: m.graph.initializer[0].CopyFrom(
                onnx.numpy_helper.from_array(np.full((2, 1, 3, 3), np.nan, "f"), "w")
            ),
            r"NaN or infinity",
        ),
    ],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_refused(change: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        from_onnx(changed(change))


@pytest.mark.parametrize("content", [b"", b"Dear reader,", b"\x08\x09\x12\xff", SOUND[:200]])
def test_what_is_no_onnx_file_or_half_of_one_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"the bytes is no ONNX file, or a damaged one"):
        from_onnx(content)


def test_a_file_that_is_not_there_and_one_that_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match=r"there is no file .*none\.onnx"):
        from_onnx(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match="could not be read"):
        from_onnx(tmp_path)
    monkeypatch.setattr("simplecell.importer.file.MOST_BYTES", 100)
    with pytest.raises(ModelError, match="has more than 100 bytes"):
        parse(SOUND, "large.onnx")


def test_a_file_that_lies_elsewhere_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(72))

    def away(model: Any) -> None:
        array = model.graph.initializer[0]
        array.ClearField("raw_data")
        array.data_location = onnx.TensorProto.EXTERNAL
        entry = array.external_data.add()
        entry.key, entry.value = "location", str(secret)

    content = changed(away)
    opened = builtins.open

    def watched(file: Any, *told: Any, **how: Any) -> Any:
        assert "secret" not in str(file)
        return opened(file, *told, **how)

    monkeypatch.setattr(builtins, "open", watched)
    with pytest.raises(ModelError, match="lies in another file"):
        from_onnx(content)


def test_a_small_file_that_asks_for_much_memory_is_refused() -> None:
    bomb = graph(
        node("ConstantOfShape", "s", "k"), node("Add", "x k", "y"),
        constants={"s": np.array([1 << 20, 1 << 20])},
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"node 1, ConstantOfShape: it makes 1,099,511,627,776"):
        from_onnx(bomb)
    spread = graph(
        node("Expand", "a s", "k"), node("Add", "x k", "y"),
        constants={"s": np.array([1 << 20, 1 << 20]), "a": np.float32(1)},
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"node 1, Expand: it makes"):
        from_onnx(spread)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_byte_is_changed_nothing_but_our_own_errors_comes(data: Any) -> None:
    content = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for damaged in (bytes(content), bytes(content[:cut])):
        try:
            from_onnx(damaged)
        except SimplecellError as problem:
            assert len(str(problem).splitlines()) <= 4


@pytest.mark.parametrize(
    "kind", ["float32", "float64", "float16", "int8", "uint8", "int16", "int32", "int64", "bool"]
)
@pytest.mark.parametrize("raw", [True, False])
def test_arrays_are_read_as_onnx_reads_them(kind: str, raw: bool) -> None:
    values = np.arange(-3, 9).astype(kind).reshape(3, 4)
    if raw:
        made = onnx.numpy_helper.from_array(values, "a")
    else:
        number = onnx.helper.np_dtype_to_tensor_dtype(values.dtype)
        made = onnx.helper.make_tensor("a", number, values.shape, values.ravel())
    found = read_tensor(made, "file")
    assert found.dtype == values.dtype
    assert np.array_equal(found, values)


@pytest.mark.parametrize("raw", [True, False])
def test_bfloat16_is_widened(raw: bool) -> None:
    values = np.array([1.5, -2.0, 0.0, 384.0], np.float32)
    number = onnx.TensorProto.BFLOAT16
    bits = (values.view(np.uint32) >> 16).astype(np.uint16)
    made = onnx.TensorProto(name="a", data_type=number, dims=[4])
    if raw:
        made.raw_data = bits.tobytes()
    else:
        made.int32_data.extend(bits.tolist())
    assert np.array_equal(read_tensor(made, "file"), values)


def test_the_limit_is_what_it_says() -> None:
    assert tensor.MOST_NUMBERS * 4 == 256 << 20
