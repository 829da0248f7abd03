"""What a person waits for on the screen, stamped in Chromium: benchmarks/studio.py prints it.

A stamp of paint: the page's own work is done in an animation frame; a stamp that is asked for in
that frame runs after it; a message sent there arrives when layout and paint are handed over.

The parts of a frame are taken in a second pass, by the browser's own profiler, ten samples each
millisecond: time in formulas/, time in paint.js and in putImageData, and the rest of the script,
which is text and rings. The profiler slows the page, so these parts are shares of the first pass.
"""

import contextlib
import json
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

import simplecell as sc
from simplecell.data.part import Part
from simplecell.studio.bundle import joined, web
from simplecell.studio.page import page as page_of
from simplecell.train.model import Model

Row = tuple[str, str, str, str]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SCREEN = {"width": 1440, "height": 900}
STROKES, CHANGES, A_FIGURE = 120, 40, 20
EVERY_MS = 40

STAMPS = """(() => {
  const after = (then) => requestAnimationFrame((begun) => {
    const scripted = performance.now();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => then({ begun, scripted, painted: performance.now() });
    port2.postMessage(0);
  });
  window.stamped = [];
  window.afterPaint = () => new Promise(after);
  new MutationObserver((_, own) => {
    if (!document.documentElement?.dataset.ready) return;
    own.disconnect();
    const ready = performance.now();
    after((found) => { window.first = { ready, ...found }; });
  }).observe(document, { attributes: true, subtree: true, childList: true });
  // In the bubbling phase, so that the page has asked for its own frame before.
  window.addEventListener('pointermove', ({ timeStamp }) => {
    const heard = performance.now();
    const before = window.simplecell?.scene.key;
    after((found) => window.stamped.push({
      moved: timeStamp, heard, drawn: simplecell.scene.key !== before, ...found }));
  });
  window.change = async (count, every) => {
    const found = [];
    for (let n = 0; n < count; n += 1) {
      await new Promise((done) => setTimeout(done, every));
      await new Promise(requestAnimationFrame);
      const heard = performance.now();
      // A pixel is another each time: a scene that is kept would cost nothing.
      simplecell.set({ acts: `p:500:${Math.random()}` });
      const scripted = performance.now();
      const { painted } = await window.afterPaint();
      found.push({ heard, scripted, painted });
    }
    return found;
  };
})()"""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser of its own, and end it."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def entered(browser: Browser, address: str, **more: Any) -> Page:
    """Open an address in a window of its own, and wait until the first picture stands."""
    context = browser.new_context(viewport=SCREEN, **more)  # type: ignore[arg-type]
    context.add_init_script(STAMPS)
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    while not page.evaluate("window.first"):
        page.wait_for_timeout(20)
    assert page.evaluate(FILLED) == [], "a layer has no picture"
    return page


FILLED = """() => [...document.querySelectorAll('.card')].filter((card) => {
  const pictures = [...card.querySelectorAll('.sheet.up canvas, .sheet.down canvas')];
  const colours = (c) => new Set(new Uint32Array(
    c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size;
  if (card.classList.contains('last')) return !card.querySelector('.verdict strong').textContent;
  return pictures.length !== 2 || pictures.some((c) => !c.checkVisibility() || colours(c) < 3);
}).map((card) => card.ariaLabel)"""


class Studio:
    """`simplecell studio` in a process of its own."""

    def __init__(self, folder: Path, *given: str) -> None:
        command = [sys.executable, "-m", "simplecell", "studio", *given, "--no-browser", "--json"]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--runs", str(folder / "runs")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.told: dict[str, str] = json.loads(self.process.stdout.readline())

    def end(self) -> None:
        """Let it save and end."""
        self.process.terminate()
        self.process.wait(60)


@contextlib.contextmanager
def studio(folder: Path, *given: str) -> Iterator[Studio]:
    """Start a studio, and end it."""
    found = Studio(folder, *given)
    try:
        yield found
    finally:
        found.end()


def middle(values: list[float]) -> float:
    """Give the median."""
    return statistics.median(values)


ARRIVED = """() => {
  const at = (part) => Math.max(0, ...performance.getEntriesByType('resource')
    .filter(({ name }) => name.includes(part)).map(({ responseEnd }) => responseEnd));
  return [performance.getEntriesByType('navigation')[0].responseEnd, at('/web/'), at('/api/'),
    window.first.painted];
}"""


