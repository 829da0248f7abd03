"""The picture of the engine has every instruction, and only the layer's own multiply-adds."""

import pytest

from simplecell.bench.networks import inference_flops, network
from simplecell.bench.profile import profile


@pytest.mark.parametrize("images", [1, 16])
def test_instructions_count_the_multiply_adds_of_the_network(images: int) -> None:
    rows = profile("palm", images, learning=False, peak=1.0)
    assert 2 * sum(row["multiply_adds"] for row in rows) <= images * inference_flops(
        network("palm")
    )
    assert [row["instruction"] for row in rows][:3] == ["load", "C1 up", "S2 up"]
    assert all(row["microseconds_per_image"] >= 0 and row["bytes"] > 0 for row in rows)
