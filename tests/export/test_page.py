"""What docs/export.md shows runs as it is printed, on a model of scikit-learn's digits."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from simplecell.cli.main import main
from simplecell.export.c.header import write_header
from simplecell.train.model import Model

PAGE = Path(__file__).parents[2] / "docs" / "export.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def exported(model: Model, folder: Path, *files: str) -> None:
    model.save(folder / "model.safetensors")
    for file in files:
        with pytest.raises(SystemExit) as end:
            main(["export", str(folder / "model.safetensors"), str(folder / file)])
        assert not end.value.code


def test_python_of_the_page_runs(
    trained: Callable[[str], Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("onnx", "onnxruntime", "torch"):
        pytest.importorskip(package)
    exported(trained("lenet5"), tmp_path, "lenet5.onnx", "lenet5.pt")
    monkeypatch.chdir(tmp_path)
    first, second = blocks("python")
    found: dict[str, object] = {}
    exec(compile(first, str(PAGE), "exec"), found)
    assert getattr(found["scores"], "shape", None) == (7, 10)
    exec(compile(second, str(PAGE), "exec"), found)


def test_c_of_the_page_compiles_and_names_a_class(
    trained: Callable[[str], Model], compile_c: Callable[..., Path], tmp_path: Path
) -> None:
    header = write_header(trained("lenet5"), "lenet5", int8=True)
    (tmp_path / "lenet5.h").write_text(header.text)
    (source,) = blocks("c")
    (tmp_path / "page.c").write_text(source)
    program = compile_c(tmp_path / "page.c")
    said = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    assert said.strip() in set("0123456789")


def test_sizes_on_the_page_are_those_of_lenet5(trained: Callable[[str], Model]) -> None:
    real, whole = (write_header(trained("lenet5"), "n", int8=int8) for int8 in (False, True))
    for row in (
        f"| constants | {real.constant_bytes:,} bytes | {whole.constant_bytes:,} bytes |",
        f"| scratch | {real.scratch_bytes:,} bytes | {whole.scratch_bytes:,} bytes |",
        f"| multiply-adds for a picture | {real.multiply_adds:,} | {whole.multiply_adds:,} |",
    ):
        assert row in PAGE.read_text(encoding="utf-8")
