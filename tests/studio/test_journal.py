"""Events: each heard of once, kept beside the run, and read again."""

from pathlib import Path

import pytest

from simplecell.studio.journal import MOST, Journal
from simplecell.train.history import Epoch, write_lines


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "studio").mkdir()
    return tmp_path


def test_who_asks_after_a_number_hears_what_is_new_and_nothing_twice(run: Path) -> None:
    journal = Journal(run, run / "studio")
    heard, following = [], 0
    for n in range(3 * MOST):
        journal.add({"kind": "progress", "step": n})
        if n % 700 == 0:
            events, following = journal.after(following)
            heard += events
    while True:
        events, following = journal.after(following)
        if not events:
            break
        assert len(events) <= MOST
        heard += events
    assert [event["step"] for event in heard] == list(range(3 * MOST))
    assert journal.after(10**9) == ([], 3 * MOST)


def test_it_is_written_once_the_run_has_its_folder(tmp_path: Path) -> None:
    """A run folder that is begun has to be empty."""
    journal = Journal(tmp_path / "run", tmp_path / "run" / "studio")
    journal.add({"kind": "state", "state": "loading"})
    assert not (tmp_path / "run").exists()
    (tmp_path / "run" / "studio").mkdir(parents=True)
    journal.add({"kind": "begun"})
    again = Journal(tmp_path / "run", tmp_path / "run" / "studio")
    assert [event["kind"] for event in again.after(0)[0]] == ["state", "begun"]


def test_half_a_line_of_a_studio_that_was_killed_is_passed_over(run: Path) -> None:
    journal = Journal(run, run / "studio")
    journal.add({"kind": "begun"})
    with (run / "studio" / "events.jsonl").open("a") as file:
        file.write('{"kind": "pro')
    again = Journal(run, run / "studio")
    assert [event["kind"] for event in again.after(0)[0]] == ["begun"]


def test_after_half_a_line_new_events_are_read_again(run: Path) -> None:
    file = run / "studio" / "events.jsonl"
    file.write_text('{"kind": "begun"}\n{"kind": "pro')
    Journal(run, run / "studio").add({"kind": "epoch"})
    again = Journal(run, run / "studio")
    assert [event["kind"] for event in again.after(0)[0]] == ["begun", "epoch"]


def test_a_run_of_the_command_line_has_its_epochs(tmp_path: Path) -> None:
    rows = [Epoch(n, 0.5 / n, 0.4, 12.5, 2e-3, 1.75) for n in (1, 2)]
    (tmp_path / "history.jsonl").write_text(write_lines(rows))
    events, _ = Journal(tmp_path, tmp_path / "studio").after(0)
    assert [(event["kind"], event["epoch"]) for event in events] == [("epoch", 1), ("epoch", 2)]
    assert events[0]["validation_error_percent"] == 12.5
