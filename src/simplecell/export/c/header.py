"""A whole C99 header: how to use it, constants, one function per layer, `predict`.

It needs the standard headers stdint.h and, for tanh or exp, math.h; no memory is asked for at
run time. The answer is that of `engines/protocol.scores`: the largest score wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray

from simplecell.data.normalise import Normalisation
from simplecell.engines.parameters import check_parameters
from simplecell.engines.protocol import Array
from simplecell.errors import ModelError
from simplecell.export.c.body import function
from simplecell.export.c.dots import dots, extensions
from simplecell.export.c.format import Whole
from simplecell.export.c.layers.entries import code_of, plain_layers
from simplecell.export.c.loops import indented
from simplecell.export.c.real import real_stages
from simplecell.export.c.squash import SQUASHES
from simplecell.export.c.stage import Stage, constants_bytes, scratch_cells
from simplecell.export.c.text import array, identifier, listed, number, plain, string
from simplecell.export.c.whole import measure, run, unbounded, whole_stages
from simplecell.export.fold import folded
from simplecell.export.preparation import preparation
from simplecell.notation import PARAMETERS
from simplecell.spec.accounting import count_network
from simplecell.train.model import Model


@dataclass(frozen=True)
class Header:
    """A C header; what it takes, in bytes and in multiply-adds for a picture.

    `wholes` are the layers in whole numbers, of an int8 header; else there are none.
    """

    name: str
    text: str
    constant_bytes: int
    scratch_bytes: int
    multiply_adds: int
    wholes: tuple[Whole, ...] = ()


def write_header(
    model: Model, name: str, *, int8: bool = False, pictures: Array | None = None
) -> Header:
    """Write a model, as it is used, as a C header whose functions begin with `name`.

    `pictures` (N, C, H, W) uint8, some hundred to learn from, are needed for int8 where a
    hidden layer's outputs have no bounds: relu, identity, leaky relu, elu, softplus.

    Raises
        ModelError   weights that are not the network's; int8 of relu layers without pictures
    """
    check_parameters(model.network, model.parameters)
    model = folded(model)
    name = identifier(name)
    layers = plain_layers(model.network, model.parameters)
    if int8:
        bounds = {}
        if measured := unbounded(model.network):
            bounds = measure(model, _given(model, measured, pictures))
        wholes = tuple(whole_stages(layers, model.normalisation, bounds))
        return _Writer(model, name, [whole.stage for whole in wholes], wholes).header()
    return _Writer(model, name, real_stages(layers), ()).header()


def answer(header: Header, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give the scores of an int8 header for some pictures, as its C code does."""
    return run(header.wholes, pixels)


def _given(model: Model, layers: Sequence[str], pictures: Array | None) -> Array:
    if pictures is None or not len(pictures):
        names = ", ".join(layers)
        raise ModelError(
            f"the outputs of {model.network.name}'s {names} have no bounds: for int8 they are"
            " measured on pictures.\n  Name the data it learned from: --data mnist, for instance."
        )
    return pictures


