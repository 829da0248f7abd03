"""Where training starts: first weights, as a recipe draws them for what the network will read."""

from simplecell.data.normalise import Normalisation, mean_square
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Array, Examples
from simplecell.spec.network import Network
from simplecell.train.recipes import Recipe


def first_weights(
    network: Network, recipe: Recipe, seed: int, examples: Examples
) -> dict[str, Array]:
    """Draw the first weights; `root` makes the first layer's sums vary as those above do.

    LeNet-5's inputs of 1998 have a mean square of 0.12, not the 1 that the paper speaks of.
    Drawn for 1, the sums of C1 would vary a third as much as those of the other layers.

    Source
        LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, 4.6: of inputs with variance 1.
        Brief: F
    """
    power = 1.0
    if recipe.initial == "root":
        told = Normalisation(examples.scale, examples.shift)
        power = mean_square(examples.pixels, told)
    return initial_parameters(network, seed, recipe.initial, power)
