import pytest
from hypothesis import given
from hypothesis import strategies as st

from simplecell.errors import SpecError
from simplecell.spec.accounting import count_network
from simplecell.spec.preset import preset
from simplecell.spec.zoo import find


@given(
    classes=st.integers(2, 1000),
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 200),
    width=st.integers(1, 200),
)
def test_a_network_is_cut_for_every_shape(
    classes: int, channels: int, height: int, width: int
) -> None:
    network = preset(classes, (channels, height, width))
    assert network.input == (channels, height, width)
    assert network.classes == classes
    assert network.shapes[-3] == (120, 1, 1)


def test_ten_classes_of_32x32_are_the_tutorials_lenet5() -> None:
    assert preset(10, (1, 32, 32)).layers == find("lenet5_tutorial").layers


def test_large_pictures_do_not_make_a_large_network() -> None:
    small, large = (
        count_network(preset(10, (1, side, side))).total.parameters for side in (32, 128)
    )
    assert large < 8 * small


def test_one_class_is_refused() -> None:
    with pytest.raises(SpecError, match="1 classes: a network learns to tell two or more"):
        preset(1, (1, 32, 32))
