"""What is no file, a FIFO or a device say, is passed over and blocks nothing."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from cistron.genome.reading.ingest import Progress
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

from .outside import in_time, said_of


def make_fifo(place: Path) -> None:
    os.mkfifo(place)


def make_socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            made.bind(f"/proc/self/fd/{folder}/{place.name}")  # a socket's path has at most 107 bytes
        finally:
            os.close(folder)


def make_device(place: Path) -> None:
    try:
        os.mknod(place, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


def make_link_to_device(place: Path) -> None:
    place.symlink_to("/dev/zero")


def make_link_to_stdin(place: Path) -> None:
    place.symlink_to("/proc/self/fd/0")


SPECIAL = [make_fifo, make_socket, make_device, make_link_to_device, make_link_to_stdin]
special = pytest.mark.parametrize("make", SPECIAL, ids=[make.__name__ for make in SPECIAL])


@special
def test_what_is_no_file_is_passed_over_and_blocks_nothing(
    services: Services, tree: Path, make: Callable[[Path], None]
) -> None:
    PacketTools(services).context_packet("send request")
    make(tree / "src" / "odd.py")
    in_time(lambda: said_of(services, "src/odd.py"))
    in_time(lambda: services.engine().ingester.ingest(services.roots()[0]))
    in_time(lambda: PacketTools(services).context_packet("odd.py", "edit"))
    assert all(item.path != "src/odd.py" for item in PacketTools(services).context_packet("odd").items)


@special
def test_a_file_that_turns_into_something_else_between_listing_and_reading_blocks_nothing(
    tree: Path, store: Path, make: Callable[[Path], None]
) -> None:
    (tree / "aaa.py").write_text("first = 1\n")
    services = Services(store, [tree])

    def swap(progress: Progress) -> None:
        if progress.path == "aaa.py":
            (tree / "src" / "client.py").unlink()
            make(tree / "src" / "client.py")

    try:
        root = services.engine() and services.roots()[0]
        in_time(lambda: services.engine().ingester.ingest(root, progress=swap))
        in_time(lambda: PacketTools(services).context_packet("client.py", "edit"))
    finally:
        services.close()


@special
def test_a_known_file_that_turned_into_something_else_is_no_longer_verified(
    services: Services, tree: Path, make: Callable[[Path], None]
) -> None:
    known = PacketTools(services).context_packet("send_request").items[0]
    (tree / "src" / "client.py").unlink()
    make(tree / "src" / "client.py")
    in_time(lambda: VerifyTools(services).verify([known.id, "src/client.py:1-3", "src/client.py::Client"]))
    for result in VerifyTools(services).verify([known.id, "src/client.py:1-3", "src/client.py::Client"]).results:
        assert result.status != "verified"
    for task in ("explain", "edit"):
        packet = PacketTools(services).context_packet("send_request", task)
        assert all(item.status != "verified" for item in packet.items if item.path == "src/client.py")
