"""The spec as a torch module: the formulas forward, for autograd to go backward.

`module(network)` is the module for people who go on in PyTorch: its `state_dict()` holds our
parameters by our names and in our shapes. Float32.

    absent connections   w * mask, so that their weights have no effect and no gradient
    whole-map kernels    a convolution whose kernel covers the map is one matrix product
    Combine              a convolution with the kernels mixed
    Local                unfold cuts the patches, one product per place weighs them
"""

from collections import OrderedDict

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from simplecell.engines.parameters import code_values, layer_parameters
from simplecell.engines.protocol import Array, Parameters
from simplecell.errors import EngineError
from simplecell.formulas.activations import AMPLITUDE, STEEPNESS
from simplecell.formulas.conv import table_mask
from simplecell.formulas.losses import POSTERIORS
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Layer, Local, Shape, Subsample
from simplecell.spec.network import Network


def squash(name: str, u: Tensor) -> Tensor:
    """Give x = f(u); softmax is over all the classes of an example."""
    match name:
        case "sigmoid":
            return torch.sigmoid(u)
        case "tanh":
            return torch.tanh(u)
        case "scaled_tanh":
            return AMPLITUDE * torch.tanh(STEEPNESS * u)
        case "relu":
            return F.relu(u)
        case "softmax":
            return F.softmax(u.flatten(1), 1).reshape(u.shape)
    return u


def judged(last: Layer, u: Tensor, target: Tensor, loss: str) -> Tensor:
    """Give the mean loss of some examples from the last layer's u."""
    if loss == "squared_error":
        y = squash(last.squash, u).flatten(1)
        return 0.5 * F.mse_loss(y, target, reduction="sum") / len(y)
    scores = -u.flatten(1) if isinstance(last, RBF) else u.flatten(1)
    if loss == "mean_square":
        return -scores.gather(1, target[:, None]).mean()
    if loss in POSTERIORS:
        rubbish = scores.new_full((len(scores), 1), -POSTERIORS[loss]["j"])
        scores = torch.cat([POSTERIORS[loss]["share"] * scores, rubbish], 1)
    return F.cross_entropy(scores, target)


