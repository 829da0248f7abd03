import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simplecell.data.part import Part, split, to_labels, to_pixels
from simplecell.errors import DataError


def part(labels: list[int]) -> Part:
    n = len(labels)
    return Part(np.arange(n, dtype=np.uint8).reshape(n, 1, 1, 1), np.array(labels, np.int64))


# What a part is


def test_a_part_has_a_length() -> None:
    assert len(part([0, 1, 1])) == 3


@pytest.mark.parametrize(
    ("pixels", "labels", "words"),
    [
        (np.zeros((2, 1, 3, 3)), np.zeros(2, np.int64), r"pixels are float64 of shape \(2, 1"),
        (np.zeros((2, 3, 3), np.uint8), np.zeros(2, np.int64), r"uint8 of shape \(2, 3, 3\)"),
        (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(2, np.uint8), "labels are uint8"),
        (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(3, np.int64), "3 labels for 2 pictures"),
    ],
)
def test_a_part_that_is_none_is_refused(pixels, labels, words: str) -> None:
    with pytest.raises(DataError, match=words):
        Part(pixels, labels)


# Labels from outside


@pytest.mark.parametrize("dtype", ["uint8", "int16", ">i4", "uint64", "float32", "bool"])
def test_whole_numbers_of_any_type_are_labels(dtype: str) -> None:
    labels = to_labels(np.array([0, 1, 1], dtype), "y")
    assert labels.dtype == np.int64
    assert labels.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 1, -1], r"t.npz: labels\[2\] is -1, out of range"),
        ([0, 70000], r"t.npz: labels\[1\] is 70000, out of range"),
        ([0.0, 2.5], r"t.npz: labels\[1\] is 2.5; classes are whole numbers from 0"),
        ([0.0, np.nan], r"t.npz: labels\[1\] is nan"),
        (["cat", "dog"], "t.npz: labels are of type <U3"),
        ([[1, 0], [0, 1]], r"t.npz: labels have shape \(2, 2\).*\n.*argmax"),
    ],
)
def test_labels_that_are_none_are_refused(values: list, words: str) -> None:
    with pytest.raises(DataError, match=words):
        to_labels(np.array(values), "t.npz")


# Pictures from outside


def test_bytes_are_taken_as_they_are() -> None:
    """Even where they all lie in 0..1."""
    values = np.array([[[0, 1], [1, 0]]], np.uint8)
    np.testing.assert_array_equal(to_pixels(values, "x"), values[:, None])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_in_0_to_1_are_times_255(dtype: str) -> None:
    values = np.array([[[0, 0.5, 1]]], dtype)
    assert to_pixels(values, "x").ravel().tolist() == [0, 128, 255]


@pytest.mark.parametrize("dtype", ["bool", "int64", "int8"])
def test_black_and_white_is_0_and_255(dtype: str) -> None:
    assert to_pixels(np.array([[[0, 1]]], dtype), "x").ravel().tolist() == [0, 255]


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint16", ">i2"])
def test_numbers_up_to_255_are_taken_as_they_are(dtype: str) -> None:
    assert to_pixels(np.array([[[0, 7, 255]]], dtype), "x").ravel().tolist() == [0, 7, 255]


def test_fractions_are_rounded_to_the_nearest() -> None:
    assert to_pixels(np.array([[[0.4, 0.6, 200.5, 254.9]]]), "x").ravel().tolist() == [
        0, 1, 200, 255,
    ]  # fmt: skip


def test_large_arrays_convert_block_by_block_to_the_same() -> None:
    values = np.random.default_rng(0).random((2500, 2, 3))
    np.testing.assert_array_equal(to_pixels(values, "x")[:, 0], np.rint(values * 255))


def test_channels_may_come_first_or_last() -> None:
    first = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    np.testing.assert_array_equal(to_pixels(first, "x"), first)
    np.testing.assert_array_equal(to_pixels(np.moveaxis(first, 1, 3), "x"), first)
    assert to_pixels(np.moveaxis(first, 1, 3), "x").flags.c_contiguous


