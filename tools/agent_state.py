"""`agent_state`: an agent's memory as something that is kept, compared, put back, branched, merged and taken along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ..genome.store import agent_versions, links, steps
from ..genome.store.agent_versions import VersionRow
from ..memory_core.core import AgentState, StateError
from ..memory_core.versioning import UnknownVersion, Version, Versions
from .agent_files import Passphrase, arriving, inside, leaving, read, written
from .errors import UsageError
from .folding import LogDamaged, checked, entered, state_of
from .histories import History, like
from .models.agent import Action, AgentStateReport, Change, Difference, Likeness, Resumed, VersionOf
from .packet import prefixes
from .plain import plain, quoted
from .services import Services

DOING = 12  # uses before a moment that say what it was about
LONGEST = 200
CHECKED = 20_000  # last steps of the log whose chain `show` follows


class AgentTools:
    """The tool of one server for the states of agents.

    Args:
        services: The store.
        passphrase: Gives the passphrase of sealed files, from the environment or a terminal.
        anywhere: Whether files may lie outside the store's folder: for a person at a terminal.
    """

    def __init__(self, services: Services, passphrase: Passphrase, *, anywhere: bool = False) -> None:
        self._services = services
        self._passphrase = passphrase
        self._anywhere = anywhere

    def agent_state(
        self,
        action: Action = "show",
        name: Annotated[str | None, Field(description="a version's id or its start, or a branch")] = None,
        other: Annotated[str | None, Field(description="diff: the later version; branch: where it starts")] = None,
        message: Annotated[str, Field(max_length=LONGEST, description="commit, merge: why")] = "",
        file: Annotated[str | None, Field(description="export, import: NAME.hx, or NAME.hxe to seal it")] = None,
        k: Annotated[int, Field(ge=1, le=50)] = 10,
    ) -> AgentStateReport:
        """Keep and compare your own memory: versions, branches, past moments like now, files to take along.

        `show` resumes: what you were doing, asked, and how it went. Rollback changes the live state; nothing is lost.
        """
        agent = self._services.agent()
        if agent is None:
            raise UsageError("this agent has no state: the store cannot be written")
        given = {"name": name, "other": other, "file": file}
        name, other, file = ({key: None if text is None else plain(text) for key, text in given.items()}).values()
        actions: dict[str, Callable[[], AgentStateReport]] = {
            "show": lambda: self._show(agent),
            "commit": lambda: self._commit(agent, plain(message)),
            "log": lambda: self._log(agent, name, k),
            "diff": lambda: self._diff(agent, name, other),
            "rollback": lambda: self._rollback(agent, _needed(name, "rollback")),
            "branch": lambda: self._branch(agent, _needed(name, "branch"), other),
            "merge": lambda: self._merge(agent, _needed(name, "merge"), plain(message)),
            "search": lambda: self._search(agent, name, k),
            "export": lambda: self._export(agent, name, _needed(file, "export", "file")),
            "import": lambda: self._import(agent, _needed(file, "import", "file")),
        }
        try:
            return actions[action]()
        except UnknownVersion as error:
            raise UsageError(str(error)) from error
        except StateError as error:
            raise UsageError(f"that version cannot be read here: {error}") from error

    def _show(self, agent: int) -> AgentStateReport:
        with self._services.engine().database.snapshot() as reading:
            state, count = state_of(reading, agent), checked(reading, agent, CHECKED)
            report = _report("show", History(reading, agent), state)
        now = self._services.clock()
        found = {"settled": state.settledness(now), "switched": state.switched, "checked": count}
        return report.model_copy(update={**found, "resume": self._resumed(agent)})

    def _resumed(self, agent: int) -> Resumed:
        engine = self._services.engine()
        held = engine.memory.resume(agent)
        path_of = prefixes(self._services.roots())
        rows = links.anchors(engine.database.reading(), held.places)
        places = [named(rows[id_], path_of[rows[id_].root]) for id_ in held.places if id_ in rows]
        asked = [question.text for question in held.questions]
        return Resumed(places=places, questions=asked, band=held.band, at=round(held.at, 3))

    def _commit(self, agent: int, message: str) -> AgentStateReport:
        with self._services.engine().database.writing() as writer:
            history, state = History(writer, agent), state_of(writer, agent)
            kept = self._keep(writer, agent, history, state, message)
            agent_versions.set_branch(writer, agent, history.branch, kept.id, current=True)
            return _report("commit", History(writer, agent), state, [kept])

    def _log(self, agent: int, name: str | None, k: int) -> AgentStateReport:
        with self._services.engine().database.snapshot() as reading:
            history = History(reading, agent)
            if name is None:
                found = [history.versions.find(id_) for id_ in history.newest[:k]]
            else:
                found = list(history.versions.log(history.find(name).id))[:k]
            return _report("log", history, state_of(reading, agent), found)

    def _diff(self, agent: int, name: str | None, other: str | None) -> AgentStateReport:
        with self._services.engine().database.snapshot() as reading:
            history, state = History(reading, agent), state_of(reading, agent)
            first = name or history.head
            if first is None:
                raise UsageError("there is no version yet to compare with; commit one first")
            before = history.find(first)
            after = self._live(history, state) if other is None else history.find(other)
            ok, source, changes = history.difference(before, after)
            report = _report("diff", history, state)
        named = [Change(event=event, count=count) for event, count in sorted(changes.items())]
        after_id = after.id if other is not None else "now"
        found = Difference(ok=ok, source=source, before=before.id, after=after_id, changes=named)  # type: ignore[arg-type]
        return report.model_copy(update={"difference": found})

    def _rollback(self, agent: int, name: str) -> AgentStateReport:
        with self._services.engine().database.writing() as writer:
            history = History(writer, agent)
            wanted = history.find(name)
            wanted.restored()  # what cannot be read must not become the state
            notes = self._keep_first(writer, agent, history, f"before rollback to {wanted.id[:10]}")
            branch = next((one.name for one in history.branches if one.name == name), history.branch)
            state = self._put(writer, agent, "rollback", wanted, branch)
            return _report("rollback", History(writer, agent), state, [wanted], notes)

    def _branch(self, agent: int, name: str, start: str | None) -> AgentStateReport:
        if not name.strip() or len(name) > LONGEST:
            raise UsageError(f"{quoted(name)} is no name for a branch")
        with self._services.engine().database.writing() as writer:
            history, state = History(writer, agent), state_of(writer, agent)
            begun = (
                self._keep(writer, agent, history, state, f"branch {name}") if start is None else history.find(start)
            )
            if start is None:
                agent_versions.set_branch(writer, agent, history.branch, begun.id, current=True)
            elif begun.id not in history.rows or history.rows[begun.id].agent != agent:
                agent_versions.add(writer, _row(agent, begun))
            agent_versions.set_branch(writer, agent, name, begun.id, current=name == history.branch)
            return _report("branch", History(writer, agent), state, [begun])

    def _merge(self, agent: int, name: str, message: str) -> AgentStateReport:
        with self._services.engine().database.writing() as writer:
            history, state = History(writer, agent), state_of(writer, agent)
            theirs = history.find(name)
            ours = self._keep(writer, agent, history, state, f"before merge of {name}")
            known = Versions([*(history.versions.find(id_) for id_ in history.newest), ours])
            now, why = self._services.clock(), message or f"merge {name}"
            merged = known.merge(ours.id, theirs.id, history.name, now, why)
            state = self._put(writer, agent, "merge", merged, history.branch)
            return _report("merge", History(writer, agent), state, [merged])

    def _search(self, agent: int, name: str | None, k: int) -> AgentStateReport:
        with self._services.engine().database.snapshot() as reading:
            history, state = History(reading, agent), state_of(reading, agent)
            sums = state.sums if name is None else history.find(name).sketch()
            moments: list[Likeness] = []
            for one in like(reading, agent, sums, k):
                step = steps.last_step(reading, agent, ["use", "rollback", "merge"], one.sequence)
                doing = steps.used_before(reading, agent, one.sequence, DOING)
                at = 0.0 if step is None else round(step.at, 3)
                likeness = round(min(1.0, one.likeness), 3)
                moments.append(Likeness(sequence=one.sequence, at=at, likeness=likeness, doing=doing))
            notes = [] if moments else ["your log is too short to hold a past moment"]
            return _report("search", history, state, notes=notes).model_copy(update={"moments": moments})

    def _export(self, agent: int, name: str | None, file: str) -> AgentStateReport:
        path = self._path(file)
        with self._services.engine().database.snapshot() as reading:
            history, state = History(reading, agent), state_of(reading, agent)
            wanted = state if name is None else history.find(name).restored()
            whose = history.name if name is None else history.find(name).agent
            portable = leaving(reading, whose, self._services.clock(), wanted)
            report = _report("export", history, state)
        written(path, portable, self._passphrase)
        return report.model_copy(update={"file": file})

    def _import(self, agent: int, file: str) -> AgentStateReport:
        portable = read(self._path(file), self._passphrase)
        with self._services.engine().database.writing() as writer:
            arrived, unknown = arriving(writer, portable, self._services.roots())
            label = f"{portable.agent} (imported)"
            known = Versions()
            made = known.commit(label, arrived, self._services.clock(), f"from {Path(file).name}")
            agent_versions.add(writer, _row(agent, made))
            notes = [f"nothing changed yet: roll back to {made.id[:10]} or merge it"]
            if unknown:
                notes.append(f"{unknown} of {len(portable.places)} places stand nowhere here and were left out")
            report = _report("import", History(writer, agent), state_of(writer, agent), [made], notes)
        return report.model_copy(update={"file": file})

    def _path(self, file: str) -> Path:
        return Path(file).absolute() if self._anywhere else inside(self._services.genome, file)

    def _live(self, history: History, state: AgentState) -> Version:
        return Versions().commit(history.name, state, self._services.clock())

    def _keep(self, writer: Any, agent: int, history: History, state: AgentState, message: str) -> Version:
        """Keep the live state as a version, unless the current branch ends with it already."""
        head = None if history.head is None else history.find(history.head)
        if head is not None and head.state == replace(state, sequence=head.sequence).to_bytes():
            return head
        parents = [] if head is None else [head.id]
        made = Versions([] if head is None else [head]).commit(
            history.name, state, self._services.clock(), message, parents
        )
        agent_versions.add(writer, _row(agent, made))
        return made

    def _keep_first(self, writer: Any, agent: int, history: History, message: str) -> list[str]:
        try:
            kept = self._keep(writer, agent, history, state_of(writer, agent), message)
        except LogDamaged as error:
            return [f"the state before could not be kept: {error}"]
        return [f"the state before is kept as {kept.id[:10]}"]

    def _put(self, writer: Any, agent: int, kind: str, wanted: Version, branch: str) -> AgentState:
        """Put a version in the live state's place: an event of the log, like every change of it."""
        agent_versions.add(writer, _row(agent, wanted))
        sequence = entered(writer, agent, kind, self._services.clock(), self._services.session, None, wanted.id)
        state = AgentState().restored(wanted.restored(), sequence)
        links.set_state(writer, agent, sequence, state.to_bytes())
        agent_versions.set_branch(writer, agent, branch, wanted.id, current=True)
        return state


