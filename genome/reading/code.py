"""Source code to spans: a function, a method, a class head or a run of statements each.

Only scopes are walked, never whole trees: parsing is what the time goes to.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ..records import Span
from .grammars import GRAMMARS, Definition, Grammar
from .lines import Piece, Size, as_spans, borders, line_starts
from .prose import divide_paragraphs
from .symbols import find

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

SIZE = Size(80, 4000)
_DEEPEST = 30
_NESTED_LINES = 10
_TRAILING_LINES = 24
_WITH_TRAILING = 104
# Lines that end what stands above them, and lines that open what stands below them.
_CLOSER = re.compile(
    rb"\s*(?:[\s)}\];,]*|end[;)]?|fi|done|esac|#\s*endif.*|#\s*endregion.*"
    rb"|\}?\s*(?://|/\*|--|#)\s*(?:end\b|namespace\b).*)$"
)
_OPENER = re.compile(
    rb"\s*(?:#\s*(?:if|ifdef|ifndef|else|elif|region)\b.*|(?:else|try|finally)\s*:|(?:if|elif|except|with|for|while)\b.*:"
    rb"|type\s*\(|(?:namespace\b.*|extern .*)\{)\s*$"
)
_COMMENT = re.compile(rb"\s*(?:#(?!\s*(?:define|include|pragma|undef)\b)|//|/\*|\*|--|;|%|$)|[\s)}\];,]*$")
_BODIES = frozenset({"block", "statement_block", "compound_statement", "body_statement", "do_block", "function_body"})
_ELIXIR_LEADING = (b"@doc", b"@spec", b"@impl", b"@deprecated", b"@typedoc")

_of_thread = threading.local()


def divide(text: str, language: str) -> list[Span]:
    """Divide a source file into spans that cover every line once, in order.

    A language without a grammar, and a text the parser gives up on, is divided into paragraphs.
    """
    grammar = GRAMMARS.get(language)
    source = text.encode()
    tree = parse(source, grammar) if grammar is not None else None
    if grammar is None or tree is None:
        return divide_paragraphs(text)
    walk = _Walk(grammar, source)
    walk.scope(tree.root_node.children, (0, len(walk.starts) - 1), Piece(0, 0, "statements", 0), depth=0)
    return as_spans(walk.pieces, walk.starts)


def parse(source: bytes, grammar: Grammar) -> Tree | None:
    """Return the syntax tree of a text, None where its parser is not to be had or gives up."""
    # 60 ms and 20 MB, for the first grammar only: a question never pays for it.
    from tree_sitter_language_pack import get_parser

    parsers: dict[str, Parser] | None = getattr(_of_thread, "parsers", None)
    if parsers is None:
        parsers = _of_thread.parsers = {}
    try:
        parser = parsers.get(grammar.parser)
        if parser is None:
            parser = parsers[grammar.parser] = get_parser(grammar.parser)  # pyright: ignore[reportArgumentType]
        return parser.parse(source)
    except (LookupError, ValueError):
        return None


def _rows(node: Node) -> tuple[int, int]:
    start, end = node.start_point.row, node.end_point
    return start, end.row if end.column == 0 and end.row > start else end.row + 1


class _Walk:
    """One pass over the scopes of a tree; `pieces` grows in reading order and never overlaps."""

    def __init__(self, grammar: Grammar, source: bytes) -> None:
        self.grammar = grammar
        self.source = source
        self.starts = line_starts(source)
        self.pieces: list[Piece] = []
        self.owners = 0
        self.modules: set[int] = set()  # owners whose functions are not methods

    def scope(self, children: list[Node], rows: tuple[int, int], around: Piece, depth: int, least: int = 0) -> None:
        """Add the pieces of a scope: its definitions, and what stands between them as pieces of `around`."""
        roles = self.grammar.roles
        nodes = self._flat(children, in_function=least > 0)
        here, end = rows
        first = 0
        for at, node in enumerate(nodes):
            role = roles.get(node.type)
            found = find(node, self.grammar, role) if role is not None and role != "open" else None
            if found is None:
                continue
            start, stop = _rows(node)
            if self.grammar.tail and role == "function":
                stop = self._tail(nodes, at, stop)
                if stop is None:
                    continue
            if stop - start < least or stop <= here:
                continue
            start = max(here, self._leading(nodes, at, start))
            start = self._openers(here, start)
            self._fill((here, start), around, nodes[first:at])
            self._define(found, (start, min(stop, end)), around, depth)
            here, first = min(stop, end), at + 1
        self._fill((here, end), around, nodes[first:])

    def _flat(self, children: list[Node], in_function: bool) -> list[Node]:
        """Put the children of open nodes in their place; in a function only those of its body and of long ones."""
        grammar, roles = self.grammar, self.grammar.roles
        nodes: list[Node] = []
        todo = children[::-1]
        while todo:
            node = todo.pop()
            kind = node.type
            role = roles.get(kind)
            if role != "open" and kind in grammar.loose and self._long(node):
                role = role if role and find(node, grammar, role) else "open"
            if role == "open" and (not in_function or kind in _BODIES or self._long(node)):
                todo.extend(node.children[::-1])
            else:
                nodes.append(node)
        return nodes

    def _define(self, found: Definition, rows: tuple[int, int], around: Piece, depth: int) -> None:
        start, end = rows
        symbol = ".".join(filter(None, (around.symbol, found.name))) or None
        grouping = found.role == "class"
        is_member = around.form == "class" and around.owner not in self.modules
        form = "class" if found.role != "function" else "method" if is_member else "function"
        if "." in found.name and form == "function" and self.grammar.parser in ("go", "cpp", "rust"):
            form = "method"
        if grouping and not found.name:
            form, owner = around.form, around.owner
        else:
            owner = self._owner(symbol, start)
        piece = Piece(start, end, form, owner, symbol)
        if found.node.type in self.grammar.modules:
            self.modules.add(owner)
        children = found.node.children
        if grouping and end - start > 1 and depth < _DEEPEST:
            self.scope(children, rows, piece, depth + 1)
        elif found.role == "function" and depth < _DEEPEST and self._too_long(start, end):
            self.scope(children, rows, piece, depth + 1, least=_NESTED_LINES)
        else:
            self._add(piece, children)

    def _owner(self, symbol: str | None, start: int) -> int:
        """Return a new owner, or the last one when this definition is one more clause of it."""
        last = self.pieces[-1] if self.pieces else None
        if symbol and self.grammar.clauses and last is not None and last.symbol == symbol and last.end == start:
            return last.owner
        self.owners += 1
        return self.owners

    def _leading(self, nodes: Sequence[Node], at: int, start: int) -> int:
        """Return the row where the comments and attributes right above a definition begin."""
        for back in range(at - 1, -1, -1):
            node = nodes[back]
            if node.type not in self.grammar.leading:
                break
            first, last = _rows(node)
            if last < start or first >= start:
                break
            if node.type == "unary_operator" and not self.source.startswith(_ELIXIR_LEADING, node.start_byte):
                break
            if self.source[self.starts[first] : node.start_byte].strip():
                break  # it ends a statement's line
            start = first
        return start

    def _openers(self, here: int, start: int) -> int:
        for _ in range(3):
            if start <= here or not _OPENER.match(self._line(start - 1)):
                break
            start -= 1
        return start

    def _tail(self, nodes: Sequence[Node], at: int, stop: int) -> int | None:
        after = nodes[at + 1] if at + 1 < len(nodes) else None
        return _rows(after)[1] if after is not None and after.type in self.grammar.tail else None

    def _fill(self, rows: tuple[int, int], around: Piece, nodes: Sequence[Node]) -> None:
        """Add what stands between definitions; blank lines and closing brackets go to the piece before."""
        start, end = rows
        here = start
        while here < end and _CLOSER.match(self._line(here)):
            here += 1
        only_comments = end - here <= _TRAILING_LINES and all(_COMMENT.match(self._line(r)) for r in range(here, end))
        here = self._attach(start, end if only_comments else here)
        if here < end:
            owner = around.owner if around.symbol else self._owner(None, here)
            self._add(Piece(here, end, around.form, owner, around.symbol), nodes)

    def _attach(self, start: int, end: int) -> int:
        """Give rows to the piece before them where there is one with room; return the first row not given."""
        last = self.pieces[-1] if self.pieces else None
        if last is None or end - last.start > _WITH_TRAILING:
            return start
        last.end = max(last.end, end)
        return end

    def _add(self, piece: Piece, nodes: Sequence[Node]) -> None:
        last = self.pieces[-1] if self.pieces and self.grammar.clauses else None
        if (
            last is not None
            and piece.symbol
            and last.owner == piece.owner
            and not self._too_long(last.start, piece.end)
        ):
            last.end = piece.end
            return
        if not self._too_long(piece.start, piece.end):
            self.pieces.append(piece)
            return
        rows = borders(self.starts, piece.start, piece.end, SIZE, self._cuts(piece, nodes))
        for start, end in pairwise(rows):
            self.pieces.append(Piece(start, end, piece.form, piece.owner, piece.symbol))

    def _cuts(self, piece: Piece, nodes: Sequence[Node]) -> dict[int, int]:
        """Return the rows where a statement begins, with its depth; only long statements are looked into."""
        cuts: dict[int, int] = {}
        todo: list[tuple[Sequence[Node], int]] = [(nodes, 0)]
        while todo:
            siblings, depth = todo.pop()
            ended, comment = -1, False
            for node in siblings:
                start, end = _rows(node)
                if start >= ended and not (comment and start == ended):
                    cuts.setdefault(start, depth)
                ended, comment = end, node.type in self.grammar.leading
                if self._long(node):
                    todo.append((node.children, depth + 1))
        return cuts

    def _long(self, node: Node) -> bool:
        return node.end_byte - node.start_byte > SIZE.bytes or node.end_point.row - node.start_point.row >= SIZE.lines

    def _too_long(self, start: int, end: int) -> bool:
        return end - start > SIZE.lines or self.starts[end] - self.starts[start] > SIZE.bytes

    def _line(self, row: int) -> bytes:
        return self.source[self.starts[row] : self.starts[row + 1]]
