"""Files made by hand to take memory, to bring the process down, or to have another file opened."""

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formats import _network
from strangers import _pack

import simplecell as sc
from simplecell.data.npz import read_npz
from simplecell.data.pack import HEAD, open_pack
from simplecell.document import read_json
from simplecell.errors import DataError, ModelError
from simplecell.train.html import check_training


def state(tmp_path: Path, told: Any) -> Path:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    torch.save(told, tmp_path / "net.pt")
    return tmp_path / "net.pt"


class Zeros:
    """A pickle of 30 bytes that makes a gigabyte."""

    def __reduce__(self) -> tuple[Any, ...]:
        return bytearray, (1 << 30,)


def read_state(path: Path, words: str) -> None:
    from simplecell.engines.pytorch.statedict import state_from_bytes

    with pytest.raises(ModelError, match=words):
        state_from_bytes(path.read_bytes(), path.name)


def test_a_state_whose_pickle_makes_other_things_is_refused_before_it_does(tmp_path: Path) -> None:
    read_state(state(tmp_path, {"a": Zeros()}), "it makes builtins?__?.bytearray|bytearray")


def test_so_is_one_as_pytorch_wrote_them_once(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    kept = {"_use_new_zipfile_serialization": False}
    torch.save({"a": Zeros()}, tmp_path / "old.pt", **kept)
    read_state(tmp_path / "old.pt", "bytearray")
    from simplecell.engines.pytorch.statedict import state_from_bytes

    torch.save(OrderedDict(w=torch.ones(2, 3)), tmp_path / "sound.pt", **kept)
    found, _ = state_from_bytes((tmp_path / "sound.pt").read_bytes(), "sound.pt")
    assert found["w"].tolist() == [[1, 1, 1], [1, 1, 1]]
    (tmp_path / "plain.pt").write_bytes(pickle.dumps([1]))
    read_state(tmp_path / "plain.pt", "no state dict")


def test_a_tensor_that_repeats_one_number_without_end_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    told = {"w": torch.zeros(1).expand(10**9)}
    read_state(state(tmp_path, told), "'w' more numbers than it has bytes")
    for odd, words in (
        (torch.eye(3).to_sparse(), "no plain tensor"),
        (torch.zeros(2, device="meta"), "no plain tensor"),
        (torch.zeros(2, dtype=torch.complex64), "complex numbers"),
    ):
        read_state(state(tmp_path, {"w": odd}), words)


def test_a_state_in_a_zip_that_unpacks_to_more_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    sound = state(tmp_path, OrderedDict(w=torch.zeros(10**6)))
    with zipfile.ZipFile(sound) as plain, zipfile.ZipFile(tmp_path / "packed.pt", "w") as packed:
        for name in plain.namelist():
            packed.writestr(name, plain.read(name), zipfile.ZIP_DEFLATED)
    assert (tmp_path / "packed.pt").stat().st_size < 10**5
    read_state(tmp_path / "packed.pt", "it is packed, as PyTorch writes none")
    with zipfile.ZipFile(sound, "a") as twice:
        twice.writestr("NET/DATA.PKL", b"")
    read_state(sound, "two of its files have one name")


def test_an_onnx_file_of_ours_opens_no_other_file(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    from simplecell.export.onnx import write

    data = (np.arange(1080) % 251).astype(np.uint8).reshape(30, 1, 6, 6), np.arange(30) % 3
    told = {"epochs": 1, "engine": "reference", "progress": False}
    model = sc.fit(_network(), data, **told).model
    write(model, tmp_path / "net.onnx")
    proto = onnx.load(tmp_path / "net.onnx")
    array = next(a for a in proto.graph.initializer if a.name == "F3.w")
    length = len(array.raw_data)
    (tmp_path / "secret").write_bytes(bytes(length))
    array.ClearField("raw_data")
    array.data_location = onnx.TensorProto.EXTERNAL
    entry = array.external_data.add()
    entry.key, entry.value = "location", "secret"
    with pytest.raises(ModelError, match="lies in another file"):
        sc.from_onnx(proto.SerializeToString())


def test_a_network_whose_maps_fill_the_memory_is_refused() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    make = onnx.helper
    value = make.make_tensor_value_info
    for shape in ([1, 3, 2**20, 2**12], [1, 2**40]):
        nodes = [make.make_node("Relu", ["x"], ["y"])]
        graph = make.make_graph(nodes, "g", [value("x", 1, shape)], [value("y", 1, None)])
        content = make.make_model(graph, opset_imports=[make.make_opsetid("", 18)])
        with pytest.raises(ModelError, match="maps of up to 16,777,216 cells"):
            sc.from_onnx(content.SerializeToString())


def test_a_table_whose_values_end_beyond_the_file_is_refused(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="Arrow takes pyarrow")
    images = [bytes([65 + k]) * 1000 for k in range(20)]
    table = arrow.table({"image": images, "label": [k % 2 for k in range(20)]})
    held = io.BytesIO()
    with arrow.ipc.new_file(held, table.schema) as out:
        out.write_table(table)
    content = held.getvalue()
    last = (19_000).to_bytes(4, "little") + (20_000).to_bytes(4, "little")
    assert content.count(last) == 1
    far = last[:4] + (2**31 - 1).to_bytes(4, "little")
    (tmp_path / "d.arrow").write_bytes(content.replace(last, far))
    with pytest.raises(DataError, match="is damaged, or no sound table"):
        sc.load(tmp_path / "d.arrow")


def test_an_array_whose_header_is_no_python_is_refused(tmp_path: Path) -> None:
    for header in (b"{'descr': '|u1', 'shape': (2,", b"(" * 9000, b"\x00", b"{'a': '''"):
        whole = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr("x.npy", whole)
        with pytest.raises(DataError):
            read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "told",
    [
        {"learn": "1"}, {"learn": 10**9}, {"classes": 3}, {"classes": ["a"]}, {"skipped": []},
        {"shape": [1, 2]}, {"shape": [-1, 1, 8, 8]}, {"rows": 0}, {"crc32": 5}, {"said": [[1]]},
    ],
)  # fmt: skip
def test_a_pack_whose_index_makes_no_sense_is_damaged(
    told: dict[str, Any], tmp_path: Path
) -> None:
    import zlib

    pixels = np.zeros((24, 12, 12), np.uint8)
    _pack(tmp_path, pixels, np.arange(24) % 3)
    content = (tmp_path / "sound.pack").read_bytes()
    magic, at, length, _ = HEAD.unpack(content[: HEAD.size])
    text = json.dumps({**json.loads(content[at : at + length]), **told}).encode()
    head = HEAD.pack(magic, at, len(text), zlib.crc32(text))
    (tmp_path / "odd.pack").write_bytes(head + content[HEAD.size : at] + text)
    with pytest.raises(DataError, match="is damaged"):
        open_pack(tmp_path / "odd.pack")


@pytest.mark.parametrize(
    "training", [{"history": {"a": 1}}, {"history": "x"}, {"history": [1]}, {"data": {"name": []}}]
)
def test_a_model_whose_course_is_none_is_refused(training: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="makes no sense"):
        check_training(training)


def test_bytes_of_text_in_two_encodings_are_no_table(tmp_path: Path) -> None:
    held = io.BytesIO()
    rows = "\n".join(",".join(str((k * j) % 256) for j in range(145)) for k in range(3000))
    held.write(rows.encode() + b"\n\xff\xfe\xff,1,2\n")
    (tmp_path / "d.csv").write_bytes(held.getvalue())
    with pytest.raises(DataError):
        sc.load(tmp_path / "d.csv")


@pytest.mark.parametrize("text", [r'{"a": "\ud800"}', r'["\udC00\uD800"]', r'{"\udfff": 1}'])
def test_half_a_character_is_refused_where_it_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="half of a character"):
        read_json(text)
    assert read_json(r'["\ud83d\ude00", "\\ud800"]') == ["\U0001f600", "\\ud800"]


