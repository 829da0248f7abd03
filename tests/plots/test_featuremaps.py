import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from simplecell.data.part import Part
from simplecell.engines.reference import Reference
from simplecell.errors import PlotError
from simplecell.plots import codes, deltas, maps
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.model import Model


def test_each_layer_has_a_row_named_and_measured(model: Model, part: Part) -> None:
    one = model.examples(part.pixels[:1], part.labels[:1])
    trace = Reference().program(model.network).trace(model.parameters, one, model.loss)
    figure = maps(model.network, trace, model.classes)
    asides, rows = figure.axes[::2], figure.axes[1::2]
    assert [aside.texts[0].get_text() for aside in asides] == [
        "input", "C1", "S2", "C3", "F4", "RBF",
    ]  # fmt: skip
    assert asides[1].texts[1].get_text().startswith("2 @ 6x6\n±")
    first = rows[1].get_images()[0].get_array()
    assert np.array_equal(first[:6, :6], trace.layers["C1"].x[0])
    assert [tick.get_text() for tick in rows[-1].get_xticklabels()] == list(model.classes)
    distances = [float(text.get_text()) for text in rows[-1].texts]
    assert distances == pytest.approx(trace.layers["RBF"].x.ravel(), rel=0.01)


def test_of_distances_the_smallest_is_the_bluest(model: Model, part: Part) -> None:
    one = model.examples(part.pixels[:1], part.labels[:1])
    trace = Reference().program(model.network).trace(model.parameters, one, model.loss)
    shown = maps(model.network, trace).axes[-1].get_images()[0].get_array()
    assert shown.argmin() == trace.layers["RBF"].x.argmin()
    assert shown.mean() == pytest.approx(0)


def test_deltas_are_those_of_the_trace(model: Model, part: Part) -> None:
    one = model.examples(part.pixels[:1], part.labels[:1])
    trace = Reference().program(model.network).trace(model.parameters, one, model.loss)
    rows = deltas(model.network, trace).axes[1::2]
    assert np.array_equal(rows[0].get_images()[0].get_array(), trace.dx.reshape(8, 8))
    third = rows[3].get_images()[0].get_array()
    assert np.array_equal(third[:2, :2], trace.layers["C3"].du[0])


def test_codes_stand_above_the_mean_the_nearest_and_the_farthest(model: Model) -> None:
    features = np.array([[1, 1, -1, -1, -1, -1], [3, 1, -1, -1, -1, -1], [0, 0, 1, 1, 0, 0]])
    figure = codes(model.network, model.parameters, features, np.array([0, 0, 1]), model.classes)
    grid = np.array(figure.axes).reshape(4, 3)

    def values(row: int, column: int) -> list[float]:
        image = grid[row, column].get_images()[0].get_array()
        return list(np.ma.filled(image.astype(float), np.nan).ravel())

    assert values(0, 0) == [1, 1, -1, -1, -1, -1]
    assert values(1, 0) == [2, 1, -1, -1, -1, -1]
    assert values(2, 0) == features[0].tolist()
    assert values(3, 0) == features[1].tolist()
    assert np.isnan(values(1, 2)).all()
    assert [axes.get_title() for axes in grid[0]] == list(model.classes)


def test_a_network_without_codes_says_so() -> None:
    network = Network("flat", (1, 4, 4), (Dense("F1", 3),))
    with pytest.raises(PlotError, match=r"no RBF outputs.*ends in a dense layer"):
        codes(network, {}, np.empty((0, 16)), np.empty(0))
