"""`simplecell count`: the deck's table and a person's own figures.   Brief: B1-B10"""

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from simplecell.cli.count import count
from simplecell.errors import ShapeError, SimplecellError, SpecError, UnknownName


def run(*arguments: str, columns: int = 80) -> str:
    app = typer.Typer()
    app.command()(count)
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": str(columns)})
    if result.exception is not None:
        raise result.exception
    assert result.exit_code == 0
    assert result.stderr == ""
    return result.stdout


def document(*arguments: str) -> dict[str, Any]:
    printed = run(*arguments, "--json")
    assert printed.endswith("}\n")
    assert printed.count("\n") == 1
    found: dict[str, Any] = json.loads(printed)
    return found


def test_the_lines_b1_to_b9_come_out_to_the_unit() -> None:
    lines = document()["lines"]
    weights = {code: lines[code]["weights"] for code in ("B1", "B3", "B4", "B5", "B6")}
    assert weights == {"B1": 10**6, "B3": 10**12, "B4": 10**8, "B5": 100, "B6": 10_000}
    assert (lines["B2"]["wiring"], lines["B2"]["weights"]) == ("local", 991 * 991 * 100)
    b7, b8, b9 = lines["B7"], lines["B8"], lines["B9"]
    assert (b7["map"], b7["neurons_one_map"], b7["neurons_100_maps"]) == ([100, 100], 10**4, 10**6)
    assert (b8["map"], b8["neurons_one_map"], b8["neurons_100_maps"]) == (
        *([1000, 1000], 10**6, 10**8),
    )
    assert (b8["weights_one_map"], b8["weights_100_maps"]) == (100, 10_000)
    assert (b9["parameters_one_map"], b9["parameters_100_maps"]) == (101, 10_100)


def test_b10_tells_what_a_unit_sees_layer_by_layer() -> None:
    b10 = document()["lines"]["B10"]
    assert b10["network"] == "lenet5"
    assert list(b10["receptive_field"].values())[:5] == [
        [5, 5],
        [6, 6],
        [14, 14],
        [16, 16],
        [32, 32],
    ]


TABLE = """\
line  image        units      wiring        answer
B1    100x100      100        full          1,000,000 = 10^6 weights
B2    1000x1000    982,081    local 10x10   98,208,100 ~ 9.82 x 10^7 weights
B3    1000x1000    1,000,000  full          1,000,000,000,000 = 10^12 weights
B4    1000x1000    1,000,000  local 10x10   100,000,000 = 10^8 weights
B5    1000x1000    1 map      shared 10x10  100 weights
B6    1000x1000    100 maps   shared 10x10  10,000 = 10^4 weights
B7    1000x1000    1 map      shared 10x10  10,000 = 10^4 neurons
                   100 maps   stride 10x10  1,000,000 = 10^6 neurons
B8    10000x10000  1 map      shared 10x10  1,000,000 = 10^6 neurons
                              stride 10x10  100 weights
                   100 maps                 100,000,000 = 10^8 neurons
                                            10,000 = 10^4 weights
B9    1000x1000    1 map      shared 10x10  101 parameters
                   100 maps   with bias     10,100 = 1.01 x 10^4 parameters
"""


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_is_the_decks(columns: int) -> None:
    printed = run(columns=columns)
    lines = [line.rstrip() for line in printed.split("\n") if not line.startswith("─")]
    assert "\n".join(lines[:15]) + "\n" == TABLE
    assert max(map(len, printed.split("\n"))) <= columns


def test_own_figures_are_answered() -> None:
    found = document(
        *("--image", "1000x1000", "--kernel", "10x10", "--stride", "10", "--maps", "100"),
        "--bias",
    )
    assert found == {
        "image": [1000, 1000],
        "channels": 1,
        "wiring": "shared",
        "kernel": [10, 10],
        "stride": [10, 10],
        "maps": 100,
        "map": [100, 100],
        "bias": True,
        "weights": 10_000,
        "biases": 100,
        "parameters": 10_100,
        "connections": 101_000_000,
        "neurons": 1_000_000,
        "multiply_accumulates": 100_000_000,
    }


