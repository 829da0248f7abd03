"""Gabor functions: a wave under a bell, what a simple cell of the eye's cortex answers to.

    g(r,c) = amplitude * e^-(s^2 + (aspect t)^2) / (2 sigma^2) * cos(2 pi s / wavelength + phase)
    s      =  (c - column) cos(orientation) + (r - row) sin(orientation)       along the wave
    t      = -(c - column) sin(orientation) + (r - row) cos(orientation)       across it

    gabor        one of them, on the cells of a kernel
    gabor_bank   many, for first kernels
    fit_gabor    the one that is nearest to a kernel, and how much of the kernel it explains

Source: Daugman 1985; Jones and Palmer 1987, who fit them to simple cells.   Brief: C15
"""

from dataclasses import dataclass

import numpy as np

from simplecell.errors import DataError
from simplecell.formulas import Array, Pair


@dataclass(frozen=True)
class Gabor:
    """Say where a wave lies, where it goes, and how wide its bell is; lengths are in cells.

    `row` and `column` are the bell's centre, from the middle of the kernel, down and to the
    right. `orientation` is the angle of the wave's way: 0 makes upright stripes, pi/2 level ones.
    `sigma` is the bell's width along the wave; across it, the width is sigma / aspect.
    """

    amplitude: float
    row: float
    column: float
    orientation: float
    wavelength: float
    phase: float
    sigma: float
    aspect: float


def gabor(shape: Gabor, size: Pair) -> Array:
    """Write a Gabor function on the cells of a kernel.

    Shapes
        size (p, q)      gives (p, q) float64

    >>> upright = Gabor(1, 0, 0, orientation=0, wavelength=2, phase=0, sigma=100, aspect=1)
    >>> gabor(upright, (2, 3)).round(2)
    array([[-1.,  1., -1.],
           [-1.,  1., -1.]])

    Brief: C15
    """
    kernel: Array = _waves(_written(shape)[None], size)[0].reshape(size)
    return kernel


# Guess: no source says which Gabor functions. Ours are centred, one wave to a kernel's width,
# round, and a quarter of that width in sigma, so that the bell is low at the edges.
def gabor_bank(kernels: int, size: Pair, rng: np.random.Generator) -> Array:
    """Make kernels whose orientations and phases are evenly spread, each of length 1.

        orientation[k] = pi (k + r) / kernels        r, r' drawn once, between 0 and 1
        phase[k]       = 2 pi (k / golden ratio + r')

    The golden ratio never comes back to where it was: whatever the number of kernels, those of
    like orientation differ in phase. To start a network, scale them to the length that
    uniform_by_fan_in gives on average, 2.4 / sqrt(3 F) for one kernel of F cells.

    Shapes
        gives (kernels, p, q) float64

    Raises
        DataError   a kernel of one row or one column, on which orientation means nothing

    >>> bank = gabor_bank(6, (5, 5), np.random.default_rng(0))
    >>> np.linalg.norm(bank, axis=(1, 2)).round(6)
    array([1., 1., 1., 1., 1., 1.])

    Brief: C15
    """
    if min(size) < 2:
        raise DataError(
            f"Gabor functions of {size[0]}x{size[1]} cells were asked for: they have an"
            " orientation, which takes at least 2x2 cells."
        )
    turned, shifted = rng.uniform(size=2)
    width, golden = min(size), (1 + np.sqrt(5)) / 2
    bank = np.empty((kernels, *size))
    for k in range(kernels):
        orientation = np.pi * (k + turned) / kernels
        phase = 2 * np.pi * (k / golden + shifted)
        bank[k] = gabor(Gabor(1, 0, 0, orientation, width, phase, width / 4, 1), size)
    lengths: Array = np.linalg.norm(bank, axis=(1, 2), keepdims=True)
    return bank / lengths


STEPS = 100
"""How far each start is followed; without noise, twenty are enough."""


