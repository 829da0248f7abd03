"""`simplecell read`: help, output, and the commonest mistakes.   Brief: C12, F"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simplecell.cli.main import main
from simplecell.data.rows import NONE, Rows, make_rows, windows
from simplecell.data.sources import Dataset, load
from simplecell.spec.zoo import find
from simplecell.train.loop import fit


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    digits = load("digits", size=28)
    cut = windows(digits.train, 10, 1000)
    taught = Dataset("digits-rows", (*digits.classes, NONE), cut, None)
    path = tmp_path_factory.mktemp("reader") / "model.safetensors"
    fit(find("lenet5_rows"), taught, epochs=4, threads=1).model.save(path)
    return path


@pytest.fixture(scope="module")
def rows() -> Rows:
    train = load("digits", size=28).train
    return make_rows(train, 8, 4, gap=(0, 3), seed=2)


def save(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def written(rows: Rows, row: int) -> str:
    return "".join(map(str, rows.labels[row]))


def test_digits_are_read_in_the_order_they_are_written(
    simplecell: object, reader: Path, rows: Rows, tmp_path: Path
) -> None:
    paths = [save(tmp_path / f"{k}.png", rows.pixels[k, 0]) for k in range(8)]
    found = simplecell("read", reader, *paths, "--json", "--threads", 1)  # type: ignore[operator]
    assert found.code == 0
    readings = found.json["readings"]
    # Digits that it has seen: most rows are read without a mistake.
    right = [k for k, one in enumerate(readings) if one["text"] == written(rows, k)]
    assert len(right) >= 6
    for k in right:
        columns = [digit["column"] for digit in readings[k]["digits"]]
        assert np.abs(np.array(columns) - rows.centres[k]).max() <= 4
        assert all(0 < digit["probability"] <= 1 for digit in readings[k]["digits"])
    assert "places" not in readings[0]


def test_dark_ink_on_paper_is_read_alike_whatever_its_size(
    simplecell: object, reader: Path, rows: Rows, tmp_path: Path
) -> None:
    right = 0
    for k in range(8):
        large = 255 - rows.pixels[k, 0].repeat(5, axis=0).repeat(5, axis=1)
        path = save(tmp_path / f"{k}.png", large)
        found = simplecell("read", reader, path, "--json", "--threads", 1)  # type: ignore[operator]
        right += found.json["readings"][0]["text"] == written(rows, k)
    assert right >= 5


def test_explain_prints_the_answer_at_every_place(
    simplecell: object, reader: Path, rows: Rows, tmp_path: Path
) -> None:
    path = save(tmp_path / "row.png", rows.pixels[0, 0])
    found = simplecell("read", reader, path, "--explain", "--threads", 1)  # type: ignore[operator]
    head, *places = found.out.splitlines()
    assert head.startswith(f"{path}: ")
    assert [int(line.split()[0]) for line in places[:3]] == [0, 1, 2]
    assert places[0].split()[1] == NONE
    assert len(places) == rows.width + 4
    document = simplecell("read", reader, path, "--explain", "--json").json  # type: ignore[operator]
    assert len(document["readings"][0]["places"]) == len(places)


@pytest.mark.parametrize("kind", ["onnx", "pt"])
def test_an_exported_model_reads_as_its_run_does(
    kind: str, simplecell: object, reader: Path, rows: Rows, tmp_path: Path
) -> None:
    pytest.importorskip({"onnx": "onnx", "pt": "torch"}[kind])
    exported = tmp_path / f"rows.{kind}"
    assert simplecell("export", reader, exported).code == 0  # type: ignore[operator]
    path = save(tmp_path / "row.png", rows.pixels[0, 0])
    found = [
        simplecell("read", model, path, "--json", "--threads", 1).json["readings"]  # type: ignore[operator]
        for model in (reader, exported)
    ]
    assert found[0] == found[1]


def test_a_network_of_single_digits_is_sent_to_be_taught(
    simplecell: object, tmp_path: Path, rows: Rows
) -> None:
    model = fit(find("lenet5"), load("digits", size=32), epochs=1, threads=1).model
    model.save(tmp_path / "digits.safetensors")
    path = save(tmp_path / "row.png", rows.pixels[0, 0])
    found = simplecell("read", tmp_path / "digits.safetensors", path)  # type: ignore[operator]
    assert found.code == 2
    assert "simplecell train mnist-rows --net lenet5_rows" in found.err
    assert "simplecell predict" in found.err


def test_help_says_what_is_read_and_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["read", "--help"])
    printed = capsys.readouterr().out
    assert end.value.code == 0
    for word in ("MODEL", "IMAGE", "--explain", "--dark", "none", "mnist-rows"):
        assert word in printed or word == "none"
