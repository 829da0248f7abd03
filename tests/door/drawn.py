"""Public calls with odd values, drawn from a seed: which of them end in somebody else's exception.

    python tests/door/drawn.py --calls 300 --seed 1 [door ...]

Doors are named as in `calls.py`, or by how their names begin, as "lanes" or "fit".
"""

import argparse
import os
import random
import sys
import tempfile
import traceback
from collections import Counter
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import calls

from simplecell.errors import SimplecellError


def ends(door: calls.Door, name: str, value: object) -> str | None:
    """Give what a call ends in: None, '' for one of our errors, or the exception of others."""
    try:
        door.open(name, value)
    except SimplecellError as problem:
        assert str(problem).strip()
        return ""
    except Exception as problem:
        where = traceback.extract_tb(problem.__traceback__)[-1]
        return f"{type(problem).__name__} in {Path(where.filename).name}:{where.lineno}: {problem}"
    return None


def drawn(count: int, seed: int, doors: dict[str, calls.Door]) -> tuple[Counter[str], list[str]]:
    """Call doors with two odd values each; count how they end, and tell of foreign exceptions."""
    rng, odd, names = random.Random(seed), calls.odd(), tuple(doors)
    found, foreign = Counter[str](), list[str]()
    for _ in range(count):
        name = rng.choice(names)
        door = doors[name]
        good = dict(door.good())
        two = rng.sample(sorted(good), min(2, len(good)))
        told = {argument: rng.choice(sorted(odd)) for argument in two}
        first, last = two[0], two[-1]
        both = calls.Door(door.call, partial(good.__or__, {first: odd[told[first]]}))
        end = ends(both, last, odd[told[last]])
        found["taken" if end is None else "foreign" if end else "refused"] += 1
        if end:
            foreign.append(f"{name}({told}): {end}")
    return found, foreign


def main() -> int:
    """Read what is asked, call, and say how the calls ended."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("doors", nargs="*")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    home = Path(tempfile.mkdtemp())
    os.chdir(home)
    doors = calls.doors(home)
    begin = tuple(told.doors) or ("",)
    doors = {name: door for name, door in doors.items() if name.startswith(begin)}
    found, foreign = drawn(told.calls, told.seed, doors)
    print(f"{told.calls} calls of {len(doors)} doors, seed {told.seed}: {dict(found)}")
    print(*foreign, sep="\n")
    return int(bool(foreign))


if __name__ == "__main__":
    sys.exit(main())
