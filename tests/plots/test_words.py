"""What stands on pictures: both languages, chosen by a person, with letters or without."""

import logging
import re
from pathlib import Path
from string import Formatter
from types import SimpleNamespace

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib import font_manager

from simplecell.data.part import Part
from simplecell.errors import UnknownName
from simplecell.plots import confusion, words
from simplecell.plots.words import TOLD, WORDS, language, said, told, wished
from simplecell.train.answer import Answer

HAN = re.compile("[\u4e00-\u9fff]")
FOLDER = Path(words.__file__).parent


def fields(text: str) -> set[str]:
    return {field.partition(":")[0] for _, field, _, _ in Formatter().parse(text) if field}


def test_both_languages_have_the_same_words_with_the_same_values() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    for name, english in WORDS["en"].items():
        assert fields(english) == fields(WORDS["zh"][name]), name
        assert not HAN.search(english)


def test_no_words_are_left_over_and_none_is_missing() -> None:
    # A page of its own has words of its own, in its file.
    pages = ("words", "contents", "suspects", "answers", "sweep")
    files = [file for file in FOLDER.glob("*.py") if file.stem not in pages]
    code = "".join(file.read_text("utf-8") for file in files)
    asked = set(re.findall(r"said\(\s*['\"]([^'\"]+)['\"]", code))
    assert asked <= WORDS["en"].keys()
    for name in WORDS["en"]:
        assert re.search(f"['\"]{re.escape(name.rstrip('?.'))}['\"]", code), name


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "chinese_typeface", lambda: "Noto Sans CJK SC")


@pytest.mark.usefixtures("letters")
def test_the_language_is_that_of_the_variable_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMPLECELL_LANG", "zh_CN.UTF-8")
    assert (wished(), said("loss")) == ("zh", "损失")
    with language("en"):
        assert said("loss") == "loss"
    monkeypatch.setenv("SIMPLECELL_LANG", "fr")
    with pytest.raises(UnknownName, match="no language is called 'fr'"):
        wished()


def test_without_chinese_letters_pictures_speak_english_and_say_so_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(words, "chinese_typeface", lambda: None)
    words._say_no_letters.cache_clear()
    with language("zh"):
        assert [said("loss"), said("epoch")] == ["loss", "epoch"]
    assert capsys.readouterr().err == words.NO_LETTERS


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ([("Noto Sans CJK SC", 400), ("WenQuanYi Zen Hei", 500)], "Noto Sans CJK SC"),
        ([("Noto Sans CJK SC", 700), ("WenQuanYi Micro Hei", 400)], "WenQuanYi Micro Hei"),
        ([("WenQuanYi Zen Hei", 500)], "WenQuanYi Zen Hei"),
        ([("DejaVu Sans", 400)], None),
    ],
)
def test_one_typeface_is_taken_and_nothing_is_said_of_its_weight(
    there: list[tuple[str, int]],
    taken: str | None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    faces = [SimpleNamespace(name=name, weight=weight) for name, weight in there]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", faces)
    monkeypatch.setattr(logging.getLogger("matplotlib.font_manager"), "filters", [])
    words.chinese_typeface.cache_clear()
    try:
        assert words.chinese_typeface() == taken
    finally:
        words.chinese_typeface.cache_clear()
    log = logging.getLogger("matplotlib.font_manager")
    log.warning("Failed to find font weight %s for %s, now using %s.", "normal", "a", 500)
    log.warning("findfont: Font family %r not found.", "b")
    of_weight = [record for record in caplog.records if "weight" in record.msg]
    assert bool(of_weight) == (taken != "WenQuanYi Zen Hei")
    assert any("not found" in record.msg for record in caplog.records)


@pytest.mark.usefixtures("letters")
def test_a_picture_is_chinese_where_it_is_asked_to_be(answers: list[Answer], part: Part) -> None:
    with language("zh"):
        figure = confusion(answers, part, ("甲", "乙", "丙"))
        (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("识别结果", "真实类别")
    assert figure.get_suptitle() == "8 张中错 3 张，37.50 %"


@pytest.mark.usefixtures("letters")
def test_what_layers_say_of_themselves_is_chinese_too() -> None:
    with language("zh"):
        assert told("60 of 96 connections") == "96 个中有 60 个连接"
        assert all(HAN.search(told(text)) for text in TOLD)
    with language("en"):
        assert told("kernels") == "kernels"
