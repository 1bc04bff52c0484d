"""No byte of a secret is kept, however it comes in, and none is said."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from cistron.genome.store import contents
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

from .trees import ingest, known, write

SECRETS = {
    ".env": ("DB_PASSWORD={}\nexport STRIPE_KEY={}\nPLAIN={}\n", ["DB_PASSWORD", "STRIPE_KEY", "PLAIN"]),
    "prod.env": ("SESSION_SECRET='{}'\n", ["SESSION_SECRET"]),
    "key.pem": ("-----BEGIN RSA PRIVATE KEY-----\n{}\n{}\n-----END RSA PRIVATE KEY-----\n", []),
    "app.py": (
        'AWS = "AKIA{:.16}"\ndb_password = "{}"\ndef connect():\n    return "ghp_{:0<36.36}"\n',
        ["db_password", "connect"],
    ),
    "config.yaml": ("server:\n  api_key: {}\n  port: 80\n", ["api_key", "port"]),
    "settings.toml": ('[db]\npassword = "{}"\n', ["password"]),
    "app.json": ('{{"client_secret": "{}", "name": "demo"}}\n', ["client_secret", "demo"]),
    "README.md": ("# Use\n\npostgres://admin:{}@db/app\n", ["postgres"]),
    "id_ed25519": ("-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n", []),
    "run.sh": ("export GITHUB_TOKEN=ghp_{:0<36.36}\ncurl -H 'Authorization: Bearer {}'\n", ["GITHUB_TOKEN"]),
    ".npmrc": ("//registry.npmjs.org/:_authToken={}\n", ["_authToken"]),
    "crlf.env": ("A_TOKEN={}\r\nB_TOKEN={}\r\n", ["A_TOKEN", "B_TOKEN"]),
}  # fmt: skip


def planted(tree: Path) -> list[bytes]:
    """Write the files with secrets and return every secret value that must not be kept."""
    values: list[bytes] = []
    for number, (name, (text, _)) in enumerate(SECRETS.items()):
        places = text.count("{") - 2 * text.count("{{")
        own = [f"Zq{number:02d}x{place}Kv7Wm3Rt9Yb5Nc1Hd8Jf" for place in range(places)]
        if name == "app.py":
            own[0] = f"ZQ{number:02d}XKVWMRTYBNCH7"
        write(tree / name, text.format(*own))
        values += [value[:12].encode() for value in own]
    return values


def raw(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def leaked(values: Iterable[bytes], data: bytes) -> list[bytes]:
    folded = data.lower()
    return [value for value in values if value.lower() in folded]


def test_planted_secrets_are_in_no_byte_of_the_store_and_in_no_answer(
    services: Services, tree: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    values = planted(tree)
    ingest(services)
    assert leaked(values, raw(tmp_path / "store")) == []
    connection = services.engine().database.reading()
    for name, (_, kept) in SECRETS.items():
        content = known(services)[name].content
        assert content is not None, name
        text = contents.text_of(connection, content)
        assert all(key in text for key in kept), name
    said = b""
    for query in ("DB_PASSWORD", "api_key of the server", "github token bearer", "private key", values[0].decode()[:4]):
        for task in ("explain", "edit"):
            said += PacketTools(services).context_packet(query, task).model_dump_json().encode()
    assert leaked(values, said) == []
    assert leaked(values, caplog.text.encode()) == []
    services.engine().recorder.flush()
    assert leaked(values, raw(tmp_path / "store")) == []


def test_secrets_that_come_by_an_edit_a_rename_or_a_kept_text_are_not_kept_either(
    services: Services, tree: Path, tmp_path: Path
) -> None:
    value = "Zq99x0Kv7Wm3Rt9Yb5Nc1Hd8Jf"
    write(tree / "plain.txt", f"PLAIN={value}\n")
    write(tree / "app.py", "x = 1\n")
    ingest(services)
    write(tree / "app.py", f'api_key = "{value}"\n')
    PacketTools(services).context_packet("api_key")
    (tree / "plain.txt").unlink()
    IngestTools(services).ingest(content=f"db_password = '{value}'\n", source_id="shell output")
    IngestTools(services).ingest(content=f"PASSWORD={value}\n", source_id="prod/.env", kind="config")
    connection = services.engine().database.reading()
    texts = [row[0] for row in connection.execute("select text from chunk")]
    assert sum(value in text for text in texts) == 1  # the one in the plain text, which nothing says is a secret


def test_a_plain_file_that_is_renamed_to_a_secret_one_is_read_again_as_such(services: Services, tree: Path) -> None:
    value = "Zq98x0Kv7Wm3Rt9Yb5Nc1Hd8Jf"
    write(tree / "values.txt", f"ONE={value}\n# a comment that makes it longer than what is trivial to compare\n")
    ingest(services)
    (tree / "values.txt").rename(tree / ".env")
    PacketTools(services).context_packet("ONE")
    connection = services.engine().database.reading()
    content = known(services)[".env"].content
    assert content is not None
    assert value not in contents.text_of(connection, content)
