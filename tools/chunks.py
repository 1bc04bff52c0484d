"""`chunk_get`: the text of a place as it stands now, with its proof."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..genome.reading.load import load
from ..genome.reading.reader import read
from .claims import Claim, Claims
from .errors import UsageError
from .models.introspect import Chunk
from .models.work import Verified
from .plain import plain, quoted
from .services import Services
from .verify import VerifyTools

MOST_CHARS = 40_000
TRIES = 3  # a file that is being written is read again


class ChunkTools:
    """The tool that hands out text."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def chunk_get(
        self,
        id: Annotated[str, Field(description="an item's id, path:10-20, path::Symbol or a note")],  # noqa: A002  the seed's name
        max_chars: Annotated[int, Field(ge=100, le=MOST_CHARS)] = 8_000,
        cursor: Annotated[int, Field(ge=0, description="next_cursor of the answer before")] = 0,
    ) -> Chunk:
        """Read the text of one place as it stands in its file now, with the proof. Secret values are taken out."""
        target = plain(id)
        for _ in range(TRIES):
            before = self._text(target)
            proof = VerifyTools(self._services).verify([target]).results[0]
            if proof.path is None:
                raise UsageError(f"{quoted(target)}: {proof.note or 'there is no such place'}")
            text = self._text(target)
            if before == text:
                break
        else:
            raise UsageError(f"{quoted(target)} is being written; ask again in a moment")
        return _chunk(target, proof, _lines(text, proof), max_chars, cursor)

    def _text(self, target: str) -> tuple[str, bool]:
        """Return what a target's file holds now, or the kept text itself; and whether that is a whole file."""
        claim = Claims(self._services).find(target, self._services.session)
        if isinstance(claim, str):
            return "", False
        if claim.root.kind == "virtual":
            return claim.text, False
        return self._file(claim), True

    def _file(self, claim: Claim) -> str:
        loaded = load(claim.root.path, claim.source.path, self._services.max_file_bytes)
        if loaded is None or loaded.data is None:
            return ""
        reading = read(claim.source.path, loaded.data)
        return "" if reading is None else reading.text


def _lines(text: tuple[str, bool], proof: Verified) -> str:
    """Return the lines that the proof found; of a whole file all."""
    held, is_file = text
    if not is_file:
        return held
    if proof.start_line is None or proof.end_line is None:
        return "" if proof.evidence.rung == "gone" else held
    return "\n".join(held.split("\n")[proof.start_line - 1 : proof.end_line])


def _chunk(target: str, proof: Verified, text: str, max_chars: int, cursor: int) -> Chunk:
    assert proof.path is not None
    end = cursor + max_chars
    return Chunk(
        id=target,
        status=proof.status,
        path=proof.path,
        start_line=proof.start_line,
        end_line=proof.end_line,
        symbol=proof.symbol,
        evidence=proof.evidence,
        text=text[cursor:end],
        truncated=end < len(text),
        next_cursor=end if end < len(text) else None,
        note=proof.note,
    )
