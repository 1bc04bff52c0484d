"""What no file proves: it ages by its kind, says how it is made current, and is compared with its server if allowed."""

import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cistron.genome.proof.remote import revalidate
from cistron.genome.store.contents import digest
from cistron.genome.store.validators import Validator
from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import Item, Packet
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

HOUR = 3600.0
PAGE = "The quokka limit of the service is eleven requests.\n"


class Web:
    """A server with one page, which it names by an ETag, and what it was asked."""

    def __init__(self) -> None:
        self.body = PAGE.encode()
        self.status = 200
        self.asked: list[str | None] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.headers.get("If-None-Match"))
                tag = f'"{digest(web.body).hex()}"'
                if self.path == "/elsewhere":
                    self.send_response(302)
                    self.send_header("Location", "/page")
                    self.end_headers()
                elif self.headers.get("If-None-Match") == tag:
                    self.send_response(304)
                    self.end_headers()
                else:
                    self.send_response(web.status)
                    self.send_header("ETag", tag)
                    self.end_headers()
                    self.wfile.write(web.body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/page"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Clock:
    """Seconds since the epoch, as a test sets them."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def web() -> Generator[Web]:
    web = Web()
    yield web
    web.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


Start = Callable[..., Services]


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Generator[Start]:
    opened: list[Services] = []

    def start(**options: object) -> Services:
        (tmp_path / "empty").mkdir(exist_ok=True)
        services = Services(tmp_path / "genome.db", [tmp_path / "empty"], clock=clock, **options)  # type: ignore[arg-type]
        opened.append(services)
        return services

    yield start
    for services in opened:
        services.close()


def keep(services: Services, name: str, text: str = PAGE, **options: str) -> None:
    IngestTools(services).ingest(content=text, source_id=name, **options)  # type: ignore[arg-type]


def ask(services: Services, task: str = "explain") -> Packet:
    return PacketTools(services).context_packet("quokka limit of the service", task_type=task)


def first(services: Services, task: str = "explain") -> Item:
    return ask(services, task).items[0]


@pytest.mark.parametrize(
    ("name", "hours", "status", "authority"),
    [
        pytest.param("https://example.org/limits", 11, "verified", "primary", id="a page within half a day"),
        pytest.param("https://example.org/limits", 20, "stale_risk", "primary", id="a page after a day"),
        pytest.param("cmd:service --limits", 0.2, "verified", "primary", id="output just now"),
        pytest.param("cmd:service --limits", 2, "needs_refresh", "primary", id="output of two hours ago"),
        pytest.param("db://main/limits/7", 2, "needs_refresh", "primary", id="a row of two hours ago"),
        pytest.param("note:limits", 100, "verified", "inferred", id="a note of this week"),
    ],
)
def test_a_kept_text_ages_by_the_scheme_of_its_name(
    start: Start, clock: Clock, name: str, hours: float, status: str, authority: str
) -> None:
    services = start()
    keep(services, name)
    clock.now += hours * HOUR
    item = first(services)
    assert (item.status, item.evidence.rung, item.authority) == (status, "age", authority)
    assert f"{authority}, " in item.why


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("https://example.org/limits", "fetch https://example.org/limits again and ingest it under the same source_id"),
        ("cmd:service --limits", "run `service --limits` again and ingest its output under the same source_id"),
        ("db://main/limits/7", "query main/limits/7 again and ingest the result under the same source_id"),
        ("standup", "ask for standup again and ingest it under the same source_id"),
    ],
)
def test_what_has_aged_says_how_it_is_made_current(start: Start, clock: Clock, name: str, action: str) -> None:
    services = start()
    keep(services, name, volatility="hot")
    clock.now += 5 * HOUR
    targets = ask(services).refresh_targets
    assert (targets[0].reason, targets[0].action) == ("aged", action)


def test_a_clock_that_was_set_back_makes_nothing_older(start: Start, clock: Clock) -> None:
    services = start()
    keep(services, "cmd:service --limits")
    clock.now -= 1000 * HOUR
    assert first(services).status == "verified"


def test_of_equal_texts_what_was_read_comes_before_what_was_concluded(start: Start) -> None:
    services = start()
    keep(services, "cmd:a", kind="note")
    keep(services, "cmd:b", kind="doc")
    assert [item.authority for item in ask(services).items] == ["primary", "inferred"]


def test_without_leave_no_server_is_asked(start: Start, clock: Clock, web: Web) -> None:
    services = start(network_hosts=["127.0.0.1"])
    keep(services, web.url)
    clock.now += 30 * HOUR
    assert first(services, "edit").evidence.rung == "age"
    assert web.asked == []


def test_a_private_address_is_asked_only_if_a_person_listed_its_host(start: Start, clock: Clock, web: Web) -> None:
    services = start(network=True)
    keep(services, web.url)
    clock.now += 30 * HOUR
    assert first(services, "edit").evidence.rung == "age"
    assert web.asked == []


def test_an_aged_page_that_is_the_same_is_verified_and_fresh_again(start: Start, clock: Clock, web: Web) -> None:
    services = start(network=True, network_hosts=["127.0.0.1"])
    keep(services, web.url)
    clock.now += 30 * HOUR
    item = first(services)
    assert (item.status, item.evidence.rung) == ("verified", "bytes")
    assert not ask(services).refresh_targets
    clock.now += 30 * HOUR
    assert first(services).status == "verified"
    assert web.asked[0] is None
    assert web.asked[-1] is not None


def test_a_page_that_changed_is_to_be_fetched_again(start: Start, clock: Clock, web: Web) -> None:
    services = start(network=True, network_hosts=["127.0.0.1"])
    keep(services, web.url)
    web.body = b"something else"
    clock.now += 30 * HOUR
    packet = ask(services, "edit")
    assert (packet.items[0].status, packet.items[0].evidence.rung) == ("needs_refresh", "changed")
    assert (packet.refresh_targets[0].reason, packet.refresh_targets[0].action[:9]) == ("changed", "fetch htt")


def test_a_fresh_page_is_asked_about_where_bytes_are_needed_and_else_not(start: Start, web: Web) -> None:
    services = start(network=True, network_hosts=["127.0.0.1"])
    keep(services, web.url)
    assert first(services, "explain").evidence.rung == "age"
    assert web.asked == []
    assert first(services, "edit").evidence.rung == "bytes"


def test_an_error_of_the_server_leaves_it_to_the_age(start: Start, clock: Clock, web: Web) -> None:
    services = start(network=True, network_hosts=["127.0.0.1"])
    keep(services, web.url)
    web.status = 500
    clock.now += 20 * HOUR
    assert (first(services).status, first(services).evidence.rung) == ("stale_risk", "age")


def test_no_more_than_two_pages_are_asked_about(start: Start, clock: Clock, web: Web) -> None:
    services = start(network=True, network_hosts=["127.0.0.1"])
    for n in range(4):
        keep(services, f"{web.url}?{n}", PAGE + f"Copy {n}.\n")
    clock.now += 30 * HOUR
    ask(services)
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://user:secret@127.0.0.1/",
        "http://[::1",
        "http:///x",
        "http://localhost.invalid/",
    ],
)
def test_what_is_no_plain_web_address_is_not_asked(url: str) -> None:
    assert revalidate(url, b"", Validator(), {"127.0.0.1", "localhost.invalid"}).state == "unknown"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "[::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
    ],
)
def test_no_host_inside_the_machines_own_networks_is_asked(host: str) -> None:
    assert revalidate(f"http://{host}/", b"", Validator(), ()).state == "unknown"


def test_a_redirect_is_not_followed(web: Web) -> None:
    url = web.url.replace("/page", "/elsewhere")
    assert revalidate(url, digest(web.body), Validator(), {"127.0.0.1"}).state == "unknown"
    assert len(web.asked) == 1


def test_a_page_that_is_too_long_is_left_to_its_age(web: Web) -> None:
    web.body = b"x" * (3 << 20)
    assert revalidate(web.url, digest(web.body), Validator(), {"127.0.0.1"}).state == "unknown"
