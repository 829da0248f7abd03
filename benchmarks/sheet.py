"""What the second set of pages is made of: paper, light, pens, and a camera of little worth.

Shades and coverage are float64 from 0 to 1; 1 is white, or all ink. Nothing here is shared with
`pages.py`: who wrote this had not seen what the reader and its guard had been made with.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Real = NDArray[np.float64]
Rng = np.random.Generator
Shape = tuple[int, int]

FINE = 10
"""A digit of MNIST is first drawn so many times larger, so that its pen can be changed."""


def traced(digit: NDArray[np.uint8], size: int, pen: float = 0.0, tilt: float = 0.0) -> Real:
    """Draw a digit of MNIST anew, its longer side `size` pixels, as coverage by ink.

    `pen` in pixels of MNIST is put around each stroke; below 0 it is the part of the stroke's
    width that is taken away, so that no thin stroke breaks. `tilt` is in degrees.
    """
    large = Image.fromarray(digit).resize((28 * FINE, 28 * FINE), Image.Resampling.BICUBIC)
    inside = np.asarray(large) > 110
    if pen > 0:
        inside = ndimage.distance_transform_edt(~inside) <= pen * FINE
    elif pen < 0:
        depth = ndimage.distance_transform_edt(inside)
        half = ndimage.maximum_filter(depth, size=2 * FINE + 1)
        inside = inside & (depth >= -pen * half)
    drawn = Image.fromarray((255 * inside).astype(np.uint8))
    drawn = drawn.rotate(tilt, Image.Resampling.BICUBIC, expand=True)
    drawn = drawn.crop(drawn.getbbox())
    scale = size / max(drawn.size)
    wide, high = (max(1, round(side * scale)) for side in drawn.size)
    return np.asarray(drawn.resize((wide, high), Image.Resampling.BICUBIC)) / 255.0


def stroked(lines: list[Real], size: int, width: float) -> Real:
    """Draw lines through points (x, y) of the unit square with a round pen, as coverage.

    Shapes
        each line (P, 2)      out (size, size)
    """
    fine = 3 if size <= 400 else 2
    drawn = Image.new("L", (size * fine, size * fine))
    tool, pen = ImageDraw.Draw(drawn), max(1.0, width * size * fine)
    for line in lines:
        points = [(float(x), float(y)) for x, y in line * size * fine]
        tool.line(points, fill=255, width=round(pen), joint="curve")
        for x, y in (points[0], points[-1]):
            tool.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(drawn.resize((size, size), Image.Resampling.BOX)) / 255.0


def laid(ink: Real, rng: Rng, room: tuple[float, float] = (0.5, 1.2)) -> Real:
    """Lay ink anywhere on a page that leaves so much room, in its longer side, around it."""
    high, wide = ink.shape
    more = [4 + round(max(ink.shape) * rng.uniform(*room)) for _ in range(2)]
    top, left = (int(rng.integers(2, side - 1)) for side in more)
    page = np.zeros((high + more[0], wide + more[1]))
    page[top : top + high, left : left + wide] = ink
    return page


def slope(shape: Shape, rng: Rng, low: float, high: float) -> Real:
    """Light that fades evenly from 1 across the page, by `low` to `high` of it."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j]
    way = np.cos(angle) * x + np.sin(angle) * y
    way = (way - way.min()) / max(float(np.ptp(way)), 1e-9)
    return np.asarray(1 - rng.uniform(low, high) * way)


def lamp(shape: Shape, rng: Rng, low: float = 0.3, high: float = 0.6) -> Real:
    """Light of a lamp over some place of the page: brightest there, darker around."""
    y, x = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j]
    away = np.hypot(x - rng.uniform(0, 1), y - rng.uniform(0, 1))
    return np.asarray(1 - rng.uniform(low, high) * np.clip(away / 1.2, 0, 1) ** 1.5)


def shade(shape: Shape, rng: Rng, low: float = 0.15, high: float = 0.4) -> Real:
    """Light with the shadow of a hand or of a telephone over a part of the page, edge soft."""
    across = slope(shape, rng, 1, 1)
    edge, soft = rng.uniform(0.3, 0.7), rng.uniform(0.02, 0.1)
    return np.asarray(1 - rng.uniform(low, high) / (1 + np.exp((across - edge) / soft)))


def grain(shape: Shape, rng: Rng, coarse: float, strength: float) -> Real:
    """Unevenness of paper around 0: noise, smoothed over `coarse` pixels, of that deviation."""
    noise = ndimage.gaussian_filter(rng.normal(size=shape), coarse)
    return np.asarray(strength * noise / max(float(noise.std()), 1e-9))


def rules(shape: Shape, rng: Rng, gap: float, squared: bool = False, bent: float = 1.5) -> Real:
    """Print lines `gap` pixels apart, turned by at most `bent` degrees, as coverage."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(float)
    angle = np.deg2rad(rng.uniform(-bent, bent))
    width = max(1.0, gap * rng.uniform(0.02, 0.05))
    found = np.zeros(shape)
    for along in (y, x)[: 2 if squared else 1]:
        other = x if along is y else -y
        place = along * np.cos(angle) + other * np.sin(angle) + rng.uniform(0, gap)
        away = np.abs((place + gap / 2) % gap - gap / 2)
        found = np.maximum(found, np.clip(width / 2 + 0.5 - away, 0, 1))
    return found


def inked(ground: Real | float, ink: Real, pen: float) -> Real:
    """Put ink of that shade on a ground."""
    return np.asarray(ground * (1 - ink) + pen * ink)


def photo(shades: Real, rng: Rng, noise: float = 0.0, soft: float = 0.0) -> Image.Image:
    """Take the picture of grey (H, W) or coloured (H, W, 3) shades: blur, then noise."""
    if soft:
        shades = ndimage.gaussian_filter(shades, (soft, soft, 0)[: shades.ndim])
    if noise:
        shades = shades + rng.normal(scale=noise, size=shades.shape)
    return Image.fromarray((255 * np.clip(shades, 0, 1)).round().astype(np.uint8))


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """Save as JPEG of that quality, and open again."""
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=quality)
    return Image.open(io.BytesIO(kept.getvalue()))
