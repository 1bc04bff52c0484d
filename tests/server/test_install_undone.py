"""What install does, uninstall undoes, whatever the file held: properties over generated files."""

import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.server.clients.change import carry_out, to_install, to_uninstall
from cistron.server.clients.files import backup_of
from cistron.server.clients.jsonc import parse
from cistron.server.clients.records import Config, Entry, Hook
from cistron.server.clients.splice import put

from .test_splice import VALUES, comments, documents

PARTS: Sequence[Entry | Hook] = (
    Entry(("mcpServers", "cistron"), {"command": "/v/cistron-mcp", "args": ["--root", "é"]}),
    Hook("PreCompact", None, "cistron-hook PreCompact"),
    Hook("PostToolUse", "Edit|Write", "cistron-hook PostToolUse"),
)


GROUPS = st.lists(st.just({"hooks": [{"type": "command", "command": "say done"}]}), max_size=2)
SERVERS = st.dictionaries(st.sampled_from(["a", "b c", "é"]), st.just({"command": "x", "args": []}), max_size=2)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={"x": VALUES, "mcpServers": SERVERS, "hooks": st.fixed_dictionaries({}, optional={"PreCompact": GROUPS})},
)


@settings(max_examples=40)  # each writes and reads a dozen files
@given(documents(SETTINGS), st.booleans())
def test_uninstall_undoes_install_byte_for_byte(text: str, bom: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "settings.json"
        before = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
        file.write_bytes(before)
        config = Config(file, "json", tuple(PARTS))
        carry_out(to_install(config))
        once = file.read_bytes()
        assert comments(once.decode("utf-8-sig")) == comments(text)
        assert to_install(config).is_empty
        carry_out(to_uninstall(config))
        assert file.read_bytes() == before
        assert to_uninstall(config).is_empty
        assert list(Path(folder).iterdir()) == [file]


@settings(max_examples=40)
@given(documents(SETTINGS))
def test_uninstall_keeps_what_was_added_since(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "settings.json"
        file.write_bytes(text.encode())
        config = Config(file, "json", tuple(PARTS))
        carry_out(to_install(config))
        file.write_bytes(put(file.read_bytes().decode(), ("since",), ["mine"]).encode())
        carry_out(to_uninstall(config))
        left = file.read_bytes().decode()
        assert parse(left).value == parse(put(text, ("since",), ["mine"])).value
        assert comments(left) == comments(text)


LINES = st.sampled_from(["# a", "", "[x]", "[x.y]", "[[z]]", "[mcp_servers.a]", '[mcp_servers."b c"]', "[mcp_servers]"])
PAIRS = st.sampled_from(
    ['q = """\n[mcp_servers.cistron]\n"""', "r = '''#'''", "s = [ # 1\n  2, ]", 't = "\\"#"', "u = {v = 1}"]
)


@settings(max_examples=40)
@given(st.lists(LINES | PAIRS, max_size=8, unique=True), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_uninstall_undoes_install_in_toml_too(lines: list[str], end: str, closed: bool) -> None:
    text = (end.join(lines) + (end if closed and lines else "")).replace("\r\n", "\n").replace("\n", end)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.write_bytes(text.encode())
        config = Config(file, "toml", (Entry(("mcp_servers", "cistron"), {"command": "cistron-mcp", "args": ["a"]}),))
        carry_out(to_install(config))
        after = tomllib.loads(file.read_bytes().decode())
        assert after["mcp_servers"].pop("cistron") == {"command": "cistron-mcp", "args": ["a"]}
        assert to_install(config).is_empty
        backup_of(file).unlink()
        file.write_bytes(file.read_bytes() + b"# since")
        carry_out(to_uninstall(config))
        assert file.read_bytes().removesuffix(b"# since").rstrip() == text.encode().rstrip()
