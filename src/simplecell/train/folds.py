"""Stratified cross-validation: every picture is judged once, by a network that never saw it.

    the pictures of each class are shuffled and dealt to K folds in turn
    fold k: learn from the others, judge fold k             E = sum_k errors[k] / N

    Wilson's interval of E, n = N, z = 1.96 for 95 %:
        (E + z^2 / 2n +- z sqrt(E (1 - E) / n + z^2 / 4n^2)) / (1 + z^2 / n)

The interval says how far the share of errors may be from what many more such pictures would give.
It takes pictures for independent of each other; networks of two folds have learnt from mostly the
same pictures, so that the spread over folds alone would say too little.

Each fold is a run folder of its own, `fold-1` ..., within that of the whole: what was stopped
goes on, bit for bit, and finished folds are not learnt again.

Source: Stone 1974; Wilson 1927; Brown, Cai and DasGupta 2001 on which interval to take.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.batches import shuffle
from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.document import read_json
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.protocol import Engine
from simplecell.errors import DataError, ModelError
from simplecell.repr import within
from simplecell.spec.network import Network
from simplecell.train.atomic import make_folder, write_file
from simplecell.train.callbacks import Callback
from simplecell.train.folder import RunFolder
from simplecell.train.loop import fit
from simplecell.train.model import Model
from simplecell.train.prediction import probabilities
from simplecell.train.recipes import Recipe, adjusted
from simplecell.train.task import check_numbers, named_recipe, read_task

FOLDS_FILE = "folds.json"
"""Its presence says that a folder holds a cross-validation."""

FEWEST, MOST = 2, 100
Z = 1.959963984540054
"""Of the normal distribution, 95 % lie within so many deviations."""

ROWS = 2000
_DEAL = 12


@dataclass(frozen=True, eq=False, repr=False)
class Folds:
    """What cross-validation came to.

    >>> import simplecell as sc
    >>> found = sc.cross_validate("lenet5", "digits", folds=3, epochs=1)
    >>> found.examples, len(found.error_percents), found.probabilities.shape
    (2438, 3, (2438, 10))

    `interval_percent` is Wilson's, for 95 %, of the error over all pictures. The mean and the
    deviation are over folds.

    Shapes
        fold (N,) from 0 on, which one a picture was judged in      probabilities (N, classes) by
        the network that had not seen it      predictions (N,)
    """

    examples: int
    errors: int
    error_percents: tuple[float, ...]
    fold: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    predictions: NDArray[np.int64]
    labels: NDArray[np.int64]
    folder: Path | None = None

    @property
    def error_percent(self) -> float:
        """Wrong answers of a hundred, over all pictures."""
        return 100 * self.errors / self.examples

    @property
    def interval_percent(self) -> tuple[float, float]:
        """Wilson's interval of the error, for 95 %."""
        low, high = wilson(self.errors, self.examples)
        return 100 * low, 100 * high

    @property
    def mean_percent(self) -> float:
        """The mean of the folds' errors."""
        return float(np.mean(self.error_percents))

    @property
    def deviation_percent(self) -> float:
        """The standard deviation of the folds' errors."""
        return float(np.std(self.error_percents, ddof=1))

    def __repr__(self) -> str:
        """Say the error, its interval and its spread."""
        low, high = self.interval_percent
        return within(
            f"Folds: {len(self.error_percents)} folds, {self.error_percent:.2f} % wrong"
            f" ({self.errors:,} of {self.examples:,}), 95 % interval {low:.2f} to {high:.2f} %\n"
            f"  over folds: mean {self.mean_percent:.2f} %, deviation"
            f" {self.deviation_percent:.2f} %"
        )

    def to_document(self) -> dict[str, Any]:
        """Say it in JSON, but for each picture."""
        return {
            "folds": len(self.error_percents),
            "examples": self.examples,
            "errors": self.errors,
            "error_percent": self.error_percent,
            "interval_percent": list(self.interval_percent),
            "fold_error_percents": list(self.error_percents),
            "mean_percent": self.mean_percent,
            "deviation_percent": self.deviation_percent,
        }


