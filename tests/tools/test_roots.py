"""Nothing outside the roots is read or kept, however its path is written, and nothing in them that is ignored."""

import os
from pathlib import Path

import pytest

from cistron.genome.errors import RootNotGranted
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

from .outside import MARKER, assert_nothing_known


def outer_paths(tree: Path, outside: Path) -> list[str]:
    inside_out = os.path.relpath(outside, tree)
    return [
        str(outside), f"{outside}/secret.txt", f"{outside}/", inside_out, f"{inside_out}/secret.txt",
        f"src/../{inside_out}/secret.txt", f"{tree}/../repo-evil/secret.txt", f"repo/../{inside_out}/secret.txt",
        f"{tree}-evil", f"{tree}-evil/secret.txt", "repo-evil/../../repo-evil", f"//{str(outside)[1:]}",
        f"docs/../../../{tree.parent.name}/repo-evil/secret.txt",
    ]  # fmt: skip


def test_a_path_outside_the_roots_is_refused_however_it_is_written(
    services: Services, tree: Path, outside: Path, store: Path
) -> None:
    for path in outer_paths(tree, outside):
        with pytest.raises(RootNotGranted, match="outside the roots"):
            IngestTools(services).ingest(path=path)
        for target in (path, f"{path}:1-2", f"{path}::{MARKER}"):
            (result,) = VerifyTools(services).verify([target], used=[target]).results
            assert result.status == "needs_refresh", target
            assert result.path is None, target
            assert result.note is not None, target
            assert "outside the roots" in result.note, target
    assert_nothing_known(services, store)


SYSTEM = "~/.ssh ~ ~root ~root/.ssh/id_rsa / /etc /etc/passwd /proc/self/environ .. ../.. /dev/zero /dev/stdin"


@pytest.mark.parametrize("path", SYSTEM.split())
def test_system_and_home_paths_are_refused_over_the_tools(services: Services, path: str) -> None:
    before = len(services.roots())
    with pytest.raises(RootNotGranted):
        IngestTools(services).ingest(path=path)
    (result,) = VerifyTools(services).verify([path], used=[path]).results
    assert result.path is None
    assert len(services.roots()) == before


def test_a_home_that_does_not_exist_is_refused_like_any_other_place(services: Services) -> None:
    with pytest.raises(RootNotGranted):
        IngestTools(services).ingest(path="~nobody-of-this-name/x")


def test_verify_keeps_nothing_of_a_file_that_is_ignored(services: Services, tree: Path, store: Path) -> None:
    (tree / ".cistronignore").write_text("private/\n")
    (tree / "private").mkdir()
    (tree / "private" / "notes.txt").write_text(f"{MARKER}\n")
    (tree / "node_modules").mkdir()
    (tree / "node_modules" / "x.js").write_text(f"let {MARKER} = 1\n")
    (tree / ".git").mkdir()
    (tree / ".git" / "config").write_text(f"[remote]\nurl = {MARKER}\n")
    for path in ("private/notes.txt", "node_modules/x.js", ".git/config"):
        (result,) = VerifyTools(services).verify([path], used=[path]).results
        assert result.status == "needs_refresh", path
        assert result.note is not None, path
        assert "ignored" in result.note, path
        IngestTools(services).ingest(path=path)
    assert_nothing_known(services, store)


def test_a_file_that_becomes_ignored_is_no_longer_offered(services: Services, tree: Path) -> None:
    assert PacketTools(services).context_packet("send_request").items
    (tree / ".cistronignore").write_text("src/\n")
    packet = PacketTools(services).context_packet("send_request")
    assert all(item.status != "verified" for item in packet.items if item.path == "src/client.py")


def test_a_sibling_root_with_the_same_prefix_keeps_its_own_paths(tmp_path: Path, tree: Path, store: Path) -> None:
    sibling = tmp_path / "repo-b"
    sibling.mkdir()
    (sibling / "client.py").write_text("def of_the_sibling():\n    return 1\n")
    services = Services(store, [tree, sibling])
    try:
        for root in (tree, sibling):
            IngestTools(services).ingest(path=str(root))
        packet = PacketTools(services).context_packet("of_the_sibling")
        assert packet.items[0].path == "repo-b/client.py"
        (result,) = VerifyTools(services).verify(["repo-b/client.py::of_the_sibling"]).results
        assert (result.status, result.path) == ("verified", "repo-b/client.py")
        (result,) = VerifyTools(services).verify(["repo/../repo-b/client.py"]).results
        assert result.path in (None, "repo-b/client.py")
    finally:
        services.close()
