"""Write the formulas of the catalogue into the pages, and the page of the brief from it.

`make docs` runs it. In a page, a formula stands between two comments that name its codes:

    <!-- formula D12 D13 -->
    $$ ... $$
    <!-- /formula -->

Between them this script writes; GitHub and the site both show LaTeX between dollars as a formula.
"""

import json
import re
from pathlib import Path

from latex2mathml.converter import convert

from simplecell.formulas.catalogue import LANGUAGES, Entry, catalogue, find

DOCS = Path(__file__).parent
SCRIPT = DOCS.parent / "src" / "simplecell" / "studio" / "web" / "words" / "formulas.js"
BLOCK = re.compile(r"<!-- formula ([\w ]+) -->\n.*?<!-- /formula -->", re.DOTALL)
ENGLISH_ONLY = "The brief says what this software must do, a code per line (A1, B3, C9 …). The"


def language_of(page: Path) -> str:
    """Say in which language a page is written."""
    return "zh" if "zh" in page.relative_to(DOCS).parts else "en"


def written(entry: Entry, language: str) -> str:
    """Write a formula, one block for each of its lines."""
    return "\n\n".join(f"$$\n{line}\n$$" for line in entry.latex(language))


def with_formulas(page: Path) -> str:
    """Give the text of a page with the formulas that its comments name."""
    language = language_of(page)

    def block(match: re.Match[str]) -> str:
        codes = match[1].split()
        formulas = "\n\n".join(written(find(code), language) for code in codes)
        return f"<!-- formula {match[1]} -->\n{formulas}\n<!-- /formula -->"

    return BLOCK.sub(block, page.read_text("utf-8"))


def brief() -> str:
    """Write the page of the brief."""
    lines = [
        "# The brief, line by line",
        "",
        f"{ENGLISH_ONLY} codes are ours; the deck",
        "has none. Here each line stands beside the tests that hold it. This page is made from",
        "`src/simplecell/formulas/catalogue.toml`. A test checks that these tests exist.",
    ]
    part = ""
    for entry in catalogue():
        if entry.part != part:
            part = entry.part
            lines += ["", f"## {part}", "", "| line | what must work | held by |", "|---|---|---|"]
        code = {"F": "F", "S": "source"}.get(entry.code[0], entry.code)
        tests = "<br>".join(f"`{test}`" for test in entry.tests)
        lines.append(f"| {code} | {entry.what} | {tests} |")
    return "\n".join(lines) + "\n"


def script() -> str:
    """Write the formulas for the studio: MathML by code; Chinese where it is not the same."""
    entries = {}
    for entry in catalogue():
        if not entry.lines:
            continue
        typeset = {
            language: "".join(convert(line, display="block") for line in entry.latex(language))
            for language in LANGUAGES
        }
        if typeset["zh"] == typeset["en"]:
            del typeset["zh"]
        entries[entry.code] = {**typeset, "function": next(iter(entry.functions), "")}
    rows = [f"  {code}: {json.dumps(made, ensure_ascii=False)}," for code, made in entries.items()]
    head = (
        "// The formulas of the catalogue as MathML. `python docs/formulas.py` writes this file."
    )
    return "\n".join([head, "", "export const FORMULAS = {", *rows, "};", ""])


def main() -> None:
    """Write all pages again that changed."""
    made = {page: with_formulas(page) for page in sorted(DOCS.rglob("*.md"))}
    made[DOCS / "brief.md"] = brief()
    made[SCRIPT] = script()
    for page, text in made.items():
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")
            print(f"wrote {page.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
