"""A folder of files of arrays: MNIST's four by their names, and those of other sets."""

from collections.abc import Mapping
from pathlib import Path

from simplecell.data.arrays import Opened, Pair, assemble
from simplecell.data.levels import Values
from simplecell.data.pairs import (
    ArrayFile,
    choose_set,
    find_files,
    look_at,
    mapping_of,
    pair_up,
    read_array,
    read_two,
)
from simplecell.data.part import Part
from simplecell.errors import DataError

STEMS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""Training pictures and labels, test pictures and labels."""


def read_pair(images: Path, labels: Path | None = None, values: Values | None = None) -> Part:
    """Read a file of pictures and the file of their labels, looked for beside it if not named.

    Raises
        DataError   a file that cannot be read, of the wrong rank, or labels that do not match
    """
    return open_pair(images, labels, values).train


def open_pair(images: Path, labels: Path | None = None, values: Values | None = None) -> Opened:
    """Read a file of pictures and one of labels, with the classes' names and notes.

    Raises
        DataError   as `read_pair`
    """
    notes: list[str] = []
    if labels is None and look_at(images) is None:
        read_array(images)  # which says what is wrong with it
    pair = read_two(images, labels or _find_labels(images), notes)
    return _assembled({"train": pair}, values, notes, images)


def _assembled(
    pairs: Mapping[str, Pair], values: Values | None, notes: list[str], images: Path
) -> Opened:
    opened = assemble(pairs, values=values, notes=notes)
    letters = mapping_of(images)
    if letters is None or not all(name.isdigit() for name in opened.classes):
        return opened
    names = tuple(letters.get(int(name), name) for name in opened.classes)
    return Opened(opened.train, opened.test, names, opened.notes)


def _find_labels(images: Path) -> Path:
    """Find the labels beside a file of pictures: by its name, or the only one of that number."""
    bare = images.name.removesuffix(".gz")
    name = bare.replace("images", "labels").replace("imgs", "labels")
    name = name.replace("idx3", "idx1").replace("idx4", "idx1")
    beside = [images.with_name(name), images.with_name(name + ".gz")]
    for path in beside if name != bare else []:
        if path.is_file():
            return path
    near = _beside(images)
    if len(near) == 1:
        return near[0].path
    tried = f" {name} is not beside it." if name != bare else ""
    raise DataError(
        f"{images}: no file of labels was found.{tried}"
        "\n  give both files, with a comma between: pictures,labels"
    )


def _beside(images: Path) -> list[ArrayFile]:
    """Give the files of as many labels that lie beside pictures, of the same part and set."""
    own = look_at(images)
    files = find_files(images.parent).get(images.parent, [])
    if own is None:
        return []
    return [
        file
        for file in files
        if file.is_labels
        and file.shape[0] == own.shape[0]
        and (file.part == own.part or len(files) == 2)
        and (file.stem == own.stem or len(files) == 2)
    ]


def _find(folder: Path, stem: str) -> Path | None:
    """Find one of the four files; some copies write a dot before idx."""
    for name in (stem, stem.replace("-idx", ".idx")):
        for path in (folder / f"{name}.gz", folder / name):
            if path.is_file():
                return path
    return None


def holds_idx(folder: Path) -> bool:
    """Tell whether any of MNIST's four files is there."""
    return any(_find(folder, stem) is not None for stem in STEMS)


def holds_arrays(folder: Path) -> bool:
    """Tell whether a folder, or one in it, has files of arrays that may be a data set."""
    return holds_idx(folder) or bool(find_files(folder))


def holds_labels(folder: Path) -> bool:
    """Tell whether labels lie beside the arrays of a folder."""
    return any(file.is_labels for files in find_files(folder).values() for file in files)


def read_folder(folder: Path, split: str | None = None, values: Values | None = None) -> Opened:
    """Read the training part and, where the folder has one, the test part.

    `split` chooses among several data sets in one folder, as EMNIST's letters.

    Raises
        DataError   an empty folder, files missing, several data sets, or one that `read_two`
                    refuses
    """
    if holds_idx(folder):
        return _four(folder, values)
    found = find_files(folder)
    if not found:
        raise DataError(_missing(folder, list(STEMS)))
    files = choose_set(found, folder, split)
    parts, notes = pair_up(files, folder)
    if not parts:
        raise DataError(_missing(folder, list(STEMS)))
    pairs = {part: read_two(images, labels, notes) for part, (images, labels) in parts.items()}
    first = next(iter(parts.values()))[0]
    if first.parent != folder:
        notes.insert(0, f"the files lie in {first.parent.relative_to(folder)}.")
    return _assembled(pairs, values, notes, first)


def _four(folder: Path, values: Values | None) -> Opened:
    found = [_find(folder, stem) for stem in STEMS]
    train, test = (found[0], found[1]), (found[2], found[3])
    missing = [stem for stem, path in zip(STEMS, found, strict=True) if path is None]
    if train[0] is None or train[1] is None or (test[0] is None) != (test[1] is None):
        raise DataError(_missing(folder, missing))
    notes: list[str] = []
    pairs = {"train": read_two(train[0], train[1], notes)}
    if test[0] and test[1]:
        pairs["test"] = read_two(test[0], test[1], notes)
    return assemble(pairs, values=values, notes=notes)


def _missing(folder: Path, missing: list[str]) -> str:
    return (
        f"the folder {folder} {_holding(folder)}; missing: {', '.join(missing)}."
        "\n  a data folder holds four IDX files by MNIST's names, with .gz or without;"
        " or a folder of pictures for each class."
    )


def _holding(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    return f"holds {', '.join(names[:5])}{' ...' if names[5:] else ''}" if names else "is empty"
