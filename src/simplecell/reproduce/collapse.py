"""The paper's MSE collapses when the codes of the classes are learned, and MAP does not.

    MSE   E = distance to the right code      nothing pushes the codes of two classes apart
    MAP   E = -log posterior of the class     nearness to a wrong code costs

With MSE all codes and all features may meet in one place, at no cost and of no use.

Source: LeCun, Bottou, Bengio, Haffner 1998, II.C.   Brief: C14, F
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from simplecell.engines.parameters import code_values
from simplecell.engines.protocol import Array
from simplecell.reproduce.experiment import (
    Experiment,
    Measure,
    Picture,
    Results,
    Task,
    Tell,
)
from simplecell.reproduce.training import course, measured, train
from simplecell.spec.layers import RBF
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.callbacks import Callback
from simplecell.train.checkpoint import read_checkpoint
from simplecell.train.recipes import recipe

RECIPE = "lenet1998"
VALIDATION = 1 / 12
CODES = "RBF.w"


def spread(codes: Array) -> float:
    """Give the mean squared distance between two codes of different classes.

    Shapes
        codes (K, J)

    >>> spread(np.array([[0.0, 0.0], [3.0, 4.0]]))
    25.0
    """
    away = ((codes[:, None] - codes) ** 2).sum(axis=2)
    return float(away.sum() / (len(codes) * (len(codes) - 1)))


class _Watch(Callback):
    """Measures the codes after each pass, from the checkpoint that was just saved."""

    def __init__(self) -> None:
        self.path = Path()
        self.spreads: list[float] = []

    def saved(self, path: Path) -> None:
        """Learn where checkpoints are."""
        self.path = path

    def epoch(self, row: Any) -> None:
        """Read the codes as the pass left them."""
        codes = read_checkpoint(self.path / "checkpoint.safetensors").state.parameters[CODES]
        self.spreads.append(spread(codes.astype(np.float64)))


def _network(learned: bool) -> Network:
    network = find("lenet5")
    *layers, output = network.layers
    if not isinstance(output, RBF):
        raise TypeError(f"{network.name} ends in {output.type}, and codes are an RBF layer's.")
    return replace(network, layers=(*layers, replace(output, learned=learned)))


def _task(loss: str, learned: bool) -> Task:
    def run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
        network = _network(learned)
        told = replace(recipe(RECIPE), loss=loss, validation=VALIDATION)
        output = network.layers[-1]
        start = spread(code_values(output)) if isinstance(output, RBF) else 0.0
        watch = _Watch()
        with TemporaryDirectory() as folder:
            options: dict[str, Any] = (
                {"callbacks": [watch], "out": Path(folder) / "run"} if learned else {}
            )
            trained = train(network, told, seed, quick, tell, **options)
        spreads = watch.spreads or [start] * len(trained.history)
        return {
            **measured(trained, quick),
            "loss_last": trained.history[-1].train_loss,
            "spread_first": start,
            "spread_last": spreads[-1],
            "spread_percent": 100 * spreads[-1] / start,
            "curve_spread": [start, *spreads],
        }

    return run


def _pictures(results: Results) -> Sequence[Picture]:
    series = {
        task: {
            "x": list(range(len(next(iter(by.values()))["curve_spread"]))),
            "runs": [result["curve_spread"] for result in by.values()],
        }
        for task, by in results.items()
    }
    what = "mean squared distance between codes"
    data = {"series": series, "x_label": "pass", "y_label": what, "y_log": True}
    errors = course(results, "curve_validation_error_percent", "validation error, %")
    return (
        Picture("spread", "curves", f"The {what} after each pass.", data),
        *(replace(picture, name="error") for picture in errors),
    )


EXPERIMENT = Experiment(
    name="collapse",
    title="Learned codes: MSE collapses, MAP does not",
    source="LeCun, Bottou, Bengio, Haffner 1998, II.C",
    tasks={
        "mse-learned": _task("mean_square", learned=True),
        "map-learned": _task("map", learned=True),
        "mse-fixed": _task("mean_square", learned=False),
        "map-fixed": _task("map", learned=False),
    },
    measures=(
        Measure(
            "mse-learned.spread_percent",
            "MSE, learned codes: distance between codes left",
            "collapses",
        ),
        Measure("mse-learned.loss_last", "MSE, learned codes: E in the last pass", None, unit=""),
        Measure("mse-learned.test_error_percent", "MSE, learned codes: test error", None),
        Measure(
            "map-learned.spread_percent",
            "MAP, learned codes: distance between codes left",
            "does not collapse",
        ),
        Measure("map-learned.test_error_percent", "MAP, learned codes: test error", None),
        Measure("mse-fixed.loss_last", "MSE, fixed codes: E in the last pass", None, unit=""),
        Measure("mse-fixed.test_error_percent", "MSE, fixed codes: test error", None),
        Measure("map-fixed.test_error_percent", "MAP, fixed codes: test error", None),
    ),
    guesses=(
        "j, the distance of the rubbish class, has no published value; ours is the smallest"
        " distance between two of our codes.",
        "Learned codes start as the bitmaps, and move at SDLM's rates like any other weight.",
    ),
    notes=(
        "A collapse is codes that run together while E falls: distances between codes are squared"
        " and averaged over the 45 pairs, E is MSE's mean distance to the right code. The error"
        " need not rise to 90 %: the order of distances says something even where all of them are"
        " almost nought, and as the published rates fall the collapse slows down before it is"
        " complete. A twelfth of the training part is kept aside, to judge each pass."
    ),
    pictures=_pictures,
)
