"""Does it read MY digit? Digits on many kinds of page, and pages without a digit, kind by kind.

    simplecell train mnist --out runs/own
    python benchmarks/owndigits.py runs/own
    python benchmarks/owndigits.py runs/own --pages unseen
    python benchmarks/owndigits.py runs/own --pages afresh

MNIST's test digits are pasted on the pages of `pages.py`; `strangers.py` has what is no digit.
While the reader is being worked on, `--part train` with another seed is for looking at. The second
set, `unseen.py` and `impostors.py`, was made by somebody who had not seen how the reader works.
The third, `afresh.py`, was written after the guard was frozen that looks at the page.
"""

import argparse
import json
from pathlib import Path

import afresh
import impostors
import numpy as np
import pages
import unseen
from PIL import Image
from strangers import strangers

from simplecell.data.sources import load
from simplecell.data.writing import SIDE, find_writing
from simplecell.engines.choose import engine
from simplecell.engines.protocol import Engine
from simplecell.train.answer import answers
from simplecell.train.model import Model, load_model

READ, REJECTED, LOST = 97.0, 90.0, 2.0
"""What the issue asks for, in percent: digits read, strangers rejected, digits rejected."""

SETS = {
    "first": (pages.DIGITS, strangers()),
    "unseen": (unseen.DIGITS, impostors.STRANGERS),
    "afresh": (afresh.DIGITS, afresh.STRANGERS),
}
"""Each set of pages: with a digit, and without."""


def judge(
    model: Model, chosen: Engine, pictures: list[Image.Image]
) -> tuple[list[int], list[bool]]:
    """Say for each picture what is read, -1 where no ink was found, and whether it is rejected."""
    read, rejected = [-1] * len(pictures), [True] * len(pictures)
    frames, around, places = [], [], []
    for place, picture in enumerate(pictures):
        grey = picture.convert("L")
        if max(grey.size) > SIDE:
            grey.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
        writing = find_writing(np.asarray(grey))
        if writing.posed:
            size = (model.network.input[1], model.network.input[2])
            frames.append(writing.pixels(size))
            around += writing.surroundings(size)
            places.append(place)
    if frames:
        found = answers(model, np.concatenate(frames), chosen, around)
        for place, answer in zip(places, found, strict=True):
            read[place], rejected[place] = answer.label, answer.rejected
    return read, rejected


def main() -> None:
    """Print the table, and write it as JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="a run folder, or a model file")
    parser.add_argument("--count", type=int, default=500, help="pages of each kind")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--part", choices=("test", "train"), default="test")
    parser.add_argument("--pages", choices=tuple(SETS), default="first", help="which set")
    parser.add_argument("--only", default="", help="kinds with these letters in their name")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    told = parser.parse_args()
    with_digit, without = SETS[told.pages]
    model, chosen = load_model(told.run), engine("auto")
    data = load("mnist")
    part = data.train if told.part == "train" else data.test
    assert part is not None
    digits: dict[str, dict[str, float]] = {}
    for k, (kind, make) in enumerate(with_digit.items()):
        if told.only not in kind:
            continue
        rng = np.random.default_rng([told.seed, 0, k])
        rows = rng.integers(len(part), size=told.count)
        pictures = [make(part.pixels[row, 0], rng) for row in rows]
        read, rejected = judge(model, chosen, pictures)
        right = 100 * float(np.mean(np.array(read) == part.labels[rows]))
        digits[kind] = {"right": right, "rejected": 100 * float(np.mean(rejected))}
        print(f"{kind:32} read right {right:6.2f} %   rejected {digits[kind]['rejected']:5.2f} %",
              flush=True)  # fmt: skip
    others: dict[str, float] = {}
    for k, (kind, draw) in enumerate(without.items()):
        if told.only not in kind:
            continue
        rng = np.random.default_rng([told.seed, 1, k])
        _, rejected = judge(model, chosen, [draw(rng) for _ in range(told.count)])
        others[kind] = 100 * float(np.mean(rejected))
        print(f"{kind:32} rejected {others[kind]:6.2f} %", flush=True)
    if told.only:
        return
    summary = {
        "read right": float(np.mean([one["right"] for one in digits.values()] or [0])),
        "digits rejected": float(np.mean([one["rejected"] for one in digits.values()] or [0])),
        "strangers rejected": float(np.mean([*others.values()] or [0])),
    }
    wanted = (f">= {READ:g}", f"<= {LOST:g}", f">= {REJECTED:g}")
    for (what, figure), goal in zip(summary.items(), wanted, strict=True):
        print(f"{what:32} {figure:6.2f} %   wanted {goal} %")
    if told.json:
        told.json.write_text(json.dumps({"digits": digits, "strangers": others, **summary}))


if __name__ == "__main__":
    main()
