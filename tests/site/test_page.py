"""The studio's page of a model: opened from a folder, without network, used as people use it."""

import json
import re
import runpy
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import simplecell as sc
from simplecell.data.normalise import Normalisation
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import State, Update
from simplecell.engines.reference import Reference
from simplecell.formulas.catalogue import find as find_formula
from simplecell.plots.palette import DARK, LIGHT
from simplecell.spec.zoo import NETWORKS, find
from simplecell.studio.bundle import joined, ordered, web
from simplecell.studio.document import model_document
from simplecell.studio.page import page, pages
from simplecell.train.model import Model

from .conftest import HANGS, ROOT, Reader, reader

MOST = 1e-5
TOLD = tomllib.loads((ROOT / "docs" / "studio.toml").read_text("utf-8"))
FORMULAS = TOLD["formula"]


@pytest.fixture(scope="session")
def model() -> Model:
    """LeNet-5, a little trained on the bundled digits."""
    return sc.fit("lenet5", "digits", epochs=4, seed=0, progress=False).model


@pytest.fixture(scope="session")
def opened_page(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = sc.load("digits", size=32)
    file = tmp_path_factory.mktemp("page") / "lenet5.html"
    file.write_text(page(model, data.test), "utf-8")
    return file


@pytest.fixture(scope="module")
def screen(browser: Browser) -> Iterator[Reader]:
    with reader(browser, 1440, "light") as found:
        yield found


def opened(screen: Reader, file: Path, state: str = "") -> Page:
    """Open the page at a state, and wait until it stands."""
    screen.page.goto("about:blank")
    shown = screen.opened(file.as_uri() + (f"#{state}" if state else ""))
    shown.wait_for_selector("html[data-ready]")
    return shown


def until(shown: Page, condition: str) -> None:
    """Wait for a condition; the page's own policy forbids the browser's way to wait for one."""
    end = time.monotonic() + 600
    while not shown.evaluate(condition):
        assert time.monotonic() < end, condition
        shown.wait_for_timeout(50)


def traced(model: Model, pixels: Any, label: int) -> Any:
    examples = model.examples(pixels[None], np.array([label]))
    program = Reference().program(model.network)
    return program, program.trace(model.parameters, examples, model.loss), examples


def close(found: Any, right: Any) -> bool:
    found, right = np.asarray(found, float).ravel(), np.asarray(right, float).ravel()
    return bool(np.abs(found - right).max() <= MOST * max(np.abs(right).max(), 1e-30))


def test_the_page_shows_the_engines_own_numbers(
    screen: Reader, opened_page: Path, model: Model
) -> None:
    shown = opened(screen, opened_page)
    sample = shown.evaluate("[...simplecell.scene.pixels]")
    label = shown.evaluate("simplecell.scene.label")
    pixels = np.array(sample, np.uint8).reshape(model.network.input)
    _, trace, _ = traced(model, pixels, label)
    assert close(shown.evaluate("simplecell.scene.seen.value"), trace.loss)
    for place, (name, layer) in enumerate(trace.layers.items()):
        for what in ("u", "x", "du"):
            found = shown.evaluate(f"[...simplecell.scene.seen.layers[{place}].{what}.data]")
            assert close(found, getattr(layer, what)), (name, what)
    assert screen.said == []


def test_a_step_on_the_page_is_the_engines_step(
    screen: Reader, opened_page: Path, model: Model
) -> None:
    shown = opened(screen, opened_page, "stop=update&rate=0.05")
    pixels = np.array(shown.evaluate("[...simplecell.scene.pixels]"), np.uint8)
    pixels = pixels.reshape(1, *model.network.input)
    label = shown.evaluate("simplecell.scene.label")
    shown.get_by_role("button", name="Take the step").click()
    program = Reference().program(model.network)
    examples = model.examples(pixels, np.array([label]))
    state = State({name: np.asarray(w, float).copy() for name, w in model.parameters.items()}, {})
    program.train(state, examples, np.array([0]), 1, [0.05], Update("sgd"), model.loss)
    after = program.trace(state.parameters, examples, model.loss)
    ledger = shown.locator(".facts.wide").inner_text()
    assert "steps taken" in ledger
    assert close(shown.evaluate("simplecell.scene.seen.value"), after.loss)
    for name, right in state.parameters.items():
        found = shown.evaluate(f"[...simplecell.scene.parameters['{name}'].data]")
        assert close(found, right), name
    shown.get_by_role("button", name="Undo").click()
    assert shown.evaluate("simplecell.scene.steps.length") == 0


def test_what_is_drawn_is_brought_to_the_network_and_answered(
    screen: Reader, opened_page: Path
) -> None:
    shown = opened(screen, opened_page)
    box = shown.locator("canvas.pad:not(.wide)").bounding_box()
    assert box is not None
    shown.mouse.move(box["x"] + 70, box["y"] + 25)
    shown.mouse.down()
    for step in range(1, 12):
        shown.mouse.move(box["x"] + 70 - step / 2, box["y"] + 25 + 7 * step)
    shown.mouse.up()
    until(shown, "simplecell.state.picture.startsWith('d')")
    assert shown.locator(".pose li").count() == 3
    rows, _ = np.nonzero(np.array(shown.evaluate("[...simplecell.scene.pixels]")).reshape(32, 32))
    assert rows.max() - rows.min() == 19, "the longer side is 20 pixels"
    assert abs((rows.max() + rows.min()) / 2 - 15.5) <= 1.5
    assert shown.locator(".verdict strong").inner_text() in "0123456789"
    address = shown.evaluate("simplecell.state.picture")
    again = opened(screen, opened_page, f"picture={address}")
    assert again.evaluate("simplecell.state.picture") == address


def test_a_weight_that_is_changed_changes_all_that_follows_and_can_be_undone(
    screen: Reader, opened_page: Path
) -> None:
    shown = opened(screen, opened_page, "stop=update&weight=C1.w.12")
    before = shown.evaluate("simplecell.scene.seen.value")
    field = shown.get_by_label("value", exact=True)
    field.fill("3")
    field.press("Enter")
    assert shown.evaluate("simplecell.scene.seen.value") != before
    assert shown.locator(".cell-panel s").count() == 1, "the old value stays in sight"
    shown.get_by_role("button", name="Undo").click()
    assert shown.evaluate("simplecell.scene.seen.value") == before


TERMS = """() => {
  const read = (cell) => {
    const [head, tail] = cell.textContent.replace('−', '-').split('·10');
    const raised = [...(tail ?? '')].map((c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(c));
    const digits = raised.map((d) => (d < 0 ? '-' : d)).join('');
    return Number(head) * 10 ** Number(digits || 0);
  };
  document.querySelector('details.all').open = true;
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(
    [...document.querySelectorAll('details.all tbody tr')].map((row) => read(row.lastChild))))));
}"""


@pytest.mark.parametrize("cell", ["C3.4.2.7", "S2.1.5.5", "C5.7.0.0", "F6.17.0.0", "RBF.3.0.0"])
def test_the_terms_on_screen_add_up_to_the_value_that_is_shown(
    screen: Reader, opened_page: Path, cell: str
) -> None:
    shown = opened(screen, opened_page, f"cell={cell}")
    layer, index = cell.split(".")[0], [int(part) for part in cell.split(".")[1:]]
    names = [one["name"] for one in json.loads(sc.find("lenet5").to_json())["layers"]]
    sums = f"simplecell.scene.seen.layers[{names.index(layer)}].u"
    height, width = shown.evaluate(f"[{sums}.height, {sums}.width]")
    u = shown.evaluate(f"{sums}.data[{(index[0] * height + index[1]) * width + index[2]}]")
    own = f"simplecell.scene.parameters['{layer}.%s']?.data[{index[0]}]"
    bias = shown.evaluate(own % "b") or 0
    gain = shown.evaluate(own % "w") if layer == "S2" else 1
    terms = shown.evaluate(TERMS)
    assert abs(gain * sum(terms) + bias - u) <= 2e-3 * max(map(abs, terms)) * len(terms) ** 0.5


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_of_every_network_opens_both_ways(
    screen: Reader, tmp_path: Path, name: str
) -> None:
    network = find(name)
    weights = initial_parameters(network, 1, "glorot")
    untrained = Model(network, weights, Normalisation(1 / 255, 0.0), tuple("0123456789"))
    file = tmp_path / "one.html"
    file.write_text(pages([model_document(untrained)]), "utf-8")
    shown = opened(screen, file)
    for layer in network.layers:
        for direction in ("forward", "backward"):
            state = json.dumps(
                {"cell": f"{layer.name}.0.0.0", "direction": direction, "weight": ""}
            )
            shown.evaluate(f"simplecell.set({state})")
            assert shown.locator(".cell-panel math").count() >= 1, layer.name
            assert shown.locator(".value-line strong").inner_text() not in ("", "?")
    for array in weights:
        shown.evaluate(f"simplecell.set({{stop: 'update', cell: '', weight: '{array}.0'}})")
        assert shown.locator(".cell-panel").is_visible(), array
    assert screen.said == []


def tabbed(shown: Page, words: str) -> None:
    """Press Tab until what is focused is called so: no mouse, no shortcut."""
    for _ in range(90):
        shown.keyboard.press("Tab")
        name = "document.activeElement.ariaLabel ?? document.activeElement.textContent"
        if shown.evaluate(name).startswith(words):
            return
    raise AssertionError(f"Tab does not lead to {words}")


def test_a_keyboard_alone_reaches_a_cells_formula_and_takes_a_step(
    screen: Reader, opened_page: Path
) -> None:
    shown = opened(screen, opened_page)
    tabbed(shown, "C1")
    shown.keyboard.press("Enter")
    assert shown.locator(".cell-panel .formula.numbers math").count() >= 1
    tabbed(shown, "The formula with its numbers")
    before = shown.evaluate("simplecell.state.cell")
    tabbed(shown, ", ".join(before.split(".")[2:]))
    shown.keyboard.press("ArrowRight")
    after = shown.evaluate("simplecell.state.cell")
    assert int(after.split(".")[3]) == int(before.split(".")[3]) + 1
    assert "δ" in shown.locator(".said").inner_text()
    shown.keyboard.press("Escape")
    assert shown.locator(".cell-panel").is_hidden()
    tabbed(shown, "4 Update")
    shown.keyboard.press("Enter")
    tabbed(shown, "Take the step")
    shown.keyboard.press("Enter")
    assert shown.evaluate("simplecell.scene.steps.length") == 1


STATES = (
    "",
    "cell=C3.4.2.7",
    "stop=update&weight=C1.w.12",
    "stop=loss",
    "view=learn",
    "view=lesson",
    "view=lesson&lesson=why",
)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_the_page(
    browser: Browser, opened_page: Path, language: str, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    context.set_default_timeout(HANGS)
    found = Reader(context.new_page())
    for state in STATES:
        shown = opened(found, opened_page, f"language={language}&{state}")
        broken = Axe().run(shown).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"][:90]) for rule in broken] == [], state
    context.close()


@pytest.mark.parametrize("width", [360, 768, 1440, 3840])
def test_nothing_is_wider_than_the_screen(browser: Browser, opened_page: Path, width: int) -> None:
    with reader(browser, width, "light") as found:
        for state in STATES:
            shown = opened(found, opened_page, f"language=zh&{state}")
            wide = shown.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, state
        assert found.said == []


def test_the_page_learns_and_goes_back(screen: Reader, opened_page: Path) -> None:
    shown = opened(screen, opened_page, "view=learn&rate=0.005")
    shown.get_by_role("button", name="From random weights").click()
    shown.get_by_role("button", name="Learn", exact=True).last.click()
    until(shown, "document.querySelector('.learn .curve svg')")
    shown.get_by_role("button", name="Pause").click()
    assert int(shown.locator(".learn dd").first.inner_text()) >= 50
    slider = shown.get_by_label("Go back to").last
    slider.fill("1")
    slider.dispatch_event("change")
    assert shown.locator(".learn dd").first.inner_text() == "25"
    assert screen.said == []


def test_a_loss_that_is_no_number_stops_and_names_the_layer(
    screen: Reader, opened_page: Path
) -> None:
    shown = opened(screen, opened_page, "view=learn&rate=1e305")
    shown.get_by_role("button", name="Learn", exact=True).last.click()
    shown.wait_for_selector(".bad[role=alert]", timeout=HANGS)
    assert re.search("C1|S2|C3|S4|C5|F6|RBF", shown.locator(".bad[role=alert]").inner_text())
    assert np.isfinite(shown.evaluate("simplecell.scene.seen.value"))


def test_a_state_is_in_the_address_and_opens_again(screen: Reader, opened_page: Path) -> None:
    shown = opened(screen, opened_page)
    shown.evaluate(
        "simplecell.set({cell: 'C3.4.2.7', direction: 'backward', picture: '3', rate: '0.1'})"
    )
    shown.evaluate("document.querySelector('.step').dispatchEvent(new Event('x'))")
    until(shown, "location.hash.includes('C3.4.2.7')")
    state = shown.evaluate("JSON.stringify(simplecell.state)")
    again = opened(screen, opened_page, shown.evaluate("location.hash").lstrip("#"))
    assert again.evaluate("JSON.stringify(simplecell.state)") == state


def test_the_deck_example_gives_the_decks_numbers(screen: Reader, opened_page: Path) -> None:
    shown = opened(screen, opened_page, "view=lesson")
    numbers = shown.locator(".board.result button").all_inner_texts()
    assert numbers == ["4", "3", "4", "2", "4", "3", "2", "3", "4"]


@pytest.fixture(scope="module")
def docs_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("docs") / "page.html"
    file.write_text(runpy.run_path(str(ROOT / "docs" / "studio.py"))["page"](), "utf-8")
    return file


@pytest.mark.parametrize("entry", FORMULAS, ids=lambda entry: entry["code"])
def test_the_formulas_of_the_deck_open_with_numbers(
    screen: Reader, docs_page: Path, entry: dict[str, str]
) -> None:
    shown = opened(screen, docs_page, entry["at"])
    if find_formula(entry["code"]).lines:
        caption = shown.locator(".law figcaption, .stop-body .formula", has_text=entry["code"])
        assert caption.count() or "stop=loss" in entry["at"], entry["code"]
    assert shown.locator(".numbers math, .kind dd").first.is_visible()
    assert screen.said == []


def test_modules_join_into_one_script_that_is_small() -> None:
    files = ordered("main.js")
    script, style = joined("main.js"), web("style.css")
    assert len(files) == len(set(files)) > 20
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)
    assert len((script + style).encode()) <= 250_000


def test_a_page_of_lenet5_is_small(opened_page: Path) -> None:
    assert opened_page.stat().st_size <= 800_000


def test_the_page_runs_no_script_but_its_own(screen: Reader, opened_page: Path) -> None:
    shown = opened(screen, opened_page)
    shown.evaluate("""() => { const s = document.createElement('script');
      s.textContent = 'window.strange = 1'; document.body.append(s); }""")
    assert shown.evaluate("window.strange === undefined")
    assert any("Content Security Policy" in line for line in screen.said)


def test_both_languages_have_the_same_words() -> None:
    keys = [
        re.findall(r"(?:^|[{,]\s*|\s)(\w+): '", web(f"words/{name}.js")) for name in ("en", "zh")
    ]
    assert sorted(keys[0]) == sorted(keys[1])
    assert len(keys[0]) == len(set(keys[0]))


def test_the_style_has_the_colours_of_the_palette() -> None:
    style = web("style.css")
    for colours in (LIGHT, DARK):
        line = " ".join(f"--{name}: {colour};" for name, colour in colours.items())
        assert line in style
