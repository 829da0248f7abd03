"""One picture from a file, as a network reads it.

This reader changes the size, the place and the number of channels, and no more: it does not
look for the digit, and it does not guess which shade is the background. Networks learn light
ink on a dark ground, 0; `invert` turns dark ink on white paper round. What numbers mean that are
no bytes stands in `shades`, which of several frames is read in `frames`.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from simplecell.data.frames import choose_frame, formats, unknown
from simplecell.data.normalise import Size, pad, pair
from simplecell.data.shades import in_bytes, separating
from simplecell.errors import DataError

MODES = {1: "L", 3: "RGB"}
"""Pillow's name for grey and for colour, by number of channels."""

LARGE = 1 << 24
"""Pixels from which on a picture takes so much memory that others wait for it."""

_LARGE = Lock()

READINGS = ("plain", "fitted", "cropped", "ink")
"""How a picture is brought to a network.

    plain    in proportion, on black, and no more: `read_picture`
    fitted   in proportion, on the shade of its own edge: `fit`
    cropped  the one object on its ground is brought to the frame: `crop`; then as fitted
    ink      the digit is looked for, and put as MNIST's digits stand: `writing`
"""

FITTED = ("fitted", "cropped")
"""The readings of pictures of one's own."""


Source = str | Path | Image.Image
"""A picture: where its file lies, or the picture itself, as Pillow has it."""


def naming(source: Source) -> str:
    """Say which picture a message is about."""
    return "the picture" if isinstance(source, Image.Image) else str(source)


