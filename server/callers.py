"""Who makes a call that came over HTTP: the token or the socket says, then headers, then the client's own name."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from starlette.requests import Request

from ..genome.records import Identity
from ..tools.caller import Caller, acting
from .http_guard import CREDENTIAL
from .identity import identify
from .tokens import Credential

AGENT_HEADER = "cistron-agent"
PARTICIPANT_HEADER = "cistron-participant"
_MAX_NAME = 200


class Callers:
    """A middleware of the MCP server that makes each call on behalf of whoever sent it.

    Args:
        base: On whose behalf the process acts, where a call says nothing else.
    """

    def __init__(self, base: Identity) -> None:
        self._base = base
        self._key = secrets.token_bytes(32)

    async def __call__(self, ctx: ServerRequestContext[None], call_next: CallNext) -> HandlerResult:
        """Answer a message on its sender's behalf. Messages of other transports pass as they are."""
        request: object = ctx.request
        if not isinstance(request, Request):
            return await call_next(ctx)
        with acting(self.caller(request, _client_name(ctx))):
            return await call_next(ctx)

    def caller(self, request: Request, client_name: str | None) -> Caller:
        """Return the caller of a request that the guard let pass."""
        credential = request.scope[CREDENTIAL]
        assert isinstance(credential, Credential)
        agent = credential.agent or _header(request, AGENT_HEADER)
        participant = credential.participant or _header(request, PARTICIPANT_HEADER)
        base = replace(self._base, party=credential.party) if credential.party else self._base
        identity = identify(base, client_name, agent, participant)
        return Caller(identity, self._session(request, credential, client_name, identity))

    def _session(self, request: Request, credential: Credential, client_name: str | None, identity: Identity) -> str:
        """Return a handle for the connection; without one, for what the token, the client and its names have in common.

        Keyed with a secret of this process, so nobody can work out another's.
        """
        connection = request.headers.get("mcp-session-id") or request.query_params.get("session_id")
        parts = (credential.name, connection) if connection else (credential.name, client_name, repr(identity))
        digest = hashlib.blake2b("\0".join(map(str, parts)).encode(), key=self._key, digest_size=8)
        return f"s-{digest.hexdigest()}"


def _client_name(ctx: ServerRequestContext[None]) -> str | None:
    params = ctx.session.client_params
    return (params.client_info.name.strip()[:_MAX_NAME] or None) if params else None


def _header(request: Request, name: str) -> str | None:
    return request.headers.get(name, "").strip()[:_MAX_NAME] or None
