"""The pages say what is true: their tables, trees and examples are held against the code."""

import ast
import doctest
import json
import re
import runpy
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml
from PIL import Image

import simplecell as sc
from simplecell.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
BRIEF = ROOT / "docs" / "brief.md"
READMES = ("README.md", "README.zh-CN.md")
CODES = [
    f"{part}{line}"
    for part, lines in {"A": 5, "B": 10, "C": 15, "D": 17, "E": 4}.items()
    for line in range(1, lines + 1)
]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
CHINESE = sorted(path.relative_to(DOCS / "zh").as_posix() for path in (DOCS / "zh").rglob("*.md"))
GUIDE = "reference.md"
"""The one page that is Chinese only: it says where the English pages are, and what is in them."""
TRANSLATED = [page for page in CHINESE if page != GUIDE]
PROJECTS = {"mkdocs.yml": "", "mkdocs.zh.yml": "zh/"}
HAN = "[\u4e00-\u9fff]"
MARKS = "[，。：；、！？（）“”]"
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows() -> list[tuple[str, str]]:
    """The lines of docs/brief.md: a code, and the cell that says what holds it."""
    cells = [line.strip("| ").split(" | ") for line in read("docs/brief.md").splitlines()]
    return [(row[0], row[-1]) for row in cells if re.fullmatch(r"[A-F]\d*|source", row[0])]


@cache
def claims_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def cited(cell: str) -> list[tuple[str, str]]:
    return re.findall(r"`([\w/]+\.py)::(\w+)`", cell)


def test_brief_has_every_line_once_and_in_order() -> None:
    lines = [code for code, _ in rows()]
    assert [code for code in lines if code[1:].isdigit()] == CODES
    assert {"F", "source"} <= set(lines)


def test_brief_names_tests_that_exist() -> None:
    gone = [
        f"{code}: {path}::{name}"
        for code, cell in rows()
        for path, name in cited(cell)
        if name not in claims_in(path)
    ]
    assert not gone


@pytest.mark.parametrize(("code", "cell"), rows())
def test_brief_says_of_every_line_what_holds_it(code: str, cell: str) -> None:
    assert cited(cell), f"{code} has no test"
    assert "not yet" not in cell
    assert cell.count("`") == 2 * len(cited(cell)), f"{code}: write tests as `path::name`"


def test_code_cites_lines_the_brief_has() -> None:
    strangers = []
    for folder in ("src", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for line in re.findall(r"Brief:(.*)", path.read_text(encoding="utf-8")):
                strangers += [
                    f"{path.relative_to(ROOT)}: {code}"
                    for code in re.findall(r"\b[A-F]\d+\b", line)
                    if code not in CODES
                ]
    assert not strangers


def test_guesses_page_repeats_every_guess_of_the_source() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "guesses.py"))
    assert read("docs/reproduce/guesses.md") == script["page"](), "run `make docs`"


def test_the_table_of_inputs_is_what_the_calls_answer() -> None:
    """Every public call with twelve kinds of pictures: really made again."""
    script = runpy.run_path(str(DOCS / "inputs.py"))
    assert len(script["KINDS"]) == 12
    for language, table in script["tables"]().items():
        page = script["PAGES"][language].read_text(encoding="utf-8")
        assert script["written"](language, table) == page, "run `make docs`"


def test_every_guess_is_a_whole_sentence() -> None:
    guesses = runpy.run_path(str(ROOT / "docs" / "guesses.py"))["guesses"]
    cut_off = [
        f"{path.relative_to(ROOT)}: {guess}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for guess in guesses(path.read_text(encoding="utf-8"))
        if not guess.endswith(".")
    ]
    assert not cut_off


def ten_lines(page: str) -> str:
    block = re.search(r"```python\n(.*?)```", read(page), re.DOTALL)
    assert block, f"{page} shows no Python"
    return block[1]


