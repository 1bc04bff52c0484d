"""The page of questions: what it shows, who may post to it, and that nothing an agent wrote becomes part of it."""

import re
from collections.abc import Generator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from cistron.genome.records import Identity
from cistron.server.pages.hitl import COOKIE, hitl_routes
from cistron.tools.caller import Caller, acting
from cistron.tools.hitl import HitlTools
from cistron.tools.notes import NotesTools
from cistron.tools.services import Services

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=y>\x1b[2J\u202e"


class Page(HTMLParser):
    """The tags of a page and the fields of its forms."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.forms: dict[str, dict[str, str]] = {}
        self.links: list[str] = []
        self._fields: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.links += [given[name] for name in ("src", "href") if name in given]
        if tag == "form":
            self._fields = self.forms.setdefault(given["action"], {})
        if tag == "input" and given["type"] == "hidden":
            self._fields[given["name"]] = given["value"]


@pytest.fixture
def services(tmp_path: Path) -> Generator[Services]:
    services = Services(tmp_path / "genome.db", [], vectors=False)
    yield services
    services.close()


@pytest.fixture
def tools(services: Services) -> HitlTools:
    return HitlTools(services)


@pytest.fixture(params=["", "/deep/er"])
def base(request: pytest.FixtureRequest) -> str:
    """Where the page is mounted."""
    return request.param


@pytest.fixture
def browser(services: Services, base: str) -> Generator[TestClient]:
    app = Starlette(routes=[Mount(base, routes=hitl_routes(services))])
    with TestClient(app, base_url="http://127.0.0.1:8000") as browser:
        yield browser


def form_of(browser: TestClient, base: str, id_: str) -> tuple[str, dict[str, str]]:
    """Where a question's form is sent, seen from the page, and what it holds unseen."""
    forms = Page(browser.get(f"{base}/hitl").text).forms
    action = next(action for action in forms if action.endswith(f"/{id_}"))
    return f"{base}/{action}", forms[action]


def test_a_question_is_answered_on_the_page(browser: TestClient, base: str, tools: HitlTools) -> None:
    tools.emit("Which port?", options=["8080", "9090"])
    where, fields = form_of(browser, base, "h1")
    after = browser.post(where, data={**fields, "option": "2", "words": "for the tunnel"})
    assert after.status_code == 200
    assert after.url.path == f"{base}/hitl"
    assert "h1 answered &quot;9090&quot;, saying &quot;for the tunnel&quot; by local (page)" in after.text
    answer = tools.get("h1").answer
    assert answer is not None
    assert (answer.text, answer.comment, answer.through) == ("9090", "for the tunnel", "page")


def test_words_alone_are_an_answer_and_declining_is_one_too(browser: TestClient, base: str, tools: HitlTools) -> None:
    tools.emit("Which port?", options=["8080", "9090"])
    tools.emit("May I?", "permission_request")
    where, fields = form_of(browser, base, "h1")
    browser.post(where, data={**fields, "words": "neither: 7070"})
    where, fields = form_of(browser, base, "h2")
    browser.post(where, data={**fields, "decline": "1", "option": "1"})
    answer = tools.get("h1").answer
    assert answer is not None
    assert answer.text == "neither: 7070"
    assert tools.get("h2").state == "declined"


def test_the_page_shows_the_notes_an_answer_judges(
    browser: TestClient, base: str, services: Services, tools: HitlTools
) -> None:
    NotesTools(services).remember("The cache <b>is</b> flushed at noon.")
    tools.emit("Is n1 right?")
    page = browser.get(f"{base}/hitl").text
    assert "A yes confirms and a no rejects the note n1 &quot;The cache &lt;b&gt;is&lt;/b&gt; flushed" in page


def test_a_form_needs_the_token_and_the_cookie_of_the_page_it_stands_on(
    browser: TestClient, base: str, services: Services, tools: HitlTools
) -> None:
    tools.emit("May I?")
    tools.emit("May I too?")
    where, fields = form_of(browser, base, "h1")
    _, other = form_of(browser, base, "h2")
    words = {"words": "yes"}
    assert browser.post(where, data=words).status_code == 403
    assert browser.post(where, data={"token": "x" * 64, **words}).status_code == 403
    assert browser.post(where, data={**other, **words}).status_code == 403  # of another question
    cookie = browser.cookies.get(COOKIE)
    browser.cookies.clear()
    assert browser.post(where, data={**fields, **words}).status_code == 403
    browser.cookies.set(COOKIE, "of-another-browser-32-letters-lo")
    assert browser.post(where, data={**fields, **words}).status_code == 403
    assert [event.state for event in tools.recent().events] == ["pending", "pending"]
    assert cookie is not None
    restarted = TestClient(Starlette(routes=[Mount(base, routes=hitl_routes(services))]), cookies={COOKIE: cookie})
    assert restarted.post(where, data={**fields, **words}).status_code == 403
    browser.cookies.clear()
    browser.cookies.set(COOKIE, cookie)
    assert browser.post(where, data={**fields, **words}).status_code == 200
    assert tools.get("h1").state == "answered"


def test_what_agents_wrote_stays_text_and_nothing_comes_from_outside(
    browser: TestClient, base: str, tools: HitlTools
) -> None:
    tools.emit(EVIL, options=[EVIL, "no"], context=EVIL, risk=[EVIL[:50]])
    tools.emit(f"done {EVIL}")
    tools.answer("h2", f"yes {EVIL}", "terminal")
    reply = browser.get(f"{base}/hitl", params={"just": EVIL})
    page = Page(reply.text)
    assert not {"script", "img"} & set(page.tags)
    assert all(not link.startswith(("http", "//", "data")) for link in page.links)
    assert not any(letter in reply.text for letter in "\x1b\u202e")
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert reply.headers["cache-control"] == "no-store"
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_an_empty_page_looks_again_and_one_with_a_form_keeps_what_is_written(
    browser: TestClient, base: str, tools: HitlTools
) -> None:
    assert "http-equiv=refresh" in browser.get(f"{base}/hitl").text
    tools.emit("May I?")
    page = browser.get(f"{base}/hitl").text
    assert "http-equiv=refresh" not in page
    (frame,) = Page(page).links
    assert "No new questions." in browser.get(f"{base}/{frame}").text
    tools.emit("May I too?")
    news = browser.get(f"{base}/{frame}").text
    assert "2 waiting now." in news
    assert Page(news).links == ["../hitl"]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        pytest.param({}, 400, "answer is missing", id="nothing"),
        pytest.param({"option": "9"}, 400, "no option 9", id="no such option"),
        pytest.param({"option": "-1"}, 400, "no option 0", id="negative"),
        pytest.param({"words": "y" * 5000}, 400, "answer has 5,000 characters", id="long"),
        pytest.param({"words": "y" * 70_000}, 413, "more than 65,536 bytes", id="too large"),
    ],
)
def test_a_bad_form_is_explained_and_answers_nothing(
    browser: TestClient, base: str, tools: HitlTools, fields: dict[str, str], status: int, said: str
) -> None:
    tools.emit("Which port?", options=["8080", "9090"])
    where, hidden = form_of(browser, base, "h1")
    reply = browser.post(where, data={**hidden, **fields})
    assert reply.status_code == status
    assert said in reply.text
    assert tools.get("h1").state == "pending"


def test_the_second_answer_is_told_whose_stands(browser: TestClient, base: str, tools: HitlTools) -> None:
    tools.emit("Which port?")
    where, fields = form_of(browser, base, "h1")
    tools.answer("h1", "8080", "terminal")
    page = browser.post(where, data={**fields, "words": "9090"}).text
    assert re.search(r"role=status>h1 answered &quot;8080&quot; by local \(terminal\)", page)


def test_the_page_of_one_party_shows_and_takes_nothing_of_another(services: Services, tools: HitlTools) -> None:
    with acting(Caller(Identity(party="laptop"), "s")):
        tools.emit("theirs")
    browser = TestClient(Starlette(routes=list(hitl_routes(services))))
    assert "theirs" not in browser.get("/hitl").text
    assert browser.post("/hitl/h1", data={"words": "yes"}).status_code == 403
