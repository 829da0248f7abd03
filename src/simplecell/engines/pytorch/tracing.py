"""A PyTorch module as the bytes of an ONNX file, by the exporter that comes with PyTorch."""

import io
import warnings
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from simplecell.engines.protocol import Array
from simplecell.engines.pytorch.net import numbers
from simplecell.errors import ModelError


def to_onnx(module: Any, shape: tuple[int, int, int]) -> tuple[bytes, dict[str, Array], list[str]]:
    """Export a copy of a module, with dropout and batch normalisation.

    Gives the file, the arrays that the module keeps and does not learn, and what was lost. To be
    exported as it trains, the copy sees pictures, which moves its running means: the file has
    other ones than the module.

    Where a module cannot be exported as it trains, as Dropout2d cannot, it is exported as it
    answers: without dropout, and with batch normalisation in the weights.

    Raises
        ModelError   no module; one that PyTorch cannot export
    """
    if not isinstance(module, nn.Module):
        raise ModelError(
            f"a torch.nn.Module was asked for, and this is a {type(module).__name__}.\n"
            "  Give the network itself; of a file, use from_onnx."
        )
    modes = torch.onnx.TrainingMode
    try:
        content = _export(module, shape, modes.TRAINING)
        kept = {name: array for name, array in module.named_buffers() if array.is_floating_point()}
        return content, {name: numbers(array.float()) for name, array in kept.items()}, []
    # Exporters raise whatever their many authors chose.
    except Exception:
        pass
    try:
        content = _export(module, shape, modes.EVAL)
    except Exception as problem:
        said = str(problem).strip().splitlines() or [type(problem).__name__]
        raise ModelError(
            f"PyTorch cannot export {type(module).__name__} for pictures of {shape}:"
            f" {said[0][:200]}\n  Export it by torch.onnx.export, and bring in the file."
        ) from None
    lost = "PyTorch exports this module only as it answers after training: dropout is left out"
    return content, {}, [lost]


def _export(module: nn.Module, shape: tuple[int, int, int], mode: Any) -> bytes:
    copy = deepcopy(module).to("cpu", torch.float32)
    file: Any = io.BytesIO()
    # Batch normalisation learns from two pictures at least; zeros do.
    pictures = torch.zeros(2, *shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            copy,
            (pictures,),
            file,
            dynamo=False,
            training=mode,
            do_constant_folding=mode is torch.onnx.TrainingMode.EVAL,
            input_names=["pictures"],
            output_names=["scores"],
            dynamic_axes={"pictures": {0: "N"}},
        )
    content: bytes = file.getvalue()
    return content
