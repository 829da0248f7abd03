"""The spec as a torch module: the formulas forward, for autograd to go backward.

`module(network)` is the module for people who go on in PyTorch: its `state_dict()` holds our
parameters by our names and in our shapes. Float32. What each layer is, `layers/` says.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from simplecell.engines.parameters import learned_names, parameter_shapes
from simplecell.engines.protocol import Array, Parameters
from simplecell.engines.pytorch.layers.cells import AnyCells, Cells
from simplecell.engines.pytorch.layers.entries import cells_of
from simplecell.engines.pytorch.squash import squashed
from simplecell.errors import EngineError
from simplecell.formulas.activations import bounds
from simplecell.formulas.losses import POSTERIORS
from simplecell.spec.network import Network


def judged(last: AnyCells, u: Tensor, target: Tensor, loss: str) -> Tensor:
    """Give the mean loss of some examples from the last layer's u."""
    if loss == "squared_error":
        y = squashed(last.function, u).flatten(1)
        return 0.5 * F.mse_loss(y, target, reduction="sum") / len(y)
    scores = -u.flatten(1) if last.layer.gives_distances else u.flatten(1)
    if loss == "mean_square":
        return -scores.gather(1, target[:, None]).mean()
    if loss in POSTERIORS:
        rubbish = scores.new_full((len(scores), 1), -POSTERIORS[loss]["j"])
        scores = torch.cat([POSTERIORS[loss]["share"] * scores, rubbish], 1)
    return F.cross_entropy(scores, target)


class Net(nn.Sequential):
    """A network's layers in order, by their names; calling it gives the last layer's x."""

    def __init__(self, network: Network) -> None:
        cells: OrderedDict[str, nn.Module] = OrderedDict(
            (layer.name, cells_of(layer, below, above))
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
        self._kept = set(parameter_shapes(network)) - set(learned_names(network))
        self.cells: tuple[AnyCells, ...] = tuple(
            cell for cell in self.children() if isinstance(cell, Cells)
        )

    def top(self, x: Tensor) -> Tensor:
        """Give the last layer's u."""
        for cells in self.cells[:-1]:
            x = cells(x)
        return self.cells[-1].weigh(x)

    def judge(self, u: Tensor, target: Tensor, loss: str) -> Tensor:
        """Give the mean loss from the last layer's u, and what the layers add to it.

        `target` is as `targets` makes it.
        """
        cells = self.cells
        return judged(cells[-1], u, target, loss) + sum(cell.penalty() for cell in cells)

    def loss(self, x: Tensor, target: Tensor, loss: str) -> Tensor:
        """Give the mean loss of some examples."""
        return self.judge(self.top(x), target, loss)

    def targets(self, labels: Tensor, loss: str) -> Tensor:
        """Write labels as the loss compares them: as they are, or as one-of-c outputs."""
        if loss != "squared_error":
            return labels
        one_of_c = F.one_hot(labels, self.network.classes).to(torch.float32)
        reach = bounds(self.network.layers[-1].squash)
        return 2 * one_of_c - 1 if reach is not None and reach[0] < 0 else one_of_c

    def draw_from(self, chances: Sequence[int]) -> None:
        """Say what each layer draws from in the step that comes."""
        for cells, chance in zip(self.cells, chances, strict=True):
            cells.chance = chance

    def arrays(self) -> Iterator[tuple[str, Tensor]]:
        """List what is learned, then what is kept and not learned, by name."""
        kept = ((name, own) for name, own in self.named_buffers() if name in self._kept)
        return chain(self.named_parameters(), kept)

    def read(self, parameters: Parameters) -> None:
        """Take over parameters by name."""
        with torch.no_grad():
            for name, own in self.arrays():
                own.copy_(torch.from_numpy(np.array(parameters[name], np.float32)))

    def write(self) -> dict[str, Array]:
        """Give copies of the parameters by name."""
        return {name: numbers(own) for name, own in self.arrays()}


def module(network: Network) -> Net:
    """Make a network a torch module; its weights are 0 until `read` or `load_state_dict`."""
    return Net(network)


def numbers(values: Tensor) -> Array:
    """Copy a tensor into an array."""
    return values.detach().cpu().numpy().copy()
