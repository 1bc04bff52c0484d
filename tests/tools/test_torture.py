"""Many processes on one store, killed at random: the bench's shorter run, held to the same bars but the clock's."""

import importlib
from pathlib import Path

import pytest


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="counts the processes that are left by /proc")
def test_nothing_acknowledged_is_lost_when_processes_are_killed_at_random(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(root / "tests" / "bench")
    torture = importlib.import_module("torture")
    report = torture.torture(tmp_path, calls=400, stdio_calls=40, processes=4)
    assert set(report["missing"]) <= {"write_ms"}, report  # how fast a write is depends on what else runs
    assert report["calls"] >= 400
    assert report["kept"] > 30
    assert report["kills"] > 3
