"""`cistron install` and `uninstall` over real files of a home that is not the tester's."""

import json
import os
import shlex
import stat
import sys
import tomllib
from pathlib import Path

import pytest

from cistron.server.cli.commands import CLIENTS as NAMES
from cistron.server.cli.main import main
from cistron.server.clients.change import carry_out, to_install
from cistron.server.clients.files import backup_of
from cistron.server.clients.records import Config, ConfigError, Entry, Machine
from cistron.server.clients.registry import CLIENTS

Captured = pytest.CaptureFixture[str]
CODEX = '# mine\nmodel = "o9"\n\n[mcp_servers.docs]  # theirs\ncommand = "docs" # x\nargs = [\n  "a", # b\n]\n'
PLACES = {
    "claude-code": (".claude.json", ".claude/settings.json"),
    "claude-desktop": (".config/Claude/claude_desktop_config.json",),
    "cursor": (".cursor/mcp.json",),
    "vscode": (".config/Code/User/mcp.json",),
    "windsurf": (".codeium/windsurf/mcp_config.json",),
    "zed": (".config/zed/settings.json",),
    "codex": (".codex/config.toml",),
    "gemini": (".gemini/settings.json",),
    "continue": (".continue/mcpServers/cistron.yaml",),
    "opencode": (".config/opencode/opencode.json",),
}
KEYS = {"vscode": "servers", "zed": "context_servers", "opencode": "mcp"}


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def program(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def server_in(path: Path, key: str) -> dict[str, object]:
    """Our entry in a client's file, whatever it is written in."""
    text = path.read_text(encoding="utf-8")
    whole = tomllib.loads(text)["mcp_servers"] if path.suffix == ".toml" else json.loads(text)[key]
    return whole["cistron"]


def test_the_names_on_the_command_line_are_the_clients_that_are_known() -> None:
    assert tuple(CLIENTS) == NAMES == tuple(PLACES)


@pytest.mark.parametrize("client", NAMES)
def test_a_client_is_written_for_where_it_looks_and_left_without_a_trace(client: str, home: Path) -> None:
    assert main(["install", "--client", client]) == 0
    assert set(snapshot(home)) == set(PLACES[client])
    if client != "continue":
        entry = server_in(home / PLACES[client][0], KEYS.get(client, "mcpServers"))
        command = entry["command"]
        first = command[0] if isinstance(command, list) else command
        assert isinstance(first, str)
        assert Path(first).is_absolute()
        assert os.access(first, os.X_OK)
    once = snapshot(home)
    assert main(["install", "--client", client]) == 0
    assert snapshot(home) == once
    assert main(["uninstall", "--client", client]) == 0
    assert snapshot(home) == {}


def test_without_a_name_those_that_are_installed_are_written_for_and_named(
    home: Path, tmp_path: Path, capsys: Captured
) -> None:
    (home / ".cursor").mkdir()
    program(tmp_path / "bin", "codex")
    assert main(["install"]) == 0
    said = capsys.readouterr().out
    assert f"found Cursor: {home / '.cursor'}" in said
    assert f"found Codex: {tmp_path / 'bin' / 'codex'}" in said
    assert set(snapshot(home)) == {".cursor/mcp.json", ".codex/config.toml"}


def test_where_no_client_is_found_the_names_are_said(home: Path, capsys: Captured) -> None:
    assert main(["install"]) == 1
    assert "zed" in capsys.readouterr().err
    assert snapshot(home) == {}


def test_a_dry_run_shows_every_line_and_writes_nothing(home: Path, capsys: Captured) -> None:
    before = snapshot(home)
    assert main(["install", "--client", "all", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert snapshot(home) == before
    assert main(["install", "--client", "all"]) == 0
    for text in snapshot(home).values():
        for line in text.decode().splitlines():
            assert f"+{line}\n" in shown


def test_a_project_names_the_program_alone_where_the_path_has_it(home: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "cistron-mcp")
    assert main(["install", "--scope", "project", "--client", "all"]) == 0
    project = tmp_path / "project"
    assert snapshot(home) == {}
    assert server_in(project / ".mcp.json", "mcpServers") == {"type": "stdio", "command": "cistron-mcp", "args": []}
    args = server_in(project / ".vscode" / "mcp.json", "servers")["args"]
    assert args == ["--workspace", "${workspaceFolder}"]
    hooks = json.loads((project / ".claude" / "settings.json").read_text())["hooks"]
    assert hooks["PostToolUse"][0]["hooks"][0]["command"] == "cistron-hook PostToolUse"
    assert main(["uninstall", "--scope", "project"]) == 0
    assert set(snapshot(project)) == {"cistron.toml"}


def test_a_project_scope_outside_a_workspace_is_wrong_usage(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["install", "--scope", "project", "--client", "cursor"]) == 2
    assert "--scope user" in capsys.readouterr().err
    assert snapshot(home) == {}


def test_roots_that_a_person_names_are_handed_to_the_server(home: Path, tmp_path: Path) -> None:
    assert main(["install", "--client", "claude-desktop", "--root", "sub"]) == 0
    entry = server_in(home / PLACES["claude-desktop"][0], "mcpServers")
    assert entry["args"] == ["--root", str(tmp_path / "project" / "sub")]


def test_hooks_are_told_of_a_store_that_a_person_names(home: Path, tmp_path: Path) -> None:
    assert main(["install", "--client", "claude-code", "--genome", "my store/g.db"]) == 0
    entry = server_in(home / ".claude.json", "mcpServers")
    assert entry["args"] == ["--genome", str(tmp_path / "project" / "my store" / "g.db")]
    hooks = json.loads((home / ".claude" / "settings.json").read_text())["hooks"]
    line = hooks["PreCompact"][0]["hooks"][0]["command"]
    assert shlex.split(line)[1:] == ["PreCompact", str(tmp_path / "project" / "my store")]


def test_what_a_terminal_would_obey_is_shown_escaped(home: Path, capsys: Captured) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text("{\n  // \x1b[2J\u202e\n}")
    assert main(["install", "--client", "cursor"]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\\x1b[2J\\u202e" in said
    assert "\x1b" in file.read_text()


def test_what_others_wrote_stays_where_ours_goes_in_and_out(home: Path) -> None:
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text(CODEX)
    settings = home / ".config" / "zed" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text('// Zed\n{\n    "theme": "One", // dark\n    "vim_mode": true,\n}\n')
    hooks = home / ".claude" / "settings.json"
    hooks.parent.mkdir()
    hooks.write_text('{"hooks": {"PreCompact": [{"hooks": [{"type": "command", "command": "say done"}]}]}}')
    before = snapshot(home)
    for _ in range(2):
        assert main(["install", "--client", "all"]) == 0
    assert (home / ".codex" / "config.toml").read_text().startswith(CODEX)
    assert "// dark" in settings.read_text()
    commands = [group["hooks"][0]["command"] for group in json.loads(hooks.read_text())["hooks"]["PreCompact"]]
    assert commands[0] == "say done"
    assert commands[1].endswith("PreCompact")
    assert main(["uninstall"]) == 0
    assert snapshot(home) == before


def test_what_was_edited_after_the_install_survives_the_uninstall(home: Path) -> None:
    file = home / ".cursor" / "mcp.json"
    assert main(["install", "--client", "cursor", "--client", "codex"]) == 0
    file.write_text(file.read_text().replace('"mcpServers": {', '"mcpServers": {\n    "mine": {"command": "x"},'))
    toml = home / ".codex" / "config.toml"
    toml.write_text(toml.read_text() + "\n[tui]\ntheme = 'a' # b\n")
    assert main(["uninstall"]) == 0
    assert json.loads(file.read_text()) == {"mcpServers": {"mine": {"command": "x"}}}
    assert toml.read_text() == "\n[tui]\ntheme = 'a' # b\n"


def test_what_a_person_added_to_our_entry_survives_another_install(home: Path) -> None:
    file = home / ".cursor" / "mcp.json"
    toml = home / ".codex" / "config.toml"
    assert main(["install", "--client", "cursor", "--client", "codex"]) == 0
    old = file.read_text().replace('"type": "stdio"', '"env": {"CISTRON_AGENT": "c"}')
    file.write_text(old.replace(str(Path(sys.executable).parent), "/old"))
    toml.write_text(
        toml.read_text()
        .replace("command = ", 'enabled = false\ncommand = "/old/cistron-mcp" # ')
        .replace("= 30", "= 60")
    )
    assert main(["install", "--client", "cursor", "--client", "codex"]) == 0
    entry = server_in(file, "mcpServers")
    assert entry["env"] == {"CISTRON_AGENT": "c"}
    assert entry["command"] != "/old/cistron-mcp"
    ours = server_in(toml, "")
    assert ours["enabled"] is False
    assert ours["command"] == entry["command"]
    assert ours["startup_timeout_sec"] == 30
    assert "command = " in toml.read_text()


@pytest.mark.parametrize("client", ["cursor", "codex"])
def test_another_server_of_our_name_is_replaced_only_by_force(client: str, home: Path, capsys: Captured) -> None:
    file = home / PLACES[client][0]
    file.parent.mkdir()
    foreign = '{"mcpServers": {"cistron": {"command": "helix", "args": ["-x"]}}}'
    file.write_text('[mcp_servers.cistron]\ncommand = "helix"\nx = 1\n' if client == "codex" else foreign)
    before = file.read_bytes()
    assert main(["install", "--client", client]) == 1
    assert main(["uninstall", "--client", client]) == 0
    assert file.read_bytes() == before
    said = capsys.readouterr().err
    assert "helix" in said
    assert "--force" in said
    assert main(["install", "--client", client, "--force"]) == 0
    assert "helix" not in file.read_text()
    assert backup_of(file).read_bytes() == before


def test_a_link_is_followed_and_the_mode_is_kept(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.json"
    target.write_text('{"a": 1}')
    target.chmod(0o640)
    (home / ".cursor").mkdir()
    (home / ".cursor" / "mcp.json").symlink_to(target)
    assert main(["install", "--client", "cursor"]) == 0
    assert (home / ".cursor" / "mcp.json").is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert "cistron" in target.read_text()
    assert main(["uninstall", "--client", "cursor"]) == 0
    assert target.read_text() == '{"a": 1}'
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix.endswith("backup")) == []


def test_a_file_that_another_program_writes_meanwhile_keeps_what_that_wrote(home: Path) -> None:
    file = home / "x.json"
    file.write_text("{}")
    change = to_install(Config(file, "json", (Entry(("mcpServers", "cistron"), {"command": "cistron-mcp"}),)))
    file.write_text('{"token": "new"}')
    with pytest.raises(ConfigError, match="run the command again"):
        carry_out(change)
    assert file.read_text() == '{"token": "new"}'


def test_a_mark_at_the_front_and_line_ends_are_kept(home: Path) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    before = b'\xef\xbb\xbf{\r\n\t"a": 1\r\n}\r\n'
    file.write_bytes(before)
    assert main(["install", "--client", "cursor"]) == 0
    assert file.read_bytes().startswith(before[:8])
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")
    assert main(["uninstall", "--client", "cursor"]) == 0
    assert file.read_bytes() == before


def test_where_each_system_keeps_the_files(tmp_path: Path) -> None:
    mac = Machine(tmp_path, None, "darwin", {})
    windows = Machine(tmp_path, None, "win32", {"APPDATA": str(tmp_path / "Roaming")})
    assert mac.application_data() == tmp_path / "Library" / "Application Support"
    assert windows.application_data() == tmp_path / "Roaming"
    assert mac.named("CODEX_HOME", ".codex") == tmp_path / ".codex"
