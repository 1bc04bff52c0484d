"""Are the folders there, read to the end, and small enough to be watched?"""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from ...genome.records import Root
from ...genome.store import sources
from ...genome.store.database import Database
from .check import Check, Patient

WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")  # Linux alone
SHARE = 0.8  # of the watches that one program should take
SAMPLE, SAME = 50, 0.9  # files looked for, and the share of them that makes a folder the same one
TOO_LARGE = "larger than"


def roots(patient: Patient) -> list[Check]:
    """Every folder that was opened is there and was read to the end."""
    known = _roots(patient)
    if known is None:
        return []
    if not known:
        return [Check("roots", True, "none yet", "run `cistron ingest PATH`")]
    return [_root(patient, root) for root in known]


def skipped(patient: Patient) -> list[Check]:
    """Name files that are passed over for their size, which a person may not expect."""
    known = _roots(patient) or []
    found: list[str] = []
    with_store = _opened(patient) if known else None
    if with_store is not None:
        try:
            reading = with_store.reading()
            found = [
                f"{root.name}/{path}"
                for root in known
                for path, reason in sources.skipped(reading, root.id)
                if TOO_LARGE in reason
            ]
        finally:
            with_store.close()
    if not found:
        return []
    most = patient.settings.max_file_bytes
    detail = f"{len(found)} files above {most:,} bytes are not read: {', '.join(found[:3])}"
    return [Check("size", True, detail, "raise max_file_bytes in cistron.toml if one of them matters")]


def watches(patient: Patient, limit_file: Path = WATCHES) -> list[Check]:
    """The system lets us watch every folder; otherwise each question looks at each file."""
    database = _opened(patient)
    if database is None or not limit_file.exists():
        return []
    try:
        reading = database.reading()
        folders = {
            (root.id, posixpath.dirname(path))
            for root in sources.roots(reading)
            for path in sources.of_root(reading, root.id)
        }
    finally:
        database.close()
    limit = int(limit_file.read_text(encoding="ascii"))
    if len(folders) <= SHARE * limit:
        return [Check("watches", True, f"{len(folders)} folders, {limit} can be watched")]
    detail = f"{len(folders)} folders, the system lets a user watch {limit}: every question looks at each file instead"
    return [Check("watches", False, detail, f"sysctl fs.inotify.max_user_watches={max(2 * len(folders), 524_288)}")]


def _root(patient: Patient, root: Root) -> Check:
    name = f"root {root.name}"
    if not os.path.isdir(root.path):
        if (place := _moved_to(patient, root)) is not None:
            return Check(
                name,
                False,
                f"{root.path} is not there; its files stand in {place}",
                "--fix follows it there, with all that was learned",
                repair=lambda: _moved(patient, root, place),
                asks=f"does {root.path} stand in {place} now?",
            )
        return Check(
            name,
            False,
            f"{root.path} is not there",
            "mount it, or `cistron ingest` it where it is now; --fix takes it back",
            repair=lambda: _dropped(patient, root),
            asks=f"take {root.path} back? What is known of its files goes; notes stay",
        )
    if not os.access(root.path, os.R_OK | os.X_OK):
        return Check(name, False, f"{root.path} cannot be read", "check its permissions")
    if not root.complete:
        advice = f"run `cistron ingest {root.path}`"
        return Check(name, False, f"{root.path} was not read to the end", advice)
    return Check(name, True, root.path)


def _moved_to(patient: Patient, root: Root) -> Path | None:
    """Return the folder that the store lies in, where it holds a vanished root's files and is no root itself."""
    folder = patient.genome.parent
    database = _opened(patient)
    if folder.name != ".cistron" or database is None:
        return None
    place = Path(os.path.realpath(folder.parent))
    try:
        reading = database.reading()
        known = {other.path for other in sources.roots(reading)}
        files = [path for path, source in sources.of_root(reading, root.id).items() if source.state == "live"]
    finally:
        database.close()
    sample = files[:: max(1, len(files) // SAMPLE)]
    there = sum((place / path).is_file() for path in sample)
    return place if str(place) not in known and sample and there >= SAME * len(sample) else None


def _moved(patient: Patient, root: Root, place: Path) -> str:
    database = Database(patient.genome)
    try:
        with database.writing() as writer:
            sources.move_root(writer, root, str(place))
        return f"it is {place} now"
    finally:
        database.close()


def _roots(patient: Patient) -> list[Root] | None:
    """Return the folders that were opened; None where there is no store to ask."""
    database = _opened(patient)
    if database is None:
        return None
    try:
        return [root for root in sources.roots(database.reading()) if root.kind != "virtual"]
    finally:
        database.close()


def _opened(patient: Patient) -> Database | None:
    return Database(patient.genome) if patient.is_open else None


def _dropped(patient: Patient, root: Root) -> str:
    database = Database(patient.genome)
    try:
        with database.writing() as writer:
            sources.drop_root(writer, root.id)
        return "taken back"
    finally:
        database.close()
