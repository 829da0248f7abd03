"""What layers have in common that cut maps into windows."""

from simplecell.errors import ShapeError
from simplecell.spec.layers.layer import Layer, Pair, Shape
from simplecell.spec.validation import read_pair


class Windowed(Layer):
    """As many maps as below, one cell for each window; the windows do not overlap."""

    tint = "#e69f00"
    window: Pair

    def __post_init__(self) -> None:
        """Turn what was given for the window into a pair, or refuse."""
        super().__post_init__()
        self._set(window=read_pair(self.window, f"layer {self.name}: window"))

    def shape(self, below: Shape) -> Shape:
        """Divide the maps by the window: H / n, W / m, which must divide."""
        maps, height, width = below
        nh, nw = self.window
        if height % nh or width % nw:
            raise ShapeError(f"{nh}x{nw} windows do not divide {height}x{width} maps.")
        return (maps, height // nh, width // nw)

    def reach(self, below: Shape) -> tuple[Pair, Pair]:
        """Give the window, which is its stride too."""
        return self.window, self.window
