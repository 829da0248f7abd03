"""A network: a tuple of layers that fit each other.

>>> from simplecell.spec.layers import Conv, Dense, Pool
>>> net = Network("tiny", (1, 8, 8), (Conv("C1", 4, (3, 3)), Pool("S2"), Dense("F3", 10, "softmax")))
>>> net.shapes
((4, 6, 6), (4, 3, 3), (10, 1, 1))
>>> Network.from_json(net.to_json()) == net
True
"""

import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from simplecell.errors import ShapeError, SpecError, UnknownName
from simplecell.spec.layers import LAYER_TYPES, RBF, Conv, Dense, Layer, Local, Pair, Shape

FORMAT = "simplecell.network"
VERSION = 1


def layer_shape(layer: Layer, below: Shape) -> Shape:
    """Give the shape (maps, height, width) that `layer` makes of `below`.

        valid convolution   (H - kh) // sh + 1,  (W - kw) // sw + 1
        windows             H / n,  W / n, which must divide
    """
    maps, height, width = below
    if isinstance(layer, Conv | Local):
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


@dataclass(frozen=True)
class Network:
    """A name, an input shape (channels, height, width), and the layers in order.

    Raises
        ShapeError   a kernel, window, table or code that does not fit the maps below it
        SpecError    no layers, two layers of one name, softmax anywhere but at the output
    """

    name: str
    input: Shape
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "input", tuple(self.input))
        object.__setattr__(self, "layers", tuple(self.layers))
        if len(self.input) != 3 or any(not isinstance(n, int) or n < 1 for n in self.input):
            raise SpecError(
                f"{self.name}: input is {self.input}; it takes (channels, height, width),"
                " each at least 1."
            )
        if not self.layers:
            raise SpecError(f"{self.name}: a network takes at least one layer.")
        self._check_order()
        _ = self.shapes

    def _check_order(self) -> None:
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) > 1:
                raise SpecError(f"{self.name}: two layers are called {name}; names are unique.")
        for layer in self.layers[:-1]:
            if layer.squash == "softmax" or isinstance(layer, RBF):
                raise SpecError(
                    f"{self.name}, layer {layer.name}: softmax and RBF end a network;"
                    f" {self.layers[-1].name} comes after."
                )

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape each layer hands on, in order."""
        shapes: list[Shape] = []
        below = self.input
        for layer in self.layers:
            try:
                below = layer_shape(layer, below)
            except ShapeError as problem:
                raise ShapeError(self._where(layer, shapes, problem)) from None
            shapes.append(below)
        return tuple(shapes)

    def _where(self, layer: Layer, shapes: list[Shape], problem: ShapeError) -> str:
        path = [f"{self.input[1]}x{self.input[2]}"]
        path += [f"{done.name} {s[1]}x{s[2]}" for done, s in zip(self.layers, shapes, strict=False)]
        message = (
            f"{self.name}, layer {layer.name}: {problem}\n  {' -> '.join(path)} -> {layer.name} ?"
        )
        if self.name.startswith("lenet5") and self.input[1:] == (28, 28):
            message += (
                "\n  LeNet-5 reads 32x32 images: pad the digits, e.g. load('mnist', size=32)."
            )
        return message

    @property
    def inputs(self) -> tuple[Shape, ...]:
        """The shape each layer reads, in order."""
        return (self.input, *self.shapes[:-1])

    @property
    def classes(self) -> int:
        """How many outputs the last layer has."""
        maps, height, width = self.shapes[-1]
        return maps * height * width

    def layer(self, name: str) -> Layer:
        """Find a layer by its name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise UnknownName(f"layer of {self.name}", name, [layer.name for layer in self.layers])

    def with_input(self, shape: Shape) -> "Network":
        """Read images of another shape with the same layers."""
        return replace(self, input=shape)

    def to_json(self) -> str:
        """Write as versioned JSON; equal networks give equal text."""
        layers = [{"type": layer.type, **asdict(layer)} for layer in self.layers]
        document = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "input": self.input,
            "layers": layers,
        }
        return json.dumps(document, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Network":
        """Read what `to_json` wrote, of this version or an earlier one."""
        try:
            document = json.loads(text)
        except ValueError as problem:
            raise SpecError(f"a network's JSON cannot be read: {problem}.") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise SpecError(f'this JSON is no network: it lacks "format": "{FORMAT}".')
        if document.get("version") not in range(1, VERSION + 1):
            raise SpecError(
                f"this network was written as version {document.get('version')!r};"
                f" this simplecell reads versions 1 to {VERSION}: install a newer one."
            )
        try:
            layers = tuple(_layer_from(entry) for entry in document["layers"])
            return cls(document["name"], tuple(document["input"]), layers)
        except (KeyError, TypeError) as problem:
            raise SpecError(f"a network's JSON is incomplete or malformed: {problem}.") from None


def _layer_from(entry: dict[str, Any]) -> Layer:
    fields = dict(entry)
    kind = fields.pop("type")
    if kind not in LAYER_TYPES:
        raise UnknownName("layer type", str(kind), LAYER_TYPES)
    if fields.get("table") is not None:
        fields["table"] = tuple(tuple(row) for row in fields["table"])
    return LAYER_TYPES[kind](**fields)


__all__ = ["FORMAT", "VERSION", "Network", "Pair", "layer_shape"]
