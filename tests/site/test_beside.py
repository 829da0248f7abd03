"""The studio beside each section of the deck's pages; layers that the deck does not have."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .conftest import ROOT, Reader, reader
from .test_page import FORMULAS, TOLD, docs_page, opened

__all__ = ["docs_page"]

STATES_BESIDE = sorted(
    {state for states in TOLD["sections"].values() for state in states}
    - {entry["at"] for entry in FORMULAS}
)


@pytest.fixture(scope="module")
def screen(browser: Browser) -> Iterator[Reader]:
    with reader(browser, 1440, "light") as found:
        yield found


@pytest.mark.parametrize("layer", TOLD["layer"], ids=lambda layer: layer["en"])
def test_layers_that_the_deck_does_not_have_open_with_numbers(
    screen: Reader, docs_page: Path, layer: dict[str, str]
) -> None:
    for state in (layer["at"], layer["back"]):
        shown = opened(screen, docs_page, state)
        assert shown.locator(".cell-panel .numbers math").first.is_visible()
        assert f"formulas.{layer['file']}." in shown.locator(".cell-panel").inner_text()
    assert screen.said == []


@pytest.mark.parametrize("state", STATES_BESIDE)
def test_what_stands_beside_a_section_opens(screen: Reader, docs_page: Path, state: str) -> None:
    shown = opened(screen, docs_page, state)
    if "cell=" in state or "weight=" in state:
        assert shown.locator(".cell-panel .numbers math").first.is_visible()
    assert shown.locator(".learn .bad, #app > .bad").count() == 0
    assert screen.said == []


@pytest.mark.parametrize("page", TOLD["sections"])
def test_each_section_of_the_deck_has_the_studio_beside_it(page: str) -> None:
    docs = runpy.run_path(str(ROOT / "docs" / "studio.py"))
    for language, file in (("en", f"{page}.md"), ("zh", f"zh/{page}.md")):
        made = docs["beside"]((ROOT / "docs" / file).read_text("utf-8"), page, language, "../")
        for state in TOLD["sections"][page]:
            address = f"../studio/page.html#language={language}&{state}"
            assert f'src="{address.replace("&", "&amp;")}"' in made, (language, state)
        assert made.count("<iframe ") == len(TOLD["sections"][page])
