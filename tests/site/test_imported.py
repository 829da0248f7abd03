"""A network of PyTorch, imported: it opens in the studio and in a page, each cell with formula."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

import simplecell as sc
from simplecell.data.part import Part
from simplecell.engines.reference import Reference
from simplecell.spec.layers import BatchNorm
from simplecell.studio.page import page as page_of
from simplecell.train.model import Model

from .conftest import reader
from .test_page import TERMS
from .test_served import Start, entered, start

__all__ = ["start"]

CLOSE = 1e-5
READ_TO = 2e-3
"""Products are shown with three or four digits: so far apart may their sum be, for each term."""


@pytest.fixture(scope="module")
def model() -> Model:
    """Two convolutions of 32 and 64 maps, 3x3, padded, each normalised, on 32x32 in colour."""
    torch = pytest.importorskip("torch", reason="an imported network needs PyTorch")
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(64 * 8 * 8, 10),
    )  # fmt: skip
    with torch.no_grad():
        net(torch.rand(32, 3, 32, 32))  # normalisation has seen a batch
    return sc.from_torch(net.eval(), (3, 32, 32))


def pictures() -> Part:
    y, x = np.mgrid[:32, :32] / 5
    waves = [[127 + 120 * np.sin(x * (1 + c) + y * k) for c in range(3)] for k in range(2)]
    return Part(np.array(waves).astype(np.uint8), np.array([3, 7]))


def every_cell_adds_up(shown: Page, model: Model) -> None:
    """Open a corner and a middle of each layer, both ways: what is listed gives what is shown."""
    pixels = np.array(shown.evaluate("[...simplecell.scene.pixels]"), np.uint8)
    label = int(shown.evaluate("simplecell.scene.label"))
    examples = model.examples(pixels.reshape(1, 3, 32, 32), np.array([label]))
    trace = Reference().program(model.network).trace(model.parameters, examples, model.loss)
    for place, (name, layer) in enumerate(trace.layers.items()):
        for what in ("u", "x", "du"):
            right = np.ravel(getattr(layer, what))
            found = shown.evaluate(f"[...simplecell.scene.seen.layers[{place}].{what}.data]")
            assert np.abs(found - right).max() <= CLOSE * np.abs(right).max(), (name, what)
        maps, height, width = (*np.shape(layer.u), 1, 1)[:3]
        for cell in ((0, 0, 0), (maps // 2, height // 2, width // 2)):
            open_both_ways(shown, model, name, cell, layer)


def shaped(values: Any) -> Any:
    one = np.asarray(values)
    return one.reshape(*one.shape, *[1] * (3 - one.ndim))


def open_both_ways(
    shown: Page, model: Model, name: str, cell: tuple[int, int, int], layer: Any
) -> None:
    address = ".".join(map(str, (name, *cell)))
    for direction in ("forward", "backward"):
        state = f"{{ cell: '{address}', direction: '{direction}', weight: '' }}"
        shown.evaluate(f"simplecell.set({state})")
        panel = shown.locator(".cell-panel")
        assert panel.locator(".formula.numbers math").first.is_visible(), (name, direction)
        result = panel.locator(".formula.numbers .result").text_content()
        assert panel.locator(".value-line strong").inner_text() == result, (name, direction)
        if not panel.locator("details.all").count():
            assert direction == "backward", "only the loss itself is no sum"
            continue
        terms = shown.evaluate(TERMS)
        total, gain = sum(terms), 1.0
        if direction == "forward":
            if isinstance(model.network.layer(name), BatchNorm):
                gain = float(model.parameters[f"{name}.w"][cell[0]])
            bias = model.parameters.get(f"{name}.b")
            total = gain * total + (0.0 if bias is None else float(bias[cell[0]]))
            right = shaped(layer.u)[cell]
        else:
            right = shaped(layer.du)[cell]
            if right == 0:
                continue  # relu is flat there: whatever comes back, nothing goes on
        room = READ_TO * max(map(abs, (*terms, 1e-30))) * math.sqrt(len(terms)) * max(1, abs(gain))
        assert abs(total - right) <= room, (name, cell, direction)


def test_an_imported_network_opens_in_a_page_every_cell_with_its_formula(
    browser: Browser, model: Model, tmp_path: Path
) -> None:
    file = tmp_path / "imported.html"
    file.write_text(page_of(model, pictures()), "utf-8")
    with reader(browser, 1440, "light") as screen:
        shown = screen.opened(file.as_uri())
        shown.wait_for_selector("html[data-ready]")
        every_cell_adds_up(shown, model)
        assert screen.said == []


def test_an_imported_network_opens_in_the_studio_every_cell_with_its_formula(
    browser: Browser, model: Model, start: Start, tmp_path: Path
) -> None:
    model.save(tmp_path / "imported.safetensors")
    with reader(browser, 1440, "light") as screen:
        shown = entered(screen, start("imported.safetensors"))
        assert shown.evaluate("simplecell.model.id") == "given:imported.safetensors"
        every_cell_adds_up(shown, model)
        assert screen.said == []
