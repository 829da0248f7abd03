"""The picture of a network says what the network says, and is one whole SVG."""

from xml.etree import ElementTree

import pytest

from simplecell.spec.drawing import ACROSS, MOST_SHEETS
from simplecell.spec.layers import Combine, Conv, Dense, Layer, Local, Pool
from simplecell.spec.network import Network
from simplecell.spec.zoo import NETWORKS, find

NAME = "{http://www.w3.org/2000/svg}"


def stages(network: Network) -> list[ElementTree.Element]:
    return ElementTree.fromstring(network._repr_html_()).findall(f"{NAME}g")


def words(stage: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in stage.findall(f"{NAME}text")]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_drawn_layer_by_layer(name: str) -> None:
    network = find(name)
    drawn = [words(stage) for stage in stages(network)]
    assert [said[0] for said in drawn] == ["input", *(layer.name for layer in network.layers)]


def test_lenet5_is_labelled_as_the_paper_counts_it() -> None:
    network = find("lenet5")
    said = [words(stage) for stage in stages(network)]
    assert said[1] == ["C1", "6 @ 28x28", "conv 5x5", "156 learned"]
    assert said[3] == ["C3", "16 @ 10x10", "conv 5x5, table", "1,516 learned"]
    assert said[8 - 1] == ["RBF", "10 units", "codes", "none learned"]
    assert "lenet5: 60,000 parameters" in network._repr_html_()


def test_a_map_is_drawn_as_high_and_wide_as_it_is() -> None:
    stage = stages(Network("n", (1, 16, 4), (Pool("S1", "max", (4, 1)),)))
    first = stage[0].findall(f"{NAME}rect")[0]
    assert float(first.get("height", 0)) == pytest.approx(
        2 * float(first.get("width", 0)), abs=0.1
    )
    second = stage[1].findall(f"{NAME}rect")[0]
    assert second.get("width") == second.get("height")


def test_maps_are_a_stack_and_units_one_bar_that_grows() -> None:
    layers: tuple[Layer, ...] = (Conv("C1", 3, (3, 3)), Conv("C2", 40, (3, 3)), Dense("F3", 9))
    boxes = [stage.findall(f"{NAME}rect") for stage in stages(Network("n", (1, 9, 9), layers))]
    assert [len(found) for found in boxes] == [1, 3, MOST_SHEETS, 1]
    few = Network("n", (1, 9, 9), (Dense("F1", 2), Dense("F2", 500)))
    two, many = (float(stage[1].get("height", 0)) for stage in stages(few)[1:])
    assert two < many


def test_a_deep_network_goes_on_below() -> None:
    layers = tuple(Dense(f"F{k}", 4) for k in range(1, ACROSS + 2))
    placed = [stage.get("transform") for stage in stages(Network("n", (1, 2, 2), layers))]
    assert placed[0] == "translate(0,24)"
    assert placed[ACROSS] == "translate(0,190)"


def test_what_is_written_cannot_break_the_page() -> None:
    network = Network('a<b>&"c', (1, 4, 4), (Local("L1", 2, (3, 3)), Combine("C2", 2, (2, 2))))
    html = network._repr_html_()
    assert "<b>" not in html
    assert [words(stage)[2] for stage in stages(network)[1:]] == ["local 3x3", "combine 2x2"]
