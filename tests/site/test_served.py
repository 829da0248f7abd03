"""`simplecell studio` in a browser, as people open it: a fresh start, learning, features, rows."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from simplecell.studio.models import untrained

from .conftest import ROOT, Reader, reader

READY_SECONDS = 2.0
LEARN = "view=learn&model=zoo:lenet1"


class Studio:
    """A studio in a process of its own, and its address."""

    def __init__(self, folder: Path, *given: str) -> None:
        command = [sys.executable, "-m", "simplecell", "studio", *given, "--no-browser"]
        # Only what is bundled is there: the same digits on every machine.
        own = {"PYTHONPATH": str(ROOT / "src"), "SIMPLECELL_DATA": str(folder / "nothing")}
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--json"],
            cwd=folder,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.told = json.loads(self.process.stdout.readline())

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=300)


Start = Callable[..., Studio]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    begun: list[Studio] = []

    def one(*given: str) -> Studio:
        begun.append(Studio(tmp_path, *given))
        return begun[-1]

    yield one
    for studio in begun:
        studio.end()


@pytest.fixture
def screen(browser: Browser) -> Iterator[Reader]:
    with reader(browser, 1440, "light") as found:
        yield found


def entered(screen: Reader, studio: Studio, state: str = "") -> Page:
    """Open the address that was printed, then a state."""
    shown = screen.opened(studio.told["url"])
    shown.wait_for_selector("html[data-ready]")
    if state:
        shown.evaluate(f"location.hash = {json.dumps(state)}")
        until(shown, f"location.hash.includes({json.dumps(state[:12])}) && simplecell.scene")
    return shown


def until(shown: Page, condition: str, seconds: float = 30) -> Any:
    """Wait until something is so; the page's own policy forbids the browser's way to wait."""
    end = time.monotonic() + seconds
    while not (found := shown.evaluate(condition)):
        assert time.monotonic() < end, (condition, shown.locator("main").inner_text()[:900])
        shown.wait_for_timeout(50)
    return found


def painted(shown: Page, what: str) -> int:
    """Count the colours on a canvas: an empty one has one."""
    return int(
        shown.evaluate(
            f"""() => {{ const c = document.querySelector({json.dumps(what)});
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            return new Set(new Uint32Array(d.buffer)).size; }}"""
        )
    )


def pressed(shown: Page, name: str) -> None:
    shown.locator("main").get_by_role("button", name=name, exact=True).click()


def test_a_fresh_start_shows_a_digit_with_all_maps_both_ways(screen: Reader, start: Start) -> None:
    studio = start()
    shown = entered(screen, studio)
    seconds = shown.evaluate("performance.now()") / 1000
    assert shown.evaluate("simplecell.model.id") == "zoo:lenet5"
    for layer in ("input", "conv", "subsample", "dense"):
        for way in ("up", "down"):
            assert painted(shown, f".card.{layer} .sheet.{way} canvas") > 5, (layer, way)
    assert shown.locator(".verdict strong").inner_text() in "0123456789"
    assert seconds < 5 * READY_SECONDS, "the figure itself is benchmarks/studio.py's"
    assert screen.said == []


def test_the_name_of_a_function_opens_the_file_of_the_formula(
    screen: Reader, start: Start
) -> None:
    shown = entered(screen, start(), "model=zoo:lenet5&cell=C3.0.4.4")
    link = shown.locator(".cell-panel .law a").first
    assert link.inner_text() == "formulas.conv.conv_forward"
    with shown.context.expect_page() as opened:
        link.click()
    opened.value.wait_for_load_state()
    assert "def conv_forward(" in opened.value.locator("body").inner_text()


def test_learning_moves_curves_maps_kernels_and_the_open_cell(
    screen: Reader, start: Start
) -> None:
    studio = start()
    shown = entered(screen, studio, f"{LEARN}&cell=C1.2.10.10")
    until(shown, "simplecell.model.id === 'zoo:lenet1' && document.querySelector('.learn form')")
    before = shown.locator(".value-line strong").inner_text()
    shown.locator(".learn [name=data]").select_option("digits")
    shown.locator(".learn [name=epochs]").fill("400")
    pressed(shown, "Learn")
    until(shown, "document.querySelector('.learn .curve svg')")
    kernel = "[...simplecell.scene.parameters['C1.w'].data].join()"
    version, first = shown.evaluate(f"[simplecell.scene.key, {kernel}]")
    until(shown, f"simplecell.scene.key !== {json.dumps(version)}")
    assert shown.evaluate(kernel) != first
    assert shown.locator(".value-line strong").inner_text() != before
    pressed(shown, "weights")
    assert painted(shown, ".card.conv .sheet.value canvas") > 5
    pressed(shown, "Pause")
    until(shown, "document.querySelector('.learn').innerText.includes('paused')")
    slider = shown.get_by_label("Go back to")
    slider.fill("1")
    slider.dispatch_event("change")
    until(shown, "document.querySelector('.learn input[type=range]')?.max === '1'")
    pressed(shown, "Go on")
    until(shown, "Number(document.querySelector('.learn dd')?.innerText.split(' ')[0]) > 1")
    pressed(shown, "Stop")
    until(shown, "document.querySelector('.learn').innerText.includes('stopped')")
    assert screen.said == []


def test_a_studio_that_is_killed_loses_nothing_and_the_next_one_goes_on(
    screen: Reader, start: Start, tmp_path: Path
) -> None:
    studio = start()
    shown = entered(screen, studio, LEARN)
    until(shown, "simplecell.model.id === 'zoo:lenet1' && document.querySelector('.learn form')")
    shown.locator(".learn [name=data]").select_option("digits")
    shown.locator(".learn [name=epochs]").fill("60")
    pressed(shown, "Learn")
    until(shown, "document.querySelector('.learn .curve svg')")
    studio.end(signal.SIGKILL)
    until(shown, "document.querySelector('.learn').innerText.includes('Nothing is lost')")
    run = next((tmp_path / "runs").iterdir())
    end = time.monotonic() + 60
    while not (run / "checkpoint.safetensors").exists():
        assert time.monotonic() < end
        time.sleep(0.1)
    shown = entered(screen, start(), f"view=learn&model=run:{run.name}")
    until(shown, "document.querySelector('.learn').innerText.includes('stopped')")
    until(shown, "document.querySelector('.learn .curve svg')")
    epoch = "Number(document.querySelector('.learn dd').innerText.split(' ')[0])"
    reached = shown.evaluate(epoch)
    pressed(shown, "Go on")
    until(shown, f"{epoch} > {reached}")


def test_a_rate_that_is_too_large_is_said_by_the_layer(screen: Reader, start: Start) -> None:
    """The page hears of it whoever began the run: here another program, by the same routes."""
    studio = start()
    shown = entered(screen, studio)
    task = {"network": "lenet1", "data": "digits", "rate": 1e30, "run": "fast", "epochs": 2}
    told = shown.evaluate(
        """(task) => fetch('api/train', { method: 'POST', body: JSON.stringify(task),
        headers: { 'Content-Type': 'application/json', 'X-Simplecell': '1' } })
        .then((answer) => answer.json())""",
        task,
    )
    assert told["job"] == "run:fast"
    until(shown, "fetch('api/jobs/run:fast').then((a) => a.json()).then((j) => j.begun)")
    shown.evaluate("simplecell.set({ view: 'learn', model: 'run:fast' })")
    until(shown, "/C1|S2|C3|S4|F5/.test(document.querySelector('.learn .bad')?.innerText ?? '')")
    assert np.isfinite(shown.evaluate("simplecell.scene.seen.value"))


def test_features_emerge_beside_what_is_made_of_their_patches(
    screen: Reader, start: Start
) -> None:
    shown = entered(screen, start(), "view=features")
    shown.locator(".features [name=iterations]").fill("30")
    pressed(shown, "Learn")
    until(shown, "document.querySelectorAll('.features .boards canvas').length > 32")
    assert painted(shown, ".features .boards canvas") > 20, "filters"
    assert shown.locator(".features .activations i").count() == 25
    until(shown, "document.querySelector('.features form')")
    assert shown.locator(".features .curve svg").is_visible()
    assert "30 / 30" in shown.locator(".features").inner_text()
    assert screen.said == []


def test_everyone_can_use_the_views_of_the_server(browser: Browser, start: Start) -> None:
    """Training, features and rows, with something in each: both languages, light and dark."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    shown = entered(Reader(context.new_page()), start(), LEARN)
    until(shown, "simplecell.model.id === 'zoo:lenet1' && document.querySelector('.learn form')")
    shown.locator(".learn [name=data]").select_option("digits")
    shown.locator(".learn [name=epochs]").fill("2")
    pressed(shown, "Learn")
    until(shown, "document.querySelector('.learn').innerText.includes('finished')")
    shown.evaluate("simplecell.set({ view: 'features' })")
    shown.locator(".features [name=iterations]").fill("5")
    pressed(shown, "Learn")
    until(shown, "document.querySelector('.features .boards') && "
          "document.querySelectorAll('.features .boards canvas').length > 32")  # fmt: skip
    shown.evaluate("simplecell.set({ view: 'row', model: 'zoo:lenet5' })")
    until(shown, "simplecell.model.id === 'zoo:lenet5'")
    pressed(shown, "A row of samples")
    pressed(shown, "Read the row")
    until(shown, "document.querySelector('.row-answer canvas')")
    for language in ("en", "zh"):
        for theme in ("light", "dark"):
            for view in ("learn", "features", "row"):
                told = {"view": view, "language": language, "theme": theme}
                shown.evaluate(f"simplecell.set({json.dumps(told)})")
                broken = Axe().run(shown).response["violations"]
                found = [(rule["id"], rule["nodes"][0]["html"][:90]) for rule in broken]
                assert found == [], told
                wide = shown.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, told
    context.close()


