"""Pages without a digit, of the second set: blank paper, textures, scribbles, printed letters.

What a person might take for a digit is left out: one ring, one upright line, a Z of three strokes,
and the letters that `LETTERS` lacks.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from scribbles import SCRIBBLES, Drawing
from sheet import (
    Real,
    Rng,
    Shape,
    grain,
    inked,
    jpeg,
    laid,
    lamp,
    photo,
    rules,
    shade,
    slope,
    stroked,
)
from sklearn.datasets import load_sample_images

Drawer = Callable[[Rng], Image.Image]

LETTERS = "ACEFHKLMNPRTVWXacdefhkmnprtuvwx"
"""Left out, since told that it is a digit a person would name one: B 8, D O U 0, G 6, I i l j J 1,
Q q g 9, S s 5, Y y 4, Z z 2, b 6, o 0."""

WORDS = "cream watch market parka frame teach trench panther hammer drum WATER PARK CAMERA FRAME"
"""Words of those letters alone, as the reader may look at one letter of a word."""

FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSansMono-Oblique.ttf",
    "LiberationSans-Regular.ttf",
    "LiberationSerif-Italic.ttf",
    "LiberationMono-Bold.ttf",
    "LiberationSansNarrow-Regular.ttf",
)
"""Fonts of the system; where one is missing, Pillow's own stands in."""


def taken(ink: Real, rng: Rng) -> Image.Image:
    """Take the picture of a drawing as somebody would: some pen, some light, now and then JPEG."""
    light = rng.random() < 0.25
    paper, pen = (0.2, 0.9) if light else (rng.uniform(0.8, 0.97), rng.uniform(0.05, 0.3))
    page = inked(paper, ink, pen)
    if rng.random() < 0.5:
        page = page * slope(page.shape, rng, 0.05, 0.35)
    picture = photo(page, rng, rng.uniform(0.005, 0.02))
    return jpeg(picture, int(rng.integers(40, 90))) if rng.random() < 0.4 else picture


def shape(rng: Rng) -> Shape:
    """Draw the height and width of an empty page."""
    high, wide = rng.integers(80, 360, size=2)
    return int(high), int(wide)


# -- blank paper


def _clean(rng: Rng) -> Image.Image:
    paper = rng.uniform(0.75, 1) if rng.random() < 0.7 else rng.uniform(0.03, 0.25)
    return photo(np.full(shape(rng), paper), rng, rng.uniform(0.003, 0.03))


def _uneven(rng: Rng) -> Image.Image:
    light = (slope, lamp)[rng.integers(2)](shape(rng), rng, 0.2, 0.6)
    return photo(rng.uniform(0.8, 0.97) * light, rng, rng.uniform(0.005, 0.02))


def _shaded(rng: Rng) -> Image.Image:
    return photo(0.93 * shade(shape(rng), rng), rng, 0.01)


def _lined(rng: Rng) -> Image.Image:
    size = shape(rng)
    lines = rules(size, rng, rng.uniform(14, 70), rng.random() < 0.5)
    page = inked(0.95, lines, rng.uniform(0.5, 0.75)) * slope(size, rng, 0, 0.25)
    return photo(page, rng, 0.012)


def _fibrous(rng: Rng) -> Image.Image:
    size = shape(rng)
    page = 0.8 + grain(size, rng, 0.8, 0.025) + grain(size, rng, rng.uniform(4, 12), 0.02)
    return jpeg(photo(page, rng, 0.01), int(rng.integers(40, 90)))


def _creased(rng: Rng) -> Image.Image:
    """Draw folds: on either side of each the paper leans another way, and it catches light."""
    size = shape(rng)
    page = np.full(size, 0.9)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    for _ in range(rng.integers(1, 5)):
        angle = rng.uniform(0, np.pi)
        across = np.cos(angle) * (x - rng.uniform(0, size[1])) + np.sin(angle) * (
            y - rng.uniform(0, size[0])
        )
        reach = rng.uniform(20, 80)
        page -= rng.uniform(0.03, 0.1) * np.sign(across) * np.exp(-np.abs(across) / reach)
        page += rng.uniform(-0.08, 0.08) * np.exp(-((across / rng.uniform(1, 2)) ** 2))
    return photo(page, rng, 0.012)


# -- textures


