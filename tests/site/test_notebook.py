"""`sc.show`: the page inside a notebook, as a frame, and as a widget that talks with Python."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Frame, Page

import simplecell as sc
from simplecell.errors import ModelError, SpecError, UnknownName
from simplecell.studio.models import untrained
from simplecell.studio.notebook import ESM, Shown
from simplecell.train.model import Model

from .conftest import Reader, reader

CELL = {"layer": "C3", "cell": (4, 2, 7), "direction": "backward"}
STATE = "cell=C3.4.2.7&direction=backward"

HOST = """<!doctype html><title>a notebook</title><body><div id="out"></div>
<script type="module">
%s
const traits = %s;
const heard = {};
window.model = {
  get: (name) => traits[name],
  set: (name, value) => {
    traits[name] = value;
    (heard[`change:${name}`] ?? []).forEach((hears) => hears());
  },
  on: (name, does) => { (heard[name] ??= []).push(does); },
  off: () => {}, save_changes: () => { window.saved = { ...traits, page: '' }; },
};
render({ model, el: document.getElementById('out') });
</script>"""
"""What Jupyter does with a widget: its traits, kept in step with Python's."""


@pytest.fixture(scope="module")
def model() -> Model:
    return untrained("lenet5")


@pytest.fixture
def digit() -> Any:
    return sc.load("digits", size=32).test.pixels[3]


def inside(page: Page) -> Frame:
    """Give the page in the frame, once it stands."""
    page.wait_for_selector("iframe")
    frame = page.frames[1]
    frame.wait_for_selector("html[data-ready]")
    return frame


def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave anywidget out, as where it is not installed."""
    monkeypatch.setitem(sys.modules, "anywidget", None)


def test_without_anywidget_the_page_comes_in_a_frame_at_the_cell(
    browser: Browser, model: Model, digit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain(monkeypatch)
    shown = sc.show(model, digit, [3], theme="dark", language="zh", **CELL)
    assert isinstance(shown, Shown)
    assert shown.state == f"{STATE}&theme=dark"
    file = tmp_path / "notebook.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{shown._repr_html_()}", "utf-8")
    with reader(browser, 1200, "light") as screen:
        frame = inside(screen.opened(file.as_uri()))
        assert frame.locator(".cell-panel .formula.numbers math").count() >= 1
        assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
        assert frame.evaluate("document.documentElement.lang") == "zh-CN"
        pixels = frame.evaluate("[...simplecell.scene.pixels]")
        assert np.array_equal(pixels, digit.ravel())
        frame.evaluate("simplecell.set({ stop: 'update' })")
        screen.page.wait_for_timeout(400)
        assert screen.said == []


def test_the_widget_and_the_page_say_to_each_other_what_is_open(
    browser: Browser, model: Model, digit: Any, tmp_path: Path
) -> None:
    pytest.importorskip("anywidget")
    widget = sc.show(model, digit, **CELL)
    assert widget.state == STATE
    traits = {name: getattr(widget, name) for name in ("page", "state", "height", "sandbox")}
    told = json.dumps(traits).replace("</", "<\\/")
    file = tmp_path / "notebook.html"
    file.write_text(HOST % (re.sub("^export default.*$", "", ESM, flags=re.M), told), "utf-8")
    with reader(browser, 1200, "light") as screen:
        talked(screen, file)


def talked(screen: Reader, file: Path) -> None:
    frame = inside(screen.opened(file.as_uri()))
    assert frame.evaluate("simplecell.state.cell") == "C3.4.2.7"
    frame.locator("button[data-value=update]").click()
    screen.page.wait_for_function("window.saved?.state.includes('stop=update')")
    screen.page.evaluate("model.set('state', 'cell=C1.2.5.5')")
    frame.wait_for_selector(".cell-panel .formula.numbers")
    for _ in range(12_000):
        if frame.evaluate("simplecell.state.cell") == "C1.2.5.5":
            break
        screen.page.wait_for_timeout(50)
    assert frame.evaluate("simplecell.state.cell") == "C1.2.5.5"
    assert frame.evaluate("simplecell.state.stop") == "backward"
    assert screen.said == []


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ({"layer": "C9"}, UnknownName, "C9"),
        ({"layer": "C3", "cell": (16, 0, 0)}, SpecError, "C3 has 16 maps of 10 x 10"),
        ({"layer": "C3", "cell": (1,)}, SpecError, "give .map, row, column."),
        ({"direction": "up"}, SpecError, "direction is 'up'; it takes forward, backward"),
        ({"height": 3.5}, SpecError, "height is 3.5"),
    ],
)
def test_what_cannot_be_shown_is_said(
    model: Model, how: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        sc.show(model, **how)


def test_what_is_no_model_is_said() -> None:
    with pytest.raises(ModelError, match="str is no model; give a Model or a Run"):
        sc.show("lenet5")


def test_a_run_is_shown_by_its_model_and_pictures_by_what_they_are_taken_for(
    model: Model, digit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain(monkeypatch)
    run = type("Run", (), {"model": model})()
    shown = sc.show(run, [digit, digit], layer="F6", cell=(3,))
    assert shown.state == "cell=F6.3.0.0"
    assert "the studio's page" in repr(shown)
