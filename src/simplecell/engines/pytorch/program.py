"""The torch engine: networks as PyTorch modules, by the protocol every engine follows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd import backward

from simplecell.engines.curvature import mean_curvature
from simplecell.engines.parameters import read_parameters
from simplecell.engines.protocol import (
    Array,
    Examples,
    LayerTrace,
    Parameters,
    State,
    Trace,
    Update,
)
from simplecell.engines.pytorch.layers.cells import AnyCells
from simplecell.engines.pytorch.net import Net, numbers
from simplecell.engines.pytorch.rules import keep, optimiser_of, step
from simplecell.engines.pytorch.squash import squash
from simplecell.engines.requests import (
    check_company,
    check_one,
    check_pictures,
    read_learning,
    read_network,
    read_steps,
    read_threads,
)
from simplecell.engines.walk import chances_of
from simplecell.errors import EngineError
from simplecell.spec.network import Network
from simplecell.workers import processors

ROWS = 1024
"""How many examples are run at a time, so that a long data set needs little memory."""


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let PyTorch use so many threads for a while; it keeps the number for the whole process.

    On a GPU, convolutions are float32 and the same each time, and not of ten bits (TF32).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    exact = {"benchmark": False, "deterministic": True, "allow_tf32": False}
    try:
        with torch.backends.cudnn.flags(enabled=True, **exact):
            yield
    finally:
        torch.set_num_threads(before)


class TorchProgram:
    """One network, run by PyTorch."""

    def __init__(self, network: Network, threads: int, device: str) -> None:
        self.network = network
        self.threads, self.device = threads, device
        self.net = Net(network).to(device)

    def __repr__(self) -> str:
        """Say whose program it is."""
        return f"{type(self).__name__} of {self.network.name}"

    def forward(self, parameters: Parameters, examples: Examples) -> Array:
        """Give the last layer's x, (N, classes): distances if it is an RBF layer."""
        self._begin(parameters, examples)
        self.net.eval()
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
        check_company(self.network, len(examples), len(examples))
        total = 0.0
        self.net.zero_grad()
        self._learn(0, 0)
        with _threads(self.threads):
            for rows in self._batches(len(examples)):
                x = self._values(examples, rows)
                part = self.net.loss(x, target[rows], loss) * (len(x) / len(examples))
                if part.requires_grad:  # not of a network that has nothing to learn
                    backward(part)
                total += part.item()
        return total, {name: _gradient(own) for name, own in self.net.named_parameters()}

    def curvature(self, parameters: Parameters, examples: Examples, loss: str) -> dict[str, Array]:
        """Give the mean of d2E/dw2 by parameter name, never negative.

        It is the reference's: autograd has the diagonal of no second derivative.
        """
        return mean_curvature(self.network, parameters, examples, loss)

    def trace(self, parameters: Parameters, examples: Examples, loss: str) -> Trace:
        """Give every u, x, delta and gradient for the one example that is passed."""
        check_one(self.network, examples)
        target = self._begin_learning(parameters, examples, loss)
        self.net.zero_grad()
        self.net.eval()
        first = x = self._values(examples, slice(None)).requires_grad_()
        done: list[tuple[AnyCells, Tensor, Tensor]] = []
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
        told, order, batch = read_steps(
            self.network, update, rates, batch, order, state, examples, loss
        )
        target = self._begin_learning(state.parameters, examples, loss)
        optimiser = optimiser_of(self.net, state, update)
        losses = []
        with _threads(self.threads):
            for s, rate in enumerate(told):
                rows = np.array(order[s * batch : (s + 1) * batch])
                x, wanted = self._values(examples, rows), target[torch.from_numpy(rows)]
                optimiser.zero_grad(set_to_none=True)
                self._learn(state.seed, state.steps + s)
                value = self.net.loss(x, wanted, loss)
                if value.requires_grad:
                    backward(value)
                step(optimiser, float(rate), update)
                losses.append(value.detach())
        keep(self.net, optimiser, state, update, len(told))
        return np.array([value.item() for value in losses], np.float64)

    def _learn(self, seed: int, step: int) -> None:
        """Let the layers be what they are in a step of training."""
        self.net.train()
        self.net.draw_from(chances_of(len(self.network.layers), seed, step))

    def _batches(self, count: int) -> Iterator[slice]:
        """Cut examples into pieces, unless what one gives depends on where it is among them."""
        whole = any(layer.learns_by_batch for layer in self.network.layers)
        return iter([slice(0, count)]) if whole else _pieces(count)

    def _values(self, examples: Examples, rows: slice | Array) -> Tensor:
        return torch.from_numpy(examples.values(rows, np.float32)).to(self.device)

    def _begin(self, parameters: Parameters, examples: Examples) -> None:
        parameters = read_parameters(self.network, parameters)
        check_pictures(self.network, examples)
        self.net.read(parameters)

    def _begin_learning(self, parameters: Parameters, examples: Examples, loss: str) -> Tensor:
        parameters, labels = read_learning(self.network, parameters, examples, loss)
        self.net.read(parameters)
        return self.net.targets(torch.from_numpy(labels).to(self.device, torch.int64), loss)


def _pieces(count: int) -> Iterator[slice]:
    return (slice(start, start + ROWS) for start in range(0, count, ROWS))


def _gradient(values: Tensor) -> Array:
    return np.zeros(values.shape, np.float32) if values.grad is None else numbers(values.grad)


def best_device() -> str:
    """Name the fastest device that PyTorch has here."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class Torch:
    """PyTorch, on the processor or on what it calls `cuda`, `mps` and so on.

    `threads` None takes all the processors there are. The device `auto` is the best that there is.

    Raises
        EngineError   a device that PyTorch does not have here
    """

    name = "torch"
    borrows_curvature = True
    """Its curvature is the reference's own: there is nothing to compare it with."""

    def __init__(self, threads: int | None = None, device: str = "cpu") -> None:
        self.threads = processors() if threads is None else read_threads(threads)
        self.device = best_device() if device == "auto" else device
        try:
            torch.empty(1, device=self.device)
        except (RuntimeError, AssertionError, TypeError) as problem:
            reason = str(problem).splitlines()[0]
            raise EngineError(
                f"the torch engine cannot use the device '{device}': {reason}\n"
                "  device='cpu' always works."
            ) from None

    def __repr__(self) -> str:
        """Say which engine it is, and on how many threads."""
        where = "" if self.device == "cpu" else f", device='{self.device}'"
        return f"{type(self).__name__}(threads={self.threads}{where})"

    def program(self, network: Network | str) -> TorchProgram:
        """Make the network runnable."""
        return TorchProgram(read_network(network), self.threads, self.device)
