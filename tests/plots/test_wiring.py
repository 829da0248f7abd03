from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from simplecell.engines.parameters import initial_parameters
from simplecell.errors import PlotError, UnknownName
from simplecell.plots import kernels, table
from simplecell.spec.layers import Combine, Conv, Dense, Local, Pool
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.model import Model

LABELS = "get_xticklabels", "get_yticklabels"


def painted(figure: Any) -> np.ndarray:
    """The one picture of a figure, NaN where nothing is painted."""
    return np.ma.filled(figure.axes[0].get_images()[0].get_array().astype(float), np.nan)


def test_kernels_stand_in_the_row_of_the_map_they_read_and_only_there(model: Model) -> None:
    figure = kernels(model.network, model.parameters, "C3")
    laid, w = painted(figure), model.parameters["C3.w"]
    assert laid.shape == (2 * 3 - 1, 4 * 3 - 1)
    for m, row in enumerate(((0,), (0, 1), (1,), (0, 1))):
        for c in range(2):
            block = laid[3 * c : 3 * c + 2, 3 * m : 3 * m + 2]
            assert np.array_equal(block, w[m, c]) if c in row else np.isnan(block).all()
    assert "C3: kernels, 2x2" in figure.get_suptitle()


def test_red_and_blue_reach_as_far_from_nought(model: Model) -> None:
    image = kernels(model.network, model.parameters).axes[0].get_images()[0]
    low, high = image.get_clim()
    assert (low, high) == (-high, np.abs(model.parameters["C1.w"]).max())
    blue, white, red = (image.get_cmap()(share)[:3] for share in (0.0, 0.5, 1.0))
    assert blue[2] > blue[0] and red[0] > red[2] and min(white) > 0.98


def test_a_wide_layer_goes_on_underneath() -> None:
    network = find("lenet5")
    laid = painted(kernels(network, initial_parameters(network, 0), "C5"))
    assert laid.shape == (2 * (16 * 6 - 1) + 5, 60 * 6 - 1)
    assert np.isfinite(laid).sum() == 16 * 120 * 25


@pytest.mark.parametrize(
    ("layer", "sides", "count"),
    [
        (Dense("L", 7), (8, 8), 7 * 64),
        (Local("L", 2, (3, 3)), (8, 8), 36 * 9),
        (Combine("L", 5, (3, 3)), (8, 8), 9),
    ],
)
def test_every_layer_with_weights_has_a_picture(
    layer: Any, sides: tuple[int, int], count: int
) -> None:
    network = Network("one", (1, *sides), (layer,))
    laid = painted(kernels(network, initial_parameters(network, 0)))
    assert np.isfinite(laid).sum() == count


def test_a_layer_without_kernels_names_those_that_have(model: Model) -> None:
    with pytest.raises(PlotError, match=r"a subsample layer has no kernels\.\n.*: C1, C3, F4"):
        kernels(model.network, model.parameters, "S2")
    with pytest.raises(UnknownName, match="did you mean 'C3'"):
        kernels(model.network, model.parameters, "C33")
    with pytest.raises(PlotError, match="no layer with kernels"):
        kernels(Network("pool", (1, 8, 8), (Pool("S1"),)), {})


def test_the_table_of_lenet5_is_that_of_the_paper() -> None:
    figure = table(find("lenet5"))
    squares = painted(figure)
    assert squares.shape == (6, 16)
    assert np.flatnonzero(squares[:, 3]).tolist() == [3, 4, 5]
    assert np.flatnonzero(squares[:, 14]).tolist() == [0, 2, 3, 5]
    (axes,) = figure.axes
    assert "60 of 96 connections" in axes.get_xlabel()
    assert axes.get_xticklabels()[15].get_text() == "15\n6"


def test_a_convolution_without_a_table_reads_every_map() -> None:
    assert painted(table(find("lenet5_tutorial"), layer="C3")).all()


def test_a_learned_table_shows_its_shares() -> None:
    network = Network("mix", (3, 6, 6), (Combine("C1", 2, (3, 3)),))
    weights = initial_parameters(network, 0)
    shares = painted(table(network, weights))
    assert shares.shape == (3, 2)
    assert shares.sum(axis=0) == pytest.approx([1, 1])
    with pytest.raises(PlotError, match="learns its table"):
        table(network)


@pytest.mark.parametrize(("layer", "words"), [("F1", "a dense layer has no connections")])
def test_a_network_without_tables_says_so(layer: str, words: str) -> None:
    network = Network("flat", (1, 4, 4), (Dense("F1", 3),))
    with pytest.raises(PlotError, match=words):
        table(network, layer=layer)
    with pytest.raises(PlotError, match="no convolution"):
        table(network)


def test_a_notebook_gets_a_png(model: Model) -> None:
    draw: Callable[..., Any] = kernels
    shown = draw(model.network, model.parameters)._repr_png_()
    assert shown.startswith(b"\x89PNG")


def test_without_matplotlib_one_sentence_says_what_to_install(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simplecell.plots.sheet.find_spec", lambda name: None)
    with pytest.raises(PlotError, match=r"not installed: pip install 'simplecell\[plots\]'") as it:
        kernels(model.network, model.parameters)
    assert "\n" not in str(it.value)


def test_kernels_of_nought_are_white() -> None:
    network = Network("nought", (1, 4, 4), (Conv("C1", 1, (3, 3)),))
    image = kernels(network, {"C1.w": np.zeros((1, 1, 3, 3))}).axes[0].get_images()[0]
    assert image.get_clim() == (-1, 1)
