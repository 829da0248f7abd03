"""The C function of each layer.

One function per layer, its sizes written out, so that it can be read by itself and a compiler
can unroll it. Maps lie one after the other, row after row: x[c, i, j] is x[(H*c + i)*W + j].
"""

import math
from collections.abc import Sequence

from simplecell.errors import EngineError
from simplecell.export.c.stage import Plain, Stage
from simplecell.export.c.text import comment, plain
from simplecell.spec.layers import RBF, Conv, Dense, Local, Pair, Pool, Subsample

Term = tuple[int, str, int]
"""How far apart, the variable, how many: a step of the memory."""


def function(stage: Stage, name: str) -> str:
    """Write the function of a layer, its comment above it."""
    lines = [
        comment(describe(stage.plain)),
        f"static inline void ${stage.plain.symbol}(const {stage.reads} *x, {stage.gives} *y)",
        "{",
        *indented(_body(stage)),
        "}",
    ]
    text = "\n".join(lines)
    return text.replace("@", f"{name}_{stage.plain.symbol}_").replace("$", f"{name}_")


def describe(layer: Plain) -> str:
    """Say in words what a layer is.

    >>> from simplecell.spec.zoo import find
    >>> from simplecell.export.c.stage import plain_layers
    >>> from simplecell.engines.parameters import initial_parameters
    >>> net = find("lenet5")
    >>> describe(plain_layers(net, initial_parameters(net, 0))[2])
    'C3: 16 maps of 10x10; each slides 5x5 kernels over the maps that its table names.'
    """
    maps, height, width = layer.above
    spec, what = layer.layer, f"{maps} map{'s' * (maps > 1)} of {height}x{width}"
    match spec:
        case Conv():
            does = f"{what}; each slides {_size(spec.kernel)} kernels over "
            does += "all maps below" if spec.table is None else "the maps that its table names"
            if spec.stride != (1, 1):
                does += f", in steps of {_size(spec.stride)}"
        case Local():
            does = f"{what}; every place has {_size(spec.kernel)} kernels of its own"
        case Subsample():
            does = f"{what}; {_size(spec.window)} windows summed, times a gain, plus a bias"
        case Pool():
            does = f"{what}; the {spec.kind} of {_size(spec.window)} windows"
        case Dense():
            does = f"{maps} units that read everything below"
        case _:
            does = f"minus the squared distance to the code of each of {maps} classes"
    return f"{plain(spec.name)}: {does}."


def _size(pair: tuple[int, int]) -> str:
    return f"{pair[0]}x{pair[1]}"


def _body(stage: Stage) -> list[str]:
    layer = stage.plain.layer
    match layer:
        case Conv():
            return _conv(stage, layer)
        case Local():
            return _local(stage, layer)
        case Subsample() | Pool():
            return _windows(stage, layer)
        case Dense():
            return _dense(stage)
        case RBF():
            return _distances(stage)
    raise EngineError(f"C has no function for {layer.type} layers.")


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


def _under(stage: Stage, kernel: Pair, stride: Pair, channel: Term) -> list[str]:
    """Point at what lies under the kernel at (i, j) of one map, and sum weights times it."""
    width, (rows, columns) = stage.plain.below[2], stage.plain.above[1:]
    place = at("x", channel, (width * stride[0], "i", rows), (stride[1], "j", columns))
    under = at("", (width, "p", kernel[0]), (1, "q", kernel[1]))
    taps = loop("q", kernel[1], [f"sum += *k++ * under[{under}];"])
    return [f"const {stage.reads} *under = {place};", *loop("p", kernel[0], taps)]


def _conv(stage: Stage, layer: Conv) -> list[str]:
    channels, height, width = stage.plain.below
    maps, rows, columns = stage.plain.above
    area, weights = math.prod(layer.kernel), stage.type_of("w")
    before = [f"const {weights} *w = @w;"]
    if layer.table is None:
        channel, count = (height * width, "c", channels), str(channels)
        after = [f"w += {channels * area};"]
    else:
        # Never 1: then the loop over the links of a map would be left out.
        channel, count = (height * width, "reads[c]", 2), "links"
        before += [f"const {stage.type_of('reads')} *reads = @reads;"]
        after = [f"w += {area} * links;", "reads += links;"]
    sums = _under(stage, layer.kernel, layer.stride, channel)
    place = [
        f"const {weights} *k = w;",
        f"{stage.sums} sum = {stage.begin};",
        *loop("c", 1 if count == "1" else count, sums),
        *stage.ends,
    ]
    places = loop("i", rows, loop("j", columns, place))
    if layer.table is not None:
        places = ["const int links = @links[m];", *places]
    return [*before, *every_map(maps, [*places, *after])]


def _local(stage: Stage, layer: Local) -> list[str]:
    channels, height, width = stage.plain.below
    maps, rows, columns = stage.plain.above
    sums = _under(stage, layer.kernel, layer.stride, (height * width, "c", channels))
    place = [
        f"{stage.sums} sum = {stage.begin};",
        *loop("c", channels, sums),
        *stage.ends,
        "unit++;",
    ]
    return [
        f"const {stage.type_of('w')} *k = @w;",
        "int unit = 0;",
        *every_map(maps, loop("i", rows, loop("j", columns, place))),
    ]


def _windows(stage: Stage, layer: Subsample | Pool) -> list[str]:
    height, width = stage.plain.below[1:]
    maps, rows, columns = stage.plain.above
    nh, nw = layer.window
    inside = f"under[{at('', (width, 'p', nh), (1, 'q', nw))}]"
    if isinstance(layer, Pool) and layer.kind == "max":
        begin, cell = "under[0]", [f"if ({inside} > sum) {{", f"    sum = {inside};", "}"]
    else:
        begin, cell = stage.begin, [f"sum += {inside};"]
    corner = at("x", (height * width, "m", 2), (width * nh, "i", rows), (nw, "j", columns))
    place = [
        f"const {stage.reads} *under = {corner};",
        f"{stage.sums} sum = {begin};",
        *loop("p", nh, loop("q", nw, cell)),
        *stage.ends,
    ]
    return every_map(maps, loop("i", rows, loop("j", columns, place)))


def _dense(stage: Stage) -> list[str]:
    count = stage.plain.cells_below
    unit = [
        f"{stage.sums} sum = {stage.begin};",
        *loop("k", count, [f"sum += *w++ * x[{at('', (1, 'k', count))}];"]),
        *stage.ends,
    ]
    before = f"const {stage.type_of('w')} *w = @w;"
    return [before, *every_map(stage.plain.above[0], unit)]


def _distances(stage: Stage) -> list[str]:
    codes = "codes" if "codes" in stage.arrays else "w"
    count = stage.plain.cells_below
    x, code = stage.begin.format(f"x[{at('', (1, 'k', count))}]"), "*code++"
    if "scale" in stage.arrays:
        code = f"@scale[m] * (float){code}"
    unit = [
        "float sum = 0.0f;",
        *loop("k", count, [f"const float away = {x} - {code};", "sum += away * away;"]),
        *stage.ends,
    ]
    before = f"const {stage.type_of(codes)} *code = @{codes};"
    return [before, *every_map(stage.plain.above[0], unit)]
