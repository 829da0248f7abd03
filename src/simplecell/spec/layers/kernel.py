"""What layers have in common that slide kernels over maps: places in steps of a stride."""

from simplecell.errors import ShapeError, SpecError
from simplecell.spec.layers.layer import Layer, Pair, Shape
from simplecell.spec.letter import NORMED, PADDED, STEPPED
from simplecell.spec.padding import (
    NO_PADS,
    SAME,
    Padding,
    Pads,
    check_padding,
    places,
    read_padding,
    resolved,
)
from simplecell.spec.validation import read_pair, read_whole

KERNEL_MARKS = (PADDED, STEPPED, NORMED)
"""What may stand behind a kernel in the short text of a network."""


class Sliding(Layer):
    """Maps made by kernels that slide: a number of maps, a kernel, a stride, a padding.

    Padding is rows and columns of 0 around the maps below: `((top, bottom), (left, right))`, or
    "same", which gives ceil(H / stride) rows. It is smaller than the kernel on each side: then
    every place of the kernel reads at least one row and one column that can be of the map.
    """

    tint = "#0072b2"
    maps: int
    kernel: Pair
    stride: Pair
    padding: Padding

    def __post_init__(self) -> None:
        """Turn what was given for maps, kernel, stride and padding into numbers, or refuse."""
        super().__post_init__()
        where = f"layer {self.name}"
        self._set(
            maps=read_whole(self.maps, f"{where}: maps"),
            kernel=read_pair(self.kernel, f"{where}: kernel"),
            stride=read_pair(self.stride, f"{where}: stride"),
            padding=read_padding(self.padding, where),
        )
        check_padding(self.padding, self.kernel, where, "kernel")

    def pads(self, below: Shape) -> Pads:
        """Give the padding in numbers, `((top, bottom), (left, right))`, for maps of a shape."""
        return resolved(self.padding, below[1:], self.kernel, self.stride)

    def shape(self, below: Shape) -> Shape:
        """Count the places where the kernel lies wholly on the map and its padding.

        (H + top + bottom - kh) // sh + 1,  (W + left + right - kw) // sw + 1
        """
        _, height, width = below
        (kh, kw), (sh, sw) = self.kernel, self.stride
        rows, columns = self.pads(below)
        tall, wide = height + sum(rows), width + sum(columns)
        if kh > tall or kw > wide:
            padded = "" if (rows, columns) == NO_PADS else f", {tall}x{wide} with their padding"
            raise ShapeError(f"a {kh}x{kw} kernel does not fit {height}x{width} maps{padded}.")
        return (self.maps, places(height, kh, sh, rows), places(width, kw, sw, columns))

    def reach(self, below: Shape) -> tuple[Pair, Pair]:
        """Give the kernel and the stride; at the border a part of the kernel is on padding."""
        return self.kernel, self.stride

    def slid(self, below: Shape) -> Layer | None:
        """Give the layer that does the same at every place of a wider image.

        The image is as high as before, so padding above and below stays as it was. Columns of
        padding would lie at each place's own edge, and in the wider image they are pixels.

        Raises
            SpecError   columns of padding
        """
        columns = self.pads(below)[1]
        if columns != (0, 0):
            raise SpecError(
                f"its maps are padded by {columns[0]} columns on the left and {columns[1]} on the"
                " right; at a place in the middle of a wider image these would be pixels, so it"
                " cannot be slid. Give it no padding there, and pad the image."
            )
        return super().slid(below)

    @property
    def caption(self) -> str:
        """Name the type and the kernel, and a padding in one word."""
        padding = self.padding
        sides = {n for pair in padding for n in pair} if not isinstance(padding, str) else set()
        padded = "padded" if len(sides) > 1 else f"pad {max(sides, default=0)}"
        said = padding if isinstance(padding, str) else padded
        return f"{self.type} {by(self.kernel)}" + ("" if padding == NO_PADS else f", {said}")

    def words(self, below: Shape) -> str:
        """Name the type, the kernel, a stride that is not 1, and a padding."""
        step = "" if self.stride == (1, 1) else f" stride {by(self.stride)}"
        pads = self.pads(below)
        padded = ", same padding" if self.padding == SAME and pads != NO_PADS else padded_by(pads)
        return f"{self.type} {by(self.kernel)}{step}{padded}"


def by(pair: Pair) -> str:
    """Write a pair as people do.

    >>> by((5, 3))
    '5x3'
    """
    return f"{pair[0]}x{pair[1]}"


def padded_by(pads: Pads) -> str:
    """Say in words how maps are padded; nothing where they are not.

    >>> padded_by(((2, 2), (2, 2)))
    ', padded by 2'
    >>> padded_by(((0, 1), (2, 2)))
    ', padded by 0 above, 1 below, 2 left, 2 right'
    """
    if pads == NO_PADS:
        return ""
    (top, bottom), (left, right) = pads
    if top == bottom == left == right:
        return f", padded by {top}"
    return f", padded by {top} above, {bottom} below, {left} left, {right} right"
