"""Options that several commands take, described once."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
EngineName = Annotated[
    str, typer.Option("--engine", help="auto, lanes (compiled), reference (formulas) or torch.")
]
Device = Annotated[
    str | None,
    typer.Option(help="Where --engine torch computes: cpu, cuda, mps, or auto for the best."),
]
Threads = Annotated[
    int | None, typer.Option(help="Processors to use; all of them unless said otherwise.")
]
DataDir = Annotated[
    Path | None,
    typer.Option(help="A folder with the data sets' files, instead of fetching them."),
]
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="digits, mnist, fashion-mnist, kmnist; a folder with a folder of pictures for each"
        " class; a .csv of path,label; an .npz; a folder of IDX files; or pictures,labels."
        " `simplecell look DATA` shows how it is understood.",
    ),
]
Split = Annotated[
    str | None,
    typer.Option(help="Which of several data sets in one place, as EMNIST's letters."),
]
Range = Annotated[
    tuple[float, float] | None,
    typer.Option("--range", help="Which numbers are black and white in DATA, as -1 1."),
]
Jobs = Annotated[
    int | None,
    typer.Option(help="Units side by side, each in a process, on one thread.", show_default="1"),
]
On = Annotated[
    str | None,
    typer.Option(
        metavar="CLUSTER", help="Let Dask do it: dask (on this machine), or tcp://scheduler:8786."
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option("--shard", metavar="K/N", help="Every Nth unit from K on, from 0: 3/16."),
]
Root = Annotated[
    Path | None,
    typer.Option(help="The folder from which the paths in a list of pictures count."),
]
Language = Annotated[
    str | None,
    typer.Option(
        "--lang", help="Words on pictures: en or zh (SIMPLECELL_LANG).", show_default=False
    ),
]
ModelPath = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL", help="A run folder, or a .safetensors, .onnx or .pt of simplecell's."
    ),
]
