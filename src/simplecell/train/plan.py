"""What is decided before pictures of one's own are learnt: how they are read, how long, by what.

Pictures that have one object on a calm ground are cropped to it where a trial finds that it
helps. The network is LeNet-5's plan, or a larger one where the time that was given has room for
it and a trial finds that it helps. Each decision is said, with the figures it rests on, and each
can be made without a trial. `fit` and the command line decide here, and so decide alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from simplecell.data.crop import have_objects
from simplecell.data.picture import FITTED
from simplecell.data.sources import Dataset, load
from simplecell.engines.protocol import Engine
from simplecell.spec.network import Network
from simplecell.spec.preset import larger as larger_network
from simplecell.spec.preset import preset
from simplecell.train import trial
from simplecell.train.guard import is_taught_own, lesson
from simplecell.train.recipes import Recipe, lengthened, recipe
from simplecell.train.trial import Trial

SECONDS = 25.0
"""Pictures of one's own take so long, trials and guard included, unless somebody says how long."""

LEAST, MOST = 8, 400
"""... but for so many epochs at least, and at most."""

LONG = 60.0
"""From so many seconds on, a larger network is tried."""

HEART, OFTEN, ENOUGH = 0.5, 5.0, 40
"""Known by heart: so few percent wrong. Often wrong: so many, of so many pictures at least."""

LEARNING = 0.4
"""Of the time that is given, learning gets this share at least, whatever went before."""

GUARDED, UNKNOWN = 1.4, 0.15
"""A guard takes so many times as long as its lesson alone; or, where no trial has shown the pace
of this machine, such a share of the time."""

Tell = Callable[[str], None]


def is_own(data: Dataset) -> bool:
    """Say whether the data are pictures of one's own: in class folders, or in a list."""
    return data.reading in FITTED


def own_recipe(name: str | None, data: Dataset) -> Recipe:
    """Give the recipe that was named, or the one that suits the data.

    Of few pictures of one's own, a named recipe is lengthened: a pass over them is but a few
    steps.

    >>> import simplecell as sc
    >>> own_recipe(None, sc.load("digits")).name
    'fast'
    """
    if name is None:
        return recipe("pictures" if is_own(data) else "fast")
    return lengthened(recipe(name), len(data.train)) if is_own(data) else recipe(name)


@dataclass(frozen=True)
class Cropping:
    """What the trial of cropping found, and the data as they are to be read."""

    trial: Trial
    data: Dataset

    def __str__(self) -> str:
        """Say it, and how it is decided otherwise."""
        found, crops = self.trial, self.trial.second
        kept, other = ("cropped to their object", "--whole") if crops else ("whole", "--crop")
        return (
            f"Pictures are read {kept}: a trial on {found.pictures:,} of them had"
            f" {found.second_percent:.1f} % errors cropped and {found.first_percent:.1f} % whole"
            f" ({other} decides otherwise)."
        )


def try_crop(
    data: Dataset,
    again: Callable[[], Dataset],
    seed: int,
    engine: Engine,
    seconds: float = SECONDS,
) -> Cropping | None:
    """Learn pictures whole and cropped; None where they have no objects to be cropped to.

    `again` loads the same pictures cropped; `seconds` is the time of the whole run.
    """
    if data.reading != "fitted" or not have_objects(data.train.pixels):
        return None
    cropped = again()
    if cropped.train.pixels.shape != data.train.pixels.shape:
        return None
    _, *shape = data.train.pixels.shape
    network = preset(len(data.classes), (shape[0], shape[1], shape[2]))
    each = [(one, network, trial.examples_for(seconds)) for one in (data, cropped)]
    found = trial.compare(each[0], each[1], recipe("pictures"), seed, engine)
    return Cropping(found, cropped if found.second else data)


@dataclass(frozen=True)
class Sizing:
    """What the trial of a larger network found, and the network that is taken."""

    trial: Trial
    network: Network

    def __str__(self) -> str:
        """Say it, and how it is decided otherwise."""
        found = self.trial
        kind = "a larger one" if found.second else "LeNet-5's plan"
        return (
            f"The network is {kind}: a trial on {found.pictures:,} pictures had"
            f" {found.second_percent:.1f} % errors with the larger one and"
            f" {found.first_percent:.1f} % without (--net decides otherwise)."
        )


