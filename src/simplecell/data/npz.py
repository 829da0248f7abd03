"""NumPy archives: `x` and `y`, and, where the source has a test part, `x_test` and `y_test`."""

import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from simplecell.data.part import Part, to_labels, to_pixels
from simplecell.errors import DataError

ARRAYS = ("x", "y", "x_test", "y_test")
SAVE = "save plain arrays: np.savez_compressed(path, x=pictures, y=labels), x_test and y_test too."
ZIP_MAGIC = b"PK"


def read_npz(path: Path) -> tuple[Part, Part | None]:
    """Read the training part and, where there is one, the test part.

    Raises
        DataError   no archive, a damaged one, pickled objects, arrays missing or refused
    """
    arrays = _arrays(path)
    for name in ("x", "y"):
        if name not in arrays:
            raise DataError(
                f"{path} has no array {name}; it holds {', '.join(sorted(arrays)) or 'nothing'}."
                f"\n  {SAVE}"
            )
    if ("x_test" in arrays) != ("y_test" in arrays):
        has, lacks = ("x_test", "y_test") if "x_test" in arrays else ("y_test", "x_test")
        raise DataError(f"{path} has {has} and no {lacks}; a test part takes both.")
    test = _part(path, arrays, "x_test", "y_test") if "x_test" in arrays else None
    return _part(path, arrays, "x", "y"), test


def _part(path: Path, arrays: dict[str, NDArray[Any]], x: str, y: str) -> Part:
    # Popped, so that a float array can go as soon as its bytes are there.
    pixels = to_pixels(arrays.pop(x), f"{path}, array {x}")
    labels = to_labels(arrays.pop(y), f"{path}, array {y}")
    if len(pixels) != len(labels):
        raise DataError(
            f"{path}: {len(labels)} labels in {y} for {len(pixels)} pictures in {x};"
            " every picture takes one label."
        )
    return Part(pixels, labels, f"{path}, array {y}")


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of a data set; of another archive, only the names."""
    try:
        # Opened here: np.load leaves a damaged file open that it opened itself.
        with path.open("rb") as file:
            start = file.read(2)
            file.seek(0)
            if start != ZIP_MAGIC:
                raise DataError(
                    f"{path}, byte 0: found {start.hex(' ') or 'nothing'}; an .npz archive begins"
                    f" {ZIP_MAGIC.hex(' ')}: it is damaged, or another kind of file.\n  {SAVE}"
                )
            archive = np.load(file, allow_pickle=False)
            if not {"x", "y"} <= set(archive.files):
                return dict.fromkeys(archive.files, np.empty(0))
            return {name: archive[name] for name in ARRAYS if name in archive.files}
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    except MemoryError:
        raise DataError(f"{path}: an array in it asks for more memory than there is.") from None
    except (ValueError, EOFError, BadZipFile, zlib.error, RuntimeError) as problem:
        if "allow_pickle" in str(problem):
            raise DataError(
                f"{path} holds pickled objects, which could run a stranger's code and are never"
                f" loaded.\n  {SAVE}"
            ) from None
        raise DataError(
            f"{path} is no sound .npz archive: {problem}.\n  save or copy it again."
        ) from None