def fit_gabor(kernel: Array) -> tuple[Gabor, float]:
    """Find the Gabor function nearest to a kernel, and the share of the kernel it explains.

        R^2 = 1 - sum (kernel - g)^2 / sum (kernel - its mean)^2

    Levenberg-Marquardt from 48 starts, 8 orientations by 3 wavelengths by 2 widths, around the
    kernel's centre of energy; the best end is given. Nothing is drawn, so a kernel has one
    answer. It lies within what a kernel can show:

        row, column   on the kernel             wavelength   2 cells to 4 kernels
        sigma         half a cell to 2 kernels  aspect       1/4 to 4

    and of the ways to write it, the one with amplitude > 0, orientation from 0 to pi, and phase
    from -pi to pi.

    Eight figures fit much of what 25 cells can hold: a 5x5 kernel of pure noise has an R^2 of
    one half, more or less. Compare with that, not with 0.

    Shapes
        kernel (p, q)

    Raises
        DataError   no kernel of at least 2x2 cells, or one that is the same everywhere

    >>> stripes = Gabor(2, 0.5, 0, orientation=1, wavelength=5, phase=1, sigma=2, aspect=1)
    >>> found, explained = fit_gabor(gabor(stripes, (9, 9)))
    >>> round(found.orientation, 3), round(found.wavelength, 3), round(explained, 6)
    (1.0, 5.0, 1.0)

    Source
        Marquardt 1963; the sum of an even and an odd wave in place of amplitude and phase, by
        which both enter linearly.   Brief: C15
    """
    if kernel.ndim != 2 or min(kernel.shape) < 2:
        raise DataError(
            "a Gabor function is fitted to one kernel of at least 2x2 cells; found an array of"
            f" shape {kernel.shape}."
        )
    spread = float(kernel.std())
    if not spread > 1e-12 * float(np.abs(kernel).max()):
        raise DataError(
            f"every cell of the kernel is {kernel.flat[0]:g}: there is no wave to fit to it."
        )
    size, length = kernel.shape, float(np.linalg.norm(kernel))
    goal = kernel.ravel() / length
    found = _follow(_starts(goal, size), goal, size)
    left = ((goal - _waves(found, size)) ** 2).sum(axis=1)
    best = int(left.argmin())
    explained = 1 - left[best] * length**2 / (kernel.size * spread**2)
    return _read(found[best], length), float(explained)


# Within the fit a function is a row of figures, and all starts are one array of them:
#     row, column, orientation, log wavelength, log sigma, log aspect, even, odd
#     g = bell * (even * cos(2 pi s / wavelength) + odd * sin(2 pi s / wavelength))


def _written(shape: Gabor) -> Array:
    logs = np.log([shape.wavelength, shape.sigma, shape.aspect])
    even = shape.amplitude * np.cos(shape.phase)
    odd = -shape.amplitude * np.sin(shape.phase)
    return np.array([shape.row, shape.column, shape.orientation, *logs, even, odd])


def _read(figures: Array, length: float) -> Gabor:
    row, column, angle, *logs, even, odd = (float(figure) for figure in figures)
    half_turns, orientation = divmod(angle, np.pi)
    phase = float(np.arctan2(-odd, even))
    # Half a turn runs the wave backwards: s becomes -s, and the phase -phase.
    phase = -phase if half_turns % 2 else phase
    wavelength, sigma, aspect = (float(np.exp(log)) for log in logs)
    amplitude = length * float(np.hypot(even, odd))
    return Gabor(amplitude, row, column, orientation, wavelength, phase, sigma, aspect)


def _places(figures: Array, size: Pair) -> tuple[Array, Array]:
    """Give s along the wave and t across it, (starts, cells)."""
    rows, columns = np.indices(size).reshape(2, -1)
    down = rows - (size[0] - 1) / 2 - figures[:, 0, None]
    right = columns - (size[1] - 1) / 2 - figures[:, 1, None]
    cos, sin = np.cos(figures[:, 2, None]), np.sin(figures[:, 2, None])
    return right * cos + down * sin, down * cos - right * sin


def _parts(figures: Array, size: Pair) -> tuple[Array, Array, Array, Array]:
    """Give s, t, and the even and the odd wave under the bell, each (starts, cells)."""
    along, across = _places(figures, size)
    wavelength, sigma, aspect = np.exp(figures[:, 3:6, None]).swapaxes(0, 1)
    bell = np.exp(-(along**2 + (aspect * across) ** 2) / (2 * sigma**2))
    turn = 2 * np.pi * along / wavelength
    return along, across, bell * np.cos(turn), bell * np.sin(turn)


