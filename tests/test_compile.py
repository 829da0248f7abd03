"""Where compiled kernels are kept; each case in a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simplecell import compile as door

SOURCES = Path(door.__file__).parents[1]

SUMS = """
import numpy as np
from simplecell import compile as door
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.profile import sweep
from simplecell.engines.lanes.rbf import ENTRY
memory, out = np.arange(64, dtype=np.float32), np.zeros(64, np.float32)
sweep(memory, 4, 3, out)
assert np.array_equal(out, 3 * memory)
assert ENTRY.address
print(door.CACHE)
"""
"""Compiles two kernels, one called by Python and one by its address."""


def report(script, **variables):
    clean = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        env={**clean, "PYTHONPATH": str(SOURCES), **variables},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def kept(folder):
    return sorted(path.name for path in Path(folder).rglob("*.nbc"))


def test_kernels_are_kept_in_the_users_cache_and_found_again(tmp_path):
    folder = report(SUMS, XDG_CACHE_HOME=str(tmp_path))
    assert Path(folder).parent == tmp_path / "simplecell"
    before = {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*.nbc")}
    assert any(path.name.startswith("profile.sweep") for path in before)
    assert any(path.name.startswith("rbf.rbf") for path in before)
    assert report(SUMS, XDG_CACHE_HOME=str(tmp_path)) == folder
    assert {p: p.stat().st_mtime_ns for p in Path(folder).rglob("*.nbc")} == before


def test_numbas_own_variable_comes_first(tmp_path):
    folder = report(SUMS, NUMBA_CACHE_DIR=str(tmp_path / "a"), XDG_CACHE_HOME=str(tmp_path / "b"))
    assert Path(folder).parent == tmp_path / "a"
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "HOME"])
def test_a_folder_that_cannot_be_is_passed_over_for_a_temporary_one(tmp_path, variable):
    """Below a file there are no folders, not even for root."""
    barred = {variable: f"{os.devnull}/x", "TMPDIR": str(tmp_path)}
    folder = report(SUMS, **barred)
    assert Path(folder).parents[1] == tmp_path
    assert kept(folder)


NOWHERE = f"import tempfile; tempfile.tempdir = {os.devnull + '/y'!r}\n"


def test_without_any_folder_kernels_are_compiled_and_not_kept(tmp_path):
    home = {"XDG_CACHE_HOME": f"{os.devnull}/x", "HOME": str(tmp_path)}
    assert report(NOWHERE + SUMS, **home) == "None"
    assert report(NOWHERE + SUMS + "print(door.compiled())", **home).split() == ["None", "False"]
    assert not kept(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives away")
def test_a_temporary_folder_of_another_user_is_not_trusted(tmp_path):
    planted = tmp_path / f"simplecell-cache-{os.getuid()}"
    planted.mkdir(mode=0o777)
    os.chown(planted, 12345, 12345)
    barred = {"XDG_CACHE_HOME": f"{os.devnull}/x", "TMPDIR": str(tmp_path)}
    assert report(SUMS, **barred) == "None"
    assert not list(planted.iterdir())


def test_a_cache_that_goes_while_we_run_is_made_again(tmp_path):
    gone = "from simplecell import compile as d; import shutil; shutil.rmtree(d.CACHE)"
    assert kept(report(gone + SUMS, XDG_CACHE_HOME=str(tmp_path)))


def test_two_processes_may_compile_at_once(tmp_path):
    """Both are right, and what they leave behind serves a third."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), "NUMBA_CACHE_DIR": str(tmp_path)}
    pair = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", SUMS], env=environment, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for process in pair:
        _, problems = process.communicate(timeout=600)
        assert (process.returncode, problems) == (0, b"")
    before = kept(tmp_path)
    report(SUMS, NUMBA_CACHE_DIR=str(tmp_path))
    assert kept(tmp_path) == before


def test_no_kept_file_holds_two_kernels(tmp_path):
    """Numba numbers what one name has in order: two writers could swap two of one name."""
    folder = report(SUMS, NUMBA_CACHE_DIR=str(tmp_path))
    assert all(name.endswith(".1.nbc") for name in kept(folder))


