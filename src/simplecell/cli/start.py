"""`simplecell train DATA --from MODEL`: a model that is there is trained further."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simplecell.data.sources import Dataset
    from simplecell.train.model import Model


def start_model(
    start: Path | None, run: Path | None, *, net: str | None, depart: object, crop: bool | None
) -> "Model | None":
    """Read the model that training goes on from: as it is named, or as the run folder kept it.

    Raises
        SpecError    options that the model decides
        ModelError   no model there, or a network that is to be brought in first
    """
    from simplecell.errors import ModelError, SpecError
    from simplecell.train.folder import RunFolder
    from simplecell.train.model import load_model

    if start is None:
        return None if run is None else RunFolder(run).start_model()
    asked = {"--net": net, "--depart": depart, "--crop and --whole": crop}
    given = [name for name, value in asked.items() if value not in (None, [])]
    if given:
        raise SpecError(
            f"--from takes the network of {start}, and reads pictures as it does: it has no room"
            f" for {given[0]}.\n  leave one of them out."
        )
    if start.suffix == ".onnx":
        raise ModelError(
            f"{start} is an ONNX file, and --from takes a model of simplecell.\n"
            f"  Bring it in first: simplecell import {start} --out {start.stem}.safetensors"
        )
    return load_model(start)


def as_before(model: "Model", dataset: "Dataset") -> bool | None:
    """Say whether pictures of one's own are cropped: as the model reads them."""
    from simplecell.train.plan import is_own

    return model.reading == "cropped" if is_own(dataset) else None
