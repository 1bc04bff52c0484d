"""What the tests of this folder do with a tree, and what holds of every store that was made from one."""

import os
import time
from pathlib import Path

import apsw

from cistron.genome.reading.decode import decode
from cistron.genome.reading.ingest import Report
from cistron.genome.records import Source
from cistron.genome.store import contents, sources
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

Places = list[tuple[object, ...]]
PYTHON = "def walk_the_tree(node):\n    return node.children\n\n\ndef fell_the_tree(node):\n    return node.stump\n"


def ingest(services: Services) -> Report:
    (root,) = services.roots()
    return services.engine().ingester.ingest(root)


def known(services: Services) -> dict[str, Source]:
    (root,) = services.roots()
    return sources.of_root(services.engine().database.reading(), root.id)


def write(place: Path, data: bytes | str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data.encode() if isinstance(data, str) else data)


def is_covered(connection: apsw.Connection, content: int) -> bool:
    """Whether the places of a content hold every line of its text, in order, without a gap."""
    text = contents.text_of(connection, content)
    lines = text.count("\n") + (not text.endswith("\n")) if text else 0
    covered: set[int] = set()
    for place in contents.places(connection, content):
        covered.update(range(place.start_line, place.end_line + 1))
    return covered == set(range(1, lines + 1))


def assert_whole(services: Services) -> None:
    """Everything that holds of any store: live files are covered, and the rows fit together."""
    connection = services.engine().database.reading()
    assert services.engine().database.integrity() == []
    assert list(connection.execute("pragma foreign_key_check")) == []
    for path, source in known(services).items():
        assert source.state in ("live", "skipped", "gone")
        if source.state == "live":
            assert source.content is not None
            assert is_covered(connection, source.content), path


def points_right(services: Services, query: str, path: str, wanted: str, **options: str) -> None:
    for _ in range(20):  # on a busy machine a question's time may end before a changed file is read anew
        packet = PacketTools(services).context_packet(query, **options)
        found = [item for item in packet.items if item.path == path]
        assert found, [item.path for item in packet.items]
        if found[0].status == "verified":
            break
        time.sleep(0.1)
    text = decode((Path(services.roots()[0].path) / path).read_bytes())
    assert text is not None
    lines = text.split("\n")
    assert wanted in "\n".join(lines[found[0].start_line - 1 : found[0].end_line])
    assert found[0].status == "verified"


def settled(place: Path) -> os.stat_result:
    """Put a file's times well into the past and return them, so that its stamp is a clean one."""
    os.utime(place, ns=(1_600_000_000 * 10**9, 1_600_000_000 * 10**9))
    return place.stat()


def write_tree(tree: Path, files: int) -> Path:
    """Write numbered modules into five folders; each has a function of its own and one that all share."""
    for number in range(files):
        place = tree / f"d{number % 5}" / f"n{number:03}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"def work_{number}(x):\n    return x + {number}\n\n\ndef shared(x):\n    return x\n")
    return tree


def everything(connection: apsw.Connection) -> Places:
    """Every place with its text and names, without the ids, which tell the order of writing."""
    sql = """
        select s.path, s.state, s.content is s.ingested, l.ordinal, l.form, l.part, l.nth, l.start_line, l.end_line,
            p.symbol, p.heading, c.text
        from source s
        left join place l on l.content = s.content
        left join passage p on p.id = l.passage
        left join chunk c on c.id = p.chunk
        order by s.path, l.ordinal
    """
    return list(connection.execute(sql))
