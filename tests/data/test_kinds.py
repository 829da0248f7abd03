"""Forty kinds of picture file of one drawn digit each: read right, or refused with a reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from simplecell.data.pen import draw_digits
from simplecell.data.picture import read_fitted
from simplecell.data.sources import Dataset, Part, load
from simplecell.errors import DataError
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.loop import fit
from simplecell.train.model import Model

SHAPE = (1, 32, 32)


def drawn() -> Image.Image:
    """A 7, dark on white, 96x96."""
    picture = Image.new("L", (96, 96), 255)
    ImageDraw.Draw(picture).line([(24, 22), (72, 22), (42, 80)], 0, 9)
    return picture


SEVEN = drawn()
GREY = np.asarray(SEVEN)
WANTED = read_fitted(SEVEN, SHAPE).astype(int)


def alpha(ink: int) -> Image.Image:
    """The 7 on a transparent ground."""
    whole = np.full((96, 96, 4), ink, np.uint8)
    whole[..., 3] = 255 - GREY
    return Image.fromarray(whole)


def turned(picture: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.rotate(90, expand=True).save(path, exif=exif, quality=95)


def hue() -> Image.Image:
    """Red on blue of one lightness."""
    mask = GREY < 128
    return Image.fromarray(
        np.where(mask[..., None], (200, 70, 80), (70, 105, 250)).astype(np.uint8)
    )


def frames(path: Path, first: Image.Image, *others: Image.Image, **how: Any) -> None:
    first.save(path, save_all=True, append_images=list(others), **how)


BLANK = Image.new("L", (96, 96), 255)
Save = Callable[[Path], None]

READ: dict[str, tuple[str, Save]] = {
    "PNG": ("png", SEVEN.save),
    "PNG, colour": ("png", SEVEN.convert("RGB").save),
    "PNG, palette": ("png", SEVEN.convert("P").save),
    "PNG, 1 bit": ("png", SEVEN.convert("1", dither=Image.Dither.NONE).save),
    "PNG, grey and alpha": ("png", SEVEN.convert("LA").save),
    "PNG, dark on transparent": ("png", alpha(0).save),
    "PNG, palette with a transparent colour": (
        "png", lambda p: SEVEN.convert("P").save(p, transparency=255)),
    "PNG, 16 bits": ("png", Image.fromarray(GREY.astype(np.uint16) * 257).save),
    "PNG, 16 bits that hold 8": ("png", Image.fromarray(GREY.astype(np.uint16)).save),
    "PNG, turned by EXIF": ("png", lambda p: turned(SEVEN, p)),
    "PNG, animated, first frame blank": ("png", lambda p: frames(p, BLANK, SEVEN)),
    "PNG, red on blue as light": ("png", hue().save),
    "JPEG": ("jpg", lambda p: SEVEN.save(p, quality=95)),
    "JPEG, colour": ("jpg", lambda p: SEVEN.convert("RGB").save(p, quality=95)),
    "JPEG, progressive": ("jpg", lambda p: SEVEN.save(p, quality=95, progressive=True)),
    "JPEG, CMYK": ("jpg", lambda p: SEVEN.convert("CMYK").save(p, quality=95)),
    "JPEG, turned by EXIF": ("jpg", lambda p: turned(SEVEN, p)),
    "JPEG named .png": ("png", lambda p: SEVEN.save(p, "jpeg", quality=95)),
    "JPEG named .jpg_large": ("jpg_large", lambda p: SEVEN.save(p, "jpeg", quality=95)),
    "JPEG without ending": ("", lambda p: SEVEN.save(p, "jpeg", quality=95)),
    "GIF": ("gif", SEVEN.save),
    "GIF, animated": ("gif", lambda p: frames(p, SEVEN, BLANK)),
    "GIF, animated, first frame blank": ("gif", lambda p: frames(p, BLANK, SEVEN)),
    "BMP": ("bmp", SEVEN.save),
    "BMP, 1 bit": ("bmp", SEVEN.convert("1", dither=Image.Dither.NONE).save),
    "TIFF": ("tif", SEVEN.save),
    "TIFF, packed": ("tif", lambda p: SEVEN.save(p, compression="tiff_lzw")),
    "TIFF, CMYK": ("tif", SEVEN.convert("CMYK").save),
    "TIFF, 16 bits": ("tif", Image.fromarray(GREY.astype(np.uint16) * 257).save),
    "TIFF, fractions 0 to 1": ("tif", Image.fromarray(GREY.astype(np.float32) / 255).save),
    "TIFF, fractions 0 to 255": ("tif", Image.fromarray(GREY.astype(np.float32)).save),
    "TIFF, fractions -1 to 1": ("tif", Image.fromarray(GREY.astype(np.float32) / 127.5 - 1).save),
    "TIFF, 32-bit numbers of 8 bits": ("tif", Image.fromarray(GREY.astype(np.int32)).save),
    "TIFF, Lab": ("tif", lambda p: _lab().save(p)),
    "TIFF, pages, the first blank": ("tif", lambda p: frames(p, BLANK, SEVEN)),
    "WebP": ("webp", lambda p: SEVEN.save(p, quality=95)),
    "WebP, animated, first frame blank": ("webp", lambda p: frames(p, BLANK, SEVEN)),
    "AVIF": ("avif", lambda p: SEVEN.convert("RGB").save(p, quality=95)),
    "JPEG 2000": ("jp2", SEVEN.save),
    "PGM": ("pgm", SEVEN.save),
    "PBM": ("pbm", SEVEN.convert("1", dither=Image.Dither.NONE).save),
    "ICO": ("ico", lambda p: SEVEN.save(p, sizes=[(96, 96)])),
    "TGA": ("tga", SEVEN.save),
    "PCX": ("pcx", SEVEN.save),
    "SGI": ("sgi", SEVEN.save),
    "QOI": ("qoi", SEVEN.convert("RGB").save),
    "DDS": ("dds", SEVEN.convert("RGB").save),
}  # fmt: skip
"""The kinds that are read, each with its ending and how it is written."""

INVERTED = {"PNG, light on transparent": ("png", alpha(255).save)}


def _lab() -> Image.Image:
    """Lightness as it is, and no colour."""
    lab = np.stack([GREY, np.zeros_like(GREY), np.zeros_like(GREY)], axis=2)
    return Image.frombytes("LAB", (96, 96), lab.tobytes())


def written(name: str) -> bool:
    """Say whether this Pillow writes such a file: an older one only reads QOI, or has no AVIF."""
    Image.init()
    kind = next((kind for kind in ("AVIF", "QOI") if kind in name), None)
    return kind is None or kind in Image.SAVE


def path_of(name: str, folder: Path) -> Path:
    ending, save = {**READ, **INVERTED}[name]
    if not written(name):
        pytest.skip(f"this Pillow does not write {name}")
    path = folder / (f"seven.{ending}" if ending else "seven")
    save(path)
    return path


def is_right(name: str, pixels: np.ndarray) -> bool:
    """Say whether what was read is the digit that was drawn; docs/kinds.py asks, too."""
    read = pixels.astype(int)
    if name in INVERTED:
        return bool(np.abs(255 - read - WANTED).mean() < 4)
    if "red on blue" in name:
        # Of one channel, whichever way round: the strokes are where they were.
        read = np.where(read > (read.max() + read.min()) / 2, 255, 0)
        read = read if read[0, 0, 0] == 255 else 255 - read
        return bool(np.abs(read - np.where(WANTED > 127, 255, 0)).mean() < 12)
    alike = np.corrcoef(read.ravel(), WANTED.ravel())[0, 1]
    return bool(np.abs(read - WANTED).mean() < 4 and alike > 0.98)


@pytest.mark.parametrize("name", READ)
def test_a_digit_in_any_kind_of_file_is_the_same_digit(name: str, tmp_path: Path) -> None:
    assert is_right(name, read_fitted(path_of(name, tmp_path), SHAPE))


def test_light_strokes_on_a_transparent_ground_stay_light(tmp_path: Path) -> None:
    (name,) = INVERTED
    assert is_right(name, read_fitted(path_of(name, tmp_path), SHAPE))


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "HEIC": ("heic", b"\0\0\0\x18ftypheic" + bytes(90), "is HEIC, as telephones save photos"),
    "EPS": ("eps", b"%!PS-Adobe-3.0 EPSF-3.0\n", "is PostScript, a program that draws"),
    "SVG": ("svg", b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "is SVG, a drawing and no pixels"),
    "PDF": ("pdf", b"%PDF-1.7\n" + bytes(90), "is a PDF, pages and no pixels"),
    "text": ("png", b"seven", "is no picture: Pillow knows no format that begins like this"),
    "empty": ("png", b"", "is no picture"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    ending, held, words = REFUSED[name]
    path = tmp_path / f"seven.{ending}"
    path.write_bytes(held)
    with pytest.raises(DataError, match=words) as refused:
        read_fitted(path, SHAPE)
    assert len(str(refused.value).splitlines()) == 2


def test_numbers_without_a_white_and_half_a_file_are_refused(tmp_path: Path) -> None:
    Image.fromarray(GREY.astype(np.float32) * 9).save(tmp_path / "odd.tif")
    with pytest.raises(DataError, match=r"32-bit numbers .F. from 0 to 2295, of which none is"):
        read_fitted(tmp_path / "odd.tif", SHAPE)
    noise = np.random.default_rng(0).integers(0, 256, (96, 96), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:2000])
    with pytest.raises(DataError, match="is a damaged picture, or cannot be read"):
        read_fitted(tmp_path / "cut.jpg", SHAPE)


ODD = {
    "PNG, 16 bits that hold 8": "2 pictures are of 16 bits that hold 8-bit values",
    "PNG, red on blue as light": "2 pictures are of colours of one lightness: in grey",
    "GIF, animated, first frame blank": "2 pictures are of several frames or pages: the first",
    "TIFF, pages, the first blank": "(a/seven.tif …)",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_about_a_folders_pictures_is_said_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))
    for label in "ab":
        (tmp_path / "own" / label).mkdir(parents=True)
        path_of(name, tmp_path / "own" / label)
    # The second time it comes from the cache.
    for _ in range(2):
        assert any(ODD[name] in note for note in load(tmp_path / "own").notes)


def test_pictures_that_are_black_all_over_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))
    for label in "ab":
        (tmp_path / "own" / label).mkdir(parents=True)
        SEVEN.save(tmp_path / "own" / label / "seven.png")
        # Black strokes on a transparent canvas, saved as JPEG.
        Image.new("RGB", (96, 96)).save(tmp_path / "own" / label / "canvas.jpg")
    (note,) = [note for note in load(tmp_path / "own").notes if "black" in note]
    assert note.startswith(
        "2 pictures are black all over (a/canvas.jpg …): a canvas that is saved"
    )


@pytest.fixture(scope="module")
def reader() -> Model:
    """Learn digits of a pen, which are then looked for on a picture."""
    ink, labels = draw_digits(2000, seed=4)
    data = Dataset("pens", tuple("0123456789"), Part(ink, labels), None, reading="ink")
    network = Network("pens", (1, 28, 28), (Dense("F1", 60), Dense("F2", 10, "softmax")))
    return fit(network, data, epochs=6, progress=False).model


def test_a_model_reads_the_digit_in_every_kind_of_file(reader: Model, tmp_path: Path) -> None:
    wrong = {}
    for number, name in enumerate(filter(written, [*READ, *INVERTED])):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = reader.predict(path_of(name, folder))
        if found != 7:
            wrong[name] = found
    assert not wrong
