"""The published networks and their published numbers.   Brief: C5-C14, F"""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from simplecell.errors import SpecError, UnknownName
from simplecell.spec.accounting import count_network
from simplecell.spec.glyphs import DIGIT_CODES
from simplecell.spec.layers import RBF, Conv
from simplecell.spec.zoo import NETWORKS, find, load, published


def table_of(name: str, layer: str) -> tuple[tuple[int, ...], ...]:
    found = find(name).layer(layer)
    assert isinstance(found, Conv)
    assert found.table is not None
    return found.table


def test_the_zoo_holds_seven_networks_named_as_they_are_found() -> None:
    names = "lenet1 lenet4 lenet5 lenet5_combined lenet5_rows lenet5_tutorial palm"
    assert " ".join(NETWORKS) == names
    assert tuple(find(name).name for name in NETWORKS) == NETWORKS


@pytest.mark.parametrize("name", ["lenet1", "lenet5", "lenet5_tutorial"])
def test_parameters_are_the_published_ones(name: str) -> None:
    assert count_network(find(name)).total.parameters == published(name).parameters


@pytest.mark.parametrize("name", ["lenet1", "lenet5"])
def test_connections_are_the_published_ones(name: str) -> None:
    assert count_network(find(name)).total.connections == published(name).connections


def test_the_published_numbers_are_those_of_the_sources() -> None:
    numbers = {
        name: (found.parameters, found.connections, found.test_error_percent)
        for name in NETWORKS
        for found in [published(name)]
    }
    assert numbers == {
        "lenet1": (2_578, 98_442, 1.7),
        "lenet4": (17_000, 260_000, 1.1),
        "lenet5": (60_000, 340_908, 0.95),
        "lenet5_combined": (None, None, None),
        "lenet5_rows": (60_000, None, None),
        "lenet5_tutorial": (61_706, None, None),
        "palm": (None, None, 1.2),
    }


def test_lenet5_has_the_papers_layers_by_their_names() -> None:
    network = find("lenet5")
    shapes = dict(zip((layer.name for layer in network.layers), network.shapes, strict=True))
    assert network.input == (1, 32, 32)
    assert shapes == {
        "C1": (6, 28, 28),
        "S2": (6, 14, 14),
        "C3": (16, 10, 10),
        "S4": (16, 5, 5),
        "C5": (120, 1, 1),
        "F6": (84, 1, 1),
        "RBF": (10, 1, 1),
    }
    assert network.layer("C5").type == "conv"
    assert network.layer("RBF") == RBF("RBF", DIGIT_CODES)
    assert {layer.squash for layer in network.layers[:-1]} == {"scaled_tanh"}


C3 = """0: 0 1 2 · 1: 1 2 3 · 2: 2 3 4 · 3: 3 4 5 · 4: 0 4 5 · 5: 0 1 5 ·
6: 0 1 2 3 · 7: 1 2 3 4 · 8: 2 3 4 5 · 9: 0 3 4 5 · 10: 0 1 4 5 · 11: 0 1 2 5 ·
12: 0 1 3 4 · 13: 1 2 4 5 · 14: 0 2 3 5 · 15: 0 1 2 3 4 5"""


def test_lenet5_c3_reads_the_maps_of_the_papers_table() -> None:
    """Brief: C9."""
    rows = [tuple(map(int, row.split(":")[1].split())) for row in C3.split("·")]
    assert table_of("lenet5", "C3") == tuple(rows)


def test_lenet5_c3_reads_each_s2_map_ten_times() -> None:
    reads = Counter(c for row in table_of("lenet5", "C3") for c in row)
    assert reads == dict.fromkeys(range(6), 10)


def test_on_a_wider_image_c5_makes_a_larger_map() -> None:
    """Brief: C12."""
    wide = find("lenet5").with_input((1, 32, 64))
    assert wide.shapes[4] == (120, 1, 9)


def test_lenet1_has_the_twenty_links_of_1990() -> None:
    table = table_of("lenet1", "C3")
    assert sum(map(len, table)) == 20
    assert [c for row in table[:6] for c in row] == [0, 0, 1, 0, 1, 1, 0, 1, 0, 1]
    assert [c for row in table[6:] for c in row] == [2, 2, 3, 2, 3, 3, 2, 3, 2, 3]


