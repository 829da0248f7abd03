import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from simplecell.errors import PlotError
from simplecell.plots import learning
from simplecell.train.history import Epoch

HISTORY = [Epoch(1, 2.0, 1.5, 12.0, 0.1, 1.0), Epoch(2, 1.0, 1.2, 9.0, 0.05, 1.0)]


def test_loss_error_and_rate_have_a_panel_each() -> None:
    loss, error, rate = learning(HISTORY, "A title", 10.0).axes
    assert loss.figure.get_suptitle() == "A title"
    assert [list(line.get_ydata()) for line in loss.get_lines()] == [[2.0, 1.0], [1.5, 1.2]]
    assert list(error.get_lines()[0].get_ydata()) == [12.0, 9.0]
    texts = [text.get_text() for text in error.get_legend().get_texts()]
    assert texts == ["validation, least in epoch 2: 9.00 %", "test, measured once: 10.00 %"]
    assert list(rate.get_lines()[0].get_ydata()) == [0.1, 0.05]
    assert rate.get_xlabel() == "epoch"


def test_a_run_without_validation_has_no_panel_for_it() -> None:
    unjudged = [Epoch(1, 2.0, None, None, 0.1, 1.0)]
    assert [axes.get_ylabel() for axes in learning(unjudged).axes] == ["loss", "rate at its end"]


def test_a_loss_that_falls_below_nought_is_drawn_too() -> None:
    assert learning([Epoch(1, -1.0, None, None, 0.1, 1.0)]).axes[0].get_yscale() == "linear"


@pytest.mark.parametrize(
    ("losses", "written"),
    [((2.0, 0.4), ["0.5", "1", "2"]), ((2.0, 2e-4), ["0.001", "0.01", "0.1", "1"])],
)
def test_numbers_at_the_loss_are_as_many_as_there_is_room_for(
    losses: tuple[float, ...], written: list[str]
) -> None:
    history = [Epoch(k, loss, None, None, 0.1, 1.0) for k, loss in enumerate(losses, 1)]
    axes = learning(history).axes[0]
    low, high = axes.get_ylim()
    axes.figure.draw_without_rendering()
    labels = [
        (tick.get_loc(), tick.label1.get_text())
        for tick in [*axes.yaxis.get_major_ticks(), *axes.yaxis.get_minor_ticks()]
    ]
    assert [text for at, text in sorted(labels) if low <= at <= high and text] == written


def test_no_epochs_are_refused() -> None:
    with pytest.raises(PlotError, match="nothing to draw yet"):
        learning([])
