"""Files that change, vanish or close while they are read or asked about: nothing ends, nothing untrue is proven."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cistron.genome.errors import RootMissing
from cistron.genome.reading.ingest import Progress, Report
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

from .trees import PYTHON, assert_whole, ingest, known, points_right, write


def ingest_while(services: Services, tree: Path, change: Callable[[Path], None]) -> Report:
    """Ingest a tree of three files, and change the second after the first was read."""
    for name in ("a.py", "b.py", "c.py"):
        write(tree / name, PYTHON.replace("tree", f"tree_{name[0]}"))
    done: list[str] = []

    def edit(progress: Progress) -> None:
        if progress.path == "a.py" and not done:
            done.append("a.py")
            change(tree / "b.py")

    (root,) = services.roots()
    return services.engine().ingester.ingest(root, progress=edit)


def replace_by_folder(place: Path) -> None:
    place.unlink()
    place.mkdir()
    (place / "inner.py").write_text("def inner():\n    return 1\n")


def replace_by_broken_link(place: Path) -> None:
    place.unlink()
    place.symlink_to("nowhere")


def replace_folder_above(place: Path) -> None:
    for path in sorted(place.parent.iterdir()):
        path.unlink()
    place.parent.rmdir()
    place.parent.write_text("a file now")


CHANGES = {
    "deleted": Path.unlink,
    "replaced by a folder": replace_by_folder,
    "replaced by a broken link": replace_by_broken_link,
    "emptied": lambda place: place.write_bytes(b""),
    "made binary": lambda place: place.write_bytes(b"\0" * 100),
    "grown over the limit": lambda place: place.write_bytes(b"x\n" * (1 << 20)),
    "edited": lambda place: place.write_text("# new\n" + place.read_text()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("first", [True, False], ids=["at first", "again"])
def test_a_file_that_changes_between_listing_and_reading_ends_nothing(
    services: Services, tree: Path, change: Callable[[Path], None], first: bool
) -> None:
    if not first:
        ingest_while(services, tree, lambda place: None)
        for name in ("a.py", "b.py", "c.py"):
            (tree / name).unlink()
    report = ingest_while(services, tree, change)
    assert report.seen == 3
    assert_whole(services)
    for source in known(services).values():
        assert source.state != "live" or (tree / source.path).is_file()
    for task in ("explain", "edit"):
        packet = PacketTools(services).context_packet("fell_the_tree_b", task)
        for item in packet.items:
            if item.status == "verified" and item.evidence.rung != "age":
                assert (tree / item.path).is_file(), item
    points_right(services, "fell_the_tree_c", "c.py", "def fell_the_tree_c")


@pytest.mark.parametrize("first", [True, False], ids=["at first", "again"])
def test_a_tree_that_is_replaced_by_a_file_while_it_is_read_is_missing_and_forgets_nothing(
    services: Services, tree: Path, first: bool
) -> None:
    if not first:
        ingest_while(services, tree, lambda place: None)
    with pytest.raises(RootMissing, match="bring it back"):
        ingest_while(services, tree, replace_folder_above)
    assert_whole(services)
    live = {path for path, source in known(services).items() if source.state == "live"}
    assert live >= ({"a.py"} if first else {"a.py", "b.py", "c.py"})
    for task in ("explain", "edit"):
        items = PacketTools(services).context_packet("fell_the_tree_b", task).items
        assert all(item.status != "verified" or item.evidence.rung == "age" for item in items)


def test_a_root_that_is_gone_is_not_a_root_whose_files_are_gone(services: Services, tree: Path) -> None:
    write(tree / "a.py", PYTHON)
    ingest(services)
    tree.rename(tree.parent / "unplugged")
    packet = PacketTools(services).context_packet("fell_the_tree", "edit")
    assert packet.items[0].evidence.rung == "age"
    (tree.parent / "unplugged").rename(tree)
    points_right(services, "fell_the_tree", "a.py", "def fell_the_tree")


def test_a_file_that_keeps_growing_is_read_or_said_to_change_and_found_in_the_end(
    services: Services, tree: Path
) -> None:
    write(tree / "good.py", PYTHON)
    program = """
