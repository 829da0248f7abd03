"""What pictures need before an exported model reads them: an export has the network alone."""

from simplecell.train.model import Model

CROPPED = (
    "It learned pictures cropped to their one object: a square around it, a tenth of its longer"
    " side wider on each side, scaled to the input. Crop pictures so before it reads them, as"
    " simplecell.data.picture.read_fitted(path, shape, crop=True) does."
)


def preparation(model: Model) -> str:
    """Say what has to be done to pictures that simplecell itself does; "" for nothing.

    >>> from simplecell.data.normalise import published
    >>> from simplecell.spec.zoo import load
    >>> preparation(Model(load("lenet5"), {}, published(), ("0",) * 10, None, {}, "cropped"))[:37]
    'It learned pictures cropped to their '
    """
    return CROPPED if model.reading == "cropped" else ""
