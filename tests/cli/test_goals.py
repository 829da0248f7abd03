"""`simplecell train` to an error or a time, with a report and event files."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simplecell.train import timing


@pytest.fixture
def train(simplecell: Any, net: Path, tmp_path: Path) -> Callable[..., Any]:
    told = ("--net", net, "--engine", "reference", "--out", tmp_path / "r")
    return lambda *options: simplecell("train", "digits", *told, *options)


def test_training_ends_with_the_error_that_was_asked_for(train: Any) -> None:
    answer = train("--until-error", 80, "--epochs", 9, "--json")
    assert answer.code == 0
    assert answer.json["epochs"] == 1
    assert (answer.json["until_error_percent"], answer.json["reached"]) == (80, True)
    assert "epochs 9 or until 80 % validation error" in answer.err


def test_an_error_that_was_not_reached_is_said_not_to_be(train: Any) -> None:
    answer = train("--until-error", 0, "--epochs", 1)
    assert "0 % validation error: NOT reached in 1 epochs" in answer.out


def test_a_time_becomes_a_number_of_epochs(train: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "seconds_per_epoch", lambda *told: 2.0)
    answer = train("--minutes", 0.11, "--json")
    assert answer.json["epochs"] == 3
    assert "an epoch takes about 2 s here: 3 fit" in answer.err
    assert "recipe fast, 0.11 minutes" in answer.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--minutes", 2, "--epochs", 3), "3 epochs were asked for, and 2 minutes"),
        (("--minutes", -1), "give a time above 0"),
        (("--until-error", 200), "until_error is 200.0; it takes an error in percent"),
        (("--until-error", 1, "--recipe", "lenet1998"), "keeps no pictures aside"),
        (("--report", "r.htm"), "'.htm': did you mean '.html'?"),
        (("--report", "gone/r.html"), "there is no folder gone"),
    ],
)
def test_goals_that_cannot_be_are_refused_before_anything_is_written(
    train: Any, tmp_path: Path, options: tuple[object, ...], words: str
) -> None:
    answer = train(*options)
    assert (answer.code, "epoch " in answer.out) == (2, False)
    assert words in answer.err
    assert not (tmp_path / "r").exists()


def test_event_files_are_written_where_they_were_asked_for(train: Any, tmp_path: Path) -> None:
    assert train("--epochs", 1, "--tensorboard", tmp_path / "logs").code == 0
    (file,) = (tmp_path / "logs").iterdir()
    assert b"error percent/validation" in file.read_bytes()


def test_a_report_holds_all_it_shows(train: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    page = tmp_path / "first.html"
    answer = train("--epochs", 2, "--report", page)
    assert f"report: {page}" in answer.out
    text = page.read_text()
    assert "two on digits" in text
    for title in ("How it learned", "What it took for what", "Its worst mistakes", "Settings"):
        assert f"<h2>{title}</h2>" in text
    assert text.count('src="data:image/png;base64,') >= 5
    wrong = re.search(r"wrong: ([\d,]+) of 359", text)
    assert wrong is not None
    assert f"({wrong[1]} of 359)" in answer.out
    # It links to nothing: the name of SVG's language is all that looks like an address.
    links = re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)|url\(|@import|<script|<link""", text)
    assert links == []
    assert set(re.findall(r"https?://[^\"' <]+", text)) == {"http://www.w3.org/2000/svg"}