def wilson(errors: int, examples: int, z: float = Z) -> tuple[float, float]:
    """Give Wilson's interval of a share, 0 to 1.

    >>> [round(end, 4) for end in wilson(0, 100)], [round(end, 4) for end in wilson(10, 100)]
    ([0.0, 0.037], [0.0552, 0.1744])
    """
    share, square = errors / examples, z * z / examples
    middle = share + square / 2
    reach = z * math.sqrt(share * (1 - share) / examples + square / (4 * examples))
    low, high = (middle - reach) / (1 + square), (middle + reach) / (1 + square)
    return max(0.0, low) if errors else 0.0, min(1.0, high) if errors < examples else 1.0


def deal(labels: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """Say in which fold each picture is judged: of every class alike, one more or less.

    >>> np.bincount(deal(np.repeat([0, 1], [7, 5]), 3, seed=0)).tolist()
    [4, 4, 4]

    Shapes
        labels, gives (N,)
    """
    fold = np.empty(len(labels), np.int64)
    first = 0
    for label in np.unique(labels).tolist():
        rows = np.flatnonzero(labels == label)
        fold[rows[shuffle(len(rows), _DEAL, seed, label)]] = (first + np.arange(len(rows))) % folds
        first += len(rows)
    return fold


def cross_validate(
    network: Network | str,
    data: Any,
    *,
    folds: int = 5,
    recipe: str | Recipe = "fast",
    epochs: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
    class_weights: Any = None,
    seed: int = 0,
    engine: str | Engine = "auto",
    threads: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
    begun: Callable[[int], None] = lambda number: None,
) -> Folds:
    """Judge each picture of the training part by a network that has not learnt from it.

    >>> import simplecell as sc
    >>> found = sc.cross_validate("lenet5", sc.load("digits", size=32), folds=2, epochs=1)
    >>> len(found.error_percents)
    2

    The test part is not looked at. Network, data and the rest are as `fit` takes them; a fold
    keeps no validation part, as the fold itself is what judges. With `out`, each fold has its run
    folder in it, and `resume` goes on where it was stopped. `begun` is called with each fold's
    number, from 1 on.

    Raises
        SpecError    folds that are no whole number
        DataError    fewer than 2 folds, more than 100, or more than the pictures of every class
        ModelError   a folder that is taken, or was told something else
    """
    check_numbers(folds=folds, epochs=epochs, batch=batch, threads=threads)
    network, dataset = read_task(network, data)
    part = dataset.train
    _check_folds(folds, part)
    told = adjusted(named_recipe(recipe), epochs=epochs, batch=batch, rate=rate)
    told = replace(told, validation=0.0, until_error=None)
    chosen = choose_engine(engine, threads) if isinstance(engine, str) else engine
    folder = None if out is None else _claim(Path(out), folds, seed, resume)
    fold = deal(part.labels, folds, seed)
    p = np.zeros((len(part), network.classes))
    for number in range(folds):
        begun(number + 1)
        there = None if folder is None else folder / f"fold-{number + 1}"
        model = fit(
            network,
            replace(dataset, train=part.rows(np.flatnonzero(fold != number)), test=None),
            recipe=told,
            class_weights=class_weights,
            seed=seed,
            engine=chosen,
            out=there,
            resume=there is not None and RunFolder(there).started,
            callbacks=callbacks,
            progress=False,
        ).model
        rows = np.flatnonzero(fold == number)
        p[rows] = of_pictures(model, part.pixels[rows], chosen)
    found = judged(p, part.labels, fold, folder)
    if folder is not None:
        _write(folder, folds, seed, found)
    return found


def judged(
    p: NDArray[np.float64],
    labels: NDArray[np.int64],
    fold: NDArray[np.int64],
    folder: Path | None = None,
) -> Folds:
    """Count what probabilities out of their folds get wrong."""
    predictions = p.argmax(axis=1)
    wrong = predictions != labels
    percents = tuple(100 * float(wrong[fold == k].mean()) for k in range(int(fold.max()) + 1))
    return Folds(len(labels), int(wrong.sum()), percents, fold, p, predictions, labels, folder)


def of_pictures(model: Model, pixels: NDArray[np.uint8], engine: Engine) -> NDArray[np.float64]:
    """Give the probabilities of each class, some thousand pictures at a time."""
    program = engine.program(model.network)
    parts = [np.empty((0, model.network.classes))]
    for start in range(0, len(pixels), ROWS):
        some = model.examples(pixels[start : start + ROWS])
        outputs = program.forward(model.parameters, some)
        parts.append(probabilities(model.network, outputs, model.loss))
    return np.concatenate(parts)


def is_folds(folder: Path) -> bool:
    """Say whether a folder holds a cross-validation."""
    return (folder / FOLDS_FILE).is_file()


def read_folds(folder: Path, data: Dataset, engine: Engine) -> Folds:
    """Judge the pictures again by the networks of a finished cross-validation.

    Raises
        ModelError   folds that are not finished, or of other pictures
    """
    try:
        told = read_json((folder / FOLDS_FILE).read_bytes())
        folds, seed = int(told["folds"]), int(told["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelError(f"{folder / FOLDS_FILE} is damaged: validate anew elsewhere.") from None
    part, fold = data.train, deal(data.train.labels, folds, seed)
    p: NDArray[np.float64] | None = None
    for number in range(folds):
        there = RunFolder(folder / f"fold-{number + 1}")
        if not there.finished:
            raise ModelError(
                f"{folder} holds a cross-validation of which fold {number + 1} is not finished."
                f"\n  go on with it: the same command with --resume."
            )
        count = int((fold != number).sum())
        images = there.settings()["data"].get("images")
        if images != count:
            raise ModelError(
                f"{folder} was validated on other pictures: fold {number + 1} learnt from"
                f" {images}, and of {data.name} it would be {count}.\n  give the data that it"
                " was made with."
            )
        model = there.model()
        rows = np.flatnonzero(fold == number)
        p = np.zeros((len(part), model.network.classes)) if p is None else p
        p[rows] = of_pictures(model, part.pixels[rows], engine)
    assert p is not None
    return judged(p, part.labels, fold, folder)


def _check_folds(folds: int, part: Part) -> None:
    most = int(np.bincount(part.labels).max())
    if not FEWEST <= folds <= min(MOST, most):
        raise DataError(
            f"{folds} folds of {len(part)} pictures, {most} of the largest class: give from"
            f" {FEWEST} to {min(MOST, most)}."
        )


def _claim(folder: Path, folds: int, seed: int, resume: bool) -> Path:
    """Take the folder of a cross-validation, or go on in it.

    Raises
        ModelError   something else is there, or another number of folds or seed
    """
    file = folder / FOLDS_FILE
    if resume:
        if not file.is_file():
            raise ModelError(f"{folder} holds no cross-validation to go on with.")
        told = read_json(file.read_bytes())
        if (told.get("folds"), told.get("seed")) != (folds, seed):
            raise ModelError(
                f"{folder} holds {told.get('folds')} folds, seed {told.get('seed')}; asked for"
                f" are {folds}, seed {seed}.\n  leave those options as they were."
            )
        return folder
    if is_folds(folder):
        raise ModelError(
            f"{folder} holds a cross-validation.\n  Go on with it, or see its result again: the"
            " same command with --resume. Or name another --out."
        )
    RunFolder(folder).refuse_second_start()
    make_folder(folder)
    write_file(file, _bytes({"folds": folds, "seed": seed}))
    return folder


def _write(folder: Path, folds: int, seed: int, found: Folds) -> None:
    write_file(folder / FOLDS_FILE, _bytes({"folds": folds, "seed": seed, **found.to_document()}))


def _bytes(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()
