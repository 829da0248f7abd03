"""Colours by what they are for, on a light and on a dark screen: plain data.

The plots, the drawings of the docs and the studio take theirs from here. Words pass WCAG's AA on
`paper` (4.5 to 1); the tints of curves do too, and are told apart by eyes that do not tell red
from green.
"""

LIGHT = {"ink": "#1f2328", "quiet": "#5d6670", "line": "#c9d1d9", "accent": "#b3261e",
         "second": "#1d5fae", "soft": "#eef1f4", "paper": "#ffffff"}  # fmt: skip
DARK = {"ink": "#e6e9ee", "quiet": "#a4adb8", "line": "#4a525c", "accent": "#ff8a80",
        "second": "#82b4ff", "soft": "#2a2f37", "paper": "#1e2129"}  # fmt: skip

TINTS = {
    "light": ("#1d5fae", "#b3261e", "#0a7a5a", "#8a4fb0", "#8a5a00", "#0b6f85", "#5d6670"),
    "dark": ("#82b4ff", "#ff8a80", "#4fd1a1", "#d7b0ff", "#f2b84b", "#6bd0e0", "#a4adb8"),
}
"""Colours of curves and bars, in the order in which they are used."""

BELOW, ABOVE = (37, 104, 190), (206, 58, 47)
"""Red, green and blue of the smallest and of the largest number; 0 has the colour of `paper`."""


def channels(colour: str) -> tuple[float, float, float]:
    """Give red, green and blue of a colour, 0 to 1.

    >>> channels("#ff0080")[:2]
    (1.0, 0.0)
    """
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue


def luminance(colour: str) -> float:
    """Give how bright a colour is, 0 to 1.

    Source: WCAG 2.2, relative luminance.
    """
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, 1 to 21.

    >>> round(contrast("#000000", "#ffffff"))
    21

    Source: WCAG 2.2, contrast ratio.
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
