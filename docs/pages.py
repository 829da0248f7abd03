"""Pages of the site that follow from the tree, and links that lead to them: a hook of MkDocs.

One page for each file of formulas/, one for each public room, made from their docstrings while
the site is built; nothing of it is written down. In the navigation of mkdocs.yml a folder, as in
`Formulas: formulas/`, stands for all of its pages.

A page of docs/ links to code as it lies in the repository, `../src/simplecell/...`. On the site
such a link leads to the page made of that file.
"""

import ast
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))
import studio

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "simplecell"
DOCS = ROOT / "docs"
FORMULA = re.compile(r"^\$\$\n(.+?)\n\$\$$", re.DOTALL | re.MULTILINE)
"""A formula in a page: LaTeX between two lines of dollars."""

INNER = {"lanes", "c", "pytorch"}
"""Rooms within rooms whose files are not for callers."""

ROOMS = {
    "spec": "what is connected to what",
    "data": "pictures to learn from",
    "engines": "what makes a network run",
    "train": "the training loop, recipes, models",
    "units": "work for many machines",
    "sweeps": "runs over settings and seeds",
    "bulk": "very many pictures",
    "features": "features without labels",
    "estimators": "for scikit-learn",
    "plots": "pictures",
    "export": "for other people's tools",
    "importer": "from other people's tools",
    "reproduce": "the sources' experiments",
}
"""Rooms that have a page, and what each is about."""


def modules(room: str) -> list[str]:
    """List the modules of a room, by their dotted names; the room's own first."""
    files = [path for path in sorted((PACKAGE / room).rglob("*.py")) if path.name != "__init__.py"]
    names = [
        f"simplecell.{path.relative_to(PACKAGE).with_suffix('').as_posix().replace('/', '.')}"
        for path in files
        if not INNER & set(path.relative_to(PACKAGE / room).parts[:-1])
    ]
    return [f"simplecell.{room}", *names]


def first_line(module: str) -> str:
    """Give the first line of a module's docstring.

    >>> first_line("simplecell.formulas.conv")
    'Convolution: one kernel slid over a map, the same weights everywhere.'
    """
    stem = ROOT.joinpath("src", *module.split("."))
    file = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
    told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    return (told or "").partition("\n")[0]


def pages() -> dict[str, str]:
    """Give every page that is made, by its path: its Markdown."""
    found = {}
    _, *nouns = modules("formulas")
    rows = [f"| [{m.split('.')[-1]}]({m.split('.')[-1]}.md) | {first_line(m)} |" for m in nouns]
    table = "\n".join(["| file | what it is |", "|---|---|", *rows])
    found["formulas/index.md"] = f"# Formulas\n\n::: simplecell.formulas\n\n{table}\n"
    for module in nouns:
        noun = module.split(".")[-1]
        found[f"formulas/{noun}.md"] = f"# {noun}\n\n::: {module}\n"
    rows = [f"| [{room}]({room}.md) | {about} |" for room, about in ROOMS.items()]
    table = "\n".join(["| room | what it is |", "|---|---|", *rows])
    found["api/index.md"] = f"# API\n\n::: simplecell\n\n{table}\n\n## Errors\n\n"
    found["api/index.md"] += "::: simplecell.errors\n    options:\n      heading_level: 3\n"
    for room in ROOMS:
        parts = [
            f"## {module}\n\n::: {module}\n    options:\n      heading_level: 3\n"
            for module in modules(room)
        ]
        found[f"api/{room}.md"] = "\n".join([f"# {room}: {ROOMS[room]}\n", *parts])
    return found


def target(path: str) -> str:
    """Give the page that is made of a source file, or of its room; "" where there is none.

    >>> target("formulas/conv.py"), target("train/loop.py"), target("cli/main.py")
    ('formulas/conv.md', 'api/train.md', '')
    """
    room, _, rest = path.partition("/")
    if room == "formulas":
        noun = rest.removesuffix(".py")
        return f"formulas/{noun if noun not in ('', '__init__') else 'index'}.md"
    room = room.removesuffix(".py")
    return f"api/{room}.md" if room in ROOMS else ""


def spread(nav: list[Any], files: Files) -> list[Any]:
    """Put, in place of each folder of the navigation, all of its pages."""
    known = sorted(file.src_uri for file in files.documentation_pages())
    whole: list[Any] = []
    for entry in nav:
        title, value = next(iter(entry.items())) if isinstance(entry, dict) else (None, entry)
        if isinstance(value, list):
            whole.append({title: spread(value, files)})
        elif value.endswith("/"):
            inside = [uri for uri in known if uri.startswith(value)]
            inside.sort(key=lambda uri: Path(uri).stem not in ("index", "README"))
            whole += [{title: [*inside]}] if title else inside
        else:
            whole.append(entry)
    return whole


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made, and put every folder's pages in the navigation."""
    if Path(config.docs_dir) == DOCS:  # the Chinese project links to the English one's
        for path, text in pages().items():
            files.append(File.generated(config, path, content=text))
        files.append(File.generated(config, "studio/page.html", content=studio.page()))
    config.nav = spread(config.nav or [], files)
    return files


def typeset(match: re.Match[str]) -> str:
    """Write a formula as MathML, which browsers lay out without any script or font of ours."""
    return f'<div class="formula">{convert(match[1], display="block")}</div>'


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Take the worker of the search from the site itself: nothing is fetched from elsewhere."""
    ours = "../" if Path(config.docs_dir) != DOCS else ""
    here = posixpath.dirname(page.url)
    local = posixpath.relpath(f"{ours}vendor/iframe-worker.js", here or ".")
    return output.replace("https://unpkg.com/iframe-worker/shim", local)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to source files to the pages made of them; others become plain code."""
    folder = Path(config.docs_dir).relative_to(DOCS).as_posix()
    language, up = ("en", "") if folder == "." else ("zh", "../")
    markdown = studio.beside(markdown, Path(page.file.src_uri).stem, language, up)
    here = posixpath.normpath(posixpath.join(folder, posixpath.dirname(page.file.src_uri)))

    def led(match: re.Match[str]) -> str:
        words, path = match[1], match[2]
        made = target(path)
        return f"[{words}]({posixpath.relpath(made, here)})" if made else words

    markdown = re.sub(r"\[([^\]]+)\]\((?:\.\./)+src/simplecell/([^)#]*)\)", led, markdown)
    return FORMULA.sub(typeset, markdown)