def _cloth(rng: Rng) -> Image.Image:
    size = shape(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    angle, thread = rng.uniform(-0.6, 0.6), rng.uniform(3, 12)
    along = x * np.cos(angle) + y * np.sin(angle) + grain(size, rng, 12, 0.2 * thread)
    across = y * np.cos(angle) - x * np.sin(angle) + grain(size, rng, 12, 0.2 * thread)
    over = (np.floor(along / thread) + np.floor(across / thread)) % 2
    weave = np.where(over, np.sin(np.pi * along / thread), np.sin(np.pi * across / thread)) ** 2
    page = rng.uniform(0.35, 0.6) + rng.uniform(0.1, 0.3) * weave + grain(size, rng, 0.7, 0.03)
    return photo(page, rng, 0.02)


def _wood(rng: Rng) -> Image.Image:
    size = shape(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    ring = rng.uniform(6, 25)
    away = np.hypot(x - rng.uniform(-1, 2) * size[1], (y - rng.uniform(-0.5, 1.5) * size[0]) / 5)
    phase = away / ring + grain(size, rng, 20, 0.5)
    vein = (phase % 1) ** rng.uniform(1, 3)
    page = rng.uniform(0.5, 0.75) - rng.uniform(0.15, 0.3) * vein
    page += ndimage.gaussian_filter(rng.normal(size=size), (6, 0.5)) * 0.06
    return photo(np.rot90(page, int(rng.integers(2))), rng, 0.015)


def _mottled(rng: Rng) -> Image.Image:
    size, coarse = shape(rng), np.exp(rng.uniform(np.log(0.5), np.log(20)))
    return photo(0.5 + grain(size, rng, coarse, rng.uniform(0.05, 0.25)), rng, 0.01)


def _marble(rng: Rng) -> Image.Image:
    size = shape(rng)
    field = grain(size, rng, 25, 1) + grain(size, rng, 10, 0.4) + grain(size, rng, 4, 0.15)
    vein = np.exp(-np.abs(field) / rng.uniform(0.05, 0.2))
    return photo(0.88 - rng.uniform(0.25, 0.6) * vein + grain(size, rng, 15, 0.03), rng, 0.01)


def _pebbles(rng: Rng) -> Image.Image:
    size = shape(rng)
    seeds = np.ones(size, bool)
    count = rng.integers(25, 250)
    seeds[rng.integers(size[0], size=count), rng.integers(size[1], size=count)] = False
    away, where = ndimage.distance_transform_edt(seeds, return_indices=True)
    tone = rng.uniform(0.4, 0.95, size)[where[0], where[1]]
    cell = where[0] * size[1] + where[1]
    apart = ndimage.maximum_filter(cell, 3) != ndimage.minimum_filter(cell, 3)
    page = np.where(apart, 0.2, tone - 0.2 * away / away.max())
    return photo(page, rng, 0.015, soft=rng.uniform(0.5, 1.2))


def _bricks(rng: Rng) -> Image.Image:
    size = shape(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    high = rng.uniform(14, 50)
    row = np.floor(y / high)
    column = x / (2.2 * high) + 0.5 * (row % 2)
    joint = (np.abs(y / high - np.round(y / high)) < 0.06) | (
        np.abs(column - np.round(column)) < 0.03
    )
    tone = rng.uniform(0.3, 0.55, (99, 99))[row.astype(int) % 99, column.astype(int) % 99]
    page = np.where(joint, rng.uniform(0.7, 0.85), tone) + grain(size, rng, 1, 0.03)
    return photo(page, rng, 0.015)


def _photographed() -> Drawer:
    whole = [Image.fromarray(picture) for picture in load_sample_images().images]

    def draw(rng: Rng) -> Image.Image:
        picture = whole[rng.integers(len(whole))]
        side = int(rng.integers(60, 400))
        left, top = (int(rng.integers(0, room - side)) for room in picture.size)
        return picture.crop((left, top, left + side, top + side))

    return draw


# -- scribbles


def _scribbled(lines: Drawing) -> Drawer:
    def draw(rng: Rng) -> Image.Image:
        size = int(rng.integers(50, 260))
        return taken(
            laid(stroked(lines(rng), size, rng.uniform(0.02, 0.05)), rng, (0.2, 0.8)), rng
        )

    return draw


# -- printed letters


def printed(text: str, font: str, size: int) -> Real:
    """Print text in a font, or in Pillow's own if the font is "" or missing, as coverage."""
    try:
        face = ImageFont.truetype(font, size) if font else ImageFont.load_default(size)
    except OSError:
        face = ImageFont.load_default(size)
    left, top, right, bottom = (round(side) for side in face.getbbox(text))
    drawn = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(drawn).text((1 - left, 1 - top), text, fill=255, font=face)
    return np.asarray(drawn) / 255.0


def _printed(texts: tuple[str, ...], fonts: tuple[str, ...] = FONTS) -> Drawer:
    def draw(rng: Rng) -> Image.Image:
        text, font = texts[rng.integers(len(texts))], fonts[rng.integers(len(fonts))]
        size = int(rng.integers(24, 160)) if len(text) == 1 else int(rng.integers(24, 60))
        ink = printed(text, font, size)
        turned = Image.fromarray((255 * ink).astype(np.uint8)).rotate(
            rng.uniform(-8, 8), Image.Resampling.BICUBIC, expand=True
        )
        return taken(laid(np.asarray(turned) / 255.0, rng), rng)

    return draw


UPPER, LOWER = (tuple(filter(case, LETTERS)) for case in (str.isupper, str.islower))
SANS, SERIF, FIXED = (
    tuple(font for font in FONTS if any(part in font for part in parts))
    for parts in (("Sans.", "Sans-", "SansN"), ("Serif",), ("Mono",))
)

STRANGERS: dict[str, Drawer] = {
    "blank: clean": _clean,
    "blank: unevenly lit": _uneven,
    "blank: a shadow": _shaded,
    "blank: ruled or squared": _lined,
    "blank: fibrous": _fibrous,
    "blank: creased": _creased,
    "texture: cloth": _cloth,
    "texture: wood": _wood,
    "texture: noise": _mottled,
    "texture: marble": _marble,
    "texture: pebbles": _pebbles,
    "texture: bricks": _bricks,
    "texture: photographs": _photographed(),
    **{f"scribble: {name}": _scribbled(lines) for name, lines in SCRIBBLES.items()},
    "letters: upper, sans": _printed(UPPER, SANS),
    "letters: lower, sans": _printed(LOWER, SANS),
    "letters: upper, serif": _printed(UPPER, SERIF),
    "letters: lower, serif": _printed(LOWER, SERIF),
    "letters: any, typewriter": _printed(UPPER + LOWER, FIXED),
    "letters: any, Pillow's font": _printed(UPPER + LOWER, ("",)),
    "letters: words": _printed(tuple(WORDS.split()), (*FONTS, "")),
}
"""Each kind of page without a digit, and who draws one."""
