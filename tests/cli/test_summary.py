"""`simplecell summary`: the paper's numbers beside ours, for people and for programs."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from simplecell.cli.summary import summary
from simplecell.errors import ShapeError, SpecError, UnknownName
from simplecell.spec.layers import Conv, Dense, Local
from simplecell.spec.network import Network
from simplecell.spec.zoo import NETWORKS, find


def run(*arguments: str, columns: int = 80) -> str:
    app = typer.Typer()
    app.command()(summary)
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": str(columns)})
    if result.exception is not None:
        raise result.exception
    assert result.exit_code == 0
    assert result.stderr == ""
    return result.stdout


def document(net: str) -> dict[str, Any]:
    printed = run(net, "--json")
    assert printed.endswith("}\n")
    assert printed.count("\n") == 1
    found: dict[str, Any] = json.loads(printed)
    return found


PAPER = {
    "C1": (156, 122_304),
    "S2": (12, 5_880),
    "C3": (1_516, 151_600),
    "S4": (32, 2_000),
    "C5": (48_120, 48_120),
    "F6": (10_164, 10_164),
    "RBF": (0, 840),
}


def test_lenet5_in_json_is_the_brief_to_the_unit() -> None:
    found = document("lenet5")
    assert (found["parameters"], found["connections"]) == (60_000, 340_908)
    assert found["input"] == [1, 32, 32]
    ours = {row["name"]: (row["parameters"], row["connections"]) for row in found["layers"]}
    published = {
        row["name"]: (row["published_parameters"], row["published_connections"])
        for row in found["layers"]
    }
    assert ours == published == PAPER
    assert found["published"]["parameters"] == 60_000
    assert found["side_by_side"]["lenet5_tutorial"]["parameters"] == 61_706


def test_the_tutorials_lenet5_in_json_has_61706() -> None:
    found = document("lenet5_tutorial")
    assert found["parameters"] == 61_706
    assert found["side_by_side"]["lenet5"] == {"parameters": 60_000, "connections": 340_908}


def test_every_layer_of_the_json_has_every_count() -> None:
    first = document("lenet5")["layers"][0]
    assert first == {
        "name": "C1",
        "type": "conv",
        "shape": [6, 28, 28],
        "weights": 150,
        "biases": 6,
        "parameters": 156,
        "connections": 122_304,
        "neurons": 4_704,
        "multiply_accumulates": 117_600,
        "receptive_field": [5, 5],
        "receptive_stride": [1, 1],
        "published_parameters": 156,
        "published_connections": 122_304,
    }


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("columns", [80, 120])
def test_no_table_is_cut_or_wrapped(name: str, columns: int) -> None:
    printed = run(name, columns=columns)
    assert max(map(len, printed.split("\n"))) <= columns
    assert "…" not in printed
    tables = printed.split("Connections: one")[0]
    for layer in find(name).layers:
        rows = [line for line in tables.split("\n") if line.startswith(f"{layer.name} ")]
        assert len(rows) in (1, 2)
    blank_first = [line for line in tables.split("\n") if line.startswith(" ")]
    assert blank_first == []


def test_the_paper_stands_beside_ours() -> None:
    lines = run("lenet5", columns=120).split("\n")
    c3 = next(line for line in lines if line.startswith("C3"))
    assert c3.split() == [
        *("C3", "conv", "5x5,", "60", "of", "96", "links", "16@10x10", "14x14", "1,600"),
        *("1,516", "1,516", "151,600", "151,600", "150,000"),
    ]
    total = next(line for line in lines if line.startswith("total"))
    assert total.split()[1:] == ["8,094", "60,000", "60,000", "340,908", "340,908", "328,096"]


@pytest.mark.parametrize("name", ["lenet5", "lenet5_tutorial"])
def test_both_lenet5s_stand_side_by_side(name: str) -> None:
    printed = run(name).split("of most tutorials")[1].split("\n")
    c3 = next(line for line in printed if line.startswith("C3"))
    total = next(line for line in printed if line.startswith("total"))
    assert c3.split()[-4:] == ["1,516", "conv", "5x5", "2,416"]
    assert total.split() == ["total", "60,000", "61,706"]


def test_other_networks_have_no_side_by_side() -> None:
    assert "tutorials" not in run("palm")
    assert "side_by_side" not in document("palm")


def test_round_figures_of_a_paper_are_called_so() -> None:
    assert "about 17,000" in run("lenet4")
    assert document("lenet4")["published"]["about"] is True


def test_a_network_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    own = Network("[red]own", (3, 40, 20), (Conv("C1", 8, (5, 3)), Dense("F2", 4)))
    path = tmp_path / "own.json"
    path.write_text(own.to_json(), encoding="utf-8")
    printed = run(str(path))
    assert printed.startswith("[red]own reads 3@40x20\n")
    assert "paper" not in printed
    found = document(str(path))
    assert found["published"] is None
    assert found["parameters"] == (8 * 3 * 15 + 8) + (8 * 36 * 18 * 4 + 4)


def test_a_changed_network_does_not_borrow_the_papers_numbers(tmp_path: Path) -> None:
    changed = find("lenet5").with_input((1, 36, 36))
    path = tmp_path / "lenet5.json"
    path.write_text(Network("lenet5", (1, 36, 36), changed.layers[:2]).to_json(), encoding="utf-8")
    assert document(str(path))["published"] is None


@pytest.mark.parametrize("columns", [80, 120])
def test_huge_counts_are_powers_of_ten_for_people_and_exact_in_json(
    tmp_path: Path, columns: int
) -> None:
    layers = (Local("L1", 100, (10, 10), (10, 10)), Dense("F2", 10**6))
    path = tmp_path / "huge.json"
    path.write_text(Network("huge", (1, 10**4, 10**4), layers).to_json(), encoding="utf-8")
    printed = run(str(path), columns=columns)
    assert "1.01 x 10^10" in printed
    assert max(map(len, printed.split("\n"))) <= columns
    assert "…" not in printed
    assert document(str(path))["layers"][0]["parameters"] == 101 * 10**8


def test_problems_are_of_our_own_kind(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'lenet5'"):
        run("lenet55")
    with pytest.raises(SpecError, match=r"there is no file none\.json"):
        run("none.json")
    path = tmp_path / "bad.json"
    path.write_text(find("lenet5").to_json().replace("[1, 32, 32]", "[1, 28, 28]"))
    with pytest.raises(ShapeError, match=r"bad\.json: lenet5, layer C5: a 5x5 kernel does not"):
        run(str(path))
