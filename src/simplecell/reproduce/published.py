"""LeNet-5, LeNet-4 and LeNet-1 as published in 1998, without distortions.

LeNet-5 also says at which rates its weights are moved in the first pass: SDLM gives each
weight its own, rate / (mu + h), and the paper says how far they reach.

Source: LeCun, Bottou, Bengio, Haffner 1998, III.A to III.C; the rates: III.B, appendix C.
Brief: F
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simplecell.engines.protocol import Array
from simplecell.reproduce.experiment import (
    Experiment,
    Measure,
    Picture,
    Results,
    Table,
    Task,
    Tell,
)
from simplecell.reproduce.rates import first_rates
from simplecell.reproduce.training import course, measured, train
from simplecell.spec.zoo import find
from simplecell.train.departures import whole_distances
from simplecell.train.recipes import Recipe, adjusted, recipe

RECIPE = "lenet1998"
# Guess: the rates of 1998 are those of LeNet-5. LeNet-1's were chosen on 10,000 validation digits,
# four seeds: 1, 4 and 8 times as high leave 2.23, 2.07 and 1.99 % wrong; at 16 times one is lost.
LENET1_RATE = 4e-3
PUBLISHED_RATES = (7e-5, 0.016)
BINS = np.logspace(-6, 0, 61)
"""Ten to each power of ten."""
QUANTILES = {"smallest": 0.0, "1 %": 0.01, "median": 0.5, "99 %": 0.99, "largest": 1.0}


def _task(name: str, told: Recipe, *, rates: bool = False) -> Task:
    def run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
        network = find(name)
        first = first_rates(network, told, seed, quick) if rates else {}
        return {**_described(first), **measured(train(network, told, seed, quick, tell), quick)}

    return run


def _tasks() -> dict[str, Task]:
    told = recipe(RECIPE)
    return {
        "lenet5": _task("lenet5", told, rates=True),
        "lenet5-whole-distances": _task("lenet5", whole_distances(told)),
        "lenet4": _task("lenet4", told),
        "lenet1": _task("lenet1", adjusted(told, rate=LENET1_RATE)),
    }


def _described(rates: Mapping[str, Array]) -> dict[str, Any]:
    """Sum up the rates of all weights, and of each array's by itself."""
    if not rates:
        return {}
    everything = np.concatenate([values.ravel() for values in rates.values()])
    counts = np.histogram(np.clip(everything, BINS[0], BINS[-1]), BINS)[0]
    return {
        "rate_smallest": float(everything.min()),
        "rate_median": float(np.median(everything)),
        "rate_largest": float(everything.max()),
        "rates_within_percent": 100 * float(np.mean(_within(everything))),
        "rate_edges": BINS,
        "rate_counts": counts,
        "rate_quantiles": {name: _quantiles(values) for name, values in rates.items()},
    }


def _within(values: Array) -> Array:
    within: Array = (values >= PUBLISHED_RATES[0]) & (values <= PUBLISHED_RATES[1])
    return within


def _quantiles(values: Array) -> dict[str, float]:
    found = {what: float(np.quantile(values, share)) for what, share in QUANTILES.items()}
    return {"weights": values.size, **found}


def _tables(results: Results) -> Sequence[Table]:
    """Say how far the rates of each array reach: geometric means over the seeds."""
    seeds = [result["rate_quantiles"] for result in results.get("lenet5", {}).values()]
    if not seeds:
        return ()
    rows = []
    for name, first in seeds[0].items():
        means = [
            np.exp(np.mean([np.log(seed[name][what]) for seed in seeds])) for what in QUANTILES
        ]
        rows.append((name, f"{first['weights']:,}", *(f"{mean:.2g}" for mean in means)))
    return (
        Table(
            "Effective rates of the first pass, rate / (μ + h)",
            ("array", "weights", *QUANTILES),
            tuple(rows),
            "Published for all of them together: about 7e-5 to 0.016.",
        ),
    )


def _pictures(results: Results) -> Sequence[Picture]:
    pictures = list(course(results, "curve_train_loss", "loss of the pass"))
    seeds = list(results.get("lenet5", {}).values())
    if seeds:
        counts = np.sum([result["rate_counts"] for result in seeds], axis=0)
        data = {
            "edges": seeds[0]["rate_edges"],
            "counts": 100 * counts / counts.sum(),
            "x_label": "effective rate in the first pass",
            "span": PUBLISHED_RATES,
            "span_label": "published: 7e-5 to 0.016",
        }
        caption = "The rate of every weight of LeNet-5 in the first pass, all seeds."
        pictures.append(Picture("rates", "histogram", caption, data))
    return pictures


EXPERIMENT = Experiment(
    name="lenet1998",
    title="LeNet-5 as published, and LeNet-4 and LeNet-1 beside it",
    source="LeCun, Bottou, Bengio, Haffner 1998, III.A to III.C",
    tasks=_tasks(),
    measures=(
        Measure("lenet5.test_error_percent", "LeNet-5, test error", 0.95, at_least=0.95),
        Measure(
            "lenet5-whole-distances.test_error_percent",
            "… by MAP of distances that are not halved",
            None,
        ),
        Measure("lenet5.train_error_percent", "LeNet-5, training error at the end", 0.35),
        Measure("lenet5.train_seconds", "LeNet-5, training time", "2–3 days", "s", at_least=600),
        Measure("lenet5.rate_smallest", "LeNet-5, smallest rate of pass 1", 7e-5, unit=""),
        Measure("lenet5.rate_median", "LeNet-5, median rate of pass 1", None, unit=""),
        Measure("lenet5.rate_largest", "LeNet-5, largest rate of pass 1", 0.016, unit=""),
        Measure("lenet5.rates_within_percent", "LeNet-5, rates within the published", None),
        Measure("lenet4.test_error_percent", "LeNet-4, test error", 1.1, at_least=1.1),
        Measure("lenet1.test_error_percent", "LeNet-1, test error", 1.7, at_least=1.7),
    ),
    guesses=(
        "Which loss gave 0.95 % is not printed: we take MAP, of halved distances, as the authors'"
        " later library does. Equations 7 and 9 print them whole: the second row is of those.",
        "First weights are drawn in ±√(3/F), and C1's for inputs with the mean square that they"
        " have, 0.12. The paper prints ±2.4/F, from which LeNet-5 is lost in the first pass:"
        " nearly every rate is η/μ = 0.025, and the paper's own end at 0.016.",
        "SDLM begins at the RBF outputs with the curvature of the squared distance, whatever the"
        " loss.",
        "j, the distance of the rubbish class, has no published value; ours is the smallest"
        " distance between two of our codes.",
        "The bitmaps of the output layer are our own drawings.",
        "LeNet-4: which maps C3 reads is not printed, nor how 120 units that read all the last"
        " maps go with 17,000 parameters. LeNet-1 and LeNet-4 end in ten tanh units and are"
        " trained by the squared error, LeNet-1 at eight times LeNet-5's rates.",
    ),
    notes=(
        "As printed, with whole distances, it comes to the published error; with halved ones below"
        " it. docs/decisions/0003 says what else was tried, on validation digits."
    ),
    tables=_tables,
    pictures=_pictures,
)
