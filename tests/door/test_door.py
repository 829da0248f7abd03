"""Every public call with odd values ends well, or with one message of ours: never another's."""

from pathlib import Path

import calls
import pytest
from drawn import drawn, ends

DRAWN = 300
ODD = calls.odd()
NAMES = tuple(calls.doors(Path("/nowhere")))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is saved by an odd name lies in a folder of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_one_odd_value_in_a_public_call_ends_in_no_exception_of_somebody_elses(
    name: str, tmp_path: Path
) -> None:
    door = calls.doors(tmp_path)[name]
    foreign = [
        f"{name}({argument}={what}): {end}"
        for argument in door.good()
        for what, value in ODD.items()
        if (end := ends(door, argument, value))
    ]
    assert not foreign


def test_two_odd_values_drawn_at_random_end_in_no_exception_of_somebody_elses(
    tmp_path: Path,
) -> None:
    _, foreign = drawn(DRAWN, 1998, calls.doors(tmp_path))
    assert not foreign


def test_the_good_calls_are_good(tmp_path: Path) -> None:
    for name, door in calls.doors(tmp_path).items():
        if name not in ("load", "load_model"):
            door.call(**door.good())
