"""The spec as a torch module: the formulas forward, autograd backward, on other people's hardware.

`module(network)` is the module for people who go on in PyTorch: its `state_dict()` holds our
parameters by our names and in our shapes. `Torch` is the engine made of it. Float32.

    absent connections   w * mask, so that their weights have no effect and no gradient
    whole-map kernels    a convolution whose kernel covers the map is one matrix product
    Local                unfold cuts the patches, one product per place weighs them
"""

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd import backward
from torch.nn import functional as F
from torch.optim import SGD, AdamW, Optimizer

from simplecell.engines.parameters import check_parameters, code_values, layer_parameters
from simplecell.engines.protocol import (
    Array,
    Examples,
    LayerTrace,
    Parameters,
    State,
    Trace,
    Update,
)
from simplecell.engines.requests import check_learning, check_one, check_pictures, check_steps
from simplecell.errors import EngineError
from simplecell.formulas.activations import AMPLITUDE, STEEPNESS
from simplecell.formulas.conv import table_mask
from simplecell.spec.layers import RBF, Conv, Dense, Layer, Local, Shape, Subsample
from simplecell.spec.network import Network

ROWS = 1024
"""How many examples are run at a time, so that a long data set needs little memory."""


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


class Cells(nn.Module):
    """One layer: `weigh` gives u, calling it gives x = f(u).

    Maps of one cell may come and go as (N, M) instead of (N, M, 1, 1).
    """

    layer: Layer
    w: Tensor
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
        if isinstance(layer, RBF):
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
                away = x.flatten(1)[:, None] - self.codes
                return (away * away).sum(2)
        if self.single:
            x = x.reshape(len(x), -1, 1, 1)
        match layer:
            case Conv():
                return self._convolve(layer, x)
            case Local():
                return self._local(layer, x)
            case Subsample():
                total = F.avg_pool2d(x, layer.window, divisor_override=1)
                return total * self.w[:, None, None] + self.b[:, None, None]
        pool = F.max_pool2d if layer.kind == "max" else F.avg_pool2d
        pooled: Tensor = pool(x, layer.window)
        return pooled

    def _convolve(self, layer: Conv, x: Tensor) -> Tensor:
        w: Tensor = self.w if self.mask is None else self.w * self.mask
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
        """Give the mean loss from the last layer's u; `target` as `targets` makes it."""
        last = self.network.layers[-1]
        if loss == "cross_entropy":
            scores = u.flatten(1)
            return F.cross_entropy(-scores if isinstance(last, RBF) else scores, target)
        y = squash(last.squash, u).flatten(1)
        return 0.5 * F.mse_loss(y, target, reduction="sum") / len(y)

    def loss(self, x: Tensor, target: Tensor, loss: str) -> Tensor:
        """Give the mean loss of some examples."""
        return self.judge(self.top(x), target, loss)

    def targets(self, labels: Tensor, loss: str) -> Tensor:
        """Write labels as the loss compares them: as they are, or as one-of-c outputs."""
        if loss == "cross_entropy":
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


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let PyTorch use so many threads for a while; it keeps the number for the whole process."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class TorchProgram:
    """One network, run by PyTorch."""

    def __init__(self, network: Network, threads: int, device: str) -> None:
        self.network = network
        self.threads, self.device = threads, device
        self.net = Net(network).to(device)

    def forward(self, parameters: Parameters, examples: Examples) -> Array:
        """Give the last layer's x, (N, classes): distances if it is an RBF layer."""
        self._begin(parameters, examples)
        outputs = np.empty((len(examples), self.network.classes), np.float32)
        with _threads(self.threads), torch.inference_mode():
            for rows in _pieces(len(examples)):
                outputs[rows] = numbers(self.net(self._values(examples, rows)).flatten(1))
        return outputs

    def gradients(
        self, parameters: Parameters, examples: Examples, loss: str
    ) -> tuple[float, dict[str, Array]]:
        """Give the mean loss and its gradient by parameter name."""
        target = self._begin_learning(parameters, examples, loss)
        total = 0.0
        self.net.zero_grad()
        with _threads(self.threads):
            for rows in _pieces(len(examples)):
                x = self._values(examples, rows)
                part = self.net.loss(x, target[rows], loss) * (len(x) / len(examples))
                backward(part)
                total += part.item()
        return total, {name: _gradient(own) for name, own in self.net.named_parameters()}

    def trace(self, parameters: Parameters, examples: Examples, loss: str) -> Trace:
        """Give every u, x, delta and gradient for the one example that is passed."""
        check_one(self.network, examples)
        target = self._begin_learning(parameters, examples, loss)
        self.net.zero_grad()
        first = x = self._values(examples, slice(None)).requires_grad_()
        done: list[tuple[Cells, Tensor, Tensor]] = []
        with _threads(self.threads):
            for cells in self.net.cells:
                u = cells.weigh(x)
                u.retain_grad()
                x = squash(cells.layer.squash, u)
                done.append((cells, u, x))
            value = self.net.judge(u, target, loss)
            backward(value)
        shapes = self.network.shapes
        layers = {
            cells.layer.name: LayerTrace(
                numbers(u).reshape(shape),
                numbers(x).reshape(shape),
                _gradient(u).reshape(shape),
                {own: _gradient(values) for own, values in cells.named_parameters()},
            )
            for (cells, u, x), shape in zip(done, shapes, strict=True)
        }
        return Trace(numbers(first)[0], _gradient(first)[0], value.item(), layers)

    def train(
        self,
        state: State,
        examples: Examples,
        order: NDArray[np.int64],
        batch: int,
        rates: Sequence[float],
        update: Update,
        loss: str,
    ) -> NDArray[np.float64]:
        """Take len(rates) steps, changing `state`; give the mean loss of each step."""
        check_steps(update, rates, batch, order, state)
        target = self._begin_learning(state.parameters, examples, loss)
        optimiser = _optimiser(self.net, state, update)
        losses = []
        with _threads(self.threads):
            for s, rate in enumerate(rates):
                rows = np.array(order[s * batch : (s + 1) * batch])
                x, wanted = self._values(examples, rows), target[torch.from_numpy(rows)]
                optimiser.zero_grad(set_to_none=True)
                value = self.net.loss(x, wanted, loss)
                backward(value)
                _step(optimiser, float(rate), update)
                losses.append(value.detach())
        _keep(self.net, optimiser, state, update, len(rates))
        return np.array([value.item() for value in losses], np.float64)

    def _values(self, examples: Examples, rows: slice | Array) -> Tensor:
        return torch.from_numpy(examples.values(rows, np.float32)).to(self.device)

    def _begin(self, parameters: Parameters, examples: Examples) -> None:
        check_parameters(self.network, parameters)
        check_pictures(self.network, examples)
        self.net.read(parameters)

    def _begin_learning(self, parameters: Parameters, examples: Examples, loss: str) -> Tensor:
        labels = check_learning(self.network, parameters, examples, loss)
        self.net.read(parameters)
        return self.net.targets(torch.from_numpy(labels).to(self.device, torch.int64), loss)


