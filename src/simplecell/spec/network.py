"""A network: a tuple of layers that fit each other.

>>> from simplecell.spec.layers import Conv, Dense, Pool
>>> layers = (Conv("C1", 4, (3, 3)), Pool("S2"), Dense("F3", 10, "softmax"))
>>> net = Network("tiny", (1, 8, 8), layers)
>>> net.shapes
((4, 6, 6), (4, 3, 3), (10, 1, 1))
>>> Network.from_json(net.to_json()) == net
True
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from textwrap import wrap

from simplecell.document import read_json
from simplecell.errors import ShapeError, SimplecellError, SpecError, UnknownName
from simplecell.repr import within
from simplecell.spec.drawing import draw
from simplecell.spec.layers import LAYER_TYPES, Layer, Shape
from simplecell.spec.spelling import written
from simplecell.spec.text import read_text
from simplecell.spec.validation import read_choice, read_whole, shown

__all__ = ["FORMAT", "VERSION", "Network", "in_use", "layer_shape"]

FORMAT = "simplecell.network"
VERSION = 1

MOST_SHOWN = 30
"""Layers that a network names when it is printed; of more, the first and the last."""


@dataclass(frozen=True, repr=False)
class Network:
    """A name, an input shape (channels, height, width), and the layers in order.

    >>> import simplecell as sc
    >>> layers = (sc.Conv("C1", 8, 5, squash="relu"), sc.Pool("S2"), sc.Dense("F3", 10, "softmax"))
    >>> net = sc.Network("mine", (1, 28, 28), layers)
    >>> net.shapes, net.classes
    (((8, 24, 24), (8, 12, 12), (10, 1, 1)), 10)

    Raises
        ShapeError   a kernel, window, table or code that does not fit the maps below it
        SpecError    no layers, two layers of one name, softmax anywhere but at the output,
                     an input that is not three whole numbers
    """

    name: str
    input: Shape
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        name = self.name
        if not isinstance(name, str) or not name.strip() or not name.isprintable() or name[60:]:
            raise SpecError(
                f"a network is called {shown(name)}: give it a name of one line,"
                " 60 characters at the most."
            )
        object.__setattr__(self, "input", _read_shape(self.input, f"{self.name}: input"))
        listed = isinstance(self.layers, list | tuple) and len(self.layers) > 0
        object.__setattr__(self, "layers", tuple(self.layers) if listed else ())
        strangers = [layer for layer in self.layers if not isinstance(layer, Layer)]
        if not listed or strangers:
            found = f"; found {shown(strangers[0])}." if strangers else "."
            raise SpecError(f"{self.name}: a network takes a list of one or more layers{found}")
        self._check_order()
        _ = self.shapes

    def _check_order(self) -> None:
        names = [layer.name for layer in self.layers]
        if len(set(names)) < len(names):
            twice = next(name for k, name in enumerate(names) if name in names[:k])
            raise SpecError(f"{self.name}: two layers are called {twice}; names are unique.")
        last = self.layers[-1]
        if last.idle_in_use:
            raise SpecError(
                f"{self.name}, layer {last.name}: a {last.type} layer ends no network;"
                " put the layer behind it that gives the scores."
            )
        for layer in self.layers[:-1]:
            if layer.squash == "softmax" or layer.ends_network:
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
                below = layer.shape(below)
            except ShapeError as problem:
                raise ShapeError(self._where(layer, shapes, problem)) from None
            shapes.append(below)
        return tuple(shapes)

    def _where(self, layer: Layer, shapes: list[Shape], problem: ShapeError) -> str:
        path = [f"{self.input[1]}x{self.input[2]}"]
        path += [
            f"{done.name} {s[1]}x{s[2]}" for done, s in zip(self.layers, shapes, strict=False)
        ]
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
            if isinstance(name, str) and layer.name == name:
                return layer
        raise UnknownName(f"layer of {self.name}", name, [layer.name for layer in self.layers])

    def with_input(self, shape: Shape) -> "Network":
        """Read images of another shape with the same layers."""
        return replace(self, input=shape)

    def __repr__(self) -> str:
        """Say what the network reads, and what each layer hands on."""
        sides = ("x".join(map(str, self.input)), f"{len(self.layers)} layers")
        said = [
            f"{layer.name} {layer.type} {maps}@{height}x{width}"
            for layer, (maps, height, width) in zip(self.layers, self.shapes, strict=True)
        ]
        if len(said) > MOST_SHOWN:
            said = [*said[: MOST_SHOWN - 1], f"... {said[-1]}"]
        lines = wrap(", ".join(said), 96, initial_indent="  ", subsequent_indent="  ")
        return within("\n".join([f"Network {self.name}, reads {sides[0]}, {sides[1]}", *lines]))

    def _repr_html_(self) -> str:
        """Show the layers as a picture, in a notebook."""
        return draw(self.name, self.input, self.layers, self.inputs, self.shapes)

    def to_json(self) -> str:
        """Write as versioned JSON; equal networks give equal text."""
        layers = [layer.described() for layer in self.layers]
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
        """Read what `to_json` wrote, of this version or an earlier one.

        Raises
            SpecError   no JSON, no network, a newer version, a field missing or unknown
        """
        try:
            document = read_json(text)
        except (TypeError, AttributeError):
            raise SpecError(f"a network's JSON is text; this is {shown(text)}.") from None
        except ValueError as problem:
            raise SpecError(f"a network's JSON cannot be read: {problem}.") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise SpecError(f'this JSON is no network: it lacks "format": "{FORMAT}".')
        version = document.get("version")
        if type(version) is not int or not 1 <= version <= VERSION:
            raise SpecError(
                f"this network was written as version {shown(version)};"
                f" this simplecell reads versions 1 to {VERSION}: install a newer one."
            )
        keys = {"format", "version", "name", "input", "layers"}
        _check_keys(document, keys, keys, "a network's JSON")
        entries = document["layers"]
        if not isinstance(entries, list):
            raise SpecError(f"a network's layers are {shown(entries)}; they take a list.")
        layers = tuple(_read_layer(entry, number) for number, entry in enumerate(entries, 1))
        return cls(document["name"], document["input"], layers)

    @classmethod
    def from_text(
        cls, text: str, *, name: str | None = None, input: Shape | None = None
    ) -> "Network":
        """Read a network's short text, as docs/text.md describes it.

        >>> import simplecell as sc
        >>> net = sc.Network.from_text("32c3p-2m-64c3p-2m-128d-10")
        >>> net.shapes[:3], net.text
        (((32, 28, 28), (32, 14, 14), (64, 14, 14)), '32c3p-2m-64c3p-2m-128d-10')

        Unless told, the network is called as it is written, and reads 1@28x28 where the text
        does not say.

        Raises
            SpecError    what cannot be read, with the place in the text and what may stand there
            ShapeError   layers that do not fit the maps below them, with the place in the text
        """
        told = read_text(text, input)
        return cls(told.name if name is None else name, told.input, told.layers)

    @property
    def text(self) -> str | None:
        """The network's short text; None where no text says its layers, as for a table.

        It reads back as the same layers, apart from what they are called.
        """
        return written(self.input, self.layers)

    @classmethod
    def read(cls, path: Path) -> "Network":
        """Read a file of a network's JSON; every problem names the file."""
        try:
            return cls.from_json(path.read_text(encoding="utf-8-sig"))
        except OSError as problem:
            raise SpecError(f"{path} cannot be read: {problem.strerror}.") from None
        except UnicodeDecodeError:
            raise SpecError(f"{path} is no text; a network is described in JSON.") from None
        except ShapeError as problem:
            raise ShapeError(f"{path}: {problem}") from None
        except SimplecellError as problem:
            raise SpecError(f"{path}: {problem}") from None


