"""How a browser gets in to the pages: a link with a code that works once, then a cookie.

Both are signed with the token they stand for, so nothing is kept on disk, and they end with the token. The cookie is
for the pages alone: it does not open /mcp.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import Receive, Scope, Send

from .tokens import Credential, Entry, Tokens

LOGIN_PATH = "/login"
PAGES_PATH = "/hitl"
COOKIE = "cistron"
CODE_S = 120
COOKIE_S = 12 * 3600
_TOO_LATE = "this link is wrong, was used, or is too old; get another with `cistron token --url`\n"


class Login:
    """Checks the codes of links and the cookies of browsers.

    Args:
        tokens: The tokens that both stand for.
        secure: Whether the server speaks TLS, so that the cookie may travel over nothing else.
        clock: Seconds since the epoch.
    """

    def __init__(self, tokens: Tokens, *, secure: bool = False, clock: Callable[[], float] = time.time) -> None:
        self._tokens, self._secure, self._clock = tokens, secure, clock
        self._used: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for `LOGIN_PATH`: set the cookie and go to the pages."""
        code = parse_qs(scope["query_string"].decode("ascii", "replace")).get("code", [""])[0]
        entry = self._entry(code, "code") if scope["method"] == "GET" else None
        if entry is None or not self._use(code):
            await PlainTextResponse(_TOO_LATE, 401, {"Cache-Control": "no-store"})(scope, receive, send)
            return
        answer = RedirectResponse(PAGES_PATH, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
        answer.set_cookie(
            COOKIE,
            sign(entry, "cookie", self._clock() + COOKIE_S),
            max_age=COOKIE_S,
            path=PAGES_PATH,
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
        await answer(scope, receive, send)

    def visitor(self, scope: Scope, headers: Headers) -> Credential | None:
        """Return whom a browser's cookie stands for.

        A request that changes something must come from a page of this server's own: the guard has checked Origin
        where there is one, and here there must be one.
        """
        if scope["method"] not in ("GET", "HEAD") and "origin" not in headers:
            return None
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return None
        entry = self._entry(morsel.value, "cookie") if morsel else None
        return entry.credential if entry else None

    def _entry(self, signed: str, purpose: str) -> Entry | None:
        """Return the token that signed something for a purpose, if it holds and is not too old."""
        now = self._clock()
        found: Entry | None = None
        for entry in self._tokens.entries():
            if _holds(entry, purpose, signed, now):
                found = entry
        return found

    def _use(self, code: str) -> bool:
        """Mark a code as used; False if it was."""
        now = self._clock()
        self._used = {used: until for used, until in self._used.items() if until > now}
        fresh = code not in self._used
        self._used[code] = now + CODE_S
        return fresh


def is_page(path: str) -> bool:
    """Whether a path is one of the pages for people."""
    return path == PAGES_PATH or path.startswith(f"{PAGES_PATH}/")


def link(base: str, entry: Entry, now: float) -> str:
    """Return a link that lets one browser in, once, within `CODE_S`."""
    return f"{base}{LOGIN_PATH}?code={sign(entry, 'code', now + CODE_S)}"


def sign(entry: Entry, purpose: str, until: float) -> str:
    """Return a text that only who knows the token can make: `until.nonce.signature`."""
    said = f"{int(until)}.{secrets.token_urlsafe(12)}"
    return f"{said}.{_signature(entry, purpose, said)}"


def _holds(entry: Entry, purpose: str, signed: str, now: float) -> bool:
    said, _, signature = signed.rpartition(".")
    until = said.partition(".")[0]
    same = hmac.compare_digest(_signature(entry, purpose, said).encode(), signature.encode())
    return same and until.isdigit() and now < int(until) and entry.holds(now)


def _signature(entry: Entry, purpose: str, said: str) -> str:
    digest = hmac.digest(entry.token.encode(), f"{purpose}:{said}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
