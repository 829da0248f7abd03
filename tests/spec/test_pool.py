"""Pooling described: what is refused, what stands in JSON, what its words say, how it is slid."""

from typing import Any

import pytest

from simplecell.errors import ShapeError, SpecError
from simplecell.spec.layers import Pool
from simplecell.spec.network import Network

REFUSED = [
    ({"stride": 0}, r"layer S2: stride is 0"),
    ({"stride": "2"}, r"layer S2: stride is '2'"),
    ({"padding": -1}, r"layer S2: padding is -1; give a number, 0 or more"),
    ({"padding": 2}, r"padding is \(\(2, 2\), \(2, 2\)\), and the window is 2 high: .* at most 1"),
    ({"padding": [[0, 0], [0, 5]]}, r"the window is 2 wide"),
    ({"padding": "valid"}, r'padding is .valid.; .* or "same"'),
    ({"ceil": 1}, r"layer S2: ceil is 1; it takes true or false"),
    ({"count_padding": True}, r"count_padding says how padding enters a mean, and this is a max"),
]


@pytest.mark.parametrize(("options", "says"), REFUSED, ids=[str(told) for told, _ in REFUSED])
def test_options_of_pooling_that_mean_nothing_are_refused(options: Any, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        Pool("S2", **options)


def test_pooling_says_what_becomes_of_the_edges() -> None:
    def words(size: int, **options: Any) -> str:
        return Pool("S2", **options).words((1, size, size))

    assert words(8) == "max pool 2x2"
    assert words(9) == "max pool 2x2, 1 row and 1 column unread"
    assert words(9, window=3, stride=2) == "max pool 3x3 stride 2x2"
    assert words(8, window=3, stride=2, ceil=True).endswith(
        ", the last window hangs over the edge"
    )
    assert words(9, window=3, padding="same").endswith("3x3")
    padded = words(8, kind="mean", window=3, padding=1, count_padding=True)
    assert padded == "mean pool 3x3, padded by 1, padding counts as 0"


def test_only_pooling_that_stays_inside_is_slid() -> None:
    over = Pool("S2", window=(3, 3), stride=(2, 2), ceil=True)
    with pytest.raises(SpecError, match="windows reach over the sides of 8x8 maps"):
        over.slid((1, 8, 8))
    assert over.slid((1, 9, 9)) == over
    above = Pool("S2", window=(3, 3), stride=(2, 1), padding="same")
    with pytest.raises(SpecError, match="reach over the sides"):
        above.slid((1, 8, 9))
    tall = Pool("S2", window=(3, 1), stride=(2, 1), padding="same")
    assert tall.slid((1, 8, 9)) == Pool(
        "S2", window=(3, 1), stride=(2, 1), padding=((0, 1), (0, 0))
    )


def test_a_pooling_window_too_large_for_its_maps_is_refused() -> None:
    with pytest.raises(
        ShapeError, match=r"S2: a 8x8 window does not fit 7x7 maps\.\n  7x7 -> S2 ?"
    ):
        Network("n", (1, 7, 7), (Pool("S2", window=(8, 8)),))
    with pytest.raises(ShapeError, match="9x9 window does not fit 7x7 maps, 8x8 with their pad"):
        Network("n", (1, 7, 7), (Pool("S2", window=(9, 9), padding=((1, 0), (0, 1))),))
    assert Network("n", (1, 7, 7), (Pool("S2", window=(8, 8), padding="same"),)).shapes == (
        (1, 1, 1),
    )


def test_options_of_pooling_are_in_json_where_they_are_not_as_usual() -> None:
    layer = Pool(
        "S2",
        "mean",
        (3, 3),
        stride=(2, 2),
        padding=((1, 1), (1, 1)),
        ceil=True,
        count_padding=True,
    )
    assert layer.described() == {
        **Pool("S2", "mean", (3, 3)).described(),
        "stride": (2, 2),
        "padding": ((1, 1), (1, 1)),
        "ceil": True,
        "count_padding": True,
    }
    assert Pool("S2", padding="same").described()["padding"] == "same"
    assert "stride" not in Pool("S2", window=(3, 2), stride=(3, 2)).described()
