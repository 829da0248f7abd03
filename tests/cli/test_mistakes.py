"""The commonest mistake with every command: what is said, and that nothing else happens."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from simplecell.cli.main import application

KNOWN = "did you mean"
MISTAKES = {
    "look": ("mnits", f"'mnits': {KNOWN} 'mnist'?"),
    "train": ("mnits", f"'mnits': {KNOWN} 'mnist'?"),
    "evaluate": ("PICTURES RUN", "holds no run: there is no model.safetensors in it."),
    "predict": ("RUN PICTURES", "is a folder; give the pictures in it one by one."),
    "read": ("RUN PICTURES/a/1.png", "knows no class 'none'"),
    "summary": ("lenet6", f"'lenet6': {KNOWN} 'lenet5'?"),
    "count": ("--image 9", "say what a unit sees: --kernel"),
    "check": ("lenet6", f"'lenet6': {KNOWN} 'lenet5'?"),
    "bench": ("--only train", f"'train': {KNOWN} 'training'?"),
    "reproduce": ("lenet", f"'lenet': {KNOWN} 'lenet1998'?"),
    "features learn": ("mnits --out f.safetensors", f"'mnits': {KNOWN} 'mnist'?"),
    "features show": ("RUN/model.safetensors --out f.png", "features learn writes."),
    "features encode": ("RUN/model.safetensors digits --out f.npz", "features learn writes."),
    "features pipeline": ("mnits", f"'mnits': {KNOWN} 'mnist'?"),
    "export": ("RUN model.onxn", f"'.onxn': {KNOWN} '.onnx'?"),
    "plot": ("confuson RUN", f"'confuson': {KNOWN} 'confusion'?"),
    "import": ("RUN/model.safetensors", "is no ONNX file, or a damaged one."),
    "studio": ("RUN --port 70000", "ports are numbers from 0 to 65535."),
    "pack": ("mnits p.pack", "cannot be read: No such file or directory."),
    "sweep": ("digits --grid none.toml", "none.toml cannot be read"),
    "report": ("PICTURES", "stands before the pictures"),
}
"""Of each command, what is typed and what must be said."""


def leaves(command: Any, name: str = "") -> Iterator[str]:
    """The full name of every command that does something, as in "features learn"."""
    for word, inner in getattr(command, "commands", {}).items():
        yield from leaves(inner, f"{name} {word}".strip())
    if not hasattr(command, "commands"):
        yield name


def test_every_command_is_tried() -> None:
    assert set(MISTAKES) == set(leaves(typer.main.get_command(application([]))))


@pytest.fixture
def place(
    simplecell: Any, net: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Path]:
    """A run and a folder of pictures, in a folder of their own."""
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    told = ("--net", net, "--engine", "reference", "--epochs", 1, "--out", tmp_path / "run")
    assert simplecell("train", "digits", *told).code == 0
    for name in ("a", "b"):
        (tmp_path / "own" / name).mkdir(parents=True)
        Image.linear_gradient("L").resize((9, 9)).save(tmp_path / "own" / name / "1.png")
    return {"RUN": tmp_path / "run", "PICTURES": tmp_path / "own"}


@pytest.mark.parametrize("command", MISTAKES)
def test_the_commonest_mistake_is_named_with_what_to_do_and_nothing_is_written(
    command: str, simplecell: Any, place: dict[str, Path], tmp_path: Path
) -> None:
    typed, said = MISTAKES[command]
    for word, path in place.items():
        typed = typed.replace(word, str(path))
    before = sorted(tmp_path.rglob("*"))
    answer = simplecell(*command.split(), *typed.split())
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert len(answer.err.splitlines()) <= 4
    assert "Traceback" not in answer.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["summary", "check"])
def test_a_run_stands_for_its_network(
    command: str, simplecell: Any, place: dict[str, Path]
) -> None:
    assert simplecell(command, place["RUN"], "--json").json["network"] == "two"
