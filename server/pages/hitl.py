"""The page on which a person answers what agents ask: plain HTML, without scripts and without anything from outside.

Whoever mounts `hitl_routes` decides who may see it. The page itself takes care that what agents wrote stays text, and
that a form comes from a page that this process drew for this browser.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from urllib.parse import parse_qs

import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ...genome.errors import GenomeError
from ...tools.errors import ToolsError, UsageError
from ...tools.hitl import HitlTools
from ...tools.hitl_text import outcome_text
from ...tools.models.hitl import HitlEvent
from ...tools.services import Services
from .hitl_html import STYLE, answered_html, news_html, page_html

COOKIE = "cistron_hitl"
MOST_BODY = 64 << 10  # bytes of a form
ANSWERED = 20  # shown below the questions
_BROWSER = re.compile(r"[\w-]{32}")  # what the cookie holds
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def hitl_routes(services: Services, prefix: str = "/hitl") -> list[Route]:
    """Return the routes of the page: `prefix` itself, `prefix/news` (what came meanwhile) and `prefix/{id}` (a form).

    They are answered on behalf of the caller that `tools.caller.acting` names, as any other call.
    """
    page = _Page(HitlTools(services))
    return [
        Route(prefix, page.questions, methods=["GET"]),
        Route(f"{prefix}/news", page.news, methods=["GET"]),
        Route(f"{prefix}/{{id}}", page.answer, methods=["POST"]),
    ]


class _Page:
    def __init__(self, tools: HitlTools) -> None:
        self._tools = tools
        self._key = secrets.token_bytes(32)  # of this process: a form does not outlive it

    async def questions(self, request: Request) -> Response:
        """Show the questions that wait, and what was asked lately."""
        known = request.cookies.get(COOKIE, "")
        browser = known if _BROWSER.fullmatch(known) else secrets.token_urlsafe(24)
        try:
            pending, recent = await anyio.to_thread.run_sync(self._look)
        except (ToolsError, GenomeError) as error:
            return _html(answered_html(str(error)), 503)
        just = request.query_params.get("just", "")
        said = next((f"{event.id} {outcome_text(event)}" for event in recent if event.id == just), "")
        tokens = {event.id: self._token(browser, event.id) for event, _ in pending}
        here = request.url.path.split("/")[-1]
        response = _html(page_html(pending, recent, tokens, here, said))
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, browser, httponly=True, samesite="strict", secure=secure)
        return response

    async def news(self, request: Request) -> Response:
        """Say whether questions have come or gone since the page was drawn; the page shows this in a small frame."""
        shown = request.query_params.get("shown", "")
        try:
            pending = await anyio.to_thread.run_sync(self._tools.pending)
        except (ToolsError, GenomeError) as error:
            return _html(answered_html(str(error)), 503)
        back = f"../{_parent(request)}" if ",".join(event.id for event in pending) != shown else None
        return _html(news_html(len(pending), back))

    async def answer(self, request: Request) -> Response:
        """Write down an answer and go back to the page."""
        id_ = str(request.path_params["id"])
        fields = await _fields(request)
        if fields is None:
            return _html(answered_html(f"the form has more than {MOST_BODY:,} bytes; answer in fewer words"), 413)
        browser = request.cookies.get(COOKIE, "")
        if not browser or not hmac.compare_digest(fields.get("token", "").encode(), self._token(browser, id_).encode()):
            return _html(answered_html("the form is not from this page, or the server was restarted; reload it"), 403)
        try:
            answered = await anyio.to_thread.run_sync(self._answer, id_, fields)
        except UsageError as error:
            return _html(answered_html(str(error)), 400)
        except (ToolsError, GenomeError) as error:
            return _html(answered_html(str(error)), 503)
        return RedirectResponse(f"../{_parent(request)}?just={answered}", status_code=303)

    def _look(self) -> tuple[list[tuple[HitlEvent, list[str]]], Sequence[HitlEvent]]:
        pending = [(event, self._tools.stakes(event.id)) for event in self._tools.pending()]
        recent = self._tools.recent(ANSWERED).events
        return pending, [event for event in recent if event.state != "pending"]

    def _answer(self, id_: str, fields: dict[str, str]) -> str:
        closed = "declined" if "decline" in fields else None
        option, words = fields.get("option"), fields.get("words") or None
        if option is None or closed:
            event, _, _ = self._tools.answer(id_, words, "page", closed=closed)
        else:
            number = int(option) if option.isdecimal() and len(option) < 4 else 0
            event, _, _ = self._tools.answer(id_, None, "page", option=number, comment=words)
        return event.id

    def _token(self, browser: str, id_: str) -> str:
        return hmac.new(self._key, f"{browser} {id_}".encode(), hashlib.sha256).hexdigest()


async def _fields(request: Request) -> dict[str, str] | None:
    """Return the fields of a form, None where it is too large."""
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BODY:
                return None
    except ClientDisconnect:
        return {}
    parsed = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    return {name: values[0] for name, values in parsed.items()}


def _parent(request: Request) -> str:
    return request.url.path.split("/")[-2]


def _html(body: str, status: int = 200) -> HTMLResponse:
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # none would make the browser hide the form's origin from the host's check
        "Cache-Control": "no-store",
    }
    return HTMLResponse(body, status, headers)
