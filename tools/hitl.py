"""`hitl`: ask a person, keep the one answer that stands, and tell how often agents pause."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ..genome.errors import StoreReadOnly
from ..genome.reading.instructions import is_instruction_like
from ..genome.store import events, hitl
from ..genome.store.hitl import Answer, Pause, Question
from .errors import UsageError
from .hitl_checks import (
    MOST_ANSWER,
    MOST_EVENTS,
    MOST_QUESTION,
    action_of,
    context_of,
    expiry,
    number_of,
    options_of,
    patience,
    pause_of,
    recoverability_of,
    risk_of,
    sense_of,
    text_of,
)
from .hitl_effects import follow, named_notes, stakes
from .hitl_rates import rates
from .hitl_signals import signals
from .hitl_text import event_of, name_of
from .models.hitl import Action, Channel, HitlEvent, HitlReport, PauseType
from .packet import prefixes
from .plain import quoted
from .services import Services

MOST_WAITING = 100  # questions of one agent; more would bury the person
MOST_SHOWN = 8  # places of the packet before
MOST_LISTED = 400  # characters of a question, and of its context, in a list
POLL_S = 0.2


class HitlTools:
    """The tool that asks people, and what the terminal and the page use to answer."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def hitl(
        self,
        action: Action,
        question: str | None = None,
        pause_type: PauseType | None = None,
        options: list[str] | None = None,
        context: str | None = None,
        risk: str | None = None,
        timeout: float | None = None,
        wait: bool = True,
        id: str | None = None,  # noqa: A002  what answers call it
        k: int | None = None,
        since: float | None = None,
        session: str | None = None,
        *,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> HitlReport:
        """Ask your human: emit before risky or unclear steps, wait(id) for the answer, recent for past ones."""
        action_of(action)  # `wait` is for the front doors that can show a form
        if action == "recent":
            return self.recent(10 if k is None else k, pause_type, since)
        if action == "wait":
            return self.wait(id, timeout, should_stop)
        risks = None if risk is None else [word for word in risk.split(",") if word.strip()]
        asked = self.emit(question, pause_type or "other", options, context, risks, timeout=timeout, session=session)
        return HitlReport(action="emit", events=[asked], notes=_advice(asked))

    def emit(
        self,
        question: str | None,
        pause_type: str = "other",
        options: Sequence[str] | None = None,
        context: str | None = None,
        risk: Sequence[str] | None = None,
        *,
        tone: float | None = None,
        recoverability: str | None = None,
        resolved_without_operator: bool = False,
        timeout: float | None = None,
        session: str | None = None,
    ) -> HitlEvent:
        """Keep a question, or what an agent decided without asking; it has reached the disk when this returns.

        Args:
            question: What the person should read.
            pause_type: permission_request, uncertainty_check, rollback_confirm or other.
            options: The answers to choose from; without, yes and no where that is what is asked, else a free answer.
            context: What the agent is at.
            risk: Words of risk; without, those that occur in the text.
            tone: How unsure the agent is, 0 to 1; without, by the words of the text.
            recoverability: recoverable, uncertain or lost; without, by the words of risk.
            resolved_without_operator: Whether the agent went on by itself: then nobody is asked.
            timeout: Seconds until the question expires.
            session: The session it belongs to.

        Raises:
            UsageError: An argument cannot be used, or the agent has too many questions open.
            StoreError: It could not be kept.
        """
        asked, engine = text_of("question", question, MOST_QUESTION), self._services.engine()
        task, given = context_of(context), risk_of(risk)
        told = signals(f"{asked}\n{task or ''}", given)
        if tone is not None and not 0 <= tone <= 1:
            raise UsageError(f"tone_uncertainty {tone:g} is out of range; pass 0 for sure to 1 for unsure")
        name = self._services.heard(session)
        engine.recorder.flush()
        draft = Question(
            session=name,
            pause_type=pause_of(pause_type),
            text=asked,
            options=options_of(options, pause_type),
            task_context=task,
            tone=told.tone if tone is None else tone,
            risk=told.risk,
            recoverability=told.recoverability if recoverability is None else recoverability_of(recoverability),
            resolved_without_operator=resolved_without_operator,
            instruction_like=any(is_instruction_like(text) for text in (asked, task or "", *(options or ()))),
            timeout_s=expiry(timeout),
            shown=self._shown(name),
        )
        return self._event(self._add(draft))

    def recent(self, k: int = 10, pause_type: str | None = None, since: float | None = None) -> HitlReport:
        """Return the caller's party's newest events, with rates; both from `since` (seconds since the epoch) on.

        Long texts are cut; `get` gives them whole.

        Raises:
            UsageError: An argument cannot be used.
        """
        if not 1 <= k <= MOST_EVENTS:
            raise UsageError(f"k {k} is out of range; pass 1 to {MOST_EVENTS}, and since for older ones")
        kind = None if pause_type is None else pause_of(pause_type)
        if since is not None and not 0 <= since < 1e11:
            raise UsageError(f"since {since:g} is no time; pass seconds since the epoch")
        now = self._services.clock()
        with self._services.engine().database.snapshot() as reading:
            party = hitl.party_id(reading, self._services.caller.identity)
            found = hitl.newest(reading, party, k, kind, 0.0 if since is None else since)
            told = rates(reading, party, since, now)
        return HitlReport(
            action="recent", events=[event_of(pause, now, MOST_LISTED) for pause in found], rates=told, notes=[]
        )

    def wait(
        self, id_: str | None, timeout: float | None = None, should_stop: Callable[[], bool] = lambda: False
    ) -> HitlReport:
        """Return an event once it waits for nobody any more, or as it is when the time is up.

        Args:
            id_: Which.
            timeout: Seconds, at most 50.
            should_stop: Ends the waiting early where it turns true.

        Raises:
            UsageError: There is no such event, or the timeout is out of range.
        """
        until = time.monotonic() + patience(timeout)
        while (event := self.get(id_)).state == "pending" and not should_stop():
            left = until - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(POLL_S, left))
        return HitlReport(action="wait", events=[event], notes=_advice(event))

    def get(self, id_: str | None) -> HitlEvent:
        """Return an event of the caller's party. Raises UsageError where there is none with this id."""
        return self._event(self._find(number_of(id_))[0])

    def pending(self) -> list[HitlEvent]:
        """Return the questions of the caller's party that wait for an answer, oldest first."""
        with self._services.engine().database.snapshot() as reading:
            party = hitl.party_id(reading, self._services.caller.identity)
            found = hitl.pending(reading, party, self._services.clock(), MOST_EVENTS)
        return [self._event(pause) for pause in found]

    def stakes(self, id_: str) -> list[str]:
        """Return the notes that a yes to a question confirms and a no rejects: name and text, quoted and escaped."""
        pause, _ = self._find(number_of(id_))
        return stakes(self._services.engine().database.reading(), pause)

    def answer(
        self,
        id_: str,
        text: str | None,
        channel: Channel,
        *,
        option: int | None = None,
        comment: str | None = None,
        closed: str | None = None,
    ) -> tuple[HitlEvent, list[str], bool]:
        """Write the caller's answer; the first one stands.

        Args:
            id_: Which question.
            text: An option or words of one's own.
            channel: Where the person answered.
            option: The number of the option instead, 1 for the first.
            comment: What goes with an option.
            closed: declined or cancelled, where the person closed the form instead.

        Returns:
            The event, what followed, and whether this answer is the one that stands.

        Raises:
            UsageError: There is no such question, it has expired, or the answer says nothing.
            StoreError: It could not be kept.
        """
        services, number = self._services, number_of(id_)
        options = self._find(number)[0].question.options
        said = None if closed else text_of("answer", _chosen(options, text, option), MOST_ANSWER).strip()
        remark = text_of("comment", comment, MOST_ANSWER).strip() if comment and comment.strip() else None
        sense = None if said is None else sense_of(said)
        database = services.engine().database
        with database.writing(durable=True) as writer:
            agent, party = self._writer_ids(writer)
            pause, now = _known(hitl.get(writer, party, number), number), services.clock()
            if pause.state(now) in ("expired", "resolved"):
                raise UsageError(_too_late(pause, now))
            by = services.caller.identity.participant
            given = Answer(closed or "answered", said, remark, sense, by, channel, now)
            won = hitl.answer(writer, pause.id, given, agent)
            done = follow(writer, services.engine().memory, pause, party, sense) if won else []
        return self.get(name_of(number)), done, won

    def _add(self, draft: Question) -> Pause:
        services = self._services
        database = services.engine().database
        if not database.writable:
            raise StoreReadOnly(f"{services.genome.name} cannot be written, so nobody is asked; check its permissions")
        with database.writing(durable=True) as writer:
            agent, party = self._writer_ids(writer)
            now = services.clock()
            waiting = hitl.waiting(writer, agent, now)
            if waiting >= MOST_WAITING and not draft.resolved_without_operator:
                raise UsageError(f"{waiting} questions of yours wait for an answer; wait for them or let them expire")
            about = named_notes(writer, party, draft.pause_type, f"{draft.text}\n{draft.task_context or ''}")
            number = hitl.add(writer, agent, draft, about, now)
            return _known(hitl.get(writer, party, number), number)

    def _writer_ids(self, writer: Any) -> tuple[int, int | None]:
        identity = self._services.caller.identity
        agent = events.agent_id(writer, identity)
        return agent, hitl.party_id(writer, identity)

    def _find(self, number: int) -> tuple[Pause, int | None]:
        with self._services.engine().database.snapshot() as reading:
            party = hitl.party_id(reading, self._services.caller.identity)
            return _known(hitl.get(reading, party, number), number), party

    def _event(self, pause: Pause) -> HitlEvent:
        return event_of(pause, self._services.clock())

    def _shown(self, session: str) -> tuple[str, ...]:
        """Return the places that the session's last packet showed, best first."""
        last = self._services.engine().recorder.last(session)[:MOST_SHOWN]
        prefix = prefixes(self._services.roots()) if last else {}
        return tuple(f"{prefix.get(one.root, '')}{one.path}:{one.start_line}-{one.end_line}" for one in last)


