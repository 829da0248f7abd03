"""Padding: rows and columns that a layer imagines around the maps that it reads.

Written as `((top, bottom), (left, right))`, or as "same", which follows from the size of the maps:

    places = ceil(size / stride)
    total  = max(0, (places - 1) * stride + window - size)
    before = total // 2,  after = total - before

An odd rest goes to the bottom and to the right: ONNX calls this SAME_UPPER, and TensorFlow
does the same.

>>> resolved("same", (28, 28), (5, 5), (1, 1))
((2, 2), (2, 2))
>>> resolved("same", (28, 28), (3, 3), (2, 2))
((0, 1), (0, 1))
"""

from collections.abc import Sequence

from simplecell.errors import SpecError
from simplecell.spec.validation import read_whole, shown

Pair = tuple[int, int]
Pads = tuple[Pair, Pair]
"""((top, bottom), (left, right)), in rows and columns."""
Padding = Pads | str
"""What a layer says of its padding: numbers, or "same"."""

SAME = "same"
NO_PADS: Pads = ((0, 0), (0, 0))


def read_padding(value: object, where: str) -> Padding:
    """Read "same", a number for all sides, `(height, width)`, or `((top, bottom), (left, right))`.

    Raises
        SpecError   anything else, or numbers below 0

    >>> read_padding(2, "layer C1"), read_padding((1, 0), "layer C1")
    (((2, 2), (2, 2)), ((1, 1), (0, 0)))
    >>> read_padding([[0, 1], [0, 1]], "layer C1"), read_padding("same", "layer C1")
    (((0, 1), (0, 1)), 'same')
    """
    if isinstance(value, str) and value == SAME:
        return SAME
    what = f"{where}: padding"
    try:
        both = _both(value, what)
        if both is not None:
            return (_sides(both[0], what), _sides(both[1], what))
        number = read_whole(value, what, 0)
    except SpecError:
        raise SpecError(
            f"{what} is {shown(value)}; give a number, 0 or more, a pair (height, width),"
            ' ((top, bottom), (left, right)), or "same".'
        ) from None
    return ((number, number), (number, number))


def resolved(padding: Padding, size: Pair, window: Pair, stride: Pair) -> Pads:
    """Give the padding in numbers, for maps of a size (height, width).

    `window` is the kernel of a convolution, or the window of pooling.
    """
    if not isinstance(padding, str):
        return padding
    rows, columns = map(_same, size, window, stride)
    return (rows, columns)


def check_padding(padding: Padding, window: Pair, where: str, what: str) -> None:
    """Refuse padding that a whole window, or kernel, would fit into.

    Raises
        SpecError   a side that is as wide as the window, or wider
    """
    if isinstance(padding, str):
        return
    for sides, size, way in zip(padding, window, ("high", "wide"), strict=True):
        if max(sides) >= size:
            raise SpecError(
                f"{where}: padding is {shown(padding)}, and the {what} is {size} {way}: it would"
                f" lie on nothing but padding somewhere. Give at most {size - 1}."
            )


def places(size: int, window: int, stride: int, pads: Pair, ceil: bool = False) -> int:
    """Count the places of a window along one side, 0 or less where it does not fit.

        floor   (size + before + after - window) // stride + 1
        ceil    the same rounded up, without a last window that would begin behind the map,
                which is wholly in the padding

    Source
        ONNX, operators MaxPool and AveragePool, since version 19; PyTorch does the same.

    >>> places(6, 3, 2, (0, 0)), places(6, 3, 2, (0, 0), ceil=True)
    (2, 3)
    >>> places(3, 1, 3, (0, 1), ceil=True)
    1
    """
    before, after = pads
    free = size + before + after - window
    count = (-(-free // stride) if ceil else free // stride) + 1
    if ceil and (count - 1) * stride >= size + before:
        count -= 1
    return count


def reached(size: int, window: int, stride: int, pads: Pair, count: int) -> Pair:
    """Give the padding along one side that `count` windows reach, where they hang over or not.

    With ceil the last window may go beyond the padding; with floor it may not come so far.

    >>> reached(6, 3, 2, (0, 0), 3), reached(6, 3, 2, (0, 1), 2)
    ((0, 1), (0, 0))
    """
    before, _ = pads
    return (before, max(0, (count - 1) * stride + window - size - before))


def cells(
    size: int, window: int, stride: int, pads: Pair, count: int, padded: bool = False
) -> tuple[int, ...]:
    """Count, for each of `count` windows along one side, the cells of the map that it reads.

    `padded` counts those of the padding too, but not what hangs over behind the padding.

    >>> cells(6, 3, 2, (1, 0), 3), cells(6, 3, 2, (1, 0), 3, padded=True)
    ((2, 3, 3), (3, 3, 3))
    """
    before, after = pads
    low, high = (-before, size + after) if padded else (0, size)
    starts = range(-before, count * stride - before, stride)
    return tuple(min(start + window, high) - max(start, low) for start in starts)


def _same(size: int, window: int, stride: int) -> Pair:
    total = max(0, (-(-size // stride) - 1) * stride + window - size)
    return (total // 2, total - total // 2)


def _both(value: object, what: str) -> tuple[object, object] | None:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return None
    if len(value) != 2:
        raise SpecError(what)
    return (value[0], value[1])


def _sides(value: object, what: str) -> Pair:
    both = _both(value, what)
    before, after = (value, value) if both is None else both
    return (read_whole(before, what, 0), read_whole(after, what, 0))
