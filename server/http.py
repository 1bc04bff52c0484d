"""The HTTP front: streamable HTTP at /mcp, the older SSE at /sse if asked for, /healthz, and the pages for people.

No logic of its own: requests pass the guard, are made on their sender's behalf, and reach the same MCP server as over
stdio.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import anyio
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from ..genome.records import Identity
from .call_limit import CallLimit
from .callers import Callers
from .http_guard import HEALTH_PATH, Guard, Rates, Traffic, health
from .http_hosts import AllowedHosts
from .http_limits import MAX_BODY_BYTES
from .http_login import LOGIN_PATH, Login
from .tokens import Tokens

MAX_SESSIONS = 1_000
SESSION_IDLE_S = 1_800.0
CALL_TIMEOUT_S = 300.0


class Front:
    """One MCP server behind HTTP. Make it once, and hold `running` open while its applications serve.

    Args:
        server: The MCP server.
        tokens: Whom to let in over TCP.
        base: On whose behalf the process acts, where a call says nothing else.
        sse: Whether to serve the older SSE transport too.
        pages: Routes of pages for people, all below `PAGES_PATH`.
        secure: Whether TCP is served over TLS.
        call_timeout_s: How long a tool call may take.
    """

    def __init__(
        self,
        server: MCPServer[None],
        tokens: Tokens,
        *,
        base: Identity | None = None,
        sse: bool = False,
        pages: Sequence[BaseRoute] = (),
        secure: bool = False,
        call_timeout_s: float = CALL_TIMEOUT_S,
        rates: Rates | None = None,
    ) -> None:
        self.traffic = Traffic()
        self.ended = threading.Event()  # set once no call is under way any more
        self._server, self._tokens, self._rates = server, tokens, rates or Rates()
        self._limit = CallLimit(call_timeout_s)
        self._login = Login(tokens, secure=secure)
        server.middleware.extend([self._counted, Callers(base or Identity()), self._limit])
        self._app = Starlette(routes=[*self._protocol_routes(sse), *self._own_routes(), *pages])

    def tcp(self, hosts: AllowedHosts) -> ASGIApp:
        """Return the application for TCP: a token is needed, and the request must name this server."""
        return Guard(
            self._app, tokens=self._tokens, hosts=hosts, login=self._login, traffic=self.traffic, rates=self._rates
        )

    def unix(self) -> ASGIApp:
        """Return the application for a unix socket that only the user can open."""
        return Guard(self._app, tokens=None, hosts=None, traffic=self.traffic, rates=self._rates)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Start the MCP server, and stop it at the end; calls that still run then are given up."""
        async with self._server.session_manager.run():
            async with anyio.create_task_group() as calls:
                self._limit.run_in(calls)
                yield
                calls.cancel_scope.cancel()
            self.ended.set()

    def give_up(self) -> None:
        """Answer the calls that are under way with an error, because the server is closing."""
        self._limit.give_up()

    async def _counted(self, ctx: ServerRequestContext[None], call_next: CallNext) -> HandlerResult:
        """Count a call as under way until it is answered; SSE answers its POST long before."""
        if ctx.method != "tools/call":
            return await call_next(ctx)
        with self.traffic.request():
            return await call_next(ctx)

    def _protocol_routes(self, sse: bool) -> list[BaseRoute]:
        # The guard has checked Host and Origin, more strictly than the SDK does.
        checked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        app = self._server.streamable_http_app(
            transport_security=checked, max_request_body_size=MAX_BODY_BYTES, session_idle_timeout=SESSION_IDLE_S,
            max_sessions=MAX_SESSIONS,
        )  # fmt: skip
        routes = list(app.routes)
        if sse:
            routes += self._server.sse_app(transport_security=checked, max_request_body_size=MAX_BODY_BYTES).routes
        return routes

    def _own_routes(self) -> list[BaseRoute]:
        return [
            Route(HEALTH_PATH, health, methods=["GET"]),
            Route(LOGIN_PATH, self._login, methods=["GET"]),
        ]