def try_larger(data: Dataset, seconds: float, seed: int, engine: Engine) -> Sizing | None:
    """Let LeNet-5's plan and a larger network learn; None where the time has no room for it."""
    if seconds < LONG:
        return None
    _, *shape = data.train.pixels.shape
    told = len(data.classes), (shape[0], shape[1], shape[2])
    small, large = preset(*told), larger_network(*told)
    # The one learns several times as fast as the other, and so may read as many times as much.
    each = ((data, small, 4 * trial.EXAMPLES), (data, large, trial.EXAMPLES))
    found = trial.compare(each[0], each[1], recipe("pictures"), seed, engine)
    return Sizing(found, large if found.second else small)


def warning(
    learnt: Callable[[], float], validation_percent: float, pictures: int, told: Recipe
) -> str | None:
    """Warn where what was learnt is known by heart, and what was not is often wrong.

    `learnt` measures the error on training pictures as they are, where it is asked for;
    `pictures` is how many the validation error rests on.

    >>> print(warning(lambda: 0.0, 30.0, 200, recipe("fast")))  # doctest: +ELLIPSIS
    Note: the training pictures are known by heart (0.0 % wrong), and 30.0 % of 200 others are ...
    """
    if validation_percent < OFTEN or pictures < ENOUGH or (train_percent := learnt()) > HEART:
        return None
    advice = (
        "More pictures would help; so may more time, as --minutes 2."
        if told.distortion is not None
        else "More pictures would help, or the recipe 'pictures', which distorts those there are."
    )
    return (
        f"Note: the training pictures are known by heart ({train_percent:.1f} % wrong), and"
        f" {validation_percent:.1f} % of {pictures:,} others are wrong. {advice}"
    )


def remaining(seconds: float, spent: float, reserved: float = 0.0) -> float:
    """Say how many of the seconds that were given are left to learn in.

    >>> remaining(25, 7, 5), remaining(25, 100)
    (13, 10.0)
    """
    return max(LEARNING * seconds, seconds - spent - reserved)


def guard_seconds(data: Dataset, share: float, pace: float | None, seconds: float) -> float:
    """Guess how long it takes to teach a guard, by the pace that a trial has shown.

    `share` is the validation part's.
    """
    if not is_own(data) or not is_taught_own(data):
        return 0.0
    if pace is None:
        return UNKNOWN * seconds
    return GUARDED * pace * lesson(round((1 - share) * len(data.train)))


def time_for(told: Any, data: Dataset) -> tuple[float, tuple[int, int]] | None:
    """Give the minutes, and the fewest and most epochs, of a run that nobody says the length of.

    None where a recipe was named, which has its epochs, or the data are no pictures of one's own.
    """
    if told is not None or not is_own(data):
        return None
    return SECONDS / 60, (LEAST, MOST)


class Decision(NamedTuple):
    """A network, data as it reads them, why; and a small network's seconds for an example."""

    network: Network
    data: Dataset
    said: tuple[str, ...] = ()
    pace: float | None = None


def decide(
    network: Network,
    data: Dataset,
    source: Any,
    *,
    crop: bool | None,
    larger: bool,
    minutes: float | None,
    seed: int,
    engine: Engine,
    told: bool = False,
) -> Decision:
    """Decide how pictures of one's own are read, and by which network; say why.

    `source` is the path they came from; what is no path is read as it is. `larger` lets another
    network be taken. A run that is gone on with (`told`) is cropped only if `crop` says so.
    """
    if told or not isinstance(source, str | PathLike) or data.reading != "fitted":
        return Decision(network, data)
    said: list[str] = []
    pace: float | None = None
    seconds = SECONDS if minutes is None else 60 * minutes
    if crop is None:

        def again() -> Dataset:
            channels, height, width = data.train.pixels.shape[1:]
            place = Path(source) if isinstance(source, PathLike) else source
            return load(place, size=(height, width), channels=channels, crop=True)

        found = try_crop(data, again, seed, engine, seconds)
        if found is not None:
            data, pace = found.data, found.trial.pace
            said.append(str(found))
    if larger and minutes is not None:
        sized = try_larger(data, seconds, seed, engine)
        if sized is not None:
            network, pace = sized.network, sized.trial.pace
            said.append(str(sized))
    return Decision(network, data, tuple(said), pace)
