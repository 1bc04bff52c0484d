"""The records that pass between the rooms of `genome`: frozen, without behaviour, one word for one idea.

Lines are 1-based and inclusive. Byte offsets are half-open and count the text encoded as UTF-8 with line ends
normalised to a single newline, which for an ordinary UTF-8 file without CRLF are the file's own bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of source a file is."""

    CODE = "code"
    DOC = "doc"
    CONFIG = "config"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text that can be retrieved on its own: a function, a class head, a section, a paragraph.

    `symbol` is the dotted path of the definition it belongs to (`Client.send`), `heading` the path of the section
    (`Install / Linux`); a span has at most one of the two. `form` is the sort of span: function, method, class,
    statements, section, key, cell, paragraph. `part` is 0 for a whole definition or section and its first piece,
    1, 2, ... for the pieces after it.
    """

    start_line: int
    end_line: int
    start_byte: int
    end_byte: int
    form: str
    symbol: str | None = None
    heading: str | None = None
    part: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """`key = value` as it stands at a line; `value` is None where the value was a secret."""

    key: str
    value: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read out of one file's bytes: its text, divided, with the facts in it.

    Every line of `text` belongs to at least one span, spans are in reading order, and for each of them
    `text.encode()[start_byte:end_byte]` is the text of its lines. An empty text has no spans.
    """

    text: str
    language: str | None
    kind: Kind
    spans: tuple[Span, ...]
    facts: tuple[Fact, ...]
    generated: bool = False
    redacted: int = 0
    unfit: str | None = None  # why the file is not to be stored: minified


@dataclass(frozen=True, slots=True)
class Stamp:
    """What `stat` says of a file; times are nanoseconds since the epoch."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that was granted, or a virtual one for texts that are no files.

    `git_dir` is the folder that all work trees of its repository share, for the top of a work tree.
    """

    id: int
    path: str
    name: str
    kind: str
    complete: bool
    git_dir: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a root as the store knows it.

    `content` is what it holds now, `ingested` what it held when it was last ingested on request; both are ids of
    contents, None where there is none. `drifted` is true where the two, or the two paths, differ.
    """

    id: int
    root: int
    path: str
    state: str
    content: int | None
    ingested: int | None
    ingested_path: str | None
    stamp: Stamp
    proven_at: float
    authority: str = "primary"
    volatility: str = "medium"

    @property
    def drifted(self) -> bool:
        """Whether the file has changed since it was last ingested on request."""
        return self.content != self.ingested or self.ingested_path is not None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands in one content."""

    content: int
    ordinal: int
    passage: int
    form: str
    part: int
    nth: int
    start_line: int
    end_line: int
    symbol: str | None
    heading: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts: trust domain, device, human and software actor.

    A layer that holds its default was named by nobody; an unnamed org or party is the store's own.
    """

    org: str = "local"
    party: str = "local"
    participant: str = "local"
    agent: str = "agent"
