"""What layers have in common that slide kernels over maps: valid places, in steps of a stride."""

from simplecell.errors import ShapeError
from simplecell.spec.figures import read_pair, read_whole
from simplecell.spec.layers.layer import Layer, Pair, Shape


class Sliding(Layer):
    """Maps made by kernels that slide: a number of maps, a kernel, a stride."""

    tint = "#0072b2"
    maps: int
    kernel: Pair
    stride: Pair

    def __post_init__(self) -> None:
        """Turn what was given for maps, kernel and stride into whole numbers, or refuse."""
        super().__post_init__()
        where = f"layer {self.name}"
        self._set(
            maps=read_whole(self.maps, f"{where}: maps"),
            kernel=read_pair(self.kernel, f"{where}: kernel"),
            stride=read_pair(self.stride, f"{where}: stride"),
        )

    def shape(self, below: Shape) -> Shape:
        """Count the places where the kernel lies wholly inside.

        (H - kh) // sh + 1,  (W - kw) // sw + 1
        """
        _, height, width = below
        (kh, kw), (sh, sw) = self.kernel, self.stride
        if kh > height or kw > width:
            raise ShapeError(f"a {kh}x{kw} kernel does not fit {height}x{width} maps.")
        return (self.maps, (height - kh) // sh + 1, (width - kw) // sw + 1)

    def reach(self, below: Shape) -> tuple[Pair, Pair]:
        """Give the kernel and the stride."""
        return self.kernel, self.stride

    @property
    def caption(self) -> str:
        """Name the type and the kernel."""
        return f"{self.type} {by(self.kernel)}"

    def words(self, below: Shape) -> str:
        """Name the type, the kernel and a stride that is not 1."""
        step = "" if self.stride == (1, 1) else f" stride {by(self.stride)}"
        return f"{self.type} {by(self.kernel)}{step}"


def by(pair: Pair) -> str:
    """Write a pair as people do.

    >>> by((5, 3))
    '5x3'
    """
    return f"{pair[0]}x{pair[1]}"
