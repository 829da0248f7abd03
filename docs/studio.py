"""The models that the docs' page of the studio shows, and the table of where each formula opens.

    python docs/studio.py            write the table again
    python docs/studio.py --train    train the models again, a minute with MNIST, and write them

The models lie in docs/studio/models.json.gz. The page itself is made of them and of the studio's
own files while the site is built (docs/pages.py), so that it never shows an old studio.
"""

import gzip
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import simplecell as sc
from simplecell.spec.layers import Combine, Conv, Dense, Subsample
from simplecell.spec.network import Network
from simplecell.studio.document import chosen, model_document
from simplecell.studio.page import SAMPLES, pages

DOCS = Path(__file__).parent
MODELS = DOCS / "studio" / "models.json.gz"
TABLE = DOCS / "studio.toml"
PAGES = {"en": DOCS / "studio.md", "zh": DOCS / "zh" / "studio.md"}
BEGIN, END = "<!-- formulas: python docs/studio.py -->", "<!-- end of formulas -->"

COMBINED = Network(
    "combined",
    (1, 28, 28),
    (
        Conv("C1", 4, (5, 5)),
        Subsample("S2", (2, 2)),
        Combine("C3", 8, (5, 5), penalty="entropy", strength=1e-4),
        Subsample("S4", (2, 2)),
        Dense("F5", 10),
    ),
)
"""A small network that learns which maps of S2 each map of C3 reads."""


def documents() -> list[dict[str, Any]]:
    """Read the models of the page."""
    return list(json.loads(gzip.decompress(MODELS.read_bytes())))


def page() -> str:
    """Write the page of the docs."""
    return pages(documents())


def train() -> None:
    """Train the models and write them."""
    found = []
    for name in ("lenet5", "lenet1", "palm", COMBINED):
        network = sc.find(name) if isinstance(name, str) else name
        data = sc.load("mnist", size=network.input[1:])
        assert data.test is not None
        run = sc.fit(network, data, epochs=8, seed=0)
        # One set of pictures serves all networks of its size; each carries its own.
        shown = chosen(data.test, SAMPLES if network.name == "lenet5" else 40)
        found.append(model_document(run.model, shown, network.name))
    MODELS.parent.mkdir(exist_ok=True)
    text = json.dumps(found, separators=(",", ":"))
    MODELS.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def entries() -> list[dict[str, str]]:
    """Read which formula opens where."""
    return list(tomllib.loads(TABLE.read_text("utf-8"))["formula"])


def table(language: str) -> str:
    """Write, for each part of the brief, its formulas as links to where they open."""
    up = "" if language == "en" else "../"
    parts: dict[str, list[str]] = {}
    for entry in entries():
        address = f"{up}studio/page.html#{entry['at']}&language={language}"
        parts.setdefault(entry["code"][0], []).append(f"[{entry['code']}]({address})")
    lines = [f"- {' · '.join(links)}" for links in parts.values()]
    return "\n".join([BEGIN, *lines, END])


def main() -> None:
    """Train if told to; write the tables."""
    if "--train" in sys.argv[1:]:
        train()
    for language, file in PAGES.items():
        text = file.read_text("utf-8")
        before, _, rest = text.partition(BEGIN)
        file.write_text(before + table(language) + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
