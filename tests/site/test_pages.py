"""Every page in a browser: nothing cut off, nothing too faint, nothing fetched from elsewhere."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from .conftest import HANGS, reader

AUDIT = Path(__file__).with_name("audit.js").read_text("utf-8")
SEEN_ON_EVERY_SCREEN = (
    "index.html",
    "how-it-learns.html",
    "deck.html",
    "features.html",
    "own-pictures.html",
    "formulas/subsample.html",
    "api/train.html",
    "reproduce/lenet1998.html",
)
"""Pages of each kind, for the screens that are wider than a phone; also their Chinese ones."""


def addresses(site: Path) -> list[str]:
    """Every page, but the one for what is not there, and the studio's: test_page.py reads it."""
    return sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if path.name != "404.html" and path.parent.name != "studio"
    )


def found_on(browser: Browser, base: str, pages: list[str], width: int, scheme: str) -> list[str]:
    with reader(browser, width, scheme) as read:
        return [
            f"{name}: {fault}"
            for name in pages
            for fault in [*read.opened(f"{base}/{name}").evaluate(AUDIT), *read.said]
        ]


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_reads_well_on_a_phone(
    site: Path, browser: Browser, scheme: str, half: int
) -> None:
    pages = addresses(site)[half::2]
    assert len(pages) > 30
    assert not found_on(browser, site.as_uri(), pages, 360, scheme)


@pytest.mark.parametrize("width", [768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_each_kind_read_well_on_wider_screens(
    site: Path, server: str, browser: Browser, width: int, scheme: str
) -> None:
    wanted = {*SEEN_ON_EVERY_SCREEN, *(f"zh/{page}" for page in SEEN_ON_EVERY_SCREEN)}
    pages = [page for page in addresses(site) if page in wanted]
    assert len(pages) > len(SEEN_ON_EVERY_SCREEN)
    assert not found_on(browser, server, pages, width, scheme)


def test_the_audit_finds_what_it_is_for(tmp_path: Path, browser: Browser) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<body style="margin:0"><main class="md-content">'
        '<p style="color:#999">faint</p>'
        '<div class="formula" style="width:100px;overflow-x:auto"><math display="block">'
        "<mi>abcdefghijklmnopqrstuvwxyz</mi></math></div>"
        '<img src="gone.png" alt="x"><pre style="width:900px">wide</pre></main>',
        "utf-8",
    )
    with reader(browser, 360, "light") as read:
        faults = "\n".join(read.opened(page.as_uri()).evaluate(AUDIT))
    for fault in ("contrast 2.85", "a formula is cut off", "a picture is missing", "900 wide"):
        assert fault in faults


def results(page: Page, words: str) -> list[str]:
    """Type into the search as a person does; give the titles it finds."""
    page.click("input.md-search__input")
    page.fill("input.md-search__input", "")
    page.locator("input.md-search__input").press_sequentially(words)
    page.press("input.md-search__input", "End")
    page.wait_for_selector(".md-search-result__item h1", timeout=HANGS)
    titles = page.locator(".md-search-result__item h1").all_inner_texts()
    return [title.replace("\u200b", "") for title in titles]


SEARCHES = {
    "index.html": {"subsample": "subsample", "Gabor": "gabor", "up": "subsample"},
    "zh/index.html": {
        "卷积核": "怎么运行",
        "反向传播": "怎么学习",
        "权值共享": "是什么",
        "无标签特征": "无标签特征",
    },
}


@pytest.mark.parametrize("where", ["folder", "server"])
@pytest.mark.parametrize("home", SEARCHES)
def test_the_search_finds_words(
    site: Path, server: str, browser: Browser, home: str, where: str
) -> None:
    base = site.as_uri() if where == "folder" else server
    with reader(browser, 1440, "light") as read:
        for words, title in SEARCHES[home].items():
            found = results(read.opened(f"{base}/{home}"), words)
            assert any(title in one for one in found), (words, found)
            assert not read.said


def test_a_phone_searches_too(site: Path, browser: Browser) -> None:
    with reader(browser, 360, "dark") as read:
        page = read.opened(f"{site.as_uri()}/zh/why.html")
        page.click("label.md-header__button[for=__search]")
        assert results(page, "卷积")


@pytest.mark.parametrize("page", ["why.html", "zh/why.html"])
def test_copied_examples_can_be_pasted(server: str, browser: Browser, page: str) -> None:
    """Every example of a page, copied by its button: one program, which runs as it stands."""
    with reader(browser, 1440, "light") as read:
        shown = read.opened(f"{server}/{page}")
        buttons = shown.locator("[data-copy] button[data-clipboard-target]").all()
        assert len(buttons) > 4
        copied = []
        for button in buttons:
            button.click()
            copied.append(str(shown.evaluate("navigator.clipboard.readText()")))
    program = "\n".join(copied)
    assert ">>>" not in program
    assert "1000000" not in program  # an answer of the page
    exec(compile(program, page, "exec"), {})


@pytest.mark.parametrize(
    ("page", "there"), [("why.html", "zh/why.html"), ("zh/features.html", "features.html")]
)
def test_the_selector_leads_to_the_same_page_in_the_other_language(
    site: Path, browser: Browser, page: str, there: str
) -> None:
    language = "zh" if there.startswith("zh/") else "en"
    with reader(browser, 1440, "light") as read:
        shown = read.opened(f"{site.as_uri()}/{page}")
        shown.hover(".md-select")
        shown.click(f'.md-select__link[hreflang="{language}"]')
        shown.wait_for_url(f"{site.as_uri()}/{there}")