def test_lenet4_comes_to_about_the_published_connections() -> None:
    connections = count_network(find("lenet4")).total.connections
    assert connections == 262_306
    assert published("lenet4").about


def test_lenet4_reads_each_s2_map_six_times_and_three_different_c1_maps() -> None:
    table = table_of("lenet4", "C3")
    assert Counter(c for row in table for c in row) == dict.fromkeys(range(8), 6)
    assert len(set(table)) == 16
    pairs = table_of("lenet4", "S2")
    for row in table:
        assert len({pairs[s] for s in row}) == 3


def test_lenet4_s2_has_24_parameters_more_than_tied_weights_would() -> None:
    s2 = count_network(find("lenet4")).layers[1].count
    assert (s2.parameters, s2.connections) == (8 * 2 + 24, 8 * 14 * 14 * 5)


def test_the_combined_lenet5_differs_from_lenet5_in_c3_alone() -> None:
    """Brief: E2"""
    ours, combined = find("lenet5"), find("lenet5_combined")
    assert ours.shapes == combined.shapes
    pairs = zip(ours.layers, combined.layers, strict=True)
    assert [a.name for a, b in pairs if a != b] == ["C3"]
    c3 = count_network(combined).layers[2].count
    assert (c3.weights, c3.biases) == (6 * 25 + 16 * 6, 16)


def test_the_lenet5_of_rows_has_an_eleventh_code_that_is_blank() -> None:
    """Brief: C12, F"""
    ours, rows = find("lenet5"), find("lenet5_rows")
    assert rows.layers[:-1] == ours.layers[:-1]
    assert rows.layers[-1] == RBF("RBF", (*DIGIT_CODES, "." * 84))


def test_the_tutorials_lenet5_has_no_table_no_codes_and_plain_pooling() -> None:
    network = find("lenet5_tutorial")
    assert [layer.type for layer in network.layers] == [
        *("conv", "pool", "conv", "pool", "conv", "dense", "dense"),
    ]
    assert all(layer.table is None for layer in network.layers if isinstance(layer, Conv))
    assert network.layers[-1].squash == "softmax"


def test_palm_is_6c_2s_12c_2s_of_sigmoids() -> None:
    network = find("palm")
    assert network.shapes == ((6, 24, 24), (6, 12, 12), (12, 8, 8), (12, 4, 4), (10, 1, 1))
    assert [layer.squash for layer in network.layers if layer.type != "pool"] == ["sigmoid"] * 3
    assert count_network(network).total.parameters == 3_898


def test_an_unknown_network_gets_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        find("lenet6")
    assert str(caught.value) == (
        "no network is called 'lenet6': did you mean 'lenet5'?\n"
        "  known: lenet1, lenet4, lenet5, lenet5_combined, lenet5_rows, lenet5_tutorial, palm"
    )


def test_a_network_is_loaded_by_name_or_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text(find("palm").to_json(), encoding="utf-8")
    assert load(str(path)) == load("palm") == find("palm")


@pytest.mark.parametrize("name", ["mine.json", "nets/mine"])
def test_a_path_without_a_file_is_told_from_a_misspelt_name(name: str) -> None:
    with pytest.raises(SpecError, match=f"there is no file {name}: give a network's JSON, or one"):
        load(name)


@pytest.mark.parametrize("name", ["", "lenet6", "n" * 5000, "a\0b"])
def test_what_is_neither_name_nor_file_is_an_unknown_name(name: str) -> None:
    with pytest.raises(UnknownName, match="no network is called"):
        load(name)


def test_the_zoo_loads_nothing_heavy(tmp_path: Path) -> None:
    script = tmp_path / "load.py"
    script.write_text(
        "import sys\n"
        "import simplecell.spec.zoo, simplecell.spec.accounting\n"
        "print([name for name in ('numpy', 'numba', 'rich') if name in sys.modules])\n"
    )
    run = [sys.executable, str(script)]
    found = subprocess.run(run, capture_output=True, text=True, check=True, timeout=300)
    assert found.stdout.strip() == "[]"
