"""The page on scikit-learn says what is true."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from simplecell.train.model import load_model

PAGE = Path(__file__).parents[2] / "docs" / "scikit-learn.md"


def test_the_worked_example_runs_and_reads_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    scores = []
    for block in blocks:
        heard = io.StringIO()
        with contextlib.redirect_stdout(heard):
            exec(compile(block, PAGE.name, "exec"), names)
        scores.append(float(heard.getvalue().split()[-1]))
    assert scores[0] > 0.955
    assert scores[1] > 0.9
    assert scores[2] > 0.955
    assert load_model(tmp_path / "digits.safetensors").classes == tuple("0123456789")
