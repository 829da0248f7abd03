"""The arrays a network needs: their names, shapes, first values.

Each layer that learns has a `w`, and most have a `b`:

    Conv       w (M, C, kh, kw)               b (M,)     absent connections of a table stay 0
    Combine    w (C, kh, kw)                  b (M,)     and choice (M, C), whose softmax mixes
    Local      w (M, H, W, C, kh, kw)         b (M, H, W)
    Subsample  w (C,)  one gain per map       b (C,)
    Dense      w (M, inputs)                  b (M,)
    RBF        w (classes, inputs)            if the codes are learned; else none
    Pool       none
"""

import math

import numpy as np

from simplecell.engines.protocol import Array, Parameters
from simplecell.errors import ModelError, SpecError
from simplecell.formulas.conv import table_mask
from simplecell.formulas.gabor import gabor_bank
from simplecell.formulas.initial import uniform_by_fan_in, uniform_by_fans, uniform_by_root
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Layer, Local, Shape, Subsample
from simplecell.spec.network import Network

OWN = ("w", "choice", "b")
"""What a layer may own, in the order in which the formulas take and give it."""

FIRST_CHOICE = 1.0
"""How far from 0 the choice of a Combine layer starts."""


def layer_parameters(layer: Layer, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
    """Give the shapes of one layer's own arrays, `w` first."""
    maps, height, width = above
    if isinstance(layer, Conv):
        return {"w": (maps, below[0], *layer.kernel), "b": (maps,)}
    if isinstance(layer, Combine):
        return {"w": (below[0], *layer.kernel), "choice": (maps, below[0]), "b": (maps,)}
    if isinstance(layer, Local):
        return {"w": (maps, height, width, below[0], *layer.kernel), "b": above}
    if isinstance(layer, Subsample):
        return {"w": (maps,), "b": (maps,)}
    if isinstance(layer, Dense):
        return {"w": (maps, math.prod(below)), "b": (maps,)}
    if isinstance(layer, RBF) and layer.learned:
        return {"w": (maps, math.prod(below))}
    return {}


def parameter_shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """Give the shape of every array by its full name, in the order of the layers."""
    return {
        f"{layer.name}.{own}": shape
        for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True)
        for own, shape in layer_parameters(layer, below, above).items()
    }


def fan_in(layer: Layer, below: Shape) -> Array | int:
    """Count the inputs of a layer's unit: a number, or one per map where a table says so.

    Of a mixture it is the inputs of one kernel.
    """
    if isinstance(layer, Conv):
        area = math.prod(layer.kernel)
        if layer.table is None:
            return below[0] * area
        return np.array([len(row) * area for row in layer.table])
    if isinstance(layer, Combine):
        # A mixture weighs as much as one kernel does, for its shares sum to 1.
        return math.prod(layer.kernel)
    if isinstance(layer, Local):
        return below[0] * math.prod(layer.kernel)
    if isinstance(layer, Subsample):
        return math.prod(layer.window)
    return math.prod(below)


def fan_out(layer: Layer, below: Shape, above: Shape) -> int:
    """Count the outputs that read an input cell, on average where a table leaves some out."""
    inside = fan_in(layer, below)
    if isinstance(layer, Subsample):
        return 1
    total = int(np.sum(inside)) if isinstance(inside, np.ndarray) else inside * above[0]
    return max(1, round(total / (math.prod(below) if isinstance(layer, Dense) else below[0])))


def code_values(layer: RBF) -> Array:
    """Write an RBF layer's codes as numbers, (classes, inputs): '#' is +1 and '.' is -1."""
    return np.array([[1.0 if cell == "#" else -1.0 for cell in code] for code in layer.codes])


