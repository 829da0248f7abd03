"""The first thing under a public name's first line is an example; it can be pasted, and runs."""

import doctest
import inspect

import pytest

import simplecell as sc


def first_example(name: str) -> list[doctest.Example]:
    """The `>>>` lines that follow the first line of a docstring, to the next empty line."""
    text = inspect.getdoc(getattr(sc, name)) or ""
    blocks = text.split("\n\n")
    assert len(blocks) > 1, f"{name} has one line and no example"
    return doctest.DocTestParser().get_examples(blocks[1] + "\n")


@pytest.mark.parametrize("name", sc.__all__)
def test_a_docstring_begins_with_an_example_of_its_own_name(name: str) -> None:
    code = "".join(example.source for example in first_example(name))
    assert code.startswith("import simplecell as sc\n"), f"the example of {name} cannot be pasted"
    if not isinstance(getattr(sc, name), type):
        assert f"sc.{name}(" in code, f"the example of {name} does not call it"


@pytest.mark.parametrize("name", sc.__all__)
def test_the_first_example_runs_in_a_fresh_namespace(name: str) -> None:
    examples = first_example(name)
    test = doctest.DocTest(examples, {}, name, None, None, None)
    said: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=said.append, clear_globs=False)
    assert not said, "".join(said)
    assert any(example.want for example in examples)
    kind = getattr(sc, name)
    if isinstance(kind, type):
        made = any(isinstance(value, kind) for value in test.globs.values())
        assert made or any(f"sc.{name}" in example.source for example in examples)
