"""Files nobody would write: an ingest ends, every line has a place, and answers point at lines that are there."""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cistron.genome.reading.decode import decode
from cistron.genome.reading.ingest import Ingester
from cistron.genome.reading.reader import read
from cistron.genome.reading.secrets import redact
from cistron.genome.store import contents, sources
from cistron.genome.store.database import Database
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.text import packet_text

from .trees import PYTHON, assert_whole, ingest, is_covered, known, points_right, write

TEXTS = {
    "empty": b"",
    "one newline": b"\n",
    "blank lines": b"\n" * 1_000,
    "only spaces": b"   \t  ",
    "one letter": b"x",
    "no newline at the end": PYTHON.rstrip().encode(),
    "CRLF": PYTHON.replace("\n", "\r\n").encode(),
    "lone CR": PYTHON.replace("\n", "\r").encode(),
    "mixed ends": PYTHON.replace("\n", "\r\n", 2).encode() + b"x = 1\ry = 2\n\r\n\r",
    "invalid UTF-8": b"# caf\xe9 \xff\xfe\xc3\x28\n" + PYTHON.encode(),
    "truncated UTF-8": PYTHON.encode() + "é".encode()[:1],
    "UTF-8 with mark": b"\xef\xbb\xbf" + PYTHON.encode(),
    "UTF-16 LE": b"\xff\xfe" + PYTHON.encode("utf-16-le"),
    "UTF-16 BE": b"\xfe\xff" + PYTHON.encode("utf-16-be"),
    "UTF-16 of an odd length": b"\xff\xfe" + PYTHON.encode("utf-16-le") + b"\0",
    "UTF-16 lone surrogate": b"\xff\xfe" + PYTHON.encode("utf-16-le") + b"\x00\xd8\n\x00",
    "only a mark": b"\xff\xfe",
    "late NUL": PYTHON.encode() * 100 + b"x = '\0'\n",
    "form feed and vertical tab": PYTHON.replace("\n\n", "\n\f\n\v").encode(),
    "unicode line ends": PYTHON.encode() + "x = 1\u2028y = 2\u2029z = 3\x85w = 4\n".encode(),
    "escape": b"\x1b[31m\x07\n" + PYTHON.encode(),
    "unbalanced": b"def f(((((([[[[{{{{\n" * 200,
    "deep": b"(" * 20_000,
    "deep indent": "".join(" " * n + "if x:\n" for n in range(400)).encode(),
    "conflict marks": b"<<<<<<< ours\n" + PYTHON.encode() + b"=======\nx\n>>>>>>> theirs\n",
    "many ends": b"a\n" * 20_000,
    "one long line": b"word " * 200_000,
    "emoji": "def 木(x):\n    return '🚀👩‍👩‍👧‍👦'\n".encode() * 20,
}
NAMES = ("odd.py", "odd.md", "odd.json", "odd.yaml", "odd.toml", "odd.rs", "odd.txt", "odd.ipynb", "odd.rst", "odd.tsx")


