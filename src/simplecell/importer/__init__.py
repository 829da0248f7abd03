"""Networks of other people's: a chain of layers in an ONNX file, or of PyTorch, becomes a model.

    model = sc.from_onnx("mine.onnx")
    print(model.steps)

`chain` walks the nodes from the pictures to the scores. Each becomes a layer, a squashing
function, a part of the normalisation, or an order of the axes; `export/onnx/layers/` says which
node is which layer, beside how that layer is written. What is no chain of known layers is
refused, with its place.
"""

from simplecell.importer.door import from_onnx, from_torch
from simplecell.importer.imported import Imported, Step

__all__ = ["Imported", "Step", "from_onnx", "from_torch"]
