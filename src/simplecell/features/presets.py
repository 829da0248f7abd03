"""The tutorial's settings for each kind of picture, and how such pictures are prepared.

    patches of grey photographs     64-25-64, rho .01; each patch centred, all of them squeezed
    patches of colour photographs   192-400-192, linear decoder, rho .035; ZCA, epsilon .1
    whole pictures, such as digits  784-196-784, rho .1; as they are

Source: UFLDL tutorial, exercises "Sparse autoencoder", "Vectorization", "Linear decoders".
Brief: A
"""

from dataclasses import dataclass

from simplecell.features.autoencoder import Settings


@dataclass(frozen=True)
class Preset:
    """What J is made of, and what is done to the pixels before."""

    settings: Settings
    centred: bool = False
    epsilon: float | None = None
    squeezed: bool = False


NATURAL = Preset(Settings(hidden=25), centred=True, squeezed=True)
COLOUR = Preset(
    Settings(hidden=400, decoder="linear", rho=0.035, decay=3e-3, beta=5.0), epsilon=0.1
)
DIGITS = Preset(Settings(hidden=196, rho=0.1, decay=3e-3, beta=3.0))


def preset(whole: bool, channels: int) -> Preset:
    """Choose by what is learnt from: whole pictures of a data set, or patches, and of which kind.

    >>> preset(whole=False, channels=1).settings.hidden
    25
    """
    if whole:
        return DIGITS
    return NATURAL if channels == 1 else COLOUR
