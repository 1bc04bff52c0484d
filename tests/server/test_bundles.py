"""The files that go to Claude Code, Claude Desktop and the registry say what the code does."""

import json
import tomllib
import zipfile
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from cistron.server.app import build
from cistron.server.clients.bundle import bundle
from cistron.server.clients.claude_code import HOOKS
from cistron.tools.services import Services

CLIENTS = Path(__file__).parents[2] / "server" / "clients"


def held(name: str) -> Any:
    return json.loads((CLIENTS / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["plugin/.claude-plugin/plugin.json", "mcpb/manifest.json", "server.json"])
def test_each_names_the_version_of_the_package(name: str) -> None:
    assert held(name)["version"] == version("cistron-mcp")


def test_the_plugin_has_the_hooks_that_install_writes() -> None:
    events = {
        (event, group.get("matcher"), one["command"])
        for event, groups in held("plugin/hooks/hooks.json")["hooks"].items()
        for group in groups
        for one in group["hooks"]
    }
    assert events == {(event, matcher, f"cistron-hook {event}") for event, matcher in HOOKS}


@pytest.mark.anyio
async def test_the_bundle_names_tools_that_are_there(tmp_path: Path) -> None:
    def opening() -> Services:
        return Services(tmp_path / "genome.db", [tmp_path])

    async with Client(build(opening)) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
    assert {tool["name"] for tool in held("mcpb/manifest.json")["tools"]} <= listed


def test_every_data_file_is_declared_as_the_packages_own() -> None:
    pyproject = tomllib.loads((CLIENTS.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    data = pyproject["tool"]["setuptools"]["package-data"]
    patterns = [*data["*"], *data["cistron.server.clients"]]
    files = [
        path.relative_to(CLIENTS) for path in CLIENTS.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    for path in files:
        declared = any(fnmatch(str(path), each) and len(path.parts) == len(Path(each).parts) for each in patterns)
        assert path.suffix == ".py" or declared, path


def test_a_bundle_is_the_manifest_the_wheel_and_a_project_that_names_it(tmp_path: Path) -> None:
    wheel = tmp_path / f"cistron_mcp-{version('cistron-mcp')}-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    with zipfile.ZipFile(bundle(tmp_path)) as archive:
        assert set(archive.namelist()) == {"manifest.json", "pyproject.toml", wheel.name}
        project = tomllib.loads(archive.read("pyproject.toml").decode())
        assert json.loads(archive.read("manifest.json"))["server"]["entry_point"] in archive.namelist()
    assert project["tool"]["uv"]["sources"]["cistron-mcp"]["path"] == wheel.name
    assert project["project"]["dependencies"] == ["cistron-mcp"]
    assert (tmp_path / "cistron-plugin" / ".claude-plugin" / "plugin.json").is_file()
    first = (tmp_path / "cistron.mcpb").read_bytes()
    assert bundle(tmp_path).read_bytes() == first
