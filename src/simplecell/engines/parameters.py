"""The arrays a network needs: their names, shapes, first values.

What a kind of layer learns, its file in `engines/layers/` says: most have a `w` and a `b`.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.layers.formulas import Draw
from simplecell.engines.layers.rbf import code_values
from simplecell.engines.protocol import Array, Parameters, read_numbers
from simplecell.errors import DataError, EngineError, ModelError, SpecError
from simplecell.formulas.initial import uniform_by_fan_in, uniform_by_fans, uniform_by_root
from simplecell.spec.layers import Layer, Shape
from simplecell.spec.network import Network
from simplecell.spec.validation import shown

__all__ = [
    "check_parameters",
    "check_size",
    "code_values",
    "fan_in",
    "fan_out",
    "initial_parameters",
    "layer_parameters",
    "learned_names",
    "parameter_shapes",
    "read_parameters",
    "shapes",
]

MOST = 2**31 - 1
"""Weights, or cells, of a layer that is run: their places are counted in 31 bits."""


def layer_parameters(layer: Layer, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
    """Give the shapes of one layer's own arrays: `w` first, what is kept and not learned last."""
    formulas = formulas_of(layer)
    return formulas.shapes(below, above) | formulas.kept(below)


def parameter_shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """Give the shape of every array by its full name, in the order of the layers."""
    return {
        f"{layer.name}.{own}": shape
        for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True)
        for own, shape in layer_parameters(layer, below, above).items()
    }


def learned_names(network: Network) -> list[str]:
    """Name the arrays that are learned by gradient, in the order of the layers."""
    return [
        f"{layer.name}.{own}"
        for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True)
        for own in formulas_of(layer).shapes(below, above)
    ]


def fan_in(layer: Layer, below: Shape) -> Array | int:
    """Count the inputs of a layer's unit: a number, or one per map where a table says so.

    Of a mixture it is the inputs of one kernel.
    """
    return formulas_of(layer).fan_in(below)


def fan_out(layer: Layer, below: Shape, above: Shape) -> int:
    """Count the outputs that read an input cell, on average where a table leaves some out."""
    return formulas_of(layer).fan_out(below, above)


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
    check_size(network)
    rng = np.random.default_rng([seed, 1998])
    values: dict[str, Array] = {}
    for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True):
        draw = _drawer(scheme, power if layer is network.layers[0] else 1.0, rng)
        own = formulas_of(layer).start(below, above, draw, rng)
        values |= {f"{layer.name}.{name}": a for name, a in own.items()}
    if scheme == "gabor":
        values |= _gabor_kernels(network, seed)
    return values


def _drawer(scheme: str, power: float, rng: np.random.Generator) -> Draw:
    """Give the function that draws a layer's weights by its fans."""

    def draw(shape: tuple[int, ...], inside: Array | int, outside: int) -> Array:
        if scheme == "glorot":
            return uniform_by_fans(shape, round(float(np.mean(inside))), outside, rng)
        if scheme == "root":
            return uniform_by_root(shape, inside * power, rng)
        return uniform_by_fan_in(shape, inside, rng)

    return draw


def _gabor_kernels(network: Network, seed: int) -> dict[str, Array]:
    """Make the first layer's kernels, one Gabor function for each map and channel."""
    first = network.layers[0]
    w = formulas_of(first).gabor(network.input, np.random.default_rng([seed, 1985]))
    if w is None:
        raise SpecError(
            f"{network.name}, layer {first.name}: Gabor functions are kernels of a convolution,"
            f" and this is a {first.type} layer.\n  Start it with fan_in or glorot."
        )
    return {f"{first.name}.w": w}


def check_size(network: Network) -> None:
    """Refuse a network too large to be run: places in memory are counted in 31 bits.

    Raises
        EngineError   a layer with more weights, or more cells, than `MOST`
    """
    cells = math.prod(network.input)
    for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True):
        weights = sum(map(math.prod, layer_parameters(layer, below, above).values()))
        cells = math.prod(above)
        if max(weights, cells, math.prod(network.input)) > MOST:
            raise EngineError(
                f"{network.name}, layer {layer.name}: {weights:,} weights and {cells:,} cells;"
                f" a layer that is run has up to {MOST:,} of each, and pictures up to {MOST:,}"
                " pixels.\n  It can be counted: simplecell count. To run it, make it smaller."
            )


def shapes(parameters: Any) -> dict[str, tuple[int, ...] | None] | None:
    """Give the shape of every array of reals by its name; None for what is none."""
    if not isinstance(parameters, Mapping):
        return None
    return {
        name: w.shape if isinstance(w, np.ndarray) and w.dtype.kind == "f" else None
        for name, w in parameters.items()
    }


def read_parameters(network: Network, parameters: Any) -> Parameters:
    """Give parameters as arrays, lists among them turned into such, and check them.

    Raises
        ModelError   as `check_parameters`; no arrays of numbers by name
    """
    if not isinstance(parameters, Mapping):
        raise ModelError(
            f"parameters are {shown(parameters)}, {type(parameters).__name__}; give arrays by"
            f" name, as {next(iter(parameter_shapes(network)), 'F6.w')}."
        )
    if not all(isinstance(w, np.ndarray) and w.dtype.kind in "fiu" for w in parameters.values()):
        try:
            parameters = {str(n): read_numbers(w, str(n)) for n, w in parameters.items()}
        except DataError as problem:
            raise ModelError(f"the parameters of {network.name}: {problem}") from None
    found: Parameters = parameters
    check_parameters(network, found)
    return found


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
        found = np.asarray(parameters[name])
        if found.dtype.kind not in "fiu":
            raise ModelError(f"{network.name} needs numbers in {name}; found {found.dtype}.")
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
        present = formulas_of(layer).present(below)
        if present is not None and np.any(parameters[f"{layer.name}.w"][~present]):
            raise ModelError(
                f"{layer.name}.w has weights where {network.name}'s connection table has none:"
                " a file of the network without the table?"
            )
