"""A store, a folder or a root that may only be read: questions are answered, writes are refused in one line."""

import os
from pathlib import Path

import pytest

from .faults import assert_clear, child, store_of, write_works

NOBODY = "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")


@pytest.fixture
def tree(place: Path) -> Path:
    return write_works(place / "tree")


@pytest.fixture
def store(place: Path, tree: Path) -> Path:
    return store_of(tree, place / "store" / "genome.db")


@as_root
def test_a_read_only_file_answers_questions_and_refuses_writes(place: Path, tree: Path, store: Path) -> None:
    store.chmod(0o444)
    store.parent.chmod(0o777)
    before = store.read_bytes()
    (tree / "n5.py").write_text("# moved down\ndef work_5(x):\n    return x + 5\n")
    asking = "said(asked, store, tree, 'work_3')\nsaid(asked, store, tree, 'work_5')\n"
    asking += "said(verified, store, tree)\nsaid(written, store, tree)\n"
    lines = child(place, tree, store, NOBODY + asking)
    assert lines[0].startswith("n3.py verified")
    assert lines[1].startswith("n5.py verified")
    assert lines[2] == "verified"
    assert lines[3].startswith("StoreReadOnly")
    assert_clear(lines[3], store)
    assert store.read_bytes() == before


@as_root
def test_a_read_only_folder_answers_questions_and_refuses_writes(place: Path, tree: Path, store: Path) -> None:
    store.chmod(0o444)
    store.parent.chmod(0o555)
    Path(f"{store}.lock").unlink(missing_ok=True)
    before = store.read_bytes()
    asking = "said(asked, store, tree, 'work_3')\nsaid(written, store, tree)\n"
    lines = child(place, tree, store, NOBODY + asking)
    assert lines[0].startswith("n3.py verified")
    assert lines[1].startswith("StoreReadOnly")
    assert_clear(lines[1], store)
    assert store.read_bytes() == before


@as_root
def test_a_store_that_cannot_be_read_or_made_says_what_to_do(place: Path, tree: Path, store: Path) -> None:
    store.chmod(0)
    asking = "said(asked, store, tree, 'work_3')\nsaid(asked, Path('/genome-of-nobody.db'), tree, 'work_3')\n"
    asking += "said(asked, Path('/nobody/deep/genome.db'), tree, 'work_3')\n"
    asking += "said(asked, Path('/proc/genome.db'), tree, 'work_3')\n"
    asking += "said(asked, Path('/etc/hostname/genome.db'), tree, 'work_3')\n"
    lines = child(place, tree, store, NOBODY + asking)
    assert_clear(lines[0], store)
    for line, name in zip(
        lines[1:], ("/genome-of-nobody.db", "/nobody", "/proc/genome.db", "/etc/hostname"), strict=True
    ):
        assert name in line
        assert "--genome" in line


@as_root
def test_a_read_only_new_root_is_refused_in_one_line(place: Path, tree: Path, store: Path) -> None:
    store.chmod(0o444)
    store.parent.chmod(0o755)
    other = place / "other"
    other.mkdir()
    (other / "x.py").write_text("x = 1\n")
    lines = child(place, tree, store, NOBODY + f"said(asked, store, Path({str(other)!r}), 'work_3')\n")
    assert lines[0].startswith("n3.py") or "cannot be written" in lines[0]
