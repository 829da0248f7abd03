import pytest

from simplecell.estimators.design import chosen, design
from simplecell.spec.layers import Conv, Dense
from simplecell.spec.network import Network


def test_every_size_of_picture_gets_a_network_of_a_sensible_size() -> None:
    """No window is left over, and the dense layers read no more than a few thousand values."""
    for channels in (1, 3):
        for height in range(1, 80):
            for width in (1, 5, 6, 11, 12, 28, 33, 64, 97):
                network = design((channels, height, width), 7)
                assert network.classes == 7
                first = next(k for k, layer in enumerate(network.layers) if layer.name[0] == "F")
                _, h, w = network.inputs[first]
                assert min(h, w) <= 12
                assert (first > 0) == (min(height, width) >= 6)


def test_mnist_gets_lenets_shape() -> None:
    network = design((1, 28, 28), 10)
    maps = [layer.maps for layer in network.layers if isinstance(layer, Conv)]
    units = [layer.units for layer in network.layers if isinstance(layer, Dense)]
    assert (maps, units) == ([6, 16], [120, 84, 10])
    assert network.shapes[3] == (16, 4, 4)


def test_a_network_that_is_given_is_left_alone_and_a_named_one_fitted() -> None:
    given = Network("given", (1, 4, 4), (Dense("F1", 9, "softmax"),))
    assert chosen(given, (1, 4, 4), 5) is given
    named = chosen("lenet5_tutorial", (3, 32, 32), 26)
    assert (named.input, named.classes) == ((3, 32, 32), 26)
    assert chosen("lenet5", (1, 28, 28), 4).classes == 10


@pytest.mark.parametrize("name", ["lenet5", "palm"])
def test_channels_follow_the_pictures(name: str) -> None:
    assert chosen(name, (3, 28, 28), 10).input[0] == 3
