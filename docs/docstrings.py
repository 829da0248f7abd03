"""Turn the house's docstrings into Markdown, for mkdocstrings: an extension of Griffe.

They are plain text: equations are indented, sections are a word on a line of its own with what it
says indented below, examples begin with >>>. Equations are Markdown's code already; the other two
are not.
"""

import re
from typing import Any

from griffe import Extension, Object

SECTIONS = ("Shapes", "Source", "Raises")


def markdown(text: str) -> str:
    r"""Give a docstring as Markdown: sections get a title, examples a fence.

    >>> print(markdown("Add.\n\nShapes\n    x (N,)\n\n>>> 1 + 1\n2\n\nBrief: C3"))
    Add.
    <BLANKLINE>
    **Shapes**
    <BLANKLINE>
        x (N,)
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    <BLANKLINE>
    Brief: C3
    """
    lines: list[str] = []
    fenced = False
    for line in [*text.splitlines(), ""]:
        if line.startswith(">>>") and not fenced:
            lines.append("```pycon")
            fenced = True
        elif fenced and not line.strip():
            lines.append("```")
            fenced = False
        title = re.fullmatch(rf"({'|'.join(SECTIONS)})", line)
        lines += [f"**{title[1]}**", ""] if title else [line]
    return "\n".join(lines).rstrip()


class Docstrings(Extension):  # type: ignore[misc, unused-ignore]
    """Rewrites every docstring of the package as it is read."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = markdown(obj.docstring.value)
