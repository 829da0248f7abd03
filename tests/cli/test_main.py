import errno
import os
import platform
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import typer

import simplecell
from simplecell.cli import main as main_file
from simplecell.cli import version

SOURCE = Path(simplecell.__file__).parents[1]
FULL = Path("/dev/full")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "120"}
COMMANDS = main_file.COMMANDS


def leaves(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its full name, as in "features learn"."""
    for word, inner in getattr(command, "commands", {}).items():
        yield from leaves(inner, f"{name} {word}".strip())
    if not hasattr(command, "commands"):
        yield name, command


LEAVES = dict(leaves(typer.main.get_command(main_file.application([]))))


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simplecell", *arguments]
    return subprocess.run(
        command,
        text=True,
        check=False,
        **{"env": ENVIRONMENT, "capture_output": True, **options},
    )


def test_module_and_version() -> None:
    answer = run("--version")
    assert answer.returncode == 0
    first, python, machine, engines = answer.stdout.splitlines()
    assert first == f"simplecell {simplecell.__version__}"
    assert python.startswith(f"python {platform.python_version()}, {platform.system()}")
    assert re.fullmatch(r".+, \d+ cores?", machine)
    assert f"lanes (numba {metadata.version('numba')})" in engines


def test_an_engine_that_is_missing_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "find_spec", lambda name: None if name == "torch" else name)
    assert version.lines()[-1].endswith("torch (not there: torch is not installed)")


def test_the_version_loads_nothing_heavy() -> None:
    report = (
        "import sys\nfrom simplecell.cli.version import lines\nlines()\n"
        "print(*({'numba', 'torch', 'scipy', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", report], env=ENVIRONMENT, text=True, capture_output=True, check=True
    )
    assert loaded.stdout.split() == []


@pytest.mark.parametrize(
    ("typed", "offered"), [("simplecell pl", "plot"), ("simplecell train --unt", "--until-error")]
)
def test_a_shell_completes_commands_and_options(typed: str, offered: str) -> None:
    asked = {"_SIMPLECELL_COMPLETE": "complete_bash", "COMP_WORDS": typed}
    asked["COMP_CWORD"] = str(len(typed.split()) - 1)
    answer = run(env={**ENVIRONMENT, **asked})
    assert answer.stdout.split() == [offered]
    assert "--install-completion" in run("--help").stdout


def test_no_arguments_show_the_commands(simplecell: Any) -> None:
    answer = simplecell()
    assert all(command in answer.out + answer.err for command in COMMANDS)


@pytest.mark.parametrize("command", LEAVES)
def test_every_command_explains_itself(simplecell: Any, command: str) -> None:
    answer = simplecell(*command.split(), "--help")
    assert answer.code == 0
    assert "--json" in answer.out


@pytest.mark.parametrize("command", LEAVES)
def test_every_command_has_a_worked_example_that_it_understands(command: str) -> None:
    told = LEAVES[command].help or ""
    found = re.search(rf"For (?:example|instance): simplecell {command}\b([^;\n]*)", told)
    assert found is not None, "For example: simplecell …"
    words = shlex.split(found[1])
    known = {option for one in LEAVES[command].params for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= known
    required = [
        p for p in LEAVES[command].params if p.param_type_name == "argument" and p.required
    ]
    assert len([word for word in words if not word.startswith("--")]) >= len(required)


@pytest.mark.parametrize("command", LEAVES)
def test_an_option_nobody_knows_is_named_by_every_command(simplecell: Any, command: str) -> None:
    answer = simplecell(*command.split(), "--jsno")
    assert (answer.code, answer.out) == (2, "")
    assert "--jsno" in answer.err


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


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "bench"])
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
    assert len(simplecell.__all__) == len(set(simplecell.__all__))
    assert all(getattr(simplecell, name) is not None for name in simplecell.__all__)
    assert set(simplecell.__all__) <= set(dir(simplecell))
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        simplecell.fitt  # noqa: B018


def test_sigterm_ends_a_command_as_ctrl_c_does_and_says_which(
    simplecell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def application(told: list[str]) -> Any:
        def app(*arguments: object, **options: object) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

        return app

    monkeypatch.setattr(main_file, "application", application)
    before = signal.getsignal(signal.SIGTERM)
    assert simplecell("anything").code == 143
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_that_a_library_makes_an_error_of_its_own_is_no_traceback(
    simplecell: Any, monkeypatch: pytest.MonkeyPatch, sign: int, code: int
) -> None:
    """NumPy, interrupted while it is imported, raises an ImportError."""

    def application(told: list[str]) -> Any:
        def app(*arguments: object, **options: object) -> None:
            try:
                os.kill(os.getpid(), sign)
            except KeyboardInterrupt:
                raise ImportError("numpy._core.multiarray failed to import") from None

        return app

    monkeypatch.setattr(main_file, "application", application)
    answer = simplecell("anything")
    assert (answer.code, answer.err) == (code, "")


def test_an_interruption_that_a_destructor_swallows_comes_again(
    simplecell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drawing frees thousands of objects, and a signal is heard where the first one goes."""

    class Last:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    def application(told: list[str]) -> Any:
        def app(*arguments: object, **options: object) -> None:
            Last()
            time.sleep(600)

        return app

    monkeypatch.setattr(main_file, "application", application)
    before = sys.unraisablehook
    begun = time.monotonic()
    answer = simplecell("anything")
    assert (answer.code, answer.err) == (143, "")
    assert time.monotonic() - begun < 300
    assert sys.unraisablehook is before
