"""What a distortion may do to a picture, as numbers; `distort` does it.

A distortion is an affine map, drawn anew for every picture, and a field of small displacements.
Seen from the picture's middle, a point (row y, column x) of the ink goes to

    R H Q S (y, x) + (shift down, shift right)

    S  y * s, x * s                            s in 1/(1 + scale) .. 1 + scale
    Q  y / q, x * q                            q in 1/(1 + squeeze) .. 1 + squeeze
    H  y, x + k y                              k in -shear .. shear
    R  turned by an angle                      in -rotation .. rotation

Logarithms of s and q, and all else, are drawn evenly. Then, if it is so told, the picture is seen
in another light: of shade v, where m is the picture's mean,

    m + c (v - m) + b                          c in 1/(1 + contrast) .. 1 + contrast
                                               b in -brightness .. brightness, of 255

Source: LeCun et al. 1998, III.A; Simard, Steinkraus, Platt 2003.   Brief: F
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from simplecell.errors import SpecError, UnknownName
from simplecell.repr import brief

OUTSIDE = ("black", "edge")
"""What lies around a picture: background, 0, or its own edge going on."""


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
        brightness   share of white: 0.1 lightens, or darkens, by up to 25 of 255
        contrast     share: 0.1 makes differences up to 1.1 times as large, or as small

    `outside` is what comes in where the picture ends: black, or its edge. With `mirror`, left and
    right change places in every second picture. Pixels are those of a picture of `side` rows or
    columns, the larger number; 0 takes them as they are (`sized`).

    Raises
        SpecError   a number that is negative, no number or too large; noise that is not smoothed;
                    another outside
    """

    shift: float = 0.0
    scale: float = 0.0
    squeeze: float = 0.0
    shear: float = 0.0
    rotation: float = 0.0
    elastic: float = 0.0
    smoothness: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    outside: str = "black"
    mirror: bool = False
    side: int = 0

    def __post_init__(self) -> None:
        most = {"scale": 9.0, "squeeze": 9.0, "shear": 9.0, "rotation": 180.0, "smoothness": 32.0}
        most |= {"brightness": 1.0, "contrast": 9.0}
        if self.outside not in OUTSIDE:
            raise UnknownName("outside of a picture", self.outside, OUTSIDE)
        if not isinstance(self.mirror, bool):
            raise SpecError(f"a distortion's mirror is {self.mirror!r}; it takes True or False.")
        for name, value in asdict(self).items():
            if name in ("outside", "mirror"):
                continue
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

    def sized(self, height: int, width: int) -> "Distortion":
        """Give the same distortion for pictures of another size: pixels grow with them.

        >>> Distortion(shift=2.0, side=32).sized(64, 48).shift
        4.0
        """
        larger = max(height, width)
        if self.side in (0, larger):
            return self
        times = larger / self.side
        smooth = min(self.smoothness * times, 32.0)
        if self.elastic:
            smooth = max(smooth, 0.5)
        # Noise that is smoothed over so many times as many pixels is so many times as small.
        elastic = self.elastic * times * (smooth / self.smoothness if self.elastic else 1.0)
        return replace(
            self, shift=self.shift * times, elastic=elastic, smoothness=smooth, side=larger
        )

    def to_document(self) -> dict[str, Any]:
        """Write as plain JSON values; what came later is left out where nobody asked for it."""
        plain, told = Distortion(), asdict(self)
        return {n: v for n, v in told.items() if n not in _LATER or v != getattr(plain, n)}


_LATER = ("brightness", "contrast", "outside", "mirror", "side")


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

# Guess: how far one's own pictures may be changed: docs/decisions/0012 has what was tried.
_PICTURES = Distortion(
    shift=2.5,
    scale=0.12,
    squeeze=0.12,
    shear=0.15,
    rotation=8.0,
    brightness=0.1,
    contrast=0.3,
    outside="edge",
    side=32,
)

DISTORTIONS = {
    "published": _PUBLISHED,
    "elastic": _ELASTIC,
    "modern": _MODERN,
    "pictures": _PICTURES,
}
"""Distortions by name."""


def distortion(name: str) -> Distortion:
    """Find a distortion by its name.

    >>> distortion("elastic").smoothness
    4.0
    """
    if name not in DISTORTIONS:
        raise UnknownName("distortion", name, DISTORTIONS)
    return DISTORTIONS[name]
