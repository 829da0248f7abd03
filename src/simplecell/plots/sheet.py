"""The sheet a picture is drawn on: its size, colours and type, and how it becomes a file.

Nothing here opens a window: figures are made for files and notebooks. matplotlib is loaded when
the first one is drawn: it takes a second, and not everybody has it.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import PlotError, UnknownName

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

Array = NDArray[Any]
P = ParamSpec("P")

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
"""Okabe and Ito's, told apart by all eyes."""
QUIET, LINE = "#666666", "#b0b0b0"
SIGNED = "RdBu_r"
"""Blue below nought, white at it, red above: told apart by all eyes."""
WIDTH = 7.7
"""Inches: 1,000 dots at `DOTS_PER_INCH`."""
DOTS_PER_INCH = 130
FEW_POWERS = 2
"""Powers of ten over which a logarithmic axis has room for four numbers in each."""
SUFFIXES = (".png", ".svg")
MISSING = "pictures need matplotlib, which is not installed: pip install 'simplecell[plots]'."

STYLE: Any = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "simplecell",
}
CHINESE = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "SimHei",
)
"""Typefaces for class names that the usual one has no letters for; those that are there help."""


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

    told = {**STYLE, "font.family": ["DejaVu Sans", *_chinese()]}
    with rc_context(told), warnings.catch_warnings():
        # A name in letters that no typeface here has is drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


@cache
def _chinese() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    return tuple(name for name in CHINESE if name in there)


def figure(height: float = 4.0) -> "Figure":
    """Give an empty figure of the usual width; a notebook shows it as it is."""
    made: Figure = _kind()(figsize=(WIDTH, height), layout="constrained")
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
    """
    check_suffix(path)
    content = BytesIO()
    _save(drawn, content, path.suffix.lower().removeprefix("."))
    path.write_bytes(content.getvalue())


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


def show_signed(axes: "Axes", values: Array, largest: float | None = None) -> "AxesImage":
    """Paint numbers on axes without lines: blue below nought, red above, nothing at NaN."""
    reach = float(np.nanmax(np.abs(values))) if largest is None else largest
    bare(axes)
    return axes.imshow(
        values, cmap=SIGNED, vmin=-(reach or 1), vmax=reach or 1, interpolation="nearest"
    )


def show_picture(axes: "Axes", pixels: Array) -> None:
    """Paint one picture, ink dark on white where it is grey.

    Shapes
        pixels (C, H, W) uint8
    """
    bare(axes)
    axes.imshow(colour(pixels), interpolation="nearest")


def colour(pixels: Array, ground: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Array:
    """Give a picture's red, green and blue; ink of a grey one is dark on `ground`.

    Shapes
        pixels (C, H, W) uint8      gives (H, W, 3), 0 to 1
    """
    shares: Array = pixels.astype(np.float64) / 255
    if len(shares) == 3:
        return np.moveaxis(shares, 0, 2)
    ink = shares.mean(axis=0)[..., None]
    if np.median(ink) > 0.5:
        ink = 1 - ink
    painted: Array = np.asarray(ground) * (1 - ink) + 0.1 * ink
    return painted


def bare(axes: "Axes") -> None:
    """Take the lines and ticks away."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def endless(count: int) -> list[str]:
    """Give so many colours, from the first again when they are used up."""
    return [COLOURS[k % len(COLOURS)] for k in range(count)]


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
