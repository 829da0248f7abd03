"""The page's modules joined into one script, since a page in a folder may import no file.

A module is a file with named exports and imports of one line. Joined, each becomes a function
that is called once, after those that it imports, and gives its exports:

    const $maps = (() => { ...; return { zeros, like }; })();
    const $conv = (() => { const { zeros } = $maps; ...; return { conv }; })();
"""

import re
from importlib.resources import files
from posixpath import dirname, join, normpath

from simplecell.errors import SimplecellError

IMPORT = re.compile(r"^import \{ ([\w$, ]+) \} from '(\.{1,2}/[\w./-]+\.js)';$", re.MULTILINE)
COMMENT = re.compile(r"^ *//[^\n]*$|^ */\*\*[\s\S]*?\*/$", re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function\*? |const )([\w$]+)", re.MULTILINE)


class BundleError(SimplecellError):
    """A module of the page that cannot be joined with the others."""


def web(path: str) -> str:
    """Read a file of the page."""
    return files("simplecell.studio").joinpath("web", *path.split("/")).read_text("utf-8")


def ordered(entry: str) -> list[str]:
    """List a module and all that it needs, each after those that it imports.

    Raises
        BundleError   modules that import each other in a circle
    """
    found: list[str] = []
    open_: list[str] = []

    def visit(path: str) -> None:
        if path in found:
            return
        if path in open_:
            raise BundleError(f"modules of the page import each other: {' > '.join(open_)}.")
        open_.append(path)
        for _, other in IMPORT.findall(web(path)):
            visit(normpath(join(dirname(path), other)))
        open_.pop()
        found.append(path)

    visit(entry)
    return found


def joined(entry: str = "main.js") -> str:
    """Join a module and all that it imports into one script without imports."""
    paths = ordered(entry)
    names = {path: f"$m{place}" for place, path in enumerate(paths)}
    return "\n".join(f"const {names[path]} = {_closed(path, names)};" for path in paths)


def _closed(path: str, names: dict[str, str]) -> str:
    """Write one module as a function that is called and gives its exports."""
    text = web(path)

    def bound(match: re.Match[str]) -> str:
        other = names[normpath(join(dirname(path), match[2]))]
        return f"const {{ {match[1].replace(' as ', ': ')} }} = {other};"

    body = IMPORT.sub(bound, text)
    if re.search(r"^import |^export (?:default|\{|\*)", body, re.MULTILINE):
        raise BundleError(f"{path} imports or exports in a form that cannot be joined.")
    exported = ", ".join(EXPORT.findall(body))
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    # Nobody reads the joined script: comments and the room at the left are left out.
    body = COMMENT.sub("", body)
    body = "\n".join(line.strip() for line in body.split("\n") if line.strip())
    return f"(() => {{\n{body}\nreturn {{ {exported} }};\n}})()"
