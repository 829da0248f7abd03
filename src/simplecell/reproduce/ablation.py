"""What each usual departure from LeNet-5 as published does to its test error.

Seven public trackers say "this is not LeNet-5". Here every departure is made by itself, in the
network or in the recipe, and its error is held against the published network's, seed by seed.

Source: LeCun, Bottou, Bengio, Haffner 1998, II.B, III.B; what public copies do.   Brief: F
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from simplecell.errors import TrainingError
from simplecell.reproduce.experiment import (
    Experiment,
    Measure,
    Picture,
    Results,
    Table,
    Task,
    Tell,
)
from simplecell.reproduce.pairs import Effect, effect, signed
from simplecell.reproduce.training import measured, train
from simplecell.spec import departures as of_network
from simplecell.spec.accounting import count_network
from simplecell.spec.zoo import find
from simplecell.train import departures as of_recipe
from simplecell.train.departures import depart
from simplecell.train.recipes import recipe

RECIPE = "lenet1998"
REFERENCE = "published"
ERROR = "test_error_percent"
LOST = 20.0
"""A departure that adds so many percent has learned nothing; beside it no other would be seen."""


def _departures() -> dict[str, str]:
    """List every departure and, in words, what it is: the network's first."""
    return {
        name: (inspect.getdoc(made) or name).splitlines()[0].rstrip(".")
        for name, made in (of_network.DEPARTURES | of_recipe.DEPARTURES).items()
    }


def _task(names: Sequence[str]) -> Task:
    def run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
        network, told = depart(find("lenet5"), recipe(RECIPE), names)
        parameters = count_network(network).total.parameters
        try:
            trained = train(network, told, seed, quick, tell)
        except TrainingError as problem:
            return {
                "parameters": parameters,
                "diverged": str(problem).splitlines()[0],
                ERROR: None,
            }
        return {"parameters": parameters, **measured(trained, quick)}

    return run


def effects(results: Results) -> dict[str, Effect]:
    """Give what each departure does to the test error, the most harmful first."""
    reference = results.get(REFERENCE, {})
    found = {
        name: change
        for name, by_seed in results.items()
        if name != REFERENCE and (change := effect(reference, by_seed, ERROR)) is not None
    }
    return dict(sorted(found.items(), key=lambda entry: -entry[1].mean))


def _tables(results: Results) -> Sequence[Table]:
    words = {REFERENCE: "as published", **_departures()}
    rows = []
    for name, change in effects(results).items():
        by_seed = results[name]
        parameters = next(iter(by_seed.values()))["parameters"]
        rows.append(
            (
                name,
                words[name],
                f"{parameters:,}",
                signed(change.mean, 2, " %"),
                signed(change.in_sd, 1),
                signed(change.t, 1),
                str(change.seeds),
            )
        )
    for name, by_seed in results.items():
        lost = sum(result[ERROR] is None for result in by_seed.values())
        if lost:
            diverged = f"diverged with {lost} of {len(by_seed)} seeds"
            rows.append((name, words[name], "", diverged, "", "", ""))
    return (
        Table(
            "What each departure does to the test error",
            ("departure", "what it is", "parameters", "change", "in s.d.", "paired t", "seeds"),
            tuple(rows),
            "A positive change is more errors. In s.d.: the mean change over the standard"
            " deviation of the published network's error over the seeds. Paired t: over the"
            " standard error of the change, seed by seed.",
        ),
    )


def _pictures(results: Results) -> Sequence[Picture]:
    whole = effects(results)
    found = {name: change for name, change in whole.items() if change.mean < LOST}
    if not found:
        return ()
    data = {
        "labels": list(found),
        "values": [change.mean for change in found.values()],
        "spreads": [change.sd or 0.0 for change in found.values()],
        "x_label": "change of the test error, % of the test digits",
    }
    caption = "What each departure does to the test error: mean and s.d. of the paired changes."
    if lost := [name for name in whole if name not in found]:
        caption += f" Left out, as nothing was learned: {', '.join(lost)}."
    return (Picture("effects", "bars", caption, data),)


EXPERIMENT = Experiment(
    name="ablation",
    title="Every usual departure from LeNet-5 as published, by itself",
    source="LeCun, Bottou, Bengio, Haffner 1998, II.B, III.B; only the first is published",
    tasks={REFERENCE: _task(()), **{name: _task((name,)) for name in _departures()}},
    measures=(
        Measure(f"{REFERENCE}.{ERROR}", "as published", 0.95),
        *(Measure(f"{name}.{ERROR}", what, None) for name, what in _departures().items()),
    ),
    guesses=(
        "What the published network and recipe leave open is guessed for all alike: the loss, j,"
        " the bitmaps.",
    ),
    notes=(
        "Each departure is made by itself; all else, the rates of SDLM too, stays as published,"
        " so that a departure which would want other rates looks worse than it need. SGD and Adam"
        " have rates of their own, chosen on the validation part."
    ),
    tables=_tables,
    pictures=_pictures,
)
