"""Parquet and Arrow as Hugging Face writes pictures; skipped where pyarrow is not installed."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.sources import load
from simplecell.errors import DataError

pa = pytest.importorskip("pyarrow", reason="Parquet takes pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

WORDS = ["zebra", "ant"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))


def png(shade: int) -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.full((32, 32), shade, np.uint8)).save(held, "png")
    return held.getvalue()


def table(count: int = 20, *, named: bool = True, **columns: Any) -> Any:
    """Zebras are dark and ants light; class 0 is the zebra, though a comes before z."""
    labels = [k % 2 for k in range(count)]
    images = [
        {"bytes": png(5 * k % 100 + 130 * (k % 2)), "path": f"{k}.png"} for k in range(count)
    ]
    made = pa.table({"image": images, "label": labels, **columns})
    if not named:
        return made
    features = {"image": {"_type": "Image"}, "label": {"names": WORDS, "_type": "ClassLabel"}}
    return made.replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )


def right(data: Any, learnt: int, tested: int) -> None:
    assert data.classes == ("ant", "zebra")
    assert len(data.train) == learnt
    assert len(data.test) == tested
    light = data.train.pixels[:, 0, 0, 0] >= 130
    assert (light == (data.train.labels == 0)).all()


def test_a_parquet_file_is_read_with_its_classes_names(tmp_path: Path) -> None:
    parquet.write_table(table(), tmp_path / "birds.parquet")
    right(load(tmp_path / "birds.parquet"), 16, 4)


def test_a_file_that_repeats_one_picture_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parquet writes a value once, and where it stands in a few bits."""
    images = [png(5), png(200)]
    codes = pa.array([k % 2 for k in range(20_000)], pa.int32())
    cells = pa.DictionaryArray.from_arrays(codes, pa.array(images)).cast(pa.binary())
    made = pa.table({"image": cells, "label": codes})
    parquet.write_table(made, tmp_path / "birds.parquet")
    assert made.nbytes > 100 * (tmp_path / "birds.parquet").stat().st_size
    monkeypatch.setattr("simplecell.data.packed.UNASKED", 1 << 20)
    with pytest.raises(DataError, match=r"birds\.parquet unpacks to more than [0-9,]+ bytes"):
        load(tmp_path / "birds.parquet")
    monkeypatch.setattr("simplecell.data.packed.UNASKED", 1 << 22)
    assert len(load(tmp_path / "birds.parquet").train) == 16_000


@pytest.mark.parametrize("place", ["", "data/"])
def test_files_of_several_parts_are_one_data_set(place: str, tmp_path: Path) -> None:
    (tmp_path / "set" / place).mkdir(parents=True)
    for name in ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"):
        parquet.write_table(table(), tmp_path / "set" / place / f"{name}.parquet")
    right(load(tmp_path / "set"), 40, 20)


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow_as_datasets_saves_it_is_read(kind: str, tmp_path: Path) -> None:
    for part in ("train", "test"):
        path = tmp_path / "set" / part / "data-00000-of-00001.arrow"
        path.parent.mkdir(parents=True)
        opener = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
        with opener(str(path), table().schema) as sink:
            sink.write_table(table())
        (path.parent / "state.json").write_text("{}")
    right(load(tmp_path / "set"), 20, 20)


def test_bytes_without_a_struct_and_words_for_labels_are_read(tmp_path: Path) -> None:
    words = [WORDS[k % 2] for k in range(20)]
    images = [png(5 * k + 130 * (k % 2)) for k in range(20)]
    parquet.write_table(pa.table({"img": images, "target": words}), tmp_path / "b.parquet")
    right(load(tmp_path / "b.parquet"), 16, 4)


def test_rows_without_a_label_are_left_out_and_counted(tmp_path: Path) -> None:
    made = table()
    labels = pa.array([-1 if k < 3 else k % 2 for k in range(20)])
    made = made.set_column(1, "label", labels).replace_schema_metadata(table().schema.metadata)
    parquet.write_table(made, tmp_path / "b.parquet")
    data = load(tmp_path / "b.parquet")
    assert len(data.train) + len(data.test or ()) == 17
    assert "3 pictures have no label: left out." in data.notes


def test_two_kinds_of_label_are_asked_about(tmp_path: Path) -> None:
    made = table(named=False).rename_columns(["image", "fine_label"])
    made = made.append_column("coarse_label", pa.array([k % 4 for k in range(20)]))
    parquet.write_table(made, tmp_path / "b.parquet")
    with pytest.raises(
        DataError, match=r"fine_label, coarse_label.\n  say which by --split, as in"
    ):
        load(tmp_path / "b.parquet")
    assert len(load(tmp_path / "b.parquet", split="coarse").classes) == 4


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: pa.table({"text": ["a"], "label": [1]}), r"no column of pictures.*text, label"),
        (lambda: table(named=False).rename_columns(["image", "odd"]), "no column called label"),
    ],
)
def test_tables_without_pictures_or_classes_are_refused(
    made: Any, words: str, tmp_path: Path
) -> None:
    parquet.write_table(made(), tmp_path / "b.parquet")
    with pytest.raises(DataError, match=words):
        load(tmp_path / "b.parquet")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    parquet.write_table(table(), tmp_path / "b.parquet")
    whole = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"b\.parquet is damaged, or no sound table"):
        load(tmp_path / "b.parquet")


def test_without_pyarrow_what_to_install_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet.write_table(table(), tmp_path / "b.parquet")

    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("simplecell.data.parquet.import_module", missing)
    with pytest.raises(DataError, match=r"not installed.\n  pip install .simplecell.parquet."):
        load(tmp_path / "b.parquet")


def test_two_columns_of_one_name_are_asked_about(tmp_path: Path) -> None:
    made = table()
    twice = pa.Table.from_arrays(
        [*made.columns, made.column("image")], names=["image", "label", "image"]
    )
    with (
        pa.OSFile(str(tmp_path / "t.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, twice.schema) as writer,
    ):
        writer.write_table(twice)
    with pytest.raises(DataError, match="no column of pictures as files' bytes for certain"):
        load(tmp_path / "t.arrow")