def test_compiled_means_a_step_of_training_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "CACHE", None)
    assert not door.compiled()
    monkeypatch.setattr(door, "CACHE", tmp_path)
    assert not door.compiled()
    inner = tmp_path / "lanes_0"
    inner.mkdir()
    (inner / "machine.place-33.py311.1.nbc").touch()
    assert not door.compiled()
    (inner / "machine.train-91.py311.1.nbc").touch()
    assert door.compiled()


def test_compilation_says_which_kernels_are_kept_and_which_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "CACHE", tmp_path)
    monkeypatch.setattr(door, "_STARTED", {})
    assert door.compilation() is None
    door.begin(["conv.conv", "machine.place", "machine.train"])
    assert door.compilation().left == ("conv", "place", "train")
    (tmp_path / "lanes_0").mkdir()
    (tmp_path / "lanes_0" / "conv.conv-33.py311.1.nbc").touch()
    so_far = door.compilation()
    assert (so_far.done, so_far.left) == (("conv",), ("place", "train"))
    assert so_far.seconds >= 0


def test_the_kernels_that_are_announced_are_those_that_are_kept():
    """By the names that Numba gives them, which are Numba's business."""
    from simplecell.engines.lanes import compilation

    if door.CACHE is None or not door.compiled():
        pytest.skip("nothing is compiled yet, or nothing is kept")
    kept_names = {path.name.partition("-")[0] for path in door.CACHE.rglob("*.nbc")}
    assert {"conv.conv", "reading.read", compilation.LEARN} <= kept_names


def test_training_leaves_what_compiled_looks_for():
    """By the name that Numba gives it, which is Numba's business."""
    import numpy as np

    from simplecell.engines.lanes import Lanes
    from simplecell.engines.parameters import initial_parameters
    from simplecell.engines.protocol import Examples
    from simplecell.spec.layers import Dense
    from simplecell.spec.network import Network

    network = Network("n", (1, 2, 2), (Dense("F1", 2, "softmax"),))
    examples = Examples(np.zeros((1, 1, 2, 2), np.uint8), np.zeros(1, np.int64))
    program = Lanes(1).program(network)
    program.gradients(initial_parameters(network, 0), examples, "cross_entropy")
    assert door.CACHE is None or door.compiled()


def test_numbas_setting_is_left_as_it_was():
    import numba

    before = numba.config.CACHE_DIR
    with pytest.raises(ZeroDivisionError):
        door.keep(lambda options: 1 // 0)
    assert before == numba.config.CACHE_DIR


@pytest.mark.parametrize("name", ["haswell", "generic"])
def test_tiles_fit_the_processor_that_is_compiled_for_and_not_the_host(name: str) -> None:
    """Neither has registers of sixteen floats, whatever runs this."""
    told = {**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
    code = "import sys; sys.path = sys.argv[1:]; from simplecell.compile import WIDE; print(WIDE)"
    said = subprocess.run(
        [sys.executable, "-c", code, *sys.path],
        env=told, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert said.stdout.strip() == "False"


def test_another_environment_with_the_same_files_finds_what_is_compiled(tmp_path: Path) -> None:
    """As a fresh virtual environment is: the package in another place, its files of today."""
    if door.CACHE is None or not door.compiled():
        pytest.skip("nothing is compiled yet, or nothing is kept")
    copy = tmp_path / "site" / "simplecell"
    shutil.copytree(
        Path(door.__file__).parent, copy, ignore=shutil.ignore_patterns("web", "*.pyc")
    )
    code = """if True:
        import simplecell.compile as door
        from simplecell.engines.lanes import compilation, machine
        before = door.kept()
        compilation.compile_training()
        hits = machine.train.stats.cache_hits.values()
        print(door.__file__, door.CACHE, door.kept() == before, *hits)
    """
    told = {**os.environ, "PYTHONPATH": str(copy.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=told, check=True
    )
    assert done.stdout.split() == [str(copy / "compile.py"), str(door.CACHE), "True", "1"]
