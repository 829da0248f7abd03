"""A browser for the pages: the site as `mkdocs build` makes it, Chromium, and nobody to call."""

import functools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HANGS = 600_000
"""Milliseconds after which a page hangs: a busy machine is slow, and passes."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site: the one that `make test` built, or one of its own."""
    if built := os.environ.get("SIMPLECELL_SITE"):
        return Path(built).resolve()
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


def chromium() -> str | None:
    """Where Chromium is: the system's own, or the one that Playwright installed."""
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    with sync_playwright() as play:
        own = play.chromium.executable_path
    return own if Path(own).is_file() else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all pages of a session; `.ci/chromium` installs it."""
    program = chromium()
    if program is None:
        pytest.skip("there is no Chromium here: `.ci/chromium` installs it, or says how")
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=program, args=["--no-sandbox"], timeout=HANGS
        )
        yield browser
        browser.close()


@dataclass
class Reader:
    """A page of a browser, and what went wrong while it was read."""

    page: Page
    said: list[str] = field(default_factory=list)

    def note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.said.append(f"console: {message.text}")

    def note_request(self, request: Request) -> None:
        here = ("file:", "data:", "blob:", "about:", "http://127.0.0.1:")
        if not request.url.startswith(here):
            self.said.append(f"a request to {request.url}")

    def opened(self, address: str) -> Page:
        self.said.clear()
        self.page.goto(address)
        return self.page


@contextmanager
def reader(browser: Browser, width: int, scheme: str) -> Iterator[Reader]:
    """Open a window of a width, on a light or a dark screen."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(HANGS)
    found = Reader(context.new_page())
    found.page.on("console", found.note_message)
    found.page.on("pageerror", lambda error: found.said.append(f"error: {error}"))
    found.page.on("request", found.note_request)
    yield found
    context.close()


class Silent(SimpleHTTPRequestHandler):
    """A server that does not write what it serves."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """Serve the site on this machine; give its address."""
    handler = functools.partial(Silent, directory=str(site))
    served = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()
