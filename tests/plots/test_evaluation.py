from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from simplecell.data.part import Part
from simplecell.errors import PlotError
from simplecell.plots import confusion, mistakes, reject
from simplecell.plots.evaluation import cell_side
from simplecell.train.answer import Answer

CLASSES = ("top", "middle", "bottom")


def test_confusion_counts_rows_of_true_classes(answers: list[Answer], part: Part) -> None:
    figure = confusion(answers, part, CLASSES)
    (axes,) = figure.axes
    found = {
        (round(text.get_position()[1] + 0.44), round(text.get_position()[0] + 0.46)): int(
            text.get_text()
        )
        for text in axes.texts
    }
    assert found == {(0, 0): 2, (0, 1): 1, (1, 0): 1, (1, 1): 1, (2, 0): 1, (2, 2): 2}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("answer", "true class")
    assert "3 of 8 wrong, 37.50 %" in figure.get_suptitle()


def test_a_cell_shows_the_surest_of_its_pictures(answers: list[Answer], part: Part) -> None:
    black = part.pixels.copy()
    black[5] = 0
    black[5, 0, 2, 3] = 255
    sheet = confusion(answers, replace(part, pixels=black), CLASSES).axes[0].get_images()[0]
    side = cell_side(3)
    cell = sheet.get_array()[2 * side : 3 * side, 2 * side : 3 * side]
    dark = np.argwhere(cell.sum(axis=2) < 0.5)
    assert len(dark) == 16**2, "one pixel, sixteen times as wide and as high"
    empty = sheet.get_array()[side : 2 * side, 2 * side :][1:, 1:]
    assert (empty == 1).all(), "no middle was taken for a bottom"


def test_many_classes_have_shades_and_no_pictures(part: Part) -> None:
    answers = [Answer(int(label), 1.0, None, 0.0) for label in part.labels]
    image = confusion(answers, part, [str(k) for k in range(30)]).axes[0].get_images()[0]
    assert image.get_array().shape == (30, 30, 3)


def test_the_worst_mistake_is_the_surest(answers: list[Answer], part: Part) -> None:
    figure = mistakes(answers, part, CLASSES)
    captions = [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]
    assert captions == ["bottom\n→ top  99.7 %", "middle\n→ top  70 %", "top\n→ middle  60 %"]
    short = mistakes(answers, part, ("a", "b", "c")).axes[0].get_xlabel()
    assert short == "c → a  99.7 %"
    assert figure.get_suptitle() == "3 of 8 wrong"
    assert len(mistakes(answers, part, CLASSES, count=1).axes[0].get_images()) == 1


def test_no_mistakes_are_said_to_be_none(part: Part) -> None:
    right = [Answer(int(label), 0.9, None, 0.0) for label in part.labels]
    (axes,) = mistakes(right, part, CLASSES).axes
    assert axes.texts[0].get_text() == "no mistakes in 8 pictures"


def test_reject_rejects_the_least_sure_first(answers: list[Answer], part: Part) -> None:
    (axes,) = reject(answers, part).axes
    x, y = axes.get_lines()[0].get_data()
    # Least sure: .5 right, .6 wrong, .7 wrong, .8, .85, .9, .95 right, .997 wrong
    wrong = [3, 3, 2, 1, 1, 1, 1, 1]
    assert y == pytest.approx([100 * w / n for w, n in zip(wrong, range(8, 0, -1), strict=True)])
    assert x == pytest.approx([12.5 * k for k in range(8)])
    assert "wrong among the rest, %" in axes.get_ylabel()


def test_a_guard_s_sureness_and_threshold_take_the_place_of_probability(
    answers: list[Answer], part: Part
) -> None:
    guarded = [replace(one, sureness=k / 10) for k, one in enumerate(answers)]
    (axes,) = reject(guarded, part, threshold=0.35).axes
    assert "by its guard" in axes.get_xlabel()
    assert [text.get_text() for text in axes.texts] == ["the threshold: 50.0 % rejected"]
    assert axes.get_lines()[-1].get_data()[1] == pytest.approx([50.0])


def test_a_goal_that_few_lucky_answers_reach_is_not_marked(part: Part) -> None:
    """Here it takes seven of eight to be rejected until none is wrong."""
    given = [Answer(int(label), 0.9, None, 0.0) for label in part.labels]
    given[0] = Answer(1, 0.95, None, 0.0)
    given[7] = Answer(2, 0.99, None, 0.0)
    assert not reject(given, part).axes[0].texts
    given[0] = Answer(1, 0.5, None, 0.0)
    assert len(reject(given, part).axes[0].texts) == 2


def test_no_pictures_are_refused(part: Part) -> None:
    none = part.rows(np.empty(0, np.int64))
    for draw in (confusion, mistakes):
        with pytest.raises(PlotError, match="no pictures"):
            draw([], none, CLASSES)
