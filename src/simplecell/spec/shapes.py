"""What a layer makes of the maps below it: how many, how high, how wide."""

from simplecell.errors import ShapeError
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Layer, Local, Shape


def layer_shape(layer: Layer, below: Shape) -> Shape:
    """Give the shape (maps, height, width) that `layer` makes of `below`.

        valid convolution   (H - kh) // sh + 1,  (W - kw) // sw + 1
        windows             H / n,  W / n, which must divide

    Raises
        ShapeError   what does not fit, without the network's and the layer's names
    """
    maps, height, width = below
    if isinstance(layer, Conv | Combine | Local):
        (kh, kw), (sh, sw) = layer.kernel, layer.stride
        if kh > height or kw > width:
            raise ShapeError(f"a {kh}x{kw} kernel does not fit {height}x{width} maps.")
        if isinstance(layer, Conv):
            _check_table_reads(layer, maps)
        return (layer.maps, (height - kh) // sh + 1, (width - kw) // sw + 1)
    if isinstance(layer, Dense):
        return (layer.units, 1, 1)
    if isinstance(layer, RBF):
        inputs = maps * height * width
        if inputs != len(layer.codes[0]):
            raise ShapeError(
                f"codes of {len(layer.codes[0])} numbers are compared with {inputs} values."
            )
        return (len(layer.codes), 1, 1)
    nh, nw = layer.window
    if height % nh or width % nw:
        raise ShapeError(f"{nh}x{nw} windows do not divide {height}x{width} maps.")
    return (maps, height // nh, width // nw)


def _check_table_reads(layer: Conv, maps: int) -> None:
    highest = max((row[-1] for row in layer.table or ()), default=-1)
    if highest >= maps:
        raise ShapeError(
            f"its connection table reads map {highest}, and there are {maps} maps below,"
            f" 0 to {maps - 1}."
        )