def in_use(network: Network) -> Network:
    """Leave out the layers that do something only while the network learns.

    >>> from simplecell.spec.layers import Dense, Dropout
    >>> layers = (Dense("F1", 20, "relu"), Dropout("D2"), Dense("F3", 10, "softmax"))
    >>> [layer.name for layer in in_use(Network("small", (1, 8, 8), layers)).layers]
    ['F1', 'F3']
    """
    kept = tuple(layer for layer in network.layers if not layer.idle_in_use)
    return network if len(kept) == len(network.layers) else replace(network, layers=kept)


def layer_shape(layer: Layer, below: Shape) -> Shape:
    """Give the shape (maps, height, width) that `layer` makes of `below`.

    Raises
        ShapeError   what does not fit, without the network's and the layer's names
    """
    return layer.shape(below)


def _read_shape(value: object, what: str) -> Shape:
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise SpecError(
            f"{what} is {shown(value)}; it takes (channels, height, width), each at least 1."
        )
    channels, height, width = (
        read_whole(number, f"{what} {part}")
        for number, part in zip(value, ("channels", "height", "width"), strict=True)
    )
    return (channels, height, width)


def _read_layer(entry: object, number: int) -> Layer:
    kind = entry.get("type") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(kind, str):
        raise SpecError(f"layer {number} is {shown(entry)}; it lacks a 'type', such as 'conv'.")
    read_choice(kind, "layer type", tuple(LAYER_TYPES))
    given = {key: value for key, value in entry.items() if key != "type"}
    allowed = {field.name for field in fields(LAYER_TYPES[kind])}
    needed = {field.name for field in fields(LAYER_TYPES[kind]) if field.default is MISSING}
    _check_keys(given, needed, allowed, f"layer {number}, a {kind} layer,")
    return LAYER_TYPES[kind](**given)


def _check_keys(
    given: Mapping[str, object], needed: set[str], allowed: set[str], who: str
) -> None:
    missing, unknown = sorted(needed - set(given)), sorted(set(given) - allowed)
    if unknown:
        raise SpecError(
            f"{who} has no {shown(unknown[0])}; it takes {', '.join(sorted(allowed))}."
        )
    if missing:
        raise SpecError(f"{who} lacks {missing[0]!r}; it needs {', '.join(sorted(needed))}.")
