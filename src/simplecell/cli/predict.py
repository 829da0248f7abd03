"""`simplecell predict MODEL IMAGE…`: what a model sees in pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import EngineName, Json, ModelPath, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simplecell.train.model import Model

LIGHT, MOSTLY = 128, 0.6
"""A picture of which so large a share is lighter than LIGHT is dark ink on paper."""


def predict(
    model: ModelPath,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures to read.")],
    invert: Annotated[
        bool, typer.Option("--invert", help="Turn dark ink on white paper round.")
    ] = False,
    engine: EngineName = "auto",
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Say what a model takes pictures for: class, probability, and the class that came second.

    The JSON: `model`, `network`, `predictions`, a list of `image`, `class`, `probability`,
    `runner_up`, `runner_up_probability`, `light_ground`.
    """
    import numpy as np

    from simplecell.cli.progress import say_compiling
    from simplecell.data.picture import read_picture
    from simplecell.engines.choose import engine as choose
    from simplecell.train.evaluation import probabilities
    from simplecell.train.model import load_model

    read = load_model(model)
    pixels = np.stack(
        [
            read_picture(image, read.network.input, inside=read.frame, invert=invert)
            for image in images
        ]
    )
    chosen = choose(engine, threads)
    console = people(json)
    say_compiling(console, chosen)
    program = chosen.program(read.network)
    outputs = program.forward(read.parameters, read.examples(pixels))
    shares = probabilities(read.network, outputs)
    found = [_answer(read, *one) for one in zip(images, pixels, shares, strict=True)]
    if json:
        answer({"model": model, "network": read.network.name, "predictions": found})
        return
    for one in found:
        second = f"{one['runner_up']}, {100 * one['runner_up_probability']:.1f} %"
        console.print(
            f"{one['image']}: {one['class']}   {100 * one['probability']:.1f} %"
            + (f"   (then {second})" if one["runner_up"] is not None else ""),
            markup=False,
            soft_wrap=True,
        )
    if any(one["light_ground"] for one in found):
        console.print("Light ground: networks learn light ink on dark. Try --invert.", style="dim")


def _answer(
    model: "Model", image: Path, pixels: "NDArray[np.uint8]", shares: "NDArray[Any]"
) -> dict[str, Any]:
    first, *others = shares.argsort()[::-1].tolist()
    return {
        "image": image,
        "class": model.classes[first],
        "probability": float(shares[first]),
        "runner_up": model.classes[others[0]] if others else None,
        "runner_up_probability": float(shares[others[0]]) if others else 0.0,
        "light_ground": bool((pixels > LIGHT).mean() > MOSTLY),
    }
