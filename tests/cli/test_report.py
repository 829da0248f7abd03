"""`simplecell report`: its help, the page, and the commonest mistakes."""

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


@pytest.fixture
def run(simplecell: Any, net: Path, tmp_path: Path) -> Path:
    told = ("--net", net, "--engine", "reference", "--epochs", 1, "--out", tmp_path / "run")
    assert simplecell("train", "digits", *told).code == 0
    return tmp_path / "run"


def test_help_shows_an_example(simplecell: Any) -> None:
    answer = simplecell("report", "--help")
    assert "simplecell report runs/first mnist --out first.html" in answer.out


def test_a_run_becomes_one_page(simplecell: Any, run: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    told = simplecell("report", run, "--out", page, "--engine", "reference", "--json").json
    assert told == {
        "file": str(page),
        "bytes": page.stat().st_size,
        "network": "two",
        "data": "digits",
        "examples": 359,
    }
    text = page.read_text()
    assert "did not learn from" in text
    assert "recipe, name" in text
    assert str(tmp_path) not in text


def test_a_model_s_file_has_no_course_and_says_if_it_may_have_seen_the_pictures(
    simplecell: Any, run: Path, tmp_path: Path
) -> None:
    import numpy as np

    data = tmp_path / "own.npz"
    np.savez(data, x=np.zeros((20, 8, 8), np.uint8), y=np.arange(20) % 10)
    page = tmp_path / "page.html"
    told = ("report", run / "model.safetensors", data, "--out", page, "--engine", "reference")
    assert simplecell(*told).out == f"{page}: {page.stat().st_size:,} bytes\n"
    text = page.read_text()
    assert "it may have learned from them" in text
    assert "How it learned" not in text


def test_the_page_follows_the_screen_and_says_nothing_twice(
    simplecell: Any, run: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    told = ("report", run, "--lang", "en", "--out", page, "--engine", "reference")
    assert simplecell(*told).code == 0
    text = page.read_text()
    headings = re.findall("<h2>(.*?)</h2>", text)
    assert len(headings) == len(set(headings))
    pictures = re.findall(
        r"<picture><source [^>]*dark\)\" srcset=\"(.*?)\"><img .*? src=\"(.*?)\">", text
    )
    assert len(pictures) == text.count("<figure>") > 3
    assert len({one for both in pictures for one in both}) == 2 * len(pictures)
    captions = re.findall("<figcaption>(.*?)</figcaption>", text)
    assert all(captions)
    assert len(set(captions)) == len(captions)


def test_the_page_speaks_chinese(
    simplecell: Any, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simplecell.plots.words.chinese_typeface", lambda: "Noto Sans CJK SC")
    page = tmp_path / "page.html"
    told = ("report", run, "--lang", "zh", "--out", page, "--engine", "reference")
    assert simplecell(*told).code == 0
    text = page.read_text()
    assert '<html lang="zh-CN">' in text
    assert "没有学过的图片" in text
    assert re.findall("<h2>(.*?)</h2>", text)[0] == "训练过程"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (("RUN", "--lang", "fr"), "no language is called 'fr'"),
        (("gone",), "there is no file gone"),
        (("lenet5",), "is a network without weights"),
        (("RUN", "--out", "page.pdf"), "no kind of page is called '.pdf'"),
        (("RUN", "--row", "400"), "give --row 0 to 358"),
        (("RUN", "mnits"), "no data set, file or folder is called 'mnits': did you mean 'mnist'?"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    told: tuple[str, ...], words: str, simplecell: Any, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.parent)
    answer = simplecell("report", *(str(run) if word == "RUN" else word for word in told))
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err
    assert not list(run.parent.glob("*.html"))
