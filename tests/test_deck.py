"""The page of the deck: every statement of the deck has a counterpart that exists and runs."""

import re
import runpy
from pathlib import Path

import pytest

from simplecell.formulas.catalogue import find

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SCRIPT = runpy.run_path(str(DOCS / "deck.py"))
STATEMENTS = SCRIPT["statements"]()
LANGUAGES = ("en", "zh")
FEWEST = 100
"""The deck's text has about a hundred sentences that claim something."""


def page(language: str) -> str:
    text: str = SCRIPT["PAGES"][language].read_text("utf-8")
    return text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_repeats_the_statements(language: str) -> None:
    assert page(language) == SCRIPT["written"](language), "run `make docs`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_statement_has_its_counterpart_on_the_page(language: str) -> None:
    text = page(language)
    assert len(STATEMENTS) >= FEWEST
    # The code of an example is run by tests/test_docs.py, as that of every page is.
    examples = set(re.findall(r"<!-- example (\w+) -->\n```pycon\n>>> ", text))
    pictures = set(re.findall(r"\]\((?:\.\./)?pictures/([\w-]+)\.svg\)", text))
    formulas = {
        code for row in re.findall(r"<!-- formula ([\w ]+) -->", text) for code in row.split()
    }
    tables = set(re.findall(r"<!-- table (\w+) -->\n\n\|", text))
    ending = "" if language == "en" else "-zh"
    missing = []
    for one in STATEMENTS:
        kind = SCRIPT["kind_of"](one)
        there = {
            "example": one.get("example") in examples,
            "picture": f"{one.get('picture')}{ending}" in pictures,
            "formula": one.get("formula") in formulas,
            "table": one.get("table") in tables,
        }
        if not there[kind]:
            missing.append((one["en"], kind))
    assert not missing


def test_every_formula_that_stands_for_a_statement_is_computed_and_held() -> None:
    for one in STATEMENTS:
        if "formula" in one:
            entry = find(one["formula"])
            assert entry.lines
            assert entry.tests


def test_pictures_are_there_in_both_languages() -> None:
    names = {one["picture"] for one in STATEMENTS if "picture" in one}
    for name in names:
        for ending in ("", "-zh"):
            assert (DOCS / "pictures" / f"{name}{ending}.svg").is_file()


def test_what_departs_from_the_deck_is_marked() -> None:
    departs = [one for one in STATEMENTS if "departs" in one]
    assert len(departs) == 3
    for one in departs:
        assert one["departs"]["en"] in page("en")
        assert one["departs"]["zh"] in page("zh")
