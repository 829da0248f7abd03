"""Folders of pictures as people have them, made from Debian's fonts and MNIST, seeded.

    python benchmarks/folders.py characters FOLDER --seed 1      36 printed characters, 100 each
    python benchmarks/folders.py digits FOLDER --seed 1          MNIST on coloured paper, 300 each
    python benchmarks/folders.py chinese FOLDER --seed 1         100 characters, 60 each
    python benchmarks/folders.py thousand FOLDER --seed 1        1,000 characters, 20 each
    python benchmarks/folders.py textures FOLDER --seed 1        10 surfaces, no object, 100 each

FOLDER gets `train` and `test` with a folder for each class: four fifths of the pictures are to
learn from, and as many again by half to test with. No font of the test part, nor another of its
design, is in the training part; MNIST's test digits are by other writers. A seed draws fonts for
the parts, characters, colours, places, noise; so a new seed is a new task.

Fonts are those that `fc-list` finds; `fonts.txt` beside the parts lists which. For what our pages
say, these packages of Debian 12 were installed beside DejaVu, Liberation and Noto CJK: see FONTS.
"""

import argparse
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = """
adf-accanthis adf-ikarius adf-tribun adf-universalis agave alee aoyagi-kouzan-t arphic-bkai00mp
arphic-bsmi00lp arphic-gbsn00lp arphic-gkai00mp arphic-ukai arphic-uming babelstone-han breip bwht
cabin cantarell cns11643-kai cns11643-sung comfortaa crosextra-caladea crosextra-carlito
cwtex-fs cwtex-heib cwtex-kai cwtex-ming cwtex-yen dancingscript dkg-handwriting droid-fallback
ebgaramond femkeklaver firacode freefont-ttf goudybookletter hack hanazono hermit humor-sans
inconsolata inter ipaexfont ipafont ipamj-mincho jetbrains-mono junction jura kaushanscript kiloji
klee lato league-spartan leckerli-one linuxlibertine lobster lxgw-wenkai mona mononoki
motoya-l-cedar motoya-l-maruberi mplus noto-cjk-extra noto-core opendyslexic open-sans
paratype play prociono quicksand roboto-unhinted rufscript sawarabi-gothic sawarabi-mincho seto
sil-andika sil-charis sil-gentium-basic smiley-sans takao texgyre tuffy umeplus urw-base35 vlgothic
vollkorn wqy-microhei wqy-zenhei yanone-kaffeesatz yozvox-yozfont
"""
"""Debian's packages, each after `fonts-`."""

KINDS = {"characters": 100, "digits": 300, "chinese": 60, "thousand": 20, "textures": 100}
"""Pictures of a class."""

LEARN, TEST = 0.8, 0.4
"""Of so many pictures, shares to learn from and to test with."""

LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALIKE = "土士未末日曰人入大太犬木本王玉千干自白田由甲申己已天夫午牛石右"
"""Characters that are told apart by a stroke: all of them are among the hundred."""

UNFIT = (
    "Dingbats", "Symbol", "Math", "Emoji", "Isabella", "Joscelyn", "D050000L", "Standard",
    "Misaki", "美咲", "Aoyagi", "90", "Sharp", "Lignes", "lignes", "Braille", "Barcode", "Music",
)  # fmt: skip
"""What is in the names of fonts that draw something else, or lie on their side."""

DESIGNS = {
    "Nimbus": "URW", "TeX": "URW", "Liberation": "URW", "FreeSans": "URW", "FreeSerif": "URW",
    "FreeMono": "URW", "C059": "URW", "P052": "URW", "Z003": "URW", "URW": "URW",
    "IPAGothic": "IPA", "IPAPGothic": "IPA", "IPAMincho": "IPA", "IPAPMincho": "IPA",
    "IPAexGothic": "IPA", "IPAexMincho": "IPA", "IPAmjMincho": "IPA", "TakaoGothic": "IPA",
    "TakaoPGothic": "IPA", "TakaoMincho": "IPA", "TakaoPMincho": "IPA", "TakaoExMincho": "IPA",
    "TakaoExGothic": "IPA", "UmePlus": "M+", "Droid": "WenQuanYi Micro", "VL": "M+", "M": "M+",
    "Monapo": "IPA", "Mona": "IPA",
}  # fmt: skip
"""Fonts that draw each other's letters, by the first word of their names."""

PER_DESIGN = 6
"""Fonts of one design at the most."""

Grey = NDArray[np.float64]


@dataclass(frozen=True)
class Face:
    """A font: its file, its place within it, its name, the design it belongs to."""

    file: str
    index: int
    name: str
    design: str