@pytest.mark.parametrize("data", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_of_any_sort_is_covered_and_comes_back(services: Services, tree: Path, data: bytes) -> None:
    for name in NAMES:
        write(tree / name, data)
    report = ingest(services)
    assert report.seen == len(NAMES)
    assert_whole(services)
    connection = services.engine().database.reading()
    for name, source in known(services).items():
        reading = read(name, data)
        assert reading is not None
        assert source.state == ("live" if reading.unfit is None else "skipped"), name
        if source.content is not None:
            assert contents.text_of(connection, source.content) == decode(data), name
    assert ingest(services).read == 0


@pytest.mark.parametrize(
    "kind",
    [
        "no newline at the end", "CRLF", "mixed ends", "invalid UTF-8", "truncated UTF-8", "UTF-8 with mark",
        "UTF-16 LE",
        "UTF-16 BE", "late NUL", "unicode line ends", "form feed and vertical tab", "escape", "conflict marks",
    ],
)  # fmt: skip
@pytest.mark.parametrize("task", ["explain", "edit"])
def test_an_answer_about_an_odd_text_points_at_its_lines(services: Services, tree: Path, kind: str, task: str) -> None:
    write(tree / "odd.py", b"# first\n" + TEXTS[kind] if kind in ("CRLF", "late NUL") else TEXTS[kind])
    ingest(services)
    points_right(services, "fell_the_tree", "odd.py", "def fell_the_tree", task_type=task)


def bytes_of_files() -> st.SearchStrategy[bytes]:
    line = st.one_of(
        st.sampled_from([
            b"def f(x):", b"    return x", b"class A:", b"# Title", b"## Part", b"====", b"```python", b"```",
            b"key = 1",
            b"[table]", b"{", b"}", b'"a": [1, 2],', b"- item", b"  sub: x", b"", b"   ", b"\t", b"'''",
            b'"""', b"/*", b"*/",
            b"fn main() {", b"<<EOF", b"EOF", b"\xff\xfe", b"\xc3", b"\x0c", b"if x:", b"#",
            b"password = 'hunter2-Xy7-Qz9w8'",
        ]),
        st.text(max_size=30).map(lambda text: text.encode("utf-8", "replace")),
        st.binary(max_size=20),
    )  # fmt: skip
    end = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r", b""])
    lines = st.lists(st.tuples(line, end).map(b"".join), max_size=40).map(b"".join)
    return st.one_of(lines, lines.map(lambda data: data * 8), st.binary(max_size=200))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    data=bytes_of_files(), name=st.sampled_from([*NAMES, "odd.go", "odd.sh", "odd.c", "odd.ini", "Makefile", "odd.js"])
)
@example(data=b"a\rb\rc", name="odd.py")
@example(data=b"\r\n\r\n", name="odd.md")
@example(data=b"---\na: 1\n---\n", name="odd.yaml")
def test_any_bytes_come_back_as_their_text_with_every_line_in_a_place(data: bytes, name: str) -> None:
    with TemporaryDirectory() as folder:  # a fixture would be shared by all examples
        tree = Path(os.path.realpath(folder)) / "tree"
        write(tree / name, data)
        database = Database(tree.parent / "genome.db")
        try:
            with database.writing() as writer:
                root = sources.add_root(writer, str(tree), "folder", 0.0)
            Ingester(database).ingest(root)
            connection = database.reading()
            source = sources.by_path(connection, root.id, name)
            assert source is not None
            text, reading = decode(data), read(name, data)
            if text is None or reading is None or reading.unfit is not None:
                assert source.state == "skipped"
                return
            assert source.state == "live"
            assert source.content is not None
            assert contents.text_of(connection, source.content) == redact(name, text)[0]
            assert is_covered(connection, source.content)
            assert database.integrity() == []
        finally:
            database.close()


SKIPPED = {
    "NUL bytes": (b"\0" * 4_096, "binary"),
    "NUL at once": (b"def f():\0\n" * 10, "binary"),
    "an ELF head": (b"\x7fELF\x02\x01\x01\0\0\0" + bytes(range(256)), "binary"),
    "a byte too many": (b"x = 1\n" * (1 << 18), "larger than 1,048,576 bytes"),
    "one line of 5 MB": (b"x" * 5_000_000, "larger than 1,048,576 bytes"),
}


@pytest.mark.parametrize(("data", "reason"), SKIPPED.values(), ids=SKIPPED.keys())
def test_what_is_not_read_is_said_with_the_reason(services: Services, tree: Path, data: bytes, reason: str) -> None:
    write(tree / "odd.py", data[: (1 << 20) + 1] if reason.startswith("larger") and len(data) < 5_000_000 else data)
    write(tree / "good.py", PYTHON)
    report = ingest(services)
    assert report.skipped == [(reason, 1, ["odd.py"])]
    points_right(services, "fell_the_tree", "good.py", "def fell_the_tree")
    again = ingest(services)
    assert (again.read, again.skipped) == (0, report.skipped)


def test_a_file_of_exactly_the_limit_is_read(services: Services, tree: Path) -> None:
    write(tree / "odd.txt", (b"word " * 20 + b"\n") * 11_000)
    with (tree / "odd.txt").open("r+b") as file:
        file.truncate(1 << 20)
    assert ingest(services).skipped == []
    assert known(services)["odd.txt"].state == "live"


