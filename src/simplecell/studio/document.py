"""What the page has to know of a model, as one JSON document, its numbers as base64.

title, network      the name, and the network as `Network.to_json` writes it
classes             what the outputs are called
loss, losses        the loss that it was trained with, and all that its outputs can take
normalisation       x = scale * pixel + shift
frame, drawn        a training picture within its background; whether a drawing is read
facts               how it was trained: pairs of words
parameters          {name: {shape, data}}, float32, little-endian
samples             {shape, pixels, labels, source}: pictures that travel along, uint8
"""

import json
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.part import Part
from simplecell.engines.requests import losses_of
from simplecell.train.model import Model

Document = dict[str, Any]


def packed(values: NDArray[Any], kind: str) -> str:
    """Write numbers as base64 of their little-endian bytes; `kind` is '<f4' or 'u1'."""
    return b64encode(np.ascontiguousarray(values, kind).tobytes()).decode("ascii")


def model_document(model: Model, samples: Part | None = None, title: str = "") -> Document:
    """Write a model, and pictures to show with it, as the page reads them.

    Shapes
        samples.pixels (N, C, H, W), as the network reads them
    """
    network = model.network
    return {
        "title": title or network.name,
        "network": json.loads(network.to_json()),
        "classes": list(model.classes),
        "loss": model.loss,
        "losses": list(losses_of(network.layers[-1])),
        "normalisation": {
            "scale": float(model.normalisation.scale),
            "shift": float(model.normalisation.shift),
        },
        "frame": list(model.frame or network.input[1:]),
        "reading": model.reading,
        "parameters": {
            name: {"shape": list(np.shape(values)), "data": packed(np.asarray(values), "<f4")}
            for name, values in model.parameters.items()
        },
        "samples": None if samples is None else samples_document(samples),
    }


def samples_document(samples: Part) -> Document:
    """Write pictures and their labels."""
    return {
        "shape": list(samples.pixels.shape),
        "pixels": packed(samples.pixels, "u1"),
        "labels": samples.labels.tolist(),
        "source": samples.source,
    }


def chosen(part: Part, count: int) -> Part:
    """Choose so many pictures, of each class in turn, the first of each.

    >>> part = Part(np.zeros((4, 1, 2, 2), np.uint8), np.array([0, 0, 1, 1]))
    >>> chosen(part, 3).labels.tolist()
    [0, 1, 0]
    """
    ranks = np.zeros(len(part.labels), np.int64)
    for label in np.unique(part.labels):
        own = part.labels == label
        ranks[own] = np.arange(own.sum())
    order = np.lexsort((part.labels, ranks))[:count]
    return Part(part.pixels[order], part.labels[order], part.source)
