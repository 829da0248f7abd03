"""Write what the deck says into its page, statement by statement, from deck.toml.

`make docs` runs it. In the page, the list of a slide stands between two comments that name it.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
PAGES = {"en": DOCS / "deck.md", "zh": DOCS / "zh" / "deck.md"}
KINDS = ("example", "picture", "formula", "table")
SAID = {
    "en": "The deck makes {count} statements. All of them have their counterpart: {kinds}.",
    "zh": "课件一共有 {count} 个论断，个个都有对应：{kinds}。",
}
NAMED = {
    "en": {"example": "code that runs", "picture": "a picture", "formula": "a formula",
           "table": "a table"},
    "zh": {"example": "运行的代码", "picture": "图", "formula": "公式", "table": "表"},
}  # fmt: skip
DEPARTS = {"en": " **We depart:** ", "zh": "**与课件不同：**"}


def slides() -> list[dict[str, Any]]:
    """Read the slides and their statements."""
    found: list[dict[str, Any]] = tomllib.loads((DOCS / "deck.toml").read_text("utf-8"))["slide"]
    return found


def statements() -> list[dict[str, Any]]:
    """List all statements in the deck's order."""
    return [one for slide in slides() for one in slide["statements"]]


def kind_of(statement: dict[str, Any]) -> str:
    """Say of which kind a statement's counterpart is."""
    return next(kind for kind in KINDS if kind in statement)


def listed(slide: dict[str, Any], language: str) -> str:
    """Write a slide's statements as a list, what departs marked."""
    lines = []
    for one in slide["statements"]:
        mark = ""
        if "departs" in one:
            mark = f"{DEPARTS[language]}{one['departs'][language]}"
        lines.append(f"- {one[language]}{mark}")
    return "\n".join(lines)


def counted(language: str) -> str:
    """Say how many statements there are, and of which kinds their counterparts."""
    kinds = [kind_of(one) for one in statements()]
    comma = "、" if language == "zh" else ", "
    said = comma.join(f"{NAMED[language][kind]} {kinds.count(kind)}" for kind in KINDS)
    return SAID[language].format(count=len(kinds), kinds=said)


def written(language: str) -> str:
    """Give the page's text with its lists written again."""
    text = PAGES[language].read_text("utf-8")
    for slide in slides():
        mark = f"statements {slide['name']}"
        text = _between(text, mark, "statements", f"\n{listed(slide, language)}\n\n")
    return _between(text, "count", "count", f"{counted(language)}\n")


def _between(text: str, mark: str, end: str, inside: str) -> str:
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{end} -->)", re.DOTALL)
    return pattern.sub(lambda match: match[1] + inside + match[2], text)


def main() -> None:
    """Write both pages again where they changed."""
    for language, page in PAGES.items():
        text = written(language)
        if page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")
            print(f"wrote {page.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
