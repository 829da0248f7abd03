"""Very many pictures: answers as `predict` gives them, whoever carries the work."""

import csv
import json
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import simplecell as sc
from simplecell.bulk import answers
from simplecell.data.pack import MAGIC
from simplecell.errors import DataError, UnknownName

NETWORK = sc.Network("two", (1, 8, 8), (sc.Dense("F1", 12), sc.Dense("F2", 10, "softmax")))
COUNT = 40


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("model") / "m.safetensors"
    digits = sc.load("digits", size=8).train
    pair = (digits.pixels[:400], digits.labels[:400])
    sc.fit(NETWORK, pair, epochs=1, progress=False).model.save(file)
    return file


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty digits, in two folders; one of them cannot be read."""
    monkeypatch.setattr(answers, "PART", 16)
    digits = sc.load("digits", size=8).train
    for k in range(COUNT):
        path = tmp_path / "in" / "ab"[k % 2] / f"{k:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.pixels[k, 0]).save(path)
    (tmp_path / "in/b/017.png").write_bytes(b"no picture")
    return tmp_path / "in"


def found(out: Path) -> dict[str, bytes]:
    paths = [*out.glob("part-*"), *out.glob("units/*"), out / "unread.csv"]
    return {path.name: path.read_bytes() for path in sorted(paths)}


def test_answers_are_predict_s_own(model: Path, folder: Path, tmp_path: Path) -> None:
    done = sc.predict_many(model, folder, out=tmp_path / "out")
    assert (done.pictures, done.unread, done.missing) == (COUNT - 1, 1, 0)
    rows = []
    for part in sorted((tmp_path / "out").glob("part-*.csv")):
        with part.open() as file:
            rows += list(csv.DictReader(file))
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*.png"))
    assert [row["file"] for row in rows] == [name for name in names if name != "b/017.png"]
    read = sc.load_model(model)
    said = [str(read.predict(folder / row["file"])) for row in rows]
    assert [row["class"] for row in rows] == said
    assert "b/017.png,it" in (tmp_path / "out/unread.csv").read_text()


def test_carriers_shards_and_a_lost_part_give_the_same_bytes(
    model: Path, folder: Path, tmp_path: Path
) -> None:
    sc.predict_many(model, folder, out=tmp_path / "one", form="jsonl")
    whole = found(tmp_path / "one")
    sc.predict_many(model, folder, out=tmp_path / "two", form="jsonl", jobs=2)
    assert found(tmp_path / "two") == whole
    for shard in ("1/2", "0/2"):
        sc.predict_many(model, folder, out=tmp_path / "three", form="jsonl", shard=shard)
    assert found(tmp_path / "three") == whole
    part = tmp_path / "three/part-000001.jsonl"
    part.write_bytes(part.read_bytes()[:-9])
    said: list[str] = []
    sc.predict_many(model, folder, out=tmp_path / "three", form="jsonl", say=said.append)
    assert said == ["part-000001.jsonl is not whole; its pictures are read again"]
    assert found(tmp_path / "three") == whole


def test_a_list_and_a_model_in_memory_will_do(model: Path, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs simplecell[parquet]")
    from pyarrow import parquet

    (tmp_path / "list.txt").write_text("in/a/000.png\n\nin/b/001.png\nin/b/gone.png\n")
    read = sc.load_model(model)
    done = sc.predict_many(read, tmp_path / "list.txt", out=tmp_path / "o", form="parquet")
    assert (done.pictures, done.unread) == (2, 1)
    table = parquet.read_table(tmp_path / "o/part-000000.parquet")
    assert table.column("file").to_pylist() == ["in/a/000.png", "in/b/001.png"]
    assert np.all(np.array(table.column("probability")) > 0.1)


def test_the_command_says_how_many(
    model: Path, folder: Path, tmp_path: Path, simplecell: Any
) -> None:
    done = simplecell("predict", model, folder, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    assert "39 pictures, 1 unread" in done.out
    told = simplecell("predict", model, folder, "--out", tmp_path / "out", "--json").json
    assert (told["pictures"], told["missing"]) == (39, 0)
    assert str(tmp_path) not in json.dumps([b.decode() for b in found(tmp_path / "out").values()])


def test_what_cannot_be_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="no form of answers is called 'xls'"):
        sc.predict_many(model, tmp_path, out=tmp_path / "o", form="xls")
    with pytest.raises(DataError, match="there is no folder or list"):
        sc.predict_many(model, tmp_path / "gone", out=tmp_path / "o")


def test_what_holds_no_pictures_is_refused_and_leaves_nothing(
    model: Path, tmp_path: Path, simplecell: Any
) -> None:
    """A folder of archives, a pack, a tar, an empty folder: none is a list."""
    shards, out = tmp_path / "shards", tmp_path / "out"
    shards.mkdir()
    with tarfile.open(shards / "0.tar", "w") as tar:
        tar.add(model, "model")
    (tmp_path / "p.pack").write_bytes(MAGIC + bytes(100))
    told = {
        shards: "there is no picture in",
        shards / "0.tar": "is no list of pictures",
        tmp_path / "p.pack": "simplecell evaluate reads a pack",
        model: "is no list of pictures",
    }
    for where, what in told.items():
        done = simplecell("predict", model, where, "--out", out)
        assert done.code == 2 and what in done.err and "Traceback" not in done.err
        assert not out.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_may_come_from_windows(
    model: Path, folder: Path, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "list.txt").write_text("in/a/000.png\nin/b/001.png\n", encoding)
    done = sc.predict_many(model, tmp_path / "list.txt", out=tmp_path / "o")
    assert (done.pictures, done.unread) == (2, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
@pytest.mark.parametrize(
    ("form", "jobs"), [("csv", None), ("csv", 2), ("jsonl", 2), ("parquet", 2)]
)
def test_names_that_are_not_utf8_are_names(
    model: Path, folder: Path, tmp_path: Path, form: str, jobs: int | None
) -> None:
    """As an archive packed by a Chinese Windows leaves them."""
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="needs simplecell[parquet]")
    odd = "\u6570.png".encode("gbk")
    os.rename(folder / "a/000.png", os.path.join(os.fsencode(folder), odd))
    (folder / "b/017.png").rename(os.fsdecode(os.path.join(os.fsencode(folder), b"\xff.png")))
    done = sc.predict_many(model, folder, out=tmp_path / "o", form=form, jobs=jobs)
    assert (done.pictures, done.unread) == (COUNT - 1, 1)
    told = b"".join(path.read_bytes() for path in sorted((tmp_path / "o").glob("part-*")))
    assert (rb"\\udcca\\udcfd.png" if form == "jsonl" else rb"\udcca\udcfd.png") in told
    assert rb"\udcff.png,it" in (tmp_path / "o/unread.csv").read_bytes()
    again = sc.predict_many(model, folder, out=tmp_path / "o", form=form)
    assert (again.pictures, again.unread) == (COUNT - 1, 1)


def test_one_picture_of_ten_thousand_that_cannot_be_read_is_named_and_costs_no_other(
    model: Path, tmp_path: Path
) -> None:
    digits, lines = sc.load("digits", size=8).train, tmp_path / "list.txt"
    for k in range(100):
        (tmp_path / f"{k}.pgm").write_bytes(b"P5 8 8 255\n" + digits.pixels[k, 0].tobytes())
    (tmp_path / "bad.pgm").write_bytes(b"P5 8 8 255\n" + bytes(63))
    names = [f"{k % 100}.pgm" for k in range(10_000)]
    names[7_774] = "bad.pgm"
    lines.write_text("\n".join(names))
    done = sc.predict_many(model, lines, out=tmp_path / "out", threads=1)
    assert (done.pictures, done.unread, done.missing) == (9_999, 1, 0)
    told = (tmp_path / "out/unread.csv").read_text().splitlines()
    assert len(told) == 2 and told[1].startswith("bad.pgm,")
