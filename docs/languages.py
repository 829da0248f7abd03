"""The site in two languages: a hook of MkDocs.

Material speaks one language a project, and is meant to be used with a project for each language
and its language selector between them. mkdocs.yml is the English project, of docs/; mkdocs.zh.yml
is the Chinese one, of docs/zh/. `mkdocs build` builds the first, and then the second into zh/ of
the same site: menu, buttons and search of Chinese pages are Chinese.

Pages link to each other as they lie in the repository, also from one project to the other. MkDocs
knows the pages of one project only, so that such a link passes it as one to somewhere outside, and
is led to its page afterwards. tests/test_docs.py holds that the page exists.
"""

import posixpath
import re
from pathlib import Path

from markdown.extensions.toc import slugify_unicode
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Link, Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LANGUAGES = {"en": ("", "English"), "zh": ("zh", "中文")}
"""Languages: the folder of each, in docs/ and of the site, and its name."""

MARKS = "\u2018-\u201d\u3000-\u303f\uff00-\uffef"
HAN = "\u4e00-\u9fff"
"""Chinese punctuation and Chinese characters, as in a class of regular expressions."""
OUTSIDE = "outside:"
"""What stands, for MkDocs, before a link that leads into the other project."""


def joined(markdown: str) -> str:
    r"""Join lines where a browser would put a space and Chinese has none.

    That is between two characters, and beside a mark; between Chinese and Latin there is one.

    >>> joined("卷积\n网络，\nCNN\n的") == "卷积网络，CNN\n的"
    True
    >>> joined("一。\n2. 二。\n- 三") == "一。\n2. 二。\n- 三"
    True
    """
    breaks = (
        f"(?<=[{HAN}])\n *(?=[{HAN}])",
        f"(?<=[{MARKS}])\n *(?=[\\w`(\\[±−])(?!\\d+\\. )",
        f"(?<=\\S)\n *(?=[{MARKS}])",
    )
    return re.sub("|".join(breaks), "", markdown)


def address(path: str) -> str:
    """Give where on the site a file of docs/ is.

    >>> address("zh/why.md"), address("reproduce/README.md"), address("pictures/cost.png")
    ('zh/why.html', 'reproduce/index.html', 'pictures/cost.png')
    """
    return File(path, str(DOCS), "", use_directory_urls=False).url


def crossing(markdown: str, here: str) -> str:
    """Mark the links of a page of docs/ that lead from one language's project into the other's.

    >>> crossing("[a](why.md) [b](../why.md#full) ![c](../pictures/cost.png)", "zh/start.md")
    '[a](why.md) [b](outside:../why.html#full) ![c](outside:../pictures/cost.png)'
    >>> crossing("[a](zh/why.md) [b](https://zh.wikipedia.org)", "why.md")
    '[a](outside:zh/why.html) [b](https://zh.wikipedia.org)'
    """
    folder = posixpath.dirname(here)

    def led(match: re.Match[str]) -> str:
        there = posixpath.normpath(posixpath.join(folder, match[1]))
        if there.startswith("zh/") == here.startswith("zh/"):
            return match[0]
        return f"]({OUTSIDE}{posixpath.relpath(address(there), folder or '.')}{match[2]}"

    return re.sub(r"\]\(([\w./-]+)((?:#[^)]*)?\))", led, markdown)


def nearest(page: str, folder: str) -> str:
    """Give a language's page of the same name, or what stands above it, or the language's home.

    >>> nearest("why.md", "zh"), nearest("reproduce/gabor.md", "zh"), nearest("api/data.md", "zh")
    ('zh/why.md', 'zh/reproduce/README.md', 'zh/reference.md')
    """
    above = posixpath.join(posixpath.dirname(page), "README.md")
    near = [page, above, "reference.md", "index.md"]
    return next(path for name in near if (DOCS / (path := posixpath.join(folder, name))).is_file())


def alternates(page: str, here: str) -> list[dict[str, str]]:
    """Give the entries of the language selector on a page of a language's folder."""
    return [
        {
            "name": name,
            "link": posixpath.relpath(address(nearest(page, folder)), here or "."),
            "lang": language,
        }
        for language, (folder, name) in LANGUAGES.items()
    ]


def folder_of(config: MkDocsConfig) -> str:
    """Give the folder of the project that is being built."""
    return LANGUAGES[config.theme["language"]][0]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give every page the selector, and Chinese sections addresses of their own words."""
    folder = folder_of(config)
    config.extra["alternate"] = alternates("index.md", folder)
    if folder:
        config.mdx_configs.setdefault("toc", {})["slugify"] = slugify_unicode
    return config


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Lead the menu's entries of the other project to their pages."""
    entries = [*nav.items]
    for entry in entries:
        if isinstance(entry, Link):
            entry.url = entry.url.removeprefix(OUTSIDE)
        elif isinstance(entry, Section):
            entries += entry.children
    return nav


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Join Chinese lines, and let links into the other project pass."""
    folder = folder_of(config)
    if folder:
        markdown = joined(markdown)
    return crossing(markdown, posixpath.join(folder, page.file.src_uri))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links into the other project to their pages."""
    return html.replace(f'="{OUTSIDE}', '="')


def on_page_context(
    context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation
) -> TemplateContext:
    """Let the selector lead to the same page in the other language."""
    config.extra["alternate"] = alternates(page.file.src_uri, folder_of(config))
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Say which Chinese: browsers choose their characters by it.

    The theme's script would ask for a map of the site because of links to the other language in
    the head, which a page opened from a folder may not; the selector's own links need none.
    """
    output = re.sub(r'<link rel="alternate" [^>]*>', "", output)
    return output.replace('<html lang="zh"', '<html lang="zh-CN"', 1)


def on_post_build(config: MkDocsConfig) -> None:
    """Build the Chinese project into the English one's site."""
    if not folder_of(config):
        site = str(Path(config.site_dir) / "zh")
        build(load_config(str(ROOT / "mkdocs.zh.yml"), site_dir=site, strict=config.strict))
