"""First weights, drawn for what a network will read.

Brief: F
"""

from dataclasses import replace

import numpy as np
import pytest

from simplecell.data.normalise import published, standard
from simplecell.engines.protocol import Examples
from simplecell.formulas.conv import conv_forward
from simplecell.spec.zoo import find
from simplecell.train.recipes import recipe
from simplecell.train.start import first_weights

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 1, 32, 32)).astype(np.uint8) // 3


@pytest.mark.parametrize("how", [published(), standard(PIXELS)])
def test_by_root_the_sums_of_c1_vary_by_1_whatever_the_inputs_are(how) -> None:
    """Their mean square is 1 over the draw of kernels and the pixels, which are independent."""
    examples = Examples(PIXELS, None, how.scale, how.shift)
    sums = []
    for seed in range(60):
        w = first_weights(find("lenet5"), recipe("lenet1998"), seed, examples)
        sums.append(conv_forward(examples.values(slice(0, 5)), w["C1.w"], w["C1.b"]))
    assert np.mean(np.square(sums)) == pytest.approx(1, rel=0.1)


def test_other_ways_to_draw_ask_nothing_of_the_pixels() -> None:
    dark = Examples(np.zeros_like(PIXELS), None, 1.0, 0.0)
    bright = Examples(PIXELS, None, 1.0, 0.0)
    for initial in ("fan_in", "glorot", "gabor"):
        told = replace(recipe("lenet1998"), initial=initial)
        one, other = (first_weights(find("lenet5"), told, 1, some) for some in (dark, bright))
        assert all(np.array_equal(one[name], other[name]) for name in one)
