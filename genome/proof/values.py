"""The form in which two values that say the same are equal, whatever the file they stand in."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

_VERSION = re.compile(r"v?(\d+\.\d+(?:\.\d+)*(?:[.-]?(?:a|b|rc|dev|post|alpha|beta)[.-]?\d*)?)")
_LOWEST = re.compile(r"(?:>=?|\^|~=?|==)?\s*v?(\d+\.\d+)")
_NUMBER = re.compile(r"[-+]?\d[\d_]*(?:\.\d+)?")
_DOTTED = re.compile(r"[a-z_]\w*(?:\.[a-z_]\w*)+")
_ARITHMETIC = re.compile(r"[\d_.\seE+*/<-]{3,80}")
_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_LARGEST_SHIFT = 62


def as_version(value: str) -> str | None:
    """Return a version without what stands around it, None where it is none or a placeholder."""
    match = _VERSION.fullmatch(value.strip())
    return None if match is None or match[1] in ("0.0.0", "0.0") else match[1]


def as_lowest(value: str) -> str | None:
    """Return the lowest version that a requirement allows, None where it gives no lower bound.

    >>> as_lowest(">=3.9,<4"), as_lowest("<4")
    ('3.9', None)
    """
    bounds = [part for part in value.split(",") if not part.strip().startswith(("<", "!"))]
    match = _LOWEST.match(bounds[0].strip()) if bounds else None
    return None if match is None else match[1]


def as_number(value: str) -> str | None:
    """Return a port's number, None where it is none."""
    match = re.fullmatch(r"(\d{2,5})(?:/tcp)?", value.strip())
    return None if match is None else match[1]


def plain(value: str) -> str:
    """Return a value in the one form that equal values share.

    >>> plain("True") == plain("true"), plain("1_000") == plain("1000.0"), plain("1 << 20"), plain("7 * 86_400")
    (True, True, '1048576', '604800')
    """
    text = value.strip().strip("`'\"").lower()
    text = {"true": "1", "false": "0"}.get(text, text)
    if _DOTTED.fullmatch(text):  # documents name a class by a shorter path than its module's
        return text.rpartition(".")[2]
    if _NUMBER.fullmatch(text):
        return f"{float(text.replace('_', '')):.12g}"
    return _sum(text) or text


def _sum(text: str) -> str | None:
    """Return what numbers joined by operators come to, None for any other text."""
    if _ARITHMETIC.fullmatch(text) is None:
        return None
    try:
        found = _amount(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError):
        return None
    return None if found is None else f"{found:.12g}"


def _amount(node: ast.expr) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if not isinstance(node, ast.BinOp):
        return None
    left, right = _amount(node.left), _amount(node.right)
    if left is None or right is None:
        return None
    if isinstance(node.op, ast.LShift | ast.Pow):
        base = 2.0 if isinstance(node.op, ast.LShift) else left
        factor = left if isinstance(node.op, ast.LShift) else 1.0
        return factor * base**right if 0 <= right <= _LARGEST_SHIFT else None
    apply = _OPERATORS.get(type(node.op))
    return None if apply is None else apply(left, right)