def faces(text: str) -> list[Face]:
    """Find the installed fonts that draw every character of a text, each in its own shape."""
    wanted = " ".join(sorted({f"{ord(one):x}" for one in text}))
    chinese = _family("zh") if text == LATIN else set()
    told = subprocess.run(
        ["fc-list", f":charset={wanted}", "--format", "%{file}\t%{index}\t%{family}\t%{style}\n"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found: dict[str, list[Face]] = {}
    for line in sorted(set(told.splitlines())):
        file, index, family, style = line.split("\t")
        name = f"{family.split(',')[0]} {style.split(',')[0]}"
        first = name.split()[0]
        noto = first == "Noto" and "CJK" not in name
        if any(word in f"{name} {family}" for word in UNFIT) or int(index) > 0xFFFF:
            continue
        if family in chinese:
            continue
        if noto and family.split(",")[0] not in ("Noto Sans", "Noto Serif", "Noto Sans Mono"):
            continue
        design = DESIGNS.get(first, "YOz" if first.startswith("YOz") else first)
        design = " ".join(name.split()[:2]) if first in ("AR", "WenQuanYi") else design
        design = " ".join(name.split()[:3]) if first == "AR" else design
        found.setdefault(design, []).append(Face(file, int(index), name, design))
    rng = np.random.default_rng(0)
    chosen = []
    for design in sorted(found):
        few = [found[design][k] for k in rng.permutation(len(found[design]))]
        chosen += [one for one in few if _draws(one, text)][:PER_DESIGN]
    return chosen


def _family(language: str) -> set[str]:
    told = ["fc-list", f":lang={language}", "--format", "%{family}\n"]
    return set(subprocess.run(told, capture_output=True, text=True, check=True).stdout.split("\n"))


def _draws(face: Face, text: str) -> bool:
    """Tell whether a font draws its characters, all of them differently."""
    some = text[:: max(1, len(text) // 40)]
    try:
        shapes = {_glyph(face, one, 40).tobytes() for one in some}
    except (OSError, ValueError):
        return False
    return len(shapes) == len(some)


@lru_cache(maxsize=4096)
def _font(file: str, index: int, side: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, side, index=index)


def _glyph(face: Face, character: str, side: int) -> Grey:
    """Draw a character; its ink is 1.

    Raises
        ValueError   no ink
    """
    font = _font(face.file, face.index, side)
    left, top, right, bottom = font.getbbox(character)
    if right <= left or bottom <= top:
        raise ValueError(character)
    picture = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(picture).text((1 - left, 1 - top), character, 255, font)
    return np.asarray(picture, np.float64) / 255


def placed(ink: Grey, rng: np.random.Generator, turn: float) -> Grey:
    """Put ink somewhere in a picture of some size, turned a little."""
    height, width = (int(n) for n in rng.integers(36, 97, 2))
    if rng.random() < 0.5:
        width = height
    share = rng.uniform(0.5, 0.9)
    scale = share * min(height / ink.shape[0], width / ink.shape[1])
    size = (max(3, round(ink.shape[1] * scale)), max(3, round(ink.shape[0] * scale)))
    small = Image.fromarray((255 * ink).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
    turned = small.rotate(rng.uniform(-turn, turn), Image.Resampling.BICUBIC, expand=True)
    turned = turned.crop((0, 0, min(turned.width, width), min(turned.height, height)))
    whole = np.zeros((height, width))
    top = int(rng.integers(0, height - turned.height + 1))
    left = int(rng.integers(0, width - turned.width + 1))
    whole[top : top + turned.height, left : left + turned.width] = np.asarray(turned) / 255
    return whole


def coloured(ink: Grey, rng: np.random.Generator, noise: float) -> Image.Image:
    """Give ink and ground colours that differ in lightness, uneven light, a little noise."""
    weights = np.array([0.299, 0.587, 0.114])
    while True:
        ground, pen = rng.uniform(0, 255, (2, 3))
        if abs(float((ground - pen) @ weights)) > 70:
            break
    height, width = ink.shape
    slope = rng.uniform(-0.15, 0.15, 2)
    light = 1 + slope[0] * np.linspace(-0.5, 0.5, height)[:, None]
    light = light + slope[1] * np.linspace(-0.5, 0.5, width)[None]
    shades = light[..., None] * (ground + (pen - ground) * ink[..., None])
    shades += rng.normal(0, rng.uniform(0, noise), (height, width, 1))
    shades += rng.normal(0, rng.uniform(0, noise / 2), (height, width, 3))
    picture = Image.fromarray(np.clip(np.rint(shades), 0, 255).astype(np.uint8))
    return picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.8)))


def texture(kind: int, rng: np.random.Generator) -> Image.Image:
    """Draw a piece of a surface of one of ten kinds: no part of it is its object."""
    side = int(rng.integers(40, 97))
    y, x = np.mgrid[:side, :side] + rng.uniform(0, 100, 2)[:, None, None]
    pitch = side / rng.uniform(4, 9)
    u, v = x / pitch, y / pitch
    grain = Image.fromarray(rng.uniform(0, 255, (side, side)).astype(np.uint8))
    cloud = np.asarray(grain.filter(ImageFilter.GaussianBlur(pitch / 3)), float)
    cloud = (cloud - cloud.mean()) / (cloud.std() + 1e-9)
    bricks = np.minimum((u / 2 + 0.5 * (np.floor(v) % 2)) % 1 * 2, v % 1) < 0.15
    shades = (
        np.sin(6.28 * u), np.sin(6.28 * v), np.sin(4.4 * (u + v)),
        np.sin(6.28 * u) * np.sin(6.28 * v),
        np.sign(np.sin(3.14 * u) * np.sin(3.14 * v)), 1.0 - 2 * bricks, cloud,
        np.sin(3 * u + 1.5 * cloud), np.sign(cloud), np.hypot(u % 1 - 0.5, v % 1 - 0.5) * 4 - 1.5,
    )[kind]  # fmt: skip
    return coloured(np.clip(0.5 + 0.5 * shades, 0, 1), rng, 16)


def text_of(kind: str, seed: int) -> str:
    """Choose the characters of a task."""
    if kind == "characters":
        return LATIN
    common = [chr(n) for n in range(0x4E00, 0x9FA6) if _is_common(chr(n)) and chr(n) not in ALIKE]
    count = 1000 if kind == "thousand" else 100
    drawn = np.random.default_rng((seed, 7)).permutation(len(common))[: count - len(ALIKE)]
    return ALIKE + "".join(common[k] for k in sorted(drawn.tolist()))


def _is_common(one: str) -> bool:
    """Tell whether China, Taiwan and Japan all count a character among the common ones."""
    try:
        simple, old, japan = one.encode("gb2312"), one.encode("big5"), one.encode("euc_jp")
    except UnicodeEncodeError:
        return False
    return simple[0] < 0xD8 and old[0] < 0xC7 and len(japan) == 2 and japan[0] < 0xD0


def fill_letters(kind: str, folder: Path, seed: int) -> None:
    """Draw printed characters, those of the test part in fonts of other designs."""
    text = text_of(kind, seed)
    known = faces(text)
    rng = np.random.default_rng((seed, 8))
    designs = sorted({face.design for face in known})
    if len(designs) < 4:
        raise SystemExit(
            f"{kind} need fonts of four designs or more that have every character, and fc-list"
            f" finds {len(designs)}; install the packages named in FONTS, each after fonts-."
        )
    held = set(rng.permutation(designs)[: max(2, len(designs) // 4)].tolist())
    parts = {
        "train": [face for face in known if face.design not in held],
        "test": [face for face in known if face.design in held],
    }
    lines = [f"{part}\t{face.name}\t{face.design}" for part in parts for face in parts[part]]
    (folder / "fonts.txt").write_text("\n".join(lines) + "\n", "utf-8")
    for part, share in (("train", LEARN), ("test", TEST)):
        for one in text:
            place = folder / part / one
            place.mkdir(parents=True, exist_ok=True)
            for k in range(round(share * KINDS[kind])):
                # A design first, so that one of many weights is no more frequent.
                design = rng.permutation(sorted({face.design for face in parts[part]}))[0]
                own = [face for face in parts[part] if face.design == design]
                ink = placed(_glyph(own[rng.integers(len(own))], one, 96), rng, 8)
                coloured(ink, rng, 10).save(place / f"{k:03}.png")


def fill_digits(folder: Path, seed: int) -> None:
    """Put MNIST's digits on coloured, noisy paper; those of the test part are by other writers."""
    from simplecell.data.sources import load

    data = load("mnist")
    rng = np.random.default_rng((seed, 9))
    assert data.test is not None
    for part, name, share in ((data.train, "train", LEARN), (data.test, "test", TEST)):
        for digit in range(10):
            place = folder / name / str(digit)
            place.mkdir(parents=True, exist_ok=True)
            rows = rng.permutation(np.flatnonzero(part.labels == digit))
            for row in rows[: round(share * KINDS["digits"])].tolist():
                ink = part.pixels[row, 0].astype(np.float64) / 255
                ink = ink[np.ix_((ink > 0).any(1), (ink > 0).any(0))]
                coloured(placed(ink, rng, 5), rng, 16).save(place / f"{row:05}.png")


def fill_textures(folder: Path, seed: int) -> None:
    """Draw surfaces."""
    rng = np.random.default_rng((seed, 10))
    for part, share in (("train", LEARN), ("test", TEST)):
        for kind in range(10):
            place = folder / part / f"surface{kind}"
            place.mkdir(parents=True, exist_ok=True)
            for k in range(round(share * KINDS["textures"])):
                texture(kind, rng).save(place / f"{k:03}.png")


def fill(kind: str, folder: Path, seed: int) -> None:
    """Make a folder of one kind."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "digits":
        fill_digits(folder, seed)
    elif kind == "textures":
        fill_textures(folder, seed)
    else:
        fill_letters(kind, folder, seed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    fill(told.kind, told.folder, told.seed)
