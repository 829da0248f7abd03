"""The digits that need no download: 1,797 of 8x8 pixels, bundled with scikit-learn.

Thirteen people wrote them; both parts hold all thirteen, so that the test error says how well
a network reads these hands, and less about a stranger's.

For a network that reads pictures of 28x28 or more, they are put as the reader puts a stranger's
digit (`align`). In the training part every other digit is bent then, and some are added that are
drawn with a pen (`pen`). Without those a network misreads clean print: hardly one of the
thirteen puts a foot under a 1, and all their strokes are as thick as 8x8 pixels make them.

Source: Alpaydin, Kaynak 1998, Optical Recognition of Handwritten Digits, UCI repository, its
test set; scikit-learn, `load_digits`.
"""

import gzip
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simplecell.data.normalise import Size, pair
from simplecell.data.part import Part, split
from simplecell.data.pen import BODY, FRAME, draw_digits
from simplecell.errors import DataError

DIGITS = tuple("0123456789")
NATIVE = (8, 8)

TEST_SHARE = 0.2
TEST_SEED = 1998

ROTATION, SHEAR, SQUEEZE = 15.0, 0.3, 0.2
"""How far a digit is bent: degrees, columns for a row, the logarithm of a side's growth."""

DRAWN = 1000
"""So many drawn digits are learnt beside the others.

Chosen, as the bending was, by clean digits in nine fonts and by 5,000 of MNIST's training digits,
eight seeds: of 90 printed ones 21 were misread before, and none in seven runs of eight now; of
MNIST's 51 %, and 23 % now.
"""

INK = 51
"""A pixel of at least so much belongs to the digit's box."""

_BEND_SEED = 7


def read_digits(size: Size | None = None) -> tuple[Part, Part]:
    """Give the training part, 1,438 digits, and the test part, always the same 359.

    Grey comes as 0..16 and goes as round(255 p / 16). For a `size` of 28 or more, a digit's box is
    enlarged to 20 in its longer side, its centre of mass in the middle of 28x28, as MNIST's are.

    Shapes
        pixels (N, 1, 8, 8) or (N, 1, 28, 28), not padded

    Source
        LeCun et al. 1998, III.A, for the box and the frame.
    """
    pixels, labels = _bundled()
    whole = Part(pixels, labels, "scikit-learn's digits")
    train, test = split(whole, TEST_SHARE, TEST_SEED)
    if size is None or min(pair(size)) < FRAME:
        return train, test
    return _framed(train), _framed(test)


def read_taught(size: Size | None = None) -> tuple[Part, Part]:
    """Give the parts as `read_digits` does; in frames, with what print needs to be read, too.

    Every other digit to learn from is bent, and DRAWN come from the pen.

    Shapes
        pixels (N, 1, 8, 8) or, with N = 1,438 + DRAWN, (N, 1, 28, 28)
    """
    train, test = read_digits()
    if size is None or min(pair(size)) < FRAME:
        return train, test
    maps = _bends(len(train))
    maps[::2] = np.eye(2)
    drawn, labels = draw_digits(DRAWN, TEST_SEED)
    pixels = np.concatenate([frames(train.pixels[:, 0], maps)[:, None], drawn])
    return Part(pixels, np.concatenate([train.labels, labels]), train.source), _framed(test)


def _framed(part: Part) -> Part:
    straight = np.broadcast_to(np.eye(2), (len(part), 2, 2))
    return Part(frames(part.pixels[:, 0], straight)[:, None], part.labels, part.source)


def _bends(count: int) -> NDArray[np.float64]:
    """Draw maps that turn, shear and squeeze: from (row, column) there to (row, column) here.

    Shapes
        gives (count, 2, 2)
    """
    turn, shear, squeeze = np.random.default_rng(_BEND_SEED).uniform(-1, 1, (3, count))
    cos, sin = np.cos(np.radians(ROTATION * turn)), np.sin(np.radians(ROTATION * turn))
    high, wide = np.exp(SQUEEZE * squeeze), np.exp(-SQUEEZE * squeeze)
    lean = SHEAR * shear * high
    rows = [[cos * high - sin * lean, -sin * wide], [sin * high + cos * lean, cos * wide]]
    return np.array(rows).transpose(2, 0, 1)


def frames(small: NDArray[np.uint8], maps: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Put small digits, each through its linear map, into MNIST's frame, sampled bilinearly.

    The box of its ink is brought to 20 in its longer side; its centre of mass comes to the middle.

    Shapes
        small (N, h, w) some ink in each      maps (N, 2, 2)      gives (N, 28, 28)
    """
    count, height, width = small.shape
    middle = np.array([[(height - 1) / 2], [(width - 1) / 2]])
    places = maps @ (np.indices((height, width)).reshape(2, -1) - middle)
    ink = small.reshape(count, 1, -1).astype(np.float64)
    reach = np.abs(maps).sum(2)[:, :, None] / 2
    low = np.where(ink >= INK, places - reach, np.inf).min(2)
    high = np.where(ink >= INK, places + reach, -np.inf).max(2)
    scale = BODY / (high - low).max(1)[:, None]
    centre = (places * ink).sum(2) / ink.sum(2)
    # The box stays within the frame, wherever its centre of mass is.
    shift = np.clip(FRAME / 2 - scale * centre, -0.5 - scale * low, FRAME - 0.5 - scale * high)
    back = np.linalg.inv(maps) / scale[:, :, None]
    offset = middle[:, 0] - (back @ shift[:, :, None])[:, :, 0]
    side = np.arange(FRAME)
    y, x = (
        b[:, 0, None, None] * side[:, None] + b[:, 1, None, None] * side + o[:, None, None]
        for b, o in zip(back.transpose(1, 0, 2), offset.T, strict=True)
    )
    return _sampled(small, y, x)


def _sampled(
    small: NDArray[np.uint8], y: NDArray[np.float64], x: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Sample each picture at places between its pixels; around it lies background, 0."""
    count, height, width = small.shape
    ground = np.pad(small.astype(np.float32), ((0, 0), (1, 2), (1, 2)))
    y, x = np.clip(y + 1, 0, height + 1), np.clip(x + 1, 0, width + 1)
    row, column = y.astype(np.int64), x.astype(np.int64)
    v, u = (y - row).astype(np.float32), (x - column).astype(np.float32)
    line = width + 3
    at = (np.arange(count) * (height + 3) * line)[:, None, None] + row * line + column
    flat = ground.ravel()
    top = flat[at] + u * (flat[at + 1] - flat[at])
    bottom = flat[at + line] + u * (flat[at + line + 1] - flat[at + line])
    return np.asarray(top + v * (bottom - top) + 0.5, np.uint8)


def _bundled() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read scikit-learn's file itself: importing scikit-learn takes half a second."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise DataError("the digits are bundled with scikit-learn: pip install scikit-learn.")
    path = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    if path.is_file():
        with gzip.open(path) as file:
            rows = np.loadtxt(file, delimiter=",", dtype=np.int64)
        grey, labels = rows[:, :-1], rows[:, -1]
    else:
        # Another layout of the package: ask scikit-learn.
        bunch = import_module("sklearn.datasets").load_digits()
        grey, labels = bunch.data, bunch.target.astype(np.int64)
    pixels = np.rint(grey * (255 / 16)).astype(np.uint8)
    return pixels.reshape(-1, 1, *NATIVE), labels
