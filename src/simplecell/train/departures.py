"""The usual departures from the recipe of 1998, one function each; those of the network beside.

>>> from simplecell.spec.zoo import find
>>> from simplecell.train.recipes import recipe
>>> network, told = depart(find("lenet5"), recipe("lenet1998"), ["relu", "adam"])
>>> network.name, told.name, told.update.rule
('lenet5-relu', 'lenet1998-adam', 'adam')
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from simplecell.errors import UnknownName
from simplecell.spec import departures as of_network
from simplecell.spec.network import Network
from simplecell.train.optimisers import optimiser
from simplecell.train.recipes import Recipe, adjusted
from simplecell.train.schedules import Schedule

# Guess: both rates were chosen on the validation part, seed 0, five passes from +-2.4/F: SGD's
# among 3e-4, 1e-3 and 3e-3 (1.9, 1.8 and 8.4 % wrong), Adam's of 1e-3 and 3e-3 (2.6 and 3.1 %).
SGD_RATE, ADAM_RATE = 1e-3, 1e-3


def adam(recipe: Recipe) -> Recipe:
    """Follow Adam, 64 examples a step, in place of SDLM; the rate takes the same course."""
    return adjusted(replace(recipe, update=optimiser("adam")), batch=64, rate=ADAM_RATE)


# Guess: nobody says which rate goes with a batch of 64. Ours grows by the root of the batch, at
# which the noise in a step stays as it was.
def batch_64(recipe: Recipe) -> Recipe:
    """Take a step for every 64 examples, at 8 times the rate."""
    rate = recipe.schedule.rate * (64 / recipe.batch) ** 0.5
    return adjusted(recipe, batch=64, rate=rate)


def one_rate(recipe: Recipe) -> Recipe:
    """Give all weights one rate, on the same course: plain gradient descent in place of SDLM."""
    return adjusted(replace(recipe, update=optimiser("sgd")), rate=SGD_RATE)


def constant_rate(recipe: Recipe) -> Recipe:
    """Keep the first pass's rate in all passes."""
    return replace(recipe, schedule=Schedule("constant", recipe.schedule.rate))


def cross_entropy(recipe: Recipe) -> Recipe:
    """Train RBF outputs by cross-entropy: MAP without the rubbish class."""
    return replace(recipe, loss="cross_entropy")


def whole_distances(recipe: Recipe) -> Recipe:
    """Train RBF outputs by MAP of distances that are not halved, as equations 7 and 9 print it."""
    return replace(recipe, loss="map")


def mean_square(recipe: Recipe) -> Recipe:
    """Train RBF outputs by the distance from the right code alone, equation 8 of the paper."""
    return replace(recipe, loss="mean_square")


def standard_normalisation(recipe: Recipe) -> Recipe:
    """Bring pixels to mean 0 and variance 1."""
    return replace(recipe, normalisation="standard")


def glorot(recipe: Recipe) -> Recipe:
    """Draw first weights in +-sqrt(6 / (fan in + fan out))."""
    return replace(recipe, initial="glorot")


def literal_start(recipe: Recipe) -> Recipe:
    """Draw first weights in +-2.4/F, as appendix A of the paper prints it."""
    return replace(recipe, initial="fan_in")


DEPARTURES: dict[str, Callable[[Recipe], Recipe]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        *(adam, batch_64, one_rate, constant_rate, cross_entropy, mean_square),
        *(whole_distances, standard_normalisation, glorot, literal_start),
    )
}
"""Departures of the recipe by name; those of the network are in spec/departures.py."""


def depart(network: Network, recipe: Recipe, names: Iterable[str]) -> tuple[Network, Recipe]:
    """Depart from a network and a recipe in some things; their names say so.

    Raises
        UnknownName   no such departure, of networks or of recipes
        SpecError     a network that has nothing of what would be changed
    """
    for name in names:
        if name in DEPARTURES:
            recipe = replace(DEPARTURES[name](recipe), name=f"{recipe.name}-{name}")
        elif name in of_network.DEPARTURES:
            network = of_network.depart(network, name)
        else:
            raise UnknownName("departure", name, [*DEPARTURES, *of_network.DEPARTURES])
    return network, recipe
