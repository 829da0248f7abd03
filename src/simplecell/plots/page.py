"""A run as one HTML file that can be mailed: its pictures are inside, and it links to nothing.

what it is       the layers as a picture, the errors, how it was trained
how it learned   loss, error, rate
what it knows    the first kernels, the connection table, one picture's way through
how it errs      what was taken for what, the worst mistakes, what doubt would save
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from simplecell.errors import PlotError
from simplecell.plots.gallery import KINDS, Subject
from simplecell.plots.sheet import png
from simplecell.plots.wiring import leaves_out
from simplecell.train.model import version

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 1000px;
       padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p { max-width: 46rem; } img { max-width: 100%; height: auto; display: block; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1.2rem 0; }
.figure b { display: block; font-size: 1.7rem; line-height: 1.2; }
.figure span, footer, figcaption { color: #555; font-size: .85rem; }
table { border-collapse: collapse; font-size: .9rem; }
td { padding: .15rem 1.2rem .15rem 0; vertical-align: top; }
td:first-child { color: #555; white-space: nowrap; }
figure { margin: 0 0 1.4rem; } summary { cursor: pointer; }
pre { overflow-x: auto; background: #f5f5f5; padding: .8rem; font-size: .8rem; }
footer { margin: 3rem 0 1rem; border-top: 1px solid #ddd; padding-top: .6rem; }
"""


@dataclass(frozen=True)
class Section:
    """A heading, one sentence, and the pictures under it, by their kinds."""

    title: str
    words: str
    kinds: tuple[str, ...]


SECTIONS = (
    Section("How it learned", "Epoch by epoch, on what it was shown and on what was kept aside.",
            ("learning",)),
    Section("What it took for what",
            "A row is a true class, a column an answer. Each cell counts its pictures and shows"
            " the one of which the model was surest.", ("confusion",)),
    Section("Its worst mistakes", "The wrong answers of which it was surest.", ("mistakes",)),
    Section("What doubt would save",
            "The error on what is answered, when the answers it is least sure of are handed back.",
            ("reject",)),
    Section("What it learned",
            "Blue is below nought, red above. What each layer makes of one picture, and the"
            " kernels of the first that has some.", ("kernels", "table", "maps", "codes")),
)  # fmt: skip


def page(
    subject: Subject,
    settings: Mapping[str, Any] | None = None,
    result: Mapping[str, Any] | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> str:
    """Write a run's page; a picture that cannot be drawn of it, or shows nothing, is left out.

    `settings` is what the run was told, `result` what it came to.

    Raises
        PlotError   no pictures, or none of the number that is to be followed
    """
    _ = subject.one
    model = subject.model
    title = f"{model.network.name} on {subject.data}" if subject.data else model.network.name
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_sentence(subject))}</p>",
        _figures(subject, result or {}),
        model.network._repr_html_(),
    ]
    for section in SECTIONS:
        drawn = list(_pictures(section, subject, tell))
        if drawn:
            parts.append(f"<h2>{escape(section.title)}</h2><p>{escape(section.words)}</p>")
            parts += drawn
    parts.append(_settings(settings or model.metadata, result or {}))
    parts.append(f"<footer>Written by simplecell {escape(version())}.</footer>")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _sentence(subject: Subject) -> str:
    model = subject.model
    wrong = sum(one.label != true for one, true in _pairs(subject))
    count = len(subject.pictures)
    named = ", ".join(model.classes[:12]) + (" …" if model.classes[12:] else "")
    return (
        f"A network that tells {len(model.classes)} classes apart ({named}). Of {count:,} pictures"
        f" that it did not learn from, it reads {count - wrong:,} right."
        if subject.unseen
        else f"A network that tells {len(model.classes)} classes apart ({named}). Of {count:,}"
        f" pictures it reads {count - wrong:,} right; it may have learned from them."
    )


def _pairs(subject: Subject) -> Iterator[tuple[Any, int]]:
    return zip(subject.answers, subject.pictures.labels.tolist(), strict=True)


def _figures(subject: Subject, result: Mapping[str, Any]) -> str:
    """Write the few numbers that matter large."""
    from simplecell.spec.accounting import count_network

    wrong = sum(one.label != true for one, true in _pairs(subject))
    percent = 100 * wrong / len(subject.pictures)
    shown = [
        (f"{percent:.2f} %", f"wrong: {wrong:,} of {len(subject.pictures):,}"),
        (f"{count_network(subject.model.network).total.parameters:,}", "parameters"),
    ]
    if subject.history:
        shown.append((f"{len(subject.history)}", "epochs"))
    if result.get("train_seconds") is not None:
        shown.append((f"{result['train_seconds']:.1f} s", "of training"))
    cells = "".join(
        f'<div class="figure"><b>{escape(value)}</b><span>{escape(what)}</span></div>'
        for value, what in shown
    )
    return f'<div class="figures">{cells}</div>'


def _pictures(section: Section, subject: Subject, tell: Callable[[str], None]) -> Iterator[str]:
    for name in section.kinds:
        if name == "table" and not leaves_out(subject.model.network):
            continue
        tell(name)
        try:
            drawn = KINDS[name].draw(subject)
        except PlotError:
            continue
        yield _inlined(drawn, KINDS[name].what.split(" (--")[0])


def _inlined(drawn: "Figure", words: str) -> str:
    content = b64encode(png(drawn)).decode()
    return f'<figure><img alt="{escape(words)}" src="data:image/png;base64,{content}"></figure>'


def _settings(settings: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """List what decides the run's bits, and what came out; the whole of it folded away."""
    left_out = {"network", "history", "format", "run", "model"}
    told = {
        name: value
        for name, value in {**settings, **result}.items()
        if name not in left_out and not isinstance(value, Mapping | list)
    }
    told |= {f"recipe, {k}": v for k, v in settings.get("recipe", {}).items() if _plain(v)}
    rows = "".join(
        f"<tr><td>{escape(name.replace('_', ' '))}</td><td>{escape(_written(value))}</td></tr>"
        for name, value in told.items()
        if value is not None
    )
    whole = {name: value for name, value in settings.items() if name not in ("history", "format")}
    text = escape(json.dumps(whole, indent=1, ensure_ascii=False, default=str))
    return (
        f"<h2>Settings</h2><table>{rows}</table>"
        f"<details><summary>All that the run was told</summary><pre>{text}</pre></details>"
    )


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != "" and value is not False


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
