"""What the HTTP front listens on, and what it refuses to."""

import json
import re
import socket
import ssl
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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
    running,
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


def test_answers_are_sent_at_once() -> None:
    with listen_tcp("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP  # which is what asyncio asks before it sets TCP_NODELAY


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


def test_other_machines_are_served_over_tls_with_a_token_file_under_the_names_that_were_allowed(
    tree: Path, token_file: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path, "box.example")
    flags = ["--host", "0.0.0.0", "--token-file", str(token_file), "--allow-host", "box.example"]
    flags += ["--tls-cert", str(certificate), "--tls-key", str(key)]
    with running([*SERVE, *flags], "/mcp", cwd=tree, env=environment) as served:
        trust = ssl.create_default_context(cafile=str(certificate))
        with httpx2.Client(verify=trust, timeout=TIMEOUT_S) as http:
            base = f"https://127.0.0.1:{served.port}"
            sni = {"sni_hostname": "box.example"}
            for host, status in (("box.example", 401), (f"box.example:{served.port}", 401), ("other.example", 421)):
                assert http.post(f"{base}/mcp", headers={"Host": host}, extensions=sni).status_code == status
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"http://127.0.0.1:{served.port}/healthz", timeout=TIMEOUT_S)
        assert served.end() == 0


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate for a name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files
