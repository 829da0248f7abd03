"""One digit's ink, put as MNIST's digits stand.

    enlarged or reduced to a long side of 100; strokes made as thick as people's pens make them;
    the ink's box scaled to 20 x 20, its sides in proportion; moved until the centre of mass is
    the middle of 28 x 28; padded to what the network reads

Source: LeCun et al. 1998, III.A.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Real = NDArray[np.float64]

WORK = 100
"""The long side at which strokes are measured."""

THIN, THICK = 1.9, 3.6
"""Strokes are brought between these, in pixels of the 20 x 20 box.

Of MNIST's training digits, a tenth are thinner than 1.8, and a tenth thicker than 3.5.
"""

BODY, FRAME = 20, 28


@dataclass(frozen=True, eq=False)
class Posed:
    """A digit in its pose: its strokes at the working size, its 20 x 20 box, its frame.

    Shapes
        strokes (h, w) 0 to 1      body (h, w) uint8, 20 the larger      frame (28, 28) uint8
    """

    strokes: Real
    body: NDArray[np.uint8]
    frame: NDArray[np.uint8]


def align(ink: Real, body: int = BODY, frame: int = FRAME) -> Posed:
    """Put the ink of one digit into the middle of a frame.

    Shapes
        ink (H, W) 0 to 1, some of it above 0.5
    """
    strokes = _box(_thickness(_resized(_box(_full(ink)), WORK), body), 0.3)
    small = shrunk(strokes, body)
    return Posed(strokes, small, centred(small, frame))


def shrunk(ink: Real, body: int) -> NDArray[np.uint8]:
    """Scale the ink's box to a long side of `body`, in shades."""
    small = np.clip(_resized(_box(ink, 0.3), body), 0, 1)
    return np.rint(255 * small).astype(np.uint8)


def _full(ink: Real) -> Real:
    """Bring a digit's own strokes to 1: on a sheet, some are in worse light."""
    core = ink[ink > 0.5]
    return np.clip(ink / float(np.quantile(core, 0.7)), 0, 1) if len(core) else ink


def _box(ink: Real, least: float = 0.5) -> Real:
    rows = np.flatnonzero((ink > least).any(axis=1))
    columns = np.flatnonzero((ink > least).any(axis=0))
    if len(rows) == 0:
        return ink
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(ink: Real, side: int) -> Real:
    scale = side / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    picture = Image.fromarray(ink.astype(np.float32))
    kind = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    return np.asarray(picture.resize(size, kind), np.float64)


def _thickness(ink: Real, body: int) -> Real:
    """Make thin strokes thicker and thick ones thinner.

    thickness = 4 * mean distance of the ink's pixels from its edge, as of a long bar
    """
    ink = np.pad(ink, WORK // 8)
    mask = ink > 0.5
    if not mask.any():
        return ink
    inner = ndimage.distance_transform_edt(mask) - 0.5
    unit = WORK / body
    thickness = 4 * float(inner[mask].mean()) / unit
    if thickness < THIN:
        grow = unit * (THIN - thickness) / 2
        outer = ndimage.distance_transform_edt(~mask) - 0.5
        return np.maximum(ink, np.clip(grow + 0.5 - outer, 0, 1))
    if thickness > THICK:
        # A stroke that is eaten from both sides is gone at its own half width.
        shrink = min(unit * (thickness - THICK) / 2, 0.6 * float(inner.max()))
        return np.where(mask, np.clip(inner - shrink + 0.5, 0, 1), 0)
    return ink


def centred(body: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Place a body so that its centre of mass is the middle of the frame, to the pixel.

    The middle is the pixel at side / 2, below and to the right of the exact one: so it is in
    MNIST, whose digits this gives back in their own places.
    """
    frame = np.zeros((side, side), np.uint8)
    height, width = body.shape
    y, x = ndimage.center_of_mass(body) if body.any() else (height / 2 - 0.5, width / 2 - 0.5)
    middle = side / 2
    top = int(np.clip(round(middle - y), 0, side - height))
    left = int(np.clip(round(middle - x), 0, side - width))
    frame[top : top + height, left : left + width] = body
    return frame
