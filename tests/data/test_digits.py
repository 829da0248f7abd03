import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from simplecell.data import digits
from simplecell.data.digits import read_digits
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


def test_digits_are_enlarged_to_the_box_of_mnist() -> None:
    small, _ = read_digits()
    large, _ = read_digits(32)
    assert small.pixels.shape == (1438, 1, 8, 8)
    assert large.pixels.shape == (1438, 1, 20, 20)
    np.testing.assert_array_equal(large.labels, small.labels)
    # Smoothly: 17 shades became many.
    assert len(np.unique(small.pixels)) == 17
    assert len(np.unique(large.pixels)) > 200
    # Enlarging keeps the picture: shrunk again by blocks, it looks the same.
    ink = large.pixels.reshape(-1, 4, 5, 4, 5).mean(axis=(2, 4))
    was = small.pixels.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4))
    assert np.corrcoef(ink.ravel(), was.ravel())[0, 1] > 0.99


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
