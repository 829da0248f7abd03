"""Does F6 come to the code of its class? The default recipe beside the one before it, on MNIST.

    python benchmarks/codes.py [--seeds 5] [--data-dir FOLDER] [--recipe modern]

Runs alternate, so that a busy machine slows both alike. Each line gives the share of F6's cells
whose sign is that of the right class's code, the mean distance to that code and to the nearest
other, the test error, and the seconds of training. The test digits choose nothing here.
"""

import argparse
import statistics
from dataclasses import replace

import numpy as np

import simplecell as sc
from simplecell.engines.parameters import code_values
from simplecell.train.recipes import Recipe, recipe
from simplecell.train.schedules import Schedule


def before(name: str) -> Recipe:
    """Give the recipe as it was in the first weeks of version 0.1."""
    now = recipe(name)
    schedule = Schedule("one_cycle", 3e-3, warmup=0.1, first=0.1)
    return replace(now, loss="cross_entropy", schedule=schedule, initial="glorot")


def measured(run: sc.Run, data: sc.Dataset) -> dict[str, float]:
    """Measure one run on the test digits."""
    assert data.test is not None
    features = run.model.transform(data.test)
    codes, labels = code_values(run.network.layers[-1]), data.test.labels
    distances = ((features[:, None, :] - codes) ** 2).sum(axis=2)
    right = distances[np.arange(len(labels)), labels]
    others = distances.copy()
    others[np.arange(len(labels)), labels] = np.inf
    return {
        "cells %": 100 * float((np.sign(features) == codes[labels]).mean()),
        "right": float(right.mean()),
        "next": float(others.min(axis=1).mean()),
        "error %": sc.evaluate(run, data).error_percent,
        "seconds": run.train_seconds,
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data-dir")
    parser.add_argument("--recipe", default="fast")
    asked = parser.parse_args()
    data = sc.load("mnist", size=32, data_dir=asked.data_dir)
    recipes = {"before": before(asked.recipe), "now": recipe(asked.recipe)}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in recipes}
    for seed in range(asked.seeds):
        for name, how in recipes.items():
            found[name].append(measured(sc.fit("lenet5", data, recipe=how, seed=seed), data))
            row = "  ".join(f"{what} {value:.2f}" for what, value in found[name][-1].items())
            print(f"seed {seed}  {name:6}  {row}", flush=True)
    print(f"\n| LeNet-5, recipe {asked.recipe} | {' | '.join(found['now'][0])} |")
    print("|---|" + "---|" * len(found["now"][0]))
    for name, rows in found.items():
        cells = [_cell([row[what] for row in rows]) for what in rows[0]]
        print(f"| {name} | {' | '.join(cells)} |")
    pairs = zip(found["now"], found["before"], strict=True)
    ratio = statistics.median(now["seconds"] / old["seconds"] for now, old in pairs)
    print(f"\nseconds, now to before, median of pairs: {ratio:.3f}")


def _cell(values: list[float]) -> str:
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.2f} ± {spread:.2f}"


if __name__ == "__main__":
    main()
