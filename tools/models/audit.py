"""What an audit of a document returns."""

from __future__ import annotations

from pydantic import BaseModel, Field


class NotTrue(BaseModel):
    """A statement that does not hold now."""

    line: int
    end_line: int
    statement: str
    named: str = Field(description="what in it does not hold")
    why: str = Field(description="what is there instead, and where")


class AuditReport(BaseModel):
    """What a document says of the workspace, checked against it; counts are of statements."""

    path: str
    true: int
    false: int
    unknown: int = Field(description="name something that cannot be told")
    not_true: list[NotTrue]
