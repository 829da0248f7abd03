"""`python -m simplecell` is `simplecell`."""

import signal
import threading


def main() -> None:
    """Run the command line; before it hears Ctrl-C itself, that ends the process, and no more.

    Raises
        SystemExit   always
    """
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if usual and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # imports would show a traceback
    from simplecell.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
