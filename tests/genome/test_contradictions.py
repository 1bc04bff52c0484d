"""Two places that must agree and do not are named; two that may differ are not."""

from pathlib import Path

import pytest

from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

PROJECT = '[project]\nname = "app"\nversion = "1.4.0"\nrequires-python = ">=3.10"\n'
CODE = '"""Settings."""\n\nMAX_RETRIES = 5\n'

Files = dict[str, str]


def told(tree: Path, services: Services, files: Files, query: str) -> list[tuple[str, list[str], list[str]]]:
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    root = next(root for root in services.roots() if root.path == str(tree))
    services.ingest_work(root, None)(lambda _: None, lambda: False)
    packet = PacketTools(services).context_packet(query)
    return [(found.key, found.values, found.places) for found in packet.contradictions]


@pytest.mark.parametrize(
    ("files", "query", "expected"),
    [
        pytest.param(
            {"app/settings.py": CODE, "docs/settings.md": "# Settings\n\n## MAX_RETRIES\n\nDefault: `3`\n"},
            "what is MAX_RETRIES",
            ("MAX_RETRIES", ["5", "3"], ["app/settings.py:3", "docs/settings.md:5"]),
            id="a document and a constant",
        ),
        pytest.param(
            {"pyproject.toml": PROJECT, "src/app/__init__.py": '"""App."""\n\n__version__ = "1.3.9"\n'},
            "which version is the project app",
            ("version", ["1.4.0", "1.3.9"], ["pyproject.toml:3", "src/app/__init__.py:3"]),
            id="two versions",
        ),
        pytest.param(
            {"pyproject.toml": PROJECT, "README.md": "# Demo\n\nRequires Python 3.8 or newer.\n"},
            "which python version is required",
            ("requires-python", [">=3.10", ">=3.8"], ["pyproject.toml:4", "README.md:3"]),
            id="the lowest Python",
        ),
        pytest.param(
            {
                "app/server.py": "def main(port: int = 8000) -> None:\n    pass\n",
                "Dockerfile": "FROM python:3.12\nEXPOSE 8080\n",
            },
            "what port does main listen on",
            ("port", ["8000", "8080"], ["app/server.py:1", "Dockerfile:2"]),
            id="the image's port",
        ),
        pytest.param(
            {
                "src/app.py": "PORT = 8080\n\n\ndef serve(port=PORT):\n    return port\n",
                "CLAUDE.md": "# App\n\n- `PORT` defaults to 9090.\n",
            },
            "what port does it listen on",
            ("port", ["8080", "9090"], ["src/app.py:1", "CLAUDE.md:3"]),
            id="an agent's instructions",
        ),
        pytest.param(
            {
                "app/a.py": 'import os\n\nSERVER_PORT = int(os.environ.get("SERVER_PORT", "8080"))\n',
                "README.md": "# App\n\nThe default of `SERVER_PORT` is 9090.\n",
            },
            "what is the default SERVER_PORT",
            ("SERVER_PORT", ["8080", "9090"], ["app/a.py:3", "README.md:3"]),
            id="the default of",
        ),
        pytest.param(
            {"app/settings.py": CODE, "README.md": "# App\n\n- `MAX_RETRIES` (default 3): how often to try\n"},
            "MAX_RETRIES default",
            ("MAX_RETRIES", ["5", "3"], ["app/settings.py:3", "README.md:3"]),
            id="a default in parentheses",
        ),
        pytest.param(
            {
                "app/settings.py": CODE,
                "README.md": "# App\n\n| Setting | Default | Meaning |\n|:--|---|---|\n| `MAX_RETRIES` | 3 | tries |\n",
            },
            "MAX_RETRIES default",
            ("MAX_RETRIES", ["5", "3"], ["app/settings.py:3", "README.md:5"]),
            id="a table of defaults",
        ),
        pytest.param(
            {
                "app/cli.py": "import argparse\n\n\ndef main():\n    flags = argparse.ArgumentParser()\n"
                '    flags.add_argument("--retries", type=int, default=3)\n    return flags.parse_args()\n',
                "README.md": "# App\n\n`--retries N` how often to try (default: 5).\n",
            },
            "default of the option --retries",
            ("--retries", ["3", "5"], ["app/cli.py:6", "README.md:3"]),
            id="an option with its placeholder",
        ),
        pytest.param(
            {
                "app/a.py": 'import os\n\nlevel = os.environ.get("DEMO_LEVEL", "info")\n',
                "app/b.py": 'import os\n\nlevel = os.environ.get("DEMO_LEVEL", "debug")\n',
            },
            "what is DEMO_LEVEL set to by default",
            ("DEMO_LEVEL", ["info", "debug"], ["app/a.py:3", "app/b.py:3"]),
            id="two defaults of a variable",
        ),
    ],
)
def test_what_must_agree_and_does_not_is_named(
    tree: Path, services: Services, files: Files, query: str, expected: tuple[str, list[str], list[str]]
) -> None:
    assert told(tree, services, files, query) == [expected]


