r"""What the copy button of a block of code copies: a hook of MkDocs.

The theme's button copies what stands in `data-copy`. Here that is, of an example with prompts, the
code alone: no `>>>`, no answers, and an empty line after an indented block, which Python's own
prompt wants before the next statement. A formula's docstring has such examples too.
"""

import re
from html import escape, unescape

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

BLOCK = re.compile(r'<div class="([^"]*\bhighlight)">(<pre>.*?</pre>)</div>', re.DOTALL)


def pasted(example: str) -> str:
    r"""Give the code of an example with prompts as it can be pasted.

    >>> pasted(">>> for n in range(2):\n...     print(n)\n0\n1\n>>> n\n1")
    'for n in range(2):\n    print(n)\n\nn'
    """
    lines: list[str] = []
    for line in example.splitlines():
        if line.startswith(">>>"):
            if lines and lines[-1].startswith(" "):
                lines.append("")
            lines.append(line[4:])
        elif line.startswith("..."):
            lines.append(line[4:])
    return "\n".join(lines)


def with_copy(match: re.Match[str]) -> str:
    """Put the code that can be pasted beside a block that has prompts."""
    text = unescape(re.sub(r"<[^>]*>", "", match[2]))
    if not text.startswith(">>>"):
        return match[0]
    copied = escape(pasted(text)).replace("\n", "&#10;")
    return f'<div class="{match[1]}" data-copy="{copied}">{match[2]}</div>'


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Say of every block of a page what is copied of it."""
    return BLOCK.sub(with_copy, html)
