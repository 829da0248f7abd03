"""Pictures of the studio as it stands on a screen: those of the docs, or all to be looked at.

    python docs/screens.py               the pictures of docs/studio.md, into docs/pictures
    python docs/screens.py --all FOLDER  every view, both languages, light and dark, four widths

It takes Chromium and Playwright, as the tests of the site do. What is shown is the docs' own page
(docs/studio.py) and a studio served from it, whose network trains on the bundled digits.
"""

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from simplecell.data.normalise import Normalisation
from simplecell.spec.network import Network
from simplecell.train.model import Model

sys.path.insert(0, str(Path(__file__).parent))
import studio

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MOST_BYTES = 150_000
WIDTHS = (360, 768, 1440, 3840)
STROKE = ((70, 20), (104, 26), (100, 52), (66, 60), (104, 74), (100, 104), (62, 112), (40, 100))
"""A three, drawn with the pen, in a pad of 132 x 132."""


@dataclass(frozen=True)
class View:
    """A view: what it is called, its state in the address, and who serves it."""

    name: str
    state: str
    served: bool = False
    size: tuple[int, int] = (1360, 850)


VIEWS = (
    View("forward", "stop=forward"),
    View("network", ""),
    View("loss", "stop=loss"),
    View("cell", "cell=C3.4.2.7"),
    View("cell-back", "cell=S2.1.5.5&direction=backward"),
    View("distances", "cell=RBF.3.0.0"),
    View("update", "stop=update&acts=s%3Asgd%3A0.01"),
    View("weight", "stop=update&weight=C1.w.62"),
    View("what-if", "stop=update&weight=C1.w.62&acts=w%3AC1.w%3A62%3A1.5"),
    View("pixel", "cell=input.0.12.14&direction=backward"),
    View("drawn", ""),
    View("learn", "view=learn"),
    View("slide", "view=lesson&kernel=forward.4"),
    View("slide-back", "view=lesson&kernel=backward.12"),
    View("why", "view=lesson&lesson=why"),
    View("shares", "model=3&stop=update&weight=C3.choice.5"),
    View("worksheet", "cell=C3.4.2.7"),
    View("train", "view=learn", served=True),
    View("row", "view=row", served=True),
    View("features", "view=features", served=True),
)
SHOWN = dict.fromkeys(
    (
        "network",
        "cell",
        "slide",
        "update",
        "what-if",
        "why",
        "train",
        "features",
        "row",
        "worksheet",
    ),
    "light",
)
"""The views that the docs show, and on which ground."""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser, and end it."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def lenet5(folder: Path) -> Path:
    """Write the docs' LeNet-5 as a model file; give the file."""
    told = studio.documents()[0]

    def array(shape: list[int], data: str) -> Any:
        return np.frombuffer(b64decode(data), "<f4").reshape(shape).copy()

    model = Model(
        Network.from_json(json.dumps(told["network"])),
        {name: array(**own) for name, own in told["parameters"].items()},
        Normalisation(**told["normalisation"]),
        tuple(told["classes"]),
        metadata={"recipe": {"loss": told["loss"]}},
        frame=tuple(told["frame"]),
        reading=told["reading"],
    )
    file = folder / "lenet5.safetensors"
    model.save(file)
    return file


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Start a studio; give the address that lets a browser in."""
    command = [sys.executable, "-m", "simplecell", "studio", str(lenet5(folder)), "--no-browser"]
    process = subprocess.Popen(
        [*command, "--json", "--port", "0", "--runs", str(folder / "runs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(60)


def until(page: Page, condition: str, seconds: float = 240) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        if time.monotonic() > end:
            raise TimeoutError(f"{condition}\n{page.locator('main').inner_text()[:600]}")
        page.wait_for_timeout(60)


def drawn(page: Page) -> None:
    """Draw a digit with the pen, and point at a cell."""
    box = page.locator("canvas.pad").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + STROKE[0][0] - 30, box["y"] + STROKE[0][1] + 8)
    page.mouse.down()
    for x, y in STROKE:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    page.wait_for_timeout(200)
    cell = page.locator(".card.conv .sheet.up").first.bounding_box()
    assert cell is not None
    page.mouse.move(cell["x"] + cell["width"] / 3, cell["y"] + cell["height"] / 4)


def pressed(page: Page, which: str) -> None:
    """Press a button, whatever its language."""
    page.locator(which).first.click()


def trained(page: Page) -> None:
    """Let the network of the view learn the bundled digits, and open a cell while it does."""
    if not page.evaluate("document.querySelector('.learn .curve svg')"):
        until(page, "document.querySelectorAll('.learn [name=recipe] option').length > 1")
        page.locator(".learn [name=data]").select_option("digits")
        page.locator(".learn [name=epochs]").fill("400")
        pressed(page, ".learn form .go")
        until(page, "document.querySelector('.learn .curve svg')")
    until(page, "parseInt(document.querySelector('.learn dd')?.innerText) >= 12")
    page.evaluate("simplecell.set({ cell: 'C1.2.10.10' })")


def learnt(page: Page) -> None:
    """Let features emerge from photographs; two jobs are at work at a time, so others stop."""
    page.evaluate(
        """() => fetch('api/jobs').then((answer) => answer.json()).then(({ jobs }) => Promise.all(
        jobs.filter(({ alive }) => alive).map(({ id }) => fetch(`api/jobs/${id}/stop`, {
        method: 'POST', body: '{}',
        headers: { 'Content-Type': 'application/json', 'X-Simplecell': '1' } }))))"""
    )
    page.locator(".features [name=iterations]").fill("150")
    pressed(page, ".features form .go")
    until(page, "document.querySelectorAll('.features .boards canvas').length > 30")
    until(page, "document.querySelector('.features form')")


def read(page: Page) -> None:
    """Lay a row of digits, and read it."""
    pressed(page, ".row .controls button:nth-child(2)")
    pressed(page, ".row .controls .go")
    until(page, "document.querySelector('.row-answer canvas')")


def taught(page: Page) -> None:
    """Let the page learn by itself for a while."""
    pressed(page, ".learn .controls button:nth-child(2)")
    pressed(page, ".learn .controls .go")
    page.wait_for_timeout(2500)
    pressed(page, ".learn .controls .go")


def printed(page: Page) -> None:
    """Show the sheet that would be printed."""
    page.evaluate("window.print = () => {}")
    pressed(page, ".cell-body > button")
    page.emulate_media(media="print")
    page.evaluate("window.scrollTo(0, 0)")


ACTS = {
    "drawn": drawn, "train": trained, "features": learnt, "row": read, "learn": taught,
    "worksheet": printed,
}  # fmt: skip


@dataclass
class Studio:
    """Where the views are: the page in a file, the address of the server, and the browser."""

    browser: Browser
    file: Path
    url: str
    entered: dict[str, Any] | None = None

    def shot(self, view: View, language: str, theme: str, to: Path, width: int = 0) -> None:
        """Open a view, do what belongs to it, and take its picture."""
        wide, high = (width, view.size[1]) if width else view.size
        context = self.browser.new_context(
            viewport={"width": wide, "height": 1600 if width == 3840 else high},
            bypass_csp=True,
            storage_state=self.entered if view.served else None,  # type: ignore[arg-type]
        )
        context.set_default_timeout(240_000)
        page = context.new_page()
        if view.served and self.entered is None:
            page.goto(self.url)
            page.wait_for_selector("html[data-ready]")
            self.entered = context.storage_state()  # type: ignore[assignment]
        base = self.url.partition("?")[0] if view.served else self.file.as_uri()
        page.goto("about:blank")
        page.goto(f"{base}#language={language}&theme={theme}&{view.state}")
        page.wait_for_selector("html[data-ready]")
        if act := ACTS.get(view.name):
            act(page)
        page.wait_for_timeout(250)
        page.screenshot(path=to, full_page=width in (360, 768))
        context.close()


def small(file: Path) -> None:
    """Write a picture with as many colours as fit into so many bytes, smaller if it must be."""
    whole = Image.open(file).convert("RGB")
    for size in (1.0, 0.8, 0.65, 0.5):
        fit = whole.resize(
            (int(size * whole.width), int(size * whole.height)), Image.Resampling.LANCZOS
        )
        for colours in (256, 128, 64):
            fit.quantize(colours, dither=Image.Dither.NONE).save(file, optimize=True)
            if file.stat().st_size <= MOST_BYTES:
                return
    raise ValueError(f"{file.name} takes {file.stat().st_size} bytes")


def everything(found: Studio, folder: Path, only: list[str]) -> None:
    """Take every view in both languages on both grounds, and in four widths."""
    folder.mkdir(parents=True, exist_ok=True)
    for view in VIEWS:
        if only and view.name not in only:
            continue
        for language, theme in (("en", "light"), ("zh", "dark"), ("zh", "light"), ("en", "dark")):
            found.shot(view, language, theme, folder / f"{view.name}-{language}-{theme}.png")
        for width in WIDTHS:
            found.shot(view, "zh", "light", folder / f"{view.name}-{width}.png", width)
        print(view.name, flush=True)


def of_the_docs(found: Studio, only: list[str]) -> None:
    """Take the pictures that the docs show."""
    for view in VIEWS:
        wanted = view.name in (only or SHOWN)
        for language in ("en", "zh") if wanted else ():
            ending = "" if language == "en" else "-zh"
            file = PICTURES / f"studio-{view.name}{ending}.png"
            found.shot(view, language, SHOWN[view.name], file)
            small(file)
            print(f"{file.name}: {file.stat().st_size} bytes", flush=True)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description="Take pictures of the studio.")
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    parser.add_argument("--only", nargs="*", default=[], metavar="VIEW")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        file = Path(name) / "page.html"
        file.write_text(studio.page(), "utf-8")
        with served(Path(name)) as url:
            found = Studio(browser, file, url)
            if told.all:
                everything(found, told.all, told.only)
            else:
                of_the_docs(found, told.only)


if __name__ == "__main__":
    main()
