"""What an edit costs and what an answer is after it: only what changed is read, and the place is the new one."""

import os
from pathlib import Path

import pytest

from cistron.genome.store import contents, sources
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

from .trees import PYTHON, ingest, known, points_right, settled, write


def count(services: Services, sql: str) -> int:
    return services.engine().database.reading().execute(sql).get


def write_with_times(place: Path, text: str, times: os.stat_result) -> None:
    place.write_text(text)
    os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture
def lib(services: Services, tree: Path) -> Path:
    """A file that was read in and asked about once, so that a watch is set."""
    write(tree / "lib.py", PYTHON)
    write(tree / "other.py", "def unrelated():\n    return 0\n")
    settled(tree / "lib.py")
    ingest(services)
    points_right(services, "fell_the_tree", "lib.py", "def fell_the_tree")
    return tree / "lib.py"


def first(services: Services, query: str, task: str):
    return PacketTools(services).context_packet(query, task).items[0]


both = pytest.mark.parametrize("task", ["explain", "edit"])


@both
def test_an_edit_above_moves_the_answer(services: Services, lib: Path, task: str) -> None:
    write(lib, "# more\n# lines\n" + PYTHON)
    item = first(services, "fell_the_tree", task)
    assert (item.path, item.start_line, item.evidence.rung, item.healed) == ("lib.py", 7, "moved", True)


@both
def test_an_edit_inside_gives_the_new_lines(services: Services, lib: Path, task: str) -> None:
    write(lib, PYTHON.replace("return node.stump", "gone = node.stump\n    return gone"))
    item = first(services, "fell_the_tree", task)
    assert (item.start_line, item.end_line, item.evidence.rung, item.healed) == (5, 7, "changed", True)


@both
def test_an_edit_elsewhere_leaves_the_span(services: Services, lib: Path, task: str) -> None:
    write(lib, PYTHON.replace("node.children", "node.twigs"))
    item = first(services, "fell_the_tree", task)
    assert (item.start_line, item.end_line, item.evidence.rung) == (5, 6, "span")


@both
def test_an_edit_of_the_same_size_with_restored_times_is_seen(services: Services, lib: Path, task: str) -> None:
    before = lib.stat()
    write_with_times(lib, PYTHON.replace("stump", "trunk"), before)
    assert lib.stat().st_mtime_ns == before.st_mtime_ns
    item = first(services, "fell_the_tree trunk", task)
    assert (item.evidence.rung, item.status) == ("changed", "verified")
    connection = services.engine().database.reading()
    content = known(services)["lib.py"].content
    assert content is not None
    assert "trunk" in contents.text_of(connection, content)


@both
def test_a_symbol_that_went_is_said_to_be_gone(services: Services, lib: Path, task: str) -> None:
    write(lib, PYTHON.split("\n\n\n")[0] + "\n")
    packet = PacketTools(services).context_packet("fell_the_tree", task)
    assert all(item.status != "verified" for item in packet.items if item.symbol == "fell_the_tree")
    assert any(target.reason == "gone" for target in packet.refresh_targets)


@both
def test_a_deleted_file_is_said_to_be_gone_and_comes_back(services: Services, lib: Path, task: str) -> None:
    lib.unlink()
    packet = PacketTools(services).context_packet("fell_the_tree", task)
    assert [
        (item.path, item.evidence.rung, item.status) for item in packet.items if item.symbol == "fell_the_tree"
    ] == [("lib.py", "gone", "needs_refresh")]
    assert packet.known != "yes"
    write(lib, "# back\n" + PYTHON)
    item = first(services, "fell_the_tree", task)
    assert (item.path, item.start_line, item.status, item.evidence.rung) == ("lib.py", 6, "verified", "moved")


@both
def test_a_renamed_file_is_found_under_its_new_name(services: Services, lib: Path, task: str) -> None:
    lib.rename(lib.parent / "forest.py")
    item = first(services, "fell_the_tree", task)
    assert (item.path, item.start_line, item.status, item.evidence.rung) == ("forest.py", 5, "verified", "renamed")


