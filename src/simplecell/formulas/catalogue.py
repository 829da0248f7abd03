r"""The formulas of the brief, by its codes: how each is written, where it is computed and held.

>>> entry = find("D6")
>>> entry.what
'δ below = Wᵀ δ ∘ f′(u)'
>>> entry.functions
('dense.dense_backward', 'activations.slope')
>>> find("B1").latex("zh")[0]
'\\text{权值} = \\text{高} \\times \\text{宽} \\times \\text{特征数}'

The entries stand in catalogue.toml. The pages of the docs, the page of the brief and the studio
are made from them, so that a formula is written down once.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from simplecell.errors import UnknownName

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Entry:
    """A line of the brief: what must work, its formula if it has one, and what holds it.

    `lines` are LaTeX, each short enough for a phone. `functions` are of this room, as
    `conv.conv_forward`; `tests` are files and names.
    """

    code: str
    part: str
    what: str
    lines: tuple[str, ...]
    functions: tuple[str, ...]
    tests: tuple[str, ...]

    def latex(self, language: str = "en") -> tuple[str, ...]:
        """Give the lines of the formula, with the words in them in a language."""
        words = _document()["words"]

        def translated(match: re.Match[str]) -> str:
            word = match[1]
            return rf"\text{{{words[word] if language == 'zh' else word}}}"

        return tuple(re.sub(r"\\word\{([^}]*)\}", translated, line) for line in self.lines)


@cache
def _document() -> MappingProxyType[str, dict[str, object]]:
    text = files("simplecell.formulas").joinpath("catalogue.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


@cache
def catalogue() -> tuple[Entry, ...]:
    """List the entries in the order of the brief."""
    return tuple(
        Entry(
            code,
            str(told["part"]),
            str(told["what"]),
            _texts(told.get("latex")),
            _texts(told.get("functions")),
            _texts(told.get("tests")),
        )
        for code, told in _document().items()
        if code != "words"
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def find(code: str) -> Entry:
    """Give an entry by its code.

    Raises
        UnknownName   no such line in the brief
    """
    for entry in catalogue():
        if entry.code == code:
            return entry
    raise UnknownName("line of the brief", code, [entry.code for entry in catalogue()])
