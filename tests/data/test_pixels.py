"""Pictures as text: tables of pixels, and LIBSVM's lines, as well-known sets are handed round."""

import bz2
import gzip
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.data.formats import is_pictures
from simplecell.data.sources import Dataset, load
from simplecell.errors import DataError


def lines(x: Any, y: Any, *, last: bool = False, sign: str = ",") -> list[str]:
    rows = []
    for picture, label in zip(x, y, strict=True):
        cells = [f"{value:g}" for value in picture.ravel()]
        rows.append(sign.join([*cells, f"{label}"] if last else [f"{label}", *cells]))
    return rows


def same(data: Dataset, x: Any, y: Any) -> None:
    np.testing.assert_array_equal(data.train.pixels[:, 0], x)
    assert [data.classes[label] for label in data.train.labels] == [str(label) for label in y]


HEADS = {
    "Kaggle": "label," + ",".join(f"pixel{k}" for k in range(784)),
    "MNIST in CSV": "label," + ",".join(f"{i}x{j}" for i in range(1, 29) for j in range(1, 29)),
    "a label by no known name": "0," + ",".join(f"0.{k}" for k in range(1, 785)),
    "pandas's numbers": ",".join(map(str, range(785))),
    "in quotes": '"label",' + ",".join(f'"V{k}"' for k in range(784)),
    "no names": "",
}


@pytest.mark.parametrize("name", HEADS)
def test_a_line_is_a_label_and_its_pixels(name: str, x: Any, y: Any, tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("\n".join([*filter(None, [HEADS[name]]), *lines(x, y)]))
    assert not is_pictures(path)
    same(load(path), x, y)


def test_a_column_that_numbers_the_lines_is_no_pixel(x: Any, y: Any, tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    rows = [f"{k},{line}" for k, line in enumerate(lines(x, y))]
    path.write_text("\n".join([f",{HEADS['Kaggle']}", *rows]))
    same(load(path), x, y)


def test_the_label_may_stand_last_or_be_a_word(x: Any, y: Any, tmp_path: Path) -> None:
    path = tmp_path / "optdigits.tra"
    path.write_text("\n".join(lines(x, y, last=True)))
    same(load(path), x, y)
    words = [f"k{label}" for label in y]
    path.write_text("\n".join([HEADS["Kaggle"], *lines(x, words)]))
    same(load(path), x, words)


def test_blanks_and_a_packed_file_as_usps_has_them(x: Any, y: Any, tmp_path: Path) -> None:
    path = tmp_path / "zip.train.gz"
    text = "\n".join(lines(x / 127.5 - 1, [f"{label}.0000" for label in y], sign=" "))
    path.write_bytes(gzip.compress(text.encode()))
    data = load(path)
    assert np.abs(data.train.pixels[:, 0].astype(int) - x).max() <= 1
    np.testing.assert_array_equal(data.train.labels, y)
    assert data.notes == ("pixels from -1 to 1 are read as black to white.",)


def test_kaggles_folder_is_its_train_and_its_test_has_no_labels(
    x: Any, y: Any, tmp_path: Path
) -> None:
    (tmp_path / "train.csv").write_text("\n".join([HEADS["Kaggle"], *lines(x, y)]))
    head = HEADS["Kaggle"].removeprefix("label,")
    rows = [line.split(",", 1)[1] for line in lines(x, y)]
    (tmp_path / "test.csv").write_text("\n".join([head, *rows]))
    data = load(tmp_path)
    same(data, x, y)
    assert data.test is None
    assert "test.csv has no labels, and is left out." in data.notes
    with pytest.raises(DataError, match=r"784 numbers in a line and no label.*\n.*train\.csv"):
        load(tmp_path / "test.csv")


def test_two_tables_are_two_parts(x: Any, y: Any, tmp_path: Path) -> None:
    for part, rows in (("train", slice(30)), ("test", slice(30, 40))):
        table = "\n".join([HEADS["MNIST in CSV"], *lines(x[rows], y[rows])])
        (tmp_path / f"mnist_{part}.csv").write_text(table)
    data = load(tmp_path)
    same(data, x[:30], y[:30])
    assert data.test is not None
    np.testing.assert_array_equal(data.test.labels, y[30:])


def test_fer2013_has_all_pixels_in_one_value_and_its_parts(x: Any, y: Any, tmp_path: Path) -> None:
    parts = ["Training"] * 20 + ["PublicTest"] * 10 + ["PrivateTest"] * 10
    rows = [
        f"{label},{' '.join(map(str, picture.ravel()))},{part}"
        for picture, label, part in zip(x, y, parts, strict=True)
    ]
    (tmp_path / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]))
    data = load(tmp_path / "fer2013.csv")
    same(data, x[:20], y[:20])
    assert data.test is not None
    np.testing.assert_array_equal(data.test.pixels[:, 0], x[30:])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [*rows[:3], rows[3][:-4], *rows[4:]], "line 4: 783 values, where the first"),
        (lambda rows: [*rows[:-1], rows[-1].replace(",0,", ",oh,", 1)], "a pixel is no number"),
        (
            lambda rows: [",".join(row.split(",")[:120]) for row in rows],
            "is the first the label, or the last",
        ),
    ],
)
def test_a_table_that_is_wrong_is_refused(
    change: Any, words: str, x: Any, y: Any, tmp_path: Path
) -> None:
    path = tmp_path / "train.csv"
    rows = lines(np.concatenate([x, x[:10]]), np.concatenate([y, y[:10]]))
    path.write_text("\n".join(change(rows)))
    with pytest.raises(DataError, match=words):
        load(path)