def server(folder: Path, starts: int = 5) -> list[Row]:
    """Time from the page's request until a digit stands there, of servers just started."""
    found = []
    for _ in range(starts):
        with studio(folder) as one, chromium() as browser:
            found.append(entered(browser, one.told["url"]).evaluate(ARRIVED))
    html, modules, answers, painted = (middle(column) for column in zip(*found, strict=True))
    each = ", ".join(f"{row[-1]:.0f}" for row in found)
    parts = (
        f"page {html:.0f}, modules {modules - html:.0f}, answers {answers - modules:.0f},"
        f" formulas and paint {painted - answers:.0f}; starts: {each}"
    )
    return [("a digit with all maps, from the request", "2000 ms", f"{painted:.0f} ms", parts)]


def lenet5(folder: Path) -> Path:
    """Train LeNet-5 a little on the bundled digits; write its model and its page."""
    data = sc.load("digits", size=32)
    model = sc.fit("lenet5", "digits", epochs=4, seed=0, progress=False).model
    model.save(folder / "lenet5.safetensors")
    file = folder / "lenet5.html"
    file.write_text(page_of(model, data.test), "utf-8")
    return file


PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  const first = list.getEntries().find(({ name }) => name === 'first-contentful-paint');
  if (first) done([first.startTime, window.first.ready, performance.timing.responseEnd
    - performance.timing.navigationStart]);
}).observe({ type: 'paint', buffered: true }))"""


def exported(folder: Path, starts: int = 7) -> list[Row]:
    """Time the first paint of an exported page, in browsers just started; weigh the files."""
    file = lenet5(folder)
    cold, warm = [], []
    for _ in range(starts):
        with chromium() as browser:
            cold.append(entered(browser, file.as_uri()).evaluate(PAINT))
            warm.append(entered(browser, file.as_uri()).evaluate(PAINT))
    paint, ready, read = (middle(column) for column in zip(*cold, strict=True))
    each = ", ".join(f"{row[0]:.0f}" for row in cold)
    parts = f"file {read:.0f}, script {ready - read:.0f}, paint {paint - ready:.0f}; each {each}"
    again = middle([row[0] for row in warm])
    front = len((joined("main.js") + web("style.css")).encode())
    return [
        ("first paint of an exported page", "500 ms", f"{paint:.0f} ms", parts),
        ("… where the browser stands already", "500 ms", f"{again:.0f} ms", ""),
        ("front end", "250000 bytes", f"{front} bytes", ""),
        ("exported page of LeNet-5", "800 kB", f"{file.stat().st_size / 1000:.0f} kB", ""),
    ]


def draw(page: Page, moves: int, seed: int) -> None:
    """Draw with the pen, each move a while after the last was painted; other figures each time."""
    box = page.locator("canvas.pad").first.bounding_box()
    assert box is not None
    rng = np.random.default_rng(seed)
    for first in range(0, moves, A_FIGURE):
        page.locator(".picture .tools button").first.click()
        size, turns, bend = rng.uniform((20, 3, -1), (50, 7, 1))
        for n in range(min(A_FIGURE, moves - first) + 1):
            turn = turns * n / A_FIGURE
            x, y = size * np.sin(turn + bend), 50 * np.cos(0.7 * turn)
            page.mouse.move(box["x"] + 66 + float(x), box["y"] + 66 + float(y))
            if n == 0:
                page.mouse.down()
            page.wait_for_timeout(EVERY_MS)
        page.mouse.up()


def profiled(page: Page, act: Any, count: int) -> dict[str, float]:
    """Give milliseconds of each part a frame, by the browser's own profiler."""
    line = page.context.new_cdp_session(page)
    line.send("Profiler.enable")
    line.send("Profiler.setSamplingInterval", {"interval": 100})
    line.send("Profiler.start")
    act()
    profile = line.send("Profiler.stop")["profile"]
    nodes = {node["id"]: node for node in profile["nodes"]}
    parent = {child: node["id"] for node in nodes.values() for child in node.get("children", [])}

    def part(number: int | None) -> str:
        while number is not None:
            frame = nodes[number]["callFrame"]
            name, url = frame["functionName"], frame["url"]
            if name in ("(program)", "(idle)", "(root)"):
                return "outside"
            if name in ("putImageData", "getImageData") or url.endswith("/paint.js"):
                return "canvases"
            if "/web/" in url:
                return "formulas" if "/formulas/" in url else "text"
            number = parent.get(number)
        return "outside"

    spent: dict[str, float] = defaultdict(float)
    for node, delta in zip(profile["samples"], profile["timeDeltas"], strict=True):
        spent[part(node)] += delta / 1000 / count
    return spent