def initial_parameters(
    network: Network, seed: int, scheme: str = "fan_in", power: float = 1.0
) -> dict[str, Array]:
    """Draw weights uniformly in +-2.4/F, F the unit's fan-in; biases start at 0.

    In LeNet-5's C3, F is 75, 100 or 150 by map.   Source: LeCun et al. 1998, appendix A.
    Codes of an RBF layer that are learned start as they were drawn; the choice of a Combine
    layer starts in +-1.
    The scheme `root` draws in +-sqrt(3 / F) instead, `glorot` in +-sqrt(6 / (fan in + fan out)).
    root takes inputs to have the mean square 1; where the network's own have another, `power`
    says which, and the first layer's F is taken so many times.   Brief: F
    The scheme `gabor` is as fan_in, but the first layer's kernels are Gabor functions, of the
    length that those drawn have on average.   Brief: C15
    Float64; the same seed gives the same values to every engine.

    Raises
        SpecError   gabor where the first layer is no convolution
    """
    rng = np.random.default_rng([seed, 1998])
    values: dict[str, Array] = {}
    for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True):
        shapes = layer_parameters(layer, below, above)
        if not shapes:
            continue
        if isinstance(layer, RBF):
            values[f"{layer.name}.w"] = code_values(layer)
            continue
        inside = fan_in(layer, below)
        first = layer is network.layers[0]
        if scheme == "glorot":
            mean = round(float(np.mean(inside)))
            w = uniform_by_fans(shapes["w"], mean, fan_out(layer, below, above), rng)
        elif scheme == "root":
            w = uniform_by_root(shapes["w"], inside * (power if first else 1.0), rng)
        else:
            w = uniform_by_fan_in(shapes["w"], inside, rng)
        if isinstance(layer, Conv):
            w *= table_mask(layer.table, layer.maps, below[0])[:, :, None, None]
        values[f"{layer.name}.w"] = w
        if isinstance(layer, Combine):
            # Guess: no source says where the choice starts. Ours is drawn in +-1: shares of six
            # maps then lie between 0.03 and 0.6. From about equal shares, a penalty on their
            # entropy leaves nearly all maps one and the same map below.
            choice = rng.uniform(-FIRST_CHOICE, FIRST_CHOICE, shapes["choice"])
            values[f"{layer.name}.choice"] = choice
        values[f"{layer.name}.b"] = np.zeros(shapes["b"])
    if scheme == "gabor":
        values |= _gabor_kernels(network, seed)
    return values


def _gabor_kernels(network: Network, seed: int) -> dict[str, Array]:
    """Make the first layer's kernels, one Gabor function for each map and channel."""
    first, channels = network.layers[0], network.input[0]
    if not isinstance(first, Conv):
        raise SpecError(
            f"{network.name}, layer {first.name}: Gabor functions are kernels of a convolution,"
            f" and this is a {first.type} layer.\n  Start it with fan_in or glorot."
        )
    area = math.prod(first.kernel)
    rng = np.random.default_rng([seed, 1985])
    bank = gabor_bank(first.maps * channels, first.kernel, rng)
    # A cell drawn in +-2.4/F has the root mean square 2.4 / (sqrt(3) F).
    w = bank.reshape(first.maps, channels, *first.kernel) * math.sqrt(area / 3) * 2.4
    w /= np.broadcast_to(fan_in(first, network.input), first.maps)[:, None, None, None]
    return {f"{first.name}.w": w * table_mask(first.table, first.maps, channels)[:, :, None, None]}


def check_parameters(network: Network, parameters: Parameters) -> None:
    """Refuse parameters that are not this network's, by name and shape.

    Raises
        ModelError   an array is missing, of another shape, left over, or not finite;
                     a weight stands where the connection table has no connection
    """
    wanted = parameter_shapes(network)
    for name, shape in wanted.items():
        if name not in parameters:
            raise ModelError(f"{network.name} needs the array {name} {shape}, which is missing.")
        found = parameters[name]
        if found.shape != shape:
            raise ModelError(f"{network.name} needs {name} of shape {shape}; found {found.shape}.")
        if not np.isfinite(found).all():
            raise ModelError(
                f"{name} holds NaN or infinity: training diverged, or a damaged file."
            )
    left = sorted(set(parameters) - set(wanted))
    if left:
        raise ModelError(f"{network.name} has no array {', '.join(left)}: another network's file?")
    for layer, below in zip(network.layers, network.inputs, strict=True):
        if isinstance(layer, Conv) and layer.table is not None:
            absent = ~table_mask(layer.table, layer.maps, below[0])
            if np.any(parameters[f"{layer.name}.w"][absent]):
                raise ModelError(
                    f"{layer.name}.w has weights where {network.name}'s connection table has none:"
                    " a file of the network without the table?"
                )
