import io
from collections.abc import Callable

import pytest
from rich.console import Console

from simplecell.compile import Compilation
from simplecell.train.bar import Bar, watching
from simplecell.train.callbacks import Progress
from simplecell.train.history import Epoch
from simplecell.train.loop import Run


def shown(terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=120, highlight=False)
    with Bar(console, "two learns digits") as bar:
        bar.begin(2, 10)
        bar.epoch(Epoch(1, 0.5, 0.25, 1.5, 1e-3, 2.0))
        bar.progress(Progress(2, 2, 5, 10, 0.125, 3.0, 61.0))
        bar.bar.refresh()
    return file.getvalue()


def test_a_terminal_shows_the_error_so_far_and_the_time_left() -> None:
    text = shown(terminal=True)
    for words in ("epoch 2/2", "75 %", "loss 0.1250", "validation error 1.50 %", "1:01 left"):
        assert words in text


def test_a_file_gets_a_line_an_epoch_and_no_bar() -> None:
    text = shown(terminal=False)
    assert text.splitlines() == [
        "two learns digits",
        "epoch  1   loss 0.5000   validation loss 0.2500   validation error 1.50 %   2.00 s",
    ]


def test_without_a_validation_part_no_error_is_made_up() -> None:
    file = io.StringIO()
    with Bar(Console(file=file, width=120), "t") as bar:
        bar.begin(1, 1)
        bar.epoch(Epoch(1, 0.5, None, None, 1e-3, 2.0))
    assert "validation" not in file.getvalue()


def test_a_bar_is_shown_where_it_is_asked_for_and_where_somebody_watches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for asked, watched, shown in (
        (None, False, 0),
        (None, True, 1),
        (True, False, 1),
        (False, True, 0),
    ):
        monkeypatch.setattr("simplecell.train.bar.somebody_watches", lambda w=watched: w)
        with watching(asked, "two learns digits") as bars:
            assert len(bars) == shown


def test_the_bar_of_fit_writes_to_the_error_stream_alone(
    train: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    train(progress=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == "rows learns rows: recipe adam"
    assert len(said.err.splitlines()) == 4
    train(progress=False)
    train()
    assert capsys.readouterr() == ("", "")


def test_compiling_is_shown_with_what_is_ready_and_what_comes_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("simplecell.train.bar.OFTEN", 0.0)
    so_far = Compilation(("conv", "dense"), ("rbf", "place", "train"), 7.4)
    for terminal in (False, True):
        file = io.StringIO()
        with Bar(
            Console(file=file, force_terminal=terminal, width=100, highlight=False), "t"
        ) as bar:
            bar.compiling()
            bar.kernels(so_far)
            bar.bar.refresh()
            bar.begin(1, 1)
            bar.progress(Progress(1, 1, 1, 1, 0.5, 1.0, 0.0))
        text = file.getvalue()
        assert "Compiling kernels: once per machine" in text
        assert "2 of 5 kernels, 7 s; now rbf, place …" in text
        assert "Compiled in 0." in text
