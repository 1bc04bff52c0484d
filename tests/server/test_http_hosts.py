"""Host and Origin: parsed strictly, compared exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.server.http_hosts import AllowedHosts, is_local, parse_authority
from cistron.tools.errors import UsageError

HOSTS = AllowedHosts(8377, "http", ["box.example", "proxy.example:9000", "[2001:db8::1]"])


@pytest.mark.parametrize(
    "value",
    [
        *("127.0.0.1:8377", "localhost:8377", "LocalHost:8377", "[::1]:8377", "[0:0:0:0:0:0:0:1]:8377"),
        *("box.example:8377", "box.example", "box.example:443", "proxy.example:9000", "[2001:db8::1]:8377"),
    ],
)
def test_the_servers_own_names_are_answered(value: str) -> None:
    assert HOSTS.host([value])
    assert HOSTS.origin([f"http://{value}"])


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "127.0.0.1.evil.com", "127.0.0.1.evil.com:8377", "localhost.evil.com:8377", "evil.com"),
        *("localhost:1@evil", "localhost:8377@evil", "127.0.0.1:8377@evil.com", "evil@127.0.0.1:8377"),
        *("localhost:1.evil.com", "localhost:8377.evil.com", "localhost:8377:8377", "localhost:8377/"),
        *("127.0.0.1", "localhost", "[::1]", "127.0.0.1:80", "localhost:8378", "localhost:", "localhost:0"),
        *("localhost:+8377", "localhost:8_377", "localhost:٨٣٧٧", "localhost:083770", "127.1:8377", "2130706433:8377"),
        *("0x7f.0.0.1:8377", "0177.0.0.1:8377", "127.0.0.01:8377", "0.0.0.0:8377", "127.0.0.2:8377", "localhost.:8377"),
        *("localhost:99999", "localhost:8377 ", "evil.com:8377", "[127.0.0.1]:8377"),
        *("::1:8377", "[::1:8377", "::1]:8377", "[::1]8377", "[::1%lo]:8377", "[::ffff:127.0.0.1]:8377"),
        *("[localhost]:8377", "http://localhost:8377", "localhost,evil.com:8377", "localhost\t:8377", "proxy.example"),
        *("xn--lcalhost-n4a:8377", "l\u043ecalhost:8377", "*", "*:8377", "null"),
    ],
)  # fmt: skip
def test_other_names_are_not(value: str) -> None:
    assert not HOSTS.host([value])
    assert not HOSTS.origin([f"http://{value}"])


def test_a_request_names_its_host_once() -> None:
    assert not HOSTS.host([])
    assert not HOSTS.host(["localhost:8377", "localhost:8377"])
    assert not HOSTS.host(["localhost:8377", "evil.com"])


@pytest.mark.parametrize(
    "values",
    [
        *(["null"], [""], ["http://"], ["http://evil.com"], ["http://localhost"], ["https://localhost:8377/"]),
        *(["file://"], ["chrome-extension://localhost:8377"], ["localhost:8377"], ["http:localhost:8377"]),
        *(["HTTP://localhost:8377"], ["http://localhost:8377", "http://localhost:8377"], ["http://a@localhost:8377"]),
    ],
    ids=str,
)
def test_pages_of_others_are_refused(values: list[str]) -> None:
    assert not HOSTS.origin(values)


def test_a_program_sends_no_origin() -> None:
    assert HOSTS.origin([])


def test_the_schemes_own_port_may_be_left_out() -> None:
    assert AllowedHosts(443, "https").host(["localhost"])
    assert AllowedHosts(80, "http").host(["127.0.0.1"])
    assert not AllowedHosts(80, "https").host(["127.0.0.1"])


@pytest.mark.parametrize("name", ["http://box", "box:x", "", "*", "a b", "-box"])
def test_a_configured_name_that_is_no_host_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no host"):
        AllowedHosts(8377, "http", [name])


@given(st.text(max_size=40))
def test_anything_can_be_parsed_and_little_is_allowed(text: str) -> None:
    authority = parse_authority(text)
    if HOSTS.host([text]):
        assert authority is not None
        assert text.lower().rstrip("0123456789").rstrip(":") in {"127.0.0.1", "localhost", "[::1]", "box.example"}


@given(st.sampled_from(["127.0.0.1", "localhost", "[::1]"]), st.text(min_size=1, max_size=20))
def test_nothing_can_follow_a_name_and_its_port(name: str, tail: str) -> None:
    assert not HOSTS.host([f"{name}:8377{tail}"])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_local_addresses(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.com", "localhost.evil.com", ""])
def test_public_addresses(host: str) -> None:
    assert not is_local(host)
