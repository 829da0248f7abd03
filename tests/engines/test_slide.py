"""A slid network answers at each place what it would answer to the window cut there.

Brief: C12, F
"""

import numpy as np
import pytest

from simplecell.engines.choose import engine
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Array, Examples
from simplecell.engines.slide import Slide
from simplecell.errors import DataError, ModelError
from simplecell.spec.layers import Conv, Dense, Pool
from simplecell.spec.network import Network
from simplecell.spec.zoo import NETWORKS, find

SCALE, SHIFT = 1.275 / 255, -0.1


def pictures(network: Network, count: int, width: int) -> Array:
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (count, *network.input[:2], width), dtype=np.uint8)


def window_by_window(network: Network, pixels: Array, name: str, step: int) -> Array:
    parameters, program = initial_parameters(network, 1), engine(name, 1).program(network)
    width = network.input[2]
    answers = [
        program.forward(
            parameters, Examples(pixels[..., left : left + width].copy(), None, SCALE, SHIFT)
        )
        for left in range(0, pixels.shape[3] - width + 1, step)
    ]
    return np.stack(answers, axis=1)


@pytest.mark.parametrize("count", [1, 3, 17])
@pytest.mark.parametrize("name", ["lenet5", "lenet5_tutorial", "lenet5_rows"])
def test_lanes_answer_at_each_place_as_to_the_window_cut_there(name: str, count: int) -> None:
    network = find(name)
    pixels = pictures(network, count, 52)
    sliding = Slide(network, 52, engine("lanes", 1))
    found = sliding.answers(initial_parameters(network, 1), Examples(pixels, None, SCALE, SHIFT))
    wanted = window_by_window(network, pixels, "lanes", sliding.step)
    assert found.shape == wanted.shape == (count, 6, network.classes)
    # RBF distances are about 84: float32 holds five places of them behind the point.
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["reference", "lanes"])
def test_rows_of_padding_and_layers_without_bias_are_slid(name: str) -> None:
    layers = (
        Conv("C1", 4, (3, 3), squash="tanh", padding=((2, 1), (0, 0))),
        Conv("C2", 3, (4, 2), (2, 2), squash="tanh", padding="same", bias=False),
        Dense("F3", 5, "softmax", bias=False),
    )
    network = Network("rows", (2, 7, 8), layers)
    pixels = pictures(network, 5, 16)
    sliding = Slide(network, 16, engine(name, 1))
    found = sliding.answers(initial_parameters(network, 1), Examples(pixels, None, SCALE, SHIFT))
    wanted = window_by_window(network, pixels, name, sliding.step)
    assert found.shape == (5, 5, 5)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_reference_answers_at_each_place_as_to_the_window_cut_there(name: str) -> None:
    network = find(name)
    width = network.input[2] + 8
    pixels = pictures(network, 2, width)
    sliding = Slide(network, width, engine("reference"))
    found = sliding.answers(initial_parameters(network, 1), Examples(pixels, None, SCALE, SHIFT))
    wanted = window_by_window(network, pixels, "reference", sliding.step)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_dense_weights_over_maps_are_folded_cell_by_cell() -> None:
    network = Network(
        "folded", (2, 6, 6), (Conv("C1", 3, (3, 3)), Pool("S2"), Dense("F3", 4, "sigmoid"))
    )
    pixels = pictures(network, 2, 10)
    sliding = Slide(network, 10, engine("reference"))
    found = sliding.answers(initial_parameters(network, 1), Examples(pixels, None, SCALE, SHIFT))
    wanted = window_by_window(network, pixels, "reference", 2)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_learned_codes_are_those_that_are_measured() -> None:
    network = find("lenet5")
    *layers, output = network.layers
    learned = Network("learned", network.input, (*layers, type(output)("RBF", learned=True)))
    parameters = initial_parameters(learned, 1)
    pixels = Examples(pictures(network, 1, 36), None, SCALE, SHIFT)
    sliding = Slide(learned, 36, engine("reference"))
    before = sliding.answers(parameters, pixels)
    parameters["RBF.w"] = parameters["RBF.w"][::-1]
    np.testing.assert_allclose(sliding.answers(parameters, pixels), before[..., ::-1])


def test_no_rows_give_no_answers() -> None:
    sliding = Slide(find("lenet5"), 40, engine("lanes", 1))
    none = Examples(np.zeros((0, 1, 32, 40), np.uint8))
    assert sliding.answers(initial_parameters(find("lenet5"), 1), none).shape == (0, 3, 10)


def test_other_weights_and_other_widths_are_refused() -> None:
    sliding = Slide(find("lenet5"), 40, engine("reference"))
    parameters = initial_parameters(find("lenet5"), 1)
    with pytest.raises(DataError, match=r"\(1, 32, 40\)"):
        sliding.answers(parameters, Examples(np.zeros((1, 1, 32, 44), np.uint8)))
    del parameters["F6.b"]
    with pytest.raises(ModelError, match=r"F6\.b"):
        sliding.answers(parameters, Examples(np.zeros((1, 1, 32, 40), np.uint8)))
