"""The tree is the import order: what a file may import follows from where it stands."""

import ast
import os
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "simplecell"

FLOORS = (
    {"errors", "compile", "repr", "notation", "workers", "document", "renamed"},
    {"spec", "formulas", "data"},
    {"engines"},
    {"train"},
    {"features", "export", "units"},
    {"estimators", "importer", "plots", "sweeps", "studio", "bench", "reproduce", "bulk"},
    {"__init__"},
    {"cli"},
    {"__main__"},
)
"""Rooms of one floor do not know each other; a room imports rooms of lower floors only."""

NARROW = {
    "engines": {"errors", "compile", "repr", "notation", "workers", "document", "spec", "formulas"}
}
"""Rooms that may import less than their floor would let them."""

NUMBERS = set().union(*FLOORS) - {
    "errors",
    "repr",
    "notation",
    "workers",
    "document",
    "renamed",
    "spec",
    "__init__",
    "__main__",
}
DOORS = {
    "numpy": tuple(sorted(NUMBERS)),
    "scipy": ("features", "data"),
    "sklearn": ("estimators", "data/digits.py", "data/libsvm.py", "bench"),
    "numba": ("compile.py", "engines/lanes"),
    "llvmlite": ("compile.py", "engines/lanes"),
    "threadpoolctl": ("engines/lanes", "features/shares.py", "units/carry.py", "bench"),
    "pooch": ("data/fetch.py",),
    "PIL": ("data", "cli", "studio"),
    "filelock": ("train/claim.py", "units/claims.py"),
    "dask": ("units/cluster.py",),
    "distributed": ("units/cluster.py", "units/carry.py"),
    "pyarrow": ("data/parquet.py", "sweeps/table.py", "bulk/answers.py"),
    "optuna": ("sweeps/pruning.py",),
    "safetensors": ("train/checkpoint.py",),
    "starlette": ("studio/server.py",),
    "uvicorn": ("studio/server.py",),
    "rich": ("cli", "train/bar.py"),
    "typer": ("cli",),
    "torch": ("engines/pytorch", "engines/distributed.py", "bench"),
    "jax": ("bench",),
    "onnx": ("export/onnx",),
    "onnxruntime": ("bench",),
    "anywidget": ("studio/notebook.py",),
    "traitlets": ("studio/notebook.py",),
    "matplotlib": ("plots",),
}
"""Where each package from outside enters; a package that is not here enters nowhere."""

LAYERS = (
    *("Conv", "Combine", "Local", "Subsample", "Pool", "GlobalPool", "Dense", "RBF"),
    *("BatchNorm", "Dropout"),
)
BUILDERS = (
    # What makes networks of its own, or counts by the deck's names: it must name their layers.
    "__init__.py",
    "spec/zoo.py",
    "spec/preset.py",
    "spec/departures.py",
    "spec/accounting.py",
    "cli/count.py",
    "estimators/design.py",
    "estimators/softmax.py",
    "features/stack.py",
    "train/rejection.py",
    # Squashing functions and gains that no layer of the file carries.
    "importer/chain.py",
    "importer/assembly.py",
    "bench/networks.py",
    "bench/perceptron.py",
    "bench/growth.py",
    # A peer that the layers are written for once more, to be timed.
    "bench/xla.py",
    # Experiments on one kind of layer.
    "reproduce/collapse.py",
    "reproduce/combinations.py",
    "reproduce/kernels.py",
    "reproduce/strings.py",
    "reproduce/wiring.py",
)
"""Files that may name a layer besides those in a folder `layers`."""

LONGEST_FILE, LONGEST_FUNCTION = 400, 60

FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def where(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room(path: Path) -> str:
    return where(path).split("/")[0].removesuffix(".py")


def module_file(dotted: str) -> Path | None:
    """The file of `simplecell.a.b`, if there is one."""
    stem = PACKAGE.joinpath(*dotted.split(".")[1:])
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


def absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = ("simplecell", *path.relative_to(PACKAGE).parts[:-1])
    package = package[: len(package) - node.level + 1]
    return ".".join((*package, node.module) if node.module else package)


def imports(path: Path) -> list[tuple[int, str]]:
    """Every module a file imports, wherever in it the import stands, with its line."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = absolute(path, node)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                is_module = base.startswith("simplecell") and module_file(inner) is not None
                found.append((node.lineno, inner if is_module else base))
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("import_module")
            and isinstance(node.args[0], ast.Constant)
        ):
            found.append((node.lineno, str(node.args[0].value)))
    return found


def inside(path: Path) -> list[tuple[int, Path]]:
    """The package's own files that a file imports, with the line."""
    own = [(line, name) for line, name in imports(path) if name.split(".")[0] == "simplecell"]
    files = [(line, module_file(name)) for line, name in own]
    return [(line, file) for line, file in files if file is not None and file != path]


def floor(name: str) -> int:
    return next(n for n, rooms in enumerate(FLOORS) if name in rooms)


def test_every_room_has_its_floor() -> None:
    strangers = {room(path) for path in FILES} - set().union(*FLOORS)
    assert not strangers, f"rooms that the list of floors does not know: {sorted(strangers)}"


def test_no_room_is_empty() -> None:
    empty = [
        where(folder)
        for folder in PACKAGE.rglob("*")
        if folder.is_dir()
        and folder.name not in ("__pycache__", "static")
        and not any(path.name != "__init__.py" for path in folder.glob("*.py"))
        and any(folder.glob("*.py"))
    ]
    assert not empty


@pytest.mark.parametrize("path", FILES, ids=where)
def test_imports_go_down_the_floors(path: Path) -> None:
    mine = room(path)
    below = set().union(*FLOORS[: floor(mine)])
    allowed = NARROW.get(mine, below) | {mine}
    climbs = [
        f"{where(path)}:{line} imports {where(file)}"
        for line, file in inside(path)
        if room(file) not in allowed
    ]
    assert not climbs


def test_no_file_imports_itself_by_a_detour() -> None:
    graph = {path: {file for _, file in inside(path)} for path in FILES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        pytest.fail(" -> ".join(where(path) for path in cycle.args[1]))


@pytest.mark.parametrize("path", FILES, ids=where)
def test_packages_enter_by_their_doors(path: Path) -> None:
    outside = [
        (line, name.split(".")[0])
        for line, name in imports(path)
        if name.split(".")[0] not in {"simplecell", *sys.stdlib_module_names}
    ]
    here = where(path)
    astray = [
        f"{here}:{line} imports {name}, which enters by {DOORS.get(name, 'no door')}"
        for line, name in outside
        if not any(
            here == door or here.startswith(f"{door}/") or here == f"{door}.py"
            for door in DOORS.get(name, ())
        )
    ]
    assert not astray


def test_each_peer_of_the_bench_has_one_file() -> None:
    peers = ("torch", "jax", "onnxruntime", "sklearn")
    doors = {
        peer: {
            where(path)
            for path in FILES
            if room(path) == "bench"
            and any(name.split(".")[0] == peer for _, name in imports(path))
        }
        for peer in peers
    }
    assert {peer: files for peer, files in doors.items() if len(files) > 1} == {}


def test_importing_simplecell_is_light() -> None:
    report = f"import sys, simplecell; print(*(set({tuple(DOORS)}) & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", report],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert loaded.stdout.split() == []


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code, the docstring not counted."""
    has_docstring = ast.get_docstring(function) is not None
    body = function.body[1:] if has_docstring else function.body
    if not body:
        return 0
    return (function.end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("folder", ["src", "tests", "examples", "docs", "benchmarks"])
def test_files_and_functions_stay_readable(folder: str) -> None:
    too_long = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > LONGEST_FILE:
            too_long.append(f"{path.relative_to(ROOT)}: {lines} lines")
        too_long += [
            f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {length(function)} lines"
            for function in functions(path)
            if length(function) > LONGEST_FUNCTION
        ]
    assert not too_long, "past that, look for the second idea"


def test_file_names_are_nouns() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc", "core"}
    assert not [where(path) for path in FILES if path.stem in vague or "_" in path.stem.strip("_")]


def layers_named(path: Path) -> set[str]:
    """The layers that the code of a file names; docstrings and messages do not count."""
    named = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            named |= {alias.name for alias in node.names}
    return named & set(LAYERS)


def test_a_layer_is_known_in_its_own_files_only() -> None:
    """What asks what kind of layer it has in hand asks the layer; docs/decisions/0004."""
    strangers = {
        where(path): sorted(layers_named(path))
        for path in FILES
        if "layers" not in path.parts and where(path) not in BUILDERS and layers_named(path)
    }
    assert not strangers


def test_a_file_of_a_layer_names_no_other() -> None:
    """A layer that becomes another one names that: what it is slid as, or what C has of it.

    What runs with channels last is two kinds of layers, laid out alike.
    """
    becomes = {
        ("dense", "Conv"),
        ("combine", "Conv"),
        ("globalpool", "Pool"),
        ("channels", "Conv"),
        ("channels", "Pool"),
    }
    strangers = [
        f"{where(path)} names {name}"
        for path in FILES
        if path.parent.name == "layers" and path.stem not in ("entries", "__init__")
        for name in layers_named(path)
        if path.stem != name.lower() and (path.stem, name) not in becomes
    ]
    assert not strangers


def test_every_builder_still_names_a_layer() -> None:
    assert not [name for name in BUILDERS if not layers_named(PACKAGE / name)]


def test_nothing_pickles() -> None:
    forbidden = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    found = [
        f"{where(path)}:{line}"
        for path in FILES
        for line, name in imports(path)
        if name.split(".")[0] in forbidden
    ]
    assert not found


def test_nothing_is_left_to_do() -> None:
    words = ("TODO", "FIXME", "XXX", "NotImplementedError")
    left = [
        f"{where(path)}:{number} {word}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for word in words
        if word in line
    ]
    assert not left
