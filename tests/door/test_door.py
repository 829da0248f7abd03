"""Every public call with odd values ends well, or with one message of ours: never another's."""

import random
import traceback
from functools import partial
from pathlib import Path

import calls
import pytest

from simplecell.errors import SimplecellError

DRAWN = 300
ODD = calls.odd()
NAMES = tuple(calls.doors(Path("/nowhere")))


def ends(door: calls.Door, name: str, value: object) -> str | None:
    """Give the exception of somebody else's in which a call ends, if it does."""
    try:
        door.open(name, value)
    except SimplecellError as problem:
        assert str(problem).strip()
    except Exception as problem:
        where = traceback.extract_tb(problem.__traceback__)[-1]
        return f"{type(problem).__name__} in {Path(where.filename).name}:{where.lineno}: {problem}"
    return None


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
        if (end := ends(door, argument, value)) is not None
    ]
    assert not foreign


def test_two_odd_values_drawn_at_random_end_in_no_exception_of_somebody_elses(
    tmp_path: Path,
) -> None:
    rng = random.Random(1998)
    foreign = []
    doors = calls.doors(tmp_path)
    for _ in range(DRAWN):
        name = rng.choice(NAMES)
        door = doors[name]
        good = dict(door.good())
        two = rng.sample(sorted(good), min(2, len(good)))
        told = {argument: rng.choice(sorted(ODD)) for argument in two}
        first, last = two[0], two[-1]
        both = calls.Door(door.call, partial(good.__or__, {first: ODD[told[first]]}))
        if (end := ends(both, last, ODD[told[last]])) is not None:
            foreign.append(f"{name}({told}): {end}")
    assert not foreign


def test_the_good_calls_are_good(tmp_path: Path) -> None:
    for name, door in calls.doors(tmp_path).items():
        if name not in ("load", "load_model"):
            door.call(**door.good())
