"""The models that the docs' page of the studio shows, and the table of where each formula opens.

    python docs/studio.py                  write the table again
    python docs/studio.py --train [NAME]   train the models again, or one, with MNIST: a minute

The models lie in docs/studio/models.json.gz. The page itself is made of them and of the studio's
own files while the site is built (docs/pages.py), so that it never shows an old studio.
"""

import gzip
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import simplecell as sc
from simplecell.spec.layers import (
    BatchNorm,
    Combine,
    Conv,
    Dense,
    Dropout,
    GlobalPool,
    Pool,
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.studio.document import chosen, model_document
from simplecell.studio.page import SAMPLES, pages

DOCS = Path(__file__).parent
MODELS = DOCS / "studio" / "models.json.gz"
TABLE = DOCS / "studio.toml"
PAGES = {"en": DOCS / "studio.md", "zh": DOCS / "zh" / "studio.md"}
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
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


LAYERS = Network(
    "layers",
    (1, 28, 28),
    (
        Conv("C1", 8, (3, 3), padding="same", squash="identity"),
        BatchNorm("N2", squash="relu"),
        Pool("P3", "max"),
        Conv("C4", 16, (3, 3), padding="same", squash="identity"),
        BatchNorm("N5", squash="relu"),
        Pool("P6", "mean"),
        Conv("C7", 24, (3, 3), squash="relu"),
        GlobalPool("G8", "mean"),
        Dropout("D9", 0.1),
        Dense("F10", 10, "softmax"),
    ),
)
"""The layers that the deck does not have, as networks of today have them."""

NETS: tuple[str | Network, ...] = ("lenet5", "lenet1", "palm", COMBINED, LAYERS)


def documents() -> list[dict[str, Any]]:
    """Read the models of the page."""
    return list(json.loads(gzip.decompress(MODELS.read_bytes())))


def page() -> str:
    """Write the page of the docs."""
    return pages(documents())


def train(only: str = "") -> None:
    """Train the models, or one of them, and write them."""
    known = {document["title"]: document for document in documents()} if only else {}
    found = []
    for net in NETS:
        network = sc.find(net) if isinstance(net, str) else net
        if only and network.name != only:
            found.append(known[network.name])
            continue
        # The layers of today are there to be looked at: the bundled digits do for them.
        name, epochs = ("digits", 20) if network is LAYERS else ("mnist", 8)
        data = sc.load(name, size=network.input[1:])
        assert data.test is not None
        run = sc.fit(network, data, epochs=epochs, seed=0)
        # One set of pictures serves all networks of its size; each carries its own.
        shown = chosen(data.test, SAMPLES if network.name == "lenet5" else 40)
        found.append(model_document(run.model, shown, network.name))
    MODELS.parent.mkdir(exist_ok=True)
    text = json.dumps(found, separators=(",", ":"))
    MODELS.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def sections(page: str) -> list[str]:
    """Give, for each section of a page of the deck, the state at which the studio opens."""
    return list(tomllib.loads(TABLE.read_text("utf-8"))["sections"].get(page, []))


def beside(markdown: str, page: str, language: str, up: str) -> str:
    """Put the studio behind each heading of a page, folded: it loads when it is opened."""
    states = sections(page)
    heading = re.compile(r"^## .+$", re.MULTILINE)
    found = heading.findall(FENCED.sub("", markdown))
    if states and len(found) != len(states):
        raise ValueError(f"{page} ({language}): {len(found)} sections, {len(states)} states")
    words = {"en": "Beside this section: the studio", "zh": "对照本节：演示台"}[language]
    for title, state in zip(found, states, strict=bool(states)) if states else ():
        address = f"{up}studio/page.html#language={language}&{state}".replace("&", "&amp;")
        frame = (
            f'<details class="studio"><summary>{words}</summary>'
            f'<iframe src="{address}" title="{words}" loading="lazy"></iframe>'
            f'<a href="{address}" target="_blank">↗</a></details>'
        )
        markdown = markdown.replace(f"\n{title}\n", f"\n{title}\n\n{frame}\n", 1)
    return markdown


def entries() -> list[dict[str, str]]:
    """Read which formula opens where."""
    return list(tomllib.loads(TABLE.read_text("utf-8"))["formula"])


HEADS = {
    "en": "| layer that the deck does not have | its formulas | opens |",
    "zh": "| 课件里没有的层 | 它的公式 | 打开 |",
}


def table(language: str) -> str:
    """Write, for each part of the brief, its formulas as links to where they open."""
    up = "" if language == "en" else "../"
    parts: dict[str, list[str]] = {}
    for entry in entries():
        address = f"{up}studio/page.html#{entry['at']}&language={language}"
        parts.setdefault(entry["code"][0], []).append(f"[{entry['code']}]({address})")
    lines = [f"- {' · '.join(links)}" for links in parts.values()]
    lines += ["", HEADS[language], "|---|---|---|"]
    for layer in tomllib.loads(TABLE.read_text("utf-8"))["layer"]:
        base, end = f"{up}studio/page.html#", f"&language={language}"
        ways = [f"[x]({base}{layer['at']}{end})", f"[δ]({base}{layer['back']}{end})"]
        lines.append(f"| {layer[language]} | `formulas/{layer['file']}.py` | {' · '.join(ways)} |")
    return "\n".join([BEGIN, *lines, END])


def main() -> None:
    """Train if told to; write the tables."""
    if "--train" in sys.argv[1:]:
        train("".join(sys.argv[2:3]))
    for language, file in PAGES.items():
        text = file.read_text("utf-8")
        before, _, rest = text.partition(BEGIN)
        file.write_text(before + table(language) + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
