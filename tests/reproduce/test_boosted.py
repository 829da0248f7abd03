"""The quick look of the boosted experiment gives all of its numbers."""

from simplecell.reproduce.boosted import EXPERIMENT


def test_a_quick_look_measures_everything() -> None:
    heard: list[str] = []
    found = EXPERIMENT.tasks["boosted"](1, True, heard.append)
    for measure in EXPERIMENT.measures:
        assert found[measure.key] >= 0
    assert found["examples"] == [300, 300, 300]
    assert any("digits for the third network" in line for line in heard)
