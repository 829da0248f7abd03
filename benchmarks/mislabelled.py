"""Of labels made wrong on purpose, how many does `look DATA --model RUN` list.

    python benchmarks/path.py --keep pictures
    python benchmarks/mislabelled.py pictures mnist digits --json mislabelled.json

A share of the labels (3 %) is replaced by another class, both drawn from the seed; of MNIST, 5,000
pictures are taken. Precision: of the listed, so many were planted. Recall: of the planted, so many
are listed. Of what is listed and was not planted, some were wrong before.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np

import simplecell as sc
from simplecell.cli.pictures import network_for
from simplecell.data.formats import is_pictures
from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine
from simplecell.train.folds import of_pictures
from simplecell.train.recipes import lengthened, recipe
from simplecell.train.suspects import rank

MOST = 5000


def planted(data: Dataset, share: float, seed: int) -> tuple[Dataset, np.ndarray]:
    """Give a share of the labels another class, and say which."""
    rng = np.random.default_rng(seed)
    part = data.train
    if len(part) > MOST:
        part = part.rows(np.sort(rng.permutation(len(part))[:MOST]))
    rows = rng.permutation(len(part))[: round(share * len(part))]
    labels = part.labels.copy()
    labels[rows] = (labels[rows] + rng.integers(1, len(data.classes), len(rows))) % len(
        data.classes
    )
    wrong = np.zeros(len(part), bool)
    wrong[rows] = True
    return replace(data, train=replace(part, labels=labels), test=None), wrong


def judged(name: str, rows: np.ndarray, wrong: np.ndarray) -> dict[str, float]:
    """Count, print and give what a list has found."""
    found, many = int(wrong[rows].sum()), int(wrong.sum())
    first = int(wrong[rows[:many]].sum())
    told = {
        "planted": many,
        "listed": len(rows),
        "precision_percent": 100 * found / max(len(rows), 1),
        "recall_percent": 100 * found / many,
        "recall_of_first_percent": 100 * first / many,
    }
    print(f"{name:32} " + "  ".join(f"{what} {value:.1f}" for what, value in told.items()),
          flush=True)  # fmt: skip
    return told


def main() -> None:
    """Plant, learn, list, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+", help="names or paths of data sets")
    parser.add_argument("--share", type=float, default=0.03)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    chosen, found = engine("auto"), {}
    for name in told.data:
        size = {} if is_pictures(name) else {"size": 32}
        data, wrong = planted(sc.load(name, **size), told.share, told.seed)
        how = lengthened(recipe("fast"), len(data.train))
        network, begun = network_for(data), perf_counter()
        folds = sc.cross_validate(network, data, folds=told.folds, recipe=how, engine=chosen)
        rows = rank(folds.probabilities, data.train.labels)
        key = Path(name).name
        found[f"{key}, folds"] = judged(f"{key}, {told.folds} folds", rows, wrong)
        found[f"{key}, folds"]["seconds"] = perf_counter() - begun
        model = sc.fit(network, data, recipe=how, engine=chosen, progress=False).model
        p = of_pictures(model, data.train.pixels, chosen)
        rows = rank(p, data.train.labels)
        found[f"{key}, model"] = judged(f"{key}, the model itself", rows, wrong)
    if told.json:
        told.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
