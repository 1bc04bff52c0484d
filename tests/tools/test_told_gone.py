"""A session is told once that something is gone; then it no longer holds it."""

from pathlib import Path

from cistron.tools.packet import PacketTools
from cistron.tools.services import Services


def test_what_a_session_was_told_is_gone_is_not_told_again_with_every_answer(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    file = tree / "valves.py"
    file.write_text("def open_valve(valve):\n    valve.turn(90)\n\n\ndef prime_pump(pump):\n    pump.fill(2)\n")
    services = Services(tmp_path / "store" / "genome.db", [tree])
    services.start()
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    tools = PacketTools(services)
    tools.context_packet("prime_pump", "edit", session="s")
    file.write_text("def open_valve(valve):\n    valve.turn(90)\n")

    first = tools.context_packet("prime_pump", "edit", session="s")
    again = tools.context_packet("open_valve", "edit", session="s")

    assert [(item.symbol, item.status) for item in first.items if item.symbol == "prime_pump"] == [
        ("prime_pump", "needs_refresh")
    ]
    assert "gone" in {target.reason for target in first.refresh_targets}
    assert "gone" not in {target.reason for target in again.refresh_targets}
    services.close()