def test_nan_is_refused_with_its_count_and_place() -> None:
    values = np.zeros((3, 2, 2))
    values[1, 0, 1] = values[2, 1, 1] = np.nan
    with pytest.raises(DataError, match=r"x: 2 of 12 pixels are NaN.*= \(1, 0, 0, 1\)"):
        to_pixels(values, "x")


def test_infinity_is_refused() -> None:
    with pytest.raises(DataError, match="1 of 2 pixels are NaN or infinite"):
        to_pixels(np.array([[[0, -np.inf]]]), "x")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.array([[[-0.5, 0.5]]]), "pixels reach from -0.5 to 0.5; give 0..1 or 0..255"),
        (np.array([[[0, 256]]]), "pixels reach from 0 to 256"),
        (np.zeros((4, 64)), r"shape \(4, 64\).*\n.*reshape\(-1, height, width\)"),
        (np.zeros((1, 1, 1, 1, 1)), "shape"),
        (np.zeros((0, 5, 5)), r"no pictures in it: its shape is \(0, 5, 5\)"),
        (np.array([[["a"]]]), "pictures are of type <U1"),
        (np.array([[[1j]]]), "pictures are of type complex128"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(values, words: str) -> None:
    with pytest.raises(DataError, match=words):
        to_pixels(values, "x")


# The validation part

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=80)


@given(labels=LABELS, share=st.floats(0, 0.6), seed=st.integers(0, 1000))
def test_a_split_loses_nothing_and_takes_every_class_alike(
    labels: list[int], share: float, seed: int
) -> None:
    whole = part(labels)
    count = round(share * len(whole))
    classes, sizes = np.unique(labels, return_counts=True)
    if count > len(whole) - len(classes):
        with pytest.raises(DataError, match="so that each class keeps one"):
            split(whole, share, seed)
        return
    train, validation = split(whole, share, seed)
    assert len(validation) == count
    rows = np.concatenate([train.pixels.ravel(), validation.pixels.ravel()])
    assert sorted(rows.tolist()) == list(range(len(labels)))
    for kept in (train, validation):
        np.testing.assert_array_equal(kept.labels, np.array(labels)[kept.pixels.ravel()])
    assert set(train.labels.tolist()) == set(labels)
    # Largest remainders stay within one of the exact share, unless a class is kept from
    # vanishing, which moves its share to the others.
    if (np.ceil(share * sizes + 1) < sizes).all():
        taken = np.array([(validation.labels == label).sum() for label in classes])
        assert (abs(taken - sizes * count / len(labels)) < 1).all()


def test_a_split_follows_its_seed() -> None:
    whole = part([0, 1, 2] * 30)
    first, again, other = (split(whole, 0.2, seed)[1].pixels.ravel() for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_split_takes_a_number_or_a_share() -> None:
    whole = part([0, 1] * 10)
    assert [len(p) for p in split(whole, 4, 0)] == [16, 4]
    assert [len(p) for p in split(whole, 0.2, 0)] == [16, 4]
    assert [len(p) for p in split(whole, 0, 0)] == [20, 0]


@pytest.mark.parametrize("validation", [-1, 20, 1.0, -0.1, float("nan"), "3"])
def test_a_validation_part_that_cannot_be_is_refused(validation) -> None:
    with pytest.raises(DataError, match=f"validation is {validation!r}: give a share"):
        split(part([0, 1] * 10), validation, 0)


def test_a_split_that_would_empty_a_class_is_refused() -> None:
    with pytest.raises(DataError, match=r"5 of 6 examples .* 4 at most can be"):
        split(part([0, 0, 0, 0, 0, 1]), 5, 0)


def test_a_class_of_one_stays_in_the_training_part() -> None:
    train, validation = split(part([0] * 9 + [1]), 0.5, 0)
    assert 1 in train.labels
    assert len(validation) == 5
