"""Why convolution: the same neurons wired in three ways, on the same task.

    full      every neuron reads the whole picture
    local     every neuron reads a patch of its own, with weights of its own
    shared    the same patches, one set of weights for all neurons of a map: convolution
    narrow    every neuron reads the whole picture, and there are so few of them that the network
              has as many parameters as the one that shares

In the first three, 8 x 12 x 12 = 1,152 neurons with tanh read 28x28 digits, and ten softmax units
read those. So nothing differs but the wiring of the first layer: 904,320, 29,952 or 208
parameters. Each is trained on all the training digits, and on a few.

Source: the deck, "Why convolution"; LeCun 1989, "Generalization and network design strategies",
which compares the same three.   Brief: B, B1-B6
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from simplecell.data.part import split
from simplecell.data.sources import Dataset
from simplecell.reproduce.earlier import FAST
from simplecell.reproduce.experiment import (
    Experiment,
    Measure,
    Results,
    Table,
    Task,
    Tell,
    threads,
)
from simplecell.reproduce.training import QUICK_EPOCHS, Teller, dataset, test_part
from simplecell.spec.accounting import count_network
from simplecell.spec.layers import Conv, Dense, Layer, Local
from simplecell.spec.network import Network
from simplecell.train.evaluation import evaluate
from simplecell.train.loop import fit
from simplecell.train.recipes import adjusted

MAPS, KERNEL, STRIDE = 8, (5, 5), (2, 2)
FEW = 1000
EPOCHS, FEW_EPOCHS = 8, 60
"""Sixty passes over few digits are as many steps as one over all."""

RATES = {"full": 1e-3, "local": 3e-3, "shared": 3e-3, "narrow": 3e-3}
"""Chosen for each wiring on the validation part."""


def network(wiring: str, side: int = 28) -> Network:
    """Describe a network whose first layer is wired in one of these ways."""
    inside = (side - KERNEL[0]) // STRIDE[0] + 1
    neurons = MAPS * inside * inside
    shares = MAPS * (math.prod(KERNEL) + 1) + 10 * (neurons + 1)
    layers: dict[str, Layer] = {
        "full": Dense("H1", neurons, "tanh"),
        "local": Local("H1", MAPS, KERNEL, STRIDE, squash="tanh"),
        "shared": Conv("H1", MAPS, KERNEL, STRIDE, squash="tanh"),
        "narrow": Dense("H1", round(shares / (side * side + 1 + 10)), "tanh"),
    }
    return Network(wiring, (1, side, side), (layers[wiring], Dense("F2", 10, "softmax")))


def few(data: Dataset, seed: int, count: int) -> Dataset:
    """Keep `count` training examples, of every class alike; other seeds keep others."""
    return replace(data, train=split(data.train, count, seed)[1])


def _task(wiring: str) -> Task:
    def run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
        data = dataset(quick, None)
        net = network(wiring, data.train.pixels.shape[2])
        counted = count_network(net)
        found: dict[str, Any] = {
            "parameters": counted.total.parameters,
            "first_layer_parameters": counted.layers[0].count.parameters,
        }
        told = adjusted(FAST, rate=RATES[wiring])
        parts = {"": (data, EPOCHS), "few_": (few(data, seed, 100 if quick else FEW), FEW_EPOCHS)}
        for which, (part, epochs) in parts.items():
            got = fit(
                net, part, recipe=told, epochs=QUICK_EPOCHS if quick else epochs, seed=seed,
                threads=threads(), callbacks=[Teller(f"{which}{wiring}", tell)],
            )  # fmt: skip
            judged = evaluate(got.model, test_part(data), threads=threads())
            found[f"{which}test_error_percent"] = judged.error_percent
            found[f"{which}seconds_per_epoch"] = got.train_seconds / len(got.history)
            found[f"{which}validation_error_percent"] = got.history[-1].validation_error_percent
        return found

    return run


def _tables(results: Results) -> Sequence[Table]:
    """Put the three wirings side by side."""
    names = {
        "first_layer_parameters": ("parameters of the first layer", "{:,.0f}"),
        "parameters": ("parameters in all", "{:,.0f}"),
        "seconds_per_epoch": ("seconds a pass over all digits", "{:.2f}"),
        "test_error_percent": ("test error, all digits learned from", "{:.2f} %"),
        "few_test_error_percent": (f"test error, {FEW:,} digits learned from", "{:.2f} %"),
    }
    rows = [
        (what, *(_mean(results.get(wiring, {}), name, form) for wiring in RATES))
        for name, (what, form) in names.items()
    ]
    return (
        Table(
            "The same neurons, wired in three ways; and as few parameters, wired fully",
            ("", *RATES),
            tuple(rows),
        ),
    )


def _mean(by_seed: Mapping[int, Mapping[str, Any]], name: str, form: str) -> str:
    """Write the mean over the seeds, with its standard deviation where it has one."""
    values = [float(result[name]) for result in by_seed.values() if name in result]
    if not values:
        return ""
    mean = form.format(statistics.fmean(values))
    if len(values) < 2 or len(set(values)) == 1 or "%" not in form:
        return mean
    return f"{mean.removesuffix(' %')} ± {form.format(statistics.stdev(values))}"


EXPERIMENT = Experiment(
    name="why-convolution",
    title="Why convolution: full, local and shared connections",
    source='the deck, "Why convolution"; no published number',
    tasks={wiring: _task(wiring) for wiring in RATES},
    measures=tuple(
        Measure(f"{wiring}.{name}", f"{wiring}: {what}", None, unit)
        for name, what, unit in (
            ("first_layer_parameters", "parameters of the first layer", ""),
            ("seconds_per_epoch", "a pass over all digits", "s"),
            ("test_error_percent", "test error, all digits", "%"),
            ("few_test_error_percent", f"test error, {FEW:,} digits", "%"),
        )
        for wiring in RATES
    ),
    seeds=3,
    notes=(
        "In the network that shares, the ten output units hold 11,530 of its 11,738 parameters."
        " The rate of each wiring was chosen on the validation part."
    ),
    tables=_tables,
)
