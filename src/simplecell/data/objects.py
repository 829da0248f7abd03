"""Data sets that a program holds already: of scikit-learn, Keras, PyTorch, or plain arrays.

load_digits(), fetch_openml("mnist_784")       a Bunch: images or data, target, target_names
(x, y), ((x, y), (x_test, y_test))             arrays, as Keras gives them
{"x_train": …, "y_train": …}                   arrays by the names that .npz files have
torchvision.datasets.MNIST(…)                  a Dataset: item by item, each with its label
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.data.arrays import Opened, Pair, assemble, match
from simplecell.data.levels import Values
from simplecell.data.tree import some
from simplecell.errors import DataError

Array = NDArray[Any]

MOST_ITEMS = 10_000_000


def is_held(data: object) -> bool:
    """Tell whether something may be a data set that a program holds."""
    if isinstance(data, str | bytes) or hasattr(data, "__fspath__") or hasattr(data, "ndim"):
        return False
    return (
        isinstance(data, Mapping)
        or (isinstance(data, tuple | list) and len(data) in (2, 3))
        or (hasattr(data, "__getitem__") and hasattr(data, "__len__"))
    )


def open_held(data: Any, values: Values | None = None) -> Opened:
    """Make parts of what a program holds.

    Raises
        DataError   no pictures and labels in it by a known name, items of several sizes
    """
    if isinstance(data, Mapping):
        return _mapping(data, values)
    if isinstance(data, tuple | list) and len(data) in (2, 3):
        return _tuple(data, values)
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        return _items(data, values)
    raise DataError(
        f"{type(data).__name__} is no data set: give (pictures, labels), a Bunch of scikit-learn,"
        " a Dataset of PyTorch, or the name or path of one, as 'mnist'."
    )


def _mapping(data: Mapping[Any, Any], values: Values | None) -> Opened:
    what = type(data).__name__
    roles: dict[tuple[str, str], Any] = {}
    # A Bunch of digits has both: images are folded, data are rows.
    for name in sorted(map(str, data), key=lambda name: name != "images"):
        part, kind = match(name)
        if kind is not None and data[name] is not None:
            roles.setdefault((part or "train", kind), data[name])
    parts = [p for p in ("train", "test", "validation") if (p, "images") in roles]
    pairs = {
        part: _pair(roles[part, "images"], roles[part, "labels"], f"the {what}, {part}")
        for part in parts
        if (part, "labels") in roles
    }
    if "train" not in pairs:
        raise DataError(
            f"the {what} has no pictures and labels by a name that is known: it holds"
            f" {some([str(name) for name in data], 8)}.\n  call them x and y, or give"
            " (pictures, labels)."
        )
    names = roles.get(("train", "names"))
    called = None if names is None else [str(name) for name in np.asarray(names).tolist()]
    return assemble(pairs, values=values, names=called)


def _tuple(data: Sequence[Any], values: Values | None) -> Opened:
    """Read (x, y), or a pair of pairs: the second is the test part, or of three the third."""
    if all(isinstance(one, tuple | list) and len(one) == 2 for one in data):
        parts = ("train", "test") if len(data) == 2 else ("train", "validation", "test")
        pairs = {
            part: _pair(one[0], one[1], f"the arrays, {part}")
            for part, one in zip(parts, data, strict=True)
        }
        return assemble(pairs, values=values)
    if len(data) != 2:
        raise DataError(
            f"{len(data)} things are no data set: give (pictures, labels), or two such pairs."
        )
    return assemble({"train": _pair(data[0], data[1], "the arrays")}, values=values)


def _pair(images: Any, labels: Any, where: str) -> Pair:
    try:
        return Pair(_array(images), _labels(labels), f"{where}, pictures", f"{where}, labels")
    except (TypeError, ValueError) as problem:
        raise DataError(
            f"{where}: the pictures or labels make no array: {problem}.\n  give arrays of one"
            " size."
        ) from None


def _array(values: Any) -> Array:
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    array = np.asarray(values)
    return array.astype(np.float64) if array.dtype == object else array


def _labels(values: Any) -> Array:
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    array = np.asarray(values)
    return array.astype(str) if array.dtype == object else array


def _items(data: Any, values: Values | None) -> Opened:
    """Read a Dataset of PyTorch item by item: (picture, label), as its transforms give them."""
    what = type(data).__name__
    count = len(data)
    if not 0 < count <= MOST_ITEMS:
        raise DataError(f"the {what} has {count} items; a data set has pictures.")
    pictures: list[Array] = []
    labels: list[Any] = []
    for at in range(count):
        picture, label = _item(data[at], at, what)
        if pictures and picture.shape != pictures[0].shape:
            raise DataError(
                f"the {what}: item {at} is {_by(picture)}, item 0 {_by(pictures[0])}: pictures"
                " take one size.\n  give it a transform that makes them so, as Resize((32, 32))."
            )
        pictures.append(picture)
        labels.append(label.item() if hasattr(label, "item") else label)
    names = getattr(data, "classes", None)
    called = [str(name) for name in names] if isinstance(names, tuple | list) else None
    where = f"the {what}"
    pair = _pair(np.stack(pictures), labels, where)
    notes = [f"the {count:,} items of {what} are as its transforms gave them once."]
    return assemble({"train": pair}, values=values, names=called, notes=notes)


def _item(item: Any, at: int, what: str) -> tuple[Array, Any]:
    if isinstance(item, Mapping):
        found = {kind: item[name] for name in item for _, kind in [match(str(name))] if kind}
        item = (found.get("images"), found.get("labels"))
    if not isinstance(item, tuple | list) or len(item) != 2 or item[1] is None:
        raise DataError(
            f"the {what}: item {at} is {type(item).__name__}, and no picture with a label."
        )
    picture, label = item
    if isinstance(picture, Image.Image):
        picture = np.asarray(picture if picture.mode == "L" else picture.convert("RGB"))
    array = _array(picture)
    if array.ndim not in (2, 3):
        raise DataError(f"the {what}: the picture of item {at} has the shape {array.shape}.")
    return array, label


def _by(picture: Array) -> str:
    return "x".join(map(str, picture.shape))
