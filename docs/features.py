"""Draw the pictures of docs/features.md that show what was learnt.

`python docs/features.py` runs it. The strokes take MNIST and half a minute; without MNIST their
pictures stay as they are.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from simplecell.data.sources import load
from simplecell.errors import DataError, FetchError
from simplecell.features.autoencoder import Learnt
from simplecell.features.bank import Bank, distance, learn_bank
from simplecell.features.presets import COLOUR, DIGITS, NATURAL, Preset
from simplecell.features.sheet import arranged, bytes_of, normalised, sheet
from simplecell.features.source import take

PICTURES = Path(__file__).parent / "pictures"
COUNT, ITERATIONS = 10_000, 400
BESIDE = 12


def learnt(source: str, preset: Preset, channels: int = 1) -> tuple[Bank, Learnt]:
    """Learn features of a source as the tutorial does."""
    return learn_bank(
        take(source, COUNT, channels=channels).pixels,
        preset.settings,
        centred=preset.centred,
        epsilon=preset.epsilon,
        squeezed=preset.squeezed,
        iterations=ITERATIONS,
    )


def draw_features(bank: Bank, name: str, columns: int, scale: int) -> None:
    """Draw a bank's features, sorted by orientation."""
    patterns = bank.patterns()
    patterns = patterns[arranged(patterns, "orientation")]
    save(sheet(normalised(patterns), columns=columns, scale=scale), name)


def draw_beside(bank: Bank, name: str) -> float:
    """Draw test digits, and below each what the features make of it; give the error."""
    test = load("mnist").test
    assert test is not None
    rows = [int(np.flatnonzero(test.labels == digit % 10)[digit // 10]) for digit in range(BESIDE)]
    x, y = bank.reconstruct(test.pixels[rows])
    save(sheet(bytes_of(np.concatenate([x, y])), columns=BESIDE, scale=2), name)
    return distance(*bank.reconstruct(test.pixels))


def save(pixels: np.ndarray, name: str) -> None:
    """Write a picture."""
    Image.fromarray(pixels).save(PICTURES / name, optimize=True)
    print(f"wrote {PICTURES.name}/{name}")


def main() -> None:
    """Draw all that can be drawn here."""
    bank, _ = learnt("photographs", NATURAL)
    draw_features(bank, "natural.png", columns=9, scale=9)
    colour, _ = learnt("photographs", COLOUR, channels=3)
    draw_features(colour, "colour.png", columns=40, scale=3)
    try:
        strokes, _ = learnt("mnist", DIGITS)
    except (FetchError, DataError) as problem:
        print(f"strokes are not drawn again: {problem}", file=sys.stderr)
        return
    draw_features(strokes, "strokes.png", columns=28, scale=1)
    print(f"error of unseen digits {draw_beside(strokes, 'beside.png'):.2f}")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    main()