def svm(x: Any, y: Any) -> bytes:
    rows = []
    for picture, label in zip(x.reshape(len(x), -1), y, strict=True):
        there = np.flatnonzero(picture)
        rows.append(" ".join([str(label), *(f"{at + 1}:{picture[at]}" for at in there)]))
    return ("\n".join(rows) + "\n").encode()


PACKED = {"": bytes, ".bz2": bz2.compress, ".xz": lzma.compress, ".gz": gzip.compress}


@pytest.mark.parametrize("ending", PACKED)
def test_libsvms_lines_are_pictures_packed_or_not(
    ending: str, x: Any, y: Any, tmp_path: Path
) -> None:
    x[0, 27, 27] = 9
    path = tmp_path / f"mnist{ending}"
    path.write_bytes(PACKED[ending](svm(x, y)))
    (tmp_path / f"mnist.t{ending}").write_bytes(PACKED[ending](svm(x[:5], y[:5])))
    data = load(path)
    same(data, x, y)
    assert data.test is not None
    assert len(data.test) == 5
    assert f"mnist.t{ending}, beside it, is the test part." in data.notes


def test_pixels_that_are_0_everywhere_are_not_missed(y: Any, x: Any, tmp_path: Path) -> None:
    x = x.copy()
    x[:, 27, 20:] = 0
    x[0, 27, 19] = 9
    (tmp_path / "mnist").write_bytes(svm(x, y))
    data = load(tmp_path / "mnist")
    same(data, x, y)
    assert data.notes == ("numbers up to 776 are taken for pictures of 28x28.",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"1 1:0.5 4:3\n2 13:1\n", "13 numbers for each label, which are no square picture"),
        (b"1,2 1:5 64:3\n2 3:1\n", "no sound LIBSVM|magic"),
        (b"1 1:5 64:3\nx y\n", "is no sound LIBSVM text"),
        (b"1 1:5 3072:3\n2 5:5\n", "32 x 32 in colour, by pixels or by planes"),
        (b"1 1:5 99999999999:3\n2 5:5\n", "LIBSVM text|take more memory|no square"),
    ],
)
def test_libsvms_lines_that_are_no_pictures_are_refused(
    text: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "some.svm").write_bytes(text)
    with pytest.raises(DataError, match=words):
        load(tmp_path / "some.svm")


def test_a_file_that_unpacks_without_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simplecell.data import packed

    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(1 << 22)))
    monkeypatch.setattr(packed, "UNASKED", 1 << 22)
    with packed.unpacked(path) as file:
        assert len(file.read()) == 1 << 22
    monkeypatch.setattr(packed, "UNASKED", 1 << 21)
    words = r"unpacks to more than 2,097,152 bytes.* at most 100 of each packed byte"
    with pytest.raises(DataError, match=words), packed.unpacked(path) as file:
        while file.read(1 << 16):
            pass
