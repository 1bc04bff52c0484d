"""What `remember` and an import of notes return."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

NoteKind = Literal["decision", "finding", "howto", "preference", "fact"]


class Bound(BaseModel):
    """One receipt: what the note rests on, as it is now."""

    kind: Literal["span", "symbol", "path", "literal"]
    path: str
    start_line: int | None = None
    end_line: int | None = None
    symbol: str | None = None
    key: str | None = None
    value: str | None = None
    note: str | None = Field(default=None, description="what to know about it: changed since it was shown")


class Remembered(BaseModel):
    """What `remember` did. Everything told here is committed."""

    id: str | None = Field(default=None, description="of the note; None where one was only forgotten")
    kind: NoteKind
    receipts: list[Bound]
    unbound: list[str] = Field(description="named in the text, found nowhere")
    revised: str | None = Field(default=None, description="the note that this one takes the place of")
    forgotten: str | None = None
    instruction_like: bool = Field(default=False, description="speaks to its reader: returned as data, and flagged")
    redacted: int = Field(default=0, description="secret values that were not kept")
    notes: list[str]


class Imported(BaseModel):
    """What an import of an instruction file did."""

    path: str
    statements: int = Field(description="found in the file")
    added: int
    unchanged: int
    revised: int
    forgotten: int = Field(description="notes of an earlier import whose statement is not in the file any more")
    unbound: list[str] = Field(description="line and statement that name nothing which is there")
    ids: list[str]
