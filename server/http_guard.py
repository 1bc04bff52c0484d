"""What every HTTP request must pass before anything else sees it: name, origin, token, rate, size and time."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .http_hosts import AllowedHosts
from .http_limits import Disconnected, RateLimit, TooLarge, TooSlow, read_body, replay
from .http_login import LOGIN_PATH, Login, is_page
from .tokens import Credential, Tokens

logger = logging.getLogger(__name__)
HEALTH_PATH = "/healthz"
CREDENTIAL = "cistron.credential"  # key of the request's scope
LOCAL_USER = Credential("local")  # whoever may open the unix socket is the user
_LISTENING = frozenset({"subscriptions/listen"})  # answered for as long as the client listens
_UNAUTHORIZED = "a token is needed; send `Authorization: Bearer TOKEN`, a person gets TOKEN with `cistron token`"


@dataclass(slots=True)
class Traffic:
    """What goes on now, so that it can be brought to an end."""

    draining: bool = False
    requests: int = 0
    _idle: anyio.Event | None = None
    _streams: set[anyio.CancelScope] = field(default_factory=set[anyio.CancelScope])

    @contextmanager
    def request(self) -> Generator[None]:
        """Count a request whose answer is being made."""
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1
            if self._idle is not None and not self.requests:
                self._idle.set()

    async def answered(self) -> None:
        """Wait until no answer is being made."""
        while self.requests:
            self._idle = anyio.Event()
            await self._idle.wait()

    @contextmanager
    def stream(self) -> Generator[None]:
        """Hold a stream open until the client or the server has had enough."""
        with anyio.CancelScope() as scope:
            self._streams.add(scope)
            try:
                yield
            finally:
                self._streams.discard(scope)

    def close_streams(self) -> None:
        """End the streams that clients listen on."""
        for scope in self._streams:
            scope.cancel()


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second: of a token from one address, and of an address that shows no good token."""

    known: RateLimit = field(default_factory=lambda: RateLimit(per_s=400, burst=1_000))
    unknown: RateLimit = field(default_factory=lambda: RateLimit(per_s=10, burst=60))


class Guard:
    """An ASGI application before another one.

    Args:
        app: Gets the requests that passed, with their credential in `scope[CREDENTIAL]` and their body read.
        tokens: Whom to let in. None for a unix socket: its file mode lets in the user alone, so no token is asked for.
        hosts: Under which names the server answers. None for a unix socket, which no browser can reach.
        login: Lets browsers in to the pages.
        traffic: Is told what goes on.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: Tokens | None,
        hosts: AllowedHosts | None,
        login: Login | None = None,
        traffic: Traffic | None = None,
        rates: Rates | None = None,
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._hosts = hosts
        self._login = login
        self._traffic = traffic or Traffic()
        self._rates = rates or Rates()
        self._users: dict[str, AuthenticatedUser] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or pass it on."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        refusal = self._misdirected(headers) or self._unknown(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            await self._streamed(scope, receive, send)
        else:
            await self._with_body(headers, scope, receive, send)

    def _misdirected(self, headers: Headers) -> Response | None:
        if self._hosts is None:
            return _refused(403, "no page may use this socket") if "origin" in headers else None
        if not self._hosts.host(headers.getlist("host")):
            return _refused(421, "this server does not answer under that Host; a person can add it with --allow-host")
        if not self._hosts.origin(headers.getlist("origin")):
            return _refused(403, "this Origin may not use this server; call it from a program")
        return None

    def _unknown(self, scope: Scope, headers: Headers) -> Response | None:
        """Find out who asks, keep that in the scope, and refuse whom the server does not know or who asks too often."""
        address, path = (scope.get("client") or ("",))[0], scope["path"]
        if path == HEALTH_PATH or path.startswith("/.well-known/") or (self._login and path == LOGIN_PATH):
            wait_s = self._rates.unknown.wait_s(address)
            if wait_s == 0 and path.startswith("/.well-known/"):
                return _refused(404, "there is nothing here; this server takes a token and no OAuth")
            return _too_often(wait_s) if wait_s else None
        credential = self._credential(scope, headers)
        if credential is None:
            wait_s = self._rates.unknown.wait_s(address)
            return _too_often(wait_s) if wait_s else _unauthorized()
        if wait_s := self._rates.known.wait_s((credential.name, address)):
            return _too_often(wait_s)
        if self._traffic.draining:
            return _refused(503, "the server is closing; ask again in a moment", {"Retry-After": "1"})
        scope[CREDENTIAL] = credential
        scope["user"] = self._user(credential)  # the SDK ties a session to the user that began it
        return None

    def _credential(self, scope: Scope, headers: Headers) -> Credential | None:
        given = headers.getlist("authorization")
        if self._tokens is None:
            return LOCAL_USER if not given else None
        if self._login is not None and is_page(scope["path"]) and not given:
            return self._login.visitor(scope, headers)
        kind, _, token = given[0].partition(" ") if given else ("", "", "")
        credential = self._tokens.check(token.strip())
        return credential if len(given) == 1 and kind.lower() == "bearer" else None

    def _user(self, credential: Credential) -> AuthenticatedUser:
        user = self._users.get(credential.name)
        if user is None:
            user = self._users[credential.name] = AuthenticatedUser(
                AccessToken(token="", client_id=credential.name, scopes=[])
            )
        return user

    async def _streamed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application until it, the client or the drain ends the answer; a cut one is still whole HTTP."""
        open_: list[bool] = [False]

        async def sending(message: Message) -> None:
            open_[0] = message["type"] == "http.response.start" or message.get("more_body", False)
            await send(message)

        with self._traffic.stream():
            await _answer(self._app, scope, receive, sending)
        if open_[0]:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _with_body(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(headers.get("content-length"), receive)
        except TooLarge:
            await _refused(413, "the body is larger than 4 MiB; send less at once")(scope, receive, send)
        except TooSlow:
            await _refused(408, "the body did not come in time; send it in one go")(scope, receive, send)
        except Disconnected:
            return
        else:
            if headers.get("mcp-method") in _LISTENING:
                await self._streamed(scope, replay(body, receive), send)
            else:
                with self._traffic.request():
                    await _answer(self._app, scope, replay(body, receive), send)


async def health(_request: Request) -> Response:
    """Say that the process lives, and nothing else."""
    return PlainTextResponse("ok\n")


async def _answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run an application; what it raises is logged, and the client learns no more than that it happened."""
    begun = False

    async def sending(message: Message) -> None:
        nonlocal begun
        begun = True
        await send(message)

    try:
        await app(scope, receive, sending)
    except Exception:  # a bug: the log tells, the client learns no more, and the server goes on
        logger.exception("%s %s failed", scope["method"], scope["path"])
        if not begun:
            with suppress(OSError):
                await _refused(500, "internal error; see the server's log")(scope, receive, send)


def _refused(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """Answer with an error, and close the connection: the request's body may not have been read."""
    return JSONResponse({"error": message}, status, {"Connection": "close", **(headers or {})})


def _unauthorized() -> Response:
    return _refused(401, _UNAUTHORIZED, {"WWW-Authenticate": 'Bearer realm="cistron"'})


def _too_often(wait_s: float) -> Response:
    return _refused(429, "too many requests; ask again later", {"Retry-After": str(math.ceil(wait_s))})
