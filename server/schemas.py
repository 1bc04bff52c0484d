"""Make the schemas of tools' arguments short: they are listed, and paid for in tokens, in every session.

Everything is kept that a caller needs. What an answer holds is not listed at all: it stands in `docs/tools.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

Schema: TypeAlias = dict[str, object]

NOISE = frozenset({"title", "minimum", "maximum", "maxItems"})  # who crosses a bound is told it


def slim_input(schema: Schema) -> Schema:
    """Return the schema of a tool's arguments: an argument with a default may be left out, so null is not named."""
    return _slim(_inlined(schema))


def _inlined(schema: Schema) -> Schema:
    """Put a definition that is used once where it is used."""
    definitions = cast("dict[str, Schema]", schema.get("$defs", {}))
    uses = str(schema)
    once = {name: body for name, body in definitions.items() if uses.count(f"'#/$defs/{name}'") == 1}

    def replaced(node: object) -> object:
        if isinstance(node, list):
            return [replaced(child) for child in cast("list[object]", node)]
        if not isinstance(node, dict):
            return node
        mapping = cast("Schema", node)
        name = str(mapping.get("$ref", "")).removeprefix("#/$defs/")
        if name in once:
            siblings = {key: value for key, value in mapping.items() if key != "$ref"}
            return {**cast("Schema", replaced(once[name])), **siblings}
        return {key: replaced(value) for key, value in mapping.items()}

    flat = cast("Schema", replaced({key: value for key, value in schema.items() if key != "$defs"}))
    kept = {name: replaced(body) for name, body in definitions.items() if name not in once}
    return {**flat, "$defs": kept} if kept else flat


def _slim(schema: Mapping[str, object]) -> Schema:
    """Drop noise from a schema and from all inside it."""
    slim: Schema = {}
    for key, value in _shorter(schema).items():
        if key in NOISE or (key == "default" and value is None):
            continue
        if key in ("properties", "$defs"):
            named = cast("dict[str, Schema]", value)
            slim[key] = {name: _slim(body) for name, body in named.items()}
        elif isinstance(value, dict):
            slim[key] = _slim(cast("Schema", value))
        elif key == "anyOf":
            slim[key] = [_slim(branch) for branch in cast("list[Schema]", value)]
        else:
            slim[key] = value
    return slim


def _shorter(schema: Mapping[str, object]) -> Schema:
    """Say a closed set without its type, and `X or null` as X."""
    branches = cast("list[Schema]", schema.get("anyOf", []))
    others = [branch for branch in branches if branch != {"type": "null"}]
    if len(others) == 1 and len(branches) == 2 and "$ref" not in others[0]:
        return _shorter({**others[0], **{key: value for key, value in schema.items() if key != "anyOf"}})
    shorter = dict(schema)
    if "enum" in shorter:
        del shorter["type"]
    return shorter
