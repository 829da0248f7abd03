"""A bank of learnt features in one file: how a patch is prepared, the autoencoder, its origin.

    bank, learnt = learn_bank(patches, Settings(hidden=25), centred=True, squeezed=True)
    h = bank.encode(patches)              one vector of features for each patch
    x, y = bank.reconstruct(patches)      what it reads, and what it makes of that
    bank.patterns()                       each feature as a picture

Brief: A2, A3
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.protocol import read_numbers
from simplecell.errors import DataError, ModelError, SimplecellError
from simplecell.features.autoencoder import Learnt, Settings, SparseAutoencoder, learn
from simplecell.features.preparation import Preparation, prepare
from simplecell.features.source import Taken, is_photographs, take
from simplecell.formulas.autoencoder import Weights
from simplecell.train.checkpoint import check_finite, read_arrays, write_arrays

BANK = "simplecell.features"

Array = NDArray[Any]

_ROWS = 1 << 14
"""Patches seen at a time: what memory is needed does not grow with their number."""


@dataclass(frozen=True, eq=False)
class Bank:
    """Features that were learnt, ready to see patches. `origin` says how they came about."""

    preparation: Preparation
    autoencoder: SparseAutoencoder
    origin: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.preparation.cells != self.autoencoder.inputs:
            raise ModelError(
                f"an autoencoder of {self.autoencoder.inputs} inputs does not read patches of"
                f" {self.preparation.cells} cells."
            )

    @property
    def hidden(self) -> int:
        """How many features there are."""
        return self.autoencoder.settings.hidden

    def encode(self, pixels: Array, threads: int | None = None) -> Array:
        """Give one vector of features for each patch.

        Shapes
            pixels (N, C, h, w)      gives (N, K)

        Raises
            DataError   patches of another shape, or none
        """
        if len(pixels) == 0:
            raise DataError("there are no patches to encode.")
        parts = [
            self.autoencoder.encode(self.preparation.apply(pixels[start : start + _ROWS]), threads)
            for start in range(0, len(pixels), _ROWS)
        ]
        return np.concatenate(parts)

    def take(
        self, source: str, count: int, *, seed: int = 0, data_dir: str | Path | None = None
    ) -> Taken:
        """Take pictures of a source that these features can see: whole ones, or patches.

        Raises
            DataError   as `source.take`; pictures of other channels
        """
        channels, *side = self.preparation.shape
        size = (side[0], side[1])
        told: dict[str, Any] = {"channels": channels, "seed": seed, "data_dir": data_dir}
        taken = take(source, count, size=None, **told) if not is_photographs(source) else None
        if taken is None or taken.pixels.shape[2:] != size:
            taken = take(source, count, size=size, **told)
        if taken.pixels.shape[1] != channels:
            raise DataError(
                f"{taken.name} has {taken.pixels.shape[1]} channels; these features see"
                f" {channels}."
            )
        return taken

    def check_pictures(self, pixels: Array, name: str) -> None:
        """Refuse pictures of another shape than these features see, and say what to do."""
        shape = self.preparation.shape
        if pixels.shape[1:] != shape:
            wanted, found = ("x".join(map(str, s)) for s in (shape, pixels.shape[1:]))
            raise DataError(
                f"the pictures of {name} are of {found}; these features see patches of {wanted}."
                "\n  slide the features over them (--grid 3x3), ask for random patches of them"
                " (--patches 10000), or learn features of whole pictures."
            )

    def reconstruct(self, pixels: Array) -> tuple[Array, Array]:
        """Give patches as the autoencoder reads them, and what it makes of them.

        Shapes
            pixels (N, C, h, w)      gives two of (N, C, h, w)
        """
        x = self.preparation.apply(pixels)
        return x.reshape(pixels.shape), self.autoencoder.reconstruct(x).reshape(pixels.shape)

    def patterns(self) -> Array:
        """Give the patch that moves each feature most: (K, C, h, w)."""
        return self.preparation.patterns(self.autoencoder.weights.w1)

    def save(self, path: str | Path) -> None:
        """Write the bank to one safetensors file, whole or not at all.

        Raises
            ModelError   no room, or no permission
        """
        prepared = self.preparation
        arrays = dict(self.autoencoder.weights._asdict())
        if prepared.mean is not None and prepared.whitening is not None:
            arrays |= {"mean": prepared.mean, "whitening": prepared.whitening}
        document = {
            "settings": asdict(self.autoencoder.settings),
            "preparation": {
                "shape": list(prepared.shape),
                "centred": prepared.centred,
                "spread": prepared.spread,
            },
            "origin": dict(self.origin),
        }
        write_arrays(Path(path), BANK, arrays, document)


def distance(x: Array, y: Array) -> float:
    """Measure how far reconstructions lie from their examples: 1/N sum_n 1/2 |y_n - x_n|^2."""
    away = (y - x).reshape(len(x), -1)
    return 0.5 * float(np.einsum("nk,nk->n", away, away).mean(dtype=np.float64))


def load_bank(path: str | Path) -> Bank:
    """Read what `Bank.save` wrote.

    Raises
        ModelError   no such file, another kind of file, or a damaged one
    """
    file = Path(path)
    arrays, document = read_arrays(file, BANK)
    try:
        check_finite(arrays)
        told = dict(document["preparation"])
        c, h, w = (int(n) for n in told.pop("shape"))
        mean, whitening = arrays.pop("mean", None), arrays.pop("whitening", None)
        prepared = Preparation((c, h, w), mean=mean, whitening=whitening, **told)
        autoencoder = SparseAutoencoder(Weights(**arrays), Settings(**document["settings"]))
        return Bank(prepared, autoencoder, dict(document["origin"]))
    except (KeyError, TypeError, ValueError, OverflowError, SimplecellError) as problem:
        why = str(problem).rstrip(".")
        raise ModelError(f"{file} is damaged: {why}. Use another copy.") from None


def learn_bank(
    pixels: Array,
    settings: Settings,
    *,
    centred: bool = False,
    epsilon: float | None = None,
    squeezed: bool = False,
    origin: Mapping[str, Any] | None = None,
    **told: Any,
) -> tuple[Bank, Learnt]:
    """Prepare patches and learn features of them; `told` goes on to `learn`.

    Natural patches are `centred` and `squeezed`, as in the tutorial; digits are read as they are.

    Shapes
        pixels (N, C, h, w)

    Raises
        DataError   as `prepare` and `learn`
    """
    pixels = read_numbers(pixels, "patches")
    if pixels.ndim != 4:
        raise DataError(f"patches are of shape {pixels.shape}; give (patches, channels, h, w).")
    prepared = prepare(pixels, centred=centred, epsilon=epsilon, squeezed=squeezed)
    learnt = learn(prepared.apply(pixels), settings, **told)
    bank = Bank(prepared, learnt.autoencoder, origin or {})
    last = learnt.history[-1]
    came_to = {"iterations": last.iteration, "cost": last.cost, **last.terms}
    return replace(bank, origin={**bank.origin, **came_to}), learnt