@pytest.mark.parametrize(
    ("files", "query"),
    [
        pytest.param(
            {"app/settings.py": CODE, "tests/settings.py": "MAX_RETRIES = 9\n"},
            "what is MAX_RETRIES",
            id="a test's own",
        ),
        pytest.param(
            {"prod.toml": "[server]\nport = 80\n", "dev.toml": "[server]\nport = 8000\n"},
            "what port does the server use",
            id="environments",
        ),
        pytest.param(
            {"app/settings.py": CODE, "docs/use.md": "```\nMAX_RETRIES=9 app\n```\n"},
            "what is MAX_RETRIES",
            id="an example",
        ),
        pytest.param(
            {"app/settings.py": CODE, "CHANGES.md": "## MAX_RETRIES\n\nDefault: `3`\n"},
            "what is MAX_RETRIES",
            id="history",
        ),
        pytest.param(
            {"app/a.py": CODE, "app/b.py": "MAX_RETRIES = 7\n", "docs/s.md": "## MAX_RETRIES\n\nDefault: `5`\n"},
            "what is MAX_RETRIES",
            id="two constants",
        ),
        pytest.param(
            {"app/settings.py": "MAX_SIZE = 1_000\n", "docs/s.md": "## MAX_SIZE\n\nDefault: `1000`\n"},
            "what is MAX_SIZE",
            id="one number in two forms",
        ),
        pytest.param(
            {
                "a/pyproject.toml": PROJECT,
                "b/pyproject.toml": PROJECT.replace("1.4.0", "2.0.0").replace("app", "other"),
            },
            "which version is the project",
            id="two packages",
        ),
        pytest.param(
            {"pyproject.toml": PROJECT, "README.md": "Version 0.9 will be the last to support Python 3.8 or newer.\n"},
            "which python version is required",
            id="another time",
        ),
        pytest.param(
            {
                "app/settings.py": '"""Say\n\n    DEBUG_MODE = True\n"""\n',
                "docs/s.md": "## DEBUG_MODE\n\nDefault: `False`\n",
            },
            "what is DEBUG_MODE",
            id="a docstring's example",
        ),
    ],
)
def test_what_may_differ_is_left_alone(tree: Path, services: Services, files: Files, query: str) -> None:
    assert told(tree, services, files, query) == []


def test_a_contradiction_that_was_settled_is_gone_at_once(tree: Path, services: Services) -> None:
    files = {"app/settings.py": CODE, "docs/settings.md": "## MAX_RETRIES\n\nDefault: `3`\n"}
    assert told(tree, services, files, "what is MAX_RETRIES")
    (tree / "docs" / "settings.md").write_text("## MAX_RETRIES\n\nDefault: `5`\n")
    assert PacketTools(services).context_packet("what is MAX_RETRIES").contradictions == []