def _known(pause: Pause | None, number: int) -> Pause:
    if pause is None:
        raise UsageError(f"no question {name_of(number)}; hitl(action='recent') lists them")
    return pause


def _chosen(options: Sequence[str], text: str | None, option: int | None) -> str | None:
    if option is None:
        same = [known for known in options if text is not None and known.casefold() == text.strip().casefold()]
        return same[0] if same else text
    if not 1 <= option <= len(options):
        has = f"options 1 to {len(options)}" if options else "no options; answer in words"
        raise UsageError(f"no option {option}; the question has {has}")
    return options[option - 1]


def _too_late(pause: Pause, now: float) -> str:
    if pause.question.resolved_without_operator:
        return f"{name_of(pause.number)} was decided by {quoted(pause.asker)} alone; nothing waits for an answer"
    ago = now - pause.expires_at
    return f"{name_of(pause.number)} expired {ago:.0f} s ago; {quoted(pause.asker)} has to ask again"


def _advice(event: HitlEvent) -> list[str]:
    if event.state == "pending":
        return [
            f"no answer yet: go on with what does not need it, then call hitl(action='wait', id='{event.id}'); "
            f"the person answers with `cistron hitl watch`, or `cistron hitl answer {event.id} TEXT`, or on the page"
        ]
    if event.state == "expired":
        return ["nobody answered in time: that is no permission; emit again if it still matters"]
    if event.state in ("declined", "cancelled"):
        return [f"the person {event.state} the question: that is no permission"]
    return []
