"""One name for a setting that files of several sorts spell differently, so that what they say can be compared."""

from __future__ import annotations

import re

VERSION, PYTHON, PORT = "@version", "@python", "@port"
_ALIASES = {
    **dict.fromkeys(("project.version", "tool.poetry.version", "metadata.version", "version", "__version__"), VERSION),
    **dict.fromkeys(
        ("project.requires-python", "tool.poetry.dependencies.python", "options.python_requires", "python_requires",
         "requires-python"),
        PYTHON,
    ),
    **dict.fromkeys(("port", "EXPOSE", "PORT", "DEFAULT_PORT", "default_port", "--port"), PORT),
}  # fmt: skip
_COMPARABLE = re.compile(r"[A-Z][A-Z0-9_]{3,60}|--[a-z][\w-]{1,60}|[a-z][a-z0-9]*(?:_[a-z0-9]+){1,6}")


def canonical(key: str) -> str | None:
    """Return the name under which a key is compared with others, None for one that says nothing beyond its own file.

    >>> canonical("project.requires-python"), canonical("MAX_RETRIES"), canonical("tool.ruff.line-length")
    ('@python', 'MAX_RETRIES', None)
    """
    found = _ALIASES.get(key)
    if found is not None:
        return found
    return key if _COMPARABLE.fullmatch(key) else None
