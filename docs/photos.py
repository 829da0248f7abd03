"""Draw the pictures of docs/own-pictures.md, and print what its commands answer.

`python docs/photos.py` runs it, in half a minute. It takes MNIST; without it the pictures stay
as they are.
"""

import os
import runpy
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from simplecell.data.picture import read_fitted
from simplecell.data.sources import load
from simplecell.errors import DataError, FetchError

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
Real = NDArray[np.float64]

SHOWN = 6
"""Pictures that are shown before and after they are fitted."""
SIDE, GAP = 128, 12
ROWS = ("2026", "1998", "0057")
"""What stands on the sheet."""


def simplecell(command: str, folder: Path) -> None:
    """Run a command as the page shows it, and print what it answers."""
    print(f"\n$ simplecell {command}", flush=True)
    program = [sys.executable, "-m", "simplecell", *shlex.split(command)]
    wide = os.environ | {"COLUMNS": "118"}
    subprocess.run(program, cwd=folder, env=wide, check=True)


def draw_fitted(files: list[Path]) -> None:
    """Show pictures as they are, and below each what the network reads."""
    font = ImageFont.load_default(14)
    height = 2 * (SIDE + 30) + GAP
    sheet = Image.new("RGB", (SHOWN * (SIDE + GAP) - GAP, height), "white")
    pen = ImageDraw.Draw(sheet)
    for place, file in enumerate(files):
        left = place * (SIDE + GAP)
        picture = Image.open(file).convert("RGB")
        words = f"{picture.width}x{picture.height} {file.suffix[1:]}"
        pen.text((left, 6), words, "black", font)
        sheet.paste(picture, (left, 28))
        read = Image.fromarray(read_fitted(file, (1, 32, 32))[0])
        top = SIDE + 30 + GAP
        pen.text((left, top + 2), "32x32", "black", font)
        sheet.paste(read.resize((SIDE, SIDE), Image.Resampling.NEAREST), (left, top + 26))
    sheet.save(PICTURES / "fitted.png", optimize=True)
    print(f"wrote {PICTURES.name}/fitted.png")


def written(digits: NDArray[np.uint8], side: int, rng: np.random.Generator) -> Real:
    """Write digits in a row, each a little higher or lower than the one before: ink, 0 to 1."""
    ink = np.zeros((side + side // 4, len(digits) * (side + side // 8)))
    for place, digit in enumerate(digits):
        grown = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
        top, left = int(rng.integers(0, side // 4)), place * (side + side // 8)
        ink[top : top + side, left : left + side] = np.asarray(grown) / 255
    return ink


def photo(ink: Real, apart: int, rng: np.random.Generator) -> Image.Image:
    """Take a photo of a page: ruled paper, light that falls off, a camera's noise."""
    y, x = np.meshgrid(*(np.linspace(0, 1, n) for n in ink.shape), indexing="ij")
    paper = np.full(ink.shape, 235.0)
    paper[apart // 2 :: apart] = 170
    paper[apart // 2 + 1 :: apart] = 170
    shades = paper * (1 - ink) + 60 * ink
    shades = shades * (1 - 0.45 * x - 0.15 * y) + rng.normal(0, 3, ink.shape)
    return Image.fromarray(np.clip(np.rint(shades), 0, 255).astype(np.uint8))


def write_photos(folder: Path) -> None:
    """Write photos of a digit and of a sheet of them, MNIST's test digits; a letter, a blank."""
    test = load("mnist").test
    assert test is not None
    rng = np.random.default_rng(4)

    def one(digit: str) -> Any:
        return test.pixels[rng.choice(np.flatnonzero(test.labels == int(digit))), 0]

    single = np.pad(written(np.stack([one("4")]), 180, rng), 60)
    photo(single, 48, rng).save(folder / "photo.jpg", quality=85)
    rows = [written(np.stack([one(digit) for digit in row]), 90, rng) for row in ROWS]
    photo(np.pad(np.concatenate(rows), 40), 112, rng).save(folder / "sheet.jpg", quality=85)
    letter = Image.new("L", (300, 300))
    ImageDraw.Draw(letter).text((100, 60), "K", 255, ImageFont.load_default(160))
    photo(np.asarray(letter) / 255, 48, rng).save(folder / "letter.jpg", quality=85)
    photo(np.zeros((300, 300)), 48, rng).save(folder / "blank.jpg", quality=85)


def main() -> None:
    """Make a folder of pictures, train on it and on MNIST, and draw what the page shows."""
    make = runpy.run_path(str(ROOT / "benchmarks" / "path.py"))["fill"]
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        try:
            make(folder / "pictures", 5000, 0)
        except (FetchError, DataError) as problem:
            print(f"pictures of one's own are not drawn again: {problem}", file=sys.stderr)
            return
        draw_fitted([sorted((folder / f"pictures/{k}").iterdir())[k] for k in range(SHOWN)])
        write_photos(folder)
        confusion, steps, sheet = (
            shlex.quote(str(PICTURES / f"{name}.png")) for name in ("confusion", "steps", "sheet")
        )
        for command in (
            "train pictures --out run",
            "evaluate run pictures",
            f"plot confusion run pictures --out {confusion}",
            "report run pictures",
            "predict run pictures/3/00433.png",
            "train mnist --out digits",
            f"predict digits photo.jpg --explain {steps}",
            f"predict digits sheet.jpg --sheet --explain {sheet}",
            "predict digits letter.jpg blank.jpg",
        ):
            simplecell(command, folder)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    main()
