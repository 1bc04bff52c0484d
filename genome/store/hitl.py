"""Questions to people: what an agent asked or decided alone, and the one answer that stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from ..records import Identity

_SELECT = """
        select e.id, e.number, e.agent, p.name || '/' || a.name, e.session, e.at, e.expires_at, e.pause_type,
            e.question, e.options, e.task_context, e.tone, e.risk, e.recoverability, e.since_risk,
            e.resolved_without_operator, e.instruction_like, e.files, e.chunks, e.notes, e.packet, e.shown, e.about,
            w.kind, w.text, w.comment, w.sense, who.name, w.channel, w.at
        from hitl_event e
        join agent a on a.id = e.agent
        join participant p on p.id = a.participant
        left join hitl_answer w on w.event = e.id
        left join participant who on who.id = w.participant"""
_OPEN = "w.event is null and e.resolved_without_operator = 0 and e.expires_at > ?"


@dataclass(frozen=True, slots=True)
class Question:
    """What an agent asks, or tells that it decided alone; `timeout_s` is how long an answer is waited for."""

    session: str
    pause_type: str
    text: str
    options: tuple[str, ...]
    task_context: str | None
    tone: float
    risk: tuple[str, ...]
    recoverability: str
    resolved_without_operator: bool
    instruction_like: bool
    timeout_s: float
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answered: `kind` is answered, declined or cancelled, `sense` -1 for a no and 1 for a yes."""

    kind: str
    text: str | None
    comment: str | None
    sense: int | None
    by: str
    channel: str
    at: float


@dataclass(frozen=True, slots=True)
class Pause:
    """A question as it is kept, with the number it has in its party and what the store held then."""

    id: int
    number: int
    agent: int
    asker: str
    question: Question
    at: float
    expires_at: float
    since_risk: float | None
    files: int
    chunks: int
    notes: int
    packet: int | None
    about: tuple[int, ...]
    answer: Answer | None

    def state(self, now: float) -> str:
        """Return pending, answered, declined, cancelled, expired or resolved (by the agent alone)."""
        if self.question.resolved_without_operator:
            return "resolved"
        if self.answer is not None:
            return self.answer.kind
        return "expired" if now >= self.expires_at else "pending"


@dataclass(frozen=True, slots=True)
class AgentCount:
    """How many events an agent has, how many of them were answered, and when the first was."""

    agent: str
    events: int
    answered: int
    first_at: float


def party_id(connection: apsw.Connection, identity: Identity) -> int | None:
    """Return the id of a caller's party, None where nobody of it was ever written down."""
    sql = "select p.id from party p join org o on o.id = p.org where o.name = ? and p.name = ?"
    return connection.execute(sql, (identity.org, identity.party)).get


def add(connection: apsw.Connection, agent: int, question: Question, about: Sequence[int], at: float) -> int:
    """Write a question and return its number in the agent's party.

    Args:
        connection: The writer.
        agent: Who asks.
        question: What.
        about: The notes that a yes confirms and a no rejects.
        at: Seconds since the epoch.
    """
    sql = """
        insert into hitl_event (party, number, agent, session, at, expires_at, pause_type, question, options,
            task_context, tone, risk, recoverability, resolved_without_operator, instruction_like, shown, about,
            since_risk, files, chunks, notes, packet)
        select own.party, (select coalesce(max(number), 0) + 1 from hitl_event where party = own.party),
            a.id, ?2, ?3, ?3 + ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
            (select ?3 - max(at) from hitl_event where agent = ?1 and risk <> '[]'),
            (select count(*) from source where state = 'live'), (select count(*) from passage),
            (select count(*) from note where state = 'live' and judged is not 'rejected'),
            (select max(packet) from delivery where session = ?2)
        from agent a
        join participant own on own.id = a.participant
        where a.id = ?1
        returning number
    """
    stored = (
        question.pause_type, question.text, _packed(question.options), question.task_context, question.tone,
        _packed(question.risk), question.recoverability, int(question.resolved_without_operator),
        int(question.instruction_like), _packed(question.shown), json.dumps(about),
    )  # fmt: skip
    return connection.execute(sql, (agent, question.session, at, question.timeout_s, *stored)).get


