"""Several nodes that an exporter writes for one thing, put back into one.

PyTorch's newer exporter writes softplus as it reckons it: u itself where u is large,

    Where(u > 20, u, Softplus(u))

which differs from softplus by 2e-9 at the most. Only this very pattern is known.
"""

from dataclasses import replace

import numpy as np

from simplecell.export.onnx.node import Node
from simplecell.importer.file import File

LARGE = 15.0
"""From here on softplus is u, to float32's last digit: log(1 + e^-15) = 3e-7."""


def simplified(file: File) -> tuple[File, set[int]]:
    """Give the file with such nodes put into one, and the numbers of those that went into it."""
    makers = {name: node for node in file.nodes for name in node.outputs}
    replaced: dict[int, Node] = {}
    parts: set[int] = set()
    for where in file.nodes:
        if where.operator != "Where" or len(where.inputs) != 3:
            continue
        above, u, soft = where.inputs
        greater, softplus = makers.get(above), makers.get(soft)
        if greater is None or softplus is None or softplus.operator != "Softplus":
            continue
        limit = file.constants.get(greater.inputs[1]) if len(greater.inputs) == 2 else None
        large = limit is not None and np.size(limit) == 1 and float(np.ravel(limit)[0]) >= LARGE
        same = greater.operator == "Greater" and greater.inputs[0] == u
        if large and same and softplus.inputs == (u,):
            replaced[softplus.number] = replace(softplus, outputs=where.outputs[:1])
            parts |= {greater.number, where.number}
    nodes = tuple(replaced.get(node.number, node) for node in file.nodes)
    return replace(file, nodes=nodes), parts
