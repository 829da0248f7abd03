"""The pages say what is true: their tables, trees and examples are held against the code."""

import ast
import doctest
import json
import re
import runpy
from functools import cache
from pathlib import Path

import pytest
import yaml
from PIL import Image, features

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
PROJECTS = {"mkdocs.yml": "", "mkdocs.zh.yml": "zh/"}
HAN = "[\u4e00-\u9fff]"
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


def test_the_table_of_layouts_is_what_loading_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layout is made again, small, and loaded; what is refused, with its sentence."""
    pytest.importorskip("pyarrow", reason="Parquet takes pyarrow")
    monkeypatch.syspath_prepend(str(DOCS))
    script = runpy.run_path(str(DOCS / "layouts.py"))
    assert sum(map(len, script["FAMILIES"].values())) >= 60
    for language, table in script["tables"]().items():
        page = script["PAGES"][language].read_text(encoding="utf-8")
        assert script["written"](language, table) == page, "run `make docs`"


def test_the_tables_of_picture_files_are_what_reading_gives() -> None:
    """Forty kinds and more are written and read again."""
    script = runpy.run_path(str(DOCS / "kinds.py"))
    if not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
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


STUDIO_PAGE = DOCS / "studio" / "page.html"
"""It is made while the site is built."""


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_and_to_code_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", FENCE.sub("", read(f"docs/{page}")))
    places = [(DOCS / page).parent.joinpath(link).resolve() for link in links]
    assert not [place for place in places if not place.exists() and place != STUDIO_PAGE]


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
