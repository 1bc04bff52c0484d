"""Files of clients that are broken, foreign or closed: `cistron install` leaves them as they are and says why."""

from pathlib import Path

import pytest

from cistron.server.cli.main import main

from .test_install import snapshot

Captured = pytest.CaptureFixture[str]
BROKEN = {
    "truncated": ('{"mcpServers": {"a": {', "line 1, column 23"),
    "empty": ("", "line 1, column 1"),
    "a list": ("[]", "a list stands where an object should"),
    "a list of servers": ('{\n "mcpServers": []}', "mcpServers is a list"),
    "twice": ('{"mcpServers": {}, "mcpServers": {}}', "a second time"),
    "UTF-16": ('{"mcpServers": {}}'.encode("utf-16"), "UTF-16"),
    "not UTF-8": (b'{\n"a": "\xff"}', "line 2, byte 8"),
    "merge conflict": ('{\n<<<<<<< HEAD\n"a": 1\n=======\n>>>>>>> b\n}', "line 2, column 1"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_is_not_what_it_should_be_is_left_alone(case: str, home: Path, capsys: Captured) -> None:
    text, told = BROKEN[case]
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = snapshot(home)
    assert main(["install", "--client", "cursor"]) == 1
    said = capsys.readouterr().err
    assert str(file) in said
    assert told in said
    main(["uninstall", "--client", "cursor"])
    assert snapshot(home) == before


@pytest.mark.parametrize(
    "text", ["[mcp_servers", "mcp_servers = 3\n", 'mcp_servers = { a = { command = "x" } }\n', "a = 1\na = 2\n"]
)
def test_a_toml_file_that_has_no_room_for_us_is_left_alone(text: str, home: Path, capsys: Captured) -> None:
    file = home / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text(text)
    assert main(["install", "--client", "codex"]) == 1
    assert str(file) in capsys.readouterr().err
    assert file.read_text() == text


def test_hooks_of_a_foreign_shape_are_left_alone(home: Path, capsys: Captured) -> None:
    file = home / ".claude" / "settings.json"
    file.parent.mkdir()
    for text in ('{"hooks": []}', '{"hooks": {"PreCompact": {}}}', '{"hooks": {"PreCompact": [{"matcher": "x"}]}}'):
        file.write_text(text)
        assert main(["install", "--client", "claude-code"]) == 1
        assert "is not a list of hooks" in (said := capsys.readouterr().err) or "not a group of hooks" in said
        assert file.read_text() == text


def test_a_folder_a_read_only_file_and_a_yaml_of_somebody_else_are_left_alone(home: Path, capsys: Captured) -> None:
    (home / ".cursor" / "mcp.json").mkdir(parents=True)
    codex, other = home / ".codex" / "config.toml", home / ".continue" / "mcpServers" / "cistron.yaml"
    for file in (codex, other):
        file.parent.mkdir(parents=True)
        file.write_text("# mine\n")
    codex.chmod(0o444)
    assert main(["install", "--client", "cursor", "--client", "codex", "--client", "continue"]) == 1
    said = capsys.readouterr().err
    for told in ("a folder stands where a file should", "read-only", "not written by us"):
        assert told in said
    assert codex.read_text() == other.read_text() == "# mine\n"
    assert main(["uninstall", "--client", "continue"]) == 0
    assert other.exists()
