"""`simplecell features encode FILE DATA --out NPZ`: what the features say of each picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.features.sources import PATCHES, FeaturesPath, Seed, Source, say_taken
from simplecell.cli.options import DataDir, Json, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from collections.abc import Callable

    from simplecell.features.bank import Bank

    Seer = Callable[[Any], Any]


def encode(
    file: FeaturesPath,
    data: Source,
    out: Annotated[Path, typer.Option(metavar="NPZ", help="The NumPy archive to write.")],
    patches: Annotated[
        int | None,
        typer.Option(help="Encode so many random patches of DATA (photographs: 10,000)."),
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="ROWSxCOLUMNS",
            help="Slide the features over whole pictures of any size, and pool them, e.g. 3x3.",
        ),
    ] = None,
    pool: Annotated[str | None, typer.Option(help="With --grid: mean or max (mean).")] = None,
    seed: Seed = 0,
    threads: Threads = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Encode the pictures of DATA: one vector of features for each.

    For example: simplecell features encode edges.safetensors mnist --out codes.npz

    The archive of a data set holds `features` and `labels`, and `features_test`, `labels_test` if
    it has a test part; of photographs `features`, and the random `patches` that were encoded.

    The JSON: `out`, `file`, `data`, `features`, `examples`, `test_examples`, `activation`.
    """
    from io import BytesIO

    import numpy as np

    from simplecell.cli.features.learn import check_place
    from simplecell.features.bank import load_bank
    from simplecell.features.source import is_photographs, photographs_of
    from simplecell.train.atomic import write_file

    _check_options(grid, pool, patches)
    check_place(out, overwrite=True)
    bank = load_bank(file)
    console = people(json)
    see = _seer(bank, grid, pool or "mean", threads)
    if grid is None and (patches is not None or is_photographs(data)):
        taken = bank.take(data, patches or PATCHES, seed=seed, data_dir=data_dir)
        say_taken(console, taken)
        arrays = {"features": see(taken.pixels), "patches": taken.pixels}
    elif is_photographs(data):
        arrays = {"features": see(photographs_of(data, bank.preparation.shape[0]))}
    else:
        arrays = _of_data_set(bank, see, data, data_dir, whole=grid is None)
    held = BytesIO()
    np.savez_compressed(held, **arrays)
    write_file(out, held.getvalue())
    found = arrays["features"]
    document = {
        "out": out,
        "file": file,
        "data": data,
        "features": found.shape[1],
        "examples": len(found),
        "test_examples": len(arrays["features_test"]) if "features_test" in arrays else None,
        "activation": float(found.mean(dtype=np.float64)),
    }
    if json:
        answer(document)
    else:
        console.print(
            f"{len(found):,} vectors of {found.shape[1]} features,"
            f" mean activation {document['activation']:.4f}; {out} holds {', '.join(arrays)}",
            markup=False,
            soft_wrap=True,
        )


def _check_options(grid: str | None, pool: str | None, patches: int | None) -> None:
    """Refuse what would have no effect."""
    from simplecell.errors import SpecError

    if grid is None and pool is not None:
        raise SpecError("--pool says how a region is summed up, and there are none: add --grid.")
    if grid is not None and patches is not None:
        raise SpecError(
            "--patches encodes patches, and --grid whole pictures: leave one of them out."
        )


def _seer(bank: "Bank", grid: str | None, pool: str, threads: int | None) -> "Seer":
    """Give what turns pictures into features: patch by patch, or sliding and pooled."""
    from simplecell.errors import DataError
    from simplecell.features.convolved import ConvolvedFeatures
    from simplecell.features.dictionary import of_bank

    if grid is None:
        return lambda pixels: bank.encode(pixels, threads)
    rows, _, columns = grid.partition("x")
    if not (rows.isdigit() and columns.isdigit()):
        raise DataError(f"--grid is '{grid}': give rows and columns of regions, e.g. 3x3.")
    convolved = ConvolvedFeatures(of_bank(bank), (int(rows), int(columns)), pool)
    return lambda pictures: convolved.encode(pictures, threads)


def _of_data_set(
    bank: "Bank", see: "Seer", data: str, data_dir: Path | None, whole: bool
) -> dict[str, Any]:
    """Encode both parts of a data set, their labels beside them."""
    from simplecell.data.sources import load

    dataset = load(data, data_dir=data_dir)
    if whole:
        bank.check_pictures(dataset.train.pixels, dataset.name)
    arrays = {"features": see(dataset.train.pixels), "labels": dataset.train.labels}
    if dataset.test is not None:
        arrays["features_test"] = see(dataset.test.pixels)
        arrays["labels_test"] = dataset.test.labels
    return arrays
