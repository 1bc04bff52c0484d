"""`python -m cistron.server.clients.bundle DIR`: write the `.mcpb` bundle around a wheel that lies in DIR.

The bundle holds the wheel and a project file that names it; the client's `uv` fetches what the wheel needs, so one
bundle serves every system. The plugin and the registry's `server.json` are laid beside it.
"""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = """\
[project]
name = "cistron-bundle"
version = "{version}"
requires-python = ">=3.11"
dependencies = ["cistron-mcp"]

[tool.uv.sources]
cistron-mcp = {{ path = "{wheel}" }}
"""
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same input gives the same bytes


def bundle(folder: Path) -> Path:
    """Write `cistron.mcpb`, `cistron-plugin/` and `server.json` into a folder that holds the wheel of this version.

    Raises:
        FileNotFoundError: There is no such wheel.
    """
    manifest = (HERE / "mcpb" / "manifest.json").read_bytes()
    version = json.loads(manifest)["version"]
    wheel = folder / f"cistron_mcp-{version}-py3-none-any.whl"
    project = PROJECT.format(version=version, wheel=wheel.name).encode()
    held = {"manifest.json": manifest, "pyproject.toml": project, wheel.name: wheel.read_bytes()}
    made = folder / "cistron.mcpb"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in held.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)
    shutil.copytree(HERE / "plugin", folder / "cistron-plugin", dirs_exist_ok=True)
    shutil.copy(HERE / "server.json", folder)
    return made


if __name__ == "__main__":
    sys.stderr.write(f"{bundle(Path(sys.argv[1]))}\n")
