"""A network as a graph of standard ONNX operators.

    pixels  ->  x = scale * pixel + shift  ->  the layers  ->  label, probabilities, scores

`write` puts that graph into a file that any ONNX runtime runs by itself; `decode` reads such a
file back; `bare` gives the layers alone, which is what the bench times. Each layer is what it is
in `formulas/`, in the operators there are; which, its file in `layers/` says.
"""

from simplecell.export.onnx.file import FORMAT, PIXELS, VERSION, bare, decode, write

__all__ = ["FORMAT", "PIXELS", "VERSION", "bare", "decode", "write"]
