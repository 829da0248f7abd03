"""MNIST's way to keep a data set: four IDX files of fixed names in a folder, packed or not."""

from pathlib import Path

from simplecell.data.idx import read_idx
from simplecell.data.part import Part, to_labels, to_pixels
from simplecell.errors import DataError

STEMS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""Training pictures and labels, test pictures and labels."""


def read_pair(images: Path, labels: Path | None = None) -> Part:
    """Read a file of pictures and the file of their labels, looked for beside it if not named.

    Raises
        DataError   a file that cannot be read, of the wrong rank, or labels that do not match
    """
    pictures = read_idx(images)
    if pictures.ndim not in (3, 4):
        raise DataError(
            f"{images}, byte 3: the rank is {pictures.ndim}; a file of pictures has three axes"
            " (pictures, height, width) or four (pictures, channels, height, width)."
            "\n  were pictures and labels given the other way round?"
        )
    labels = labels or _find_labels(images)
    values = read_idx(labels)
    if values.ndim != 1:
        raise DataError(
            f"{labels}, byte 3: the rank is {values.ndim}; a file of labels has one axis."
        )
    pixels = to_pixels(pictures, str(images))
    if len(values) != len(pixels):
        raise DataError(
            f"{labels} holds {len(values)} labels, and {images} holds {len(pixels)} pictures:"
            "\n  every picture takes one label. Do the two files belong together?"
        )
    return Part(pixels, to_labels(values, str(labels)), str(labels))


def _find_labels(images: Path) -> Path:
    """Find the labels beside a file of pictures: images -> labels, idx3 -> idx1, .gz or not."""
    bare = images.name.removesuffix(".gz")
    name = bare.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    beside = [images.with_name(name), images.with_name(name + ".gz")]
    for path in beside if name != bare else []:
        if path.is_file():
            return path
    tried = f" {name} is not beside it." if name != bare else ""
    raise DataError(
        f"{images}: no file of labels was found.{tried}"
        "\n  give both files, with a comma between: pictures,labels"
    )


def _find(folder: Path, stem: str) -> Path | None:
    """Find one of the four files; some copies write a dot before idx."""
    for name in (stem, stem.replace("-idx", ".idx")):
        for path in (folder / f"{name}.gz", folder / name):
            if path.is_file():
                return path
    return None


def holds_idx(folder: Path) -> bool:
    """Tell whether any of the four files is there."""
    return any(_find(folder, stem) is not None for stem in STEMS)


def read_folder(folder: Path) -> tuple[Part, Part | None]:
    """Read the training part and, where the folder has one, the test part.

    Raises
        DataError   an empty folder, files missing, or one that `read_pair` refuses
    """
    found = [_find(folder, stem) for stem in STEMS]
    train, test = (found[0], found[1]), (found[2], found[3])
    missing = [stem for stem, path in zip(STEMS, found, strict=True) if path is None]
    if train[0] is None or train[1] is None or (test[0] is None) != (test[1] is None):
        raise DataError(
            f"the folder {folder} {_holding(folder)}; missing: {', '.join(missing)}."
            "\n  a data folder holds four IDX files by MNIST's names, with .gz or without;"
            " or a folder of pictures for each class."
        )
    return (
        read_pair(train[0], train[1]),
        read_pair(test[0], test[1]) if test[0] and test[1] else None,
    )


def _holding(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    return f"holds {', '.join(names[:5])}{' ...' if names[5:] else ''}" if names else "is empty"