class Cells(nn.Module):
    """One layer: `weigh` gives u, calling it gives x = f(u).

    Maps of one cell may come and go as (N, M) instead of (N, M, 1, 1).
    """

    layer: Layer
    w: Tensor
    choice: Tensor
    b: Tensor
    mask: Tensor | None
    codes: Tensor

    def __init__(self, layer: Layer, below: Shape, above: Shape) -> None:
        super().__init__()
        self.layer = layer
        self.single = below[1:] == (1, 1)
        for own, shape in layer_parameters(layer, below, above).items():
            self.register_parameter(own, nn.Parameter(torch.zeros(shape)))
        mask = None
        if isinstance(layer, Conv) and layer.table is not None:
            there = table_mask(layer.table, layer.maps, below[0])[:, :, None, None]
            mask = torch.tensor(there, dtype=torch.float32)
        self.register_buffer("mask", mask, persistent=False)
        if isinstance(layer, RBF) and not layer.learned:
            codes = torch.tensor(code_values(layer), dtype=torch.float32)
            self.register_buffer("codes", codes, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Give x = f(u) from the x below."""
        return squash(self.layer.squash, self.weigh(x))

    def weigh(self, x: Tensor) -> Tensor:
        """Give u from the x below."""
        layer = self.layer
        match layer:
            case Dense():
                return F.linear(x.flatten(1), self.w, self.b)
            case RBF():
                away = x.flatten(1)[:, None] - (self.w if layer.learned else self.codes)
                return (away * away).sum(2)
        if self.single:
            x = x.reshape(len(x), -1, 1, 1)
        match layer:
            case Conv() | Combine():
                return self._convolve(layer, x)
            case Local():
                return self._local(layer, x)
            case Subsample():
                total = F.avg_pool2d(x, layer.window, divisor_override=1)
                return total * self.w[:, None, None] + self.b[:, None, None]
        pool = F.max_pool2d if layer.kind == "max" else F.avg_pool2d
        pooled: Tensor = pool(x, layer.window)
        return pooled

    def penalty(self) -> Tensor | float:
        """Give what the layer adds to the loss by itself."""
        layer = self.layer
        if not isinstance(layer, Combine) or layer.penalty == "none":
            return 0.0
        alpha = F.softmax(self.choice, 1)
        if layer.penalty == "absolute":
            return layer.strength * alpha.abs().sum()
        return -layer.strength * (alpha * F.log_softmax(self.choice, 1)).sum()

    def _kernels(self, layer: Conv | Combine) -> Tensor:
        if isinstance(layer, Combine):
            return F.softmax(self.choice, 1)[:, :, None, None] * self.w
        return self.w if self.mask is None else self.w * self.mask

    def _convolve(self, layer: Conv | Combine, x: Tensor) -> Tensor:
        w = self._kernels(layer)
        if x.shape[2:] == layer.kernel:
            return F.linear(x.flatten(1), w.flatten(1), self.b)
        return F.conv2d(x, w, self.b, layer.stride)

    def _local(self, layer: Local, x: Tensor) -> Tensor:
        maps, height, width = self.b.shape
        patches = F.unfold(x, layer.kernel, stride=layer.stride)
        w = self.w.reshape(maps, height * width, -1)
        u = torch.einsum("nkp,mpk->nmp", patches, w)
        return u.reshape(len(x), maps, height, width) + self.b


class Net(nn.Sequential):
    """A network's layers in order, by their names; calling it gives the last layer's x."""

    def __init__(self, network: Network) -> None:
        cells: OrderedDict[str, nn.Module] = OrderedDict(
            (layer.name, Cells(layer, below, above))
            for layer, below, above in zip(
                network.layers, network.inputs, network.shapes, strict=True
            )
        )
        try:
            super().__init__(cells)
        except KeyError as problem:
            raise EngineError(
                f"{network.name}: PyTorch cannot name a layer so: {problem.args[0]}.\n"
                "  Give the layer another name, as in 'C1'."
            ) from None
        self.network = network
        self.cells = tuple(cell for cell in self.children() if isinstance(cell, Cells))

    def top(self, x: Tensor) -> Tensor:
        """Give the last layer's u."""
        for cells in self.cells[:-1]:
            x = cells(x)
        return self.cells[-1].weigh(x)

    def judge(self, u: Tensor, target: Tensor, loss: str) -> Tensor:
        """Give the mean loss from the last layer's u, and what the layers add to it.

        `target` is as `targets` makes it.
        """
        last = self.network.layers[-1]
        return judged(last, u, target, loss) + sum(cell.penalty() for cell in self.cells)

    def loss(self, x: Tensor, target: Tensor, loss: str) -> Tensor:
        """Give the mean loss of some examples."""
        return self.judge(self.top(x), target, loss)

    def targets(self, labels: Tensor, loss: str) -> Tensor:
        """Write labels as the loss compares them: as they are, or as one-of-c outputs."""
        if loss != "squared_error":
            return labels
        one_of_c = F.one_hot(labels, self.network.classes).to(torch.float32)
        bipolar = self.network.layers[-1].squash in ("tanh", "scaled_tanh")
        return 2 * one_of_c - 1 if bipolar else one_of_c

    def read(self, parameters: Parameters) -> None:
        """Take over parameters by name."""
        with torch.no_grad():
            for name, own in self.named_parameters():
                own.copy_(torch.from_numpy(np.array(parameters[name], np.float32)))

    def write(self) -> dict[str, Array]:
        """Give copies of the parameters by name."""
        return {name: numbers(own) for name, own in self.named_parameters()}


def module(network: Network) -> Net:
    """Make a network a torch module; its weights are 0 until `read` or `load_state_dict`."""
    return Net(network)


def numbers(values: Tensor) -> Array:
    """Copy a tensor into an array."""
    return values.detach().cpu().numpy().copy()
