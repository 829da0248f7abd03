"""Digits drawn with a pen: in MNIST's frame, all different, each like its own kind."""

import numpy as np

from simplecell.data.pen import BODY, FRAME, draw_digits


def test_drawn_digits_stand_in_the_frame_of_mnist() -> None:
    pixels, labels = draw_digits(200, 3)
    assert pixels.shape == (200, 1, FRAME, FRAME)
    assert labels.tolist() == [n % 10 for n in range(200)]
    ink = pixels[:, 0] > 0
    longer = np.maximum(ink.any(2).sum(1), ink.any(1).sum(1))
    assert longer.max() <= BODY
    assert longer.min() >= BODY - 2


def test_a_seed_draws_the_same_digits_and_another_one_others() -> None:
    first, _ = draw_digits(50, 3)
    again, _ = draw_digits(50, 3)
    other, _ = draw_digits(50, 4)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2, 3)).all()
    assert len(np.unique(first.reshape(50, -1), axis=0)) == 50


def test_most_drawn_digits_are_nearest_to_another_of_their_class() -> None:
    pixels, labels = draw_digits(1000, 5)
    flat = pixels.reshape(1000, -1).astype(np.float32)
    apart = (flat**2).sum(1)[:, None] - 2 * flat @ flat.T + (flat**2).sum(1)
    np.fill_diagonal(apart, np.inf)
    assert (labels[apart.argmin(1)] == labels).mean() > 0.93
