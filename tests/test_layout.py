"""The promises that pyproject.toml and the style guide make about the tree."""

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

FOLDERS = ["server", "tools", "memory_core", "genome"]
MOST_LINES_A_FILE = 400
MOST_LINES_A_FUNCTION = 60
MODULES = sorted(
    module.name
    for folder in FOLDERS
    for module in pkgutil.walk_packages(importlib.import_module(f"cistron.{folder}").__path__, f"cistron.{folder}.")
    if not module.name.endswith("__main__")
)
ROOT = Path(__file__).parent.parent
FILES = sorted(path for folder in [*FOLDERS, "tests", "docs"] for path in (ROOT / folder).rglob("*.py"))


def test_every_folder_with_shipped_files_is_a_listed_package(root: Path) -> None:
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    present = {
        ".".join(("cistron", *path.parent.relative_to(root).parts))
        for folder in FOLDERS
        for path in (root / folder).rglob("*.*")
        if path.suffix in {".py", ".sql"}
    }
    assert present == set(pyproject["tool"]["setuptools"]["packages"])


def test_imports_point_downwards(root: Path) -> None:
    assert lint_imports(config_filename=str(root / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("name", ["cistron.memory_core.core", "cistron.server.app", "cistron.memory_core.nn.online"])
def test_the_server_and_the_hot_path_do_not_load_torch(name: str) -> None:
    asked = f"import sys, {name}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False, timeout=120).returncode == 0


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES_A_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MOST_LINES_A_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_package_file_holds_a_docstring_and_no_code(folder: str, root: Path) -> None:
    for path in (root / folder).rglob("__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path


def test_the_type_checkers_links_lead_to_the_folders(root: Path) -> None:
    for folder in FOLDERS:
        assert (root / ".typing" / "cistron" / folder).resolve() == (root / folder).resolve()
