import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from simplecell.data import digits
from simplecell.data.digits import DRAWN, read_digits, read_taught
from simplecell.errors import DataError


def test_the_digits_are_scikit_learns() -> None:
    """All 1,797, each once, in bytes."""
    from sklearn.datasets import load_digits

    bundled = load_digits()
    train, test = read_digits()
    found = np.concatenate([train.pixels, test.pixels]).reshape(-1, 64)
    wanted = np.rint(bundled.data * 255 / 16).astype(np.uint8)
    rows = np.column_stack([found, np.concatenate([train.labels, test.labels])])
    wanted = np.column_stack([wanted, bundled.target])
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], wanted[np.lexsort(wanted.T)])


def test_scikit_learn_itself_is_asked_when_its_files_lie_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train, _ = read_digits()
    monkeypatch.setattr(digits, "find_spec", lambda name: SimpleNamespace(origin="/no/where.py"))
    again, _ = read_digits()
    np.testing.assert_array_equal(again.pixels, train.pixels)
    np.testing.assert_array_equal(again.labels, train.labels)


def test_a_missing_scikit_learn_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="bundled with scikit-learn: pip install scikit-learn"):
        read_digits()


def test_the_test_part_is_a_fifth_of_every_class_and_always_the_same() -> None:
    train, test = read_digits()
    assert (len(train), len(test)) == (1438, 359)
    counts = np.bincount(test.labels)
    assert counts.min() >= 34
    assert counts.max() <= 37
    # For ever: a test error can only be compared on the same test part.
    assert test.pixels.sum(dtype=int) == 1793184


def test_digits_are_put_into_the_frame_of_mnist() -> None:
    small, _ = read_digits()
    large, _ = read_digits(32)
    assert small.pixels.shape == (1438, 1, 8, 8)
    assert large.pixels.shape == (1438, 1, 28, 28)
    np.testing.assert_array_equal(large.labels, small.labels)
    # Smoothly: 17 shades became many.
    assert len(np.unique(small.pixels)) == 17
    assert len(np.unique(large.pixels)) > 200
    ink = large.pixels[:, 0] > 127
    rows, columns = ink.any(2).sum(1), ink.any(1).sum(1)
    longer = np.maximum(rows, columns)
    assert np.quantile(longer, 0.05) >= 18
    assert longer.max() <= 21
    # The centre of mass is the middle, unless the box would leave the frame.
    place = np.arange(28)
    mass = large.pixels[:, 0].astype(float)
    for axis in (1, 2):
        centre = (mass.sum(axis) * place).sum(1) / mass.sum((1, 2))
        assert np.median(np.abs(centre - 14)) < 0.1
        assert np.abs(centre - 14).max() < 4


def test_print_is_learnt_beside_the_digits_and_the_test_part_stays_theirs() -> None:
    learnt, test = read_taught(32)
    hands, same = read_digits(32)
    assert len(learnt) == 1438 + DRAWN
    np.testing.assert_array_equal(test.pixels, same.pixels)
    # Every other digit is straight, the others are bent, and the labels are theirs.
    np.testing.assert_array_equal(learnt.pixels[:1438:2], hands.pixels[::2])
    assert (learnt.pixels[1:1438:2] != hands.pixels[1::2]).any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(learnt.labels[:1438], hands.labels)
    again, _ = read_taught(32)
    np.testing.assert_array_equal(again.pixels, learnt.pixels)


def test_a_network_that_reads_small_pictures_learns_the_digits_alone() -> None:
    assert read_taught(16)[0].pixels.shape == (1438, 1, 8, 8)


def test_small_sizes_leave_the_digits_as_they_are() -> None:
    assert read_digits(16)[0].pixels.shape == (1438, 1, 8, 8)


def test_the_digits_do_not_import_scikit_learn() -> None:
    """It takes half a second that a demo of two seconds does not have."""
    code = (
        "import sys; from simplecell.data.sources import load; load('digits');"
        "sys.exit('sklearn' in sys.modules or 'pooch' in sys.modules)"
    )
    path = os.pathsep.join(folder for folder in sys.path if folder)
    run = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path})
    assert run.returncode == 0
