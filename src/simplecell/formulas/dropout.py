"""Dropout: some units are set to 0 in each step of training, and which ones is a hash.

The mask follows from the seed, the number of the step, the layer's place in the network, the
image's place in the batch and the unit's place in the layer, and from nothing else. So there is
no state to be kept: a run that goes on from a checkpoint draws what it would have drawn, the way
down draws again what the way up drew, and threads and engines agree.

    mix(a)  = a + 0x9E3779B9, then twice: shifted right, added bit by bit, multiplied; 32 bits
    chance  = mix(mix(mix(mix(low half of seed) ^ high half) ^ step) ^ layer)
    h[n,k]  = mix(mix(chance ^ n) ^ mix(k))              image n, unit k

Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014. The constants of mix are
those of Wellons, "Prospecting for hash functions", 2018 (lowbias32); the one that is added is
the golden ratio's, so that 0 does not stay 0.
"""

from typing import Any

import numpy as np

from simplecell.formulas import Array

GOLDEN, FIRST, SECOND = 0x9E3779B9, 0x7FEB352D, 0x846CA68B
WORD = 0xFFFFFFFF


def mix(a: Any) -> Any:
    """Mix the bits of whole numbers of 32 bits; different numbers give different numbers.

    >>> mix(0), mix(1)
    (33350994, 2672842292)
    """
    a = (a + GOLDEN) & WORD
    a = ((a ^ (a >> 16)) * FIRST) & WORD
    a = ((a ^ (a >> 15)) * SECOND) & WORD
    return a ^ (a >> 16)


def seed_chance(seed: int) -> int:
    """Give the number that a training draws from.

    Shapes
        seed any whole number, of which 64 bits count      gives 32 bits
    """
    chance: int = mix(mix(seed & WORD) ^ (seed >> 32 & WORD))
    return chance


def step_chance(seed: int, step: int) -> int:
    """Give the number that one step of training draws from; steps are counted from 0."""
    chance: int = mix(seed_chance(seed) ^ (step & WORD))
    return chance


def layer_chance(chance: int, layer: int) -> int:
    """Give the number that one layer draws from in a step."""
    own: int = mix(chance ^ layer)
    return own


def dropout_mask(chance: int, shape: tuple[int, ...], rate: float) -> Array:
    """Draw what each unit is multiplied by: 0, or 1 / (1 - rate).

        kept where h[n,k] >= rate * 2^32

    Shapes
        shape (N, ...), units counted row after row      gives float64 of that shape
    """
    images = np.arange(shape[0], dtype=np.uint64)
    units = np.arange(int(np.prod(shape[1:])), dtype=np.uint64)
    h = mix(mix(np.uint64(chance) ^ images)[:, None] ^ mix(units))
    return np.where(h >= limit(rate), 1 / (1 - rate), 0.0).reshape(shape)


def limit(rate: float) -> int:
    """Give the least h of a unit that is kept.

    >>> limit(0.5) == 2**31
    True
    """
    return min(round(rate * 2**32), WORD)


def dropout_forward(x: Array, mask: Array) -> Array:
    """Silence units, and make the others louder, so that a sum of many stays what it was.

        u = mask * x

    Shapes
        x, mask, u (N, ...)

    Source
        Srivastava et al. 2014, 10, in the form that scales while training.
    """
    return mask * x


def dropout_backward(mask: Array, du: Array) -> Array:
    """Hand du on to the units that were kept.

        dx = mask * du

    Shapes
        mask, du, dx (N, ...)
    """
    return mask * du


def dropout_curvature(mask: Array, hu: Array) -> Array:
    """Hand curvature on to the units that were kept.

        hx = mask^2 * hu

    Shapes
        mask, hu, hx (N, ...)

    Source
        LeCun et al. 1998, appendix C, for weights that are mask.   Brief: F
    """
    return mask * mask * hu