class _Writer:
    """The parts of a header, in the order in which they stand in it."""

    def __init__(
        self, model: Model, name: str, stages: Sequence[Stage], wholes: tuple[Whole, ...]
    ) -> None:
        self.model, self.name, self.stages, self.wholes = model, name, stages, wholes
        self.upper = name.upper()
        self.last = stages[-1].plain.layer
        between = [stage.plain.cells for stage in stages[:-1]]
        self.sizes = between if wholes else [stages[0].plain.cells_below, *between]
        self.scratch = scratch_cells(self.sizes or [1])
        self.cell = "int8_t" if wholes else "float"
        self.tables = {
            whole.stage.plain.layer.squash: whole.table
            for whole in wholes
            if whole.table is not None and "table" not in whole.stage.arrays
        }

    def header(self) -> Header:
        """Put the parts together."""
        code = [
            *self._squashes(),
            *self._place(),
            *self._dots(),
            *([] if self.wholes else [self._read(self.model.normalisation)]),
            *(function(stage, self.name) for stage in self.stages),
            *([self._softmax()] if self.last.squash == "softmax" else []),
            self._predict_in(),
            self._predict(),
            self._class(),
        ]
        body = "\n\n".join([*self._constants(), *code])
        used = [told.code for squash, told in SQUASHES.items() if self._calls(f"${squash}(")]
        maths = self.last.squash == "softmax" or any("f(" in code for code in used)
        constant_bytes = constants_bytes(self.stages)
        constant_bytes += sum(table.values.nbytes for table in self.tables.values())
        scratch_bytes = self.scratch * (1 if self.wholes else 4)
        adds = count_network(self.model.network).total.multiply_accumulates
        taken = (
            f"Constants {constant_bytes:,} bytes; scratch {scratch_bytes:,} bytes;"
            f" {adds:,} multiply-adds for a picture."
        )
        text = "\n\n".join(
            [
                self._usage(taken, maths),
                f"#ifndef {self.upper}_H\n#define {self.upper}_H",
                self._includes(maths),
                self._macros(),
                body,
                "#endif\n",
            ]
        )
        return Header(self.name, text, constant_bytes, scratch_bytes, adds, self.wholes)

    def _usage(self, taken: str, maths: bool) -> str:
        model, name, upper = self.model, self.name, self.upper
        channels, height, width = model.network.input
        kind = code_of(self.stages[-1].plain).scores()
        lines = [
            f"/* {name}: the network {plain(model.network.name)}, as simplecell export wrote it,"
            f" in {'int8' if self.wholes else 'float'}.",
            "   Include it in one .c file: its constants are static.",
            "",
            f"       uint8_t pixels[{upper}_PIXELS];    {channels} x {height} x {width}, row after"
            " row, each from 0 to 255",
            f"       float scores[{upper}_CLASSES];",
            f"       int label = {name}_predict(pixels, scores);    the class of the largest",
            f"       puts({name}_class(label));",
            "",
            "   Pixels are as they were in the pictures that it learned from.",
            f"   Scores are {kind}.",
            f"   {taken}",
        ]
        if model.frame is not None and model.frame != (height, width):
            lines.append(
                f"   It learned pictures of {model.frame[0]}x{model.frame[1]} in the middle of"
                f" {height}x{width}; around them pixels are 0."
            )
        if preparation(model):
            lines += [f"   {line}" for line in wrap(preparation(model), 92)]
        if self.wholes:
            lines += [
                "   A layer sums products of int8 in 32 bits; _place says which of its outputs",
                "   that is, and the next layer reads the outputs as int8 again.",
            ]
        if maths:
            lines.append("   Link with -lm.")
        return "\n".join([*lines, "   The code is at the end, after the constants. */"])

    def _macros(self) -> str:
        cells = self.stages[0].plain.cells_below
        return "\n".join(
            [
                f"#define {self.upper}_PIXELS {cells}",
                f"#define {self.upper}_CLASSES {self.model.network.classes}",
                f"/* How many {self.cell} the scratch of {self.name}_predict_in takes. */",
                f"#define {self.upper}_SCRATCH {self.scratch}",
            ]
        )

    def _constants(self) -> list[str]:
        parts = [
            f"/* x = {squash}(u) in {len(table.values)} places,"
            f" from u = {table.low:.6g} in steps of {table.tick:.6g}.\n"
            f"   An entry q stands for x = {table.format.step:.6g} * q"
            f" + {table.format.offset:.6g}. */\n"
            + array(f"{self.name}_{squash}_table", table.values)
            for squash, table in self.tables.items()
        ]
        return parts + [
            array(f"{self.name}_{stage.plain.symbol}_{own}", values)
            for stage in self.stages
            for own, values in stage.arrays.items()
        ]

    def _squashes(self) -> list[str]:
        takes = {squash: "float u, float a" for squash in PARAMETERS}
        return [
            f"/* {squash}: x = {told.formula}. */\n"
            f"static inline float {self.name}_{squash}({takes.get(squash, 'float u')})"
            f"\n{{\n    return {told.code};\n}}"
            for squash, told in SQUASHES.items()
            if self._calls(f"${squash}(")
        ]

    def _calls(self, call: str) -> bool:
        return any(call in line for stage in self.stages for line in stage.ends)

    def _kinds(self) -> list[str]:
        """Name what layers read whose sums are of products."""
        found = [stage.reads for stage in self.stages if "w" in stage.arrays]
        return list(dict.fromkeys(found))

    def _dots(self) -> list[str]:
        return dots(self._kinds(), self.name)

    def _includes(self, maths: bool) -> str:
        own = extensions(self.name, whole=bool(self.wholes)) if self._kinds() else []
        return "\n".join(["#include <stdint.h>", *(["#include <math.h>"] if maths else []), *own])

    def _place(self) -> list[str]:
        if not self._calls("$place("):
            return []
        return [
            f"""\
/* How far along the outputs of a layer a sum lies, from 0 to top:
   (sum * scale + offset) / 2^shift. Scale and offset are the map's own, its gain and its bias. */
static inline int32_t {self.name}_place(
    int32_t sum, int32_t scale, int64_t offset, int shift, int32_t top)
{{
    const int64_t along = (int64_t)sum * scale + offset;
    if (along < 0) {{
        return 0;
    }}
    return (along >> shift) < top ? (int32_t)(along >> shift) : top;
}}"""
        ]

    def _read(self, normalisation: Normalisation) -> str:
        scale, shift = number(normalisation.scale), number(normalisation.shift)
        return f"""\
/* From pixels to the numbers that the network learned from. */
static inline void {self.name}_read(const uint8_t *pixels, float *x)
{{
    for (int k = 0; k < {self.upper}_PIXELS; k++) {{
        x[k] = {scale} * (float)pixels[k] + {shift};
    }}
}}"""

    def _softmax(self) -> str:
        classes = f"{self.upper}_CLASSES"
        return f"""\
/* From scores to probabilities: e^u over the sum of all. The largest is taken off first, which
   changes nothing but that no e^u overflows. */
static inline void {self.name}_softmax(float *u)
{{
    float largest = u[0];
    float total = 0.0f;
    for (int k = 1; k < {classes}; k++) {{
        if (u[k] > largest) {{
            largest = u[k];
        }}
    }}
    for (int k = 0; k < {classes}; k++) {{
        u[k] = expf(u[k] - largest);
        total += u[k];
    }}
    for (int k = 0; k < {classes}; k++) {{
        u[k] /= total;
    }}
}}"""

    def _predict_in(self) -> str:
        """Call the layers; they write by turns to the two ends of the scratch."""
        places = [
            "scratch" if k % 2 == 0 else f"scratch + {self.scratch - size}"
            for k, size in enumerate(self.sizes)
        ]
        calls = [] if self.wholes else [f"{self.name}_read(pixels, {places[0]});"]
        reads = ["pixels", *places] if self.wholes else places
        for stage, read, given in zip(self.stages, reads, [*reads[1:], "scores"], strict=True):
            maps, height, width = stage.plain.above
            calls.append(
                f"{self.name}_{stage.plain.symbol}({read}, {given});"
                f"    /* {maps} x {height} x {width} */"
            )
        if self.last.squash == "softmax":
            calls.append(f"{self.name}_softmax(scores);")
        unused = [] if self.sizes else ["(void)scratch;"]
        head = f"""\
/* Read a picture: give the score of every class, and the class of the largest. Layers take turns
   at the two ends of the scratch, so that none overwrites what it reads. */
static inline int {self.name}_predict_in(
    const uint8_t *pixels, float *scores, {self.cell} *scratch)
{{
    int best = 0;
"""
        tail = f"""
    for (int k = 1; k < {self.upper}_CLASSES; k++) {{
        if (scores[k] > scores[best]) {{
            best = k;
        }}
    }}
    return best;
}}"""
        return head + "\n".join(indented([*unused, *calls])) + tail

    def _predict(self) -> str:
        return f"""\
/* The same with a scratch of its own, so that two calls must not run at the same time. */
static inline int {self.name}_predict(const uint8_t *pixels, float *scores)
{{
    static {self.cell} scratch[{self.upper}_SCRATCH];
    return {self.name}_predict_in(pixels, scores, scratch);
}}"""

    def _class(self) -> str:
        names = listed([string(name) for name in self.model.classes])
        return f"""\
/* What a class is called, in UTF-8. */
static inline const char *{self.name}_class(int label)
{{
    static const char *const names[{self.upper}_CLASSES] = {{
{names}
    }};
    return names[label];
}}"""
