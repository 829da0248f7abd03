"""Boosted LeNet-4: three networks, each on what those before it find hard; outputs summed.

Source: LeCun, Bottou, Bengio, Haffner 1998, III.C; Drucker, Schapire, Simard 1993.   Brief: F
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simplecell.engines.choose import engine
from simplecell.reproduce.experiment import Experiment, Measure, Tell, threads
from simplecell.reproduce.training import QUICK_EPOCHS, Teller, dataset, test_part
from simplecell.spec.zoo import find
from simplecell.train.boosting import boost, error_percent
from simplecell.train.recipes import recipe

NETWORK, RECIPE = "lenet4", "lenet1998-distortions"
NAMES = ("first", "second", "third")


def _boosted(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
    network, told = find(NETWORK), recipe(RECIPE)
    told = replace(told, epochs=QUICK_EPOCHS) if quick else told
    data, chosen = dataset(quick, network.input[1:]), engine("auto", threads())
    three = boost(
        network,
        data,
        recipe=told,
        seed=seed,
        engine=chosen,
        callbacks=[Teller(network.name, tell)],
        tell=tell,
    )
    test = test_part(data)
    alone = {
        f"{name}_error_percent": error_percent([model], test, chosen)
        for name, model in zip(NAMES, three.models, strict=True)
    }
    return {
        "test_error_percent": error_percent(three.models, test, chosen),
        **alone,
        "train_error_percent": error_percent(three.models, data.train, chosen),
        "looked_second": three.looked[0],
        "looked_third": three.looked[1],
        "looking_seconds": sum(three.seconds),
        "train_seconds": sum(run.train_seconds for run in three.runs),
        "recipe": three.runs[0].recipe.to_document(),
        "examples": list(three.sets),
    }


EXPERIMENT = Experiment(
    name="boosted",
    title="Boosted LeNet-4, with distortions",
    source="LeCun, Bottou, Bengio, Haffner 1998, III.C; Drucker, Schapire, Simard 1993",
    tasks={"boosted": _boosted},
    measures=(
        Measure(
            "test_error_percent", "three LeNet-4, outputs summed, test error", 0.7, at_least=0.7
        ),
        Measure("first_error_percent", "the first by itself", None),
        Measure("second_error_percent", "the second by itself", None),
        Measure("third_error_percent", "the third by itself", None),
        Measure("train_error_percent", "all three on the training part", None),
        Measure("looked_second", "digits looked at for the second's set", None, unit="digits"),
        Measure("looked_third", "digits looked at for the third's set", None, unit="digits"),
        Measure("looking_seconds", "time to find both sets", None, unit="s"),
        Measure("train_seconds", "training time of all three", None, unit="s"),
    ),
    guesses=(
        "The ranges of the distortions: the paper prints none.",
        "How many examples the second and the third network learn from: ours as many as the"
        " first, 60,000, all of them distorted, and not distorted again.",
    ),
    notes=(
        "A network by itself is meant to be worse the later it comes: the second and the third"
        " see hard digits and hardly any others."
    ),
)
