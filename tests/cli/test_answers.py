"""What `predict` read, as CSV and as a page beside the picture."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simplecell.cli.main import main
from simplecell.data.pen import draw_digits
from simplecell.data.sources import Dataset, Part
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.loop import fit


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ink, labels = draw_digits(1500, seed=1)
    data = Dataset("pens", tuple("0123456789"), Part(ink, labels), None, reading="ink")
    network = Network("pens", (1, 28, 28), (Dense("F1", 40), Dense("F2", 10, "softmax")))
    file = tmp_path_factory.mktemp("model") / "pens.safetensors"
    fit(network, data, epochs=6, progress=False).model.save(file)
    return file


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rows: three digits close together, two a little off; one digit below the latter."""
    ink, _ = draw_digits(10, seed=2)
    page = np.full((140, 320), 230, np.uint8)
    for number, (top, left) in {1: (20, 20), 2: (20, 48), 3: (20, 76), 4: (20, 200),
                                5: (20, 228), 6: (90, 206)}.items():  # fmt: skip
        place = page[top : top + 28, left : left + 28]
        place -= (ink[number, 0] * 0.8).astype(np.uint8)
    file = tmp_path_factory.mktemp("sheet") / "sheet.png"
    Image.fromarray(page).save(file)
    return file


def run(*arguments: object) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(one) for one in arguments])
    assert end.value.code == 0


def test_csv_has_a_line_for_each_digit_with_row_and_column(
    model: Path, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("predict", model, sheet, "--sheet", "--csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    places = [(row["row"], row["column"], row["field"]) for row in rows]
    assert places == [*[("0", "0", "0")] * 3, *[("0", "1", "1")] * 2, ("1", "1", "2")]
    assert all(0 < int(row["bottom"]) <= 140 for row in rows)
    run("predict", model, sheet, "--sheet", "--json")
    found = json.loads(capsys.readouterr().out)["predictions"]
    assert [one["class"] for one in found] == [row["class"] for row in rows]


def test_the_page_stands_alone_and_has_each_cut_out(
    model: Path, sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "read.html"
    run("predict", model, sheet, "--sheet", "--page", page)
    lines = capsys.readouterr().out.splitlines()
    assert any("|" in line for line in lines)
    text = page.read_text()
    assert text.count("<figure") == 6
    assert text.count("<rect") == 6
    assert "http" not in text
    run("predict", model, sheet, "--sheet", "--page", page, "--lang", "zh")
    assert "逐行读出的内容" in page.read_text()


def test_forms_that_cannot_be_are_refused(
    model: Path, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong, words in (
        (["--csv", "--json"], "give one of them"),
        (["--page", "a.pdf"], ".html"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["predict", str(model), str(sheet), *wrong])
        assert end.value.code == 2
        assert words in capsys.readouterr().err
