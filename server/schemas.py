"""Make the schemas that are listed to clients short: they are paid for in tokens by every session.

Of an input everything is kept that a caller needs. Of an output only names, types, null and short closed sets are:
what the values mean stands in `docs/tools.md` and in the models, and an agent reads the answer, not its schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

Schema: TypeAlias = dict[str, object]

SHORT_SET = 3
NOISE_IN_INPUTS = frozenset({"title", "minimum", "maximum", "maxItems"})  # who crosses a bound is told it
NOISE_IN_OUTPUTS = frozenset({"title", "default", "description", "required"})


def slim_input(schema: Schema) -> Schema:
    """Return the schema of a tool's arguments: an argument with a default may be left out, so null is not named."""
    return _slim(_inlined(schema), output=False)


def slim_output(schema: Schema) -> Schema:
    """Return the schema of a tool's answer: names, types and closed sets of at most `SHORT_SET` values."""
    return {"type": "object", **_slim(_inlined(schema), output=True)}


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


def _slim(schema: Mapping[str, object], output: bool) -> Schema:
    """Drop noise from a schema and from all inside it."""
    slim: Schema = {}
    for key, value in _shorter(schema, output).items():
        if key in (NOISE_IN_OUTPUTS if output else NOISE_IN_INPUTS) or (key == "default" and value is None):
            continue
        if key in ("properties", "$defs"):
            named = cast("dict[str, Schema]", value)
            slim[key] = {name: _slim(body, output) for name, body in named.items()}
        elif isinstance(value, dict):
            slim[key] = _slim(cast("Schema", value), output)
        elif key == "anyOf":
            slim[key] = [_slim(branch, output) for branch in cast("list[Schema]", value)]
        else:
            slim[key] = value
    return slim


def _shorter(schema: Mapping[str, object], output: bool) -> Schema:
    """Say a closed set without its type, a long one in an output as its type, and `X or null` without a union."""
    branches = cast("list[Schema]", schema.get("anyOf", []))
    others = [branch for branch in branches if branch != {"type": "null"}]
    if len(others) == 1 and len(branches) == 2 and "$ref" not in others[0]:
        plain = _shorter({**others[0], **{key: value for key, value in schema.items() if key != "anyOf"}}, output)
        return _or_null(plain) if output else plain
    shorter = dict(schema)
    if output and "properties" in shorter:
        del shorter["type"]  # an object, then
    if output and shorter.get("items") == {"type": "string"}:
        del shorter["items"]
    if "enum" in shorter:
        is_long = output and len(cast("list[object]", shorter["enum"])) > SHORT_SET
        del shorter["enum" if is_long else "type"]
    return shorter


def _or_null(schema: Schema) -> Schema:
    """Allow null beside what a schema allows."""
    if "enum" in schema:
        return {**schema, "enum": [*cast("list[object]", schema["enum"]), None]}
    return {**schema, "type": [schema["type"], "null"]}