def named(row: links.AnchorRow, prefix: str) -> str:
    """Return an anchor as `path` or `path::symbol`."""
    symbol = row.symbol or row.heading
    return f"{prefix}{row.path}" + (f"::{symbol}" if symbol else "")


def _needed(text: str | None, action: str, argument: str = "name") -> str:
    if not text:
        raise UsageError(f"{action} needs `{argument}`; log lists the versions and branches")
    return text


def _row(agent: int, one: Version) -> VersionRow:
    return VersionRow(agent, one.id, one.agent, one.sequence, one.at, one.message, one.parents, one.state)


def _report(
    action: Action,
    history: History,
    state: AgentState,
    found: list[Version] | None = None,
    notes: list[str] | None = None,
) -> AgentStateReport:
    ends: dict[str, list[str]] = {}
    for one in history.branches:
        ends.setdefault(one.version, []).append(f"{one.name}*" if one.current else one.name)
    told = [
        VersionOf(
            id=one.id,
            agent=one.agent,
            sequence=one.sequence,
            at=round(one.at, 3),
            message=one.message,
            parents=list(one.parents),
            branches=ends.get(one.id, []),
        )
        for one in found or []
    ]
    return AgentStateReport(
        action=action,
        agent=history.name,
        sequence=state.sequence,
        branch=history.branch,
        versions=told,
        notes=notes or [],
    )
