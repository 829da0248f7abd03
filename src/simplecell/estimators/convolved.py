"""`ConvolvedFeatures`: features of patches, slid over pictures and pooled, as a transformer."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from simplecell.errors import UnknownName
from simplecell.estimators.reading import (
    check_range,
    check_shape,
    picture_shape,
    read_rows,
    seed_of,
    threads_of,
    value_errors,
    value_range,
)
from simplecell.estimators.serialization import Serializable
from simplecell.features.autoencoder import Settings
from simplecell.features.convolved import KINDS
from simplecell.features.convolved import ConvolvedFeatures as Sliding
from simplecell.features.dictionary import Dictionary, learn_dictionary
from simplecell.features.windows import Pair, map_size
from simplecell.spec.layers import Shape

Array = NDArray[Any]

PATCH = 8
"""The tutorial's patch, unless a picture is smaller than two of them."""


class ConvolvedFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Serializable):
    """Learn features of patches without labels, slide them over pictures, pool their maps.

    >>> import simplecell as sc
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> sc.ConvolvedFeatures(6, iterations=5, random_state=0).fit_transform(X[:300]).shape
    (300, 54)

    X is rows (n, features), or pictures (n, height, width), (n, channels, height, width) or
    (n, height, width, channels). Rows of a square number of features from 64 on are square
    pictures, others are one line high. Values are scaled to 0 .. 1 by the least and the largest
    that fit saw; give float32 or uint8 for twice the speed.

    hidden       how many features are learnt; a picture becomes hidden x rows x columns numbers
    patch        side of a patch, or (height, width); None takes 8, or half a side below 16
    grid         (rows, columns) of the regions that a map is pooled over, at the most its size
    pooling      "mean" or "max"
    patches      how many patches are drawn to learn from
    epsilon      of ZCA whitening: below this variance, directions are not blown up
    rho, beta, decay, iterations   of the sparse autoencoder, as there; the decoder is linear
    image_shape  (height, width) or (channels, height, width) of a row; None finds it

    After fit: `dictionary_`, `image_shape_`, `range_`, `grid_`, `n_iter_`.
    """

    dictionary_: Dictionary
    image_shape_: Shape
    range_: NDArray[np.float64]
    grid_: Pair
    n_iter_: int

    def __init__(
        self,
        hidden: int = 100,
        *,
        patch: int | tuple[int, int] | None = None,
        grid: tuple[int, int] = (3, 3),
        pooling: str = "mean",
        patches: int = 20_000,
        epsilon: float = 0.1,
        rho: float = 0.035,
        decay: float = 3e-3,
        beta: float = 5.0,
        iterations: int = 200,
        image_shape: tuple[int, ...] | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.patch = patch
        self.grid = grid
        self.pooling = pooling
        self.patches = patches
        self.epsilon = epsilon
        self.rho = rho
        self.decay = decay
        self.beta = beta
        self.iterations = iterations
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the features; y is not looked at.

        Raises
            ValueError   X or parameters that cannot be; patches in which nothing varies
        """
        with value_errors():
            x, _, found = read_rows(self, X, "no", reset=True, least=2)
            self.image_shape_ = picture_shape(self.image_shape, found, x.shape[1])
            self.range_ = value_range(x, table=False)
            self._check_pooling()
            size = self._patch()
            rows, columns = map_size(self.image_shape_[1:], size)
            self.grid_ = (min(self.grid[0], rows), min(self.grid[1], columns))
            learnt = learn_dictionary(
                self._pictures(x).astype(np.float32, copy=False),
                size,
                Settings(self.hidden, "linear", self.rho, self.decay, self.beta),
                count=self.patches,
                epsilon=self.epsilon,
                seed=seed_of(self.random_state),
                iterations=self.iterations,
                threads=threads_of(self.n_jobs),
            )
            self.dictionary_ = learnt.dictionary
            self.n_iter_ = len(learnt.learnt.history)
            return self

    def transform(self, X: Any) -> Array:
        """Give the pooled features: (n, hidden x rows x columns), feature by feature."""
        check_is_fitted(self)
        with value_errors():
            x, _, found = read_rows(self, X, "no", reset=False)
            check_shape(found, self.image_shape_)
            check_range(x, self.range_)
            pictures = self._pictures(x)
            sliding = self._sliding(pictures.dtype.type)
            return sliding.encode(pictures, threads_of(self.n_jobs))

    @property
    def _n_features_out(self) -> int:
        return len(self.dictionary_) * self.grid_[0] * self.grid_[1]

    def _sliding(self, precision: Any) -> Sliding:
        return Sliding(self.dictionary_, self.grid_, self.pooling, precision)

    def _check_pooling(self) -> None:
        """Refuse what would otherwise be refused only after the features were learnt."""
        if self.pooling not in KINDS:
            raise UnknownName("pooling", self.pooling, KINDS)
        if len(self.grid) != 2 or min(self.grid) < 1:
            raise ValueError(f"grid is {self.grid}: give (rows, columns) of regions, as (3, 3).")

    def _patch(self) -> Pair:
        """Give the size of a patch: of a line, at least two cells, so that something varies."""
        if isinstance(self.patch, int):
            return (self.patch, self.patch)
        if self.patch is not None:
            return self.patch
        height, width = (min(PATCH, max(1, side // 2)) for side in self.image_shape_[1:])
        return (height, max(2, width)) if height == 1 else (height, width)

    def _pictures(self, x: Array) -> Array:
        """Scale values to 0 .. 1 and fold rows into pictures; float32 where X is small enough."""
        low, high = self.range_.ravel().tolist()
        narrow = x.dtype in (np.uint8, np.float32)
        scaled: Array = x.astype(np.float32 if narrow else np.float64)
        scaled = (scaled - low) / ((high - low) or 1)
        return scaled.reshape(-1, *self.image_shape_)

    def __sklearn_tags__(self) -> Any:
        """Say that features come in the precision of X."""
        above: Any = super()
        tags = above.__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
