"""What a distortion may do to a picture, as numbers; `distort` does it.

A distortion is an affine map, drawn anew for every picture, and a field of small displacements.
Seen from the picture's middle, a point (row y, column x) of the ink goes to

    R H Q S (y, x) + (shift down, shift right)

    S  y * s, x * s                            s in 1/(1 + scale) .. 1 + scale
    Q  y / q, x * q                            q in 1/(1 + squeeze) .. 1 + squeeze
    H  y, x + k y                              k in -shear .. shear
    R  turned by an angle                      in -rotation .. rotation

Logarithms of s and q, and all else, are drawn evenly.

Source: LeCun et al. 1998, III.A; Simard, Steinkraus, Platt 2003.   Brief: F
"""

from dataclasses import asdict, dataclass

from simplecell.errors import SpecError, UnknownName
from simplecell.repr import brief


@brief
@dataclass(frozen=True)
class Distortion:
    """How far each distortion may go; 0 leaves it out.

        shift        pixels, each way
        scale        share: 0.1 makes up to 1.1 times as large, or as small
        squeeze      share: 0.1 makes up to 1.1 times as wide and as low, or the reverse
        shear        columns that a row moves for each row that it is away from the middle
        rotation     degrees, each way
        elastic      pixels by which smoothed noise of -1 .. 1 is multiplied
        smoothness   pixels: the width sigma of the Gaussian that smooths it

    Raises
        SpecError   a number that is negative, no number or too large; noise that is not smoothed
    """

    shift: float = 0.0
    scale: float = 0.0
    squeeze: float = 0.0
    shear: float = 0.0
    rotation: float = 0.0
    elastic: float = 0.0
    smoothness: float = 0.0

    def __post_init__(self) -> None:
        most = {"scale": 9.0, "squeeze": 9.0, "shear": 9.0, "rotation": 180.0, "smoothness": 32.0}
        for name, value in asdict(self).items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            limit = most.get(name, 1e4)
            # A NaN is not below anything.
            if not number or not 0 <= value <= limit:
                raise SpecError(
                    f"a distortion's {name} is {value!r}; it takes a number from 0, which leaves"
                    f" it out, to {limit:g}."
                )
        if self.elastic and self.smoothness < 0.5:
            raise SpecError(
                f"elastic is {self.elastic:g} and smoothness {self.smoothness:g}: noise that is"
                " not smoothed tears a picture apart.\n  Give a smoothness of 0.5 pixels or more;"
                " Simard et al. take 4."
            )


# Guess: LeCun et al. print no ranges. These keep a digit, 20 pixels at the most in either
# direction, within its frame of 32, and look like another hand.
_PUBLISHED = Distortion(shift=2.0, scale=0.1, squeeze=0.15, shear=0.2)

# Source: Simard et al. 2003, section 2: sigma 4, alpha 34, for MNIST.
# Guess: whether they bring the smoothed field to length 1 before they multiply it. On their
# 29x29 pixels displacements would be 1.2 pixels in the root mean square; here they are 1.4.
_ELASTIC = Distortion(elastic=34.0, smoothness=4.0)

_MODERN = Distortion(
    shift=2.0,
    scale=0.1,
    squeeze=0.1,
    shear=0.2,
    rotation=10.0,
    elastic=15.0,
    smoothness=5.0,
)

DISTORTIONS = {"published": _PUBLISHED, "elastic": _ELASTIC, "modern": _MODERN}
"""Distortions by name."""


def distortion(name: str) -> Distortion:
    """Find a distortion by its name.

    >>> distortion("elastic").smoothness
    4.0
    """
    if name not in DISTORTIONS:
        raise UnknownName("distortion", name, DISTORTIONS)
    return DISTORTIONS[name]
