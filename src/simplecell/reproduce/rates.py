"""The rates at which SDLM moves each weight in the first pass, before anything is learned.

    rate[w] = rate / (mu + h[w])        h the diagonal Gauss-Newton curvature of the mean loss

Source: LeCun, Bottou, Bengio, Haffner 1998, III.B and appendix C.   Brief: F
"""

from simplecell.data.normalise import published, standard
from simplecell.data.part import split
from simplecell.engines.choose import engine
from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.protocol import Array, Examples
from simplecell.reproduce.experiment import threads
from simplecell.reproduce.training import dataset
from simplecell.spec.network import Network
from simplecell.train.recipes import Recipe, default_loss, settled
from simplecell.train.sampler import Pictures
from simplecell.train.start import first_weights


def first_rates(network: Network, recipe: Recipe, seed: int, quick: bool) -> dict[str, Array]:
    """Give the rate of every weight that there is, by the name of its array.

    The curvature is measured on the examples, and from the weights, that `fit` begins with.
    Connections that a table leaves out have no rate.

    Shapes
        each (weights,)
    """
    told = settled(recipe, network)
    part = split(dataset(quick, network.input[1:]).train, told.validation, seed)[0]
    scale = standard(part.pixels) if told.normalisation == "standard" else published()
    examples = Examples(part.pixels, part.labels, scale.scale, scale.shift)
    chosen = engine("auto", threads())
    some = Pictures(examples, told, seed, chosen.threads).sample(0, told.curvature_examples)
    start = first_weights(network, told, seed, examples)
    loss = told.loss or default_loss(network)
    bends = chosen.program(network).curvature(start, some, loss)
    rate = told.schedule.rate
    return {
        name: (rate / (told.update.mu + h))[_there(network, name, h)] for name, h in bends.items()
    }


def _there(network: Network, name: str, values: Array) -> Array:
    """Mark the weights that exist.

    Shapes
        gives a mask of the shape of `values`
    """
    there: Array = values == values
    layer_name, own = name.split(".")
    layer = network.layer(layer_name)
    present = formulas_of(layer).present(network.inputs[network.layers.index(layer)])
    if present is not None and own == "w":
        there &= present.reshape(*present.shape, *[1] * (values.ndim - 2))
    return there
