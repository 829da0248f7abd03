"""Growth, drawn: one small picture per axis, both scales logarithmic, as SVG."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT, MARGIN = 230, 190, 44
TIME, MEMORY = "#2458a6", "#b3541e"


def draw(grown: Mapping[str, Any]) -> str:
    """Draw what `growth.grow` gave, a panel per axis: time blue, peak memory brown."""
    panels = [_panel(k, name, axis) for k, (name, axis) in enumerate(grown.items())]
    width = WIDTH * max(1, len(panels))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}"'
        f' font-family="sans-serif" font-size="10">\n'
        f'<rect width="{width}" height="{HEIGHT}" fill="white"/>\n'
        + "\n".join(panels)
        + "\n</svg>\n"
    )


def _panel(k: int, name: str, axis: Mapping[str, Any]) -> str:
    seconds = axis.get("seconds")
    times = [1e6 * s for s in seconds] if seconds else axis["microseconds_per_image"]
    unit = "s" if seconds else "µs an image"
    shown = [s / 1e6 for s in times] if seconds else times
    x, megabytes = axis["values"], [size / 1e6 for size in axis["peak_bytes"]]
    parts = [
        f'<g transform="translate({k * WIDTH},0)">',
        _text(WIDTH / 2, 14, f"against {name}", "#222"),
        _text(WIDTH / 2, 28, _legend(shown, unit, axis["time_exponent"]), TIME),
        _text(WIDTH / 2, 40, _legend(megabytes, "MB", axis["memory_exponent"]), MEMORY),
        _line(x, times, TIME),
        _line(x, megabytes, MEMORY),
        *(_text(_place(value, x), HEIGHT - 8, str(value), "#222") for value in x),
        "</g>",
    ]
    return "\n".join(parts)


def _legend(y: Sequence[float], unit: str, exponent: float | None) -> str:
    slope = "" if exponent is None else f", exponent {exponent:.2f}"
    return f"{y[0]:.3g} to {y[-1]:.3g} {unit}{slope}"


def _place(value: float, x: Sequence[float]) -> float:
    """Put a value on the horizontal scale."""
    low, high = math.log(x[0]), math.log(x[-1])
    share = (math.log(value) - low) / (high - low) if high > low else 0.5
    return MARGIN / 2 + share * (WIDTH - MARGIN)


def _line(x: Sequence[float], y: Sequence[float], colour: str) -> str:
    """Draw y over x, at least two decades high; nothing where y is not known."""
    if min(y) <= 0:
        return ""
    top, bottom = 52, HEIGHT - 26
    middle = (math.log10(min(y)) + math.log10(max(y))) / 2
    span = max(2.0, math.log10(max(y)) - math.log10(min(y)))
    points = [
        (_place(a, x), (top + bottom) / 2 - (math.log10(b) - middle) / span * (bottom - top))
        for a, b in zip(x, y, strict=True)
    ]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    dots = "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="{colour}"/>' for a, b in points
    )
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>{dots}'


def _text(x: float, y: float, text: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="middle">{text}</text>'
