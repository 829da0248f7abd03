"""Digits drawn with a pen, as print and people shape them: what few hands alone do not show.

Each digit has some shapes, of strokes through points of the unit square, x to the right and y
down. A shape is bent, leant, turned and made narrow by chance, drawn with a thin or a thick pen,
and put into MNIST's frame.

    x' = x + a0 x^2 + a1 x y + a2 y^2        and so for y: a smooth bend of the plane

Source: the shapes are ours. LeCun et al. 1998, III.A, for the frame.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Real = NDArray[np.float64]
Pixels = NDArray[np.uint8]

BODY, FRAME = 20, 28
"""A digit's longer side, and the side of the frame whose middle is its centre of mass."""

THIN, THICK = 1.4, 4.2
"""Pens, in pixels of the frame."""

BEND, TREMBLE = 0.05, 0.012
"""Standard deviations: of the bend's coefficients, and of each point's own shake."""

_CANVAS = 3 * BODY


def _arc(x: float, y: float, wide: float, high: float, start: float, end: float) -> Real:
    """Give points of an ellipse around (x, y); degrees, clockwise from the right."""
    angle = np.radians(np.linspace(start, end, 4 + round(abs(end - start) / 20)))
    return np.stack([x + wide * np.cos(angle), y + high * np.sin(angle)], 1)


def _line(*points: tuple[float, float]) -> Real:
    return np.array(points, np.float64)


def _joined(*parts: Real) -> Real:
    return np.concatenate(parts)


_RING = _arc(0.5, 0.5, 0.5, 0.5, -90, 270)
_FOOT = _line((0.1, 1), (0.9, 1))
_HEAD = _arc(0.5, 0.3, 0.48, 0.3, 0, -360)

# Zeros with a stroke or a dot are a computer's; feet under a 1 or a 4 are print's.
_SHAPES: tuple[tuple[tuple[Real, ...], ...], ...] = (
    (
        (_RING,),
        (_RING,),
        (_RING, _line((0.48, 0.45), (0.52, 0.55))),
        (_RING, _line((0.3, 0.7), (0.7, 0.3))),
    ),
    (
        (_line((0.15, 0.25), (0.55, 0), (0.55, 1)),),
        (_line((0.15, 0.22), (0.5, 0), (0.5, 1)), _FOOT),
        (_line((0.2, 0.12), (0.5, 0), (0.5, 1)), _FOOT),
    ),
    (
        (_joined(_arc(0.5, 0.28, 0.45, 0.28, -170, 30), _line((0.03, 1), (0.97, 1))),),
        (
            _joined(
                _arc(0.5, 0.25, 0.45, 0.25, -170, 50), _line((0.5, 0.62), (0.03, 1), (0.97, 1))
            ),
        ),
    ),
    (
        (
            _joined(
                _arc(0.45, 0.25, 0.42, 0.25, -160, 90), _arc(0.45, 0.74, 0.5, 0.26, -90, 160)
            ),
        ),
        (
            _joined(
                _line((0.08, 0), (0.9, 0), (0.42, 0.4)), _arc(0.42, 0.7, 0.5, 0.3, -80, 160)
            ),
        ),
    ),
    (
        (_line((0.72, 1), (0.72, 0), (0, 0.7), (1, 0.7)),),
        (_line((0.72, 1), (0.72, 0), (0, 0.7), (1, 0.7)), _line((0.45, 1), (0.98, 1))),
        (_line((0.15, 0), (0.05, 0.55), (0.95, 0.55)), _line((0.75, 0.1), (0.75, 1))),
    ),
    (
        (
            _joined(
                _line((0.9, 0), (0.18, 0), (0.1, 0.45)), _arc(0.45, 0.68, 0.5, 0.32, -130, 150)
            ),
        ),
        (
            _joined(
                _line((0.9, 0), (0.12, 0), (0.12, 0.42)), _arc(0.42, 0.68, 0.53, 0.32, -115, 145)
            ),
        ),
    ),
    (
        (
            _joined(
                _arc(0.62, 0.55, 0.6, 0.55, -65, -180), _arc(0.5, 0.7, 0.48, 0.3, 180, 540)
            ),
        ),
        (_joined(_line((0.7, 0), (0.25, 0.4)), _arc(0.5, 0.68, 0.48, 0.32, 200, 560)),),
    ),
    (
        (_line((0, 0), (1, 0), (0.35, 1)),),
        (_line((0, 0.12), (0, 0), (1, 0), (0.3, 1)),),
        (_line((0, 0), (1, 0), (0.4, 1)), _line((0.25, 0.5), (0.85, 0.5))),
    ),
    (
        (_arc(0.5, 0.24, 0.42, 0.24, 90, 450), _arc(0.5, 0.74, 0.5, 0.26, -90, 270)),
    ),
    (
        (_joined(_HEAD, _arc(0.38, 0.45, 0.6, 0.55, 0, 65)),),
        (_joined(_HEAD, _line((0.95, 0.35), (0.9, 1))),),
        (_joined(_HEAD, _arc(0.4, 0.5, 0.58, 0.5, 0, 130)),),
    ),
)  # fmt: skip


