"""Who may ask: the rules by which a page of another origin reads nothing and starts nothing.

Host       the names of this studio, and, where it listens to the whole network, addresses.
           So a name elsewhere that was made to point here (DNS rebinding) is refused
token      in the address that is printed, once; then a cookie, HttpOnly, SameSite=Strict,
           whose name has the port, and the clean address
writes     POST, a JSON body (a picture's bytes where a picture is read), the header
           X-Simplecell: 1, which no page of another origin may send; no foreign Origin
answers    CSP without inline code, nosniff, no referrer, no frame, no CORS at all
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from simplecell.errors import StudioError
from simplecell.studio.exchange import Request, Response

OURS = "x-simplecell"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANYWHERE = ("0.0.0.0", "::", "")
PICTURES = ("/api/input", "/api/row")
"""Where the body may be a picture's bytes."""

MOST_PICTURE, MOST_JSON = 24 << 20, 1 << 20
"""Bytes that a body may have."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; media-src 'self' blob:;"
    " worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer says."""


@dataclass(frozen=True)
class Gate:
    """The address of a studio, the names it answers to, and its secrets."""

    port: int
    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def cookie(self) -> str:
        """The cookie's name: two studios on one machine have one each."""
        return f"simplecell-{self.port}"

    @property
    def address(self) -> str:
        """Where a person finds the studio."""
        host = "127.0.0.1" if self.host in ANYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    @property
    def entrance(self) -> str:
        """The address with the token, to be opened once."""
        return f"{self.address}?{urlencode({'token': self.token})}"

    def check(self, request: Request) -> None:
        """Refuse what may not be asked; a request for the page with the token is `entered`.

        Raises
            StudioError   with the status, and what to do
        """
        self._check_host(request.headers.get("host", ""))
        most = MOST_PICTURE if request.path in PICTURES else MOST_JSON
        if len(request.body) > most:
            raise too_large(most)
        if not self._has_cookie(request.headers.get("cookie", "")):
            raise StudioError(
                "this studio does not know this browser. Open the address that"
                " `simplecell studio` printed, the one with ?token=, once.",
                403,
            )
        if request.method not in ("GET", "HEAD", "POST"):
            raise StudioError(f"{request.method[:20]} is not answered: GET and POST are.", 405)
        if request.path.startswith("/api/"):
            self._check_site(request)
        if request.method == "POST":
            self._check_write(request)

    def entered(self, request: Request) -> Response | None:
        """Answer who brings the token: a cookie, and the clean address; None for anybody else.

        Raises
            StudioError   a Host that is not ours
        """
        told = request.query.get("token")
        if request.method != "GET" or request.path != "/" or told is None:
            return None
        self._check_host(request.headers.get("host", ""))
        if not hmac.compare_digest(told.encode(), self.token.encode()):
            return None
        cookie = f"{self.cookie}={self.secret}; Path=/; HttpOnly; SameSite=Strict"
        return Response(303, headers={"Location": "/", "Set-Cookie": cookie})

    def _check_host(self, told: str) -> None:
        if (name := _name(told)) is not None and self._is_ours(name):
            return
        raise StudioError(
            f"this studio answers to {', '.join(self._own())}, and was asked for as"
            f" {told[:80]!r}.\n  Open {self.address}, or start it with the name it is to have:"
            f" simplecell studio --allow-host {name or 'NAME'}",
            403,
        )

    def _own(self) -> tuple[str, ...]:
        own = LOOPBACK if self.host in (*LOOPBACK, *ANYWHERE) else (self.host,)
        return tuple(dict.fromkeys((*own, *self.names)))

    def _is_ours(self, name: str) -> bool:
        if name in self._own():
            return True
        return self.host in ANYWHERE and _is_address(name)

    def _has_cookie(self, told: str) -> bool:
        try:
            found = SimpleCookie(told).get(self.cookie)
        except CookieError:
            return False
        value = "" if found is None else found.value
        return hmac.compare_digest(value.encode(), self.secret.encode())

    def _check_site(self, request: Request) -> None:
        """Refuse what another page's address asks for, even where it could not read it."""
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise StudioError("another page may not ask this studio for anything.", 403)

    def _check_write(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin is not None and not _is_same(origin, request.headers.get("host", "")):
            raise StudioError(f"a page of {origin[:80]} may not change anything here.", 403)
        if request.headers.get(OURS) != "1":
            raise StudioError("what changes something has the header X-Simplecell: 1.", 403)
        if request.kind == "application/json" or (
            request.path in PICTURES
            and (request.kind.startswith("image/") or request.kind == "application/octet-stream")
        ):
            return
        wanted = "a picture's bytes (image/…) or JSON" if request.path in PICTURES else "JSON"
        raise StudioError(
            f"the body of {request.path[:80]} is {wanted}; Content-Type says"
            f" {request.kind[:60] or 'nothing'}.",
            415,
        )


def too_large(most: int) -> StudioError:
    """Say how large a body may be."""
    return StudioError(f"the body is larger than {most >> 20} MB, the most that is taken.", 413)


def checked_names(names: Iterable[str]) -> tuple[str, ...]:
    """Read names of hosts, as `--allow-host` takes them.

    Raises
        StudioError   an address of a page, or something that is no name
    """
    found = tuple(name.strip().lower() for name in names)
    for name in found:
        if not name or _name(name) != name:
            raise StudioError(
                f"{name!r} is no name of a host: give it alone, without http:// and without a"
                " port, as my-machine.local"
            )
    return found


def _name(host: str) -> str | None:
    """Give the name in a Host header, without its port; None if it is none.

    >>> _name("LocalHost:1998"), _name("[::1]:1998"), _name("a@b")
    ('localhost', '::1', None)
    """
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if host != parts.netloc or "@" in host or not parts.hostname:
        return None
    return parts.hostname


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_same(origin: str, host: str) -> bool:
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")
