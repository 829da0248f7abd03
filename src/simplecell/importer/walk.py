"""From a file's graph to a network: node after node, as far as it is a chain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import ModelError
from simplecell.export.onnx.layers.entries import reader_of
from simplecell.export.onnx.node import Node
from simplecell.export.onnx.squash import READS
from simplecell.importer.arithmetic import OPERATORS as ARITHMETIC
from simplecell.importer.arithmetic import reckon
from simplecell.importer.arrangement import Arrangement
from simplecell.importer.chain import Chain
from simplecell.importer.constant import evaluate
from simplecell.importer.file import File, Side
from simplecell.importer.idiom import simplified
from simplecell.importer.movement import MOVES
from simplecell.importer.refusal import CHAINS, instead_of
from simplecell.spec.layers.layer import Shape

TWO = (*ARITHMETIC, "Sum", "Max", "Min", "Mean")
AFTER_PAD = ("Conv", "MaxPool", "AveragePool", "Transpose", "Identity")


def walk(file: File, layout: str | None, shape: Shape | None, fold: bool) -> Chain:
    """Take every node of the way from the pictures to the scores.

    Raises
        ModelError   no chain of layers that are known
    """
    where, flat, batch = _entrance(file, layout, shape)
    chain = Chain(where, batch, fold, flat)
    file, parts = simplified(file)
    trail = Trail(file, chain)
    for node in file.nodes:
        if node.number in parts:
            chain.note(node, "", "a part of softplus")
        else:
            trail.follow(node)
    if trail.head != file.output:
        raise ModelError(
            f"{file.name}: no way leads from its input {file.input!r} to its output"
            f" {file.output!r}.\n  {CHAINS}"
        )
    return chain


@dataclass
class Trail:
    """Where the chain is in the graph: the tensor at its head, and who read what."""

    file: File
    chain: Chain

    def __post_init__(self) -> None:
        self.head = self.file.input
        self.constants: dict[str, NDArray[Any]] = dict(self.file.constants)
        self.sides: dict[str, list[int]] = {self.head: self.chain.at.sides}
        self.reader: dict[str, Node] = {}
        self.given = {self.head: None}
        self.needed = _needed(self.file)

    def follow(self, node: Node) -> None:
        """Take one node: reckon it, or let it lengthen the chain."""
        if node.number not in self.needed:
            self.chain.note(node, "", "not on the way to the output")
            return
        reads = [name for name in node.inputs if name and name not in self.constants]
        if not reads or (node.operator == "Shape" and reads[0] in self.sides):
            self._reckon(node)
            return
        self._check_chain(node, reads)
        here = {k: self.constants[n] for k, n in enumerate(node.inputs) if n in self.constants}
        take(self.chain, node.with_values(here))
        self.head = node.outputs[0]
        self.sides[self.head] = self.chain.at.sides
        self.reader[reads[0]] = node

    def _reckon(self, node: Node) -> None:
        if node.operator == "Shape" and node.inputs[0] in self.sides:
            found = np.array(self.sides[node.inputs[0]], np.int64)
            found = found[node.whole("start", 0) : node.settings.get("end")]
        else:
            found = evaluate(node, [self.constants.get(name) for name in node.inputs])
        if not node.outputs:
            raise node.refused("it gives nothing.", "The file is damaged: export it again.")
        self.constants[node.outputs[0]] = found
        self.chain.note(node, "", "a constant")

    def _check_chain(self, node: Node, reads: Sequence[str]) -> None:
        """Refuse a node that reads anything but the head."""
        strange = next((name for name in reads if name not in self.sides), None)
        if strange is not None:
            raise node.refused(
                f"it reads {strange[:60]!r}, which no node before it gives as its first output.",
                "The file is damaged, or its nodes are not in order: export it again.",
            )
        if len(reads) > 1:
            names = " and ".join(repr(name[:60]) for name in reads[:3])
            like = ", as in a residual connection" if node.operator in TWO else ""
            raise node.refused(
                f"two ways meet here, {names}{like}.",
                f"{CHAINS} The nearest is the same network with one of the ways.",
            )
        if reads[0] != self.head:
            other = self.reader[reads[0]]
            raise node.refused(
                f"the network branches: {reads[0][:60]!r} is read here and by {other.place}.",
                f"{CHAINS} The nearest is the same network with one of the ways.",
            )
        if not node.outputs:
            raise node.refused("it gives nothing.", "The file is damaged: export it again.")


def take(chain: Chain, node: Node) -> None:
    """Take the next node of a chain.

    Raises
        ModelError   a node that no chain of known layers has
    """
    if chain.pad is not None and node.operator not in AFTER_PAD:
        raise node.refused(
            "it comes between a Pad and the layer that the padding is for.",
            "Put the Pad right before Conv, MaxPool or AveragePool.",
        )
    kind = reader_of(node.operator)
    if node.operator in READS:
        chain.squash(node, READS[node.operator](node))
    elif node.operator in ARITHMETIC:
        reckon(chain, node)
    elif kind is not None:
        chain.layer(node, kind)
    elif node.operator in MOVES:
        MOVES[node.operator](chain, node)
    else:
        raise node.refused("it is no layer of a chain.", instead_of(node.operator))


def _needed(file: File) -> set[int]:
    """Give the numbers of the nodes that the output depends on."""
    wanted, found = {file.output}, set()
    for node in reversed(file.nodes):
        if wanted & set(node.outputs):
            wanted |= set(node.inputs)
            found.add(node.number)
    return found


def _entrance(
    file: File, layout: str | None, shape: Shape | None
) -> tuple[Arrangement, bool, int | None]:
    """Say how the pictures come in; whether as rows; and how many at a time, if that is fixed."""
    sides = list(file.sides)
    if not 2 <= len(sides) <= 4:
        raise ModelError(
            f"{file.name}: its input has {len(sides)} axes.\n  simplecell reads pictures: (N,"
            " channels, height, width), (N, height, width, channels), (N, height, width), or rows."
        )
    batch = sides[0] if isinstance(sides[0], int) else None
    order = layout or _layout(file, sides)
    if shape is not None:
        sides = _told(file, sides, shape, order)
    inner = [side for side in sides[1:] if isinstance(side, int)]
    if len(inner) < len(sides) - 1:
        shown = ", ".join(map(str, ("N", *sides[1:])))
        raise ModelError(
            f"{file.name} reads pictures of any size, ({shown}), and a network here has one.\n"
            "  Say which: --shape 3,32,32 (channels, height, width), or shape=(3, 32, 32)."
        )
    if len(inner) == 1:
        if shape is not None:
            return _rows(shape, order), False, batch
        maps = Arrangement.of((inner[0], 1, 1))
        return replace(maps, cells=maps.cells.ravel()), True, batch
    if len(inner) == 2:
        maps = Arrangement.of((1, inner[0], inner[1]))
        return replace(maps, cells=maps.cells[0]), False, batch
    if order == "nhwc":
        maps = Arrangement.of((inner[2], inner[0], inner[1]))
        return replace(maps, cells=maps.cells.transpose(1, 2, 0)), False, batch
    return Arrangement.of((inner[0], inner[1], inner[2])), False, batch


def _rows(shape: Shape, order: str) -> Arrangement:
    maps = Arrangement.of(shape)
    cells = maps.cells.transpose(1, 2, 0) if order == "nhwc" else maps.cells
    return replace(maps, cells=cells.ravel())


def _told(file: File, sides: list[Side], shape: Shape, order: str) -> list[Side]:
    """Put the sides that were told where the file leaves them open."""
    channels, height, width = shape
    told: list[Side] = [channels, height, width]
    if len(sides) == 2:
        told = [channels * height * width]
    elif len(sides) == 3:
        told = [height, width]
    elif order == "nhwc":
        told = [height, width, channels]
    for there, here in zip(sides[1:], told, strict=True):
        if isinstance(there, int) and there != here:
            shown = ", ".join(map(str, ("N", *sides[1:])))
            raise ModelError(
                f"{file.name} reads ({shown}), and the shape told is {shape}.\n"
                "  Give (channels, height, width) as the file has them, or leave the shape out."
            )
    return [sides[0], *told]


def _layout(file: File, sides: Sequence[Side]) -> str:
    """Find the order of the axes: from the first Transpose, or from where 1 or 3 stands."""
    if len(sides) != 4:
        return "nchw"
    for node in file.nodes:
        told = list(node.settings.get("perm", ())) if node.operator == "Transpose" else []
        if file.input in node.inputs and told == [0, 3, 1, 2]:
            return "nhwc"
    return "nhwc" if sides[3] in (1, 3) and sides[1] not in (1, 3) else "nchw"
