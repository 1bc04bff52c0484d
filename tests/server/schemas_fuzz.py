"""Arguments for a tool out of its own input schema: fitting, nearly fitting and unfit."""

from typing import Any

from hypothesis import strategies as st

# What a caller may send by accident or in malice, whatever an argument's type.
HOSTILE = [
    "", " ", "\0", "\ud800", "..", "../../etc/passwd", "/etc/passwd", "~/.ssh/id_rsa", "/proc/self/environ",
    "a\nb\r\tc", "'; drop table source; --", "%s%n%x", "{{7*7}}", "\u202e", "*" * 50, "NEAR(a b", '"', "src/parser.py",
    "src/parser.py::parse_line", "src/parser.py:1-5", "settings.toml::server.port", "1.1.0", "1.1.0.l1", "n1", "job-1",
    "ffffffffffffffffffff.1.1", ".", "x" * 3_000, "src/parser.py:99999999999999999999-3", "::", ":", "#", "file:///etc",
]  # fmt: skip
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(HOSTILE), st.lists(st.sampled_from(HOSTILE), max_size=3),
    st.dictionaries(st.sampled_from(HOSTILE[:4]), st.integers(0, 3), max_size=2),
)  # fmt: skip


def arguments(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the arguments of a tool with this schema; about one in four values does not fit it."""
    required = set(schema.get("required", ()))
    must: dict[str, st.SearchStrategy[Any]] = {}
    may: dict[str, st.SearchStrategy[Any]] = {}
    for name, body in schema["properties"].items():
        fitting = value(body)
        mixed = st.one_of(fitting, fitting, fitting, JUNK)
        (must if name in required else may)[name] = mixed
    fitting_or_not = st.fixed_dictionaries(must, optional=may)
    return st.one_of(
        fitting_or_not, fitting_or_not, fitting_or_not, st.dictionaries(st.text(max_size=8), JUNK, max_size=3)
    )


def value(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for values that fit a schema, as far as ours go."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([value(branch) for branch in schema["anyOf"]])
    kinds = schema.get("type", "string")
    if isinstance(kinds, list):
        return st.one_of([value({**schema, "type": kind}) for kind in kinds])
    if kinds == "integer":
        return st.one_of(st.integers(1, 20), st.integers(-(2**63), 2**63))  # bounds are not listed
    if kinds == "number":
        return st.one_of(st.floats(0, 1), st.floats(-1e9, 1e9, allow_nan=False))
    if kinds == "boolean":
        return st.booleans()
    if kinds == "array":
        return st.lists(value(schema.get("items", {})), max_size=4)
    if kinds == "object":
        return st.dictionaries(st.sampled_from(["path", "source_id", "x"]), st.sampled_from(HOSTILE), max_size=2)
    if kinds == "null":
        return st.none()
    return st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
