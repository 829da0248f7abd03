"""`simplecell features show FILE --out PNG`: learnt features as pictures, on one sheet.

With DATA too: pictures of it, and below each what the features make of it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.features.sources import FeaturesPath, Seed
from simplecell.cli.options import DataDir, Json
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console

    from simplecell.features.bank import Bank

BESIDE = 16
"""Pictures that are put beside what the features make of them."""

LARGEST_FITTED = 256
"""Cells of a feature, up to which a Gabor function is fitted to it: a tenth of a second each."""


def show(
    file: FeaturesPath,
    out: Annotated[Path, typer.Option(metavar="PNG", help="The picture to write.")],
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATA]",
            help="A source of pictures to put beside what the features make of them.",
        ),
    ] = None,
    order: Annotated[str, typer.Option(help="orientation, frequency or none.")] = "orientation",
    columns: Annotated[int | None, typer.Option(help="Features in a row.")] = None,
    count: Annotated[int, typer.Option(help="Pictures of DATA to show.")] = BESIDE,
    seed: Seed = 0,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Draw the features of FILE, each at its own scale, sorted; or DATA beside its reconstruction.

    For example: simplecell features show edges.safetensors --out edges.png

    A feature is drawn as the patch that moves it most.

    The JSON: `out`, `file`, `features`, `shape`, `order`, and `orientations` (radians),
    `frequencies` (waves a cell) and `gabor` (R squared of the nearest Gabor function, null where
    none was fitted), in the order drawn, `gabor_fitted`; with DATA `pictures`,
    `reconstruction_error`.
    """
    from simplecell.cli.features.learn import check_place
    from simplecell.features.bank import load_bank

    check_place(out, overwrite=True)
    bank = load_bank(file)
    console = people(json)
    if data is None:
        document, pixels = _draw(console, bank, order, columns)
    else:
        document, pixels = _beside(console, bank, data, count, seed, data_dir)
    _write(out, pixels)
    if json:
        answer({"out": out, "file": file, "shape": bank.preparation.shape, **document})
        return
    if data is None:
        line = f"{bank.hidden} features, sorted by {order}"
        if document["gabor_fitted"] is not None:
            line += f"; {document['gabor_fitted']} of them are fitted by a Gabor function"
            line += " (R squared .7 or more)"
    else:
        line = f"{document['pictures']} pictures above what the features make of them:"
        line += f" reconstruction error {document['reconstruction_error']:.4f}"
    console.print(f"{line}; {out}", markup=False, soft_wrap=True)


def _draw(
    console: "Console", bank: "Bank", order: str, columns: int | None
) -> tuple[dict[str, Any], "NDArray[Any]"]:
    """Give the sheet of features, and what is known of each in the order drawn."""
    from simplecell.features.sheet import (
        arranged,
        frequencies,
        gabor_shares,
        normalised,
        orientations,
        sheet,
    )

    patterns = bank.patterns()
    patterns = patterns[arranged(patterns, order)]
    shares = None
    if patterns[0, 0].size <= LARGEST_FITTED:
        with console.status("fitting Gabor functions"):
            shares = gabor_shares(patterns)
    document = {
        "features": len(patterns),
        "order": order,
        "orientations": orientations(patterns),
        "frequencies": frequencies(patterns),
        "gabor": shares,
        "gabor_fitted": None if shares is None else int((shares >= 0.7).sum()),
    }
    return document, sheet(normalised(patterns), columns=columns)


def _beside(
    console: "Console", bank: "Bank", data: str, count: int, seed: int, data_dir: Path | None
) -> tuple[dict[str, Any], "NDArray[Any]"]:
    """Give a sheet of inputs, each above its output."""
    import numpy as np

    from simplecell.features.bank import distance
    from simplecell.features.sheet import alike, bytes_of, sheet

    pixels = bank.take(data, count, seed=seed, data_dir=data_dir).pixels
    x, y = bank.reconstruct(pixels)
    error = distance(x, y)
    plain = not bank.preparation.centred and bank.preparation.whitening is None
    x, y = (bytes_of(x), bytes_of(y)) if plain else alike(x, y)
    # Two rows at a time: inputs, and below them their outputs.
    across = min(len(x), BESIDE // 2)
    rows = [
        np.concatenate([part[k : k + across] for part in (x, y)])
        for k in range(0, len(x) - len(x) % across, across)
    ]
    drawn = [sheet(row, columns=across) for row in rows]
    return {"pictures": len(x), "reconstruction_error": error}, np.concatenate(drawn)


def _write(out: Path, pixels: "NDArray[Any]") -> None:
    """Write a PNG, whole or not at all."""
    from io import BytesIO

    from PIL import Image

    from simplecell.train.atomic import write_file

    held = BytesIO()
    Image.fromarray(pixels).save(held, "PNG", optimize=True)
    write_file(out, held.getvalue())
