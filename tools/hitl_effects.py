"""What an answer changes, in the transaction that writes it: the notes it judges and how its agent's work is going.

Anything else that is to follow an answer (a latch, say) belongs into `follow`.
"""

from __future__ import annotations

import re
from typing import Any

from ..genome.store import notes, sources
from ..genome.store.hitl import Pause
from .memory import Memory
from .noted import name_of, quoted_text

JUDGING = ("uncertainty_check", "other")  # a permission or a rollback is about an act, whatever notes it mentions
MOST_NOTES = 8
SHOWN = 2_000  # characters of a note: nobody should confirm what was cut off
_NAMED = re.compile(r"(?:(?<=\bnote/)|(?<![\w./#-]))n([1-9]\d{0,9})(?![\w-]|\.\w)")


def named_notes(connection: Any, party: int | None, pause_type: str, text: str) -> tuple[int, ...]:
    """Return the notes of a party that a question names and that its answer will judge, in the order of the text."""
    if pause_type not in JUDGING:
        return ()
    named = dict.fromkeys(int(number) for number in _NAMED.findall(text))
    found = [note for number in named if (note := notes.of_party(connection, number, party)) is not None]
    return tuple(note.id for note in found if note.state == "live")[:MOST_NOTES]


def follow(writer: Any, memory: Memory, pause: Pause, party: int | None, sense: int | None) -> list[str]:
    """Do what follows from an answer, and say what that was.

    Args:
        writer: The store's writer, in the transaction of the answer.
        memory: What is learned.
        pause: What was asked.
        party: Whose notes may be judged.
        sense: 1 for a yes, -1 for a no; None changes nothing.
    """
    if sense is None:
        return []
    memory.judged(writer, pause.agent, pause.question.session, float(sense))
    return [_judge(writer, number, party, sense) for number in pause.about]


def stakes(connection: Any, pause: Pause) -> list[str]:
    """Return the notes that an answer will judge, each with its text, for the person to read before."""
    found = [notes.get(connection, number) for number in pause.about]
    return [f"{name_of(note.id)} {quoted_text(notes.text_of(connection, note), SHOWN)}" for note in found if note]


def _judge(writer: Any, number: int, party: int | None, sense: int) -> str:
    note = notes.of_party(writer, number, party)
    if note is None or note.state != "live":
        return f"{name_of(number)} was {'forgotten' if note is None else note.state} meanwhile and stays so"
    if sense > 0:
        notes.confirm(writer, note)
    else:
        notes.reject(writer, note)
    sources.bump(writer)
    return f"{name_of(number)} is {'confirmed' if sense > 0 else 'rejected'}"