def clocked(page: Page, act: Any, count: int) -> str:
    """Say what the page's own thread worked, by its processor's clock: others do not slow it."""
    line = page.context.new_cdp_session(page)
    line.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now() -> dict[str, float]:
        metrics = line.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in metrics}

    before = now()
    act()
    after = now()
    names = ("TaskDuration", "ScriptDuration", "RecalcStyleDuration", "LayoutDuration")
    task, script, style, layout = (1000 * (after[name] - before[name]) / count for name in names)
    rest = task - script - style - layout
    return (
        f"processor {task:.1f}: script {script:.1f}, style {style:.1f}, layout {layout:.1f},"
        f" paint and commit {rest:.1f}"
    )


def told(spent: dict[str, float], script: float) -> str:
    """Write the parts of a frame, so that they add up to the script's own time."""
    own = {name: spent[name] for name in ("formulas", "canvases", "text")}
    whole = sum(own.values())
    return ", ".join(f"{name} {script * ms / whole:.1f}" for name, ms in own.items())


def stroke(folder: Path) -> list[Row]:
    """Time from a stroke until all maps both ways are painted."""
    if not (folder / "lenet5.safetensors").exists():
        lenet5(folder)
    given = str(folder / "lenet5.safetensors")
    with studio(folder, given) as one, chromium() as browser:
        page = entered(browser, one.told["url"])
        draw(page, 40, 0)
        page.evaluate("window.stamped = []")
        worked = clocked(page, lambda: draw(page, STROKES, 1), STROKES)
        rows = [row for row in page.evaluate("window.stamped") if row["drawn"]]
        assert len(rows) >= STROKES, "not every move was drawn"
        spent = profiled(page, lambda: draw(page, STROKES, 2), STROKES)
    whole = [row["painted"] - row["heard"] for row in rows]
    script = middle([row["scripted"] - row["heard"] for row in rows])
    after = middle([row["painted"] - row["scripted"] for row in rows])
    early = middle([row["painted"] - row["moved"] for row in rows])
    tail = sorted(whole)[int(0.95 * len(whole))]
    parts = (
        f"{told(spent, script)}, layout and paint {after:.1f}; 95 % below {tail:.1f};"
        f" {early:.1f} from the pen's own clock, the screen's beat included; {worked}"
    )
    goal = f"{middle(whole):.1f} ms"
    return [(f"stroke to all maps both ways, median of {len(whole)}", "16 ms", goal, parts)]


def imported_model() -> Model:
    """Bring in a network of PyTorch: 32 and 64 maps, 3x3, padding, batch norm, in colour."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    body = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 8 * 8, 10),
    )  # fmt: skip
    with torch.no_grad():
        body(torch.rand(64, 3, 32, 32))  # batch normalisation sees a batch
    return sc.from_torch(body.eval(), (3, 32, 32))


def coloured(count: int = 10) -> Part:
    """Draw pictures in colour: soft waves, one after the other."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:32, :32] / 32
    turns = rng.uniform(1, 5, (count, 3, 2, 1, 1))
    waves = 127.5 + 120 * np.sin(2 * np.pi * (turns[:, :, 0] * x + turns[:, :, 1] * y))
    return Part(waves.astype(np.uint8), np.arange(count) % 10)


def imported(folder: Path) -> list[Row]:
    """Time what a change of the picture costs in an imported network, in an exported page."""
    model = imported_model()
    file = folder / "imported.html"
    file.write_text(page_of(model, coloured()), "utf-8")
    model.save(folder / "imported.safetensors")
    with chromium() as browser:
        page = entered(browser, file.as_uri(), bypass_csp=True)
        first = page.evaluate("window.first.painted")
        page.evaluate("window.change(5, 10)")
        act = f"window.change({CHANGES}, {EVERY_MS})"
        rows: list[dict[str, float]] = []
        worked = clocked(page, lambda: rows.extend(page.evaluate(act)), CHANGES)
    with studio(folder, str(folder / "imported.safetensors")) as one, chromium() as browser:
        page = entered(browser, one.told["url"])
        spent = profiled(page, lambda: page.evaluate(act), CHANGES)
    whole = [row["painted"] - row["heard"] for row in rows]
    script = middle([row["scripted"] - row["heard"] for row in rows])
    after = middle([row["painted"] - row["scripted"] for row in rows])
    cells = sum(int(np.prod(shape)) for shape in model.network.shapes)
    parts = (
        f"{told(spent, script)}, layout and paint {after:.1f}; {cells} cells each way;"
        f" first paint {first:.0f}, file {file.stat().st_size / 1e6:.1f} MB; {worked}"
    )
    return [
        ("picture to all maps, imported network", "(report)", f"{middle(whole):.0f} ms", parts)
    ]
