"""The write-ahead log: folded into the file often, and started anew before it grows so long that reading it is slow.

SQLite starts the log anew only in a moment in which nobody reads, and a store that a dozen processes ask all the time
has no such moment: the log grew to 100 times the file, and each read looked through all of it. So a writer that finds
it long waits for the readers of now, while other writers wait for it; readers never wait.
"""

from __future__ import annotations

import time
from contextlib import suppress

import apsw

FOLD_PAGES = 4_000  # an ingest writes the same pages again and again
LONG_PAGES = 8_000  # 32 MiB; a read looks into each 4,096 pages of the log for each page it wants
PATIENCE_MS = 2_000  # for readers to end; a question reads for some 20 ms
PAUSE_S = 30.0  # until a writer waits again where a reader did not end in time


def keep_short(writer: apsw.Connection) -> None:
    """Fold the log whenever this connection commits and the log has grown; takes the place of SQLite's own folding."""
    again = 0.0

    def fold(connection: apsw.Connection, _schema: str, pages: int) -> int:
        nonlocal again
        if pages >= LONG_PAGES and time.monotonic() >= again:
            again = time.monotonic() + (0.0 if _start_anew(connection) else PAUSE_S)
        elif pages >= FOLD_PAGES:
            with suppress(apsw.Error):  # somebody else folds it now
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        return apsw.SQLITE_OK

    writer.set_wal_hook(fold)


def _start_anew(connection: apsw.Connection) -> bool:
    """Fold all of the log, so that the next writer begins it at its start; whether no reader was in the way."""
    connection.set_busy_timeout(PATIENCE_MS)  # each transaction sets its own
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
    except apsw.BusyError:
        return False
    return True
