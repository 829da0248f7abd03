"""A stranger's picture, as a model reads it: each step from its bytes to the input.

The model's own way is taken (`Model.reader`): a digit is looked for and put as MNIST's stand, or
a picture is scaled on the shade of its edge, or on black. A picture comes as the bytes of a file
(PNG, JPEG, …), which a browser's canvas and a camera give alike.
"""

import base64
import binascii
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from simplecell.data.line import Line, read_line
from simplecell.data.rows import NONE
from simplecell.data.strokes import Box
from simplecell.data.writing import Surroundings, Writing, read_writing
from simplecell.engines.reference import Reference
from simplecell.errors import DataError, StudioError
from simplecell.studio.exchange import Request, packed
from simplecell.train.answer import answers
from simplecell.train.model import Model
from simplecell.train.rows import DECODING, decode, look

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Kinds of pictures that are read from a browser: each is decoded by Pillow alone."""

MOST_PIXELS = 40_000_000
"""A photograph of a telephone has 12 to 50 million; of more, the bytes would fill the memory."""

WIDEST = 4096
"""Columns of a row of digits, once it is brought to 32 lines."""

ENGINE = Reference()
"""One picture takes the formulas some milliseconds; so no kernel must be compiled first."""


def told(request: Request) -> tuple[str, bytes, bool | None]:
    """Read a request about a picture: which model, the picture's bytes, whether ink is dark.

    The body is the bytes, and the query says `model` and `invert`; or all is JSON, with the
    bytes as base64 under `picture`.

    Raises
        StudioError   something else
    """
    if request.kind != "application/json":
        return _model(request.query.get("model")), request.body, _choice(request.query)
    document = request.document()
    try:
        content = base64.b64decode(str(document["picture"]).rpartition(",")[2], validate=True)
    except KeyError:
        raise StudioError("the request lacks 'picture': a picture's bytes as base64.") from None
    except (binascii.Error, ValueError):
        raise StudioError("'picture' is no base64 of a picture's bytes.") from None
    return _model(document.get("model")), content, _choice(document)


def _model(name: object) -> str:
    if not isinstance(name, str):
        raise StudioError("the request lacks 'model': one of /api/models.")
    return name


def _choice(options: Any) -> bool | None:
    words = {None: None, True: True, False: False, "true": True, "false": False, "": None}
    value = options.get("invert")
    if not isinstance(value, str | bool | None) or value not in words:
        raise StudioError(f"invert is {str(value)[:40]!r}; it takes true or false.")
    return words[value]


def opened(content: bytes) -> Image.Image:
    """Read a picture from its bytes, turned the way the camera was held.

    Raises
        DataError   no picture, or a damaged or huge one
    """
    try:
        picture = Image.open(BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise DataError(
                f"the picture has {picture.width} x {picture.height} pixels; {MOST_PIXELS:,} are"
                " read at the most.\n  make it smaller."
            )
        picture.load()
        return ImageOps.exif_transpose(picture)
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError(
            f"this is no picture that is read here ({len(content):,} bytes).\n  give a"
            f" {', '.join(FORMATS)} file."
        ) from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
        raise DataError("the picture is too large: make it smaller.") from None
    except Exception as problem:
        # Pillow's readers of damaged files raise whatever they meet.
        raise DataError(f"the picture is damaged: {problem}.\n  save or copy it again.") from None


def read(model: Model, content: bytes, invert: bool | None) -> dict[str, Any]:
    """Bring a picture to a model, and say each step, the input, and the model's answer.

    `steps` is there where the digit was looked for: the ink, the box around the digit in it
    (top, left, bottom, right), its strokes, its 20x20 body, its 28x28 frame.

    Raises
        DataError   no picture; nothing written on it
    """
    picture, steps = opened(content), None
    around: tuple[Surroundings, ...] = ()
    if model.reading == "ink":
        # As the model's reader does, of which each step is wanted.
        writing = read_writing(picture, dark_ink=True if invert else None)
        if not writing.posed:
            raise DataError("nothing is written on the picture: there is no digit.")
        height, width = model.network.input[1:]
        steps, pixels = _steps(writing), writing.pixels((height, width))
        around = writing.surroundings((height, width))
    else:
        pixels, _ = model.reader(invert=invert).read(picture)
    answer = answers(model, pixels[:1], ENGINE, around)[0]
    return {
        "reading": model.reading,
        "picture": [picture.height, picture.width],
        "steps": steps,
        "pixels": packed(pixels[:1]),
        "inputs": packed(model.examples(pixels[:1]).values(slice(None), np.float32)),
        "answer": {
            "class": model.classes[answer.label],
            "label": answer.label,
            "probability": answer.probability,
            "runner_up": None if answer.runner_up is None else model.classes[answer.runner_up],
            "runner_up_probability": answer.runner_up_probability,
            "sureness": answer.sureness,
            "rejected": answer.rejected,
        },
    }


def _steps(writing: Writing) -> dict[str, Any]:
    posed = writing.posed[0]
    return {
        "ink": packed(np.rint(255 * writing.page.ink).astype(np.uint8)),
        "dark_ink": writing.page.dark_ink,
        "box": _corners(writing.boxes[0]),
        "strokes": packed(np.rint(255 * np.clip(posed.strokes, 0, 1)).astype(np.uint8)),
        "body": packed(posed.body),
        "frame": packed(posed.frame),
    }


def _corners(box: Box) -> list[int]:
    return [box.top, box.left, box.bottom, box.right]


def read_row(model: Model, content: bytes, invert: bool | None) -> dict[str, Any]:
    """Slide a model over a picture of a row of digits, and say its answer at every place.

    `text` and `digits` are there where the model has learnt what lies between digits.

    Shapes
        pixels (1, 32, width)      answers (places, classes)

    Raises
        DataError            no picture, nothing written, a row that is too long
        SpecError, ModelError   a network that cannot be slid
    """
    line = read_line(opened(content), dark_ink=invert)
    if line.pixels.shape[2] > WIDEST:
        raise DataError(
            f"the row is {line.pixels.shape[2]} columns wide at 32 lines; {WIDEST} are read at"
            " the most.\n  give fewer digits."
        )
    found, columns = look(model, line.pixels[None], DECODING.shifts, ENGINE)
    first = found[0].argmax(axis=1).tolist()
    reads = model.classes[-1] == NONE
    reading = decode(model.classes, found, columns, DECODING)[0] if reads else None
    return {
        "classes": list(model.classes),
        "pixels": packed(line.pixels),
        "columns": columns.tolist(),
        "picture_columns": [line.column(int(at)) for at in columns],
        "answers": packed(found[0].astype(np.float32)),
        "labels": first,
        "names": [model.classes[label] for label in first],
        "text": None if reading is None else reading.text,
        "digits": None if reading is None else _found(model, line, reading),
    }


def _found(model: Model, line: Line, reading: Any) -> list[dict[str, Any]]:
    return [
        {
            "digit": model.classes[one.label],
            "column": int(reading.columns[one.place]),
            "picture_column": line.column(int(reading.columns[one.place])),
            "probability": float(reading.answers[one.place, one.label]),
        }
        for one in reading.digits
    ]
