"""One picture from a file, as a network reads it.

This reader changes the size, the place and the number of channels, and no more: it does not
look for the digit, and it does not guess which shade is the background. Networks learn light
ink on a dark ground, 0; `invert` turns dark ink on white paper round.
"""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from simplecell.data.normalise import Size, pad, pair
from simplecell.errors import DataError

MODES = {1: "L", 3: "RGB"}
"""Pillow's name for grey and for colour, by number of channels."""


def read_picture(
    path: str | Path,
    shape: tuple[int, int, int],
    *,
    inside: Size | None = None,
    invert: bool = False,
) -> NDArray[np.uint8]:
    """Read a picture, fit it into the box `inside`, centre that in the network's input.

    The sides keep their proportion, and background, 0, fills what is left. The box is the whole
    input unless `inside` says otherwise: a network that learnt 28x28 digits padded to 32x32
    wants inside=28. A picture that already has the size of the box, or of the whole input, passes
    unchanged. Colour becomes grey by Pillow's 0.299 R + 0.587 G + 0.114 B; what is transparent
    counts as background.

    Shapes
        shape (C, H, W), with C 1 or 3      gives (C, H, W)

    Raises
        DataError   no picture, a damaged or huge one, or a network with other channels
    """
    channels, height, width = shape
    if channels not in MODES:
        raise DataError(
            f"{path}: the network reads {channels} maps; a picture has 1 channel (grey) or 3."
        )
    box = pair(inside) if inside is not None else (height, width)
    if box[0] > height or box[1] > width:
        raise DataError(f"a box of {box[0]}x{box[1]} is larger than the input, {height}x{width}.")
    picture = _open(Path(path))
    if picture.mode in ("I", "F"):
        raise DataError(
            f"{path} holds 32-bit numbers ({picture.mode}), of which none is white for certain."
            "\n  save it as an 8-bit picture."
        )
    if picture.size == (width, height):
        box = (height, width)
    picture = _fit(_flat(picture, MODES[channels], invert), box)
    pixels = np.asarray(picture).reshape(picture.height, picture.width, channels)
    return pad(np.ascontiguousarray(np.moveaxis(pixels, 2, 0)), (height, width))


def read_whole(path: str | Path, channels: int) -> NDArray[np.uint8]:
    """Read a picture at its own size, grey or in colour.

    Shapes
        channels 1 or 3      gives (C, H, W)

    Raises
        DataError   no picture, a damaged or huge one, or other channels
    """
    if channels not in MODES:
        raise DataError(f"{channels} channels were asked for; a picture has 1 (grey) or 3.")
    picture = _flat(_open(Path(path)), MODES[channels], invert=False)
    pixels = np.asarray(picture).reshape(picture.height, picture.width, channels)
    return np.ascontiguousarray(np.moveaxis(pixels, 2, 0))


def _open(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a picture that would fill the memory; that ends here. Its
            # other warnings are of no use to who asks for a digit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            with Image.open(path) as picture:
                picture.load()
                return ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError) as problem:
        raise DataError(f"{path} is too large a picture: {problem}\n  make it smaller.") from None
    except UnidentifiedImageError:
        raise DataError(
            f"{path} is no picture: Pillow knows no format that begins like this"
            f" ({path.stat().st_size} bytes).\n  give a PNG, JPEG, BMP, GIF, TIFF or the like."
        ) from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder; give the pictures in it one by one.") from None
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except Exception as problem:
        # Pillow's readers of damaged files raise whatever they meet: SyntaxError, struct.error ...
        raise DataError(
            f"{path} is a damaged picture, or cannot be read: {problem}.\n  save or copy it again."
        ) from None


def _flat(picture: Image.Image, mode: str, invert: bool) -> Image.Image:
    """Give the picture in grey or colour, light on dark, with nothing transparent."""
    if picture.mode.startswith("I;16"):
        # Pillow would cut 16-bit grey off at 255; its high byte is the same grey in 8 bits.
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white" if invert else "black")
        picture = Image.alpha_composite(ground, picture).convert("RGB")
    picture = picture.convert(mode)
    return ImageOps.invert(picture) if invert else picture


def _fit(picture: Image.Image, box: tuple[int, int]) -> Image.Image:
    height, width = box
    scale = min(height / picture.height, width / picture.width)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
