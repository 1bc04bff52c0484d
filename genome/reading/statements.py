"""A document split into statements: a bullet, a sentence, a table row or a command line, each with its lines.

Code that a document shows is no statement about the workspace: only the names in it are kept, as examples. Lines of a
shell example are statements, since they are meant to be run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .languages import language_of

SHELL = frozenset({"sh", "bash", "shell", "console", "zsh", "terminal", "shell-session"})
_RUNS = re.compile(
    r"(?:make|npm run|pnpm run|yarn run|bun run)[ ][\w:.-]+$"
)  # what an example of no language shows of commands
_FENCE = re.compile(r"[ \t]*(?:[-*+>][ \t]+)?(`{3,}|~{3,})[ \t]*\{?\.?([\w+-]*)")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)[ \t#]*$")
_BULLET = re.compile(r"[ \t]*(?:>[ \t]?)*(?:[-*+•]|\d{1,4}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*$")
_RULE = re.compile(r"[ \t]*(?:[-=*_~^\"'`#:+.]{3,}|\|[ \t:|-]+\|)[ \t]*$")
_DIRECTIVE = re.compile(r"[ \t]*\.\.(?:[ \t]+|$)")
_PROSE_DIRECTIVE = re.compile(
    r"[ \t]*\.\.[ \t]+(?:note|warning|admonition|tip|important|seealso|hint|caution|danger|attention|error|topic"
    r"|sidebar|version(?:added|changed)|deprecated|rubric|container|class|py:\w+|method|function|attribute|module)::"
)
_CODE_DIRECTIVE = re.compile(
    r"[ \t]*\.\.[ \t]+(?:code-block|sourcecode|code|literalinclude|testcode|doctest)::[ \t]*(\S*)"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])(?:[\"')\]]{0,2})[ \t\n]+(?=[\"'(\[`*_]{0,3}[A-Z0-9`])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|incl|No|Fig|Dr|Mr|Ms)\.|\b[A-Z]\.)$")
_WORD = re.compile(r"[A-Za-z_]\w{2,80}")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_DEFAULT_COLUMN = re.compile(r"\W*(?:default|value|default value|current value)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement and the lines it stands at; `literal` is the key and value of a table row that gives one."""

    text: str
    line: int
    end_line: int
    heading: str | None = None
    shell: bool = False
    literal: tuple[str, str] | None = None


@dataclass(slots=True)
class Document:
    """The statements of a document in order, and the words of the code that it shows."""

    statements: list[Statement] = field(default_factory=lambda: [])
    examples: set[str] = field(default_factory=lambda: set())
    rst: bool = False


def statements(text: str, path: str) -> Document:
    """Split a document.

    Args:
        text: The whole document.
        path: Its path; `.rst` is read as reStructuredText, all else as Markdown, of which plain text is a part.
    """
    rst = language_of(path) == "rst"
    document = Document(rst=rst)
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for block in _Blocks(text.split("\n"), rst).all():
        if block.code is not None:
            _take_code(block, document)
        elif block.table is not None:
            _take_row(block, document)
        else:
            document.statements += _sentences(block)
    return document


@dataclass(slots=True)
class _Block:
    """Lines that belong together: `code` is the language of a code block, `table` the header of a row's table."""

    first: int
    lines: list[str]
    heading: str | None
    code: str | None = None
    table: list[str] | None = None


class _Blocks:
    """Goes through the lines of a document once and yields its blocks."""

    def __init__(self, lines: list[str], rst: bool) -> None:
        self._lines, self._rst = lines, rst
        self._heading: str | None = None
        self._header: list[str] | None = None  # of the table that the last line belongs to
        self._held: _Block | None = None

    def all(self) -> Iterator[_Block]:
        row = 0
        while row < len(self._lines):
            code = _code_end(self._lines, row, self._rst, self._held is not None)
            if code is None:
                yield from self._line(row)
                row += 1
                continue
            if self._rst and not _DIRECTIVE.match(self._lines[row]):
                yield from self._line(row)  # a sentence that ends with `::`
            yield from self._flush()
            language, first, after = code
            self._header = None
            yield _Block(first + 1, self._lines[first:after], self._heading, code=language)
            row = max(after, row + 1)
        yield from self._flush()

    def _line(self, row: int) -> Iterator[_Block]:
        line = self._lines[row]
        is_row, is_mark = _ROW.match(line) is not None, _is_mark(line, self._rst)
        if not line.strip() or is_mark or is_row or _BULLET.match(line):
            yield from self._flush()
        self._header = self._header if is_row else None
        self._heading = self._heading_at(row) or self._heading
        if is_row and self._header is None:
            self._header = _cells(line)
        elif is_row and not _RULE.match(line):
            yield _Block(row + 1, [line], self._heading, table=self._header)
        elif line.strip() and not is_mark and not is_row:
            bare = line[found.end() :] if (found := _BULLET.match(line)) else line.strip(" \t>")
            self._held = self._held or _Block(row + 1, [], self._heading)
            self._held.lines.append(bare)

    def _flush(self) -> Iterator[_Block]:
        held, self._held = self._held, None
        if held is not None:
            yield held

    def _heading_at(self, row: int) -> str | None:
        line = self._lines[row]
        if not self._rst:
            return found[1] if (found := _HEADING.match(line)) else None
        below = self._lines[row + 1] if row + 1 < len(self._lines) else ""
        return line.strip() if line.strip() and _RULE.match(below) and not _RULE.match(line) else None


