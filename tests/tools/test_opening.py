"""Opening and closing services: a failure is told to whoever asks, and a busy store still answers."""

from pathlib import Path

import apsw
import pytest

from cistron.tools.errors import NotReady
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services


def broken_clock() -> float:
    raise ArithmeticError("no time")


def test_a_failure_of_ours_while_opening_is_told_to_every_caller(tree: Path, store: Path) -> None:
    services = Services(store, [tree], clock=broken_clock)
    for _ in range(2):
        with pytest.raises(NotReady, match="internal error while opening"):
            services.engine()
    services.close()
    assert [path.name for path in store.parent.iterdir() if path.name.startswith("genome.db-")] == []


def test_a_closed_server_starts_no_job(services: Services) -> None:
    work = services.ingest_work(services.roots()[0], None)
    services.close()
    with pytest.raises(NotReady, match="closing"):
        services.jobs.start("anywhere", work)
    with pytest.raises(NotReady, match="closing"):
        services.engine()


def test_a_store_that_another_process_writes_into_is_opened_and_answers(
    services: Services, store: Path, tree: Path
) -> None:
    services.close()
    other = apsw.Connection(str(store))
    other.execute("begin immediate")
    again = Services(store, [tree])
    try:
        assert PacketTools(again).context_packet("send_request").known == "yes"
        assert again.agent() is None
    finally:
        other.close()
        again.close()
