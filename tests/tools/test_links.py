"""No link leads out of the roots: not one made before, after or during an ingest, and not one swapped in."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from cistron.genome.errors import RootMissing
from cistron.genome.reading.ingest import Progress
from cistron.genome.reading.load import load
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

from .outside import ASKED, MARKER, assert_nothing_known, held, in_time, said_of


def link_to_file(tree: Path, outside: Path) -> str:
    (tree / "src" / "link.py").symlink_to(outside / "client.py")
    return "src/link.py"


def link_to_folder(tree: Path, outside: Path) -> str:
    (tree / "vend").symlink_to(outside, target_is_directory=True)
    return "vend/client.py"


def relative_link(tree: Path, outside: Path) -> str:
    (tree / "src" / "link.py").symlink_to(Path("../../repo-evil/client.py"))
    return "src/link.py"


def chain_of_links(tree: Path, outside: Path) -> str:
    (tree / "a.py").symlink_to("b.py")
    (tree / "b.py").symlink_to("c.py")
    (tree / "c.py").symlink_to(outside / "client.py")
    return "a.py"


def folder_behind_a_link_inside(tree: Path, outside: Path) -> str:
    (tree / "docs" / "inner").symlink_to(outside / "src", target_is_directory=True)
    (tree / "outer").symlink_to(tree / "docs" / "inner", target_is_directory=True)
    return "outer/client.py"


def file_replaced_by_a_link(tree: Path, outside: Path) -> str:
    (tree / "src" / "client.py").unlink()
    (tree / "src" / "client.py").symlink_to(outside / "client.py")
    return "src/client.py"


def folder_replaced_by_a_link(tree: Path, outside: Path) -> str:
    (tree / "src").rename(tree.parent / "src-was-here")
    (tree / "src").symlink_to(outside, target_is_directory=True)
    return "src/client.py"


def root_replaced_by_a_link(tree: Path, outside: Path) -> str:
    tree.rename(tree.parent / "repo-was-here")
    tree.symlink_to(outside, target_is_directory=True)
    return "src/client.py"


def link_to_proc(tree: Path, outside: Path) -> str:
    (tree / "src" / "cwd").symlink_to("/proc/self/root" + str(outside), target_is_directory=True)
    return "src/cwd/client.py"


LINKS = [
    link_to_file, link_to_folder, relative_link, chain_of_links, folder_behind_a_link_inside, file_replaced_by_a_link,
    folder_replaced_by_a_link, root_replaced_by_a_link, link_to_proc,
]  # fmt: skip
BEFORE = [plant for plant in LINKS if plant is not root_replaced_by_a_link]  # a person who names a link means its end
links = pytest.mark.parametrize("plant", LINKS, ids=[plant.__name__ for plant in LINKS])


@links
def test_a_link_made_after_indexing_is_not_followed_by_anything(
    services: Services, tree: Path, outside: Path, store: Path, plant: Callable[[Path, Path], str]
) -> None:
    PacketTools(services).context_packet("send request")  # sets the watch
    path = plant(tree, outside)
    packet = PacketTools(services).context_packet(ASKED)
    assert not packet.items
    said = said_of(services, path)
    assert MARKER not in said.replace(f"::{MARKER}", "").replace(f"symbol '{MARKER}'", "")
    assert str(outside) not in said
    assert MARKER.encode() not in held(store)


@pytest.mark.parametrize("plant", BEFORE, ids=[plant.__name__ for plant in BEFORE])
def test_a_link_made_before_indexing_is_not_followed_by_anything(
    tree: Path, outside: Path, store: Path, plant: Callable[[Path, Path], str]
) -> None:
    path = plant(tree, outside)
    services = Services(store, [tree])
    try:
        assert IngestTools(services).ingest(path=str(tree)).state == "done"
        assert_nothing_known(services, store)
        said = said_of(services, path)
        assert MARKER not in said.replace(f"::{MARKER}", "").replace(f"symbol '{MARKER}'", "")
        assert str(outside) not in said
        assert MARKER.encode() not in held(store)
    finally:
        services.close()


@links
def test_a_link_swapped_in_between_listing_and_reading_is_not_followed(
    tree: Path, outside: Path, store: Path, plant: Callable[[Path, Path], str]
) -> None:
    (tree / "aaa.py").write_text("first = 1\n")
    services = Services(store, [tree])
    swapped: list[str] = []

    def swap(progress: Progress) -> None:
        if not swapped:
            assert progress.path == "aaa.py"
            swapped.append(plant(tree, outside))

    try:
        ending = pytest.raises(RootMissing) if plant is root_replaced_by_a_link else nullcontext()
        with ending:
            services.engine().ingester.ingest(services.roots()[0], progress=swap)
        assert swapped
        assert MARKER.encode() not in held(store)
        PacketTools(services).context_packet("client request")
        assert MARKER.encode() not in held(store)
    finally:
        services.close()


def test_names_behind_a_root_that_became_a_link_are_not_kept(
    services: Services, tree: Path, outside: Path, store: Path
) -> None:
    (outside / f"{MARKER}.py").write_text("x = 1\n")
    root_replaced_by_a_link(tree, outside)
    PacketTools(services).context_packet("send request")
    with pytest.raises(RootMissing):
        services.engine().ingester.ingest(services.roots()[0])
    assert MARKER.encode() not in held(store)


@pytest.mark.skipif(sys.platform != "linux", reason="swaps by renameat2")
def test_a_folder_that_is_swapped_for_a_link_all_the_time_never_gives_what_lies_behind_it(
    tree: Path, outside: Path
) -> None:
    (tree / "link").symlink_to(outside, target_is_directory=True)
    program = """
import ctypes, os, sys
exchange = ctypes.CDLL(None).renameat2
one, other = (os.fsencode(path) for path in sys.argv[1:3])
parent = os.getppid()
print("ready", flush=True)
while os.getppid() == parent:
    for _ in range(1000):
        exchange(-100, one, -100, other, 2)
"""
    command = [sys.executable, "-c", program, str(tree / "src"), str(tree / "link")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as swapper:
        try:
            assert swapper.stdout is not None
            assert swapper.stdout.readline() == b"ready\n"
            read = 0
            for _ in range(8_000):
                loaded = load(str(tree), "src/client.py", 1 << 20)
                if loaded is not None and loaded.data is not None:
                    read += 1
                    assert MARKER.encode() not in loaded.data
            assert read
        finally:
            swapper.kill()


def test_a_loop_of_folders_ends(tree: Path, store: Path) -> None:
    (tree / "src" / "up").symlink_to("..", target_is_directory=True)
    (tree / "src" / "self").symlink_to(".", target_is_directory=True)
    (tree / "ring").symlink_to("ring", target_is_directory=True)
    services = Services(store, [tree])
    try:
        in_time(lambda: IngestTools(services).ingest(path=str(tree)))
        assert PacketTools(services).context_packet("send_request").items[0].path == "src/client.py"
        for path in ("src/up/src/up/src/client.py", "ring/x", "ring", "src/self/client.py"):
            in_time(lambda path=path: said_of(services, path))
    finally:
        services.close()