def read_picture(
    source: Source,
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
    _check_channels(channels, naming(source))
    box = pair(inside) if inside is not None else (height, width)
    if box[0] > height or box[1] > width:
        raise DataError(f"a box of {box[0]}x{box[1]} is larger than the input, {height}x{width}.")
    picture = open_picture(source)
    check_shades(picture, naming(source))
    if picture.size == (width, height):
        box = (height, width)
    picture = flat(picture, MODES[channels], on_white=invert)
    picture = _fit(ImageOps.invert(picture) if invert else picture, box)
    pixels = np.asarray(picture).reshape(picture.height, picture.width, channels)
    return pad(np.ascontiguousarray(np.moveaxis(pixels, 2, 0)), (height, width))


def read_fitted(
    source: Source, shape: tuple[int, int, int], crop: bool = False
) -> NDArray[np.uint8]:
    """Read a picture as the pictures of an album are read: see `fit`.

    Raises
        DataError   no picture, a damaged, huge or tiny one, or a network with other channels
    """
    return fit(open_picture(source), shape, naming(source), crop)


def fit(
    picture: Image.Image, shape: tuple[int, int, int], name: str = "it", crop: bool = False
) -> NDArray[np.uint8]:
    """Scale a picture, its sides in proportion, and centre it on the shade of its own edge.

    Nothing is cut off, unless `crop` asks for the one object on its ground, where there is one,
    and nothing turned round. The shade is the median along the four sides, by channel.

    Shapes
        shape (C, H, W), with C 1 or 3      gives (C, H, W)

    Raises
        DataError   a picture of one line, 32-bit numbers, or other channels
    """
    channels, height, width = shape
    _check_channels(channels, name)
    check_shades(picture, name)
    if min(picture.size) < 2:
        raise DataError(f"{name} has {picture.width}x{picture.height} pixels: too few to learn.")
    white = drawn_dark(picture)
    whole = flat(picture, MODES[channels], on_white=white)
    if crop:
        # It takes SciPy, a third of a second that other pictures do not need.
        from simplecell.data.crop import cropped

        colours = whole if picture.mode in ("1", "L") else flat(picture, "RGB", on_white=white)
        whole = cropped(whole, colours) or whole
    scaled = _fit(whole, (height, width))
    pixels = np.asarray(scaled).reshape(scaled.height, scaled.width, channels)
    if scaled.size == (width, height):
        return np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    frame = np.empty(shape, np.uint8)
    frame[:] = np.median(edge, axis=0).astype(np.uint8)[:, None, None]
    top, left = (height - scaled.height) // 2, (width - scaled.width) // 2
    frame[:, top : top + scaled.height, left : left + scaled.width] = np.moveaxis(pixels, 2, 0)
    return frame


def drawn_dark(picture: Image.Image) -> bool:
    """Tell whether what is drawn on a transparent ground is dark: then the ground is white."""
    if not picture.has_transparency_data:
        return True
    shades = np.asarray(picture.convert("LA"))
    seen = lit = 0
    # Some rows at a time: whole numbers of a large picture take eight times its bytes.
    for first in range(0, len(shades), 64):
        some = shades[first : first + 64].astype(np.int64)
        lit += int((some[..., 0] * some[..., 1]).sum())
        seen += int(some[..., 1].sum())
    return lit < 128 * seen


def read_whole(source: Source, channels: int) -> NDArray[np.uint8]:
    """Read a picture at its own size, grey or in colour.

    Shapes
        channels 1 or 3      gives (C, H, W)

    Raises
        DataError   no picture, a damaged or huge one, or other channels
    """
    if channels not in MODES:
        raise DataError(f"{channels} channels were asked for; a picture has 1 (grey) or 3.")
    opened = open_picture(source)
    check_shades(opened, naming(source))
    picture = flat(opened, MODES[channels])
    pixels = np.asarray(picture).reshape(picture.height, picture.width, channels)
    return np.ascontiguousarray(np.moveaxis(pixels, 2, 0))


def _check_channels(channels: int, name: str) -> None:
    if channels not in MODES:
        raise DataError(
            f"{name}: the network reads {channels} maps; a picture has 1 channel (grey) or 3."
        )


def check_shades(picture: Image.Image, name: str) -> None:
    """Refuse a picture whose numbers have no fixed white.

    Raises
        DataError   32-bit numbers that could mean several things
    """
    if picture.mode in ("I", "F"):
        in_bytes(picture, name)


@contextmanager
def strict() -> Iterator[None]:
    """Turn Pillow's warning of a picture that would fill the memory into a refusal.

    Its other warnings are of no use to who asks for a digit. Which warnings count is said for
    the whole process: a pool of threads is put inside this, never this inside a thread.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield


def open_picture(source: Source) -> Image.Image:
    """Read a picture, turned the way the camera was held.

    Raises
        DataError   no picture, or a damaged or huge one
    """
    if isinstance(source, Image.Image):
        if min(source.size) == 0:
            raise DataError(f"the picture has {source.width}x{source.height} pixels: none.")
        return ImageOps.exif_transpose(source)
    if not str(source).strip():
        raise DataError("the path of the picture is empty.")
    if "://" in str(source):
        raise DataError(f"{source} is an address; save the picture, and give the file's path.")
    with strict():
        return decode(Path(source))


def decode(
    path: Path, enough: tuple[int, int] | None = None, held: bytes | None = None
) -> Image.Image:
    """Read a picture within `strict`; of one within an archive, its bytes are `held`.

    A large JPEG of which (width, height) is `enough` is decoded at an eighth, a quarter or a
    half of its size, which is many times faster. Of very large pictures, one at a time is.
    """
    try:
        file = path if held is None else BytesIO(held)
        with Image.open(file, formats=formats()) as picture:
            if enough is not None:
                # The camera may have been turned, and the smaller side is to be enough too.
                picture.draft(None, (2 * max(enough), 2 * max(enough)))
            with _LARGE if picture.width * picture.height > LARGE else nullcontext():
                frames = choose_frame(picture)
                picture.load()
                upright = ImageOps.exif_transpose(picture)
                upright.info.update(frames)
                return upright
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError) as problem:
        raise DataError(f"{path} is too large a picture: {problem}\n  make it smaller.") from None
    except UnidentifiedImageError:
        raise DataError(unknown(path, held)) from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder; give the pictures in it one by one.") from None
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except Exception as problem:
        # Pillow's readers of damaged files raise whatever they meet: SyntaxError, struct.error ...
        raise DataError(
            f"{path} is a damaged picture, or cannot be read: {problem}.\n  save or copy it again."
        ) from None


def flat(picture: Image.Image, mode: str, on_white: bool = False) -> Image.Image:
    """Give the picture in grey or colour, with nothing transparent: black, or white, behind."""
    # Pillow would cut numbers beyond 255 off.
    picture = in_bytes(picture)
    if picture.mode == "La":
        # Pillow turns grey whose transparency is multiplied in into nothing else.
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white" if on_white else "black")
        picture = Image.alpha_composite(ground, picture).convert("RGB")
    if mode == "L" and picture.mode not in ("1", "L"):
        colours = picture.convert("RGB")
        return separating(colours) or colours.convert("L")
    return picture.convert(mode)


def to_png(pixels: NDArray[np.uint8]) -> bytes:
    """Write pixels as a PNG file's bytes.

    Shapes
        pixels (H, W), (H, W, 3) or (H, W, 4)
    """
    held = BytesIO()
    Image.fromarray(pixels).save(held, "png", optimize=True)
    return held.getvalue()


def _fit(picture: Image.Image, box: tuple[int, int]) -> Image.Image:
    height, width = box
    scale = min(height / picture.height, width / picture.width)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
