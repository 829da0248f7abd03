"""Commands are run as a person runs them, in this process or in one of their own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.cli.main import main
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one line of standard output."""
        assert self.out.count("\n") == 1, self.out
        document: dict[str, Any] = json.loads(self.out)
        return document


Command = Callable[..., Answer]


@pytest.fixture
def simplecell(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Answer:
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return Answer(int(end.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """The file of a network that learns 8x8 digits in milliseconds."""
    path = tmp_path / "two.json"
    layers = (Dense("F1", 12), Dense("F2", 10, "softmax"))
    path.write_text(Network("two", (1, 8, 8), layers).to_json())
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A data set of 90 pictures whose bright row is their class, with no test part."""
    rng = np.random.default_rng(1)
    labels = np.arange(90) % 3
    pixels = rng.integers(0, 100, (90, 8, 8), dtype=np.uint8)
    pixels[np.arange(90), 2 * labels + 1] += 120
    np.savez(tmp_path / "rows.npz", x=pixels, y=labels)
    return tmp_path / "rows.npz"
