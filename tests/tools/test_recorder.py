"""What a session was shown, as it is kept in memory."""

from pathlib import Path

from cistron.genome.store import sources
from cistron.genome.store.database import Database
from cistron.genome.store.events import Delivery
from cistron.tools.recorder import SPOTS_KEPT, Recorder


def test_a_long_session_keeps_the_spots_that_were_shown_last(tmp_path: Path) -> None:
    database = Database(tmp_path / "genome.db")
    with database.writing() as writer:
        sources.add_root(writer, str(tmp_path), "folder", 0.0)
    recorder = Recorder(database, lambda: 0.0)
    items = [Delivery(1, 1, 1, 1, 2, 1, f"n{number}.py", None, None, 0) for number in range(SPOTS_KEPT)]
    late = Delivery(1, 1, 1, 1, 2, 1, "late.py", None, None, 0)
    for shown in (items, items[:1], [late]):
        recorder.deliver("long", shown)
    kept = {item.path for item in recorder.shown("long").values()}
    assert len(kept) == SPOTS_KEPT
    assert {"n0.py", "late.py"} <= kept
    assert "n1.py" not in kept
    recorder.close()
    database.close()
