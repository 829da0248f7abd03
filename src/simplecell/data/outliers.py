"""What is none of the classes of any pictures, made from the pictures themselves and a seed.

    pieces      quarters of a picture in the wrong places
    halves      of two pictures of two classes, side by side or one above the other
    blends      two pictures of two classes through each other
    scribbles   and textures of `negatives`, in the shades of the pictures
    blanks      the ground of a picture with nothing on it, or grain

Letters are not among them, as letters may be the classes.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.data.negatives import drawings

Pixels = NDArray[np.uint8]
Random = np.random.Generator

SHARES = {"pieces": 0.25, "halves": 0.15, "blends": 0.1, "scribbles": 0.25, "textures": 0.15}
"""Of all; what is left are blanks."""


def outliers(pixels: Pixels, labels: NDArray[np.int64], count: int, seed: int) -> Pixels:
    """Make so many pictures of what is none of the classes.

    Shapes
        pixels (N, C, H, W), labels (N,) of two classes or more      gives (count, C, H, W)
    """
    rng = np.random.default_rng([seed, 2021])
    each = {name: round(share * count) for name, share in SHARES.items()}
    one, other = _pairs(labels, each["halves"] + each["blends"], rng)
    halves = each["halves"]
    some = rng.integers(len(pixels), size=each["pieces"])
    made = [
        _pieces(pixels[some], rng),
        _halves(pixels[one[:halves]], pixels[other[:halves]], rng),
        _blends(pixels[one[halves:]], pixels[other[halves:]]),
    ]
    for name in ("scribbles", "textures"):
        like = pixels[rng.integers(len(pixels), size=each[name])]
        made.append(_inked(like, drawings(name, each[name], rng), rng))
    left = count - sum(map(len, made))
    made.append(_blanks(pixels[rng.integers(len(pixels), size=max(left, 0))], rng))
    return np.concatenate(made)[:count]


def _pairs(
    labels: NDArray[np.int64], count: int, rng: Random
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw pairs of pictures of two classes."""
    one = rng.integers(len(labels), size=count)
    other = rng.integers(len(labels), size=count)
    for _ in range(50):
        same = labels[one] == labels[other]
        if not same.any():
            break
        other[same] = rng.integers(len(labels), size=int(same.sum()))
    return one, other


def _pieces(pixels: Pixels, rng: Random) -> Pixels:
    made = pixels.copy()
    high, wide = pixels.shape[2] // 2, pixels.shape[3] // 2
    places = [(0, 0), (0, wide), (high, 0), (high, wide)]
    for k, order in enumerate(([3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1], [1, 3, 0, 2])):
        rows = np.arange(k, len(pixels), 4)
        for (top, left), source in zip(places, order, strict=True):
            y, x = places[source]
            made[rows, :, top : top + high, left : left + wide] = pixels[
                rows, :, y : y + high, x : x + wide
            ]
    return made[rng.permutation(len(made))]


def _halves(one: Pixels, other: Pixels, rng: Random) -> Pixels:
    made = one.copy()
    high, wide = one.shape[2] // 2, one.shape[3] // 2
    across = rng.random(len(one)) < 0.5
    made[across, :, :, wide:] = other[across, :, :, wide:]
    made[~across, :, high:] = other[~across, :, high:]
    return made


def _blends(one: Pixels, other: Pixels) -> Pixels:
    return ((one.astype(np.uint16) + other) // 2).astype(np.uint8)


def _grounds(pixels: Pixels) -> NDArray[np.float64]:
    """Give the shade of each picture's edge, by channel: (N, C)."""
    edge = [pixels[:, :, 0], pixels[:, :, -1], pixels[..., 0], pixels[..., -1]]
    return np.asarray(np.median(np.concatenate(edge, axis=2), axis=2), np.float64)


def _inked(like: Pixels, ink: NDArray[np.float64], rng: Random) -> Pixels:
    """Draw ink on each picture's ground, in the shade of it that is farthest from that.

    Shapes
        like (N, C, H, W)      ink (N, h, w) 0 to 1
    """
    count, channels, height, width = like.shape
    ground = _grounds(like)
    flat = like.reshape(count, channels, -1)
    away = np.abs(flat - ground[:, :, None]).sum(axis=1)
    pen = flat[np.arange(count), :, away.argmax(axis=1)].astype(np.float64)
    dull = away.max(axis=1) < 40
    pen[dull] = np.where(ground[dull] > 127, 40.0, 215.0)
    drawn = np.empty((count, height, width))
    for k, frame in enumerate(ink):
        picture = Image.fromarray((255 * frame).astype(np.uint8))
        drawn[k] = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR)) / 255
    whole = (
        ground[:, :, None, None] * (1 - drawn[:, None]) + pen[:, :, None, None] * drawn[:, None]
    )
    whole += rng.normal(0, 3, whole.shape)
    return np.rint(np.clip(whole, 0, 255)).astype(np.uint8)


def _blanks(like: Pixels, rng: Random) -> Pixels:
    grain = rng.normal(0, 1, like.shape) * rng.uniform(0, 25, (len(like), 1, 1, 1))
    whole = _grounds(like)[:, :, None, None] + grain
    return np.rint(np.clip(whole, 0, 255)).astype(np.uint8)
