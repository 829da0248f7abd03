"""What a first start compiles, and which of two processes does."""

from pathlib import Path

import pytest

from simplecell.engines.lanes import compilation, conv, gradient, rbf, reading
from simplecell.engines.lanes.entry import Entry

Asked = list[tuple[list[Entry], bool]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    """Collect what would be compiled on a machine that has compiled nothing."""
    found: Asked = []
    monkeypatch.setattr(compilation, "CACHE", tmp_path)
    monkeypatch.setattr(compilation, "kept", set)
    monkeypatch.setattr(compilation, "begin", lambda names: None)
    monkeypatch.setattr(compilation, "_compile", lambda *what: found.append(what))
    return found


def test_who_only_reads_does_not_wait_for_steps_of_training(asked: Asked) -> None:
    compilation.prepare([conv.ENTRY], learning=False)
    compilation.prepare([conv.ENTRY, gradient.ENTRY], learning=True)
    reads = [reading.ENTRY, conv.ENTRY]
    assert asked == [(reads, False), ([*reads, gradient.ENTRY], True)]


def test_what_is_kept_is_not_compiled_again(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "kept", lambda: {"reading.read", "conv.conv"})
    compilation.prepare([conv.ENTRY], learning=False)
    assert not asked
    compilation.prepare([conv.ENTRY, rbf.ENTRY], learning=False)
    assert asked == [([rbf.ENTRY], False)]


def test_the_second_process_takes_the_longest_kernels_and_the_first_what_is_left() -> None:
    ours, theirs = compilation._share([rbf.ENTRY, gradient.ENTRY, conv.ENTRY], 5.5)
    assert (ours, theirs) == ([rbf.ENTRY], [conv.ENTRY, gradient.ENTRY])


def test_two_kernels_of_one_file_have_two_names_and_are_found_by_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (conv.ENTRY.kept, conv.SINGLE.kept) == ("conv.conv", "conv.conv_single")
    assert conv.ENTRY.name == conv.SINGLE.name == "conv"
    found: list[Entry] = []
    monkeypatch.setattr(Entry, "address", property(found.append))
    compilation.compile_entries([(conv.SINGLE.module, conv.SINGLE.function)])
    assert found == [conv.SINGLE]
