"""The update rules on torch.optim: a State in, its parameters moved, its running means kept."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import SGD, AdamW, Optimizer

from simplecell.engines.protocol import State, Update
from simplecell.engines.pytorch.net import Net, numbers

MEANS = {
    "sgd": {"momentum_buffer": "v"},
    "adam": {"exp_avg": "m", "exp_avg_sq": "v"},
    "sdlm": {"curvature": "h"},
}
"""What an optimiser calls each array beside the weights, and what a State calls it."""


class Diagonal(Optimizer):
    """The rule sdlm, which torch.optim does not have: one rate for each weight.

        step = rate / (mu + h)        w = (1 - step * decay) * w - step * dw

    Source: LeCun et al. 1998, appendix C.   Brief: F
    """

    def __init__(self, weights: Iterable[Tensor], mu: float, decay: float) -> None:
        super().__init__(weights, {"lr": 0.0, "mu": mu, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move every weight once."""
        for group in self.param_groups:
            for own in group["params"]:
                steps = group["lr"] / (group["mu"] + self.state[own]["curvature"])
                own.sub_(steps * (own.grad + group["decay"] * own))


def optimiser_of(net: Net, state: State, update: Update) -> Optimizer:
    """Make the torch.optim that `update` describes, with the arrays of `state`."""
    optimiser: Optimizer
    if update.rule == "adam":
        betas = (update.momentum, update.second)
        optimiser = AdamW(net.parameters(), 0.0, betas, update.epsilon, update.decay, fused=True)
    elif update.rule == "sdlm":
        optimiser = Diagonal(net.parameters(), update.mu, update.decay)
    else:
        optimiser = SGD(net.parameters(), 0.0, update.momentum, fused=True)
    for name, own in net.named_parameters():
        for theirs, ours in MEANS[update.rule].items():
            values = state.slots.get(ours, {}).get(name, np.zeros(own.shape))
            optimiser.state[own][theirs] = own.new_tensor(values)
        if update.rule == "adam":
            optimiser.state[own]["step"] = torch.tensor(float(state.steps), device=own.device)
    return optimiser


def step(optimiser: Optimizer, rate: float, update: Update) -> None:
    """Move every parameter once; the decay of SGD is ours, since torch's enters the means."""
    for group in optimiser.param_groups:
        group["lr"] = rate
        if update.rule == "sgd" and update.decay:
            with torch.no_grad():
                for own in group["params"]:
                    own.mul_(1 - rate * update.decay)
    optimiser.step()


def keep(net: Net, optimiser: Optimizer, state: State, update: Update, steps: int) -> None:
    """Write what training changed back into `state`."""
    state.steps += steps
    state.parameters.update(net.write())
    means = {} if update.rule == "sgd" and not update.momentum else MEANS[update.rule]
    for theirs, ours in means.items():
        state.slots[ours] = {
            name: numbers(optimiser.state[own][theirs]) for name, own in net.named_parameters()
        }
