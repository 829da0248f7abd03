"""The sheet a picture is drawn on: its size, colours and type, and how it becomes a file.

Nothing here opens a window: figures are made for files and notebooks. matplotlib is loaded when
the first one is drawn: it takes a second, and not everybody has it.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, wraps
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import PlotError, UnknownName
from simplecell.plots.palette import ABOVE, BELOW, DARK, LIGHT, TINTS, channels
from simplecell.plots.words import chinese_typeface, spoken
from simplecell.train.atomic import write_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

Array = NDArray[Any]
P = ParamSpec("P")

WIDTH = 7.7
"""Inches: 1,000 dots at `DOTS_PER_INCH`."""
DOTS_PER_INCH = 130
FEW_POWERS = 2
"""Powers of ten over which a logarithmic axis has room for four numbers in each."""
SUFFIXES = (".png", ".svg")
MISSING = "pictures need matplotlib, which is not installed: pip install 'simplecell[plots]'."

TYPEFACES = ("Inter", "Noto Sans", "Source Sans 3", "Segoe UI", "Helvetica Neue", "Arial",
             "Liberation Sans", "DejaVu Sans")  # fmt: skip
"""Typefaces of pictures; the first of them that is there is taken."""
WRAPPED = {"en": 96, "zh": 52}
"""Letters of a title that stand in one line."""


@dataclass(frozen=True)
class Look:
    """How pictures look: for a light or a dark screen, with their titles or not, how wide."""

    dark: bool = False
    titled: bool = True
    width: float = WIDTH


_LOOK: ContextVar[Look] = ContextVar("look", default=Look())  # noqa: B039, it is frozen


@contextmanager
def look(*, dark: bool = False, titled: bool = True, width: float = WIDTH) -> Iterator[None]:
    """Let pictures be for a dark screen, without titles or narrower, while they are drawn.

    `width` is in inches: the narrower a picture, the larger its letters on a screen.
    """
    token = _LOOK.set(Look(dark, titled, width))
    try:
        yield
    finally:
        _LOOK.reset(token)


def shade(role: str) -> str:
    """Give the colour of a role (ink, quiet, line, accent, second, soft, paper) on the screen."""
    return (DARK if _LOOK.get().dark else LIGHT)[role]


def tint(number: int) -> str:
    """Give the colour of a curve by its number, from the first again when they are used up."""
    tints = TINTS["dark" if _LOOK.get().dark else "light"]
    return tints[number % len(tints)]


def _rules() -> Any:
    """Write the style as matplotlib's settings."""
    ink, quiet, line, paper = (shade(role) for role in ("ink", "quiet", "line", "paper"))
    return {
        "font.family": [*_typefaces(), *filter(None, [chinese_typeface()])],
        "font.size": 11,
        "axes.titlesize": 12,
        "axes.titleweight": "bold",
        "figure.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 12,
        "axes.labelsize": 10.5,
        "xtick.labelsize": 10,
        "ytick.labelsize": 10,
        "text.color": ink,
        "axes.titlecolor": ink,
        "axes.labelcolor": quiet,
        "xtick.color": quiet,
        "ytick.color": quiet,
        "figure.facecolor": paper,
        "axes.facecolor": paper,
        "axes.edgecolor": line,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": line,
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "xtick.minor.size": 0,
        "ytick.minor.size": 0,
        "lines.solid_capstyle": "round",
        "legend.frameon": False,
        "legend.fontsize": 10,
        "svg.hashsalt": "simplecell",
    }


@cache
def _typefaces() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    return tuple(name for name in TYPEFACES if name in there)[:1] or ("sans-serif",)


def check_installed() -> None:
    """Refuse to go on without matplotlib.

    Raises
        PlotError   it is not installed
    """
    if find_spec("matplotlib") is None:
        raise PlotError(MISSING)


def styled(draw: "Callable[P, Figure]") -> "Callable[P, Figure]":
    """Let a function draw in the house's style, and refuse in one sentence without matplotlib."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> "Figure":
        check_installed()
        with style():
            return draw(*args, **kwargs)

    return drawn


@contextmanager
def style() -> Iterator[None]:
    """Set size, colours and type, and set them back."""
    from matplotlib import rc_context

    with rc_context(_rules()), warnings.catch_warnings():
        # A name in letters that no typeface here has is drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


def figure(height: float = 4.0) -> "Figure":
    """Give an empty figure of the usual width; a notebook shows it as it is."""
    width = _LOOK.get().width
    made: Figure = _kind()(figsize=(width, height * width / WIDTH), layout="constrained")
    return made


@cache
def _kind() -> Any:
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that notebooks show without pyplot."""

        def _repr_png_(self) -> bytes:
            return png(self)

    return Picture


def sheet(height: float = 4.0) -> "tuple[Figure, Axes]":
    """Give a figure with one pair of axes."""
    one = figure(height)
    return one, one.add_subplot()


def png(drawn: "Figure") -> bytes:
    """Give a figure as the bytes of a PNG file."""
    content = BytesIO()
    _save(drawn, content, "png")
    return content.getvalue()


def write(drawn: "Figure", path: Path) -> None:
    """Write a figure to a file; equal figures give equal files.

    Raises
        UnknownName   a name that ends neither in .png nor in .svg
        ModelError    no room, no permission; what was there before is untouched
    """
    check_suffix(path)
    content = BytesIO()
    _save(drawn, content, path.suffix.lower().removeprefix("."))
    write_file(path, content.getvalue())


