"""Write the tables of picture files in docs/data.md: each kind read right, or refused with reason.

The kinds are those of tests/data/test_kinds.py: each is really written and really read, and what
is read is held against the digit that was drawn. `python docs/kinds.py` writes the tables into
both languages; a test compares.
"""

import re
import runpy
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any

from simplecell.data.picture import read_fitted
from simplecell.errors import DataError

DOCS = Path(__file__).parent
PAGES = {"en": DOCS / "data.md", "zh": DOCS / "zh" / "data.md"}
BEGIN, END = "<!-- docs/kinds.py writes this -->\n", "<!-- kinds to here -->\n"

CHINESE = {
    "as it is": "普通", "colour": "彩色", "palette": "调色板", "1 bit": "1 位",
    "grey and alpha": "灰度与透明度", "dark on transparent": "透明底上的深色",
    "light on transparent": "透明底上的浅色",
    "palette with a transparent colour": "有一种透明色的调色板", "16 bits": "16 位",
    "16 bits that hold 8": "16 位里存着 8 位的值", "turned by EXIF": "按 EXIF 旋转",
    "animated, first frame blank": "动画，第一帧空白", "animated": "动画",
    "red on blue as light": "明度相同的红与蓝", "progressive": "渐进式", "packed": "压缩",
    "fractions 0 to 1": "0 到 1 的小数", "fractions 0 to 255": "0 到 255 的小数",
    "fractions -1 to 1": "-1 到 1 的小数", "32-bit numbers of 8 bits": "32 位数里存着 8 位的值",
    "pages, the first blank": "多页，第一页空白", "named .png": "文件名以 .png 结尾",
    "named .jpg_large": "文件名以 .jpg_large 结尾", "without ending": "没有扩展名",
    "text": "文字", "empty": "空文件",
}  # fmt: skip
"""What is not the same in both languages."""

HEADS = {
    "en": ("kind of file", "read right", "refused"),
    "zh": ("文件种类", "读得正确", "拒绝"),
}


def _parts(name: str) -> tuple[str, str]:
    """Take a format and what is special about it apart."""
    found = re.match(r"(.*?)(?:, | (?=named|without))(.*)", name)
    return (found[1], found[2]) if found else (name, "as it is")


def answers() -> tuple[dict[str, list[str]], dict[str, str]]:
    """Give what is read right by format, and the sentence of each kind that is refused."""
    kinds = runpy.run_path(str(DOCS.parent / "tests" / "data" / "test_kinds.py"))
    right: dict[str, list[str]] = {}
    refused: dict[str, str] = {}
    with TemporaryDirectory() as place:
        for number, name in enumerate([*kinds["READ"], *kinds["INVERTED"]]):
            folder = Path(place) / str(number)
            folder.mkdir()
            read = read_fitted(kinds["path_of"](name, folder), kinds["SHAPE"])
            assert kinds["is_right"](name, read), name
            one, special = _parts(name)
            right.setdefault(one, []).append(special)
        for name, (ending, held, _) in kinds["REFUSED"].items():
            path = Path(place) / f"seven.{ending}"
            path.write_bytes(held)
            try:
                read_fitted(path, kinds["SHAPE"])
            except DataError as problem:
                refused[name] = " ".join(str(problem).replace(f"{place}/", "").split())
    return right, refused


def tables() -> dict[str, str]:
    """Give the tables in both languages."""
    right, refused = answers()
    listed = [fill(f"{k}. {words}", 88, subsequent_indent="    ", break_on_hyphens=False)
              for k, words in enumerate(refused.values(), 1)]  # fmt: skip
    return {language: _written(language, right, list(refused), listed) for language in PAGES}


def _written(language: str, right: Any, refused: list[str], listed: list[str]) -> str:
    def said(words: str) -> str:
        return CHINESE.get(words, words) if language == "zh" else words

    kind, read, not_read = HEADS[language]
    lines = [f"| {kind} | {read} |", "|---|---|"]
    joint = "；" if language == "zh" else "; "
    lines += [f"| {one} | {joint.join(map(said, special))} |" for one, special in right.items()]
    lines += ["", f"| {kind} | {not_read} |", "|---|---|"]
    lines += [f"| {said(name)} | ? {k} |" for k, name in enumerate(refused, 1)]
    return "\n".join([*lines, "", "```text", *listed, "```", ""])


def written(language: str, table: str) -> str:
    """Give a page with the tables in their place."""
    page = PAGES[language].read_text(encoding="utf-8")
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}",
        lambda _: f"{BEGIN}\n{table}\n{END}",
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    for language, table in tables().items():
        PAGES[language].write_text(written(language, table), encoding="utf-8")
        print(f"wrote {PAGES[language].relative_to(DOCS.parent)}")
