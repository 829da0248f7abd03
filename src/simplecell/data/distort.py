"""Distort pictures on the fly: compiled, drawn by key, each pixel sampled once.

    out[i, j] = picture at M (i, j, 1) + d[i, j]

M is the affine map of `distortion` turned round, d the elastic displacements. Between pixels the
picture is interpolated bilinearly; around it lies background, 0, or its own edge goes on.

What is drawn for a picture follows from its key and nothing else, so that blocks, order and
threads change no bit. Number n of a key is mix(key + n * golden), splitmix64: it needs no
generator to be carried along.

Source: LeCun et al. 1998, III.A; Simard, Steinkraus, Platt 2003; Steele, Lea, Flood 2014.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.compile import jit, root
from simplecell.data.distortion import DISTORTIONS, Distortion, distortion
from simplecell.errors import DataError
from simplecell.workers import Workers

__all__ = ["DISTORTIONS", "Distortion", "distort", "distortion", "gaussian", "keys", "maps"]

Pixels = NDArray[np.uint8]
Keys = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11, _S16 = (np.uint64(bits) for bits in (30, 27, 31, 11, 16))
_LOW = np.uint64(0xFFFF)

_WORKERS = Workers("distort")

DRAWS = 8
"""Numbers of a key that are kept for the affine map and the light; noise comes after."""
_LIGHT, _CONTRAST, _MIRROR = 6, 7, 1 << 40


def _mix(z: Any) -> Any:
    """Turn a counter into 64 random bits, as splitmix64 does; of an array, each element."""
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


_mixed = jit(_mix)


def keys(rows: NDArray[Any], *numbers: int | NDArray[Any]) -> Keys:
    """Make one key for each row out of, say, a seed and an epoch; all of them, or one by one.

    >>> bool(keys(np.arange(3), 7, 1)[1] == keys(np.array([1]), 7, 1)[0])
    True

    Shapes
        rows, keys (N,)      numbers one each, or (N,)
    """
    key = np.zeros(len(rows), np.uint64)
    for number in (*numbers, rows):
        key = _mix(key + _GOLDEN + np.asarray(number).astype(np.uint64))
    return key


@jit
def _even(key: int, n: int) -> float:
    """Draw number n of a key: evenly from -1 to 1."""
    bits = _mixed(key + np.uint64(n + 1) * _GOLDEN) >> _S11
    return np.float64(np.int64(bits)) * 2.0**-52 - 1.0


@root
def _draw(keys: Keys, reach: NDArray[np.float64], height: int, width: int, out: Any) -> None:
    """Draw M for every key; `reach`: shift, log scale, log squeeze, shear, radians, mirror."""
    y0, x0 = (height - 1) / 2, (width - 1) / 2
    for n in range(len(keys)):
        key = keys[n]
        down, right = reach[0] * _even(key, 0), reach[0] * _even(key, 1)
        scale, squeeze = math.exp(reach[1] * _even(key, 2)), math.exp(reach[2] * _even(key, 3))
        shear, angle = reach[3] * _even(key, 4), reach[4] * _even(key, 5)
        cos, sin = math.cos(angle), math.sin(angle)
        # Back the way the ink went: shift, turn, shear, squeeze, scale.
        high, wide = squeeze / scale, 1 / (squeeze * scale)
        a, b = cos * high, -sin * high
        c, d = (sin - shear * cos) * wide, (cos + shear * sin) * wide
        out[n, 0, 0], out[n, 0, 1] = a, b
        out[n, 1, 0], out[n, 1, 1] = c, d
        out[n, 0, 2] = y0 - a * (y0 + down) - b * (x0 + right)
        out[n, 1, 2] = x0 - c * (y0 + down) - d * (x0 + right)
        if reach[5] > 0 and _even(key, _MIRROR) > 0:
            # Left and right of the old picture change places.
            out[n, 1, 0], out[n, 1, 1] = -out[n, 1, 0], -out[n, 1, 1]
            out[n, 1, 2] = width - 1 - out[n, 1, 2]


@jit
def _noise(key: int, first: int, out: Any) -> None:
    """Fill a line with numbers from -1 to 1, four out of each draw from number `first` on."""
    for n in range(len(out) // 4):
        bits = _mixed(key + np.uint64(first + n + 1) * _GOLDEN)
        for part in range(4):
            out[4 * n + part] = np.float32(bits & _LOW) * np.float32(2.0**-15) - np.float32(1)
            bits >>= _S16


@jit
def _smooth(kernel: Any, source: Any, step: int, out: Any, count: int) -> None:
    """Smooth numbers that lie `step` apart; the first result is of number `reach` of them.

    One loop over all rows at once, longer than it need be, is what processors do best.
    """
    reach = len(kernel) - 1
    to, middle = out[:count], source[reach * step :]
    for m in range(count):
        to[m] = kernel[0] * middle[m]
    for t in range(1, reach + 1):
        before, after = source[(reach - t) * step :], source[(reach + t) * step :]
        weight = kernel[t]
        for m in range(count):
            to[m] += weight * (before[m] + after[m])


@jit
def _sample(
    picture: Any, m: Any, fields: Any, elastic: Any, edge: Any, frame: Any, out: Any
) -> None:
    """Sample one channel at M (i, j, 1) + elastic * fields; fields (2, H, W or wider)."""
    height, width = picture.shape
    for i in range(height):
        for j in range(width):
            frame[i + 1, j + 1] = picture[i, j]
    # The frame has a line of background before and two after: a place further out is as good
    # as one on the first or the last of them. Where the edge goes on, those lines are its own.
    low = np.float32(edge)
    high, wide = np.float32(height + 1 - edge), np.float32(width + 1 - edge)
    b, d = np.float32(m[0, 1]), np.float32(m[1, 1])
    for i in range(height):
        y0, x0 = np.float32(m[0, 2] + m[0, 0] * i + 1), np.float32(m[1, 2] + m[1, 0] * i + 1)
        for j in range(width):
            y, x = y0 + b * np.float32(j), x0 + d * np.float32(j)
            if elastic:
                y += elastic * fields[0, i, j]
                x += elastic * fields[1, i, j]
            y, x = min(max(y, low), high), min(max(x, low), wide)
            r, s = np.int64(y), np.int64(x)
            v, u = y - np.float32(r), x - np.float32(s)
            top = frame[r, s] + u * (frame[r, s + 1] - frame[r, s])
            bottom = frame[r + 1, s] + u * (frame[r + 1, s + 1] - frame[r + 1, s])
            out[i, j] = np.uint8(top + v * (bottom - top) + np.float32(0.5))


@jit
def _relight(picture: Any, gain: Any, lift: Any) -> None:
    """See a picture in another light: differences from its mean times `gain`, all plus `lift`."""
    total = np.int64(0)
    for value in picture.flat:
        total += np.int64(value)
    mean = np.float32(total) / np.float32(picture.size)
    base = mean + np.float32(lift) - np.float32(gain) * mean + np.float32(0.5)
    for c in range(picture.shape[0]):
        for i in range(picture.shape[1]):
            for j in range(picture.shape[2]):
                shade = np.float32(gain) * np.float32(picture[c, i, j]) + base
                picture[c, i, j] = np.uint8(min(max(shade, np.float32(0)), np.float32(255)))


@root
def _warp(
    pixels: Pixels,
    keys: Keys,
    maps: NDArray[np.float64],
    told: NDArray[np.float64],
    kernel: NDArray[np.float32],
    out: Pixels,
) -> None:
    """Distort every picture by its map and, unless elastic is 0, by its key's displacements.

    `told` is elastic, 1 where the edge goes on, brightness, log contrast.
    """
    elastic, edge = told[0], np.int64(told[1])
    count, channels, height, width = pixels.shape
    reach = len(kernel) - 1
    # Noise goes on beyond the frame, so that the displacements are alike everywhere in it.
    tall, wide = height + 2 * reach, width + 2 * reach
    noise = np.empty(-(-tall * wide // 4) * 4, np.float32)
    level = np.empty(height * wide, np.float32)
    fields = np.zeros((2, height * wide), np.float32)
    frame = np.zeros((height + 3, width + 3), np.float32)
    for n in range(count):
        if elastic:
            for axis in range(2):
                _noise(keys[n], DRAWS + axis * len(noise) // 4, noise)
                _smooth(kernel, noise, wide, level, height * wide)
                _smooth(kernel, level, 1, fields[axis], height * wide - 2 * reach)
        moved = fields.reshape(2, height, wide)
        for c in range(channels):
            _sample(pixels[n, c], maps[n], moved, np.float32(elastic), edge, frame, out[n, c])
        if told[2] > 0 or told[3] > 0:
            gain = math.exp(told[3] * _even(keys[n], _CONTRAST))
            _relight(out[n], gain, 255 * told[2] * _even(keys[n], _LIGHT))


def gaussian(sigma: float) -> NDArray[np.float32]:
    """Give the Gaussian of width sigma, from its middle outwards, cut off after 3 sigma.

        k[t] = e^-(t^2 / 2 sigma^2) / sum        k[0] + 2 k[1] + 2 k[2] + ... = 1

    >>> gaussian(0.5).astype(float).round(3).tolist()
    [0.787, 0.106, 0.0]
    """
    t = np.arange(math.ceil(3 * sigma) + 1)
    weights = np.exp(-(t**2) / (2 * sigma**2))
    return np.asarray(weights / (weights[0] + 2 * weights[1:].sum()), np.float32)


def maps(distortion: Distortion, keys: Keys, size: tuple[int, int]) -> NDArray[np.float64]:
    """Draw the affine map of every key: from a place in the new picture to one in the old.

        (row, column) there = M[:, :2] (row, column) here + M[:, 2]

    Shapes
        keys (N,)      M (N, 2, 3)
    """
    reach = [
        distortion.shift,
        math.log1p(distortion.scale),
        math.log1p(distortion.squeeze),
        distortion.shear,
        math.radians(distortion.rotation),
        float(distortion.mirror),
    ]
    found = np.empty((len(keys), 2, 3))
    _draw(keys, np.array(reach), *size, found)
    return found


def distort(
    pixels: Pixels, distortion: Distortion, keys: NDArray[Any], threads: int = 1
) -> Pixels:
    """Distort every picture as its key says.

    The same key gives the same bits, whatever pictures stand beside it and whatever the threads.

    Shapes
        pixels (N, C, H, W) uint8      keys (N,) whole numbers      gives (N, C, H, W) uint8

    Raises
        DataError   pictures that are not bytes, not one whole number for each, no thread
    """
    _check(pixels, keys, threads)
    whole, out = np.ascontiguousarray(pixels), np.empty(pixels.shape, np.uint8)
    named = np.ascontiguousarray(keys).astype(np.uint64, copy=False)
    found = maps(distortion, named, pixels.shape[2:])
    elastic = float(distortion.elastic)
    kernel = gaussian(distortion.smoothness) if elastic else np.ones(1, np.float32)
    light = (distortion.brightness, math.log1p(distortion.contrast))
    told = np.array([elastic, float(distortion.outside == "edge"), *light])
    share = max(1, -(-len(whole) // threads))

    def work(start: int) -> None:
        rows = slice(start, start + share)
        _warp(whole[rows], named[rows], found[rows], told, kernel, out[rows])

    _WORKERS.each(work, range(0, len(whole), share), threads)
    return out


def _check(pixels: NDArray[Any], keys: NDArray[Any], threads: int) -> None:
    if pixels.dtype != np.uint8 or pixels.ndim != 4:
        raise DataError(
            f"pictures are {pixels.dtype} of shape {pixels.shape}; what is distorted is uint8 of"
            " shape (pictures, channels, height, width)."
        )
    if keys.dtype.kind not in "ui" or keys.shape != pixels.shape[:1]:
        raise DataError(
            f"keys are {keys.dtype} of shape {keys.shape} for {len(pixels)} pictures; each picture"
            " takes one whole number."
        )
    if threads < 1:
        raise DataError(f"{threads} threads were asked for; give 1 or more.")
