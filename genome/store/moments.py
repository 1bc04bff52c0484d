"""Rows of what agents asked, and of episodes: a question with what was used after it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import apsw

QUESTIONS_KEPT = 512  # of an agent; older ones go


@dataclass(frozen=True, slots=True)
class Question:
    """What an agent asked, in which session, and when (seconds since the epoch)."""

    id: int
    agent: int
    session: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """A question and the anchors that were used after it; `rank` decides which episode goes first."""

    id: int
    agent: int
    session: str
    query: str
    outcome: float
    at: float
    rank: float
    places: tuple[int, ...]


def ask(connection: apsw.Connection, agent: int, session: str, text: str, at: float) -> None:
    """Record what an agent asked; the oldest questions beyond so many go."""
    sql = "insert into question (agent, session, text, at) values (?, ?, ?, ?)"
    connection.execute(sql, (agent, session, text, at))
    sql = """
        delete from question
        where agent = ?1 and id <= (select id from question where agent = ?1 order by id desc limit 1 offset ?2)
    """
    connection.execute(sql, (agent, QUESTIONS_KEPT))


def questions(connection: apsw.Connection, agent: int, limit: int) -> list[Question]:
    """Return the last questions of an agent, the newest first."""
    sql = "select id, agent, session, text, at from question where agent = ? order by id desc limit ?"
    return [Question(*row) for row in connection.execute(sql, (agent, limit))]


def last_question(connection: apsw.Connection, agent: int, session: str) -> Question | None:
    """Return the question that an agent asked last in a session."""
    sql = """
        select id, agent, session, text, at
        from question
        where session = ? and agent = ?
        order by id desc limit 1
    """
    row = connection.execute(sql, (session, agent)).fetchone()
    return None if row is None else Question(*row)


def was_delivered(connection: apsw.Connection, question: Question, anchors: Iterable[int]) -> bool:
    """Whether a place of the same file as one of these anchors was shown to the session since a question."""
    sql = """
        select exists (
            select 1
            from json_each(?) w
            join anchor used on used.id = w.value
            join delivery d on d.session = ? and d.at >= ?
            join anchor shown on shown.id = d.anchor and shown.root = used.root and shown.path = used.path
        )
    """
    return bool(connection.execute(sql, (json.dumps(sorted(anchors)), question.session, question.at)).get)


def record(
    connection: apsw.Connection, question: Question, places: Iterable[int], outcome: float, at: float, fade: float
) -> None:
    """Add to the episode of a question what was used after it; a question that was asked before is the same episode.

    Args:
        connection: The store's writer.
        question: What was asked.
        places: Anchors.
        outcome: In [-1, 1]; of several the best counts.
        at: Seconds since the epoch.
        fade: What a new episode leaves of every older one's rank, as a logarithm: below zero.
    """
    number: int = connection.execute(
        "select coalesce(max(number), 0) + 1 from episode where agent = ?", (question.agent,)
    ).get
    sql = """
        insert into episode (agent, number, question, session, query, outcome, at, rank)
        values (?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (agent, query) do update set
            number = case when question = excluded.question then number else excluded.number end,
            rank = case
                when question = excluded.question then rank
                else max(rank, excluded.rank) + ln(1.0 + exp(min(rank, excluded.rank) - max(rank, excluded.rank)))
            end,
            question = excluded.question, session = excluded.session, at = excluded.at,
            outcome = max(outcome, excluded.outcome)
        returning id
    """
    values = (
        question.agent, number, question.id, question.session, question.text, outcome, at, -fade * number,
    )  # fmt: skip
    episode: int = connection.execute(sql, values).get
    sql = "insert into episode_place (episode, anchor, at) values (?, ?, ?) on conflict do update set at = excluded.at"
    connection.executemany(sql, [(episode, anchor, at) for anchor in places])


def trim(connection: apsw.Connection, agent: int, most: int) -> None:
    """Forget an agent's episodes of least rank beyond so many."""
    sql = """
        delete from episode
        where id in (select id from episode where agent = ?1 order by rank desc, id desc limit -1 offset ?2)
    """
    connection.execute(sql, (agent, most))


def episodes(connection: apsw.Connection, agent: int) -> list[EpisodeRow]:
    """Return the episodes of an agent, the oldest first, the places of each by when they were used last."""
    sql = """
        select e.id, e.agent, e.session, e.query, e.outcome, e.at, e.rank,
            (select json_group_array(p.anchor) from
                (select anchor from episode_place where episode = e.id order by at desc, anchor) p)
        from episode e
        where e.agent = ?
        order by e.at, e.id
    """
    return [
        EpisodeRow(id_, agent, session, query, outcome, at, rank, tuple(json.loads(places)))
        for id_, _, session, query, outcome, at, rank, places in connection.execute(sql, (agent,))
    ]


def judge(connection: apsw.Connection, agent: int, session: str, outcome: float) -> None:
    """Let a person's verdict on a session's work stand for the episodes of that session."""
    sql = "update episode set outcome = ? where agent = ? and session = ?"
    connection.execute(sql, (outcome, agent, session))
