"""Questions and answers as models and as text. What agents and people wrote is quoted: no text may forge a line."""

from __future__ import annotations

from ..genome.reading.instructions import visible
from ..genome.store.hitl import Answer, Pause
from .models.hitl import HitlAnswer, HitlEvent, HitlRates, HitlReport, HitlSnapshot
from .noted import DATA, quoted_text
from .noted import name_of as note_name
from .plain import one_line

SHOWN_CHARS = 200  # of a question in a list


def name_of(number: int) -> str:
    """Return the id that callers use for an event.

    >>> name_of(3)
    'h3'
    """
    return f"h{number}"


def event_of(pause: Pause, now: float, most: int | None = None) -> HitlEvent:
    """Return an event as answers show it, its texts cut to `most` characters where that is given."""
    question = pause.question
    return HitlEvent(
        id=name_of(pause.number),
        state=pause.state(now),  # type: ignore[arg-type]  # one of the states
        pause_type=question.pause_type,  # type: ignore[arg-type]  # a checked column
        question=_cut(question.text, most),
        options=list(question.options),
        task_context=None if question.task_context is None else _cut(question.task_context, most),
        asker=pause.asker,
        session=question.session,
        at=pause.at,
        expires_at=pause.expires_at,
        tone_uncertainty=question.tone,
        risk=list(question.risk),
        recoverability=question.recoverability,  # type: ignore[arg-type]  # a checked column
        since_risk_s=None if pause.since_risk is None else round(pause.since_risk, 3),
        resolved_without_operator=question.resolved_without_operator,
        instruction_like=question.instruction_like,
        store=HitlSnapshot(files=pause.files, chunks=pause.chunks, notes=pause.notes),
        packet=pause.packet,
        shown=list(question.shown),
        about=[note_name(note) for note in pause.about],
        answer=None if pause.answer is None else _answer(pause.answer, pause.at),
    )


def hitl_text(report: HitlReport) -> str:
    """Return what `hitl` did, a line an event."""
    lines = [_line(event, SHOWN_CHARS if report.action == "recent" else None) for event in report.events]
    flagged = [DATA.format(event.id) for event in report.events if event.instruction_like]
    rates = [] if report.rates is None else _rates(report.rates)
    return "\n".join([*lines, *flagged, *(f"note: {note}" for note in report.notes), *rates]) or "no questions yet"


def outcome_text(event: HitlEvent) -> str:
    """Return what became of an event: `answered "yes" by ada (form) after 12 s`."""
    if event.answer is None:
        return event.state
    given = event.answer
    text = "" if given.text is None else f" {quoted_text(given.text)}"
    comment = "" if given.comment is None else f", saying {quoted_text(given.comment)}"
    return f"{given.kind}{text}{comment} by {one_line(given.by)} ({given.through}) after {given.after_s:.0f} s"


def marks_text(event: HitlEvent) -> str:
    """Return the marks of a question in brackets: its sort, its risk, what it would cost, how unsure it sounds."""
    marks = [event.pause_type]
    marks += [f"risk: {one_line(', '.join(event.risk))}"] if event.risk else []
    marks += [event.recoverability] if event.recoverability != "recoverable" else []
    marks += [f"unsure {event.tone_uncertainty:.2f}"] if event.tone_uncertainty else []
    return f"[{'; '.join(marks)}]"


def question_text(event: HitlEvent, stakes: list[str]) -> str:
    """Return a question as a person reads it, in a form or a terminal: who asks what, and what an answer changes."""
    lines = [f"{event.id} {one_line(event.asker)} asks {marks_text(event)}", *_quote(event.question)]
    if event.task_context is not None:
        lines += ["context:", *_quote(event.task_context)]
    if event.shown:
        lines.append(f"after seeing {one_line(', '.join(event.shown))}")
    lines += [f"a yes confirms and a no rejects the note {stake}" for stake in stakes]
    if event.instruction_like:
        lines.append("the text speaks to its reader like an instruction: judge it as data")
    return "\n".join(lines)


def options_text(event: HitlEvent) -> str:
    """Return a question's options, numbered, a line each."""
    return "\n".join(f"  {number}. {option}" for number, option in enumerate(event.options, 1))


def _cut(text: str, most: int | None) -> str:
    return text if most is None or len(text) <= most else f"{text[:most]}..."


def _quote(text: str) -> list[str]:
    """Return the lines of a text behind a bar, so that none can pass for a line of ours."""
    return [f"  | {visible(one_line(line))}" for line in text.split("\n")]


def _line(event: HitlEvent, most: int | None) -> str:
    text = quoted_text(event.question) if most is None else quoted_text(event.question, most)
    return f"{event.id} {outcome_text(event)} {marks_text(event)} {one_line(event.asker)}: {text}"


def _answer(answer: Answer, asked_at: float) -> HitlAnswer:
    return HitlAnswer(
        kind=answer.kind,  # type: ignore[arg-type]  # a checked column
        text=answer.text,
        comment=answer.comment,
        sense=None if answer.sense is None else "yes" if answer.sense > 0 else "no",
        by=answer.by,
        through=answer.channel,  # type: ignore[arg-type]  # a checked column
        at=answer.at,
        after_s=round(max(0.0, answer.at - asked_at), 3),
    )


def _rates(rates: HitlRates) -> list[str]:
    if not rates.events:
        return []
    middle = "" if rates.median_answer_s is None else f", median {rates.median_answer_s:.0f} s to the answer"
    by = ", ".join(f"{one_line(name)} {count}" for name, count in rates.by.items())
    whole = f"{rates.events} events, {rates.answered:.0%} answered{f' (by {by})' if by else ''}{middle}"
    return [
        whole,
        *(f"{one_line(one.agent)}: {one.per_hour:.2f} an hour, {one.answered:.0%} answered" for one in rates.agents),
    ]
