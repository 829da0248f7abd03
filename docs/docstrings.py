"""Turn the house's docstrings into Markdown, for mkdocstrings: an extension of Griffe.

They are plain text: equations are indented, sections are a word on a line of its own with what it
says indented below, examples begin with >>>. Equations are Markdown's code already; the other two
are not. A function of formulas/ has its formula of the catalogue on top, typeset.
"""

import re
from typing import Any

from griffe import Extension, Object
from latex2mathml.converter import convert

from simplecell.formulas.catalogue import catalogue

SECTIONS = ("Shapes", "Source", "Raises")


def markdown(text: str) -> str:
    r"""Give a docstring as Markdown: sections get a title, examples a fence.

    >>> markdown("Add.\n\nShapes\n    x (N,)\n\n>>> 1 + 1\n2").splitlines()[2:]
    ['**Shapes**', '', '    x (N,)', '', '```pycon', '>>> 1 + 1', '2', '```']
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
        if line in SECTIONS:
            lines += [f"**{line}**", ""]
        else:
            lines.append(line if fenced or line.startswith("    ") else escaped(line))
    return "\n".join(lines).rstrip()


def escaped(line: str) -> str:
    r"""Keep the asterisks of prose: they multiply, and emphasise nothing.

    >>> print(escaped("of `a*b` and M*H*W"))
    of `a*b` and M\*H\*W
    """
    return re.sub(r"`[^`]*`|\*", lambda m: r"\*" if m[0] == "*" else m[0], line)


def typeset(path: str) -> str:
    """Give the formulas of a function, by its dotted path; "" where the catalogue has none.

    >>> typeset("simplecell.formulas.rbf.rbf_forward").count("<math")
    1
    >>> typeset("simplecell.data.sources.load")
    ''
    """
    name = path.removeprefix("simplecell.formulas.")
    lines = dict.fromkeys(
        line for entry in catalogue() if name in entry.functions for line in entry.latex()
    )
    formulas = [f'<div class="formula">{convert(line, display="block")}</div>' for line in lines]
    return "\n".join(formulas)


class Docstrings(Extension):
    """Rewrites every docstring of the package as it is read."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring is not None:
            formulas = typeset(obj.path)
            told = markdown(obj.docstring.value)
            obj.docstring.value = f"{formulas}\n\n{told}" if formulas else told
