"""PyTorch as a good user writes it: eager, and compiled.

The module is that of `engines/pytorch/`: plain nn modules, no hooks, nothing of ours per step.
Compiled training is tried in two ways: the loss compiled and autograd behind it, as most people
do; and the whole step, gradients and update, as one graph.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.autograd import backward
from torch.func import functional_call, grad_and_value
from torch.optim import SGD

from simplecell.bench.system import Forms, Runner, System
from simplecell.bench.task import Task
from simplecell.engines.protocol import Array
from simplecell.engines.pytorch import Net, module, numbers

Step = Callable[[Tensor, Tensor], Tensor]


class Eager(System):
    """PyTorch, operation by operation."""

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self.version = f"torch {torch.__version__}"

    def training(self, task: Task) -> Forms:
        """Give forward, autograd, fused SGD."""
        return {
            "autograd": lambda: Steps(task, lambda loss: _with_autograd(loss, loss, task.rate))
        }

    def inference(self, task: Task) -> Forms:
        """Give the module, called in inference mode."""
        return {"module": lambda: Outputs(task, lambda net: net)}


class Compiled(System):
    """PyTorch through torch.compile."""

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self.version = f"torch {torch.__version__}"

    def training(self, task: Task) -> Forms:
        """Give the compiled loss with autograd behind it, and the whole step as one graph."""
        # Otherwise its limit of variants per function, not per network, would end compilation.
        torch.compiler.reset()
        return {
            "loss": lambda: Steps(
                task, lambda loss: _with_autograd(loss, _compile(loss), task.rate)
            ),
            "step": lambda: Steps(task, lambda loss: _compile(_whole_step(loss, task.rate))),
        }

    def inference(self, task: Task) -> Forms:
        """Give the compiled module, called in inference mode."""
        torch.compiler.reset()
        return {"module": lambda: Outputs(task, _compile)}


def _compile(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    compiled: Callable[..., Tensor] = torch.compile(function, dynamic=False)
    return compiled


class Loss(nn.Module):
    """The mean loss of a module."""

    def __init__(self, net: Net, loss: str) -> None:
        super().__init__()
        self.net, self.loss = net, loss

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Give the mean loss of a batch."""
        return self.net.loss(x, target, self.loss)


def _with_autograd(module: Loss, loss: Step, rate: float) -> Step:
    optimiser = SGD(module.parameters(), rate, fused=True)

    def step(x: Tensor, target: Tensor) -> Tensor:
        optimiser.zero_grad(set_to_none=True)
        value = loss(x, target)
        backward(value)
        optimiser.step()
        return value

    return step


def _whole_step(module: Loss, rate: float) -> Step:
    parameters = {name: own.detach() for name, own in module.named_parameters()}

    def loss(values: dict[str, Tensor], x: Tensor, target: Tensor) -> Tensor:
        value: Tensor = functional_call(module, values, (x, target))
        return value

    gradients = grad_and_value(loss)

    def step(x: Tensor, target: Tensor) -> Tensor:
        value: Tensor
        with torch.no_grad():
            moves, value = gradients(parameters, x, target)
            for name, own in parameters.items():
                own.sub_(moves[name], alpha=rate)
        return value

    return step


class Steps(Runner):
    """Training steps on batches cut beforehand."""

    def __init__(self, task: Task, make: Callable[[Loss], Step]) -> None:
        self.task, self.net = task, module(task.network)
        self.net.read(task.parameters)
        self.step = make(Loss(self.net, task.loss))
        x = torch.from_numpy(task.x)
        target = self.net.targets(torch.from_numpy(task.labels), task.loss)
        self.batches = [(x[rows], target[rows]) for rows in task.batches]
        self.value = torch.zeros(())

    def reset(self) -> None:
        """Go back to the task's weights."""
        self.net.read(self.task.parameters)

    def advance(self, steps: int) -> None:
        """Take so many steps."""
        for s in range(steps):
            self.value = self.step(*self.batches[s % len(self.batches)])

    def answer(self) -> Mapping[str, Array]:
        """Give the parameters and the loss of the last step."""
        return {"loss": numbers(self.value).reshape(1), **self.net.write()}


class Outputs(Runner):
    """Batches going forward."""

    def __init__(self, task: Task, make: Callable[[Net], Callable[[Tensor], Tensor]]) -> None:
        net = module(task.network).eval().requires_grad_(False)
        net.read(task.parameters)
        x = torch.from_numpy(task.x)
        self.run = make(net)
        self.batches = [x[rows] for rows in task.batches]

    def reset(self) -> None:
        """Do nothing: going forward changes no weights."""

    def advance(self, steps: int) -> None:
        """Run so many batches."""
        with torch.inference_mode():
            for s in range(steps):
                self.run(self.batches[s % len(self.batches)])

    def answer(self) -> Mapping[str, Array]:
        """Give the outputs of the first batch."""
        with torch.inference_mode():
            return {"outputs": numbers(self.run(self.batches[0]).flatten(1))}
