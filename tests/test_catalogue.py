"""The catalogue of formulas: pages and brief are made from it, and functions compute it."""

import re
import runpy
from importlib import import_module
from pathlib import Path

import pytest
from latex2mathml.converter import convert

from simplecell.formulas.catalogue import LANGUAGES, catalogue

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
HAN = "[\u4e00-\u9fff]"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_brief_and_the_formulas_of_the_pages_are_those_of_the_catalogue() -> None:
    script = runpy.run_path(str(DOCS / "formulas.py"))
    assert read("docs/brief.md") == script["brief"](), "run `make docs`"
    changed = [
        page for page in PAGES if script["with_formulas"](DOCS / page) != read(f"docs/{page}")
    ]
    assert not changed, "run `make docs`"


def test_every_formula_of_the_catalogue_is_computed_by_functions_that_exist() -> None:
    for entry in catalogue():
        for name in entry.functions:
            file, function = name.split(".")
            assert callable(getattr(import_module(f"simplecell.formulas.{file}"), function))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_formula_can_be_typeset_with_the_words_of_its_language(language: str) -> None:
    for entry in catalogue():
        for line in entry.latex(language):
            assert "\\" not in re.sub(r"<[^>]*>", "", convert(line)), (entry.code, line)
            assert (re.search(HAN, line) is None) or language == "zh"


def test_the_derivation_has_a_formula_for_every_line() -> None:
    """D17 says in words what an autoencoder and a convolution give; D16 is a picture's."""
    without = [e.code for e in catalogue() if e.code[0] in "DE" and not e.lines]
    assert without == ["D17"]


def test_pages_have_no_formula_outside_the_catalogue_but_the_misprint() -> None:
    strangers = {}
    for page in PAGES:
        left = re.sub(r"<!-- formula .*?<!-- /formula -->", "", read(f"docs/{page}"), flags=re.S)
        strangers[page] = left.count("$$\n") // 2
    assert {page for page, count in strangers.items() if count} <= {"errors.md", "zh/errors.md"}
