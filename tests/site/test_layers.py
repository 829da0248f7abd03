"""Cells of layers that the deck does not have: their formula, their numbers, and what to know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from simplecell.data.normalise import Normalisation
from simplecell.engines.parameters import initial_parameters
from simplecell.formulas import batchnorm, dropout, globalpool, pool
from simplecell.spec.layers import BatchNorm, Conv, Dense, Dropout, GlobalPool, Pool
from simplecell.spec.network import Network
from simplecell.studio.document import model_document
from simplecell.studio.page import pages
from simplecell.train.model import Model

from .conftest import HANGS, Reader, reader

FOREIGN = Network(
    "foreign",
    (3, 12, 12),
    (
        Conv("C1", 4, (3, 3), padding="same", squash="identity"),
        BatchNorm("N2", squash="leaky_relu(0.1)"),
        Pool("S3", "max", squash="elu(0.5)"),
        Conv("C4", 6, (3, 3), padding="same", squash="softplus"),
        Pool("S5", "mean", (2, 2)),
        GlobalPool("G6", "mean"),
        Dropout("D7", 0.3),
        Dense("F8", 10, "softmax"),
    ),
)
ROOMS = {"batchnorm": batchnorm, "dropout": dropout, "globalpool": globalpool, "pool": pool}


@pytest.fixture(scope="module")
def foreign_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    weights = initial_parameters(FOREIGN, 1, "glorot")
    rng = np.random.default_rng(2)
    spread = {n: rng.uniform(0.5, 2, w.shape) for n, w in weights.items() if "variance" in n}
    model = Model(
        FOREIGN, {**weights, **spread}, Normalisation(1 / 255, -0.4), tuple("0123456789")
    )
    file = tmp_path_factory.mktemp("foreign") / "page.html"
    file.write_text(pages([model_document(model)]), "utf-8")
    return file


@pytest.fixture(scope="module")
def screen(browser: Browser, foreign_page: Path) -> Iterator[Reader]:
    with reader(browser, 1440, "light") as found:
        found.opened(foreign_page.as_uri()).wait_for_selector("html[data-ready]")
        yield found


@pytest.mark.parametrize(
    ("layer", "law", "note"),
    [
        ("N2", "batchnorm.used_forward", "mean 0 and variance 1"),
        ("S3", "pool.pool_forward", "only the largest cell"),
        ("S5", "pool.pool_forward", "the number of cells"),
        ("G6", "globalpool.globalpool_forward", "the number of cells"),
        ("D7", "dropout.dropout_forward", "hands on what it reads"),
        ("C1", "", "5 of the 9 places of the kernel lie in the border"),
    ],
)
def test_a_cell_opens_with_its_own_law_and_what_is_to_be_known(
    screen: Reader, layer: str, law: str, note: str
) -> None:
    shown = screen.page
    shown.evaluate(f"simplecell.set({{ cell: '{layer}.1.0.0', direction: 'forward' }})")
    panel = shown.locator(".cell-panel")
    assert note in panel.inner_text()
    assert panel.locator(".formula.numbers math").count() == 1
    if law:
        assert panel.locator(".law code").last.inner_text() == f"formulas.{law}"
        room, function = law.split(".")
        assert callable(getattr(ROOMS[room], function))
    value = panel.locator(".value-line strong").inner_text()
    result = panel.locator(".formula.numbers .result").text_content()
    assert value == result
    assert screen.said == []


@pytest.mark.parametrize(
    ("squash", "words"), [("S3", "𝑒"), ("N2", "max"), ("C4", "log")], ids=["elu", "leaky", "soft"]
)
def test_squashing_functions_are_written_out(screen: Reader, squash: str, words: str) -> None:
    shown = screen.page
    for place in range(36):
        row, column = divmod(place, 6)
        cell = f"{squash}.{place % 4}.{row}.{column}"
        shown.evaluate(f"simplecell.set({{ cell: '{cell}', direction: 'forward' }})")
        text = shown.locator(".formula.numbers").text_content() or ""
        assert text.count("elu") == 0
        if words in text.replace("e", "𝑒"):
            return
    raise AssertionError(text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_what_is_said_of_these_layers(
    browser: Browser, foreign_page: Path, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    context.set_default_timeout(HANGS)
    shown = context.new_page()
    for language, layer in (("en", "N2"), ("zh", "S3"), ("en", "C1"), ("zh", "D7")):
        shown.goto("about:blank")
        shown.goto(f"{foreign_page.as_uri()}#language={language}&cell={layer}.1.0.0")
        shown.wait_for_selector("html[data-ready]")
        broken = Axe().run(shown).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"][:90]) for rule in broken] == [], layer
    context.close()
