"""Whether a file is the module that an import names."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import PurePosixPath

_SCRIPTS = ("js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "vue", "svelte")
_SOURCE_FOLDERS = ("", "src", "lib")


def is_module(module: str, path: str, importer: str, is_package: Callable[[str], bool]) -> bool:
    """Whether `module`, as a file imports it, is the file at `path`.

    Args:
        module: As it is written: `a.b`, `..a`, or `./a` and `../a/b.js` in JavaScript.
        path: A file of the same root.
        importer: The file with the import.
        is_package: Whether a folder is a Python package: what lies in it is not imported by its bare name.
    """
    if path.endswith((".py", ".pyi")):
        return _is_python(module, path, importer, is_package)
    if module.startswith("./") or module.startswith("../"):
        return _is_script(module, path, importer)
    return False


def _is_python(module: str, path: str, importer: str, is_package: Callable[[str], bool]) -> bool:
    own = path.rpartition(".")[0].removesuffix("/__init__")
    if module.startswith("."):
        level = len(module) - len(module.lstrip("."))
        folder = PurePosixPath(importer).parent
        for _ in range(level - 1):
            folder = folder.parent
        return own == str(folder.joinpath(*filter(None, module.lstrip(".").split("."))))
    wanted = module.replace(".", "/")
    if not wanted or (own != wanted and not own.endswith(f"/{wanted}")):
        return False
    before = own[: -len(wanted)].rstrip("/")
    if before and is_package(before):
        return False
    if "/" in wanted:
        return True
    if wanted in sys.stdlib_module_names:
        return False
    return before in _SOURCE_FOLDERS or importer.startswith(f"{before}/")


def _is_script(module: str, path: str, importer: str) -> bool:
    parts = list(PurePosixPath(importer).parent.parts)
    for part in module.split("/"):
        if part == "..":
            if not parts:
                return False
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    wanted = "/".join(parts)
    stem, _, extension = path.rpartition(".")
    return extension in _SCRIPTS and (path == wanted or stem in (wanted, f"{wanted}/index", wanted.rpartition(".")[0]))
