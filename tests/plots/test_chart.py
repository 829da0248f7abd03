"""Pictures hold what they are given."""

from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from simplecell import plots
from simplecell.errors import UnknownName
from simplecell.plots.chart import KINDS

SERIES = {
    "gabor": {"x": [1, 2, 3], "runs": [[3.0, 2.0, 1.0], [5.0, 2.0, 1.0]]},
    "random": {"x": [1, 2, 3], "runs": [[4.0, 3.0, 2.0]]},
}
READING = {
    "pixels": [[0, 9, 0, 9, 0, 0, 0, 0]] * 4,
    "columns": [2, 4, 6],
    "answers": [[1, 0, 0], [0, 0.6, 0.4], [0, 0, 1]],
    "digits": [(2.0, "4"), (4.0, "7")],
    "written": "41",
}
DATA = {
    "histogram": {
        "edges": [0.1, 1.0, 10.0], "counts": [3, 1], "x_label": "rate", "span": (0.5, 2),
    },
    "curves": {"series": SERIES, "x_label": "pass", "y_label": "error, %", "line": 2.5},
    "bars": {"labels": ["a", "b"], "values": [0.2, -0.1], "spreads": [0.1, 0.1], "x_label": "%"},
    "rows": {"readings": [READING, READING], "classes": ("4", "7", "none")},
}  # fmt: skip


def test_curves_show_the_mean_and_the_number_of_seeds() -> None:
    (axes,) = plots.curves(SERIES, x_label="pass", y_label="error, %").axes
    mean, alone = axes.get_lines()
    assert list(mean.get_ydata()) == [4.0, 2.0, 1.0]
    assert [mean.get_label(), alone.get_label()] == ["gabor (2 seeds)", "random"]
    assert axes.get_ylabel() == "error, %"


def test_bars_stand_in_the_order_given_top_first() -> None:
    (axes,) = plots.bars(["a", "b"], [0.2, -0.1], [0.1, 0.1], x_label="effect").axes
    assert [bar.get_width() for bar in axes.patches] == [0.2, -0.1]
    assert axes.patches[0].get_y() > axes.patches[1].get_y()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]


def test_histogram_is_logarithmic_and_marks_what_was_published() -> None:
    (axes,) = plots.histogram([0.1, 1.0, 10.0], [3, 1], x_label="rate", span=(0.5, 2)).axes
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["published"]


def test_a_row_stands_above_the_answers_to_it_column_by_column() -> None:
    above, below = plots.rows([READING], ("4", "7", "none")).axes
    (picture,), (answers,) = above.get_images(), below.get_images()
    assert picture.get_array().tolist() == READING["pixels"]
    assert answers.get_array().tolist() == [[1, 0, 0], [0, 0.6, 0], [0, 0.4, 1]]
    assert answers.get_extent()[:2] == [1, 7]
    assert above.get_xlim() == below.get_xlim() == (0, 8)
    assert [(text.get_position()[0], text.get_text()) for text in above.texts] == READING["digits"]
    assert above.get_title(loc="right") == "written 41"


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_become_png_files_the_same_each_time(kind: str, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        plots.draw(kind, DATA[kind], tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.width > 700


def test_a_kind_of_picture_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'bars'"):
        plots.draw("bar", {}, tmp_path / "x.png")
