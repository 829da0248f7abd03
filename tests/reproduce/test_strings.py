"""The quick look of the rows of digits: they are read, and the same for the same seed.

Brief: C12, F
"""

import pytest

from simplecell.reproduce.strings import DIGITS, EXPERIMENT, GAPS, SHOWN, networks, saved
from simplecell.spec.accounting import count_network
from simplecell.spec.slide import slide
from simplecell.spec.zoo import find


def test_a_quick_look_reads_rows_and_repeats_itself() -> None:
    heard: list[str] = []
    task = EXPERIMENT.tasks["lenet5"]
    found, again = task(1, True, heard.append), task(1, True, lambda line: None)
    for measure in EXPERIMENT.measures:
        assert found[EXPERIMENT.place(measure.key)[1]] >= 0
    for name in ("strings", "published_strings", "validation_strings"):
        assert found[f"{name}_percent"] == again[f"{name}_percent"]
        assert found[f"{name}_percent"] > 25
        assert found[f"{name}_digit_error_percent"] < 20
    assert len(found["curve_strings_percent"]) == len(GAPS)
    assert found["curve_strings_percent"] == again["curve_strings_percent"]
    assert "reading rows" in heard
    shown = found["shown"]
    assert len(shown) == SHOWN
    for one in shown:
        assert len(one["written"]) == DIGITS
        assert len(one["answers"]) == len(one["columns"])
    gaps, rows = EXPERIMENT.pictures({"lenet5": {1: found}})  # type: ignore[misc]
    assert gaps.data["series"]["lenet5"]["runs"] == [found["curve_strings_percent"]]
    assert rows.data["readings"] == shown


def test_both_networks_have_an_output_for_what_is_between_digits() -> None:
    assert {name: network.classes for name, network in networks().items()} == {
        "lenet5": 11,
        "tutorial": 11,
    }
    assert networks()["tutorial"].layers[:-1] == find("lenet5_tutorial").layers[:-1]


def test_nothing_is_drawn_of_nothing() -> None:
    assert EXPERIMENT.pictures is not None
    assert EXPERIMENT.pictures({"lenet5": {}}) == ()


def test_what_is_saved_counts_the_codes_at_every_place() -> None:
    network = networks()["lenet5"]
    once = count_network(network).total.multiply_accumulates
    assert saved(network, 32) == 1
    slid = count_network(slide(network, 140)).total.multiply_accumulates
    assert saved(network, 140) == pytest.approx(28 * once / (slid + 28 * 84 * 11))
    assert saved(networks()["tutorial"], 32) == 1
