"""Arguments that the features commands share, and what they say of pictures taken."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.features.source import Taken

PATCHES = 10_000

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="'photographs' (two are bundled), a folder of photographs, or a data set: its name,"
        " an .npz, a folder of IDX files.",
    ),
]
FeaturesPath = Annotated[Path, typer.Argument(metavar="FILE", help="What `features learn` wrote.")]
Seed = Annotated[int, typer.Option(help="Draws the pictures, patches and first weights.")]


def say_taken(console: "Console", taken: "Taken") -> None:
    """Say what was taken, what was passed over, and whether it is enough."""
    for note in taken.notes:
        console.print(f"Note: {note}", markup=False, soft_wrap=True)
    shape = "x".join(str(n) for n in taken.pixels.shape[1:])
    what = "pictures" if taken.whole else "patches"
    console.print(f"{len(taken.pixels):,} {what} of {shape}, from {taken.name}", markup=False)
