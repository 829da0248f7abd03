"""`simplecell look`: what was understood, as text, as JSON, and as one page in two languages."""

import json
import re
import string
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.plots.contents import WORDS
from simplecell.plots.words import language


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Two parts, a class with a name that HTML has to escape, and a broken file."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 20), ("val", 5)):
        for name in ("owl", "a<b>&"):
            folder = tmp_path / "birds" / part / name
            folder.mkdir(parents=True)
            for k in range(count):
                picture = np.full((24, 30), 240, np.uint8)
                picture[8:16, 8:20] = rng.integers(0, 200, (8, 12))
                Image.fromarray(picture).save(folder / f"{k}.png")
    (tmp_path / "birds" / "train" / "owl" / "broken.png").write_text("no picture")
    return tmp_path / "birds"


def test_what_was_understood_is_shown_and_nothing_is_learnt(
    simplecell: Any, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = simplecell("look", own)
    assert answer.code == 0, answer.err
    assert "birds: 2 classes: 40 pictures to learn from, 10 to test with." in answer.out
    assert "read at 32x32, in grey; sizes of the files: all 30x24" in answer.out
    assert "Note: the part for validation is tested with" in answer.out
    assert re.search(r"owl\s+20\s+5  #+", answer.out)
    assert "Files that are left out: 1. The first is train/owl/broken.png: no pic" in answer.out
    assert "Nothing has been learnt yet. simplecell train" in answer.out
    assert not (tmp_path / "runs").exists()


def test_the_json_has_all_of_it(simplecell: Any, own: Path) -> None:
    document = simplecell("look", own, "--json").json
    assert document["classes"] == ["a<b>&", "owl"]
    assert (document["learn"], document["test"]) == ([20, 20], [5, 5])
    assert document["shape"] == [1, 32, 32]
    assert len(document["doubts"]) == 1
    assert document["page"] is None


class Page(HTMLParser):
    """Gathers the tags that are opened and closed, what is linked, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_has_everything_in_it(
    lang: str, simplecell: Any, own: Path, tmp_path: Path
) -> None:
    file = tmp_path / "look.html"
    assert simplecell("look", own, "--out", file, "--lang", lang).code == 0
    page = Page(file.read_text())
    assert page.open == []
    assert len(page.links) == 4  # of each class a row as it is, and one cropped
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert "a<b>&" in page.text
    assert "broken.png" in page.text
    for word in ("Doubts", "How it was read") if lang == "en" else ("疑点", "读取时的说明"):
        assert word in page.text
    tag = "zh-CN" if lang == "zh" else "en"
    assert f'<html lang="{tag}">' in file.read_text()
    assert "prefers-color-scheme:dark" in file.read_text()


def test_what_training_refuses_is_refused_with_the_same_sentence(
    simplecell: Any, tmp_path: Path
) -> None:
    for part in ("train", "val"):
        (tmp_path / "odd" / part).mkdir(parents=True)
        Image.new("L", (9, 9)).save(tmp_path / "odd" / part / "1.png")
    looked, trained = (simplecell(what, tmp_path / "odd") for what in ("look", "train"))
    assert looked.code == trained.code == 2
    assert "train, val are parts of the data, no classes" in looked.err
    assert looked.err == trained.err


def test_a_page_that_cannot_be_is_refused(simplecell: Any, own: Path, tmp_path: Path) -> None:
    assert "kind of page" in simplecell("look", own, "--out", tmp_path / "look.pdf").err
    assert "there is no folder" in simplecell("look", own, "--out", tmp_path / "no" / "a.html").err


def test_options_say_what_files_do_not(simplecell: Any, tmp_path: Path) -> None:
    shades = np.random.default_rng(0).integers(0, 30, (40, 12, 12))
    np.savez(tmp_path / "d.npz", x=shades + np.arange(40)[:, None, None], y=np.arange(40) % 4)
    assert "say --range 0 100" in simplecell("look", tmp_path / "d.npz").err
    assert simplecell("look", tmp_path / "d.npz", "--range", 0, 100, "--json").json["learn"]


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    fields = {
        lang: {
            name: {f for _, f, _, _ in string.Formatter().parse(text) if f}
            for name, text in words.items()
        }
        for lang, words in WORDS.items()
    }
    assert fields["en"] == fields["zh"]
    with language("zh"):
        assert json.dumps(WORDS["zh"], ensure_ascii=False).count("。") > 10