def test_a_layer_of_lenet5_can_be_asked_for() -> None:
    found = document("--image", "32", "--kernel", "5", "--maps", "6", "--bias")
    assert (found["parameters"], found["connections"]) == (156, 122_304)


@pytest.mark.parametrize("million", ["1000000", "1,000,000", "1_000_000", "10^6"])
def test_a_million_may_be_written_in_four_ways(million: str) -> None:
    assert document("--image", "1000", "--units", million)["weights"] == 10**12


@pytest.mark.parametrize("size", ["30x20", "30X20", "30×20", " 30 x 20 "])
def test_a_size_is_height_by_width(size: str) -> None:
    found = document("--image", size, "--kernel", "3x2", "--wiring", "local", "--channels", "3")
    assert (found["map"], found["weights"]) == ([28, 19], 28 * 19 * 18)


def test_local_units_may_be_given_as_a_number() -> None:
    found = document("--image", "1000", "--wiring", "local", "--kernel", "10", "--units", "10^6")
    assert found["weights"] == 10**8
    assert "map" not in found


@pytest.mark.parametrize("columns", [80, 120])
def test_own_figures_are_printed_for_people(columns: int) -> None:
    printed = run("--image", "1000", "--units", "10^6", columns=columns)
    rows = dict(line.split(maxsplit=1) for line in printed.strip().split("\n"))
    assert rows["image"].strip() == "1000x1000"
    assert rows["weights"].strip() == "1,000,000,000,000 = 10^12"
    assert rows["bias"].strip() == "no"


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        ("--maps 3", SpecError, "add --image, as 1000x1000"),
        ("--bias", SpecError, "add --image, as 1000x1000"),
        ("--image 10", SpecError, "say what a unit sees: --kernel 10x10 .* --units 100"),
        ("--image abc", SpecError, "--image is 'abc': give height x width"),
        ("--image 1x2x3 --units 2", SpecError, "--image is '1x2x3': give height x width"),
        ("--image 0x5 --units 2", SpecError, "--image is 0; it takes a whole number, 1 or more"),
        ("--image -5 --units 2", SpecError, "--image is '-5': give height x width"),
        ("--image 9 --kernel 3.5", SpecError, "--kernel is '3.5': give height x width"),
        ("--image 9 --kernel 3 --maps many", SpecError, "--maps is 'many': give a whole number"),
        ("--image 9 --kernel 3 --stride 0", SpecError, "--stride is 0; it takes a whole number"),
        ("--image 9 --units 10^900", SpecError, "--units is larger than 1,000,000,000"),
        ("--image 9 --units 1,00", SpecError, "--units is '1,00': give a whole number"),
        ("--image 9 --wiring shared", SpecError, "shared wiring takes --kernel: add it"),
        ("--image 9 --wiring full", SpecError, "full wiring takes --units: add it"),
        (
            "--image 9 --kernel 3 --units 4",
            SpecError,
            "shared wiring has no --units: it takes .*; or choose --wiring full or local",
        ),
        ("--image 9 --units 4 --maps 2", SpecError, "full wiring has no --maps"),
        (
            "--image 9 --wiring local --kernel 3 --units 5 --stride 2",
            SpecError,
            "--units and --stride both say how many units",
        ),
        ("--image 9 --units 4 --wiring locl", UnknownName, "did you mean 'local'"),
        (
            "--image 9x10 --kernel 10",
            ShapeError,
            "--image 9x10, --kernel 10: a 10x10 kernel does not fit 9x10 maps",
        ),
    ],
)
def test_bad_figures_are_refused_by_their_option(
    arguments: str, kind: type[SimplecellError], says: str
) -> None:
    with pytest.raises(kind, match=says):
        run(*arguments.split())


def test_a_figure_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(SpecError, match="give a whole number") as caught:
        run("--image", "9", "--units", "9" * 5000)
    assert len(str(caught.value)) < 200
