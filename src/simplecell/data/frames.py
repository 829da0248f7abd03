"""Which formats are read, which of a file's frames or pages, and what is said of the rest."""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

OUTSIDE = frozenset(("EPS", "WMF", "GRIB", "BUFR", "HDF5", "MPEG", "IPTC", "MCIDAS", "FITS"))
"""Formats that Pillow hands to other programs, such as Ghostscript, or that are no pictures."""

FRAMED = frozenset(("GIF", "TIFF", "WEBP", "PNG", "AVIF"))
"""Formats whose frames or pages are pictures of one kind, and not layers or sizes of one."""

MOST_FRAMES = 64
BLANK = 8
"""A frame whose shades differ by no more than that is blank."""

UNREAD = {
    b"ftypheic": ("HEIC, as telephones save photos", "save it as JPEG"),
    b"ftypheix": ("HEIC, as telephones save photos", "save it as JPEG"),
    b"ftypmif1": ("HEIF, as telephones save photos", "save it as JPEG"),
    b"%!PS": ("PostScript, a program that draws", "save it as PNG"),
    b"<svg": ("SVG, a drawing and no pixels", "save it as PNG"),
    b"%PDF": ("a PDF, pages and no pixels", "save its pages as PNG"),
    b"II*\0": ("a TIFF whose pixels Pillow does not read, as 16 bits of colour", "save it as PNG"),
    b"MM\0*": ("a TIFF whose pixels Pillow does not read, as 16 bits of colour", "save it as PNG"),
    b"II+\0": ("a BigTIFF that Pillow does not read", "save it as PNG"),
    b"SIMPLE": ("FITS, an astronomer's table", "save it as PNG"),
}
"""How files begin that hold pictures which are not read, what they are, and what to do."""


@cache
def formats() -> tuple[str, ...]:
    """Give the formats that Pillow reads by itself, the commonest first."""
    Image.init()
    common = ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]
    return (*common, *sorted({*Image.OPEN} - OUTSIDE - {*common}))


def choose_frame(picture: Image.Image) -> dict[str, int]:
    """Go to the first frame that is not blank; say how many there are, if there are several."""
    count = int(getattr(picture, "n_frames", 1)) if picture.format in FRAMED else 1
    if count < 2:
        return {}
    for frame in range(min(count, MOST_FRAMES)):
        picture.seek(frame)
        if not is_blank(picture):
            return {"frames": count, "frame": frame}
    picture.seek(0)
    return {"frames": count, "frame": 0}


def is_blank(picture: Image.Image) -> bool:
    """Tell whether nothing can be seen in a picture: all of it transparent, or of one shade."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return bool(np.ptp(np.asarray(picture)) == 0)
    whole = np.asarray(picture.convert("RGBA")).reshape(-1, 4).astype(int)
    seen = whole[whole[:, 3] > 0]
    if not len(seen):
        return True
    # What is transparent in places is drawn, though it may be of one colour.
    return len(seen) == len(whole) and bool(np.ptp(seen, axis=0).max() <= BLANK)


def unknown(path: Path, held: bytes | None) -> str:
    """Say why a file is no picture that is read, and what to do."""
    if held is None:
        with path.open("rb") as file:
            start = file.read(400)
        size = path.stat().st_size
    else:
        start, size = held[:400], len(held)
    for magic, (kind, advice) in UNREAD.items():
        if (
            start.startswith(magic)
            or start[4:12] == magic
            or (magic == b"<svg" and magic in start)
        ):
            return f"{path} is {kind}, which is not read.\n  {advice}."
    return (
        f"{path} is no picture: Pillow knows no format that begins like this ({size} bytes)."
        "\n  give a PNG, JPEG, BMP, GIF, TIFF or the like."
    )