def check_suffix(path: Path) -> None:
    """Refuse a file that is no picture's.

    Raises
        UnknownName   a name that ends neither in .png nor in .svg
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UnknownName("kind of picture file", path.suffix or path.name, SUFFIXES)


def _save(drawn: "Figure", content: BytesIO, kind: str) -> None:
    # Without a version or a date in it, equal pictures are equal files.
    metadata = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
    with style():
        drawn.savefig(content, dpi=DOTS_PER_INCH, format=kind, metadata=metadata)


def columns(count: int, height: int, width: int, ratio: float) -> int:
    """Choose how many pictures stand side by side, so that all are `ratio` times as wide as high.

    >>> columns(6, 28, 28, 6.0), columns(16, 10, 10, 6.0), columns(120, 1, 1, 6.0)
    (6, 8, 24)
    """
    wished = max(1, round(math.sqrt(count * ratio * height / width)))
    return math.ceil(count / math.ceil(count / wished))


def mosaic(pictures: Array, across: int, gap: int = 1) -> Array:
    """Lay pictures in rows of `across`, with NaN between them.

    Shapes
        pictures (N, H, W)      gives (rows*(H+gap) - gap, across*(W+gap) - gap)
    """
    count, height, width = pictures.shape
    down = math.ceil(count / across)
    sheet = np.full((down * across, height + gap, width + gap), np.nan)
    sheet[:count, :height, :width] = pictures
    whole = sheet.reshape(down, across, height + gap, width + gap).swapaxes(1, 2)
    laid = whole.reshape(down * (height + gap), across * (width + gap))
    return laid[: laid.shape[0] - gap or None, : laid.shape[1] - gap or None]


def show_colours(axes: "Axes", values: Array, largest: float | None = None) -> "AxesImage":
    """Paint three maps of numbers as red, green and blue: grey at 0, nothing at NaN.

    Shapes
        values (3, H, W)
    """
    reach = float(np.nanmax(np.abs(values))) if largest is None else largest
    painted = np.moveaxis(0.5 + 0.5 * np.clip(values / (reach or 1), -1, 1), 0, 2)
    alpha = np.isfinite(painted).all(axis=2, keepdims=True)
    bare(axes)
    return axes.imshow(
        np.concatenate([np.nan_to_num(painted), alpha], axis=2), interpolation="nearest"
    )


def shades(role: str) -> "LinearSegmentedColormap":
    """Give the colours of shares from 0 to 1: from the paper's to a role's."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(role, [shade("paper"), shade(role)])


def show_signed(axes: "Axes", values: Array, largest: float | None = None) -> "AxesImage":
    """Paint numbers on axes without lines: blue below nought, red above, nothing at NaN."""
    reach = float(np.nanmax(np.abs(values))) if largest is None else largest
    bare(axes)
    return axes.imshow(
        values, cmap=signed(), vmin=-(reach or 1), vmax=reach or 1, interpolation="nearest"
    )


def show_picture(axes: "Axes", pixels: Array) -> None:
    """Paint one picture, ink dark on white where it is grey.

    Shapes
        pixels (C, H, W) uint8
    """
    bare(axes)
    axes.imshow(colour(pixels), interpolation="nearest")


def colour(pixels: Array, ground: tuple[float, float, float] | None = None) -> Array:
    """Give a picture's red, green and blue; of a grey one, ink on `ground`, the paper if None.

    Shapes
        pixels (C, H, W) uint8      gives (H, W, 3), 0 to 1
    """
    shares: Array = pixels.astype(np.float64) / 255
    if len(shares) == 3:
        return np.moveaxis(shares, 0, 2)
    ink = shares.mean(axis=0)[..., None]
    if np.median(ink) > 0.5:
        ink = 1 - ink
    below = channels(shade("paper")) if ground is None else ground
    painted: Array = np.asarray(below) * (1 - ink) + np.asarray(channels(shade("ink"))) * ink
    return painted


def bare(axes: "Axes") -> None:
    """Take the lines and ticks away."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def entitle(drawn: "Figure", words: str) -> None:
    """Write a title over a figure, in as many lines as it takes; keep it for who asks.

    A page that says it in its own letters leaves it out of the picture (`look`).
    """
    drawn.set_label(words)
    if _LOOK.get().titled:
        drawn.suptitle("\n".join(wrap(words, WRAPPED[spoken()])), x=0.01, ha="left", fontsize=12)


def signed() -> "LinearSegmentedColormap":
    """Give the colours of numbers: blue below 0, that of the paper at 0, red above."""
    from matplotlib.colors import LinearSegmentedColormap

    below, above = ("#{:02x}{:02x}{:02x}".format(*ends) for ends in (BELOW, ABOVE))
    name = "signed-dark" if _LOOK.get().dark else "signed"
    return LinearSegmentedColormap.from_list(name, [below, shade("paper"), above])


def number_logarithms(axes: "Axes") -> None:
    """Write numbers at the vertical axis: 1, 2, 3 and 5 of each power of ten where there is room.

    Over more powers than `FEW_POWERS` each has its 1 alone, so that none lies on another.
    """
    from matplotlib.ticker import FuncFormatter

    low, high = axes.get_ylim()
    leads = ("1", "2", "3", "5") if high <= low * 10**FEW_POWERS else ("1",)

    def written(value: float, place: int | None = None) -> str:
        lead = f"{value:e}".partition("e")[0].rstrip("0").rstrip(".")
        return f"{value:g}" if lead in leads else ""

    axes.yaxis.set_major_formatter(FuncFormatter(written))
    axes.yaxis.set_minor_formatter(FuncFormatter(written))
