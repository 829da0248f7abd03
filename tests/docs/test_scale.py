"""Every copy-paste of the page on scale does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text("utf-8")
BLOCKS = re.findall(r"^## ([^\n]+)|^```(toml|sh|python)\n(.*?)^```", PAGE, re.M | re.S)


def blocks(kind: str) -> dict[str, str]:
    """The blocks of a kind, by the heading that they stand under."""
    heading, found = "", {}
    for title, language, text in BLOCKS:
        heading = title or heading
        if language == kind:
            found[heading] = text
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the grid, some photographs, a run, and the command on the way."""
    folder = tmp_path_factory.mktemp("scale")
    (folder / "grid.toml").write_text(blocks("toml")["On a laptop"])
    for k in range(40):
        path = folder / "photographs" / ("owl", "heron")[k % 2] / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((32, 32), 100 * (k % 2) + k, np.uint8)).save(path)
    command = folder / "simplecell"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m simplecell "$@"\n')
    command.chmod(0o755)
    return folder


def run(place: Path, *command: str, **env: str) -> str:
    path = os.pathsep.join((str(place), os.environ["PATH"]))
    sources = {"PYTHONPATH": str(ROOT / "src"), "PATH": path, **env}
    done = subprocess.run(
        command, cwd=place, env={**os.environ, **sources}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_laptop_and_slurm_give_the_same_bytes(place: Path) -> None:
    run(place, "bash", "-c", blocks("sh")["On a laptop"])
    for k in "01":
        run(place, "bash", "-c", blocks("sh")["On a cluster with SLURM"], SLURM_ARRAY_TASK_ID=k)
    one, two = (sorted((place / name / "units").iterdir()) for name in ("laptop", "slurm"))
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    assert len(one) == 8


def test_dask_does_it_too(place: Path) -> None:
    pytest.importorskip("distributed", reason="needs simplecell[dask]")
    run(place, "bash", "-c", blocks("sh")["With Dask"])
    assert len(list((place / "dask/units").iterdir())) == 8


def test_another_device_does_it_too(place: Path) -> None:
    pytest.importorskip("torch", reason="needs simplecell[torch]")
    told = run(place, "bash", "-c", blocks("sh")["On another device"])
    assert "torch" in told


@pytest.mark.parametrize("heading", list(blocks("python")))
def test_python_runs(place: Path, heading: str) -> None:
    assert run(place, sys.executable, "-c", blocks("python")[heading]).strip()


def test_very_many_pictures(place: Path) -> None:
    run(place, "simplecell", "train", "photographs", "--epochs", "1", "--out", "run")
    lines = blocks("sh")["Very many pictures"].splitlines()
    run(place, "bash", "-ec", "\n".join([*lines[:2], f"{lines[2]} --epochs 1"]))
    assert (place / "answers/part-000000.csv").read_text().count("\n") == 41
