"""Make the weights of `data/ground.py`: from pages with digits, and grounds without any.

    simplecell train mnist --out runs/own
    python benchmarks/teach_ground.py runs/own

The pages are those of `owndigits.py` and `grounds.py`, with MNIST's training digits and a seed of
their own. Scribbles and single letters, which stand on paper as digits do, are left out: they are
the guard's. The line is drawn where COST of a hundred pages with a digit fall beyond it, but for
`HARD`, which are learnt from and do not move the line.
"""

import argparse
import zlib
from pathlib import Path
from typing import Any

import grounds
import numpy as np
from numpy.typing import NDArray
from owndigits import SETS
from PIL import Image
from sklearn.linear_model import LogisticRegression

from simplecell.data.alignment import align
from simplecell.data.ground import FLOORS, TRAITS, neighbours, traits_of
from simplecell.data.paper import read_page
from simplecell.data.sources import load
from simplecell.data.strokes import cut, find_digits
from simplecell.data.writing import SIDE, _padded
from simplecell.engines.choose import engine
from simplecell.train.answer import _sureness
from simplecell.train.model import load_model

COST = 0.15
HARD = "neighbours cut off"
PLAIN = ("scribble", "letters", "ticks")
CAUTION = 0.3
"""The logistic regression's C."""

Real = NDArray[np.float64]


def seen(picture: Image.Image) -> tuple[Real, NDArray[np.uint8]] | None:
    """Give the traits of the digit of a page and its neighbours' frames; None if there is none."""
    grey = picture.convert("L")
    if max(grey.size) > SIDE:
        grey.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    page = read_page(np.asarray(grey))
    rows, labels = find_digits(page.ink)
    kept = [box for row in rows for box in row]
    if not kept:
        return None
    box = max(kept, key=lambda one: one.ink)
    row = next(row for row in rows if box in row)
    posed = [align(cut(page.ink, labels, one)) for one in neighbours(box, row)]
    return traits_of(page, labels, kept, [box])[0], _padded(posed, (32, 32))


def looked(run: str, count: int, seed: int) -> tuple[Real, Real, NDArray[np.bool_], NDArray[Any]]:
    """Look at so many pages of each kind: traits, neighbours, whether with a digit, the kind."""
    model, chosen, part = load_model(run), engine("auto"), load("mnist").train
    sets = {**SETS, "grounds": (grounds.DIGITS, grounds.STRANGERS)}
    traits, near, digits, kinds = [], [], [], []
    for with_digit, without in sets.values():
        for kind, make in [*with_digit.items(), *without.items()]:
            if kind.startswith(PLAIN):
                continue
            rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
            for _ in range(count):
                digit = part.pixels[rng.integers(len(part)), 0]
                found = seen(make(digit, rng) if kind in with_digit else make(rng))
                if found is None:
                    continue
                least = 0.0
                if len(found[1]):
                    sure = _sureness(model, found[1], chosen).min()
                    least = float(np.log(max(sure, 1e-9) / model.guard.threshold).clip(-4, 0))
                traits.append(found[0])
                near.append(least)
                digits.append(kind in with_digit)
                kinds.append(kind)
            print(kind, flush=True)
    return np.stack(traits), np.array(near), np.array(digits), np.array(kinds)


def main() -> None:
    """Look at pages, fit, print the arrays."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="a run folder with a guard, or a model file")
    parser.add_argument("--count", type=int, default=100, help="pages of each kind")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="keep the traits in this .npz")
    parser.add_argument("--seen", type=Path, help="take the traits from there")
    told = parser.parse_args()
    if told.seen:
        kept = np.load(told.seen)
        x, least, right, kinds = (kept[name] for name in ("traits", "near", "digit", "kind"))
    else:
        x, least, right, kinds = looked(told.run, told.count, told.seed)
    if told.keep:
        np.savez(told.keep, traits=x, near=least, digit=right, kind=kinds)
    f = np.log(np.maximum(x, 0) + FLOORS)
    means, deviations = f[right].mean(0), np.maximum(f[right].std(0), 0.2)
    scaled = np.clip((f - means) / deviations, -4, 8)
    whole = np.concatenate([scaled, least[:, None]], 1)
    found = LogisticRegression(C=CAUTION, max_iter=5000).fit(whole, ~right)
    odds = found.decision_function(whole)
    line = float(np.quantile(odds[right & (kinds != HARD)], 1 - COST / 100))
    for name, values in (
        ("MEANS", means), ("DEVIATIONS", deviations), ("WEIGHTS", found.coef_[0, :-1]),
    ):  # fmt: skip
        print(f"{name} = np.array([{', '.join(f'{value:.3f}' for value in values)}])")
    print(f"BIAS = {found.intercept_[0] - line:.3f}\nNEAR = {found.coef_[0, -1]:.3f}")
    print(f"traits {' '.join(TRAITS)}; line {line:.3f}")
    for kind in dict.fromkeys(kinds.tolist()):
        print(f"{kind:28} {100 * float((odds[kinds == kind] > line).mean()):6.1f} % beyond it")


if __name__ == "__main__":
    main()