def _pieces(count: int) -> Iterator[slice]:
    return (slice(start, start + ROWS) for start in range(0, count, ROWS))


def _gradient(values: Tensor) -> Array:
    return np.zeros(values.shape, np.float32) if values.grad is None else numbers(values.grad)


_MEANS = {"sgd": {"momentum_buffer": "v"}, "adam": {"exp_avg": "m", "exp_avg_sq": "v"}}
"""What torch.optim calls each running mean, and what a State calls it."""


def _optimiser(net: Net, state: State, update: Update) -> Optimizer:
    """Make the torch.optim that `update` describes, with the running means of `state`."""
    optimiser: Optimizer
    if update.rule == "adam":
        betas = (update.momentum, update.second)
        optimiser = AdamW(net.parameters(), 0.0, betas, update.epsilon, update.decay, fused=True)
    else:
        optimiser = SGD(net.parameters(), 0.0, update.momentum, fused=True)
    for name, own in net.named_parameters():
        for theirs, ours in _MEANS[update.rule].items():
            values = state.slots.get(ours, {}).get(name, np.zeros(own.shape))
            optimiser.state[own][theirs] = own.new_tensor(values)
        if update.rule == "adam":
            optimiser.state[own]["step"] = torch.tensor(float(state.steps), device=own.device)
    return optimiser


def _step(optimiser: Optimizer, rate: float, update: Update) -> None:
    """Move every parameter once; the decay of SGD is ours, since torch's enters the means."""
    for group in optimiser.param_groups:
        group["lr"] = rate
        if update.rule == "sgd" and update.decay:
            with torch.no_grad():
                for own in group["params"]:
                    own.mul_(1 - rate * update.decay)
    optimiser.step()


def _keep(net: Net, optimiser: Optimizer, state: State, update: Update, steps: int) -> None:
    """Write what training changed back into `state`."""
    state.steps += steps
    state.parameters.update(net.write())
    means = _MEANS[update.rule] if update.momentum or update.rule == "adam" else {}
    for theirs, ours in means.items():
        state.slots[ours] = {
            name: numbers(optimiser.state[own][theirs]) for name, own in net.named_parameters()
        }


class Torch:
    """PyTorch, on the processor or on what it calls `cuda`, `mps` and so on.

    `threads` None takes all the processors there are.

    Raises
        EngineError   a device that PyTorch does not have here
    """

    name = "torch"

    def __init__(self, threads: int | None = None, device: str = "cpu") -> None:
        self.threads = threads or os.cpu_count() or 1
        self.device = device
        try:
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError) as problem:
            reason = str(problem).splitlines()[0]
            raise EngineError(
                f"the torch engine cannot use the device '{device}': {reason}\n"
                "  device='cpu' always works."
            ) from None

    def program(self, network: Network) -> TorchProgram:
        """Make the network runnable."""
        return TorchProgram(network, self.threads, self.device)
