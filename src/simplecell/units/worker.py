"""A process that does units, one after the other: a line of JSON in for each, lines out.

It answers {"tell": …} as it goes, then {"answer": …}, or {"fault": …} where the fault is ours. It
ends when nobody is there any more to tell it what to do, in the middle of a unit too.
"""

import json
import os
import signal
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import IO, Any

from simplecell.units.carry import carry, telling


def main() -> None:
    """Read orders from standard input until it ends."""
    # Ctrl-C is for whoever started the workers: it stops them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a library prints goes to people, and not between the answers.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    orders: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    with telling(lambda line: _say(out, {"tell": line})):
        while True:
            text = orders.get()
            try:
                _say(out, {"answer": carry(text)})
            except Exception:
                _say(out, {"fault": traceback.format_exc()})


def _listen(orders: "SimpleQueue[str]") -> None:
    """Hand on what comes; end the process where nobody is left to tell it anything."""
    for line in sys.stdin:
        orders.put(line)
    os._exit(0)


def _say(out: IO[str], document: dict[str, Any]) -> None:
    try:
        out.write(json.dumps(document) + "\n")
        out.flush()
    except OSError:
        os._exit(0)


if __name__ == "__main__":
    main()
