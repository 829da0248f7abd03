"""What people show to a reader of digits that is no digit, made from a seed.

    letters     and signs of Pillow's own font, less those that pass for digits
    scribbles   smooth curves and broken lines of a few strokes
    textures    spots, stripes, blocks, smears
    pieces      quarters of digits in the wrong places, digits lying on their side, pairs

Each stands in its frame as `align` puts a digit: a box of 20 x 20 in 28 x 28.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from simplecell.data.alignment import BODY, FRAME, align, centred, shrunk
from simplecell.data.distort import distort, keys
from simplecell.data.distortion import Distortion

Pixels = NDArray[np.uint8]
Random = np.random.Generator

SIGNS = "ACDEFGHJKLMNPRTUVWXYacdefhijkmnprtuvwxy?&@#%+*=<>$^"
"""Left out: b B g I l o O q Q s S z Z, and signs of one plain stroke."""

PENS = (0, 3, 6)
"""By how many hundredths of their height letters are drawn fatter, for variety."""

WILD = Distortion(
    shift=1, scale=0.1, squeeze=0.2, shear=0.25, rotation=15, elastic=25, smoothness=5
)

SHARES = {"letters": 0.5, "scribbles": 0.2, "textures": 0.1, "pieces": 0.2}

DRAWN = 400
"""So many scribbles, and textures, are drawn; the others are distortions of them."""

_CANVAS = 4 * BODY
_SLEEPING = (2, 3, 4, 5, 7)
"""These, turned by a quarter, are no digit any more."""


def negatives(digits: Pixels, labels: NDArray[np.int64], count: int, seed: int) -> Pixels:
    """Make so many pictures of what is no digit; digits of 28 x 28 are there to be cut up.

    Shapes
        digits (N, 1, 28, 28), labels (N,)      gives (count, 1, 28, 28)
    """
    rng = np.random.default_rng([seed, 1998])
    shares = {name: round(share * count) for name, share in SHARES.items()}
    letters = _letters()
    # What is missing by rounding, or for want of a font, is scribbled.
    shares["letters"] = shares["letters"] if len(letters) else 0
    shares["scribbles"] += count - sum(shares.values())
    pictures = [letters[rng.integers(max(1, len(letters)), size=shares["letters"])]]
    for name, draw in (("scribbles", _scribble), ("textures", _texture)):
        drawn = np.stack([draw(rng) for _ in range(min(shares[name], DRAWN))])
        pictures.append(drawn[rng.integers(len(drawn), size=shares[name])])
    pictures.append(_pieces(digits[:, 0], labels, shares["pieces"], rng))
    whole = np.concatenate(pictures)[:, None]
    return distort(whole, WILD, keys(np.arange(count), seed, 1998))


def drawings(kind: str, count: int, rng: Random) -> NDArray[np.float64]:
    """Draw so many "scribbles" or "textures", as ink from 0 to 1 that fills most of its frame.

    Shapes
        gives (count, 20, 20)
    """
    draw = {"scribbles": _scribble, "textures": _texture}[kind]
    drawn = np.stack([draw(rng) for _ in range(max(1, min(count, DRAWN)))])
    low = (FRAME - BODY) // 2
    inner = drawn[:, low : low + BODY, low : low + BODY] / 255.0
    some: NDArray[np.float64] = inner[rng.integers(len(inner), size=count)]
    turned = rng.integers(4, size=count)
    for quarter in range(1, 4):
        rows = turned == quarter
        some[rows] = np.rot90(some[rows], quarter, (1, 2))
    return some


@cache
def _letters() -> Pixels:
    """Draw every sign with every pen; none if this Pillow has no font that can be scaled."""
    try:
        font = ImageFont.load_default(100)
    except ImportError:  # it was built without FreeType
        return np.empty((0, FRAME, FRAME), np.uint8)
    frames = []
    for pen in PENS:
        for sign in SIGNS:
            canvas = Image.new("L", (200, 200))
            ImageDraw.Draw(canvas).text((50, 30), sign, 255, font, stroke_width=pen)
            frames.append(align(np.asarray(canvas) / 255.0).frame)
    return np.stack(frames)


def _framed(canvas: Image.Image) -> Pixels:
    """Put a drawing of any size into the box, without a look at its strokes."""
    return centred(shrunk(np.asarray(canvas) / 255.0, BODY), FRAME)


def _scribble(rng: Random) -> Pixels:
    canvas = Image.new("L", (_CANVAS, _CANVAS))
    draw, pen = ImageDraw.Draw(canvas), int(rng.integers(6, 14))
    kind = int(rng.integers(4))
    if kind == 2:
        _polygon(draw, pen, rng)
    elif kind == 3:
        _spiral(draw, pen, rng)
    else:
        for _ in range(int(rng.integers(1, 4))):
            corners = rng.uniform(0, _CANVAS, (int(rng.integers(4, 9)), 2))
            draw.line([*(_curve(corners) if kind else corners).ravel()], 255, pen, "curve")
    return _framed(canvas)


def _spiral(draw: ImageDraw.ImageDraw, pen: int, rng: Random) -> None:
    """Draw turns that grow, perhaps drawn out to a row of loops."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(1.5, 5), 60)
    radius = np.linspace(rng.uniform(0.05, 0.4), 1, 60)
    drift = np.linspace(0, rng.uniform(0, 4), 60)
    path = np.stack([np.cos(angle) * radius + drift, np.sin(angle) * radius], 1)
    path = _CANVAS * (path - path.min(0)) / np.ptp(path, axis=0).max()
    draw.line([*path.ravel()], 255, max(4, pen // 2), "curve")


def _polygon(draw: ImageDraw.ImageDraw, pen: int, rng: Random) -> None:
    """Draw a closed form of three to seven corners; or straight lines that cross."""
    middle = _CANVAS / 2
    count = int(rng.integers(3, 8))
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(0.5, 0.9, count) * middle
    ends = middle + np.stack([np.cos(angle), np.sin(angle)], 1) * radius[:, None]
    if rng.random() < 0.6:
        draw.line([*np.concatenate([ends, ends[:2]]).ravel()], 255, pen, "curve")
    else:
        hub = middle + rng.uniform(-8, 8, 2)
        for end in ends:
            draw.line([*hub, *end], 255, pen)


def _curve(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw a Catmull-Rom curve through the corners."""
    ends = np.concatenate([corners[:1], corners, corners[-1:]])
    t = np.linspace(0, 1, 8, endpoint=False)[:, None]
    spans = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        spans.append(
            b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        )
    return np.concatenate(spans)


def _texture(rng: Random) -> Pixels:
    kind = int(rng.integers(4))
    y, x = np.mgrid[:BODY, :BODY].astype(np.float64)
    if kind == 0:
        values = ndimage.gaussian_filter(rng.standard_normal((BODY, BODY)), rng.uniform(0.4, 3))
    elif kind == 1:
        angle = rng.uniform(0, np.pi)
        values = np.sin((np.cos(angle) * x + np.sin(angle) * y) * rng.uniform(0.4, 2))
    elif kind == 2:
        cells = int(rng.integers(2, 7))
        values = rng.standard_normal((cells, cells))[
            (y * cells / BODY).astype(int), (x * cells / BODY).astype(int)
        ]
    else:
        values = -np.hypot((y - 9.5) * rng.uniform(0.8, 1.25), x - 9.5)
    low, high = np.quantile(values, sorted(rng.uniform(0.2, 0.95, 2)))
    return centred(
        np.rint(255 * np.clip((values - low) / max(high - low, 1e-3), 0, 1)).astype(np.uint8),
        FRAME,
    )


def _pieces(digits: Pixels, labels: NDArray[np.int64], count: int, rng: Random) -> Pixels:
    third = count // 3
    sleeping = digits[rng.choice(np.flatnonzero(np.isin(labels, _SLEEPING)), third)]
    turned = np.rot90(sleeping, 1, (1, 2))
    middle = digits[rng.integers(len(digits), size=third)].copy()
    half = FRAME // 2
    quarters = [
        middle[:, :half, :half], middle[:, :half, half:],
        middle[:, half:, :half], middle[:, half:, half:],
    ]  # fmt: skip
    order = [3, 2, 1, 0] if rng.random() < 0.5 else [2, 3, 0, 1]
    top = np.concatenate([quarters[order[0]], quarters[order[1]]], 2)
    bottom = np.concatenate([quarters[order[2]], quarters[order[3]]], 2)
    pairs = digits[rng.integers(len(digits), size=(count - 2 * third, 2))]
    side = np.concatenate([pairs[:, 0], pairs[:, 1]], 2)[:, :, 2:-2]
    squeezed = np.stack([_framed(Image.fromarray(pair)) for pair in side])
    return np.concatenate([turned, np.concatenate([top, bottom], 1), squeezed])
