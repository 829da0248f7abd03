"""A chain in the making: what the nodes so far became.

A layer is a new stage. A squashing function is put on the last stage. What only multiplies and
adds, map by map, goes into the last stage's weights or, before there is one, into the
normalisation; otherwise it is a stage of gains. What moves axes moves the cells.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.protocol import Array
from simplecell.errors import SimplecellError, SpecError
from simplecell.export.onnx.layers.nodes import NAME, Nodes
from simplecell.export.onnx.node import Node
from simplecell.formulas.activations import ACTIVATIONS
from simplecell.importer.arrangement import Arrangement
from simplecell.importer.constant import axes_of
from simplecell.spec.layers import Layer, Pool, Shape, Subsample
from simplecell.spec.layers.layer import Pair
from simplecell.spec.padding import NO_PADS

NORMALISED = "in the normalisation"
Pads = tuple[Pair, Pair, float]
"""What a Pad puts around the maps: (top, bottom), (left, right), and the number."""


@dataclass
class Stage:
    """A layer in the making: its arrays, and what it reads and gives."""

    layer: Layer
    own: dict[str, Array]
    below: Shape
    above: Shape
    kind: type[Nodes[Any]] | None = None


@dataclass
class Became:
    """What a node became: a stage, `input` for the normalisation, or nothing; and how."""

    node: Node
    stage: Stage | str
    how: str


class Chain:
    """All that is known after some nodes.

    `flat` says that the pictures come in as rows, (N, cells), and what shape they have is not
    known yet; `batch` is how many pictures the file was exported for, if it says so.
    """

    def __init__(self, at: Arrangement, batch: int | None, fold: bool, flat: bool) -> None:
        self.input, self.at, self.batch = at.shape, at, batch
        self.fold, self.flat = fold, flat
        self.stages: list[Stage] = []
        self.scale, self.shift = np.ones(at.shape[0]), np.zeros(at.shape[0])
        self.pad: Pads | None = None
        self.became: list[Became] = []
        self.notes: list[str] = []

    def note(self, node: Node, stage: Stage | str, how: str) -> None:
        """Keep what a node became."""
        self.became.append(Became(node, stage, how))

    def layer(self, node: Node, kind: type[Nodes[Any]]) -> None:
        """Make a stage of a node that is a layer.

        Raises
            ModelError   a layer after softmax; axes in another order than the layer reads
        """
        if self.stages and self.stages[-1].layer.squash == "softmax":
            raise node.refused("it comes after a softmax.", "Softmax ends a network here.")
        if self.flat:
            self.read_as(node, _picture(self.at.cells.size), told=False)
        self._check_order(node, kind.takes)
        at = self.at
        if kind.takes == "channels":
            if at.cells.shape[0] != at.shape[0]:
                raise node.refused(
                    f"it has {at.cells.shape[0]} numbers for {at.shape[0]} maps: one for each"
                    " place.",
                    "Put it before the Flatten: then it has one for each map.",
                )
            lists = {k: at.per_map(node, at.along(v)) for k, v in node.values.items()}
            node = node.with_values(lists)
        try:
            layer, own = kind.read(node, at.shape)
            layer = self._padded(node, layer)
        except SpecError as problem:
            raise node.refused(
                f"no layer here is like that: {str(problem).removeprefix(f'layer {NAME}: ')}",
                "Change the layer where it comes from, and export it again.",
            ) from None
        if kind.takes == "row":
            # The file's k-th input is our cell number cells[k].
            own["w"] = own["w"][:, np.argsort(at.cells.ravel())]
        scale = formulas_of(layer).scale(own) if self.fold else None
        if scale is not None:
            self.scaled(node, *scale, f"{layer.words(at.shape).split(',')[0]}, ")
            return
        stage = self._append(node, layer, own, kind)
        if kind.takes == "row":
            sides = (*at.cells.shape[:-1], stage.above[0])
            self.at = Arrangement(stage.above, np.arange(stage.above[0]).reshape(sides))
        elif kind.takes == "maps":
            self.at = Arrangement.of(stage.above)
        elif kind.takes == "whole":
            told = axes_of(node, [node.values.get(k) for k in range(len(node.inputs))])
            keep = bool(node.whole("keepdims", 1))
            self.at = at.reduced(node, [2, 3] if told is None else told, keep)
        self.note(node, stage, f"{stage.layer.words(stage.below)}: {_sides(stage.above)}")

    def _check_order(self, node: Node, takes: str) -> None:
        """Refuse a tensor whose axes stand otherwise than a layer reads them."""
        found = f"it reads {['N', *self.at.cells.shape]}"
        if takes == "maps" and not self.at.is_maps:
            raise node.refused(
                f"{found} where the maps below are {self.at.shape}: the axes stand otherwise, or"
                " units were folded into maps.",
                "simplecell slides over maps in the order (N, maps, height, width).",
            )
        if takes == "row" and not self.at.is_row:
            raise node.refused(
                f"{found}, and not rows.",
                "Put a Flatten before it; what weighs the maps of each place is a Conv of 1x1.",
            )

    def read_as(self, node: Node, shape: Shape, *, told: bool) -> None:
        """Read pictures that come in as rows as pictures of a shape."""
        if not told:
            self.notes.append(
                f"the pictures come in as rows of {self.at.cells.size}: taken to be"
                f" {'x'.join(map(str, shape))}; shape=(channels, height, width) says otherwise"
            )
        for name, values in (("scale", self.scale), ("shift", self.shift)):
            rows = np.broadcast_to(values, math.prod(shape)).reshape(shape[0], -1)
            if (rows != rows[:, :1]).any():
                raise node.refused(
                    "before it, every pixel meets a number of its own.",
                    "simplecell's normalisation has one number for all pixels of a channel.",
                )
            setattr(self, name, np.array(rows[:, 0]))
        self.input, self.flat = shape, False
        self.at = Arrangement(shape, self.at.cells)

    def _append(
        self, node: Node, layer: Layer, own: Mapping[str, Array], kind: type[Nodes[Any]] | None
    ) -> Stage:
        try:
            above = layer.shape(self.at.shape)
        except SimplecellError as problem:
            raise node.refused(
                f"it does not fit what is below, {_sides(self.at.shape)}: {problem}",
                "Change the layer where it comes from, and export it again.",
            ) from None
        stage = Stage(layer, dict(own), self.at.shape, above, kind)
        self.stages.append(stage)
        return stage

    def _padded(self, node: Node, layer: Layer) -> Layer:
        """Put what a Pad before the node asked for into the layer."""
        if self.pad is None:
            return layer
        height, width, value = self.pad
        self.pad = None
        told = {field.name: getattr(layer, field.name) for field in fields(layer)}
        own = told.get("padding")
        if not isinstance(own, tuple):
            raise node.refused(
                "a Pad before it pads, and it pads in its own way.",
                "Write all the padding into the layer.",
            )
        if not self._same_as_own(layer, own, value):
            raise node.refused(
                f"the maps are padded with {value:g} before it.",
                "A convolution pads with 0, largest values with what is below all others.",
            )
        both = tuple(
            (first + a, last + b)
            for (first, last), (a, b) in zip((height, width), own, strict=True)
        )
        mean = {"count_padding": True} if told.get("kind") == "mean" else {}
        return replace(layer, **{"padding": both, **mean})

    def _same_as_own(self, layer: Layer, own: Any, value: float) -> bool:
        """Say whether padding with a number is what the layer's own padding does."""
        kind = getattr(layer, "kind", "")
        if kind == "max":
            # No value is below 0 after relu: then 0 is never the largest of a window but alone.
            squash = self.stages[-1].layer.squash if self.stages else ""
            known = ACTIVATIONS.get(squash)
            return value < -1e30 or (value == 0 and known is not None and known.low >= 0)
        return value == 0 and (kind != "mean" or own == NO_PADS)

    def squash(self, node: Node, name: str) -> None:
        """Put a squashing function on the last stage, or on one that does nothing else.

        Raises
            ModelError   a function that is not known; a softmax over other things than classes
        """
        if name == "softmax":
            self._check_softmax(node)
        how = f"squashing function {name}"
        if node.operator == "LogSoftmax":
            how += "; the outputs are probabilities here, not their logarithms"
        last = self.stages[-1] if self.stages else None
        if last is not None and last.layer.squash == "identity":
            try:
                last.layer = last.layer.squashed(name)
            except SimplecellError:
                last = None  # dropout has none
            if last is not None:
                self.note(node, last, how)
                return
        try:
            carrier = Pool(NAME, "mean", (1, 1), squash=name)
        except SimplecellError as problem:
            raise node.refused(str(problem), "Install a newer simplecell.") from None
        self.note(node, self._append(node, carrier, {}, None), how)

    def _check_softmax(self, node: Node) -> None:
        """Refuse a softmax that is not over all outputs of a picture."""
        cells = self.at.cells
        axis = self.at.axis(node, node.whole("axis", 1 if node.opset < 13 else -1))
        over = cells.shape[axis - 1 :] if node.opset < 13 else cells.shape[axis - 1 : axis]
        if axis == 0 or math.prod(over) != cells.size:
            raise node.refused(
                f"it is taken over the axis {axis} of {['N', *cells.shape]}.",
                "Here softmax is over all the classes of a picture.",
            )

    def scaled(self, node: Node, gain: Array, bias: Array, what: str) -> None:
        """Take u = gain * x + bias, one number for each map."""
        shown = _shown(gain, bias)
        last = self.stages[-1] if self.stages else None
        own = None
        if last is None:
            self.scale, self.shift = gain * self.scale, gain * self.shift + bias
            self.note(node, "input", f"{what}{shown}, {NORMALISED}")
            return
        if last.layer.squash == "identity":
            own = formulas_of(last.layer).scaled(last.own, gain, bias)
        if own is not None:
            last.own = own
            bias_alone = not what and bool((gain == 1).all())
            self.note(node, last, "its bias" if bias_alone else f"{what}{shown}, in its weights")
        else:
            layer = Subsample(NAME, (1, 1), "identity")
            stage = self._append(node, layer, {"w": gain, "b": bias}, None)
            self.note(node, stage, f"{what}{shown}: a gain and a bias for each map")

    def moved(self, node: Node, at: Arrangement, how: str) -> None:
        """Take another arrangement of the same cells."""
        if self.flat and at.cells.ndim == 3:
            sides: Sequence[int] = at.cells.shape
            if sides[2] in (1, 3) and sides[0] not in (1, 3):
                maps = (sides[2], sides[0], sides[1])
                at = Arrangement(maps, Arrangement.of(maps).cells.transpose(1, 2, 0))
            else:
                at = Arrangement.of((sides[0], sides[1], sides[2]))
            self.read_as(node, at.shape, told=True)
        self.at = at
        self.note(node, "", how)


def _sides(shape: Shape) -> str:
    """Write a shape in words."""
    maps, height, width = shape
    return f"{maps} units" if height == width == 1 else f"{maps} maps of {height}x{width}"


def _picture(cells: int) -> Shape:
    """Guess what pictures have so many numbers: grey and square, colour and square, or a row."""
    for channels in (1, 3):
        side = math.isqrt(cells // channels)
        if channels * side * side == cells:
            return (channels, side, side)
    return (1, 1, cells)


def _shown(gain: Array, bias: Array) -> str:
    """Write a gain and a bias in words."""
    said = [] if (gain == 1).all() else [f"times {_number(gain)}"]
    said += [] if (bias == 0).all() else [f"plus {_number(bias)}"]
    return " ".join(said) or "unchanged"


def _number(values: Array) -> str:
    if (values == values[0]).all():
        return f"{values[0]:.4g}"
    first = ", ".join(f"{value:.4g}" for value in values[:3])
    return f"({first}{', …' if len(values) > 3 else ''})"
