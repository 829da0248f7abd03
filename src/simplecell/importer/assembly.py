"""A finished chain as a network: its layers named, its arrays in order, its normalisation."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from simplecell.data.normalise import Normalisation
from simplecell.engines.parameters import check_parameters
from simplecell.engines.protocol import Array
from simplecell.errors import ModelError, SimplecellError
from simplecell.export.onnx.layers.nodes import NAME
from simplecell.importer.chain import NORMALISED, Chain, Stage
from simplecell.importer.imported import Step
from simplecell.spec.layers import Layer, Subsample
from simplecell.spec.network import Network


def check_ends(chain: Chain, file: str) -> None:
    """Refuse a chain that does not end in one score for each class.

    Raises
        ModelError   no layers; maps at the end; one number; scores in another order than ours
    """
    if not chain.stages:
        raise ModelError(f"{file} has no layers.\n  A network has one at least.")
    if chain.pad is not None:
        raise ModelError(f"{file} ends with a Pad.\n  Put a layer after it.")
    _, height, width = chain.at.shape
    if not chain.at.in_order or (height * width > 1 and chain.at.cells.ndim > 1):
        raise ModelError(
            f"{file} ends with maps of {height}x{width}, and not with a score for each class.\n"
            "  The nearest ends with GlobalAveragePool, or with Flatten and Gemm."
        )


def split_sigmoid(chain: Chain) -> None:
    """Make of one sigmoid unit two units and a softmax, whose second share is the same number.

        1 / (1 + e^-u) = e^u / (e^0 + e^u)

    Raises
        ModelError   one output of another kind
    """
    last = chain.stages[-1]
    if last.above != (1, 1, 1):
        return
    two = last.layer.with_outputs(2)
    if last.layer.squash != "sigmoid" or two == last.layer:
        raise ModelError(
            "the network gives one number for a picture, and simplecell tells classes apart.\n"
            "  It takes one unit that ends with Sigmoid, or one output for each class."
        )
    last.layer, last.above = two.squashed("softmax"), (2, 1, 1)
    last.own = {name: np.concatenate([np.zeros_like(a), a]) for name, a in last.own.items()}
    chain.notes.append("one sigmoid output became two classes with softmax: the same answers")


def normalisation(chain: Chain, scale: Sequence[float], shift: Sequence[float]) -> Normalisation:
    """Join what the pixels become before the file reads them with its own arithmetic on them.

    Where channels differ, the first layer is one of gains, and the normalisation is their mean.

        x = file.scale * (scale * pixel + shift) + file.shift
    """
    channels = chain.input[0]
    before = np.broadcast_to(np.asarray(scale, np.float64), channels)
    gains = chain.scale * before
    shifts = chain.scale * np.broadcast_to(shift, channels) + chain.shift
    if (gains == gains[0]).all() and (shifts == shifts[0]).all():
        return Normalisation(float(gains[0]), float(shifts[0]))
    common = Normalisation(float(gains.mean()), float(shifts.mean()))
    w = gains / common.scale
    own = {"w": w, "b": shifts - w * common.shift}
    first = Stage(Subsample(NAME, (1, 1), "identity"), own, chain.input, chain.input)
    chain.stages.insert(0, first)
    for became in chain.became:
        if became.stage == "input":
            became.stage = first
            became.how = became.how.removesuffix(NORMALISED) + "a gain and a bias for each channel"
    chain.notes.append(
        "the channels are scaled differently: the first layer does it, with a gain and a bias for"
        " each, which training may move"
    )
    return common


def assemble(chain: Chain, name: str) -> tuple[Network, dict[str, Array], list[Step]]:
    """Name the layers, as C1, S2, C3, in their order, and give network, arrays and steps.

    Raises
        ModelError   layers that do not make a network; weights that are not finite
    """
    names: dict[int, str] = {}
    layers: list[Layer] = []
    arrays: dict[str, Array] = {}
    for number, stage in enumerate(chain.stages, 1):
        letter = stage.kind.letter if stage.kind is not None else "S"
        names[id(stage)] = f"{letter}{number}"
        layer, own = _whole(stage)
        layers.append(replace(layer, name=f"{letter}{number}"))
        arrays |= {f"{letter}{number}.{key}": a.astype(np.float32) for key, a in own.items()}
    try:
        network = Network(name, chain.input, tuple(layers))
        check_parameters(network, arrays)
    except SimplecellError as problem:
        raise ModelError(f"what was read makes no network: {problem}") from None
    steps = [
        Step(
            became.node.number,
            became.node.operator,
            became.node.name,
            names[id(became.stage)] if isinstance(became.stage, Stage) else became.stage,
            became.how,
        )
        for became in chain.became
    ]
    return network, arrays, steps


def _whole(stage: Stage) -> tuple[Layer, dict[str, Array]]:
    """Say of a layer whether it has a bias, which a node after its own may have brought."""
    layer = stage.layer
    if "bias" not in {field.name for field in fields(layer)}:
        return layer, stage.own
    return replace(layer, **{"bias": "b" in stage.own}), stage.own
