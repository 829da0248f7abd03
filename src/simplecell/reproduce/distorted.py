"""LeNet-5 trained on digits that are distorted anew in every pass, as published in 1998.

Source: LeCun, Bottou, Bengio, Haffner 1998, III.B.   Brief: F
"""

from collections.abc import Mapping, Sequence
from typing import Any

from simplecell.reproduce.experiment import Experiment, Measure, Picture, Results, Tell
from simplecell.reproduce.training import course, measured, train
from simplecell.spec.zoo import find

RECIPE = "lenet1998-distortions"


def _run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
    return measured(train(find("lenet5"), RECIPE, seed, quick, tell), quick)


def _pictures(results: Results) -> Sequence[Picture]:
    return course(results, "curve_train_loss", "loss on the distorted digits of the pass")


EXPERIMENT = Experiment(
    name="distortions",
    title="LeNet-5 on distorted digits",
    source="LeCun, Bottou, Bengio, Haffner 1998, III.B",
    tasks={"lenet5": _run},
    measures=(
        Measure("test_error_percent", "test error", 0.8, at_least=0.8),
        Measure("train_error_percent", "error on the undistorted training digits", None),
        Measure("train_seconds", "training time", None, unit="s"),
    ),
    guesses=(
        "How far each distortion goes is not printed; ours are in data/distortion.py.",
        "540,000 distorted digits are nine of each; with the 60,000 they take turns over the"
        " passes, which are of 60,000 digits as before: the paper does not say how many passes.",
        "Which loss is not printed: we take MAP of halved distances, our own bitmaps and j.",
    ),
    pictures=_pictures,
)
