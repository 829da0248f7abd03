import pytest

from simplecell.errors import ModelError
from simplecell.train.history import Epoch, read_lines, without_seconds, write_lines

ROWS = [Epoch(1, 0.1, 0.2, 3.0, 1e-3, 0.5), Epoch(2, 1 / 3, None, None, 1e-4, 0.25)]


def test_rows_survive_to_the_last_bit() -> None:
    assert read_lines(write_lines(ROWS)) == ROWS


def test_each_epoch_is_one_line() -> None:
    assert write_lines(ROWS).count("\n") == len(ROWS)


def test_a_line_that_is_no_epoch_is_named() -> None:
    with pytest.raises(ModelError, match=r"line 2 of the history is no epoch: '\{\"ep'"):
        read_lines(write_lines(ROWS[:1]) + '{"ep')
    with pytest.raises(ModelError, match="line 1"):
        read_lines('{"epoch": 1}')


def test_rows_without_seconds_hold_no_clock() -> None:
    slower = [Epoch(1, 0.1, 0.2, 3.0, 1e-3, 99.0), ROWS[1]]
    assert without_seconds(slower) == without_seconds(ROWS)
    assert without_seconds(ROWS)[0]["train_loss"] == 0.1
