"""What decides the bits of a run, as run.json holds it.

Network, data, recipe, seed, engine, first values. Threads change the time alone.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from simplecell.data.normalise import Normalisation
from simplecell.data.part import Part
from simplecell.data.sources import Dataset, check_classes
from simplecell.engines.protocol import Array
from simplecell.errors import DataError, ModelError, ShapeError
from simplecell.spec.network import Network
from simplecell.train.checkpoint import Checkpoint
from simplecell.train.model import version
from simplecell.train.recipes import Recipe

Arrays = Mapping[str, Array]


def check_data(network: Network, data: Dataset) -> None:
    """Refuse data that a network cannot learn from.

    Raises
        ShapeError   pictures of another shape
        DataError    more classes than outputs; nothing to learn from
    """
    shape = data.train.pixels.shape[1:]
    if shape != network.input:
        wanted, found = ("x".join(map(str, s)) for s in (network.input, shape))
        raise ShapeError(
            f"{network.name} reads {wanted} images; {data.name} gives {found}.\n"
            f"  Ask for the size: load({data.name!r}, size={network.input[1]}); or give the"
            f" network another input."
        )
    check_classes(data, network.classes, network.name)
    if len(data.train.labels) == 0:
        raise DataError(f"{data.name} has no training examples.")


def check_begin(
    network: Network, begin: Checkpoint | None, out: str | Path | None
) -> Checkpoint | None:
    """Refuse a run that begins elsewhere if it is to have a folder, or is another network's.

    Raises
        ModelError   one of these
    """
    if out is not None:
        raise ModelError(
            f"{out} cannot be the folder of this run: it would not say where the run began, what"
            " its pixels meant, or by which pictures it was judged.\n  Leave the folder away, or"
            " begin, normalisation and validation."
        )
    if begin is not None and Network.from_json(begin.network) != network:
        raise ModelError(
            f"{network.name} cannot begin where another network ended: give the network that was"
            " trained there."
        )
    return begin


def settings(
    network: Network,
    data: Dataset,
    recipe: Recipe,
    seed: int,
    engine: str,
    initial: Arrays,
    normalisation: Normalisation | None = None,
) -> dict[str, Any]:
    """Say all that decides the bits of the result; `normalisation` if it is not the recipe's."""
    told = {} if normalisation is None else {"normalisation": asdict(normalisation)}
    return {
        "network": json.loads(network.to_json()),
        "data": {
            "name": data.name,
            "images": len(data.train.labels),
            "crc32": crc_of(data.train),
            **({"cropped": True} if data.reading == "cropped" else {}),
        },
        "recipe": recipe.to_document(),
        "seed": seed,
        "engine": engine,
        "initial": _start(initial),
        **told,
        "simplecell": version(),
    }


def crc_of(part: Part) -> int:
    """Give a number that changes when a part does: of a pack, the one that its index has."""
    return _crc(part.pixels, part.labels) if part.mapped is None else part.mapped


def _start(initial: Arrays) -> dict[str, Any] | None:
    if not initial:
        return None
    names = sorted(initial)
    values = [np.asarray(initial[name], np.float64) for name in names]
    return {"names": names, "crc32": _crc(*values)}


def _crc(*arrays: Array) -> int:
    crc = 0
    for values in arrays:
        crc = zlib.crc32(np.ascontiguousarray(values).data, crc)
    return crc