def _is_mark(line: str, rst: bool) -> bool:
    """Whether a line is no text: a rule, a heading, a directive, an option of one."""
    if _RULE.match(line) or (not rst and _HEADING.match(line)):
        return True
    return rst and (
        _DIRECTIVE.match(line) is not None or re.match(r"[ \t]*:[\w -]{1,40}:[ \t]*\S{0,40}[ \t]*$", line) is not None
    )


def _code_end(lines: list[str], row: int, rst: bool, inside: bool) -> tuple[str, int, int] | None:
    """Return the language, the first row and the row after a code block that begins at a row."""
    line = lines[row]
    if not rst and (found := _FENCE.match(line)):  # in reStructuredText tildes underline a title
        for end in range(row + 1, len(lines)):
            if lines[end].strip().lstrip("> ").startswith(found[1]):
                return found[2].lower(), row + 1, end + 1
        return found[2].lower(), row + 1, len(lines)
    if rst:
        found = _CODE_DIRECTIVE.match(line)
        opens = line.rstrip().endswith("::") or _DIRECTIVE.match(line)
        if found or (opens and not _PROSE_DIRECTIVE.match(line)):
            language = (found[1].lower() or "python") if found else "?"
            return (language, row + 1, end) if (end := _indented_end(lines, row)) > row + 1 else None
        return None
    before = lines[row - 1].strip() if row else ""
    if line.startswith(("    ", "\t")) and line.strip() and not before and not inside and not _BULLET.match(line):
        return "?", row, _indented_end(lines, row - 1)
    return None


def _indented_end(lines: list[str], row: int) -> int:
    """Return the row after the block that is indented deeper than a row."""
    own = _indent(lines[row]) if row >= 0 and lines[row].strip() else 0
    end = row + 1
    for at in range(row + 1, len(lines)):
        if lines[at].strip():
            if _indent(lines[at]) <= own:
                break
            end = at + 1
    return end


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip(" "))


def _take_code(block: _Block, document: Document) -> None:
    """Keep the lines of a shell example as statements, and the words of any other as examples."""
    is_bare = block.code in SHELL and not any(line.lstrip().startswith("$ ") for line in block.lines)
    for number, line in enumerate(block.lines):
        bare = line.strip()
        prompted = bare.startswith("$ ") or (not block.code and _RUNS.match(bare) is not None)
        if prompted or (is_bare and bare and not bare.startswith(("#", "```", "~~~", ">"))):
            at = block.first + number
            document.statements.append(Statement(bare.removeprefix("$ "), at, at, block.heading, shell=True))
        if not prompted:
            document.examples.update(_WORD.findall(line))


def _take_row(block: _Block, document: Document) -> None:
    header = block.table or []
    cells = _cells(block.lines[0])
    value = next((n for n, name in enumerate(header[: len(cells)]) if n and _DEFAULT_COLUMN.fullmatch(name)), None)
    literal = None
    if value is not None:
        key, given = (cells[at].strip("`* ") for at in (0, value))
        literal = (key, given.strip("\"'")) if re.fullmatch(r"[A-Za-z_][\w.-]{1,60}", key) and given else None
    text = " | ".join(cells)
    if text.strip(" |"):
        document.statements.append(Statement(text, block.first, block.first, block.heading, literal=literal))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _sentences(block: _Block) -> Iterator[Statement]:
    """Cut a paragraph or a bullet into sentences, each with its lines."""
    text = "\n".join(block.lines)
    start, line = 0, block.first
    cuts = [found.span() for found in _SENTENCE_END.finditer(text) if not _is_abbreviation(text, found.start())]
    for end, after in [*cuts, (len(text), len(text))]:
        piece = text[start:end]
        if any(letter.isalnum() for letter in piece):
            first = line + piece.count("\n", 0, len(piece) - len(piece.lstrip()))
            yield Statement(" ".join(piece.split()), first, first + piece.strip().count("\n"), block.heading)
        line += text.count("\n", start, after)
        start = after


def _is_abbreviation(text: str, end: int) -> bool:
    return _ABBREVIATION.search(text[max(0, end - 12) : end]) is not None
