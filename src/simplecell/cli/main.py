"""The `simplecell` command: one subcommand per file of this room.

What a person caused is said on one screen of standard error, with exit code 2 and no traceback;
130 after Ctrl-C, 143 after SIGTERM. A traceback means a fault of ours.
"""

import errno
import os
import signal
import sys
import threading
from _thread import interrupt_main
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import FrameType
from typing import Annotated

import typer

from simplecell.cli.help import register
from simplecell.errors import SimplecellError

COMMANDS = (
    "look",
    "train",
    "evaluate",
    "predict",
    "read",
    "summary",
    "count",
    "check",
    "bench",
    "reproduce",
    "sweep",
    "pack",
    "features",
    "export",
    "import",
    "plot",
    "report",
    "studio",
)
FILES = {"import": "importing"}
"""The file, and the function in it, of a command whose name Python keeps for itself."""
USER, INTERRUPTED, TERMINATED = 2, 130, 143


class Terminated(KeyboardInterrupt):
    """The system's wish that the process should end."""

    signum = signal.SIGTERM


def _version(asked: bool) -> None:
    if asked:
        from simplecell.cli.version import lines

        typer.echo("\n".join(lines()))
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Say which, and on what machine.",
        ),
    ] = False,
) -> None:
    """LeNet-5 as published, and its kin: train it, test it, take it apart, check every formula."""


def application(arguments: Sequence[str]) -> typer.Typer:
    """Gather the commands that are there; only the one that is asked for, if one is."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback()(_root)
    for name in [name for name in COMMANDS if name in arguments[:1]] or COMMANDS:
        file = FILES.get(name, name)
        if find_spec(f"simplecell.cli.{file}") is not None:
            command = getattr(import_module(f"simplecell.cli.{file}"), file)
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=name)
            else:
                register(app, name, command)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit.

    Raises
        SystemExit   always
    """
    told = sys.argv[1:] if arguments is None else list(arguments)
    heard: list[int] = []
    try:
        with _hearing(heard):
            application(told)(told, prog_name="simplecell")
    except SimplecellError as problem:
        _say(f"{type(problem).__name__}: {problem}")
    except Terminated:
        sys.exit(TERMINATED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except MemoryError:
        _say("MemoryError: this needs more memory than there is; a smaller --batch may do.")
    except OSError as problem:
        _say(f"{type(problem).__name__}: {_explain(problem)}")
    except (Exception, SystemExit) as problem:
        # Compiled code makes errors of its own of an interruption: NumPy, while it is imported,
        # an ImportError. A command that Ctrl-C is meant to end, as the studio, ends well.
        well = isinstance(problem, SystemExit) and not problem.code
        if heard and not well:
            sys.exit(128 + heard[-1])
        raise
    sys.exit(USER)


@contextmanager
def _hearing(heard: list[int]) -> Iterator[None]:
    """Take a system's wish to end as Ctrl-C, and write down what was heard.

    What is under way is put in order first.
    """

    def interrupt(signum: int, frame: FrameType | None) -> None:
        heard.append(signum)
        raise KeyboardInterrupt if signum == signal.SIGINT else Terminated

    usual = (signal.default_int_handler, signal.SIG_DFL)
    main = threading.current_thread() is threading.main_thread()
    found = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM) if main}
    taken = {sign: before for sign, before in found.items() if before in usual}
    for sign in taken:
        signal.signal(sign, interrupt)
    say = sys.unraisablehook
    again: list[threading.Timer] = []

    def unheard(lost: "sys.UnraisableHookArgs") -> None:
        """Interrupt once more, where a destructor or a weak reference had the first one."""
        if not heard or not isinstance(lost.exc_value, KeyboardInterrupt):
            say(lost)
            return
        again.append(threading.Timer(0.02, _interrupt_main, (heard[-1],)))
        again[-1].daemon = True
        again[-1].start()

    sys.unraisablehook = unheard
    try:
        yield
    finally:
        sys.unraisablehook = say
        for timer in again:
            timer.cancel()
        for sign, before in taken.items():
            signal.signal(sign, before)


def _interrupt_main(sign: int) -> None:
    """Send a signal to the main thread, which may be asleep, where the system can."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, sign)
    else:
        interrupt_main(signal.Signals(sign))


def _explain(problem: OSError) -> str:
    what = problem.filename if problem.filename is not None else "the output"
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{what} could not be written: no space is left. Free some, or write elsewhere."
    if isinstance(problem, PermissionError):
        return f"{what} is not yours to read or write; name another, or ask for the permission."
    return f"{what}: {problem.strerror or problem}."


def _say(message: str) -> None:
    """Write to standard error; what standard output still holds back may not be writable."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.stderr.write(f"{message}\n")
