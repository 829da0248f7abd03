"""Time to a target: the training seconds until 99 % of MNIST's test pictures are read right.

The test part is looked at after each epoch, off the clock. Nothing is chosen by it: the recipe
is fixed, and training stops at the first epoch that is good enough.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from simplecell.data.normalise import published, standard
from simplecell.data.part import Part, split
from simplecell.data.sources import Dataset, load
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.protocol import Engine, Examples
from simplecell.errors import DataError
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.callbacks import Callback
from simplecell.train.checkpoint import read_checkpoint
from simplecell.train.evaluation import measure
from simplecell.train.folder import RunFolder
from simplecell.train.history import Epoch
from simplecell.train.loop import fit
from simplecell.train.recipes import Recipe, default_loss, recipe

PERCENT = 99.0
SEEDS = (0, 1, 2, 3, 4)


def time_to_target(
    threads: int,
    seeds: Sequence[int] = SEEDS,
    percent: float = PERCENT,
    data: Dataset | None = None,
    told: Recipe | None = None,
) -> dict[str, Any]:
    """Train LeNet-5 once per seed; give the median seconds, None if half the seeds fall short.

    Raises
        FetchError   no MNIST here, and none to be had
        DataError    data without a test part
    """
    network = find("lenet5")
    data = load("mnist", size=network.input[1:]) if data is None else data
    told = recipe("fast") if told is None else told
    engine = choose_engine("lanes", threads)
    _warm_up(network, data, told, engine)
    runs = [_run(network, data, told, engine, seed, percent) for seed in seeds]
    seconds = [run["seconds"] for run in runs]
    middle = median(float("inf") if s is None else s for s in seconds)
    return {
        "seconds": middle if middle < float("inf") else None,
        "percent": percent,
        "recipe": told.name,
        "runs": runs,
    }


def _warm_up(network: Network, data: Dataset, told: Recipe, engine: Engine) -> None:
    """Let kernels be compiled or loaded: a first start is timed elsewhere."""
    few = Part(data.train.pixels[:2000], data.train.labels[:2000])
    fit(network, replace(data, train=few), recipe=told, epochs=1, engine=engine)


def _run(
    network: Network, data: Dataset, told: Recipe, engine: Engine, seed: int, percent: float
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="simplecell-bench-") as folder:
        watch = Watch(network, data, told, engine, seed, Path(folder) / "run", percent)
        reached = False
        try:
            fit(
                network,
                data,
                recipe=told,
                seed=seed,
                engine=engine,
                out=watch.folder,
                callbacks=[watch],
                save_seconds=float("inf"),
            )
        except Reached:
            reached = True
    return {
        "seed": seed,
        "seconds": watch.seconds if reached else None,
        "epochs": len(watch.percents),
        "test_percents": watch.percents,
    }


class Reached(Exception):
    """The target is reached: no more training is needed."""


class Watch(Callback):
    """Looks at the test part after each epoch, with the clock stopped.

    Validation and the checkpoint that the weights are read from stand inside the clock.
    """

    def __init__(
        self,
        network: Network,
        data: Dataset,
        told: Recipe,
        engine: Engine,
        seed: int,
        folder: Path,
        percent: float,
    ) -> None:
        if data.test is None:
            raise DataError(f"{data.name} has no test part to reach a target on.")
        scaling = published()
        if told.normalisation == "standard":
            scaling = standard(split(data.train, told.validation, seed)[0].pixels)
        self.examples = Examples(data.test.pixels, data.test.labels, scaling.scale, scaling.shift)
        self.network, self.program = network, engine.program(network)
        self.loss = told.loss or default_loss(network)
        self.folder, self.percent = folder, percent
        self.seconds = self.begun = 0.0
        self.percents: list[float] = []

    def begin(self, epochs: int, steps: int) -> None:
        """Start the clock."""
        self.begun = time.perf_counter()

    def epoch(self, row: Epoch) -> None:
        """Stop the clock, look, and go on unless the target is reached.

        Raises
            Reached   it is
        """
        self.seconds += time.perf_counter() - self.begun
        state = read_checkpoint(RunFolder(self.folder).checkpoint_file).state
        judged = measure(self.program, state.parameters, self.examples, self.loss)
        self.percents.append(100 - judged.error_percent)
        if self.percents[-1] >= self.percent:
            raise Reached
        self.begun = time.perf_counter()
