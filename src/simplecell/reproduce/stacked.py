"""A greedy stack of two autoencoders, before and after the whole is trained.

Softmax regression on raw pixels stands beside it: what no feature at all is worth.

Source: UFLDL tutorial, exercise "Implement deep networks for digit classification", and exercise
"Softmax regression" for the raw pixels.   Brief: A, A4
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from simplecell.data.patches import rows
from simplecell.features.softmax import fit_softmax
from simplecell.features.stack import FINE, WIDTHS, learn_stack
from simplecell.reproduce.experiment import (
    Experiment,
    Measure,
    Picture,
    Results,
    Tell,
    threads,
)
from simplecell.reproduce.training import Teller, course, dataset, test_part
from simplecell.train.evaluation import evaluate


def _run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
    data = dataset(quick, None)
    unseen = test_part(data)
    tell("softmax regression on raw pixels")
    raw = fit_softmax(rows(data.train.pixels), data.train.labels, threads=threads())
    baseline = raw.softmax.accuracy_percent(rows(unseen.pixels), unseen.labels)
    tell("two autoencoders, one on the other")
    recipe = replace(FINE, epochs=2) if quick else FINE
    goes: dict[str, Any] = {"rehearsal": 10, "iterations": 10} if quick else {}
    stack = learn_stack(
        data, (20, 20) if quick else WIDTHS, recipe=recipe, seed=seed, threads=threads(),
        callbacks=[Teller("stack", tell)], **goes,
    )  # fmt: skip
    before = evaluate(stack.before, unseen, threads=threads())
    after = evaluate(stack.run.model, unseen, threads=threads())
    off = [
        abs(layer.history[-1].terms["activation"] / layer.autoencoder.settings.rho - 1)
        for layer in stack.layers
    ]
    return {
        "accuracy_percent": 100 - after.error_percent,
        "before_percent": 100 - before.error_percent,
        "baseline_percent": baseline,
        "seconds": stack.seconds,
        "baseline_seconds": raw.seconds,
        "fine_tuning_seconds": stack.run.train_seconds,
        "activation_off_percent": 100 * max(off),
        "validation_error_percent": stack.run.history[-1].validation_error_percent,
        "curve_validation_error_percent": [
            row.validation_error_percent for row in stack.run.history
        ],
    }


def _pictures(results: Results) -> Sequence[Picture]:
    return course(results, "curve_validation_error_percent", "validation error, %")


EXPERIMENT = Experiment(
    name="stacked",
    title="Two autoencoders, softmax, fine-tuning: 784-200-200-10",
    source="UFLDL tutorial, exercise \"Implement deep networks for digit classification\"",
    tasks={"stack": _run},
    measures=(
        Measure("before_percent", "right, before fine-tuning", 87.7, "%", 87,
                lower_is_better=False),
        Measure("accuracy_percent", "right, after fine-tuning", 97.6, "%", 97.6,
                lower_is_better=False),
        Measure("baseline_percent", "right, softmax on raw pixels", 92.6, "%", 92.3,
                lower_is_better=False),
        Measure("seconds", "time, all of it", None, "s"),
        Measure("fine_tuning_seconds", "of that, fine-tuning", None, "s"),
        Measure("activation_off_percent", "mean activations are off ρ by, at most", None, "%", 20),
    ),
    notes=(
        "The aim after fine-tuning is 98.3 %. The tutorial fine-tunes with L-BFGS; here the stack"
        " becomes a network whose first weights were learnt, and the engine trains it like any"
        " other. How it is trained was chosen on the validation part."
    ),
    pictures=_pictures,
)  # fmt: skip