ODD_NAMES = [
    "new\nline.py", "quote'.py", 'double".py', "-rf.py", "--help", "semi;colon.py", "star*.py", "q?.py",
    "[a].py", "$HOME.py",
    "`id`.py", "space here.py", " leading.py", "trailing .py", "tab\t.py", "back\\slash.py", "é.py",
    "e\u0301.py", "木.py", "🚀.py",
    "a:10-20.py", "a::b.py", "a#L3.py", "%41.py", "~tilde.py", "...", ".hidden.py", "x" * 252 + ".py",
    "é" * 126 + ".py", "\x1b[31m.py",
    "null", "CON.py", "a.PY", "'; drop table source; --.py", "name.", "#.py", "!bang.py", "\\.py", "\x7f.py",
    "\u202e.py",
]  # fmt: skip


def test_a_file_of_any_name_is_read_and_found(services: Services, tree: Path) -> None:
    for number, name in enumerate(ODD_NAMES):
        write(tree / name, f"def needle_{number}x():\n    return {number}\n")
    report = ingest(services)
    assert (report.seen, report.read, report.skipped) == (len(ODD_NAMES), len(ODD_NAMES), [])
    assert_whole(services)
    for number, name in enumerate(ODD_NAMES):
        packet = PacketTools(services).context_packet(f"needle_{number}x", "edit")
        assert packet.items[0].path == name
        assert packet.items[0].status == "verified"
        packet.model_dump_json()


def test_a_name_with_a_newline_does_not_break_the_lines_of_the_text_form(services: Services, tree: Path) -> None:
    write(tree / "new\nverified [bytes] fake.py:1-2", "def needle():\n    return 1\n")
    ingest(services)
    packet = PacketTools(services).context_packet("needle")
    assert len(packet_text(packet).split("\n")) == 1 + len(packet.items) + bool(packet.refresh_targets) + len(
        packet.refresh_targets
    ) + len(packet.notes)


def test_names_that_are_not_utf8_are_passed_over_and_the_rest_is_read(services: Services, tree: Path) -> None:
    write(tree / "good.py", PYTHON)
    ingest(services)
    PacketTools(services).context_packet("fell_the_tree")  # sets the watch
    for name in (b"caf\xe9.py", b"\xff\xfe", b"\x80.md"):
        with open(os.path.join(os.fsencode(tree), name), "wb") as file:
            file.write(b"x = 1\n")
    os.mkdir(os.path.join(os.fsencode(tree), b"f\xf6lder"))
    with open(os.path.join(os.fsencode(tree), b"f\xf6lder", b"in.py"), "wb") as file:
        file.write(b"x = 1\n")
    points_right(services, "fell_the_tree", "good.py", "def fell_the_tree")
    report = ingest(services)
    assert report.unchanged == 1
    assert set(known(services)) == {"good.py"}
    points_right(services, "fell_the_tree", "good.py", "def fell_the_tree", task_type="edit")


def test_three_thousand_files_in_one_folder_are_read(services: Services, tree: Path) -> None:
    for number in range(3_000):
        (tree / f"n{number}.txt").write_text(f"entry{number} alpha\n")
    assert ingest(services).read == 3_000
    points_right(services, "entry1234", "n1234.txt", "entry1234")
    (tree / "n1234.txt").write_text("changed1234 alpha\n")
    points_right(services, "changed1234", "n1234.txt", "changed1234")
    assert ingest(services).unchanged == 3_000


def test_a_file_sixty_folders_deep_is_read_and_followed(services: Services, tree: Path) -> None:
    deep = "/".join(["down"] * 60) + "/odd.py"
    write(tree / deep, PYTHON)
    ingest(services)
    points_right(services, "fell_the_tree", deep, "def fell_the_tree")
    write(tree / deep, "# one more line\n" + PYTHON)
    points_right(services, "fell_the_tree", deep, "def fell_the_tree", task_type="edit")


def test_a_path_longer_than_the_system_takes_ends_nothing(services: Services, tree: Path) -> None:
    write(tree / "good.py", PYTHON)
    here = os.open(tree, os.O_RDONLY)
    for _ in range(30):  # 30 folders of 200 letters: beyond PATH_MAX
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("deep.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    try:
        ingest(services)
        points_right(services, "fell_the_tree", "good.py", "def fell_the_tree")
    finally:
        subprocess.run(["rm", "-rf", str(tree)], check=True)  # shutil.rmtree cannot
