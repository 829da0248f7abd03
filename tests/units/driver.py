"""A driver in a process of its own: driver.py FOLDER COUNT JOBS SLEEP LIMIT_OF_BYTES [FROM].

Units from FROM on sleep.
"""

import json
import resource
import sys
from pathlib import Path

from simplecell.errors import SimplecellError
from simplecell.units import Plan, Store, Unit, run_units


def main(folder: str, count: int, jobs: int, sleep: float, most: int, first: int = 0) -> None:
    sent = {"log": f"{folder}/log", "sleep": sleep, "from": first}
    size = 8000 if most else 0
    units = [Unit(f"u{n}", {"n": n, "size": size}, sent) for n in range(count)]
    if most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    say = lambda line: print(line, file=sys.stderr, flush=True)  # noqa: E731
    try:
        run_units(units, Store(Path(folder), "carried:square"), Plan(jobs=jobs, say=say))
    except SimplecellError as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1], *map(json.loads, sys.argv[2:]))
