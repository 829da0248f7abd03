"""Chinese pages beside English ones: the same code and numbers, in the words of the glossary."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
CHINESE = sorted(path.relative_to(DOCS / "zh").as_posix() for path in (DOCS / "zh").rglob("*.md"))
GUIDE = "reference.md"
"""The one page that is Chinese only: it says where the English pages are, and what is in them."""
TRANSLATED = [page for page in CHINESE if page != GUIDE]
HAN = "[\u4e00-\u9fff]"
MARKS = "[，。：；、！？（）“”]"
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_both_readmes_show_the_same_code_and_figures() -> None:
    english, chinese = (read(page).replace("-zh.", ".") for page in READMES)
    ours, theirs = (
        [block for block in programs(text) if not block.startswith("```text")]
        for text in (english, chinese)
    )
    assert ours == theirs
    for pattern in (r"!\[.*?\]\((.*?)\)", r"\d+(?:\.\d+)? ?(?:%|s\b|MB|×)"):
        assert re.findall(pattern, english, re.DOTALL) == re.findall(pattern, chinese, re.DOTALL)


def test_every_page_for_readers_is_there_in_chinese_too() -> None:
    """All but the brief, what programs write, and the decisions, to which the guide leads."""
    english = {page for page in PAGES if "/" not in page} - {"brief.md"}
    assert set(CHINESE) == english | {"reproduce/README.md", GUIDE}


def both(page: str) -> tuple[str, str]:
    """A page in English and in Chinese."""
    return read(f"docs/{page}"), read(f"docs/zh/{page}")


@pytest.mark.parametrize("page", TRANSLATED)
def test_chinese_pages_have_the_same_code_and_the_same_numbers(page: str) -> None:
    english, chinese = both(page)
    assert programs(english) == programs(chinese)
    assert numbers(english) == numbers(chinese)


@pytest.mark.parametrize("page", TRANSLATED)
def test_chinese_pages_have_the_same_sections_tables_pictures_and_formulas(page: str) -> None:
    english, chinese = (FENCE.sub("", text) for text in both(page))
    chinese = chinese.replace("-zh.", ".")
    for pattern in (r"^(?:#+(?= )|\||!!!)", r"!\[[^\]]*\]\((?:\.\./)*([^)]+)\)"):
        assert re.findall(pattern, english, re.M) == re.findall(pattern, chinese, re.M)
    ours, theirs = formulas(english), formulas(chinese)
    assert len(ours) == len(theirs)
    for mine, yours in zip(ours, theirs, strict=True):
        assert mine.startswith(re.split(f"{HAN}|{MARKS}", yours)[0].strip())


COMMENT = re.compile(r" *(?:(?<= )# .*|^# [A-Za-z].*|/\*.*?\*/)", re.MULTILINE)
"""A comment in a block of shell, Python or C; the drawings of codes begin with `#` too."""


def programs(text: str) -> list[str]:
    """The blocks of code of a page without their comments, which are in the page's language."""
    return [
        COMMENT.sub("", block) if re.match(r"```(?:sh|c)\n", block) else block
        for block in FENCE.findall(text)
    ]


@pytest.mark.parametrize("page", [*(f"docs/zh/{page}" for page in CHINESE), "README.zh-CN.md"])
def test_comments_in_code_on_chinese_pages_are_chinese(page: str) -> None:
    blocks = [block for block in FENCE.findall(read(page)) if re.match(r"```(?:sh|c)\n", block)]
    comments = [words for block in blocks for words in COMMENT.findall(block)]
    assert not [words for words in comments if not re.search(HAN, words)]


UNWANTED = {
    "小块": "图像块", "计算核": "卷积核，或者“编译公式的代码”", "份额": "组合系数，或者比例",
    "配方": "训练方案", "子采样": "下采样", "降采样": "下采样", "敏感度": "灵敏度",
    "特征映射": "特征图", "隐藏层": "隐含层", "压缩函数": "激活函数", "挤压函数": "激活函数",
    "偏移量": "偏置", "cost 函数": "代价函数", "patch": "图像块",
}  # fmt: skip
"""Other words for what the glossary names, and its word."""


@pytest.mark.parametrize("page", [*(f"docs/zh/{page}" for page in CHINESE), "README.zh-CN.md"])
def test_chinese_pages_use_the_words_of_the_glossary(page: str) -> None:
    prose = re.sub(r"\]\([^)]*\)", "]", blind(FENCE.sub("", read(page))))
    if page.endswith("glossary.md"):
        prose = "\n".join(line.partition(" | ")[0] for line in prose.splitlines())
    prose = re.sub(r"图像块（patch）", "", prose)
    assert not {word: wanted for word, wanted in UNWANTED.items() if word in prose}


def test_both_glossaries_have_the_same_terms_and_pages_that_use_them() -> None:
    english, chinese = (
        [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]
        for text in both("glossary.md")
    )
    assert len(english) > 30
    assert [(e, z) for e, z, *_ in english] == [(e, z) for z, e, *_ in chinese]
    for entries, folder in ((english, "docs"), (chinese, "docs/zh")):
        for term, *_, where in entries:
            page = re.findall(r"\((.*?)\)", where)[0]
            text = read(f"{folder}/{page}").lower()
            words = re.split(r"[,、，]| and ", re.sub(r" [δα]", "", term))
            stems = [word.strip().lower().removesuffix("ing") for word in words]
            assert any(stem in text for stem in stems), (term, page)


def formulas(text: str) -> list[str]:
    """What is indented as code is, piece by piece: formulas, and words to them."""
    bare = re.sub(r"^!!!.*\n(?: {4}.*\n)+", "", text, flags=re.M)
    lines = re.findall(r"^ {4}(\S.*)", bare, re.M)
    return [piece for line in lines for piece in re.split(r" {6,}", line)]


@pytest.mark.parametrize("page", [*(f"docs/zh/{page}" for page in CHINESE), "README.zh-CN.md"])
def test_chinese_is_set_one_way(page: str) -> None:
    """A space between Chinese and Latin, and none beside a Chinese mark; marks are Chinese."""
    prose = re.sub(r"\]\([^)]*\)", "]", FENCE.sub("", read(page)))
    close = re.findall(f".?{HAN}[`A-Za-z0-9].{{0,5}}|.{{0,5}}[`A-Za-z0-9]{HAN}.?", blind(prose))
    apart = re.findall(f".{{0,5}}{MARKS} [^|].?|.{{0,5}}[^|\n#*-] {MARKS}.?", prose)
    halves = re.findall(f".{{0,5}}{HAN}[,;:!?()].?|.{{0,5}}[,;:!?()]{HAN}.?", prose)
    assert not close + apart + halves


def blind(prose: str) -> str:
    """Prose in which a piece of code is a single backtick."""
    return re.sub(r"`[^`\n]*`", "`", prose)


def numbers(text: str) -> Counter[str]:
    """The numbers of a page's prose and formulas, without its code and where links lead."""
    prose = re.sub(r"\]\([^)]*\)", "]", FENCE.sub("", text))
    return Counter(re.findall(r"\d+(?:[.,]\d+)*", prose))
