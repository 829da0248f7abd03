"""What a notebook shows of a model and of a run."""

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

from simplecell.train.loop import Run


def test_a_run_shows_its_layers_its_settings_and_its_errors(train: Callable[..., Run]) -> None:
    run = train()
    page = run._repr_html_()
    ElementTree.fromstring(page)
    for words in ("rows: ", "C1", "F3", "3: top, middle, bottom", "rows, 60 pictures", "adam"):
        assert words in page
    last = run.history[-1].validation_error_percent
    assert f"{last:.2f} % after epoch 3" in page
    assert "<polyline" in page
    assert "s for 3 epochs" in page


def test_a_model_shows_the_same_less_what_a_clock_says(train: Callable[..., Run]) -> None:
    run = train()
    page = run.model._repr_html_()
    assert "% after epoch 3" in page
    assert "s for 3 epochs" not in page


def test_a_model_that_knows_nothing_of_its_training_shows_its_layers(
    train: Callable[..., Run],
) -> None:
    page = replace(train().model, metadata={}, classes=("<a>", "b", "c"))._repr_html_()
    assert "validation error" not in page
    assert "&lt;a&gt;" in page
    ElementTree.fromstring(page)
