"""Two axes on a sheet: they turn numbers into places, and draw ticks, curves and bars."""

import math
from collections.abc import Sequence
from typing import Any

from drawing import Sheet
from numpy.typing import NDArray

Numbers = Sequence[float] | NDArray[Any]
Span = tuple[float, float]

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(value: float) -> str:
    """Write a power of ten.

    >>> power(1e12), power(100.0), power(1.0)
    ('10¹²', '100', '1')
    """
    exponent = round(math.log10(value))
    return f"10{str(exponent).translate(RAISED)}" if exponent > 3 else f"{10**exponent}"


class Axes:
    """A rectangle (left, top, width, height) of a sheet that stands for spans of x and y."""

    def __init__(
        self,
        sheet: Sheet,
        room: tuple[float, float, float, float],
        x: Span,
        y: Span,
        *,
        logarithmic: str = "",
    ) -> None:
        self.sheet, self.room, self.logarithmic = sheet, room, logarithmic
        self.spans = {"x": self._scaled("x", x), "y": self._scaled("y", y)}

    def _scaled(self, axis: str, values: Span) -> Span:
        low, high = values
        return (math.log10(low), math.log10(high)) if axis in self.logarithmic else (low, high)

    def _share(self, axis: str, value: float) -> float:
        low, high = self.spans[axis]
        scaled = math.log10(value) if axis in self.logarithmic else value
        return (scaled - low) / (high - low)

    def across(self, x: float) -> float:
        """Give where a value of x is on the sheet."""
        return self.room[0] + self.room[2] * self._share("x", x)

    def down(self, y: float) -> float:
        """Give where a value of y is on the sheet."""
        return self.room[1] + self.room[3] * (1 - self._share("y", y))

    def ticks_x(self, values: Numbers, form: str = "g", label: str = "") -> None:
        """Write numbers under the rectangle, and what they are of."""
        left, top, width, height = self.room
        self.sheet.line(left, top + height, left + width, top + height, "line")
        for value in values:
            words = _written(value, form)
            self.sheet.text(self.across(value), top + height + 14, words, "quiet", "middle")
        if label:
            self.sheet.text(left + width / 2, top + height + 30, label, "quiet", "middle")

    def ticks_y(self, values: Numbers, form: str = "g", label: str = "") -> None:
        """Write numbers left of the rectangle with thin lines across it, and what they are of."""
        left, top, width, _ = self.room
        for value in values:
            y = self.down(value)
            self.sheet.line(left, y, left + width, y, "line", 0.6)
            self.sheet.text(left - 6, y + 4, _written(value, form), "quiet", "end")
        if label:
            self.sheet.text(left, top - 9, label, "quiet")

    def curve(self, x: Numbers, y: Numbers, colour: str = "second", stroke: float = 2) -> None:
        """Draw a line through points."""
        points = [(self.across(a), self.down(b)) for a, b in zip(x, y, strict=True)]
        self.sheet.curve(points, colour, stroke)

    def dot(self, x: float, y: float, colour: str = "accent", radius: float = 3.5) -> None:
        """Draw a point."""
        place = f'cx="{self.across(x):.1f}" cy="{self.down(y):.1f}"'
        self.sheet.add(f'<circle {place} r="{radius:g}" class="{colour}"/>')


def _written(value: float, form: str) -> str:
    return power(value) if form == "power" else format(value, form).replace("-", "−")


def bars(
    sheet: Sheet,
    rows: Sequence[tuple[str, float, str, str]],
    *,
    left: float,
    top: float,
    width: float,
    pitch: float = 26,
) -> float:
    """Draw level bars, each a name, a share of the width, words at its end and a colour.

    Gives where the next thing may stand.
    """
    for k, (name, share, words, colour) in enumerate(rows):
        y = top + k * pitch
        sheet.text(left - 8, y + 12, name, "", "end")
        sheet.fill(left, y, max(1.5, share * width), 16, colour)
        sheet.text(left + max(1.5, share * width) + 6, y + 12, words, "strong")
    return top + len(rows) * pitch
