"""While vectors are still being made, a passage that has none yet is not worth less for it."""

from pathlib import Path

from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

FILES = 30


def _first(services: Services) -> str | None:
    return (
        PacketTools(services).context_packet("how does the relay keep stray sparks away from the valve").items[0].symbol
    )


def test_what_answers_in_words_stays_first_where_only_the_others_have_vectors(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "relay.py").write_text(
        "def shield(relay, valve):\n    for spark in relay.stray_sparks():\n        relay.keep_away(spark, valve)\n"
    )
    for number in range(FILES):
        body = f"def guard_{number}(relay, valve):\n    relay.divert({number})\n    return valve.keep(relay.spark)\n"
        (tree / f"circuit_{number}.py").write_text(f"{body}\n\nRELAY_{number} = {number}\n")
    services = Services(tmp_path / "store" / "genome.db", [tree])
    services.start()
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    while not services.engine().embedder.is_complete:
        services.engine().embedder.settle()
    assert _first(services) == "shield"
    with services.engine().database.writing() as connection:
        sql = """
            delete from embedding
            where passage in (
                select l.passage from place l join source s on s.content = l.content where s.path = 'relay.py'
            )
        """
        connection.execute(sql)
        assert connection.changes()
    assert _first(services) == "shield"
    services.close()
