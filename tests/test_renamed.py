"""Old names of modules still import, with a warning that says the new one."""

import importlib
import pickle
import sys
import warnings
from collections.abc import Iterator

import pytest

from simplecell.renamed import FUNCTIONS, MODULES


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Let every test import the old names for the first time."""
    yield
    for old in MODULES:
        sys.modules.pop(f"simplecell.{old}", None)


@pytest.mark.parametrize(("old", "new"), MODULES.items())
def test_an_old_name_warns_and_has_what_the_new_one_has(old: str, new: str) -> None:
    now = importlib.import_module(f"simplecell.{new}")
    with pytest.warns(DeprecationWarning, match=f"simplecell.{old} is now simplecell.{new}"):
        before = importlib.import_module(f"simplecell.{old}")
    for name in vars(now):
        if not name.startswith("__"):
            assert getattr(before, name) is getattr(now, name)
    assert not hasattr(before, "nothing_of_this_name_anywhere")


@pytest.mark.parametrize(("old", "new"), FUNCTIONS.items())
def test_an_old_function_is_the_new_one(old: str, new: str) -> None:
    module, _, name = old.rpartition(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = importlib.import_module(f"simplecell.{module}")
    now = importlib.import_module(f"simplecell.{MODULES[module]}")
    assert getattr(before, name) is getattr(now, new)


def test_a_name_that_never_was_is_refused_as_ever() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"simplecell\.spec\.nothing"):
        importlib.import_module("simplecell.spec.nothing")


def test_the_warning_stands_at_the_line_that_imports() -> None:
    with pytest.warns(DeprecationWarning) as told:
        from simplecell.train.disk import write_file  # type: ignore[import-not-found]
    assert told[0].filename == __file__
    assert pickle.loads(pickle.dumps(write_file)) is write_file
