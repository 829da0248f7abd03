"""Every experiment is found by its name, and says what it stands on."""

import re
from pathlib import Path

import pytest

from simplecell.errors import UnknownName
from simplecell.reproduce.registry import NAMES, find


@pytest.mark.parametrize("name", NAMES)
def test_experiments_are_whole(name: str) -> None:
    experiment = find(name)
    assert experiment.name == name
    assert experiment.title
    assert experiment.source
    assert experiment.measures
    assert all(guess.endswith(".") for guess in experiment.guesses)
    keys = {experiment.place(measure.key)[0] for measure in experiment.measures}
    assert keys <= set(experiment.tasks)


def test_a_wrong_name_gives_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'lenet1998'"):
        find("lenet198")


def test_the_index_of_the_docs_names_every_experiment() -> None:
    page = Path(__file__).parents[2] / "docs" / "reproduce" / "README.md"
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == list(NAMES), "docs/reproduce/README.md: one row each, in the registry's order"
