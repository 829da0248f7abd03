"""A run as one HTML file that can be mailed: its pictures are inside, and it links to nothing.

what it is       the layers as a picture, the errors, how it was trained
how it learned   loss, error, rate
what it knows    the first kernels, the connection table, one picture's way through
how it errs      what was taken for what, the worst mistakes, what doubt would save
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from simplecell.errors import PlotError
from simplecell.plots.gallery import KINDS, Subject
from simplecell.plots.palette import DARK, LIGHT
from simplecell.plots.sheet import look, png
from simplecell.plots.wiring import leaves_out
from simplecell.plots.words import said, spoken
from simplecell.train.model import version


def _colours(named: Mapping[str, str]) -> str:
    return "".join(f"--{role}:{colour};" for role, colour in named.items())


STYLE = (
    f":root{{color-scheme:light dark;{_colours(LIGHT)}}}"
    f"@media(prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}"
    """
body { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", "Microsoft YaHei",
       sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
       max-width: 1240px; padding: 0 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { font-size: 1.25rem; margin: 2.4rem 0 .4rem; }
p { max-width: 46rem; } img, svg { max-width: 100%; height: auto; display: block; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1.2rem 0; }
.figure b { display: block; font-size: 1.8rem; line-height: 1.2; }
.figure span, footer, figcaption { color: var(--quiet); font-size: .88rem; }
.sections { display: grid; gap: 0 2.5rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 1000px) { .sections { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .whole { grid-column: 1 / -1; }
  .side { columns: 2; column-gap: 2.5rem; } .side figure { break-inside: avoid; } }
table { border-collapse: collapse; font-size: .9rem; }
.columns { columns: 22rem; } .columns div { break-inside: avoid; display: flex; font-size: .9rem; }
.columns span { color: var(--quiet); flex: 0 0 12rem; }
figure { margin: 0 0 1.4rem; } summary { cursor: pointer; }
pre { overflow-x: auto; background: var(--soft); padding: .8rem; font-size: .8rem; }
footer { margin: 3rem 0 1rem; border-top: 1px solid var(--line); padding-top: .6rem; }
"""
)

SECTIONS = (("learning",), ("reject",), ("confusion",), ("mistakes",),
            ("kernels", "table", "maps", "codes"))  # fmt: skip
"""The pictures of each section, by their kinds; the first gives the section its name."""
HALVES = {"learning", "reject", "confusion", "mistakes"}
"""Sections of which two stand side by side on a wide screen."""
NARROW = 5.6
"""Inches: letters can be read where the page is as wide as a phone."""
JOINT = {"en": " ", "zh": ""}
"""What stands between two sentences."""


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
    model, title = subject.model, subject.name
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_sentence(subject))}</p>",
        _figures(subject, result or {}),
        model.network._repr_html_(),
        '<div class="sections">',
        *(_section(kinds, subject, tell) for kinds in SECTIONS),
        "</div>",
        _settings(settings or model.metadata, result or {}),
        f"<footer>{escape(said('by', version=version()))}</footer>",
    ]
    tag = {"en": "en", "zh": "zh-CN"}[spoken()]
    return (
        f'<!DOCTYPE html>\n<html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _section(kinds: Sequence[str], subject: Subject, tell: Callable[[str], None]) -> str:
    """Write a heading, one sentence and the pictures under it; "" where there is none."""
    drawn = list(_pictures(kinds, subject, tell))
    if not drawn:
        return ""
    name = kinds[0]
    heading, words = escape(said(f"{name}?")), escape(said(f"{name}."))
    whole = "" if name in HALVES else ' class="whole"'
    side = "".join(drawn) if len(drawn) == 1 else f'<div class="side">{"".join(drawn)}</div>'
    return f"<section{whole}><h2>{heading}</h2><p>{words}</p>{side}</section>"


def _sentence(subject: Subject) -> str:
    model = subject.model
    wrong = sum(one.label != true for one, true in _pairs(subject))
    count = len(subject.pictures)
    named = ", ".join(model.classes[:12]) + (" …" if model.classes[12:] else "")
    told = said("unseen" if subject.unseen else "maybe seen", total=count, right=count - wrong)
    return said("tells apart", count=len(model.classes), named=named) + JOINT[spoken()] + told


def _pairs(subject: Subject) -> Iterator[tuple[Any, int]]:
    return zip(subject.answers, subject.pictures.labels.tolist(), strict=True)


def _figures(subject: Subject, result: Mapping[str, Any]) -> str:
    """Write the few numbers that matter large."""
    from simplecell.spec.accounting import count_network

    wrong = sum(one.label != true for one, true in _pairs(subject))
    percent = 100 * wrong / len(subject.pictures)
    shown = [
        (f"{percent:.2f} %", said("wrong of", wrong=wrong, total=len(subject.pictures))),
        (f"{count_network(subject.model.network).total.parameters:,}", said("parameters")),
    ]
    if subject.history:
        shown.append((f"{len(subject.history)}", said("epochs")))
    if result.get("train_seconds") is not None:
        shown.append((f"{result['train_seconds']:.1f} s", said("of training")))
    cells = "".join(
        f'<div class="figure"><b>{escape(value)}</b><span>{escape(what)}</span></div>'
        for value, what in shown
    )
    return f'<div class="figures">{cells}</div>'


def _pictures(
    kinds: Sequence[str], subject: Subject, tell: Callable[[str], None]
) -> Iterator[str]:
    faultless = all(one.label == true for one, true in _pairs(subject))
    for name in kinds:
        if name == "table" and not leaves_out(subject.model.network):
            continue
        if faultless and name in ("mistakes", "reject"):
            continue  # nothing was wrong: the picture would be empty
        tell(name)
        try:
            yield _inlined(name, subject)
        except PlotError:
            continue


def _inlined(name: str, subject: Subject) -> str:
    """Write a picture twice, for a light and a dark screen; the page says its title."""
    screens = []
    for dark in (False, True):
        with look(dark=dark, titled=False, width=NARROW):
            drawn = KINDS[name].draw(subject)
            screens.append(f"data:image/png;base64,{b64encode(png(drawn)).decode()}")
    light, dark_one = screens
    words = escape(str(drawn.get_label()))
    return (
        f'<figure><picture><source media="(prefers-color-scheme: dark)" srcset="{dark_one}">'
        f'<img alt="{words}" src="{light}"></picture><figcaption>{words}</figcaption></figure>'
    )


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
        f"<div><span>{escape(name.replace('_', ' '))}</span>{escape(_written(value))}</div>"
        for name, value in told.items()
        if value is not None
    )
    whole = {name: value for name, value in settings.items() if name not in ("history", "format")}
    text = escape(json.dumps(whole, indent=1, ensure_ascii=False, default=str))
    return (
        f'<h2>{said("settings")}</h2><div class="columns">{rows}</div>'
        f"<details><summary>{said('told')}</summary><pre>{text}</pre></details>"
    )


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != "" and value is not False


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
