"""First weights: small, random, and smaller the more inputs a unit has.

Source: LeCun et al. 1998, appendix A; LeCun, Bottou, Orr, Müller 1998; Glorot and Bengio 2010.
Brief: F
"""

import numpy as np

from simplecell.formulas import Array


def uniform_by_fan_in(
    shape: tuple[int, ...], fan_in: int | Array, rng: np.random.Generator
) -> Array:
    """Draw weights uniformly in +-2.4/F, F how many inputs the unit has.

    `fan_in` is one number, or one for each of the leading maps: LeNet-5's C3 has 75, 100 or 150.

    Shapes
        w of `shape`      fan_in a number or (shape[0],)

    Source
        LeCun et al. 1998, appendix A.   Brief: F
    """
    limit = 2.4 / np.broadcast_to(fan_in, shape[:1])
    return rng.uniform(-1, 1, shape) * limit.reshape(-1, *[1] * (len(shape) - 1))


def uniform_by_root(
    shape: tuple[int, ...], fan_in: float | Array, rng: np.random.Generator
) -> Array:
    """Draw weights uniformly in +-sqrt(3 / F): their standard deviation is F^(-1/2).

    A unit's sum then varies about as much as one of its inputs does.

    Shapes
        w of `shape`      fan_in a number or (shape[0],)

    Source
        LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, 4.6, equation 16.   Brief: F
    """
    limit = np.sqrt(3 / np.broadcast_to(fan_in, shape[:1]))
    return rng.uniform(-1, 1, shape) * limit.reshape(-1, *[1] * (len(shape) - 1))


def uniform_by_fans(
    shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator
) -> Array:
    """Draw weights uniformly in +-sqrt(6 / (fan_in + fan_out)).

    The variance of x on the way up, and of du on the way down, then changes least by layer.

    Source
        Glorot and Bengio 2010, equation 16.
    """
    limit = float(np.sqrt(6 / (fan_in + fan_out)))
    return rng.uniform(-limit, limit, shape)
