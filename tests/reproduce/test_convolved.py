"""Features of photographs read digits better than pixels do. Brief: C6."""

from simplecell.reproduce.convolved import EXPERIMENT


def test_a_quick_look_is_better_than_pixels_and_follows_from_the_seed() -> None:
    heard: list[str] = []
    found, again = (EXPERIMENT.tasks["digits"](0, True, heard.append) for _ in range(2))
    assert found["accuracy_percent"] >= found["baseline_percent"]
    assert found["accuracy_percent"] == again["accuracy_percent"]
    assert found["seconds"] > found["features_seconds"] + found["classifier_seconds"]
    assert any(line.startswith("classifier: iteration 10 of") for line in heard)
