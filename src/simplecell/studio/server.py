"""The part that has sockets: HTTP in, `answer`, HTTP out; the only door to Starlette and uvicorn.

A body is read only of who may ask, and no further than it may be long. Answers are made in
threads, so that a slow one keeps nobody waiting.
"""

import errno
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response as HTTPResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from simplecell.errors import StudioError
from simplecell.studio.answer import Studio, answer
from simplecell.studio.exchange import Request, Response
from simplecell.studio.gate import MOST_JSON, MOST_PICTURE, PICTURES

PORT = 1998
"""The year of the paper. Where it is taken, one of the next."""

NEXT = 20
CONNECTIONS = 100


class Door:
    """One studio as an ASGI application."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = HTTPRequest(scope, receive)
        bare = Request(
            asked.method,
            asked.url.path if not asked.path_params else f"/{asked.path_params['path']}",
            dict(asked.query_params),
            {name.lower(): value for name, value in asked.headers.items()},
        )
        found = await self._answered(asked, bare)
        made = HTTPResponse(found.body, found.status, dict(found.headers), found.kind)
        await made(scope, receive, send)

    async def _answered(self, asked: HTTPRequest, bare: Request) -> Response:
        if bare.method == "POST":
            try:
                self.studio.gate.check(bare)
            except StudioError:
                return answer(self.studio, bare)
            bare = await _with_body(asked, bare)
        return await run_in_threadpool(answer, self.studio, bare)


async def _with_body(asked: HTTPRequest, bare: Request) -> Request:
    """Read the body, no further than one byte past the most: `answer` then refuses it."""
    most = MOST_PICTURE if bare.path in PICTURES else MOST_JSON
    body = bytearray()
    async for part in asked.stream():
        body += part
        if len(body) > most:
            break
    return Request(bare.method, bare.path, bare.query, bare.headers, bytes(body))


def application(studio: Studio) -> Starlette:
    """Make a studio an ASGI application."""
    return Starlette(routes=[Route("/{path:path}", Door(studio))])


def bound(host: str, port: int | None) -> socket.socket:
    """Take a port of this machine: the one that is named, or else the first that is free.

    Raises
        StudioError   a port that is taken or may not be had, an address that is not this machine's
    """
    asked = [port] if port is not None else [*range(PORT, PORT + NEXT), 0]
    for number in asked:
        try:
            return _listening(host, number)
        except OSError as problem:
            taken = problem.errno == errno.EADDRINUSE
            if taken and port is None:
                continue
            raise StudioError(_unbound(host, number, taken, problem)) from None
        except OverflowError:
            raise StudioError(f"port {number}: ports are numbers from 0 to 65535.") from None
    raise StudioError(f"no port from {PORT} on is free: name one with --port.")


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By its protocol asyncio knows that it may send without waiting: 40 ms an answer.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Windows would let another program take an address that may be reused.
        if sys.platform != "win32":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(CONNECTIONS)
    except BaseException:
        made.close()
        raise
    return made


def _unbound(host: str, port: int, taken: bool, problem: OSError) -> str:
    if taken:
        return (
            f"port {port} of {host} is taken, perhaps by another studio.\n  Leave --port out to"
            " have the next that is free, or name another."
        )
    return (
        f"port {port} of {host} cannot be had: {problem.strerror or problem}.\n  Name an address"
        " of this machine with --host, and a port from 1024 on with --port."
    )


def serve(studio: Studio, opened: socket.socket, ready: Callable[[], None]) -> None:
    """Answer until Ctrl-C or SIGTERM; then let every job save and end.

    `ready` is called in a thread of its own: it may open a browser, which takes its time.
    """
    config = uvicorn.Config(
        application(studio),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    before = signal.signal(signal.SIGTERM, _end) if _is_main() else None
    threading.Thread(target=_beside, args=(ready,), daemon=True).start()
    try:
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[opened])
    finally:
        opened.close()
        studio.jobs.close()
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _beside(ready: Callable[[], None]) -> None:
    """Do what nobody waits for: open the browser, then load what reads pictures."""
    ready()
    import_module("simplecell.studio.reading")


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _end(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
