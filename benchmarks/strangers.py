"""Pages with no digit on them: blank, textured, scribbled, printed. All follows the seed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pages import LETTERS, Random, Real, grain, ruled, shown, slope
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

Maker = Callable[[Random], Image.Image]

WORDS = ("and", "the", "Hello", "cat", "Mr", "No", "km")

FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
"""Where systems keep fonts; those of a system that has none are left out of the table."""


def fonts(stem: str) -> list[Path]:
    """Find the fonts of a family."""
    found = (p for folder in FOLDERS for p in Path(folder).rglob(f"{stem}*.ttf"))
    return sorted(path for path in found if "Math" not in path.name)


def finished(shades: Real, rng: Random) -> Image.Image:
    """Light a sheet a little unevenly, and let a camera add its noise."""
    shades = shades * slope(shades.shape, rng, rng.uniform(0.6, 1), 1)
    return shown(shades + rng.normal(0, rng.uniform(0, 5), shades.shape))


def blank(rng: Random) -> Image.Image:
    """Paper with nothing on it: plain, ruled, crumpled."""
    shape = tuple(rng.integers(60, 300, 2))
    sheet = np.full(shape, rng.uniform(200, 250))
    kind = rng.integers(4)
    if kind == 1:
        sheet -= 70 * ruled(shape, rng, rng.uniform(20, 50), squared=False)
    elif kind == 2:
        sheet -= 70 * ruled(shape, rng, rng.uniform(15, 40), squared=True)
    elif kind == 3:
        sheet += grain(shape, rng, rng.uniform(4, 20), 8)
    return finished(sheet, rng)


def texture(rng: Random) -> Image.Image:
    """Cloth, wood, tiles, spots."""
    shape = (int(rng.integers(80, 200)),) * 2
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    kind = rng.integers(4)
    if kind == 0:
        values = np.sin(x * rng.uniform(0.1, 0.8)) + np.sin(y * rng.uniform(0.1, 0.8))
    elif kind == 1:
        bent = x + grain(shape, rng, 15, 8)
        values = np.sin(bent * rng.uniform(0.1, 0.5)) + grain(shape, rng, 1, 0.3)
    elif kind == 2:
        cell = int(rng.integers(8, 30))
        values = ((x // cell + y // cell) % 2) * 2.0 - 1
    else:
        values = np.sign(grain(shape, rng, rng.uniform(2, 8), 1) - rng.uniform(0, 1))
    return finished(140 + 60 * values / max(np.abs(values).max(), 1e-9), rng)


def photograph(rng: Random) -> Image.Image:
    """Cut a piece from one of the photographs that come with scikit-learn."""
    from simplecell.data.photographs import bundled_photographs

    whole = bundled_photographs()[int(rng.integers(2))][0]
    side = int(rng.integers(60, 240))
    top, left = (int(rng.integers(0, n - side)) for n in whole.shape)
    return Image.fromarray(whole[top : top + side, left : left + side])


def scribble(rng: Random) -> Image.Image:
    """Something between a spiral, a zigzag and a scrawl."""
    side, pen = int(rng.integers(80, 240)), rng.uniform(0.03, 0.08)
    big = Image.new("L", (2 * side, 2 * side), 245)
    draw = ImageDraw.Draw(big)
    t = np.linspace(0, 1, 400)
    kind = rng.integers(3)
    if kind == 0:
        turns, grow = rng.uniform(2, 5), rng.uniform(0.05, 0.3)
        radius = (grow + (1 - grow) * t) * 0.4
        path = np.stack([np.cos(turns * 2 * np.pi * t), np.sin(turns * 2 * np.pi * t)], 1)
        path = path * radius[:, None] + 0.5
    elif kind == 1:
        teeth = int(rng.integers(6, 14))
        path = np.stack([np.linspace(0.1, 0.9, teeth), 0.5 + 0.3 * (-1.0) ** np.arange(teeth)], 1)
        path += rng.normal(0, 0.05, path.shape)
    else:
        waves = rng.normal(0, 1, (2, 6)) / np.arange(1, 7) ** 0.5
        phases = rng.uniform(0, 2 * np.pi, (2, 6))
        angles = 2 * np.pi * np.arange(1, 7) * t[:, None]
        path = np.stack([(waves[k] * np.sin(angles + phases[k])).sum(1) for k in range(2)], 1)
        path = 0.1 + 0.8 * (path - path.min(0)) / np.ptp(path, axis=0)
    points = [float(v) for v in (path * 2 * side).ravel()]
    draw.line(points, 20, max(2, round(pen * 2 * side)), "curve")
    return finished(np.asarray(big.resize((side, side)), float), rng)


def printed(families: tuple[str, ...], signs: tuple[str, ...] = LETTERS) -> Maker | None:
    """Make letters of some fonts, or of the font that Pillow brings; None if they are absent."""
    paths = [path for family in families for path in fonts(family)]
    if families and not paths:
        return None

    def make(rng: Random) -> Image.Image:
        size, sign = int(rng.integers(40, 160)), signs[rng.integers(len(signs))]
        font = (
            ImageFont.truetype(str(paths[rng.integers(len(paths))]), size)
            if paths
            else ImageFont.load_default(size)
        )
        sheet = Image.new("L", (2 * size * max(1, len(sign) // 2), 2 * size), 245)
        ImageDraw.Draw(sheet).text((size // 2, size // 3), sign, 25, font)
        sheet = sheet.rotate(rng.uniform(-8, 8), Image.Resampling.BICUBIC, fillcolor=245)
        return finished(np.asarray(sheet, float), rng)

    return make


def shape(rng: Random) -> Image.Image:
    """Draw a tick, a cross, a star, an arrow, a heart, a face, drawn as lines."""
    forms = (
        [[(0, 0.6), (0.3, 1), (1, 0)]],
        [[(0, 0), (1, 1)], [(1, 0), (0, 1)]],
        [[(0.5, 0), (0.8, 1), (0, 0.35), (1, 0.35), (0.2, 1), (0.5, 0)]],
        [[(0, 0.5), (1, 0.5)], [(0.6, 0.1), (1, 0.5), (0.6, 0.9)]],
        [[(0.5, 1), (0, 0.4), (0.25, 0), (0.5, 0.3), (0.75, 0), (1, 0.4), (0.5, 1)]],
        [[(0.5, 0), (1, 1), (0, 1), (0.5, 0)]],
        [[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], [(0, 0.5), (1, 0.5)]],
        [[(0, 1), (0, 0.4), (0.5, 0), (1, 0.4), (1, 1), (0, 1)]],
    )
    side = int(rng.integers(80, 240))
    big = Image.new("L", (2 * side, 2 * side), 245)
    draw = ImageDraw.Draw(big)
    for stroke in forms[rng.integers(len(forms))]:
        points = (np.array(stroke) * 0.6 + 0.2 + rng.normal(0, 0.02, (len(stroke), 2))) * 2 * side
        draw.line([float(v) for v in points.ravel()], 25, round(0.08 * side), "curve")
    return finished(ndimage.gaussian_filter(np.asarray(big.resize((side, side)), float), 0.5), rng)


def strangers() -> dict[str, Maker]:
    """Name every kind that can be made on this machine."""
    letters = {
        "letters, Pillow's own font": printed(()),
        "letters, DejaVu Sans": printed(("DejaVuSans",)),
        "letters, DejaVu Serif": printed(("DejaVuSerif",)),
        "letters, Liberation": printed(("Liberation",)),
        "words, DejaVu": printed(("DejaVuSans",), WORDS),
    }
    return {
        "blank paper": blank,
        "textures": texture,
        "pieces of photographs": photograph,
        "scribbles": scribble,
        "ticks, stars, arrows, hearts": shape,
        **{name: maker for name, maker in letters.items() if maker is not None},
    }
