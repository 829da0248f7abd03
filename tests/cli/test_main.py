import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import simplecell
from simplecell.cli import main as main_file

SOURCE = Path(simplecell.__file__).parents[1]
FULL = Path("/dev/full")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "120"}
COMMANDS = ["train", "evaluate", "predict", "summary", "count", "check"]


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simplecell", *arguments]
    return subprocess.run(
        command, env=ENVIRONMENT, text=True, check=False, **{"capture_output": True, **options}
    )


def test_module_and_version() -> None:
    answer = run("--version")
    assert (answer.returncode, answer.stdout) == (0, f"simplecell {simplecell.__version__}\n")


def test_no_arguments_show_the_commands(simplecell: Any) -> None:
    answer = simplecell()
    assert all(command in answer.out + answer.err for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(simplecell: Any, command: str) -> None:
    answer = simplecell(command, "--help")
    assert answer.code == 0
    assert "--json" in answer.out


@pytest.mark.parametrize(
    "arguments", [("tran", "digits"), ("train", "digits", "--epoch", "3"), ("train",)]
)
def test_unknown_commands_and_options_are_exit_code_2(
    simplecell: Any, arguments: tuple[str, ...]
) -> None:
    answer = simplecell(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert "Usage" in answer.err or "Error" in answer.err


def failing(monkeypatch: pytest.MonkeyPatch, problem: BaseException) -> None:
    def fail(told: list[str]) -> Any:
        def app(*arguments: object, **options: object) -> None:
            raise problem

        return app

    monkeypatch.setattr(main_file, "application", fail)


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (KeyboardInterrupt(), 130, ""),
        (OSError(errno.ENOSPC, "No space", "/x/y"), 2, "/x/y could not be written: no space"),
        (OSError(errno.ENOSPC, "No space"), 2, "the output could not be written: no space"),
        (PermissionError(errno.EACCES, "Denied", "/x"), 2, "/x is not yours to read or write"),
        (OSError(errno.EIO, "Input/output error", "/x"), 2, "/x: Input/output error."),
        (MemoryError(), 2, "more memory than there is"),
    ],
)
def test_what_the_system_refuses_is_said_plainly(
    simplecell: Any, monkeypatch: pytest.MonkeyPatch, problem: BaseException, code: int, words: str
) -> None:
    failing(monkeypatch, problem)
    answer = simplecell("anything")
    assert answer.code == code
    assert words in answer.err
    assert answer.err.count("\n") <= 2


def test_a_fault_of_ours_shows_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, RuntimeError("ours"))
    with pytest.raises(RuntimeError, match="ours"):
        main_file.main([])


@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no /dev/full")
def test_an_answer_that_finds_no_room_says_so() -> None:
    with FULL.open("w") as full:
        answer = run("count", "--json", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert answer.returncode == 2
    assert answer.stderr == (
        "OSError: the output could not be written: no space is left."
        " Free some, or write elsewhere.\n"
    )


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    answer = run("count", "--json", capture_output=False, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert answer.returncode != 0
    assert answer.stderr == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_finding_a_command_loads_nothing_heavy(command: str) -> None:
    report = (
        f"import sys\nfrom simplecell.cli.main import application\napplication(['{command}'])\n"
        "print(*({'numba', 'numpy', 'scipy', 'sklearn', 'safetensors', 'PIL'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", report], env=ENVIRONMENT, text=True, capture_output=True, check=True
    )
    assert loaded.stdout.split() == []


def test_public_names_are_sorted_and_all_there() -> None:
    assert simplecell.__all__ == sorted(simplecell.__all__)
    assert all(getattr(simplecell, name) is not None for name in simplecell.__all__)
    assert set(simplecell.__all__) <= set(dir(simplecell))
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        simplecell.fitt  # noqa: B018
