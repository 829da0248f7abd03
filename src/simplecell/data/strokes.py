"""Which ink belongs to which digit, and in what order a reader would take them.

Pieces that touch are one. Pieces are joined where one lies over the other, as the bar over a 5,
or where a small one lies close beside. Digits that touch each other are not taken apart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Real = NDArray[np.float64]
Labels = NDArray[np.int64]

SPECK = 0.03
"""A piece of less ink than this share of the largest one's is dirt, unless it is close to it."""

FAINT, STRONG = 0.3, 0.6
"""A piece hangs together by faint ink; and somewhere it is strong."""

SMALLEST = 8
"""What has fewer pixels than this in its longer side cannot be read."""

MOST = 1000
"""So many pieces of most ink are joined. More are grain, and each may be close to each."""


@dataclass(frozen=True)
class Box:
    """Rows top to bottom, columns left to right, the last not included; the pieces in it."""

    top: int
    left: int
    bottom: int
    right: int
    pieces: tuple[int, ...] = ()
    ink: float = 0.0

    @property
    def height(self) -> int:
        """How many rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """How many columns."""
        return self.right - self.left

    @property
    def side(self) -> int:
        """The longer of the two."""
        return max(self.height, self.width)

    def __or__(self, other: "Box") -> "Box":
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
            self.pieces + other.pieces,
            self.ink + other.ink,
        )


def find_digits(ink: Real) -> tuple[list[list[Box]], Labels]:
    """Find the boxes of what looks like digits, in reading order: rows, each from the left.

    Shapes
        ink (H, W) 0 to 1      labels (H, W): the piece that each pixel belongs to, 0 for none
    """
    labels, boxes = _pieces(ink)
    if not boxes:
        return [], labels
    size = _usual_size(boxes)
    boxes = [box for box in boxes if box.side >= 0.08 * size]
    if len(boxes) > MOST:
        strongest = sorted(range(len(boxes)), key=lambda k: boxes[k].ink)[-MOST:]
        boxes = [boxes[k] for k in sorted(strongest)]
    boxes = _joined(boxes, size)
    most = max(box.ink for box in boxes)
    least = max(0.4 * size, SMALLEST)
    kept = [box for box in boxes if box.side >= least and box.ink >= SPECK * most]
    return in_rows(kept), labels


def cut(ink: Real, labels: Labels, box: Box) -> Real:
    """Cut one digit out, without the ink of its neighbours; a pixel around it for its edges."""
    top, left = max(box.top - 1, 0), max(box.left - 1, 0)
    window = np.s_[top : box.bottom + 1, left : box.right + 1]
    own = np.isin(labels[window], box.pieces)
    strange = (labels[window] > 0) & ~own
    near = ndimage.binary_dilation(own, np.ones((3, 3), bool)) & ~strange
    return np.where(near, ink[window], 0.0)


def _pieces(ink: Real) -> tuple[Labels, list[Box]]:
    found, count = ndimage.label(ink > FAINT, np.ones((3, 3), bool))
    labels = np.asarray(found, np.int64)
    if count == 0:
        return labels, []
    numbers = np.arange(1, count + 1)
    sums = ndimage.sum_labels(ink, labels, numbers)
    strong = np.bincount(labels[ink > STRONG], minlength=count + 1) > 0
    boxes = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        if not strong[number]:
            continue
        amount = float(sums[number - 1])
        boxes.append(Box(rows.start, columns.start, rows.stop, columns.stop, (number,), amount))
    boxes = [box for box in boxes if box.ink >= 0.002 * float(sums.max())]
    return labels, _without_frame(boxes, ink.shape)


def _without_frame(boxes: list[Box], shape: tuple[int, ...]) -> list[Box]:
    """Leave out what runs along the picture's edge: a table beside the paper, half a line."""
    height, width = shape
    hair = max(2, round(0.02 * max(shape)))

    def along(box: Box) -> bool:
        lies = (box.top == 0 or box.bottom == height) and (
            box.width > 0.6 * width or box.height <= hair
        )
        stands = (box.left == 0 or box.right == width) and (
            box.height > 0.6 * height or box.width <= hair
        )
        return lies or stands

    # A digit that fills its picture touches the edges too: then it is all there is.
    inner = [box for box in boxes if not along(box)]
    most = max(box.ink for box in boxes)
    if any(box.ink > SPECK * most for box in inner):
        return inner
    return [box for box in boxes if min(box.height, box.width) > hair]


