"""Write docs/reproduce/guesses.md: every `# Guess:` of the source, in one table.

A guess begins at `# Guess:` and goes on over the comment lines that follow it.

    python docs/guesses.py
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reproduce" / "guesses.md"
HEAD = """# What the sources leave open

The paper does not say everything. Where it is silent, we chose, and said so beside the choice:
each row is a `# Guess:` comment of the source. `make docs` writes this page; a test compares it.

| where | guess |
|---|---|
"""


def guesses(text: str) -> list[str]:
    r"""Find the guesses in one file's text.

    >>> guesses("j = 1.0  # Guess: the paper\n# gives no value.\nx = 2\n")
    ['the paper gives no value.']
    """
    found: list[str] = []
    going_on = False
    for line in text.splitlines():
        start = re.search(r"#\s*Guess:\s*(.*)", line)
        more = re.fullmatch(r"\s*#\s?(.*)", line)
        if start:
            found.append(start[1])
        elif going_on and more and more[1]:
            found[-1] += f" {more[1].strip()}"
        going_on = bool(start) or (going_on and more is not None and bool(more[1]))
    return found


def page() -> str:
    """Give the page as it should be."""
    rows = [
        f"| `{path.relative_to(ROOT).as_posix()}` | {guess} |\n"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for guess in guesses(path.read_text(encoding="utf-8").replace("|", "&#124;"))
    ]
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
