"""What of a root is read: compared with git's own listing, and where we differ from it on purpose."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cistron.genome.reading import filters, ignore
from cistron.genome.reading.discover import discover, is_listed

PLAIN_NAMES = [
    "a",
    "b",
    "ab",
    "aab",
    "a.b",
    "ba.b",
    "x y",
    "[a]",
    "-a",
    "é",
    "!a",
    "#a",
    "a*",
    "A",
    "b\\",
    "a ",
    "a\tb",
    "n\nn",
]
PIECES = ["a", "b", "A", "*", "**", "?", "/", "**/", "/**", "[ab]", "[!a]", "[a-b]", "[[:alpha:]]", "[]a]", "[",
          "[a\\]]",
          ".", "\\", "\\*", " ", "\\ ", "é", "#", "!", "x y", "\t", "-", "a.b", "*.b", "[b-a]", "[^/]", "[a-",
          "[[:x:]]",
          "***", "\\#", "\\!"]  # fmt: skip


def run_git(folder: Path, *args: str) -> bytes:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")
    return subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True).stdout


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def repository(root: Path, files: dict[str, str]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    run_git(root, "init", "-q", "--template=")
    write(root, files)
    return root


def git_listing(root: Path) -> list[str]:
    found = run_git(root, "ls-files", "-z", "-c", "-o", "--exclude-standard").split(b"\0")
    names = sorted({os.fsdecode(name) for name in found if name})
    return [name for name in names if (root / name).is_file()]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("shared"), {})


names = st.sampled_from(PLAIN_NAMES)
folders = st.lists(names, max_size=3).map("/".join)
lines = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join),
    st.tuples(
        st.sampled_from(["", "!", "/"]),
        st.lists(names, min_size=1, max_size=3).map("/".join),
        st.sampled_from(["", "/", "/*", "/**"]),
    ).map("".join),
)
ignore_texts = st.lists(lines, min_size=1, max_size=5).map("\n".join)


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[str], dict[str, str], list[bool]]:
    files = draw(
        st.lists(
            st.tuples(folders, names).map(lambda pair: "/".join(filter(None, pair))),
            min_size=1,
            max_size=12,
            unique=True,
        )
    )
    within = sorted({"", *(name.rpartition("/")[0] for name in files)})
    texts = draw(st.dictionaries(st.sampled_from(within), ignore_texts, min_size=1, max_size=3))
    return files, texts, draw(st.lists(st.booleans(), min_size=len(files), max_size=len(files)))


def build(root: Path, files: list[str], texts: dict[str, str]) -> list[str]:
    for each in root.iterdir():
        if each.is_dir() and each.name != ".git":
            shutil.rmtree(each)
        elif each.name != ".git":
            each.unlink()
    made: list[str] = []
    for name in files:
        try:
            write(root, {name: ""})
        except OSError:  # a name that is already a folder, or needs one where a file stands
            continue
        made.append(name)
    for folder, text in texts.items():
        if (root / folder).is_dir():
            write(root, {f"{folder}/.gitignore".lstrip("/"): text})
    return made


@settings(max_examples=int(os.environ.get("FUZZ", "100")), deadline=None)
@given(trees())
@example((["a/b/a", "a/a"], {"": "a/**/a\n!a/a"}, [False, False]))
@example((["a/b"], {"": "/a\n!a/b"}, [True]))
@example((["a", "b/b", "ab/b"], {"": "a**/*\nb/b**"}, [False, False, False]))
def test_the_listing_of_a_repository_equals_gits(
    shared: Path, tree: tuple[list[str], dict[str, str], list[bool]]
) -> None:
    files, texts, are_tracked = tree
    made = build(shared, files, texts)
    (shared / ".git" / "index").unlink(missing_ok=True)
    tracked = [name for name, is_tracked in zip(files, are_tracked, strict=True) if is_tracked and name in made]
    if tracked:
        run_git(shared, "--literal-pathspecs", "add", "-f", "--", *tracked)

    listing = discover(shared)

    assert listing.files == git_listing(shared)
    assert is_listed(shared, [*made, *listing.folders, "gone", "a/gone"]) == set(listing.files) & set(made)
    assert {name.rpartition("/")[0] for name in listing.files} <= set(listing.folders)


@settings(max_examples=int(os.environ.get("FUZZ", "50")), deadline=None)
@given(trees())
def test_a_tree_without_git_is_listed_as_git_would_list_it(
    shared: Path, tree: tuple[list[str], dict[str, str], list[bool]]
) -> None:
    made = build(shared, *tree[:2])
    (shared / ".git" / "index").unlink(missing_ok=True)
    expected = git_listing(shared)
    with tempfile.TemporaryDirectory() as place:
        plain = Path(place) / "plain"
        shutil.copytree(shared, plain, ignore=lambda folder, _: [".git"] if Path(folder) == shared else [])

        listing = discover(plain)

        assert listing.files == expected
        assert is_listed(plain, made) == set(expected) & set(made)


def test_private_and_user_excludes_are_weaker_than_gitignore(tmp_path: Path, home: Path) -> None:
    root = repository(
        tmp_path / "r", {".gitignore": "!kept.log\n", "kept.log": "", "x.log": "", "x.tmp": "", "x.bak": ""}
    )
    write(home, {".config/git/ignore": "*.log\n"})
    write(root, {".git/info/exclude": "*.tmp\n"})
    assert discover(root).files == git_listing(root) == [".gitignore", "kept.log", "x.bak"]

    write(home, {".gitconfig": "[core]\n\texcludesFile = ~/mine\n", "mine": "*.bak\n"})
    assert discover(root).files == git_listing(root) == [".gitignore", "kept.log", "x.log"]


def test_case_is_ignored_where_the_repository_says_so(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {".gitignore": "*.LOG\nBuild/\n", "a.log": "", "build/x": "", "b": ""})
    run_git(root, "config", "core.ignorecase", "true")
    assert discover(root).files == git_listing(root) == [".gitignore", "b"]


def test_a_folder_without_files_is_watched_and_an_ignored_one_is_not(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {".gitignore": "out/\n", "out/x": "", "src/a.py": "", "keep/out/t.py": ""})
    (root / "empty" / "deep").mkdir(parents=True)
    run_git(root, "add", "-f", "keep/out/t.py")
    assert discover(root).folders == ["", "empty", "empty/deep", "keep", "keep/out", "src"]


def test_our_own_ignore_file_hides_what_git_tracks_and_brings_back_what_git_ignores(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {".gitignore": "gen/\n", "gen/api.py": "", "big/data.txt": "", "a.py": ""})
    run_git(root, "add", "-A")
    repository(root / "nested", {"skip.me": "", "b.py": ""})
    write(root, {".cistronignore": "big/\n!gen/\n*.me\n"})

    listing = discover(root)

    assert listing.files == [".cistronignore", ".gitignore", "a.py", "gen/api.py", "nested/b.py"]
    assert is_listed(root, ["gen/api.py", "big/data.txt", "nested/skip.me", "nested/b.py"]) == {
        "gen/api.py",
        "nested/b.py",
    }


def test_nested_repositories_are_judged_by_their_own_ignore_files(tmp_path: Path) -> None:
    lib = repository(tmp_path / "lib", {"lib.py": "", "x.log": ""})
    run_git(lib, "add", "-f", "-A")
    run_git(lib, "commit", "-qm", "m")
    root = repository(tmp_path / "r", {".gitignore": "*.log\n", "a.py": "", "a.log": ""})
    run_git(root, "submodule", "--quiet", "add", str(lib), "deps/lib")
    repository(root / "clone", {".gitignore": "*.tmp\n", "c.py": "", "c.tmp": "", "c.log": ""})

    listing = discover(root)

    expected = [
        ".gitignore",
        ".gitmodules",
        "a.py",
        "clone/.gitignore",
        "clone/c.log",
        "clone/c.py",
        "deps/lib/lib.py",
        "deps/lib/x.log",
    ]
    assert listing.files == expected
    assert is_listed(root, [*expected, "clone/c.tmp", "a.log", "deps/lib/.git"]) == set(expected)


def test_a_named_root_is_not_subject_to_ignore_files_above_it(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "r", {".gitignore": "*\n", "sub/.gitignore": "*.tmp\n", "sub/a.py": "", "sub/a.tmp": ""}
    )
    assert discover(root).files == []
    assert discover(root / "sub").files == [".gitignore", "a.py"]


def test_caches_environments_and_dependencies_are_never_entered(tmp_path: Path) -> None:
    inside = ["node_modules/p/i.js", "__pycache__/a.py", ".tox/a.py", "env/pyvenv.cfg", "env/lib/a.py",
              ".cistron/genome.db",
              "c/CACHEDIR.TAG", "c/x.py", "p/.git/x.py", ".git/x.py"]  # fmt: skip
    root = repository(tmp_path / "r", dict.fromkeys([*inside, "a.py", "p/a.py"], ""))
    run_git(root, "add", "-f", "node_modules", "env", "c")

    assert discover(root).files == ["a.py", "p/a.py"]
    assert is_listed(root, [*inside, "a.py", "p/a.py"]) == {"a.py", "p/a.py"}
    assert discover(root / "env").files == ["lib/a.py", "pyvenv.cfg"]


def test_only_regular_files_are_listed_and_no_link_is_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, {"private.py": ""})
    root = tmp_path / "r"
    write(root, {"a.py": "", "d/b.py": ""})
    for link, target in {"in.py": "a.py", "out": str(outside), "up": "..", "d/loop": ".", "gone": "none"}.items():
        (root / link).symlink_to(target)
    os.mkfifo(root / "fifo")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(root / "s"))
    server.close()

    listing = discover(root)

    assert listing.files == ["a.py", "d/b.py"]
    assert listing.folders == ["", "d"]
    assert {each.path: each.reason for each in listing.skipped} == {
        **dict.fromkeys(("in.py", "out", "up", "d/loop", "gone"), "symbolic link"),
        **dict.fromkeys(("fifo", "s"), "not a regular file"),
    }
    asked = [
        "in.py",
        "out/private.py",
        "d/loop/b.py",
        "fifo",
        "../outside/private.py",
        "/etc/passwd",
        "d/../a.py",
        "a\0b",
        "d",
        "",
    ]
    assert is_listed(root, asked) == set()


@pytest.mark.parametrize("is_repository", [True, False], ids=["git", "plain"])
def test_strange_file_names_are_listed_or_reported(tmp_path: Path, is_repository: bool) -> None:
    root = repository(tmp_path / "r", {}) if is_repository else tmp_path / "r"
    strange = ["-rf", "new\nline", 'quo"te', "tab\t", "$(x)", "é", "日本", ":(top)x", " lead"]
    write(root, dict.fromkeys(strange, ""))
    (root / os.fsdecode(b"bad\xff")).write_text("")

    listing = discover(root)

    assert listing.files == sorted(strange)
    assert [(each.path, each.reason) for each in listing.skipped] == [("bad\\xff", "name is not UTF-8")]
    assert is_listed(root, [*strange, os.fsdecode(b"bad\xff")]) == set(strange)


def test_an_ignore_file_that_is_a_link_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"patterns": "*.py\n"})
    write(tmp_path / "r", {"a.py": "", "d/b.py": ""})
    (tmp_path / "r" / ".gitignore").symlink_to(tmp_path / "patterns")
    os.mkfifo(tmp_path / "r" / "d" / ".gitignore")
    assert discover(tmp_path / "r").files == ["a.py", "d/b.py"]


def test_a_hostile_pattern_does_not_backtrack() -> None:
    stars = ignore.parse(b"*a" * 40 + b"b\n" + b"**/*a/" * 20 + b"z\n")
    assert stars is not None
    assert stars.verdict(b"a" * 250, is_folder=False) is None
    assert stars.verdict(b"aa/" * 80 + b"y", is_folder=False) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("web/package-lock.json", "lock file"), ("Cargo.lock", "lock file"), ("go.sum", "lock file"), ("uv.lock",
        "lock file"),
        ("a/logo.PNG", "binary extension"), ("x.so", "binary extension"), ("app.min.js", "minified name"),
        ("a.css.map", "minified name"), ("src/app.py", None), (".png", None), ("Makefile", None), ("lock.py", None),
    ],
)  # fmt: skip
def test_a_name_tells_what_is_not_worth_reading(path: str, reason: str | None) -> None:
    assert filters.skip_reason(path) == reason


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("tests/data.py", "test"), ("a/test_x.py", "test"), ("x_test.go", "test"), ("ui/cart.spec.ts", "test"),
        ("conftest.py", "test"),
        ("src/__tests__/a.js", "test"), ("src/UserTest.java", "test"), ("examples/run.py", "example"),
        ("vendor/a/tests/b.go", "vendored"),
        ("pip/_vendor/x.py", "vendored"), ("api_pb2.py", "generated"), ("a.pb.go", "generated"), ("m.g.dart",
        "generated"),
        ("src/contest.py", None), ("src/latest.js", None), ("README.md", None), ("src/testament.py", None),
    ],
)  # fmt: skip
def test_a_path_tells_the_role_of_a_file(path: str, role: str | None) -> None:
    assert filters.role(path) == role


def test_names_that_are_passed_over_are_reported(tmp_path: Path) -> None:
    write(tmp_path / "r", {"yarn.lock": "", "a.png": "", "a.py": "", "ignored.png": "", ".gitignore": "ignored.*\n"})
    listing = discover(tmp_path / "r")
    assert listing.files == [".gitignore", "a.py"]
    assert [(each.path, each.reason) for each in listing.skipped] == [
        ("a.png", "binary extension"),
        ("yarn.lock", "lock file"),
    ]
