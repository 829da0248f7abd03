"""First kernels differ in direction alone, and learned ones differ from each other. Brief: C15."""

import numpy as np
import pytest

from simplecell.engines.parameters import initial_parameters
from simplecell.reproduce.kernels import (
    EXPERIMENT,
    LAYER,
    NETWORKS,
    RECIPE,
    STARTS,
    first_kernels,
    varied,
)


@pytest.mark.parametrize("start", ["learned", "gabor"])
@pytest.mark.parametrize("name", NETWORKS)
def test_each_kernel_is_as_long_as_the_random_one_in_its_place(name: str, start: str) -> None:
    network = NETWORKS[name][0]
    drawn = initial_parameters(network, 3, RECIPE.initial)[LAYER]
    kernels = first_kernels(start, network, 3, quick=True)[LAYER]
    assert kernels.shape == drawn.shape
    np.testing.assert_allclose(
        np.linalg.norm(kernels, axis=(2, 3)), np.linalg.norm(drawn, axis=(2, 3)), rtol=1e-12
    )
    cosines = (kernels * drawn).sum(axis=(2, 3)) / (drawn * drawn).sum(axis=(2, 3))
    assert np.abs(cosines).max() < 0.9


def test_random_kernels_are_left_to_the_recipe() -> None:
    assert first_kernels("random", NETWORKS["wide"][0], 0, quick=True) == {}


def test_kernels_are_chosen_that_differ() -> None:
    """Of a crowd of nearly equal patterns and two others, the two others are taken."""
    rng = np.random.default_rng(0)
    crowd = np.ones((10, 1, 4)) + 0.01 * rng.normal(size=(10, 1, 4))
    others = np.array([[[1.0, -1, 1, -1]], [[1, 1, -1, -1]]])
    chosen = varied(np.concatenate([crowd, others]), 3)
    assert chosen.shape == (3, 1, 4)
    for other in others:
        assert (chosen == other).all(axis=(1, 2)).any()
    # A pattern and its negative are one kernel with two signs.
    assert (varied(np.concatenate([others, -others[:1]]), 2) == others).all()


def test_a_quick_look_tells_of_every_start() -> None:
    curves = {}
    for start in STARTS:
        found = EXPERIMENT.tasks[f"lenet5-{start}"](0, True, lambda line: None)
        assert found["validation_error_after_1"] == found["curve_validation_error_percent"][0]
        curves[start] = tuple(found["curve_train_loss"])
    assert len(set(curves.values())) == 3
    results = {f"lenet5-{start}": {0: {"test_error_percent": 1.0}} for start in STARTS}
    assert EXPERIMENT.tables is not None
    table = EXPERIMENT.tables(results)[0]
    assert [row[:4] for row in table.rows] == [
        ("lenet5", "learned", "test error at the end", "+0.00 %"),
        ("lenet5", "gabor", "test error at the end", "+0.00 %"),
    ]
