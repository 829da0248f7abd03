"""The C function of each layer.

One function per layer, its sizes written out, so that it can be read by itself and a compiler
can unroll it. What it does, the layer's file in `layers/` writes.
"""

from simplecell.export.c.layers.entries import code_of
from simplecell.export.c.loops import indented
from simplecell.export.c.stage import Plain, Stage
from simplecell.export.c.text import comment, plain


def function(stage: Stage, name: str) -> str:
    """Write the function of a layer, its comment above it."""
    lines = [
        comment(describe(stage.plain)),
        f"static inline void ${stage.plain.symbol}(const {stage.reads} *x, {stage.gives} *y)",
        "{",
        *indented(code_of(stage.plain).body(stage)),
        "}",
    ]
    text = "\n".join(lines)
    return text.replace("@", f"{name}_{stage.plain.symbol}_").replace("$", f"{name}_")


def describe(layer: Plain) -> str:
    """Say in words what a layer is.

    >>> from simplecell.spec.zoo import find
    >>> from simplecell.export.c.layers.entries import plain_layers
    >>> from simplecell.engines.parameters import initial_parameters
    >>> net = find("lenet5")
    >>> describe(plain_layers(net, initial_parameters(net, 0))[2])
    'C3: 16 maps of 10x10; each slides 5x5 kernels over the maps that its table names.'
    """
    return f"{plain(layer.layer.name)}: {code_of(layer).does()}."
