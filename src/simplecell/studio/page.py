"""A trained model as one page: it opens from a folder, without server or network.

The script, the style and the numbers stand in the file. A policy in the page allows this script
alone, by its hash, and nothing from elsewhere.
"""

import gzip
import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from simplecell.data.part import Part
from simplecell.export.preparation import preparation
from simplecell.studio.bundle import joined, web
from simplecell.studio.document import Document, chosen, model_document
from simplecell.train.model import Model

SAMPLES = 120
"""So many pictures travel with a page, to be looked at and to be learnt from."""


def page(
    model: Model, samples: Part | None = None, *, language: str = "en", title: str = ""
) -> str:
    """Write the page of a model, with pictures of its own kind."""
    shown = None if samples is None else chosen(samples, SAMPLES)
    written = pages([model_document(model, shown, title)], language=language)
    note = preparation(model)
    return (
        written.replace("</title>", f'</title>\n<meta name="description" content="{note}">', 1)
        if note
        else written
    )


def pages(documents: Sequence[Document], *, language: str = "en", state: str = "") -> str:
    """Write one page for models that are documents already; `state` is what it opens first."""
    told = {"language": language, "state": state, "models": list(documents)}
    text = json.dumps(told, separators=(",", ":"))
    # Nothing in a file depends on the day: the time in gzip's head is 0.
    data = b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")
    script = joined("main.js")
    style = web("style.css")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)} "
        "'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    return (
        web("index.html")
        .replace(
            "<!-- policy -->", f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        )
        .replace('<link rel="stylesheet" href="web/style.css">', f"<style>{style}</style>")
        .replace(
            '<script type="module" src="web/main.js"></script>',
            f'<script type="application/gzip" id="data">{data}</script>\n'
            f'<script type="module">{script}</script>',
        )
        .replace('<html lang="en">', f'<html lang="{language}">')
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"
