"""The pictures whose labels are most probably wrong, by what networks make of them.

    t[j]     = mean of p[n,j] over the pictures labelled j           how sure j is of its own
    suspect  n with some j other than its label y, p[n,j] >= t[j];   j(n) = the largest p[n,j]
    ranked   by p[n,j(n)] - p[n,y(n)], the largest first

p are probabilities by a network that has not learnt from the picture, best out of its fold in a
cross-validation: a network has learnt wrong labels by heart, too, and then finds few of them.

Source: Northcutt, Jiang and Chuang 2021, Confident learning: the confident joint and its
normalised margin.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simplecell.data.sources import Dataset, by_names
from simplecell.engines.protocol import Engine
from simplecell.train.folds import is_folds, of_pictures, read_folds
from simplecell.train.model import load_model


@dataclass(frozen=True)
class Suspect:
    """A picture of the training part, by its row, whose label is in doubt.

    `name` is its file, or "" where pictures have none. `label` is what it is labelled, `likely`
    what it is taken for, as numbers of classes; `given` and `found` are the two probabilities.
    """

    row: int
    name: str
    label: int
    likely: int
    given: float
    found: float


@dataclass(frozen=True, eq=False)
class Suspects:
    """The list, and whether networks judged that had never seen the pictures."""

    listed: tuple[Suspect, ...]
    out_of_fold: bool
    examples: int


def rank(p: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the rows of the suspects, the most probable first.

    >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.95, 0.05]])
    >>> rank(p, np.array([0, 0, 1, 1])).tolist()
    [3]

    Shapes
        p (N, classes), labels (N,)      gives (suspects,)
    """
    rows = np.arange(len(labels))
    counts = np.bincount(labels, minlength=p.shape[1])
    sums = np.zeros(p.shape[1])
    np.add.at(sums, labels, p[rows, labels])
    sure = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    others = np.where(p >= sure, p, -1.0)
    likely = others.argmax(axis=1)
    doubted = np.flatnonzero((others[rows, likely] >= 0) & (likely != labels))
    margin = p[doubted, likely[doubted]] - p[doubted, labels[doubted]]
    doubted, margin = doubted[margin > 0], margin[margin > 0]
    found: NDArray[np.int64] = doubted[np.argsort(-margin, kind="stable")]
    return found


def suspects(run: Path, data: Dataset, engine: Engine) -> tuple[Suspects, Dataset]:
    """List the suspects of a training part, and give the data with classes numbered as there.

    `run` is the folder of a cross-validation, whose networks judge out of their folds, or a model.

    Raises
        ModelError   no model there, or one of other pictures
        DataError    classes that the model has not
    """
    folds = is_folds(run)
    if folds:
        found = read_folds(run, data, engine)
        p, part = found.probabilities, data.train
    else:
        model = load_model(run)
        data = by_names(data, model.classes)
        part = data.train
        p = of_pictures(model, part.pixels, engine)
    p = p[:, : max(len(data.classes), int(part.labels.max()) + 1)]
    listed = []
    for row in rank(p, part.labels).tolist():
        label = int(part.labels[row])
        others = p[row].copy()
        others[label] = -1.0
        likely = int(others.argmax())
        name = part.names[row] if part.names else ""
        listed.append(
            Suspect(row, name, label, likely, float(p[row, label]), float(p[row, likely]))
        )
    return Suspects(tuple(listed), folds, len(part)), data
