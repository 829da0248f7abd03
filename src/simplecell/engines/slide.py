"""A network slid over wider images, run by any engine: what it answers at every place.

The sums over maps are the engine's, one pass for all places; the last layer of an RBF or a
softmax network is measured at each place by its formula.

Source: LeCun et al. 1998, VII.   Brief: C12, F
"""

import numpy as np

from simplecell.engines.parameters import check_parameters, parameter_shapes
from simplecell.engines.protocol import Array, Engine, Examples, Parameters
from simplecell.engines.walk import flat, layer_sum, own_arrays
from simplecell.formulas.activations import softmax
from simplecell.spec.layers import Layer
from simplecell.spec.network import Network
from simplecell.spec.slide import slide, step

BLOCK = 1024
"""How many places are measured at a time: distances to codes take room for every difference."""


def slid_parameters(slid: Network, parameters: Parameters) -> dict[str, Array]:
    """Give a network's weights to its slid self: the same numbers, dense ones folded to kernels.

    Shapes
        Dense w (M, C*h*w)      becomes w (M, C, h, w)
    """
    wanted = parameter_shapes(slid)
    return {name: parameters[name].reshape(shape) for name, shape in wanted.items()}


class Slide:
    """One network, made runnable on images of one width."""

    def __init__(self, network: Network, width: int, engine: Engine) -> None:
        self.network = network
        self.slid = slide(network, width)
        self.step = step(network)
        self.places = self.slid.shapes[-1][2]
        self._program = engine.program(self.slid)

    def answers(self, parameters: Parameters, examples: Examples) -> Array:
        """Give at every place what the network's last layer would hand on there.

        Distances if that is an RBF layer, probabilities if it is a softmax.

        Shapes
            pixels (N, C, H, width)      answers (N, places, classes)

        Raises
            ModelError   parameters of another network
            DataError    images of another height or width
        """
        check_parameters(self.network, parameters)
        given = slid_parameters(self.slid, parameters)
        top = self._program.forward(given, examples)
        top = top.reshape(len(examples), *self.slid.shapes[-1][::2]).transpose(0, 2, 1)
        last, features = self.network.layers[-1], top.reshape(-1, top.shape[2])
        if last.slid(self.network.inputs[-1]) is None:
            own = {
                own: a.astype(features.dtype) for own, a in own_arrays(last, parameters).items()
            }
            features = _alone(last, features, own)
        elif last.squash == "softmax":
            features = softmax(features)
        return features.reshape(len(examples), self.places, self.network.classes)


def _alone(last: Layer, x: Array, own: Parameters) -> Array:
    """Give what a layer that is not slid makes of each place by itself."""
    blocks = [
        flat(layer_sum(last, x[at : at + BLOCK, :, None, None], own))
        for at in range(0, len(x), BLOCK)
    ]
    classes = last.shape((x.shape[1], 1, 1))[0]
    return np.concatenate(blocks) if blocks else np.zeros((0, classes), x.dtype)