def draw_digits(count: int, seed: int) -> tuple[Pixels, NDArray[np.int64]]:
    """Draw so many digits, 0 to 9 in turn; the same seed draws the same.

    Shapes
        gives pixels (count, 1, 28, 28), labels (count,)
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(_SHAPES)
    which = rng.random(count)
    pens = rng.uniform(THIN, THICK, count) * _CANVAS / BODY
    maps = _maps(labels == 1, rng)
    frames = np.zeros((count, 1, FRAME, FRAME), np.uint8)
    for n, digit in enumerate(labels.tolist()):
        shapes = _SHAPES[digit]
        strokes = shapes[int(which[n] * len(shapes))]
        points, ends = np.concatenate(strokes), np.cumsum([len(stroke) for stroke in strokes])
        points = _powers(points) @ maps[n] + rng.normal(scale=TREMBLE, size=points.shape)
        _centre(_drawn(points, ends.tolist(), float(pens[n])), frames[n, 0])
    return frames, labels


def _powers(points: Real) -> Real:
    """Give x, y, x^2, xy, y^2 of points around the middle of the unit square."""
    x, y = (points - 0.5).T
    return np.stack([x, y, x * x, x * y, y * y], 1)


def _maps(slim: NDArray[np.bool_], rng: np.random.Generator) -> Real:
    """Draw maps from `_powers` to places: narrowed, bent, then leant and turned.

    Shapes
        slim (N,), those that are the narrower ones      gives (N, 5, 2)
    """
    count = len(slim)
    wide = np.where(slim, rng.uniform(0.3, 0.75, count), rng.uniform(0.45, 0.85, count))
    lean, turn = rng.uniform(-0.1, 0.3, count), rng.uniform(-0.12, 0.12, count)
    bent = np.zeros((count, 5, 2))
    bent[:, 0, 0], bent[:, 1, 1] = wide, 1
    bent[:, 2:] = rng.normal(scale=4 * BEND, size=(count, 3, 2))
    bent[:, 2:] *= np.stack([wide * wide, wide, np.ones(count)], 1)[:, :, None]
    cos, sin = np.cos(turn), np.sin(turn)
    leant = np.array([[cos, sin], [-lean * cos - sin, -lean * sin + cos]]).transpose(2, 0, 1)
    return np.asarray(bent @ leant)


def _drawn(points: Real, ends: list[int], pen: float) -> Pixels:
    """Draw strokes, which end before the points `ends`, into a box with a longer side of BODY."""
    low, high = points.min(0), points.max(0)
    size = high - low
    path = (points - low) * ((_CANVAS - pen - 1) / float(size.max())) + pen / 2
    right, bottom = (path.max(0) + pen / 2).tolist()
    box = (max(4, round(right)), max(4, round(bottom)))
    canvas = Image.new("L", box)
    draw = ImageDraw.Draw(canvas)
    for start, end in zip((0, *ends), ends, strict=False):
        draw.line(path[start:end].ravel().tolist(), 255, max(1, round(pen)), "curve")
    shrink = BODY / max(box)
    small = (max(1, round(box[0] * shrink)), max(1, round(box[1] * shrink)))
    return np.asarray(canvas.resize(small, Image.Resampling.BOX))


def _centre(body: Pixels, frame: Pixels) -> None:
    """Put a body into a frame, its centre of mass in the middle, to the pixel."""
    height, width = body.shape
    rows, columns = body.sum(1, np.float64), body.sum(0, np.float64)
    y, x = rows @ np.arange(height) / rows.sum(), columns @ np.arange(width) / columns.sum()
    top = min(max(round(FRAME / 2 - float(y)), 0), FRAME - height)
    left = min(max(round(FRAME / 2 - float(x)), 0), FRAME - width)
    frame[top : top + height, left : left + width] = body