def _usual_size(boxes: list[Box]) -> float:
    """Give the height of a digit: half of the ink is in pieces that are taller."""
    sides = np.array([box.side for box in boxes], np.float64)
    ink = np.array([box.ink for box in boxes])
    order = np.argsort(sides)
    share = np.cumsum(ink[order]) / ink.sum()
    return float(sides[order][int(np.searchsorted(share, 0.5))])


def _joined(boxes: list[Box], size: float) -> list[Box]:
    """Join pieces, the closest first, until nothing belongs together any more."""
    boxes, count = list(boxes), len(boxes)
    sides = np.array([[box.top, box.left, box.bottom, box.right] for box in boxes], np.float64)
    gaps = np.full((count, count), np.inf)  # of piece i to piece j > i
    for i in range(count):
        gaps[i, i + 1 :] = _gaps(sides[i], sides[i + 1 :], size)
    left = np.ones(count, bool)
    while gaps.min() < np.inf:
        i, j = divmod(int(gaps.argmin()), count)
        boxes[i] = boxes[i] | boxes[j]
        sides[i] = boxes[i].top, boxes[i].left, boxes[i].bottom, boxes[i].right
        left[j] = False
        gaps[j], gaps[:, j] = np.inf, np.inf
        anew = np.where(left, _gaps(sides[i], sides, size), np.inf)
        gaps[i, i + 1 :], gaps[:i, i] = anew[i + 1 :], anew[:i]
    return [box for box, stays in zip(boxes, left, strict=True) if stays]


def _gaps(one: Real, others: Real, size: float) -> Real:
    """Give the distances of one piece to others, infinite where they are not of one digit.

    Shapes
        one (4,), others (N, 4): top, left, bottom, right      gives (N,)
    """
    corner, end = np.maximum(one, others), np.minimum(one, others)
    down, across = corner[:, 0] - end[:, 2], corner[:, 1] - end[:, 3]
    height, width = corner[:, 2] - end[:, 0], corner[:, 3] - end[:, 1]
    tall, wide = one[2:] - one[:2]
    heights, widths = (others[:, 2:] - others[:, :2]).T
    small = np.minimum(max(tall, wide), np.maximum(heights, widths))
    over = (-across >= 0.4 * np.minimum(wide, widths)) & (down <= 0.3 * size)
    over &= height <= np.maximum(1.5 * size, 1.1 * np.maximum(tall, heights))
    beside = (across <= 0.2 * size) & (down <= 0.2 * size) & (small <= 0.6 * size)
    beside &= (width <= 1.3 * size) & (height <= 1.5 * size)
    gaps = np.where(over, down, np.where(beside, np.maximum(across, down), np.inf))
    return np.maximum(gaps, 0.0)


def in_rows(boxes: list[Box]) -> list[list[Box]]:
    """Sort boxes into rows, from the top, and each row from the left; rows may lean.

    >>> one, two, three = Box(0, 50, 10, 60), Box(2, 5, 12, 12), Box(30, 0, 40, 9)
    >>> in_rows([one, two, three]) == [[two, one], [three]]
    True
    """
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box.left, box.top)):
        shared = [_shared_height(row[-1], box) for row in rows]
        best = int(np.argmax(shared)) if shared else 0
        if shared and shared[best] > 0.35:
            rows[best].append(box)
        else:
            rows.append([box])
    return sorted(rows, key=lambda row: float(np.mean([box.top + box.bottom for box in row])))


def _shared_height(one: Box, other: Box) -> float:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared / min(one.height, other.height)