def test_ten_lines_of_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the digits that need no download; of them, one that was not learnt is the picture."""
    lines = ten_lines("README.md")
    small = lines.replace('"mnist"', '"digits"')
    assert small.count("digits") == 2
    monkeypatch.chdir(tmp_path)
    digits = sc.load("digits").test
    assert digits is not None
    # As a person writes: dark on white, with room around it.
    paper = Image.new("L", (160, 160), 255)
    ink = Image.fromarray(255 - digits.pixels[3, 0]).resize((80, 80), Image.Resampling.BICUBIC)
    paper.paste(ink, (40, 40))
    paper.save("my.png")
    exec(compile(small, "README.md", "exec"), {})
    judged, label, shares, shape = capsys.readouterr().out.strip().rsplit("\n", 3)
    assert judged.startswith("Evaluation: ")
    assert float(judged.split()[1]) < 5
    assert int(label) == digits.labels[3]
    assert sum(map(float, shares.strip("[]").split())) == pytest.approx(1, abs=0.05)
    assert shape == "(84,)"
    assert (tmp_path / "lenet5.safetensors").is_file()


def test_the_packages_docstring_has_the_readmes_lines() -> None:
    said = [line.strip() for line in (sc.__doc__ or "").splitlines()]
    lines = [line for line in ten_lines("README.md").splitlines() if line]
    assert [line for line in lines if line in said] == lines[:-2]


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.name)
def test_examples_run(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_both_readmes_show_the_same_code_and_figures() -> None:
    english, chinese = (read(page).replace("-zh.svg", ".svg") for page in READMES)
    assert ten_lines("README.md") == ten_lines("README.zh-CN.md")
    assert programs(english)[:2] == programs(chinese)[:2]
    for pattern in (r"!\[.*?\]\((.*?)\)", r"\d+(?:\.\d+)? ?(?:%|s\b|MB|×)"):
        assert re.findall(pattern, english, re.DOTALL) == re.findall(pattern, chinese, re.DOTALL)


@pytest.mark.parametrize("page", [*READMES, "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", read(page))
    assert not [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]


def examples_of(page: str) -> str:
    """The `>>>` blocks of a page, one after the other."""
    blocks = re.findall(r"^```pycon\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.S | re.M)
    return "\n".join(blocks)


@pytest.mark.parametrize("page", [page for page in PAGES if examples_of(page)])
def test_pages_print_what_the_code_answers(page: str) -> None:
    """Every page by itself, from its first example to its last."""
    found = doctest.DocTestParser().get_doctest(examples_of(page), {}, page, page, 0)
    said: list[str] = []
    assert found.examples
    doctest.DocTestRunner(verbose=False).run(found, out=said.append)
    assert not said, "".join(said)


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
    chinese = chinese.replace("-zh.svg", ".svg")
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


def places(nav: object) -> list[str]:
    """Every page and folder of the navigation."""
    if isinstance(nav, str):
        return [nav]
    inside = nav.values() if isinstance(nav, dict) else nav
    return [place for entry in inside for place in places(entry)]


def test_every_page_is_in_the_navigation_once() -> None:
    named = [
        folder + place
        for project, folder in PROJECTS.items()
        for place in places(yaml.safe_load(read(project))["nav"])
    ]
    for page in PAGES:
        assert sum(page == place or (place.endswith("/") and page.startswith(place))
                   for place in named) == 1, page  # fmt: skip


def test_the_chinese_menu_is_chinese_and_in_the_order_of_the_english_one() -> None:
    english, chinese = (yaml.safe_load(read(project))["nav"] for project in PROJECTS)
    order = [page for page in places(english) if page in CHINESE]
    assert order == [page for page in places(chinese) if page in order]
    titles = re.findall(r"^ *- ([^:\n]+):", read("mkdocs.zh.yml").partition("nav:")[2], re.M)
    assert titles
    assert not [title for title in titles if not re.search(HAN, title)]


def test_the_site_asks_nobody_outside_for_fonts_or_scripts() -> None:
    site = yaml.safe_load(read("mkdocs.yml"))
    assert site["theme"]["font"] is False
    for project in PROJECTS:
        assert "://" not in read(project)


def test_every_file_of_formulas_and_every_public_room_has_a_page() -> None:
    script = runpy.run_path(str(DOCS / "pages.py"))
    made = script["pages"]()
    package = ROOT / "src" / "simplecell"
    nouns = {path.stem for path in (package / "formulas").glob("*.py")} - {"__init__"}
    assert nouns == {Path(page).stem for page in made if page.startswith("formulas/")} - {"index"}
    rooms = {path.name for path in package.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert rooms - set(script["ROOMS"]) <= {"formulas", "bench", "cli", "studio"}
    for room in script["ROOMS"]:
        assert f"::: simplecell.{room}\n" in made[f"api/{room}.md"]


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_and_to_code_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", FENCE.sub("", read(f"docs/{page}")))
    assert not [link for link in links if not (DOCS / page).parent.joinpath(link).exists()]


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.ipynb")), ids=lambda p: p.name)
def test_notebooks_run_and_are_stored_as_they_ran(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first cell to the last, without an error, with pictures: `docs/notebooks.py`."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 4
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]
    kept = [output for cell in code for output in cell["outputs"]]
    assert "error" not in {output["output_type"] for output in kept}
    assert not [output for output in kept if output.get("name") == "stderr"]
    assert sum("image/png" in output.get("data", {}) for output in kept) >= 2
    found: dict[str, object] = {"__name__": "__main__"}
    for number, cell in enumerate(code, 1):
        exec(compile("".join(cell["source"]), f"{path.name}, cell {number}", "exec"), found)


def test_features_beat_pixels_by_more_than_a_point_in_their_notebook() -> None:
    cells = json.loads(read("examples/features.ipynb"))["cells"]
    texts = [line for cell in cells for output in cell.get("outputs", [])
             for line in output.get("text", [])]  # fmt: skip
    said = re.findall(r"(\d+) labels, (\w+) +(\d+\.\d) %", "".join(texts))
    right = {(count, name): float(percent) for count, name, percent in said}
    assert len(right) == 4
    for count in {count for count, _ in right}:
        assert right[count, "features"] > right[count, "pixels"] + 1


@pytest.mark.parametrize("page", [*READMES, "ARCHITECTURE.md"])
def test_the_tree_shown_is_the_tree(page: str) -> None:
    """Paths stand at the beginning of a line of the tree; a room stands below its parent."""
    tree = re.findall(r"```text\n(src/simplecell/.*?)```", read(page), re.DOTALL)[0]
    parent, missing, rooms = "", [], set()
    for line in tree.splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            parent = name if name.endswith("/") else ""
        path = ROOT / (parent + name if line.startswith(" ") else name)
        rooms.add(path)
        missing += [] if path.exists() else [name]
    assert not missing
    package = ROOT / "src" / "simplecell"
    built = {path for path in package.iterdir() if (path / "__init__.py").is_file()}
    assert not sorted(path.name for path in built - rooms)


def test_smoke_runs_every_command() -> None:
    run = set(re.findall(r"^(?:simplecell|json) (\w+)", read(".ci/smoke"), re.MULTILINE))
    assert run == set(COMMANDS)


def test_convolved_features_repeat_what_was_measured() -> None:
    text = read("docs/features.md").partition("## Convolved features")[2].partition("\n## ")[0]
    found = [json.loads(read(f"docs/reproduce/{name}.json")) for name in ("convolved", "kernels")]
    means = [row["mean"] for results in found for row in results["rows"]]
    said = re.findall(r"\d+\.\d\d\b", text)
    assert len(said) > 5
    assert set(said) <= {f"{mean:.2f}" for mean in means}
    assert set(re.findall(r"(\d+) s\b", text)) <= {f"{mean:.0f}" for mean in means}


def test_no_figure_waits_to_be_measured() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert not [page.name for page in pages if "MEASURE:" in page.read_text(encoding="utf-8")]
