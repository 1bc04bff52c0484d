"""What the HTTP front listens on, and what it refuses to."""

import json
import re
import socket
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from cistron.server.cli import serve
from cistron.server.cli.commands import parser
from cistron.server.cli.main import main
from cistron.server.http_sockets import listen_tcp, unix_socket
from cistron.tools.errors import UsageError
from tests.server.http_running import (
    SERVE,
    TIMEOUT_S,
    TOKEN,
    Served,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and sockets differ")


def test_a_socket_of_a_killed_server_is_taken_over_and_one_of_a_living_one_is_not(
    odd_of_its_own: Callable[..., AbstractContextManager[Served]], tmp_path: Path
) -> None:
    uds = tmp_path / "s.sock"
    with odd_of_its_own("--socket", str(uds)) as served:
        served.child.kill()
        served.child.wait(TIMEOUT_S)
    assert uds.exists()
    with unix_socket(uds), pytest.raises(UsageError, match="already answers"), unix_socket(uds):
        pass
    assert not uds.exists()
    uds.write_text("mine")
    with pytest.raises(UsageError, match="is no socket"), unix_socket(uds):
        pass
    assert uds.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["s.sock"]


def test_of_many_that_start_at_once_on_a_stale_socket_one_gets_it(tmp_path: Path) -> None:
    uds = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(uds))
    ready, done, got, refused = threading.Barrier(8), threading.Event(), [], []

    def start() -> None:
        ready.wait(TIMEOUT_S)
        try:
            with unix_socket(uds) as mine:
                got.append(mine)
                done.wait(TIMEOUT_S)
        except UsageError as error:
            refused.append(error)
            if len(refused) == 7:
                done.set()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert (len(got), len(refused)) == (1, 7)
    assert not uds.exists()


def test_a_socket_that_somebody_else_put_there_meanwhile_stays(tmp_path: Path) -> None:
    uds = tmp_path / "s.sock"
    with unix_socket(uds):
        uds.unlink()
        uds.write_text("somebody else's")
    assert uds.read_text() == "somebody else's"


def test_a_taken_port_is_one_clear_line() -> None:
    with listen_tcp("127.0.0.1", 0) as taken, pytest.raises(UsageError, match="is taken"):
        listen_tcp("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        pytest.param(["--host", "0.0.0.0"], "--token-file FILE and --tls-cert FILE", id="all addresses"),
        pytest.param(["--host", "::"], "or --insecure-public", id="all addresses, ipv6"),
        pytest.param(["--host", "0.0.0.0", "--token-file", "token"], "or --insecure-public", id="without TLS"),
        pytest.param(["--token-file", "shared"], "chmod 600", id="shared token"),
        pytest.param(["--token-file", "nowhere"], "there is no token file", id="no token"),
        pytest.param(["--tls-cert", "token", "--tls-key", "token"], "the certificate cannot be used", id="TLS"),
        pytest.param(["--host", "no.such.host.invalid", "--insecure-public"], "there is no address", id="host"),
        pytest.param(["--allow-host", "http://x"], "is no host", id="allowed host"),
        pytest.param(["--port", "70000"], "port = 70000", id="port"),
        pytest.param(["--socket", "x" * 200], "too long for a socket", id="socket"),
    ],
)
def test_what_cannot_be_served_safely_ends_with_one_line_that_says_what_to_do(
    tree: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, flags: list[str], said: str
) -> None:
    for name, mode in (("token", 0o600), ("shared", 0o644)):
        (tree / name).write_text(TOKEN)
        (tree / name).chmod(mode)
    monkeypatch.chdir(tree)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    arguments = parser().parse_args([*SERVE[3:], *flags])
    with pytest.raises(UsageError, match=re.escape(said)) as raised:
        serve.run(arguments)
    assert "\n" not in str(raised.value)
    assert not list(tree.glob(".cistron/genome.db*"))


def test_a_rotated_token_ends_the_old_one_and_a_link_points_to_the_server(
    tree: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def token(*flags: str) -> str:
        assert main(["token", *flags]) == 0
        return capsys.readouterr().out.strip()

    monkeypatch.chdir(tree)
    monkeypatch.setenv("XDG_STATE_HOME", environment["XDG_STATE_HOME"])
    first = token()
    assert token() == first
    assert token("--rotate") != first
    told = json.loads(token("--json", "--url", "--port", "9000"))
    assert told["url"].startswith("http://127.0.0.1:9000/login?code=")
    assert told["token"] not in told["url"]
    assert stat.S_IMODE(Path(told["file"]).stat().st_mode) == 0o600
