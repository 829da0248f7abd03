"""`simplecell studio [RUN…]`: look into networks, and train them, in a browser on this machine."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simplecell.cli.options import DataDir, Json
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from simplecell.studio.answer import Studio

RUNS = Path("runs")


def studio(
    run: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN]...", help="Run folders, or .safetensors, .onnx or .pt of simplecell's."
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port (1998, or the next that is free).")
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen: this machine alone.")
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser at the studio.")
    ] = True,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Pictures of your own, as train takes them; once for each folder."),
    ] = None,
    runs: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the runs lie that are made here.")
    ] = RUNS,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Also answer to this name of the machine."),
    ] = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Look into networks, and train them, in a browser on this machine.

    For instance: simplecell studio runs/mnist-lenet5-1. Without RUN there are the published
    networks, and the runs in runs/.

    The address that is printed lets one browser in. Ctrl-C ends the studio; what it trains is
    saved, and goes on here or by simplecell train … --resume.

    The JSON: `url`, which lets a browser in, `address`, `host`, `port`, `runs`.
    """
    from simplecell.studio.answer import Studio
    from simplecell.studio.gate import LOOPBACK, Gate, checked_names
    from simplecell.studio.jobs import Jobs
    from simplecell.studio.models import Models
    from simplecell.studio.server import bound, serve
    from simplecell.studio.sets import Sets

    for path in [*(run or ()), *(data or ())]:
        _check_there(path)
    names = checked_names(allow_host or ())
    opened = bound(host, port)
    gate = Gate(opened.getsockname()[1], host, names)
    models, sets = Models(run or (), runs), Sets(data or (), data_dir)
    made = Studio(gate, models, sets, Jobs(models, sets))
    console = people(json)
    if host not in LOOPBACK:
        console.print(
            f"Note: whoever reaches {host} and has this address can look at these files and"
            " train here.",
            markup=False,
        )
    console.print(f"The studio is at {gate.entrance}", markup=False, soft_wrap=True)
    console.print("Ctrl-C ends it.")
    if json:
        told = {"url": gate.entrance, "address": gate.address, "host": host, "port": gate.port}
        answer({**told, "runs": runs.resolve()})
    serve(made, opened, (lambda: _open(gate.entrance)) if browser else lambda: None)
    _say_saved(made, json)


def _check_there(path: Path) -> None:
    from simplecell.errors import StudioError

    if not path.expanduser().exists():
        raise StudioError(f"there is no file or folder {path}.")


def _open(address: str) -> None:
    """Open a browser; where there is none, the printed address is all there is."""
    webbrowser.open(address)


def _say_saved(made: "Studio", json: bool) -> None:
    """Say which runs were left before their end."""
    left = [job for job in made.jobs.known() if job.state == "stopped" and job.kind == "train"]
    for job in left:
        people(json).print(f"saved, to be gone on with: {job.folder}", markup=False)
