"""What `explain` returns: how the order of a question's places came about."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Explained(BaseModel):
    """One place and what speaks for it."""

    path: str
    start_line: int
    end_line: int
    symbol: str | None = None
    fact: str | None = Field(
        default=None, description="key = value; facts stand beside the order, by rules of their own"
    )
    gone: bool = False
    score: float = Field(description="sum of the lanes' parts, higher is better")
    lanes: dict[str, float] = Field(description="what each lane adds to the score; `file`: other hits of its file")
    values: dict[str, float] = Field(description="what each lane said, before it was weighed")
    prior: float = Field(description="how readily a file of its role is offered, 0-1")
    matched: list[str] = Field(description="the question's terms that it holds, rarest first")


class Explanation(BaseModel):
    """How a question was read, and what each lane said of each place, best first."""

    query: str
    terms: dict[str, float] = Field(description="terms of the question and what each tells in this store")
    form: list[str] = Field(description="how it was read: message, prose, value, tests, names, paths")
    lanes: list[str] = Field(description="lanes that took part")
    off: list[str] = Field(description="lanes that are switched off")
    weights: dict[str, float] = Field(description="of the lanes beside the words, whose best has 1")
    items: list[Explained]
    notes: list[str]
