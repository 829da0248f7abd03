"""Products summed, in C: the one function in which nearly all the time of a picture goes.

It is always put into the layer that calls it, also where a compiler saves code: there the count
is a constant. Four products are written out, so that less of a loop is left. In int8 an Arm
processor with the DSP extension (Cortex-M4, M7, M33) adds two products at a time: `__sxtb16`
takes every other of four bytes as 16 bits, `__smlad` multiplies two pairs of them and adds both
products. Whole numbers come to the same sum in any order; floats are added one after the other.

Source: Arm C Language Extensions, Q3 2020, 9.5 (16-bit multiplications).
"""

from simplecell.export.c.loops import indented

DOES = "The sum, and count products of weights and {} after it."


def dots(kinds: list[str], name: str) -> list[str]:
    """Write the functions that sum products with what layers read: float, int8_t or uint8_t."""
    return [_dot(kind, name) for kind in kinds]


def extensions(name: str, *, whole: bool) -> list[str]:
    """Write what the preprocessor has to know beforehand."""
    upper = name.upper()
    # GCC has these instructions as functions from version 10 on.
    arm = [
        "#if defined(__ARM_FEATURE_DSP) && (__GNUC__ >= 10 || defined(__clang__))",
        f"#define {upper}_DSP",
        "#include <arm_acle.h>",
        "#include <string.h>",
        "#endif",
    ]
    inline = f"#define {upper}_INLINE static inline"
    return [
        *(arm if whole else []),
        "#ifdef __GNUC__",
        f"{inline} __attribute__((always_inline))",
        "#else",
        inline,
        "#endif",
    ]


def _dot(kind: str, name: str) -> str:
    """Write one of the functions."""
    total, weight = ("float", "float") if kind == "float" else ("int32_t", "int8_t")
    own = f"{name}_dot_pixels" if kind == "uint8_t" else f"{name}_dot"
    four = [f"sum += w[{k}] * x[{k}];" for k in range(4)]
    if kind != "float":
        four = [f"#ifdef {name.upper()}_DSP", *_pairs(kind), "#else", *four, "#endif"]
    lines = [
        "for (; count >= 4; count -= 4, w += 4, x += 4) {",
        *indented(four),
        "}",
        "for (; count > 0; count--) {",
        "    sum += *w++ * *x++;",
        "}",
        "return sum;",
    ]
    written = [line.strip() if "#" in line else line for line in indented(lines)]
    return "\n".join(
        [
            f"/* {DOES.format('pixels' if kind == 'uint8_t' else 'what lies below')} */",
            f"{name.upper()}_INLINE {total} {own}(",
            f"    const {weight} *w, const {kind} *x, int count, {total} sum)",
            "{",
            *written,
            "}",
        ]
    )


def _pairs(kind: str) -> list[str]:
    """Add four products by two instructions."""
    spread = "__uxtb16" if kind == "uint8_t" else "__sxtb16"
    return [
        "uint32_t a, b;",
        "memcpy(&a, w, 4);",
        "memcpy(&b, x, 4);",
        f"sum = __smlad(__sxtb16(a), {spread}(b), sum);",
        f"sum = __smlad(__sxtb16(a >> 8), {spread}(b >> 8), sum);",
    ]
