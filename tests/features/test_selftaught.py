"""Features of 5 to 9 help to read 0 to 4. Brief: A4."""

import numpy as np
import pytest

from simplecell.data.batches import shuffle
from simplecell.data.part import Part
from simplecell.data.sources import load
from simplecell.errors import DataError
from simplecell.features.autoencoder import Settings
from simplecell.features.selftaught import of_classes, self_taught

DIGITS = load("digits")
TRAIN, TEST = DIGITS.train, DIGITS.test
assert TEST is not None
HIGH, LOW = (5, 6, 7, 8, 9), (0, 1, 2, 3, 4)
SETTINGS = Settings(hidden=60, rho=0.3, decay=1e-4, beta=0.1)


def test_the_classes_asked_for_are_kept_and_counted_from_0() -> None:
    part = of_classes(TRAIN, (7, 2))
    assert len(part) == np.isin(TRAIN.labels, (7, 2)).sum()
    sevens = TRAIN.pixels[TRAIN.labels == 7]
    np.testing.assert_array_equal(part.pixels[part.labels == 0], sevens)
    assert set(part.labels.tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("classes", "words"), [((1, 1), "not all"), ((1, 12), r"\[12\]"), ((), "no class")]
)
def test_classes_that_are_not_there_are_refused(classes: tuple[int, ...], words: str) -> None:
    with pytest.raises(DataError, match=words):
        of_classes(TRAIN, classes)


def test_features_learnt_elsewhere_read_digits_with_the_baseline_beside() -> None:
    stages: dict[str, int] = {}

    def hear(stage: str, step: object) -> None:
        stages[stage] = stages.get(stage, 0) + 1

    low = of_classes(TRAIN, LOW)
    few = low.rows(shuffle(len(low), 0)[:200])
    found = self_taught(
        of_classes(TRAIN, HIGH).pixels,
        few,
        of_classes(TEST, LOW),
        SETTINGS,
        iterations=100,
        rehearsal=100,
        watch=hear,
    )
    assert found.result.accuracy_percent > 95
    assert found.result.examples == found.baseline_result.examples == len(of_classes(TEST, LOW))
    assert found.baseline_result.accuracy_percent > 90
    assert found.result.accuracy_percent == pytest.approx(
        100 - 100 * found.result.errors / found.result.examples
    )
    assert found.rehearsal is not None
    assert stages == {
        "rehearsal": len(found.rehearsal.history),
        "features": len(found.features.history),
        "classifier": len(found.classifier.history),
        "baseline": len(found.baseline.history),
    }
    assert found.seconds > found.features.seconds + found.classifier.seconds
    assert found.baseline_seconds < found.seconds


def test_the_features_go_on_where_the_rehearsal_ended() -> None:
    parts = (of_classes(TRAIN, LOW), of_classes(TEST, LOW))
    unlabelled = of_classes(TRAIN, HIGH).pixels
    rehearsed = self_taught(unlabelled, *parts, SETTINGS, iterations=1, rehearsal=30)
    assert rehearsed.rehearsal is not None
    assert rehearsed.features.history[0].cost < rehearsed.rehearsal.history[0].cost
    plain = self_taught(unlabelled, *parts, SETTINGS, iterations=1, rehearsal=0)
    assert plain.rehearsal is None
    assert rehearsed.features.history[0].cost < plain.features.history[0].cost


def test_the_test_part_has_no_say() -> None:
    """Whatever the test part is, features and classifiers are the same, bit for bit."""
    unlabelled, train = of_classes(TRAIN, HIGH).pixels, of_classes(TRAIN, LOW)
    test = of_classes(TEST, LOW)
    other = Part(255 - test.pixels, test.labels)
    one, two = (
        self_taught(unlabelled, train, part, SETTINGS, iterations=5) for part in (test, other)
    )
    for a, b in (
        (one.features.autoencoder.weights.w1, two.features.autoencoder.weights.w1),
        (one.classifier.softmax.w, two.classifier.softmax.w),
    ):
        assert a.tobytes() == b.tobytes()


def test_pictures_of_another_shape_or_class_are_refused() -> None:
    low, test = of_classes(TRAIN, LOW), of_classes(TEST, LOW)
    with pytest.raises(DataError, match=r"\(1, 4, 4\), \(1, 8, 8\) and"):
        self_taught(TRAIN.pixels[:, :, :4, :4], low, test)
    with pytest.raises(DataError, match=r"labels that the training part has not: \[5"):
        self_taught(TRAIN.pixels, low, TEST)