def test_a_file_in_a_renamed_folder_is_found(services: Services, tree: Path) -> None:
    write(tree / "one" / "lib.py", PYTHON)
    ingest(services)
    points_right(services, "fell_the_tree", "one/lib.py", "def fell_the_tree")
    (tree / "one").rename(tree / "two")
    item = first(services, "fell_the_tree", "edit")
    assert (item.path, item.evidence.rung) == ("two/lib.py", "renamed")
    write(tree / "two" / "lib.py", "# more\n" + PYTHON)
    item = first(services, "fell_the_tree", "edit")
    assert (item.path, item.start_line) == ("two/lib.py", 6)


@both
def test_touch_and_chmod_change_nothing_but_the_proof(services: Services, lib: Path, task: str) -> None:
    lib.touch()
    assert first(services, "fell_the_tree", task).evidence.rung in ("stat", "bytes")
    lib.chmod(0o600)
    item = first(services, "fell_the_tree", task)
    assert (item.evidence.rung in ("stat", "bytes"), item.healed) == (True, False)


def test_a_new_file_and_a_new_folder_are_found_without_an_ingest(services: Services, lib: Path) -> None:
    write(lib.parent / "new.py", "def plant_the_seed():\n    return 1\n")
    points_right(services, "plant_the_seed", "new.py", "def plant_the_seed")
    write(lib.parent / "deep" / "er" / "new.py", "def water_the_seed():\n    return 1\n")
    points_right(services, "water_the_seed", "deep/er/new.py", "def water_the_seed")
    write(lib.parent / "deep" / "er" / "later.py", "def weed_the_bed():\n    return 1\n")
    points_right(services, "weed_the_bed", "deep/er/later.py", "def weed_the_bed")


def test_a_file_whose_ends_of_lines_flip_keeps_its_lines(services: Services, lib: Path) -> None:
    write(lib, PYTHON.replace("\n", "\r\n"))
    item = first(services, "fell_the_tree", "edit")
    assert (item.start_line, item.end_line, item.status) == (5, 6, "verified")


def test_equal_texts_are_stored_once_with_a_place_each(services: Services, tree: Path) -> None:
    for number in range(50):
        write(tree / f"copy{number}.py", PYTHON if number % 2 else PYTHON + f"\n\nNUMBER = {number}\n")
    ingest(services)
    stored = "select count(*) from chunk where text like 'def fell_the_tree%'"
    assert count(services, stored) in (1, 2)
    assert count(services, "select count(*) from chunk where text like 'def walk_the_tree%'") == 1
    standing = "select count(*) from source s join place l on l.content = s.content join passage p on p.id = l.passage"
    assert count(services, f"{standing} where p.symbol = 'walk_the_tree'") == 50


def test_editing_one_function_adds_one_chunk(services: Services, tree: Path) -> None:
    body = "".join(f"def work_{n}(x):\n    y = x + {n}\n    return y * {n}\n\n\n" for n in range(30))
    write(tree / "lib.py", body)
    ingest(services)
    before = count(services, "select count(*) from chunk")
    write(tree / "lib.py", body.replace("x + 7\n", "x - 7\n"))
    points_right(services, "work_7", "lib.py", "x - 7")
    assert count(services, "select count(*) from chunk") == before + 1
    assert count(services, "select count(*) from content") == 2


def test_reading_an_unchanged_tree_again_writes_nothing(services: Services, tree: Path, tmp_path: Path) -> None:
    for number in range(20):
        write(tree / f"n{number}.py", PYTHON.replace("tree", f"tree{number}"))
        settled(tree / f"n{number}.py")
    clock = [os.stat(tree / "n0.py").st_ctime + 10.0]
    services.engine().ingester._clock = lambda: clock[0]
    ingest(services)
    services.engine().database.checkpoint()
    reading = services.engine().database.reading()
    generation = sources.generation(reading)
    version = reading.pragma("data_version")
    report = ingest(services)
    assert (report.unchanged, report.read) == (20, 0)
    assert sources.generation(reading) == generation
    assert reading.pragma("data_version") == version, "a transaction was written"


def test_the_folder_of_the_store_tells_git_to_ignore_it_and_is_never_read(tmp_path: Path) -> None:
    tree = tmp_path / "work"
    write(tree / "lib.py", PYTHON)
    services = Services(tree / ".cistron" / "genome.db", [tree])
    try:
        assert ingest(services).seen == 1
        assert (tree / ".cistron" / ".gitignore").read_text() == "*\n"
        PacketTools(services).context_packet("fell_the_tree")
        assert set(known(services)) == {"lib.py"}
    finally:
        services.close()
