"""What the studio is to keep to, measured in one run: a table with the parts of each figure.

    python benchmarks/studio.py [PART ...] [--pairs N] [--data DATA]

    server      from the page's request until a digit stands there with all maps both ways
    page        the first paint of an exported page of LeNet-5; sizes of the front end and the page
    stroke      from a stroke of the pen until all maps, both ways, are painted
    imported    the same for an imported PyTorch network in colour, where a picture is changed
    training    an epoch of MNIST in the studio beside the command line's

Without a part, all of them. The first four take Chromium and Playwright, the fourth PyTorch.
Training: both train LeNet-5 one epoch, by turns: `simplecell train`, then the studio with a page
that looks on (events and the newest snapshot five times a second, as the real one asks). What is
compared is the time that each says it trained. The median of the ratios counts.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

GOAL = 1.25
LOOKS_PER_SECOND = 5
PARTS = ("server", "page", "stroke", "imported", "training")
ENDED = ("finished", "failed", "stopped", "diverged")


class Page:
    """What a browser's page does with the studio."""

    def __init__(self, told: dict[str, str]) -> None:
        self.place = urlsplit(told["url"])
        _, headers, _ = self.ask("GET", f"/?{self.place.query}")
        self.cookie = headers["Set-Cookie"].partition(";")[0]

    def ask(self, method: str, path: str, body: str | None = None, **more: str):
        """Ask, and give status, headers and body."""
        line = http.client.HTTPConnection(self.place.hostname, self.place.port)
        line.request(method, path, body, more)
        answer = line.getresponse()
        found = answer.status, answer.headers, answer.read()
        line.close()
        return found

    def get(self, path: str) -> bytes:
        """Ask as the page does."""
        return self.ask("GET", path, Cookie=self.cookie)[2]

    def train(self, run: str, data: str, seed: int) -> tuple[float, int, int]:
        """Train, look on, and give the seconds of an epoch, the looks and the snapshots."""
        task = {"network": "lenet5", "data": data, "epochs": 1, "seed": seed, "run": run}
        own = {"Cookie": self.cookie, "X-Simplecell": "1", "Content-Type": "application/json"}
        status, _, said = self.ask("POST", "/api/train", json.dumps(task), **own)
        assert status == 201, said
        job, after, looks, seen = quote(f"run:{run}"), 0, 0, set()
        while True:
            begun = time.monotonic()
            told = json.loads(self.get(f"/api/jobs/{job}/events?after={after}"))
            after = told["next"]
            new = [event["snapshot"] for event in told["events"] if event.get("snapshot")]
            if new:
                assert len(self.get(f"/api/jobs/{job}/snapshots/{new[-1]}")) == 243_600
                seen |= set(new)
            looks += 1
            if told["state"] in ENDED:
                assert told["state"] == "finished", told["events"][-1]
                result = json.loads(self.get(f"/api/jobs/{job}"))["result"]
                return result["seconds_per_epoch"], looks, len(seen)
            time.sleep(max(0.0, begun + 1 / LOOKS_PER_SECOND - time.monotonic()))


def by_command(folder: Path, data: str, seed: int) -> float:
    """Train by the command line, and give the seconds of an epoch."""
    command = [sys.executable, "-m", "simplecell", "train", data, "--net", "lenet5"]
    options = ["--epochs", "1", "--seed", str(seed), "--no-guard", "--json"]
    done = subprocess.run(
        [*command, *options, "--out", str(folder / f"command-{seed}")],
        capture_output=True,
        text=True,
        check=True,
        # As the studio's: some schedulers share processors out by sessions.
        start_new_session=True,
    )
    return float(json.loads(done.stdout)["seconds_per_epoch"])


def training(folder: Path, pairs: int, data: str) -> list[tuple[str, str, str, str]]:
    """Train by turns, and say the ratios."""
    command = [sys.executable, "-m", "simplecell", "studio", "--no-browser", "--json"]
    studio = subprocess.Popen(
        [*command, "--port", "0", "--runs", str(folder / "runs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert studio.stdout is not None
    ratios = []
    try:
        page = Page(json.loads(studio.stdout.readline()))
        for seed in range(pairs):
            command_seconds = by_command(folder, data, seed)
            studio_seconds, looks, snapshots = page.train(f"studio-{seed}", data, seed)
            ratios.append(studio_seconds / command_seconds)
            runs = (folder / "runs" / f"studio-{seed}", folder / f"command-{seed}")
            same = len({(run / "model.safetensors").read_bytes() for run in runs}) == 1
            print(
                f"pair {seed + 1}: command {command_seconds:.2f} s, studio"
                f" {studio_seconds:.2f} s, ratio {ratios[-1]:.3f}; {looks} looks,"
                f" {snapshots} snapshots; {'the same bytes' if same else 'OTHER BYTES'}",
                file=sys.stderr,
                flush=True,
            )
    finally:
        studio.terminate()
        studio.wait(60)
    parts = f"{min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs, {data}"
    ratio = f"{statistics.median(ratios):.3f}"
    return [("an epoch in the studio, times the command line's", str(GOAL), ratio, parts)]


def main() -> None:
    """Measure what was asked for, and print the table."""
    parser = argparse.ArgumentParser(description="Measure the studio.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--data", default="mnist")
    told = parser.parse_args()
    if strange := [part for part in told.parts if part not in PARTS]:
        parser.error(f"there is no part {', '.join(strange)}; the parts are {', '.join(PARTS)}")
    print("| what | goal | measured | parts, in ms |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for part in told.parts or PARTS:
            if part == "training":
                rows = training(Path(name), told.pairs, told.data)
            else:
                # It takes Playwright, which training does not.
                import studio_screen

                measures = {"page": studio_screen.exported}
                rows = (measures.get(part) or getattr(studio_screen, part))(Path(name))
            for row in rows:
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