import os, sys
file = open(sys.argv[1], "a", buffering=1)
print("ready", flush=True)
parent = os.getppid()
while os.getppid() == parent and file.tell() < 900_000:
    file.write("another line of the log\\n")
"""
    command = [sys.executable, "-c", program, str(tree / "grows.log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as grower:
        try:
            assert grower.stdout is not None
            assert grower.stdout.readline() == b"ready\n"
            for _ in range(5):
                ingest(services)
                points_right(services, "fell_the_tree", "good.py", "def fell_the_tree")
                assert known(services)["grows.log"].state in ("live", "skipped")
        finally:
            grower.kill()
    with (tree / "grows.log").open("a") as file:
        file.write("\nthe end, flywheel\n")
    points_right(services, "flywheel", "grows.log", "flywheel")
    assert_whole(services)


UNREADABLE = """
import os, sys
from pathlib import Path
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.genome.reading.ingest import Progress
def asked(work):  # once as root: what is imported late may lie where only root can read
    (work / "tree").mkdir(parents=True)
    (work / "tree" / "a.py").write_text("def warm():\\n    return 1\\n")
    services = Services(work / "store" / "genome.db", [work / "tree"])
    PacketTools(services).context_packet("warm")
    services.close()
asked(Path(sys.argv[1]).parent / "warm")
os.setgroups([]); os.setgid(65534); os.setuid(65534)
work = Path(sys.argv[1])
tree = work / "tree"
tree.mkdir()
text = "def fell_the_tree(node):\\n    return node.stump\\n"
for name in ("a.py", "b.py", "c.py"):
    (tree / name).write_text(text.replace("tree", "tree_" + name[0]))
services = Services(work / "store" / "genome.db", [tree])
root = services.roots()[0] if services.engine() else None
def lock(progress):
    if progress.path == "a.py":
        (tree / "b.py").chmod(0)
report = services.engine().ingester.ingest(root, progress=lock)
print("skipped", report.skipped)
(tree / "b.py").chmod(0o644)
print("back", PacketTools(services).context_packet("fell_the_tree_b").items[0].path)
(tree / "c.py").chmod(0)
for task in ("explain", "edit"):
    item = PacketTools(services).context_packet("fell_the_tree_c", task).items[0]
    print(task, item.path, item.status, item.evidence.rung)
report = services.engine().ingester.ingest(root)
item = PacketTools(services).context_packet("fell_the_tree_c").items[0]
print("again", item.path, item.evidence.rung)
(tree / "locked").mkdir()
(tree / "locked" / "d.py").write_text(text.replace("tree", "tree_d"))
print("deep", PacketTools(services).context_packet("fell_the_tree_d").items[0].path)
(tree / "locked").chmod(0)
for item in PacketTools(services).context_packet("fell_the_tree_d", "edit").items[:1]:
    print("locked", item.path, item.status, item.evidence.rung)
services.engine().ingester.ingest(root)
for item in PacketTools(services).context_packet("fell_the_tree_d", "edit").items[:1]:
    print("locked again", item.path, item.status, item.evidence.rung)
(tree / "locked").chmod(0o755)
services.close()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")
def test_a_file_that_becomes_unreadable_ages_and_is_never_called_proven(place: Path) -> None:
    """In a child process that gives up root's right to read everything."""
    work = place / "work"
    work.mkdir()
    os.chown(work, 65534, 65534)
    command = [sys.executable, "-c", UNREADABLE, str(work)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[0] == "skipped [('permission denied', 1, ['b.py'])]"
    assert said[1:] == [
        "back b.py",
        "explain c.py verified age",
        "edit c.py verified age",
        "again c.py age",
        "deep locked/d.py",
        "locked locked/d.py verified age",
        "locked again locked/d.py verified age",
    ]
