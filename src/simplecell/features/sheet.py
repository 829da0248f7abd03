"""Features on one sheet: each as a picture at its own scale, sorted by what it answers to.

    orientation   the angle of the wave's way, 0 to pi: 0 is upright stripes, pi/2 level ones
    frequency     waves per cell

Both are read off a pattern's power spectrum, of any size and any number of channels.

>>> stripes = np.cos(2 * np.pi * np.arange(8) / 4)
>>> upright, level = np.tile(stripes, (8, 1)), np.tile(stripes[:, None], (1, 8))
>>> patterns = np.stack([level, upright])[:, None]
>>> orientations(patterns).round(2), frequencies(patterns).round(2)
(array([1.57, 0.  ]), array([0.25, 0.25]))
>>> arranged(patterns, "orientation").tolist()
[1, 0]
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import DataError, UnknownName
from simplecell.formulas.gabor import fit_gabor

Array = NDArray[Any]

ORDERS = ("orientation", "frequency", "none")
GROUND, GREY = 40, 127.5


def orientations(patterns: Array) -> NDArray[np.float64]:
    """Give the angle of each pattern's wave, weighed over its spectrum.

        angle = 1/2 arg( sum_f power[f] e^(2 i angle of f) )

    Shapes
        patterns (K, C, h, w)      gives (K,)
    """
    power, down, right = _spectrum(patterns)
    turned = np.exp(2j * np.arctan2(down, right))
    angles: NDArray[np.float64] = np.angle(power @ turned) / 2
    # Rounding puts upright stripes a hair below 0 as often as above it.
    angles = np.where(np.abs(angles) < 1e-9, 0.0, angles)
    return angles % np.pi


def frequencies(patterns: Array) -> NDArray[np.float64]:
    """Give each pattern's waves per cell, the mean over its spectrum.

    Shapes
        patterns (K, C, h, w)      gives (K,)
    """
    power, down, right = _spectrum(patterns)
    mean: NDArray[np.float64] = power @ np.hypot(down, right)
    return mean


def _spectrum(patterns: Array) -> tuple[Array, Array, Array]:
    """Give the share of power (K, frequencies) and where each frequency lies."""
    if patterns.ndim != 4 or patterns.size == 0:
        raise DataError(
            f"patterns have shape {patterns.shape}; give (features, channels, height, width)."
        )
    away = patterns - patterns.mean(axis=(2, 3), keepdims=True)
    height, width = patterns.shape[2:]
    power = (np.abs(np.fft.fft2(away)) ** 2).sum(axis=1).reshape(len(patterns), -1)
    total = power.sum(axis=1, keepdims=True)
    shares = power / np.where(total > 0, total, 1)
    down, right = np.meshgrid(np.fft.fftfreq(height), np.fft.fftfreq(width), indexing="ij")
    return shares, down.ravel(), right.ravel()


def gabor_shares(patterns: Array) -> NDArray[np.float64]:
    """Give how much of each pattern its nearest Gabor function explains: R squared.

    Of a coloured pattern, the channel that varies most is fitted; one that does not vary has 0.

    Shapes
        patterns (K, C, h, w)      gives (K,)

    Source
        `formulas.gabor.fit_gabor`.   Brief: C15
    """
    strongest = patterns.var(axis=(2, 3)).argmax(axis=1)
    shares = np.zeros(len(patterns))
    for k, channel in enumerate(strongest):
        kernel = patterns[k, channel]
        if np.ptp(kernel) > 1e-12 * np.abs(kernel).max():
            shares[k] = fit_gabor(kernel)[1]
    return shares


def arranged(patterns: Array, by: str) -> NDArray[np.int64]:
    """Give the order in which patterns are shown.

    Raises
        UnknownName   another order than orientation, frequency, none
    """
    if by not in ORDERS:
        raise UnknownName("order", by, ORDERS)
    if by == "none":
        return np.arange(len(patterns))
    keys = orientations(patterns) if by == "orientation" else frequencies(patterns)
    return np.argsort(keys, kind="stable")


def normalised(pictures: Array) -> NDArray[np.uint8]:
    """Bring each picture to its own scale: its mean is grey, its extremes are black or white.

    Shapes
        pictures (K, C, h, w)      gives the same, uint8
    """
    away = pictures - pictures.mean(axis=(1, 2, 3), keepdims=True)
    largest = np.abs(away).max(axis=(1, 2, 3), keepdims=True)
    away = away / np.where(largest > 0, largest, 1)
    grey: NDArray[np.uint8] = np.rint(GREY + GREY * away).astype(np.uint8)
    return grey


def alike(x: Array, y: Array) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Bring each picture of x to its own scale, and the picture of y that belongs to it along.

    Shapes
        x, y (K, C, h, w)      gives the same, uint8
    """
    axes = (1, 2, 3)
    middle = x.mean(axis=axes, keepdims=True)
    largest = np.abs(x - middle).max(axis=axes, keepdims=True)
    scale = GREY / np.where(largest > 0, largest, 1)
    first, second = (
        np.rint(np.clip(GREY + scale * (values - middle), 0, 255)).astype(np.uint8)
        for values in (x, y)
    )
    return first, second


def bytes_of(pictures: Array) -> NDArray[np.uint8]:
    """Show values from 0 to 1 as black to white, all pictures at one scale."""
    shown: NDArray[np.uint8] = np.rint(255 * np.clip(pictures, 0, 1)).astype(np.uint8)
    return shown


def sheet(
    pictures: NDArray[np.uint8], *, columns: int | None = None, scale: int | None = None
) -> NDArray[np.uint8]:
    """Lay pictures out in rows, each cell enlarged, with lines of ground between.

    Without `columns` the sheet is about square; without `scale` a picture becomes about 60 wide.

    Shapes
        pictures (K, C, h, w), C 1 or 3      gives (height, width, 3)

    Raises
        DataError   no pictures, or of other channels than 1 or 3
    """
    if pictures.ndim != 4 or len(pictures) == 0 or pictures.shape[1] not in (1, 3):
        raise DataError(
            f"pictures have shape {pictures.shape}; a sheet takes (pictures, 1 or 3 channels,"
            " height, width), one at least."
        )
    count, _, height, width = pictures.shape
    across = min(columns or math.ceil(math.sqrt(count)), count)
    down = -(-count // across)
    times = scale or max(1, round(60 / width))
    gap = max(1, times // 2)
    tall, wide = height * times + gap, width * times + gap
    ground = np.full((down * tall + gap, across * wide + gap, 3), GROUND, np.uint8)
    for k, picture in enumerate(pictures):
        top, left = gap + k // across * tall, gap + k % across * wide
        large = picture.repeat(times, axis=1).repeat(times, axis=2).transpose(1, 2, 0)
        ground[top : top + height * times, left : left + width * times] = large
    return ground
