"""Where a command writes."""

import json
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest

from simplecell.cli.screen import answer, figures, people, power_of_ten


def test_the_answer_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    answer({"path": Path("runs/a"), "数": 10**12, "text": "two\nlines"})
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed) == {"path": "runs/a", "数": 10**12, "text": "two\nlines"}


def test_what_json_lacks_becomes_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    answer(
        {
            "loss": float("nan"),
            "rates": np.array([0.5, np.inf]),
            "epochs": np.int64(3),
            "by": {1: (1, 2)},
        }
    )
    printed = capsys.readouterr().out
    assert json.loads(printed) == {
        "loss": None,
        "rates": [0.5, None],
        "epochs": 3,
        "by": {"1": [1, 2]},
    }
    assert "NaN" not in printed


def test_people_read_standard_output_unless_a_program_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    people(json=False).print("table")
    people(json=True).print("progress")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("table\n", "progress\n")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "= 10^0"),
        (999, "= 9.99 x 10^2"),
        (1_005, "~ 1.01 x 10^3"),
        (9_994, "~ 9.99 x 10^3"),
        (9_995, "~ 10^4"),
        (10**12, "= 10^12"),
        (10**12 + 1, "~ 10^12"),
        (60_000, "= 6 x 10^4"),
    ],
)
def test_a_power_of_ten_says_whether_it_is_exact(number: int, text: str) -> None:
    assert power_of_ten(number) == text


def test_small_figures_stand_alone() -> None:
    assert [figures(n) for n in (0, 9_999, 10_000)] == ["0", "9,999", "10,000 = 10^4"]


def test_a_terminal_without_our_letters_shows_their_codes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(raw, encoding="ascii"))
    people(json=False).print("网络", markup=False)
    assert raw.getvalue() == b"\\u7f51\\u7edc\n"
