"""Squashing functions by name; what they are, `formulas/activations.py` says."""

ANY_SCORES = ("cross_entropy", "squared_error")

SQUASHES: dict[str, tuple[str, ...]] = {
    "identity": ANY_SCORES,
    "sigmoid": ("squared_error",),
    "tanh": ("squared_error",),
    "scaled_tanh": ("squared_error",),
    "relu": ("squared_error",),
    "softmax": ("cross_entropy",),
}
"""With each, the losses that outputs so squashed can be trained with; softmax is for outputs."""