def test_a_long_text_takes_no_more_memory_than_a_few_times_its_length() -> None:
    code = """
import resource
from simplecell.document import read_json
text = '["' + 20_000_000 * "a" + '"]'
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read_json(text)
taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert taken < 150_000, taken
"""
    src = str(Path(sc.__file__).parents[1])
    env = {**os.environ, "PYTHONPATH": src}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


def test_names_that_are_no_text_and_classes_below_0_are_said(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="Arrow takes pyarrow")
    rows = [{"bytes": b"P5 8 8 255 " + bytes(range(64))}] * 4
    held = io.BytesIO()
    table = arrow.table({"image": rows, "label": [0, 1, -7, 0]})
    names = {"info": {"features": {"label": {"names": ["a", "b"]}}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(names)})
    with arrow.ipc.new_file(held, table.schema) as out:
        out.write_table(table)
    (tmp_path / "d.arrow").write_bytes(held.getvalue())
    assert sc.load(tmp_path / "d.arrow").classes == ("-7", "a", "b")
    (tmp_path / "d.arrow").write_bytes(held.getvalue().replace(b"bytes", b"byt\xce\x01"))
    with pytest.raises(DataError, match="no sound table"):
        sc.load(tmp_path / "d.arrow")


def test_lines_that_leave_nearly_all_out_do_not_fill_the_memory(tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text("1 1:5 16000000:1\n2 1:3\n" * 5)
    with pytest.raises(DataError, match="more memory than is meant"):
        sc.load(tmp_path / "d.txt")
