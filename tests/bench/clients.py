"""Do the clients themselves read what `cistron install` wrote?

Fetches Claude Code, Codex, Gemini CLI, OpenCode and the bundle's checker from npm into .bench/clients (1.1 GB, once),
gives them a home of their own with a server of another name in it, installs, asks each client for its servers, and
uninstalls. No login, no request to a model. Prints one line of JSON on stdout and a table on stderr; exits 1 when a
client does not see the server, or a file does not come back as it was.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from shared.report import say, show

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "@anthropic-ai/claude-code@2.1.197",
    "@openai/codex@0.169.0",
    "@google/gemini-cli@0.61.0",
    "opencode-ai@1.18.33",
    "@anthropic-ai/mcpb@2.1.2",
)
TIMEOUT_S = 180
DATA = ROOT / "server" / "clients"


@dataclass(frozen=True)
class Asked:
    """A client's program, what it is asked, and what its answer has to hold before and after the install."""

    name: str
    command: tuple[str, ...]
    wanted: str


ASKED = (
    Asked("claude-code", ("claude", "mcp", "get", "cistron"), "Connected"),
    Asked("codex", ("codex", "mcp", "get", "cistron"), "enabled: true"),
    Asked("gemini", ("gemini", "mcp", "list"), "Connected"),
    Asked("opencode", ("opencode", "mcp", "list"), "connected"),
)
CHECKS = (
    Asked("plugin", ("claude", "plugin", "validate", str(DATA / "plugin")), "Validation passed"),
    Asked("bundle", ("mcpb", "validate", str(DATA / "mcpb" / "manifest.json")), "validation passes"),
)
# What a person had before, as each client leaves it: Gemini takes no trailing comma, OpenCode adds a schema.
CLAUDE_HOOK = '{"hooks": [{"type": "command", "command": "true"}]}'
BEFORE = {
    ".claude/settings.json": f'{{\n\t"hooks": {{\n\t\t"Stop": [{CLAUDE_HOOK}]\n\t}}\n}}',
    ".codex/config.toml": '# mine\n[mcp_servers.other]\ncommand = "true" # theirs\nenabled = false\n',
    ".gemini/settings.json": '{\n    // mine\n    "theme": "Default" // theirs\n}\n',
    ".config/opencode/opencode.jsonc": '{ // mine\n  "$schema": "https://opencode.ai/config.json"\n}\n',
}


def programs() -> Path:
    """Return the folder of the clients' programs, fetched where they are not there yet."""
    folder = ROOT / ".bench" / "clients"
    folder.mkdir(parents=True, exist_ok=True)
    found = folder / "node_modules" / ".bin"
    if not all((found / name).exists() for name in ("claude", "codex", "gemini", "opencode", "mcpb")):
        say("fetching the clients from npm")
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder), *PACKAGES]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return found


def said(command: tuple[str, ...], cwd: Path, environment: dict[str, str]) -> str:
    """Return all that a program says."""
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.stdout + done.stderr


def main() -> int:
    """Install, ask, uninstall, judge."""
    found = programs()
    rows: list[list[object]] = [["client", "sees it", "gone after"]]
    report: dict[str, object] = {"bench": "clients"}
    passed = True
    with tempfile.TemporaryDirectory() as made:
        home, project = Path(made) / "home", Path(made) / "project"
        project.mkdir()
        for name, text in BEFORE.items():
            (home / name).parent.mkdir(parents=True)
            (home / name).write_text(text)
        (project / "cistron.toml").touch()
        cistron = shutil.which("cistron", path=str(Path(sys.executable).parent))
        assert cistron is not None
        environment = {"HOME": str(home), "PATH": f"{found}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
        environment["GEMINI_CLI_TRUST_WORKSPACE"] = "true"  # it starts no server elsewhere
        say(said((cistron, "install"), project, environment))
        seen = {asked.name: asked.wanted in said(asked.command, project, environment) for asked in ASKED}
        say(said((cistron, "uninstall"), project, environment))
        for asked in ASKED:
            gone = asked.wanted not in said(asked.command, project, environment)
            passed = passed and seen[asked.name] and gone
            report[asked.name] = {"seen": seen[asked.name], "gone": gone}
            rows.append([asked.name, seen[asked.name], gone])
        for name, text in BEFORE.items():
            same = (home / name).read_text() == text
            passed = passed and same
            report[name] = same
            rows.append([name, "-", "same bytes" if same else "DIFFERS"])
        for check in CHECKS:
            well = check.wanted in said(check.command, project, environment)
            passed = passed and well
            report[check.name] = well
            rows.append([check.name, "valid" if well else "NOT VALID", "-"])
    show({**report, "passed": passed}, rows)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
