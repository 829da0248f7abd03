"""The one object of a picture, found on its calm ground and brought to the frame.

    ground    a plane of shades through the picture's edge, by channel: paper in uneven light
    apart     how far a pixel is from the ground, in the channel where it is farthest, smoothed
    object    what is farther apart than the ground's own unrest, without specks
    crop      a square around it, a little wider than its longer side, scaled to the frame

Where there is no calm ground, or nothing on it, or too much, there is no object: the picture is
fitted whole, as any other. Nothing is turned, and shades stay as they are.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[int, int, int, int]
"""(top, left, bottom, right), the last two beyond the object."""

WORK = 64
"""The longer side at which objects are looked for."""

UNREST = 5.0
"""A pixel is of the object if it is so many times as far from the ground as the edge's pixels
are, which are the ground's; by their median."""
SHARE, FAINT = 0.35, 12.0
"""... and farther than this share of what is farthest, and than so many shades."""

SPECK = 0.03
"""Pieces of less than this share of the largest are specks."""

MOST, LEAST = 0.8, 0.002
"""An object covers at most, and at least, these shares of the picture."""

CALM = 0.35
"""A ground is calm if at most so large a share of the edge is apart from it."""

MARGIN = 0.1
"""What is left around the object, as a share of its longer side."""


PROBED, OBJECTS = 200, 0.6
"""Pictures have objects where so large a share of PROBED of them shows one."""


def have_objects(pixels: NDArray[np.uint8]) -> bool:
    """Say whether most pictures, as they are fitted, show something on a calm ground.

    Shapes
        pixels (N, C, H, W)
    """
    rows = np.unique(np.linspace(0, len(pixels) - 1, PROBED).astype(np.int64))
    found = [find_object(picture) is not None for picture in pixels[rows]]
    return float(np.mean(found)) >= OBJECTS


def find_object(pixels: NDArray[np.uint8]) -> Box | None:
    """Find the box of the one object of a picture; None where there is none.

    Shapes
        pixels (C, H, W)
    """
    _, height, width = pixels.shape
    if min(height, width) < 8:
        return None
    step = max(1, -(-max(height, width) // WORK))
    high, wide = height // step, width // step
    small = pixels[:, : high * step, : wide * step].astype(np.float32)
    small = small.reshape(-1, high, step, wide, step).mean(axis=(2, 4))
    apart = _apart(small)
    edge = np.concatenate([apart[0], apart[-1], apart[1:-1, 0], apart[1:-1, -1]])
    far = float(np.quantile(apart, 0.995))
    least = max(UNREST * float(np.median(edge)), SHARE * far, FAINT)
    mask = apart > least
    if not LEAST < mask.mean() < MOST or (edge > least).mean() > CALM:
        return None
    # SciPy takes a sixth of a second to import, which pictures that are not cropped do not need.
    from scipy import ndimage

    pieces, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    sizes[0] = 0
    kept = (sizes >= SPECK * sizes.max())[pieces]
    rows, columns = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
    found = (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1)
    top, left, bottom, right = (int(n) * step for n in found)
    return top, left, bottom, right


def _apart(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Measure how far each pixel is from a plane through the edge, by its farthest channel."""
    _, height, width = pixels.shape
    from scipy import ndimage

    smooth = ndimage.uniform_filter(pixels, (0, 3, 3), mode="nearest")
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    plane = np.stack([np.ones_like(y), y, x])
    ring = np.zeros((height, width), bool)
    ring[[0, -1]] = ring[:, [0, -1]] = True
    a, values = plane[:, ring].T, smooth[:, ring].T
    middle = np.median(values, axis=0)
    # The object may touch the edge: the plane goes through what is near the edge's middle shade,
    # and then through what is near that plane.
    ground = np.broadcast_to(middle, values.shape)
    for _ in range(3):
        off = np.abs(values - ground).max(axis=1)
        near = off <= max(2.5 * float(np.median(off)), 4.0)
        told, *_ = np.linalg.lstsq(a[near], values[near], rcond=None)
        ground = a @ told
    apart: NDArray[np.float32] = np.abs(smooth - np.tensordot(told.T, plane, 1)).max(axis=0)
    return apart


def cropped(picture: Image.Image, colours: Image.Image) -> Image.Image | None:
    """Cut a square around the object of a picture; None where there is none.

    Beyond the picture its edge goes on. The object is looked for in `colours`: the same picture,
    which may be grey itself.
    """
    shades = np.asarray(colours)
    box = find_object(np.moveaxis(shades.reshape(*shades.shape[:2], -1), 2, 0))
    if box is None:
        return None
    top, left, bottom, right = box
    side = max(bottom - top, right - left)
    side += 2 * max(1, round(MARGIN * side))
    y, x = (top + bottom - side) // 2, (left + right - side) // 2
    whole = np.asarray(picture)
    rows = np.clip(np.arange(y, y + side), 0, whole.shape[0] - 1)
    columns = np.clip(np.arange(x, x + side), 0, whole.shape[1] - 1)
    return Image.fromarray(np.ascontiguousarray(whole[np.ix_(rows, columns)]))
