"""A network as a picture, for notebooks and pages: its layers in a row, as the paper draws them.

Maps are a stack of squares, as large as they are high and wide; units are a bar, the longer the
more there are. Under each stand its name, its size, what it does, its parameters. The picture is
SVG, in the colours of whatever it stands in.

Source: LeCun et al. 1998, figure 2.
"""

import math
from collections.abc import Iterator
from html import escape

from simplecell.spec.layers import Layer, Shape

ACROSS = 9
"""Layers of a row; a network of more goes on below."""
COLUMN, TALL, WORDS = 96, 84, 82
"""Width of a layer's place, height of what is drawn, height of what is written, in pixels."""
MOST_SHEETS = 6
"""Squares of a stack, however many maps there are."""
BOLD, QUIET = 'font-weight="bold"', 'opacity="0.75"'
INPUT_TINT = "#999999"
"""A layer's own `tint` is one of Okabe and Ito's, told apart by all eyes."""


def draw(
    name: str,
    image: Shape,
    layers: tuple[Layer, ...],
    inputs: tuple[Shape, ...],
    shapes: tuple[Shape, ...],
) -> str:
    """Draw the layers of a network in SVG; `inputs` and `shapes` are what they read and give.

    >>> from simplecell.spec.layers import Dense
    >>> draw("tiny", (1, 4, 4), (Dense("F1", 3),), ((1, 4, 4),), ((3, 1, 1),)).count("<g ")
    2
    """
    pairs = zip(layers, inputs, strict=True)
    counts = [layer.count(below).parameters for layer, below in pairs]
    total = f"{name}: {sum(counts):,} parameters"
    stages = [_stage(INPUT_TINT, image, ["input", _size(image)], image)]
    for layer, shape, count in zip(layers, shapes, counts, strict=True):
        learned = f"{count:,} learned" if count else "none learned"
        words = [layer.name, _size(shape), layer.caption, learned]
        stages.append(_stage(layer.tint, shape, words, image))
    across = min(ACROSS, len(stages))
    down = math.ceil(len(stages) / across)
    width, height = across * COLUMN, 24 + down * (TALL + WORDS)
    placed = "".join(
        f'<g transform="translate({k % across * COLUMN},{24 + k // across * (TALL + WORDS)})">'
        f"{stage}</g>"
        for k, stage in enumerate(stages)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' style="max-width:100%;height:auto" role="img" aria-label="{escape(total)}"'
        ' font-family="sans-serif" font-size="11" text-anchor="middle" fill="currentColor">'
        f'<text x="4" y="15" text-anchor="start" font-size="13">{escape(total)}</text>'
        f"{placed}</svg>"
    )


def _stage(tint: str, shape: Shape, words: list[str], image: Shape) -> str:
    """Draw one layer and write under it; a hover says the same in full."""
    title = f"<title>{escape(', '.join(words))}</title>"
    boxes = "".join(
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{tint}"'
        ' fill-opacity="0.35"'
        f' stroke="{tint}"/>'
        for x, y, w, h in _boxes(shape, image)
    )
    lines = "".join(
        f'<text x="{COLUMN / 2:g}" y="{TALL + 16 + 15 * k}"'
        f" {QUIET if k else BOLD}>"
        f"{escape(_short(word))}</text>"
        for k, word in enumerate(words)
    )
    return f"{title}{boxes}{lines}"


def _boxes(shape: Shape, image: Shape) -> Iterator[tuple[float, float, float, float]]:
    """Give x, y, width, height of the squares of a stack, the hindmost first, or of one bar."""
    maps, height, width = shape
    if height == width == 1:
        long = min(TALL - 12.0, 10 + 9 * math.log2(maps))
        yield COLUMN / 2 - 5, (TALL - long) / 2, 10, long
        return
    # The root keeps a map of 5x5 visible beside an image of 32x32.
    scale = 58 / math.sqrt(max(image[1], image[2], height, width))
    tall, wide = scale * math.sqrt(height), scale * math.sqrt(width)
    sheets = min(maps, MOST_SHEETS)
    reach = 3.0 * (sheets - 1)
    left, top = (COLUMN - wide - reach) / 2, (TALL - tall - reach) / 2
    for k in range(sheets):
        yield left + 3 * k, top + 3 * k, wide, tall


def _size(shape: Shape) -> str:
    return f"{shape[0]} @ {shape[1]}x{shape[2]}" if shape[1:] != (1, 1) else f"{shape[0]} units"


def _short(word: str) -> str:
    return word if len(word) <= 17 else f"{word[:16]}…"