def test_a_row_is_read_and_an_own_model_opens(
    screen: Reader, start: Start, tmp_path: Path
) -> None:
    own = untrained("lenet5")
    own.save(tmp_path / "mine.safetensors")
    shown = entered(screen, start("mine.safetensors"), "view=row")
    assert shown.evaluate("simplecell.model.id") == "given:mine.safetensors"
    found = shown.evaluate("[...simplecell.scene.parameters['C1.w'].data]")
    assert np.allclose(found, own.parameters["C1.w"].ravel(), atol=1e-7)
    pressed(shown, "A row of samples")
    pressed(shown, "Read the row")
    until(shown, "document.querySelector('.row-answer canvas')")
    assert shown.locator(".mark-at").count() >= 3
    shown.evaluate("simplecell.set({ view: 'learn' })")
    until(shown, "document.querySelector('.learn form')")
    shown.wait_for_timeout(400)
    assert shown.locator(".learn .bad").all_inner_texts() in ([], [""]), "a file is no job"
    shown.locator(".learn [name=data]").select_option("digits")
    shown.locator(".learn [name=epochs]").fill("1")
    pressed(shown, "Learn")
    until(shown, "simplecell.model.id.startsWith('run:')")
    until(shown, "document.querySelector('.learn').innerText.includes('finished')")
    assert all("404" in line for line in screen.said)