def get(connection: apsw.Connection, party: int | None, number: int) -> Pause | None:
    """Return a party's event by its number."""
    for row in connection.execute(f"{_SELECT} where e.party = ? and e.number = ?", (party, number)):
        return _pause(row)
    return None


def newest(connection: apsw.Connection, party: int | None, k: int, pause_type: str | None, since: float) -> list[Pause]:
    """Return a party's events from `since` on, newest first."""
    sql = f"""
        {_SELECT}
        where e.party = ? and e.at >= ? and coalesce(e.pause_type = ?, true)
        order by e.number desc
        limit ?
    """
    return [_pause(row) for row in connection.execute(sql, (party, since, pause_type, k))]


def pending(connection: apsw.Connection, party: int | None, now: float, most: int) -> list[Pause]:
    """Return a party's questions that wait for an answer, oldest first."""
    sql = f"""
        {_SELECT}
        where e.party = ? and {_OPEN}
        order by e.number
        limit ?
    """
    return [_pause(row) for row in connection.execute(sql, (party, now, most))]


def waiting(connection: apsw.Connection, agent: int, now: float) -> int:
    """Return how many questions of an agent wait for an answer."""
    sql = f"""
        select count(*) from hitl_event e
        left join hitl_answer w on w.event = e.id
        where e.agent = ? and {_OPEN}
    """  # noqa: S608  a constant
    return connection.execute(sql, (agent, now)).get


def answer(connection: apsw.Connection, event: int, given: Answer, agent: int) -> bool:
    """Write an answer, given by the participant behind `agent`; False where the event has one, which stands."""
    sql = """
        insert into hitl_answer (event, kind, text, comment, sense, participant, channel, at)
        select ?, ?, ?, ?, ?, participant, ?, ? from agent where id = ?
        on conflict do nothing
        returning true
    """
    values = (event, given.kind, given.text, given.comment, given.sense, given.channel, given.at, agent)
    return connection.execute(sql, values).get is not None


def counts(connection: apsw.Connection, party: int | None, since: float) -> list[AgentCount]:
    """Return how many events each agent of a party has from `since` on, by the agent's name."""
    sql = """
        select p.name || '/' || a.name, count(*), count(*) filter (where w.kind = 'answered'), min(e.at)
        from hitl_event e
        join agent a on a.id = e.agent
        join participant p on p.id = a.participant
        left join hitl_answer w on w.event = e.id
        where e.party = ? and e.at >= ?
        group by a.id
        order by 1
    """
    return [AgentCount(*row) for row in connection.execute(sql, (party, since))]


def delays(connection: apsw.Connection, party: int | None, since: float, most: int) -> list[tuple[str, float]]:
    """Return who answered the newest events from `since` on, and after how many seconds."""
    sql = """
        select who.name, w.at - e.at
        from hitl_event e
        join hitl_answer w on w.event = e.id
        join participant who on who.id = w.participant
        where e.party = ? and e.at >= ? and w.kind = 'answered'
        order by e.number desc
        limit ?
    """
    return [(name, delay) for name, delay in connection.execute(sql, (party, since, most))]


def _packed(texts: Sequence[str]) -> str:
    return json.dumps(texts, ensure_ascii=False)


def _pause(row: Sequence[Any]) -> Pause:
    (
        id_, number, agent, asker, session, at, expires_at, pause_type, text, options, task_context, tone, risk,
        recoverability, since_risk, alone, instruction_like, files, chunks, notes, packet, shown, about, *answered,
    ) = row  # fmt: skip
    question = Question(
        session, pause_type, text, tuple(json.loads(options)), task_context, tone, tuple(json.loads(risk)),
        recoverability, bool(alone), bool(instruction_like), expires_at - at, tuple(json.loads(shown)),
    )  # fmt: skip
    given = None if answered[0] is None else Answer(*answered)
    notes_about = tuple(json.loads(about))
    return Pause(
        id_, number, agent, asker, question, at, expires_at, since_risk, files, chunks, notes, packet, notes_about,
        given,
    )  # fmt: skip
