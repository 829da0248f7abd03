"""Every error that simplecell raises on purpose.

    SimplecellError
    ├── SpecError          a network that cannot be: its JSON, its layers, its tables
    │   └── ShapeError     … whose maps and kernels do not fit
    ├── UnknownName        a network, data set, recipe or option nobody knows
    ├── DataError          a file or array that is not what it says
    ├── FetchError         a file that could not be brought
    ├── ModelError         a model or run folder that is not what it says
    ├── TrainingError      training that cannot go on
    │   └── Diverged       … because the loss or a weight is no longer a number
    ├── StudioError        a request that the studio refuses
    ├── WorkError          a unit of work, or a worker, that cannot go on
    ├── EngineError        an engine that is missing or cannot do what was asked
    └── PlotError          a picture that cannot be drawn

Each message says what was asked, what was found, and what to do next.
"""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 80
"""Characters of a name that are shown."""


class SimplecellError(Exception):
    """An error whose message is written for the person who caused it.

    >>> import simplecell as sc
    >>> try:
    ...     sc.find("lenet6")
    ... except sc.SimplecellError as problem:
    ...     print(str(problem).splitlines()[0])
    no network is called 'lenet6': did you mean 'lenet5'?
    """


class SpecError(SimplecellError):
    """A network description that does not hold together."""


class ShapeError(SpecError):
    """Maps and kernels that do not fit each other."""


class UnknownName(SimplecellError):
    """A name that is not in the list, with the nearest one that is.

    >>> print(UnknownName("network", "lenet6", ["lenet1", "lenet5"]))
    no network is called 'lenet6': did you mean 'lenet5'?
      known: lenet1, lenet5
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=1, cutoff=0.5) if isinstance(name, str) else []
        question = f": did you mean '{near[0]}'?" if near else "."
        # What is no name at all is shown as Python shows it, and not at length.
        told = f"'{name}'" if isinstance(name, str) else repr(name)
        told = told if len(told) <= LONGEST else f"{told[:LONGEST]}..."
        super().__init__(f"no {kind} is called {told}{question}\n  known: {', '.join(names)}")


class DataError(SimplecellError):
    """A file or array of examples that is not what it says it is."""


class FetchError(SimplecellError):
    """A file that could not be brought from where it is published."""


class ModelError(SimplecellError):
    """A model file or run folder that cannot be used."""


class TrainingError(SimplecellError):
    """Training that cannot go on."""


class Diverged(TrainingError):
    """A loss or a weight that is no longer a number: which layer went first, and in which step.

    Epochs and steps count from 1.
    """

    def __init__(self, message: str, layer: str, epoch: int, step: int) -> None:
        super().__init__(message)
        self.layer, self.epoch, self.step = layer, epoch, step


class StudioError(SimplecellError):
    """A request that the studio refuses, with the status of HTTP that says so."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class WorkError(SimplecellError):
    """A unit of work that cannot be finished, or a worker that must not do any."""


class EngineError(SimplecellError):
    """An engine that is missing, or that cannot do what was asked."""


class PlotError(SimplecellError):
    """A picture that cannot be drawn: of this network, of these data, or without matplotlib."""