def _waves(figures: Array, size: Pair) -> Array:
    """Give g of each start on each cell, (starts, cells)."""
    _, _, even, odd = _parts(figures, size)
    waves: Array = figures[:, 6, None] * even + figures[:, 7, None] * odd
    return waves


def _waves_and_slopes(figures: Array, size: Pair) -> tuple[Array, Array]:
    """Give g, and its slope in each of the eight figures, (starts, cells, 8)."""
    along, across, even, odd = _parts(figures, size)
    wavelength, sigma, aspect = np.exp(figures[:, 3:6, None]).swapaxes(0, 1)
    angle, g = figures[:, 2, None], figures[:, 6, None] * even + figures[:, 7, None] * odd
    turned = (figures[:, 7, None] * even - figures[:, 6, None] * odd) * 2 * np.pi / wavelength
    by_along = turned - g * along / sigma**2
    by_across = -g * aspect**2 * across / sigma**2
    cos, sin = np.cos(angle), np.sin(angle)
    slopes = (
        -by_along * sin - by_across * cos,
        -by_along * cos + by_across * sin,
        by_along * across - by_across * along,
        -turned * along,
        g * (along**2 + (aspect * across) ** 2) / sigma**2,
        by_across * across,
        even,
        odd,
    )
    return g, np.stack(slopes, axis=2)


def _limits(size: Pair) -> tuple[Array, Array]:
    rows, columns, longest = size[0] / 2, size[1] / 2, max(size)
    low = [-rows, -columns, -np.inf, *np.log([2, 0.5, 1 / 4]), -np.inf, -np.inf]
    high = [rows, columns, np.inf, *np.log([4 * longest, 2 * longest, 4]), np.inf, np.inf]
    return np.array(low), np.array(high)


def _starts(goal: Array, size: Pair) -> Array:
    """List the starting points, their even and odd waves fitted already."""
    rows, columns = np.indices(size).reshape(2, -1)
    energy = goal**2 / (goal**2).sum()
    centre = (energy @ rows - (size[0] - 1) / 2, energy @ columns - (size[1] - 1) / 2)
    width = min(size)
    figures = np.array(
        [
            [*centre, angle, np.log(wavelength), np.log(sigma), 0, 0, 0]
            for angle in np.arange(8) * np.pi / 8
            for wavelength in (max(2.5, width / 3), max(3.0, width / 1.5), 1.5 * width)
            for sigma in (width / 6, width / 3)
        ]
    )
    _, _, even, odd = _parts(figures, size)
    waves = np.stack([even, odd], axis=2)
    squares = waves.swapaxes(1, 2) @ waves + 1e-9 * np.eye(2)
    figures[:, 6:] = np.linalg.solve(squares, waves.swapaxes(1, 2) @ goal[:, None])[..., 0]
    return figures


def _follow(figures: Array, goal: Array, size: Pair) -> Array:
    """Lead every start downhill, each with a damping of its own."""
    low, high = _limits(size)
    figures = np.clip(figures, low, high)
    damping = np.full(len(figures), 1e-2)
    left = ((goal - _waves(figures, size)) ** 2).sum(axis=1)
    for _ in range(STEPS):
        g, slopes = _waves_and_slopes(figures, size)
        turned = slopes.swapaxes(1, 2)
        squares = turned @ slopes
        own = np.diagonal(squares, axis1=1, axis2=2)
        # The floor keeps a figure that moves nothing, as the angle of a flat bell, solvable.
        ridge = damping[:, None] * (own + 1e-6 * own.max(axis=1, keepdims=True)) + 1e-12
        squares = squares + ridge[:, :, None] * np.eye(8)
        step = np.linalg.solve(squares, turned @ (goal - g)[:, :, None])[..., 0]
        moved = np.clip(figures + step, low, high)
        ahead = ((goal - _waves(moved, size)) ** 2).sum(axis=1)
        better = ahead < left
        figures = np.where(better[:, None], moved, figures)
        gain = np.where(better, left - ahead, 0)
        left = np.where(better, ahead, left)
        damping = np.clip(np.where(better, damping / 4, damping * 4), 1e-10, 1e8)
        if left.min() < 1e-20 or (gain.max() < 1e-14 and damping.min() > 1e4):
            break
    return figures
