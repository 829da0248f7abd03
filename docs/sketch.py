"""Draw the pictures of the four parts, of the errors and of features without labels.

    python docs/sketch.py             # all
    python docs/sketch.py why errors  # those of some pages

`make docs` runs it. Pictures of a network that MNIST trained are left as they are without MNIST.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from drawing import Sheet

from simplecell.errors import DataError, FetchError

PICTURES = Path(__file__).parent / "pictures"
PAGES = ("why", "what", "runs", "learns", "errors", "features")
"""Files of sketches/, one for a page."""
LANGUAGES = {"en": "", "zh": "-zh"}
"""Languages, and what the names of their pictures end in."""


def sketches(page: str) -> dict[str, Callable[[str], Sheet]]:
    """Give a page's pictures by name; each is drawn in the language that it is told."""
    found: dict[str, Callable[[str], Sheet]] = import_module(f"sketches.{page}").SKETCHES
    return found


def main(pages: list[str]) -> None:
    """Write the pictures of the pages that are named, or of all."""
    for page in pages or PAGES:
        for name, draw in sketches(page).items():
            try:
                drawn = {language: draw(language) for language in LANGUAGES}
            except (FetchError, DataError) as problem:
                print(f"{name} is left as it is: {problem}", file=sys.stderr)
                continue
            for language, sheet in drawn.items():
                sheet.write(PICTURES / f"{name}{LANGUAGES[language]}.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
