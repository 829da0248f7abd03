"""Engines, layouts and paths, as they are chosen to predict and to train; or refused."""

from os import PathLike
from pathlib import Path
from typing import Any

from simplecell.data.inputs import LAYOUTS
from simplecell.errors import DataError, EngineError, ModelError
from simplecell.spec.validation import shown


def check_engine(engine: Any) -> None:
    """Refuse what is neither the name of an engine nor one.

    Raises
        EngineError   something else
    """
    if not isinstance(engine, str) and not callable(getattr(engine, "program", None)):
        raise EngineError(
            f"engine is {shown(engine)}, {type(engine).__name__}; it takes an engine or the name"
            " of one, as 'lanes'."
        )


def check_layout(layout: Any) -> None:
    """Refuse a layout that is none.

    Raises
        DataError   anything but one of their names
    """
    if layout is not None and (not isinstance(layout, str) or layout not in LAYOUTS):
        raise DataError(f"layout is {shown(layout)}; it takes one of {', '.join(LAYOUTS)}.")


def read_path(path: Any) -> Path:
    """Give the path of a file or a folder.

    Raises
        ModelError   something that is no path
    """
    if not isinstance(path, str | PathLike):
        raise ModelError(f"{shown(path)} is no path; give the name of a file or a folder.")
    return Path(path)
