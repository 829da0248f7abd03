"""A sweep as one HTML page: its table, and a curve for each setting; it links to nothing."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simplecell.plots.page import STYLE
from simplecell.plots.words import spoken
from simplecell.train.model import version

MORE = """
td, th { padding: .3rem .9rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line);
         font-variant-numeric: tabular-nums; } td:first-child, th:first-child { text-align: left; }
svg text { fill: var(--quiet); font-size: 12px; } svg .axis { stroke: var(--line); }
svg polyline { fill: none; stroke: var(--quiet); opacity: .55; stroke-width: 1.2; }
svg polyline.best { stroke: var(--accent); opacity: 1; stroke-width: 2.2; }
.scroll { overflow-x: auto; }
"""

WORDS = {
    "en": {
        "title": "Sweep of {data}",
        "sentence": "{settings} settings, {runs} runs; the best is {best}. Errors are of the"
        " pictures kept aside for validation, in percent; the test part was not looked at.",
        "curves": "Validation error after each epoch, mean over the seeds; the best in colour.",
        "head": ("setting", "parameters", "epochs", "seeds", "mean", "s.d.", "less the best's",
                 "its s.d.", "paired t", "diverged", "seconds"),
    },
    "zh": {
        "title": "{data} 上的批量训练",
        "sentence": "{settings} 种设置，{runs} 次训练；最好的是 {best}。"
        "错误率以百分比计，在留作验证的图片上测得；没有使用测试集。",
        "curves": "每轮之后的验证错误率，取各随机种子的平均值；最好的一条着色。",
        "head": ("设置", "参数", "轮数", "种子数", "平均", "标准差",
                 "与最好者之差", "差的标准差", "配对 t", "发散", "秒"),
    },
}  # fmt: skip
WIDE, HIGH, ROOM = 720, 320, 44


def sweep_page(data: str, rows: Sequence[Any], runs: int) -> str:
    """Write the page of a sweep's rows, the best first."""
    words: Mapping[str, Any] = WORDS[spoken()]
    title = words["title"].format(data=data)
    sentence = words["sentence"].format(settings=len(rows), runs=runs, best=rows[0].name)
    head = "".join(f"<th>{escape(name)}</th>" for name in words["head"])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells(row)) + "</tr>"
        for row in rows
    )
    tag = {"en": "en", "zh": "zh-CN"}[spoken()]
    return (
        f'<!DOCTYPE html>\n<html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{MORE}</style></head>\n<body>\n"
        f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>\n"
        f"<figure>{_curves(rows)}<figcaption>{escape(words['curves'])}</figcaption></figure>\n"
        f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>\n'
        f"<footer>simplecell {escape(version())}</footer>\n</body></html>\n"
    )


def cells(row: Any) -> list[str]:
    """Write a row of the table: what is not known is a dash."""

    def shown(value: float | None, form: str = ".2f") -> str:
        return "–" if value is None else format(value, form)

    return [
        row.name, f"{row.parameters:,}", str(row.epochs), str(len(row.errors) + row.diverged),
        shown(row.mean), shown(row.sd), shown(row.difference, "+.2f"), shown(row.difference_sd),
        shown(row.t, "+.1f"), str(row.diverged), f"{row.seconds:.1f}",
    ]  # fmt: skip


def _curves(rows: Sequence[Any]) -> str:
    """Draw the mean curve of each setting, the best last, so that it lies on top."""
    lines = [(row.name, _mean(list(row.curves.values()))) for row in rows if row.curves]
    lines = [(name, line) for name, line in lines if line]
    if not lines:
        return ""
    most = max(max(line) for _, line in lines) or 1.0
    epochs = max(max(len(line) for _, line in lines), 2)

    def place(epoch: int, error: float) -> str:
        x = ROOM + (WIDE - 2 * ROOM) * epoch / (epochs - 1)
        return f"{x:.1f},{HIGH - ROOM - (HIGH - 2 * ROOM) * error / most:.1f}"

    drawn = [
        f'<polyline{" class=best" if name == rows[0].name else ""} points="'
        f'{" ".join(place(k, e) for k, e in enumerate(line))}"><title>{escape(name)}</title>'
        "</polyline>"
        for name, line in reversed(lines)
    ]
    base, right = HIGH - ROOM, WIDE - ROOM
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" role="img">'
        f'<path class="axis" fill="none" d="M{ROOM} {ROOM}V{base}H{right}"/>'
        f'<text x="{ROOM}" y="{ROOM - 8}">{most:.2f} %</text>'
        f'<text x="{ROOM}" y="{base + 18}">1</text>'
        f'<text x="{right}" y="{base + 18}" text-anchor="end">{epochs}</text>'
        f"{''.join(drawn)}</svg>"
    )


def _mean(curves: Sequence[Sequence[float | None]]) -> list[float]:
    whole = [[e for e in curve if e is not None] for curve in curves]
    least = min((len(curve) for curve in whole), default=0)
    return [sum(curve[k] for curve in whole) / len(whole) for k in range(least)]
