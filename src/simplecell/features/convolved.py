"""Convolved features: a dictionary slid over pictures of any size, and pooled by regions.

    features = ConvolvedFeatures(dictionary, grid=(3, 3), kind="mean")
    z = features.encode(pictures)              one row for each picture
    features.maps(picture)                     one map for each feature, before pooling

A picture's maps are never all kept: they are made in blocks that fit in a core's cache, and
pooled there. What memory is needed follows from neither the number nor the size of the pictures.

Source: UFLDL tutorial, Feature extraction using convolution; Pooling.   Brief: C4, C6
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.patches import Pictures
from simplecell.errors import DataError, UnknownName
from simplecell.features.autoencoder import Precision
from simplecell.features.cost import sigmoid
from simplecell.features.dictionary import Dictionary
from simplecell.features.shares import Shares
from simplecell.features.windows import Pair, deviations, map_size, regions, unfold

Array = NDArray[Any]

KINDS = ("mean", "max")
"""How a region is pooled: the mean of the feature over it, or its largest value."""

BLOCK = 1 << 18
"""Cells and features made at a time: a megabyte of float32."""

ROWS = 1000
"""Pictures whose pooled features are kept at a time, where nobody needs them all."""


class ConvolvedFeatures:
    """A dictionary that is slid over pictures, its maps pooled over the regions of a grid.

    The regions are disjoint and cover the map; where they cannot be alike, some are one place
    larger than others (`windows.regions`). float64 is for checks, float32 is twice as fast.

    Raises
        UnknownName   another kind of pooling than mean, max
        DataError     a grid that is no pair of whole numbers above 0
    """

    def __init__(
        self,
        dictionary: Dictionary,
        grid: Pair = (3, 3),
        kind: str = "mean",
        dtype: Precision = np.float32,
    ) -> None:
        if kind not in KINDS:
            raise UnknownName("pooling", kind, KINDS)
        if len(grid) != 2 or min(grid) < 1:
            raise DataError(f"the grid is {grid}: give (rows, columns) of regions, e.g. (3, 3).")
        self.dictionary, self.grid, self.kind, self.dtype = dictionary, grid, kind, dtype
        self.channels, *patch = dictionary.shape
        self.patch: Pair = (patch[0], patch[1])
        self._v = np.ascontiguousarray(dictionary.v.T, dtype)
        self._c = dictionary.c.astype(dtype)

    @property
    def count(self) -> int:
        """How many numbers a picture becomes: features times regions."""
        return len(self.dictionary) * self.grid[0] * self.grid[1]

    def encode(
        self, pictures: Pictures, threads: int | None = None, out: Array | None = None
    ) -> Array:
        """Give the pooled features of each picture: feature by feature, its regions row by row.

        `out` may be an array on disk (`numpy.memmap`), for more pictures than fit in memory; a
        sequence that reads pictures when asked may give them at different sizes.

        Shapes
            pictures (N, C, H, W), (N, H, W), or N of (C, H, W) or (H, W); bytes count as 0 .. 1
            gives (N, K * rows * columns)

        Raises
            DataError   no pictures, NaN, other channels, smaller than a patch or than the grid
                        asks for; a file that cannot be read
        """
        n = len(pictures)
        if n == 0:
            raise DataError("there are no pictures to see features in.")
        z = np.empty((n, self.count), self.dtype) if out is None else out
        fits = z.shape == (n, self.count) and z.dtype == self.dtype
        # Of an array with gaps, a view by regions would be a copy, and what is put there lost.
        if not (fits and z.flags.c_contiguous):
            raise DataError(
                f"the features of {n} pictures are {np.dtype(self.dtype)} of shape"
                f" {(n, self.count)}, row after row; `out` is {z.dtype} of shape {z.shape}"
                f"{'' if z.flags.c_contiguous else ', with gaps or turned round'}."
            )
        self._fill(pictures, 0, z, threads)
        return z

    def blocks(
        self, pictures: Pictures, rows: int = ROWS, threads: int | None = None
    ) -> Iterator[tuple[slice, Array]]:
        """Give the pooled features of so many pictures at a time, and which pictures they are.

        Raises
            DataError   as `encode`
        """
        for start in range(0, len(pictures), rows):
            block = slice(start, min(start + rows, len(pictures)))
            z = np.empty((block.stop - start, self.count), self.dtype)
            self._fill(pictures, start, z, threads)
            yield block, z

    def _fill(self, pictures: Pictures, first: int, z: Array, threads: int | None) -> None:
        """Put the features of pictures into rows, beginning with picture `first`."""
        pooled = z.reshape(len(z), len(self.dictionary), *self.grid)
        shares = Shares(len(z), BLOCK, threads)

        def work(blocks: Sequence[slice], worker: int) -> None:
            for block in blocks:
                span = slice(first + block.start, first + block.stop)
                for at, some in self._groups(pictures, span):
                    self._pool(some, pooled[at - first : at - first + len(some)])

        shares.run(work)

    def maps(self, picture: Array) -> Array:
        """Give the map of each feature: its value at every place of one picture.

            map[k, i, j] = f( V_k p_ij + c_k )      p_ij the patch whose upper left cell is i, j

        Shapes
            picture (C, H, W) or (H, W)      gives (K, H-a+1, W-b+1)

        Raises
            DataError   as `encode`

        Brief: C4
        """
        x = self._checked(np.asarray(picture), 0)[None]
        rows, columns = map_size((x.shape[2], x.shape[3]), self.patch)
        maps = np.empty((rows, columns, len(self.dictionary)), self.dtype)
        for band in self._bands(rows, columns):
            maps[band] = self._features(x[:, :, band.start : band.stop + self.patch[0] - 1])[0]
        return np.ascontiguousarray(maps.transpose(2, 0, 1))

    def _groups(self, pictures: Pictures, block: slice) -> Iterator[tuple[int, Array]]:
        """Give pictures of one size in groups whose maps fill a block, with their place."""
        if not isinstance(pictures, np.ndarray):
            for k in range(block.start, block.stop):
                yield k, self._checked(np.asarray(pictures[k]), k)[None]
            return
        if pictures.ndim not in (3, 4):
            raise DataError(
                f"the pictures have shape {pictures.shape}; give (pictures, channels, height,"
                " width)."
            )
        step = max(1, BLOCK // self._cells(*map_size(self._sides(pictures), self.patch)))
        for start in range(block.start, block.stop, step):
            some = pictures[start : min(start + step, block.stop)]
            shaped = some[:, None] if some.ndim == 3 else some
            yield start, self._values(shaped, start)

    def _sides(self, pictures: Array) -> Pair:
        return pictures.shape[-2], pictures.shape[-1]

    def _cells(self, rows: int, columns: int) -> int:
        """Count what is made of a piece of map: the cells of its windows, and their features."""
        return rows * columns * sum(self._v.shape)

    def _checked(self, picture: Array, number: int) -> Array:
        if picture.ndim not in (2, 3):
            raise DataError(
                f"picture {number} has shape {picture.shape}; give (height, width) or (channels,"
                " height, width)."
            )
        shaped = picture if picture.ndim == 3 else picture[None]
        values: Array = self._values(shaped[None], number)[0]
        return values

    def _values(self, pictures: Array, number: int) -> Array:
        """Give (N, C, H, W) in our own precision; the first is picture `number`."""
        if pictures.shape[1] != self.channels:
            raise DataError(
                f"picture {number} has {pictures.shape[1]} channels; these features see"
                f" {self.channels}."
            )
        if pictures.dtype == np.uint8:
            return np.divide(pictures, 255, dtype=self.dtype)
        if pictures.dtype.kind != "f":
            raise DataError(f"picture {number} is of type {pictures.dtype}; give uint8 or floats.")
        wrong = np.argwhere(~np.isfinite(pictures))
        if len(wrong):
            at, *place = (int(i) for i in wrong[0])
            raise DataError(
                f"picture {number + at}: NaN or infinite pixels, the first at (channel, row,"
                f" column) = {tuple(place)}."
            )
        return pictures.astype(self.dtype, copy=False)

    def _bands(self, rows: int, columns: int) -> list[slice]:
        """Cut a map into bands of rows, each a block."""
        step = max(1, BLOCK // self._cells(1, columns))
        return [slice(r, min(r + step, rows)) for r in range(0, rows, step)]

    def _features(self, x: Array) -> Array:
        """Give the features at every place of pictures: (N, rows, columns, K)."""
        u: Array = unfold(x, self.patch) @ self._v
        if self.dictionary.floor is not None:
            scale = 1 / deviations(x, self.patch, self.dictionary.floor)
            u *= scale.astype(self.dtype)[..., None]
        u += self._c
        squash = self.dictionary.squash
        if squash == "sigmoid":
            sigmoid(u)
        elif squash == "tanh":
            np.tanh(u, out=u)
        elif squash == "relu":
            np.maximum(u, 0, out=u)
        return u

    def _pool(self, x: Array, pooled: Array) -> None:
        """Pool the maps of some pictures of one size, band by band.

        Shapes
            x (N, C, H, W)      pooled (N, K, rows, columns) of the grid, filled in
        """
        rows, columns = map_size(self._sides(x), self.patch)
        across, down = regions(columns, self.grid[1]), regions(rows, self.grid[0])
        pooled[...] = 0 if self.kind == "mean" else -np.inf
        bands = self._bands(rows, columns) if len(x) == 1 else [slice(0, rows)]
        for band in bands:
            f = self._features(x[:, :, band.start : band.stop + self.patch[0] - 1])
            for i, part in enumerate(down):
                start, stop = max(part.start, band.start), min(part.stop, band.stop)
                if start < stop:
                    here = f[:, start - band.start : stop - band.start]
                    self._add(here, across, pooled[:, :, i])
        if self.kind == "mean":
            sizes = [[(d.stop - d.start) * (a.stop - a.start) for a in across] for d in down]
            pooled /= np.array(sizes, self.dtype)

    def _add(self, f: Array, across: Sequence[slice], pooled: Array) -> None:
        """Add some rows of maps, all in one row of regions, to what was pooled of them."""
        for j, part in enumerate(across):
            here = f[:, :, part]
            if self.kind == "mean":
                pooled[:, :, j] += here.sum(axis=(1, 2))
            else:
                np.maximum(pooled[:, :, j], here.max(axis=(1, 2)), out=pooled[:, :, j])
