"""Loops, and places in memory, as C writes them.

Maps lie one after the other, row after row: x[c, i, j] is x[(H*c + i)*W + j].
"""

from collections.abc import Sequence

from simplecell.export.c.stage import Stage
from simplecell.spec.layers.layer import Pair
from simplecell.spec.padding import NO_PADS, Pads

Term = tuple[int, str, int]
"""How far apart, the variable, how many: a step of the memory."""

WRITTEN_OUT = 7
"""So many rows of a kernel are written one below the other; more are a loop."""


def indented(lines: Sequence[str]) -> list[str]:
    """Move lines one step to the right."""
    return [f"    {line}" for line in lines]


def loop(variable: str, count: int | str, inner: Sequence[str]) -> list[str]:
    """Write a loop; one that would run once is left out, and its variable must be too."""
    if count == 1:
        return list(inner)
    head = f"for (int {variable} = 0; {variable} < {count}; {variable}++) {{"
    return [head, *indented(inner), "}"]


def every_map(maps: int, inner: Sequence[str]) -> list[str]:
    """Write the loop over the maps above, even over one: expressions speak of `m`."""
    return [f"for (int m = 0; m < {maps}; m++) {{", *indented(inner), "}"]


def at(start: str, *terms: Term) -> str:
    """Write a place in memory, without the variables that are always 0.

    >>> at("x", (196, "c", 6), (14, "i", 10), (1, "j", 1))
    'x + 196 * c + 14 * i'
    """
    steps = [
        variable if step == 1 else f"{step} * {variable}"
        for step, variable, count in terms
        if count > 1
    ]
    return " + ".join([start, *steps] if start else steps or ["0"])


def dot(stage: Stage, weights: str, inputs: str, count: int | str) -> str:
    """Add to the sum so many weights times what lies side by side below: see `dots.py`."""
    name = "$dot_pixels" if stage.reads == "uint8_t" else "$dot"
    return f"sum = {name}({weights}, {inputs}, {count}, sum);"


def under(stage: Stage, kernel: Pair, stride: Pair, channel: Term) -> list[str]:
    """Point at what lies under the kernel at (i, j) of one map, and sum weights times it.

    A row of the kernel lies side by side below; where it is as wide as the map, all rows do.
    """
    width, (rows, columns) = stage.plain.below[2], stage.plain.above[1:]
    place = at("x", channel, (width * stride[0], "i", rows), (stride[1], "j", columns))
    lines, count = kernel if kernel[1] < width else (1, kernel[0] * kernel[1])
    pointed = f"const {stage.reads} *under = {place};"
    if lines <= WRITTEN_OUT:
        written = [
            dot(stage, _after("k", p * count), _after("under", p * width), count)
            for p in range(lines)
        ]
        return [pointed, *written, f"k += {lines * count};"]
    line = [dot(stage, "k", at("under", (width, "p", lines)), count), f"k += {count};"]
    return [pointed, *loop("p", lines, line)]


def _after(start: str, cells: int) -> str:
    return f"{start} + {cells}" if cells else start


def on_map(stage: Stage, kernel: Pair, stride: Pair, pads: Pads) -> list[str]:
    """Say where the kernel at (i, j) of padded maps lies, and which of its cells are on the map.

    It begins at `row` and `column`, which may be less than 0; its rows from p0 on and before p1,
    and its columns from q0 on and before q1, are on the map.
    """
    lines = []
    sizes, places = stage.plain.below[1:], stage.plain.above[1:]
    for n, (name, place, cell) in enumerate((("row", "i", "p"), ("column", "j", "q"))):
        before, size, cells = pads[n][0], sizes[n], kernel[n]
        start = at(f"-{before}" if before else "", (stride[n], place, places[n]))
        lines += [
            f"const int {name} = {start};",
            f"const int {cell}0 = {name} < 0 ? -{name} : 0;",
            f"const int {cell}1 = {name} + {cells} > {size} ? {size} - {name} : {cells};",
        ]
    return lines


def under_padded(stage: Stage, kernel: Pair, channel: Term) -> list[str]:
    """Sum weights times what lies under the kernel, without its cells on padding: see `on_map`."""
    width = stage.plain.below[2]
    weights = at("k", (kernel[1], "p", 2), (1, "q0", 2))
    line = at("x", channel, (width, "(row + p)", 2), (1, "(column + q0)", 2))
    return [
        "for (int p = p0; p < p1; p++) {",
        f"    {dot(stage, weights, line, 'q1 - q0')}",
        "}",
        f"k += {kernel[0] * kernel[1]};",
    ]


def windows(
    stage: Stage,
    window: Pair,
    stride: Pair | None = None,
    frame: Pads = NO_PADS,
    *,
    largest: bool = False,
    before: Sequence[str] = (),
) -> list[str]:
    """Write the loops that sum each window of each map, or find its largest cell.

    `frame` is how far windows reach beyond the maps; the lines `before` follow where a window is.
    """
    maps, rows, columns = stage.plain.above
    if frame != NO_PADS:
        place = _cut_window(stage, window, stride or window, frame, largest, before)
    else:
        place = _whole_window(stage, window, stride or window, largest)
    return every_map(maps, loop("i", rows, loop("j", columns, place)))


def _whole_window(stage: Stage, window: Pair, stride: Pair, largest: bool) -> list[str]:
    """Write what is done with a window that lies inside its map."""
    (height, width), (rows, columns) = stage.plain.below[1:], stage.plain.above[1:]
    nh, nw = window
    inside = f"under[{at('', (width, 'p', nh), (1, 'q', nw))}]"
    map_, down, across = (
        (height * width, "m", 2),
        (width * stride[0], "i", rows),
        (stride[1], "j", columns),
    )
    return [
        f"const {stage.reads} *under = {at('x', map_, down, across)};",
        f"{stage.sums} sum = {'under[0]' if largest else stage.begin};",
        *loop("p", nh, loop("q", nw, _take(inside, largest))),
        *stage.ends,
    ]


def _cut_window(
    stage: Stage,
    window: Pair,
    stride: Pair,
    frame: Pads,
    largest: bool,
    before: Sequence[str],
) -> list[str]:
    """Write what is done with a window whose cells beyond the map are left out.

    `on_map` says where it lies.
    """
    height, width = stage.plain.below[1:]
    corner = f"{at('x', (height * width, 'm', 2))} + {width} * (row + {{}}) + column"
    taps = [
        f"const {stage.reads} *under = {corner.format('p')};",
        "for (int q = q0; q < q1; q++) {",
        *indented(_take("under[q]", largest)),
        "}",
    ]
    return [
        *on_map(stage, window, stride, frame),
        *before,
        f"{stage.sums} sum = {f'*({corner} + q0)'.format('p0') if largest else stage.begin};",
        "for (int p = p0; p < p1; p++) {",
        *indented(taps),
        "}",
        *stage.ends,
    ]


def _take(cell: str, largest: bool) -> list[str]:
    """Add a cell to the sum, or take it where it is larger."""
    return [f"if ({cell} > sum) {{", f"    sum = {cell};", "}"] if largest else [f"sum += {cell};"]
