"""The guard: what a request must be like before anything else sees it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from cistron.server import http_limits
from cistron.server.http_guard import CREDENTIAL, Guard, Rates, Traffic, health
from cistron.server.http_hosts import AllowedHosts
from cistron.server.http_limits import RateLimit
from cistron.server.http_login import Login, link
from cistron.server.tokens import Tokens, read_tokens

GOOD = "correct-horse-battery-staple"
OLD = "a-token-that-has-expired"
BASE = "http://127.0.0.1:8377"
AUTH = {"Authorization": f"Bearer {GOOD}"}


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    file = tmp_path / "token"
    file.write_text(f"{GOOD} participant=ada\n{OLD} expires=2020-01-01\n")
    file.chmod(0o600)
    return Tokens(file)


async def echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse({"who": request.scope[CREDENTIAL].participant, "bytes": len(body)})


async def broken(request: Request) -> Response:
    raise RuntimeError("the password is swordfish")


async def page(request: Request) -> Response:
    return Response(f"hello {request.scope[CREDENTIAL].participant}")


def guard(tokens: Tokens | None, **options: object) -> Guard:
    routes = [
        Route("/mcp", echo, methods=["GET", "POST"]),
        Route("/broken", broken, methods=["GET", "POST"]),
        Route("/hitl", page, methods=["GET", "POST"]),
        Route("/healthz", health),
    ]
    login = None
    if tokens is not None:
        login = Login(tokens)
        routes.append(Route("/login", login))
    hosts = None if tokens is None else AllowedHosts(8377, "http")
    return Guard(Starlette(routes=routes), tokens=tokens, hosts=hosts, login=login, **options)  # type: ignore[arg-type]


@pytest.fixture
def client(tokens: Tokens) -> TestClient:
    return TestClient(guard(tokens), BASE, follow_redirects=False)


def test_a_good_token_gets_through_with_the_body_and_says_who_it_is(client: TestClient) -> None:
    answer = client.post("/mcp", headers=AUTH, content=b"x" * 1000)
    assert answer.status_code == 200
    assert answer.json() == {"who": "ada", "bytes": 1000}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="missing"),
        pytest.param({"Authorization": "Bearer wrong-wrong-wrong-wrong"}, id="wrong"),
        pytest.param({"Authorization": f"Bearer {OLD}"}, id="expired"),
        pytest.param({"Authorization": f"Basic {GOOD}"}, id="not bearer"),
        pytest.param({"Authorization": GOOD}, id="no kind"),
        pytest.param({"Authorization": "Bearer"}, id="no token"),
        pytest.param({"Cookie": f"cistron={GOOD}"}, id="a token as cookie"),
    ],
)
def test_every_other_token_gets_the_same_answer(client: TestClient, headers: dict[str, str]) -> None:
    missing = client.post("/mcp")
    for path in ("/mcp", "/hitl", "/nowhere", "/broken"):
        answer = client.post(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.text == missing.text
        assert "cistron token" in answer.text


def test_two_authorization_headers_are_none(client: TestClient) -> None:
    assert client.post("/mcp", headers=[("Authorization", f"Bearer {GOOD}")] * 2).status_code == 401  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["127.0.0.1.evil.com", "localhost:1@evil", "localhost:1.evil.com", "[::2]:8377", ""])
def test_a_request_under_another_name_is_misdirected_even_with_a_token(client: TestClient, host: str) -> None:
    for path in ("/mcp", "/healthz", "/login", "/.well-known/oauth-protected-resource"):
        assert client.get(path, headers={**AUTH, "Host": host}).status_code == 421


def test_several_hosts_are_misdirected(client: TestClient) -> None:
    twice = [("Host", "127.0.0.1:8377"), ("Host", "127.0.0.1:8377"), *AUTH.items()]
    assert client.get("/mcp", headers=twice).status_code == 421  # type: ignore[arg-type]


@pytest.mark.parametrize("origin", ["null", "http://evil.com", "http://localhost", "https://127.0.0.1.evil.com:8377"])
def test_a_page_of_somebody_elses_is_refused_even_with_a_token(client: TestClient, origin: str) -> None:
    assert client.post("/mcp", headers={**AUTH, "Origin": origin}).status_code == 403
    assert client.get("/healthz", headers={"Origin": origin}).status_code == 403
    assert client.post("/mcp", headers={**AUTH, "Origin": BASE}).status_code == 200


def test_liveness_needs_no_token_and_says_nothing(client: TestClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert client.post("/healthz").status_code == 405


def test_a_client_that_looks_for_oauth_is_told_that_there_is_none(client: TestClient) -> None:
    assert client.get("/.well-known/oauth-authorization-server").status_code == 404


def test_a_bug_is_logged_and_its_text_stays_here(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    for answer in (client.post("/broken", headers=AUTH), client.get("/broken", headers=AUTH)):
        assert answer.status_code == 500
        assert "swordfish" not in answer.text
        assert "Traceback" not in answer.text
    assert "swordfish" in caplog.text


def test_a_body_over_four_mebibytes_is_too_large_declared_or_not(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(5):
            yield b"x" * (1 << 20)

    limit = http_limits.MAX_BODY_BYTES
    assert client.post("/mcp", headers=AUTH, content=b"x" * limit).json()["bytes"] == limit
    assert client.post("/mcp", headers=AUTH, content=b"x" * (limit + 1)).status_code == 413
    assert client.post("/mcp", headers=AUTH, content=chunks()).status_code == 413
    for length in ("-1", "1e9", b"\xb3", "9" * 30):
        assert client.post("/mcp", headers={**AUTH, "Content-Length": length}, content=b"x").status_code == 413


def test_a_body_that_is_too_large_is_not_read_for_a_stranger(client: TestClient) -> None:
    assert client.post("/mcp", content=b"x" * (5 << 20)).status_code == 401


@pytest.mark.anyio
async def test_a_body_that_comes_a_byte_at_a_time_is_cut(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "BODY_TIMEOUT_S", 0.05)

    async def trickle() -> Message:
        await anyio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:8377"), (b"authorization", f"Bearer {GOOD}".encode())]
    scope: Scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": headers, "client": ("127.0.0.1", 1)}
    with anyio.fail_after(5):
        await guard(tokens)(scope, trickle, send)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


def test_too_many_requests_are_told_when_to_come_back(tokens: Tokens) -> None:
    now = [100.0]
    rates = Rates(known=RateLimit(2, 3, lambda: now[0]), unknown=RateLimit(1, 2, lambda: now[0]))
    client = TestClient(guard(tokens, rates=rates), BASE)
    assert [client.post("/mcp", headers=AUTH).status_code for _ in range(4)] == [200, 200, 200, 429]
    late = client.post("/mcp", headers=AUTH)
    assert late.headers["retry-after"] == "1"
    now[0] += 0.5
    assert client.post("/mcp", headers=AUTH).status_code == 200


def test_guessing_tokens_is_slowed_down_and_does_not_lock_out_who_knows_one(tokens: Tokens) -> None:
    rates = Rates(unknown=RateLimit(1, 2, lambda: 0.0))
    client = TestClient(guard(tokens, rates=rates), BASE)
    guesses = [client.post("/mcp", headers={"Authorization": f"Bearer guess-{n:020}"}).status_code for n in range(4)]
    assert guesses == [401, 401, 429, 429]
    assert client.post("/mcp", headers=AUTH).status_code == 200


def test_the_limit_forgets_who_was_quiet_and_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "_MOST_BUCKETS", 100)
    now = [0.0]
    limit = RateLimit(10, 1, lambda: now[0])
    for key in range(1000):
        now[0] += 0.001
        assert limit.wait_s(key) == 0
    assert limit.wait_s(999) > 0
    assert len(limit._buckets) <= 101


def test_a_closing_server_asks_to_come_back(tokens: Tokens) -> None:
    traffic = Traffic()
    client = TestClient(guard(tokens, traffic=traffic), BASE)
    traffic.draining = True
    answer = client.post("/mcp", headers=AUTH)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert client.get("/healthz").status_code == 200


def test_over_a_unix_socket_the_user_needs_no_token_and_no_page_gets_in() -> None:
    client = TestClient(guard(None), "http://whatever")
    assert client.post("/mcp").json() == {"who": None, "bytes": 0}
    assert client.post("/mcp", headers={"Origin": "http://whatever"}).status_code == 403


def test_a_link_lets_a_browser_in_once_and_a_cookie_keeps_it_in(client: TestClient, tmp_path: Path) -> None:
    entry = read_tokens(tmp_path / "token")[0]
    url = link(BASE, entry, time.time())
    answer = client.get(url)
    assert (answer.status_code, answer.headers["location"]) == (303, "/hitl")
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/hitl"))
    assert GOOD not in cookie
    assert client.get("/hitl").text == "hello ada"
    assert client.post("/hitl", headers={"Origin": BASE}).text == "hello ada"
    assert client.post("/hitl").status_code == 401
    assert client.post("/hitl", headers={"Origin": "http://evil.com"}).status_code == 403
    fresh = TestClient(client.app, BASE, follow_redirects=False)
    assert fresh.get(url).status_code == 401
    assert fresh.get("/hitl").status_code == 401
    fresh.cookies.set("cistron", cookie.split("=", 1)[1].split(";")[0])
    assert fresh.get("/mcp").status_code == 401


def test_a_code_is_no_cookie_is_no_code_and_both_end(tokens: Tokens, tmp_path: Path) -> None:
    now = [2e9]
    login = Login(tokens, clock=lambda: now[0])
    app = Guard(
        Starlette(routes=[Route("/hitl", page), Route("/login", login)]),
        tokens=tokens, hosts=AllowedHosts(8377, "http"), login=login,
    )  # fmt: skip
    client = TestClient(app, BASE, follow_redirects=False)
    good, expired = read_tokens(tmp_path / "token")
    code = link("", good, now[0]).partition("code=")[2]
    client.cookies.set("cistron", code, path="/hitl")
    assert client.get("/hitl").status_code == 401
    for wrong in ("", "x", code[:-1], code[1:], "é", f"9{code}", link("", expired, now[0]).partition("code=")[2]):
        assert client.get("/login", params={"code": wrong}).status_code == 401
    cookie = client.get("/login", params={"code": code}).cookies.get("cistron") or ""
    assert client.get("/login", params={"code": cookie}).status_code == 401
    late = link("", good, now[0]).partition("code=")[2]
    now[0] += 121
    assert client.get("/login", params={"code": late}).status_code == 401
    client.cookies.clear()
    client.cookies.set("cistron", cookie, path="/hitl")
    assert client.get("/hitl").text == "hello ada"
    now[0] += 12 * 3600
    assert client.get("/hitl").status_code == 401


def test_every_refusal_is_one_line_of_json_that_says_what_to_do(client: TestClient) -> None:
    refusals = [client.post("/mcp"), client.post("/mcp", headers={**AUTH, "Host": "evil"})]
    for answer in refusals:
        assert ";" in json.loads(answer.text)["error"]
        assert answer.headers["connection"] == "close"
