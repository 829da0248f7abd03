from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.engines import choose, walk
from simplecell.engines.layers import dense
from simplecell.engines.reference import Reference, ReferenceProgram
from simplecell.spec.layers import BatchNorm, Combine, Dense, Dropout
from simplecell.spec.network import Network


class Twin(Reference):
    """The reference under another name, so that there is an engine to compare with it."""

    name = "twin"


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def engines(*found: object) -> None:
        monkeypatch.setattr(choose, "available", lambda threads=None: list(found))

    engines(Reference(), Twin())
    return engines


def test_formulas_agree_with_differences_and_engines_with_formulas(
    simplecell: Any, engines: object, net: Path
) -> None:
    answer = simplecell("check", net, "--json")
    assert answer.code == 0
    found = answer.json
    assert found["passed"] is True
    assert 0 < found["max_relative_error"] <= 1e-6
    assert found["engines"] == found["curvature"]["engines"] == {"twin": 0.0}
    assert list(found["losses"]) == ["cross_entropy"]
    assert list(found["layers"]) == ["F1", "F2"]
    largest = max(layer["formulas"]["difference"] for layer in found["layers"].values())
    assert largest == found["max_relative_error"]


def test_batch_normalisation_leaves_curvature_unchecked_and_says_so(
    simplecell: Any, engines: object, tmp_path: Path
) -> None:
    path = tmp_path / "normal.json"
    layers = (Dense("F1", 12, "identity"), BatchNorm("N1", squash="tanh"), Dropout("D1"))
    network = Network("normal", (1, 8, 8), (*layers, Dense("F2", 10, "softmax")))
    path.write_text(network.to_json())
    answer = simplecell("check", path, "--json")
    assert answer.code == 0
    assert answer.json["curvature"] is None
    assert answer.json["max_relative_error"] <= 1e-6
    answer = simplecell("check", path)
    assert "Curvature is not checked: batch normalisation ties" in answer.out + answer.err


def test_lenet5_passes(simplecell: Any, engines: Any) -> None:
    """Brief: C14, E4, F"""
    engines(Reference())
    found = simplecell("check", "lenet5", "--json").json
    curvature = found["curvature"]
    assert list(found["layers"]) == ["C1", "S2", "C3", "S4", "C5", "F6", "RBF"]
    assert list(curvature["layers"]) == list(found["layers"])
    assert 0 < found["max_relative_error"] <= 1e-6
    assert 0 < curvature["max_relative_error"] <= 1e-6
    assert set(found["losses"]) == {
        *("cross_entropy", "map", "halved_map", "scaled_map", "mean_square")
    }
    assert all(0 < loss["formulas"] <= 1e-6 for loss in found["losses"].values())
    assert found["engines"] == curvature["engines"] == {}


def test_people_see_every_layer(simplecell: Any, engines: object, net: Path) -> None:
    answer = simplecell("check", net)
    assert answer.code == 0
    for words in (
        *("F1 gradient", "F2 curvature", "loss cross_entropy", "largest gradient"),
        *("largest curvature", "allowed", "twin, formulas", "passed"),
    ):
        assert words in answer.out


@pytest.mark.parametrize("wrong", [1e-3, float("nan")])
def test_an_engine_that_is_off_fails_and_the_layer_is_named(
    simplecell: Any, engines: Any, net: Path, wrong: float
) -> None:
    class OffProgram(ReferenceProgram):
        def gradients(self, *asked: Any) -> Any:
            loss, found = super().gradients(*asked)
            return loss, {n: g * (1 + wrong) if n == "F2.w" else g for n, g in found.items()}

    class Off(Twin):
        name = "off"

        def program(self, network: Network) -> OffProgram:
            return OffProgram(network)

    engines(Reference(), Off())
    answer = simplecell("check", net, "--json")
    assert answer.code == 1
    assert answer.json["passed"] is False
    assert answer.json["layers"]["F2"]["off"]["array"] == "dw"
    assert answer.json["layers"]["F1"]["off"]["difference"] == 0
    assert "FAILED" in simplecell("check", net).out


def test_a_formula_that_is_off_fails(
    simplecell: Any, engines: object, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = walk.layer_back

    def wrong(*asked: Any) -> Any:
        dx, gradients = right(*asked)
        return dx, {own: np.multiply(g, 1.0001) for own, g in gradients.items()}

    monkeypatch.setattr(walk, "layer_back", wrong)
    answer = simplecell("check", net, "--json")
    assert answer.code == 1
    assert answer.json["max_relative_error"] > 1e-6


def test_people_see_the_shares_of_learned_combinations(
    simplecell: Any, engines: object, tmp_path: Path
) -> None:
    """Brief: E2"""
    layers = (Combine("C1", 3, (3, 3)), Dense("F2", 4, "softmax"))
    path = tmp_path / "mixed.json"
    path.write_text(Network("mixed", (2, 6, 6), layers).to_json())
    answer = simplecell("check", path)
    assert answer.code == 0
    assert "C1 dchoice" in answer.out
    assert "C1 hchoice" in answer.out


def test_an_engine_whose_curvature_is_off_fails(simplecell: Any, engines: Any, net: Path) -> None:
    """Brief: F"""

    class OffProgram(ReferenceProgram):
        def curvature(self, *asked: Any) -> Any:
            return {name: 1.001 * h for name, h in super().curvature(*asked).items()}

    class Off(Twin):
        name = "off"

        def program(self, network: Network) -> OffProgram:
            return OffProgram(network)

    engines(Reference(), Off())
    answer = simplecell("check", net, "--json")
    assert answer.code == 1
    assert answer.json["passed"] is False
    assert answer.json["engines"] == {"off": 0.0}
    assert answer.json["curvature"]["engines"]["off"] > 5e-4


def test_a_curvature_formula_that_is_off_fails(
    simplecell: Any, engines: object, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = dense.dense_curvature
    monkeypatch.setattr(
        dense, "dense_curvature", lambda *asked: tuple(1.001 * h for h in right(*asked))
    )
    answer = simplecell("check", net, "--json")
    assert answer.code == 1
    assert answer.json["max_relative_error"] <= 1e-6
    assert answer.json["curvature"]["max_relative_error"] > 5e-4


def test_curvature_that_an_engine_borrows_is_not_compared_with_itself(
    simplecell: Any, engines: Any, net: Path
) -> None:
    class Borrower(Twin):
        borrows_curvature = True

    engines(Reference(), Borrower())
    assert simplecell("check", net, "--json").json["curvature"]["engines"] == {}
    rows = [line for line in simplecell("check", net).out.splitlines() if "curvature" in line]
    assert rows
    assert all(row.rstrip().endswith("–") for row in rows)
