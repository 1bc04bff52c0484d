"""Repositories whose history is known: pinned releases of packages, one commit each, dated as they were published."""

import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from shared import corpora
from shared.report import say

# BSD, MIT or Apache-2.0, all of them. Version -> the day it was uploaded to PyPI. The first is what the agent knows;
# each later one is a case of its own. `sdist`: with tests, docs and configuration; the others are wheels.
HISTORIES = {
    "werkzeug": ("sdist", {"3.0.5": "2024-10-24", "3.0.6": "2024-10-25", "3.1.3": "2024-11-08"}),
    "flask": ("sdist", {"2.0.3": "2022-02-14", "3.1.0": "2024-11-13"}),
    "click": ("sdist", {"7.1.2": "2020-04-27", "8.1.7": "2023-08-17"}),
    "requests": ("sdist", {"2.25.1": "2020-12-16", "2.32.3": "2024-05-29"}),
    "attrs": ("sdist", {"21.4.0": "2021-12-29", "24.2.0": "2024-08-06"}),
    "boltons": ("sdist", {"21.0.0": "2021-05-17", "24.1.0": "2024-11-01"}),
    "more-itertools": ("sdist", {"8.14.0": "2022-08-09", "10.5.0": "2024-09-05"}),
    "rich": ("wheel", {"13.7.1": "2024-02-28", "14.1.0": "2025-07-25"}),
    "starlette": ("wheel", {"0.37.2": "2024-03-05", "0.46.2": "2025-04-13"}),
    "sqlalchemy": ("wheel", {"2.0.30": "2024-05-05", "2.0.40": "2025-03-27"}),
    "django": ("wheel", {"5.1.1": "2024-09-03", "5.2.1": "2025-05-07"}),
}


@dataclass(frozen=True)
class Case:
    """A work tree to be moved from one commit to another; `package` names a release that pip can install."""

    name: str
    root: Path
    before: str
    after: str
    age_s: float
    package: tuple[str, str, str] | None = None


def pinned(base: Path, names: list[str]) -> list[Case]:
    """Build the repositories below a folder; the case's older commit is checked out in each."""
    cases: list[Case] = []
    for name in names:
        form, versions = HISTORIES[name]
        first, *later = versions
        for version in later:
            root = base / f"{name}-{version}" / name
            root.mkdir(parents=True)
            _git(root, "init", "--quiet", "--initial-branch=main")
            for release in (first, version):
                _commit(root, _tree(form, name, release), release, versions[release])
            _git(root, "checkout", "--quiet", first)
            cases.append(
                Case(
                    f"{name} {first} {version}",
                    root,
                    first,
                    version,
                    _age_s(root, first, version),
                    (name, first, version),
                )
            )
    return cases


def cloned(base: Path, repository: Path, before: str, after: str) -> Case:
    """Clone a repository below a folder, so that the caller's own work tree stays as it is."""
    root = base / repository.resolve().name
    _git(base, "clone", "--quiet", "--shared", "--no-checkout", str(repository.resolve()), str(root))
    old, new = (_git(repository, "rev-parse", "--verify", f"{name}^{{commit}}").strip() for name in (before, after))
    _git(root, "checkout", "--quiet", "--detach", old)
    return Case(f"{root.name} {before} {after}", root, old, new, _age_s(root, old, new))


def move(case: Case) -> None:
    """Check out the newer commit, as an agent's user does."""
    _git(case.root, "checkout", "--quiet", case.after)


def tree(case: Case, commit: str) -> dict[str, bytes]:
    """Return the regular files of a commit as they stand in the work tree, which must be at it."""
    listed = [line.split("\t", 1) for line in _git(case.root, "ls-tree", "-rz", commit).split("\0") if line]
    paths = [path for mode, path in listed if mode.startswith("100")]
    return {path: (case.root / path).read_bytes() for path in paths if (case.root / path).is_file()}


def installed(name: str, version: str) -> Path | None:
    """Return a folder with a release and what it depends on, for `sys.path`; None where pip cannot install it."""
    place = corpora.CACHE / "installed" / f"{name}-{version}"
    if place.is_dir():
        return place
    building = place.with_name(f"{place.name}.part")
    shutil.rmtree(building, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
        "--no-warn-conflicts",
    ]
    command += [
        "--only-binary",
        ":all:",
        "--target",
        str(building),
        f"{name}=={version}",
        *_OF_THEIR_TIME.get(f"{name}-{version}", []),
    ]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        say(f"{name} {version} cannot be installed; its answers are skipped")
        return None
    building.rename(place)
    return place


# What an old release worked with; what was published since has dropped what it imports.
_OF_THEIR_TIME = {"flask-2.0.3": ["werkzeug==2.0.3", "jinja2==3.0.3"]}


def _tree(form: str, name: str, version: str) -> Path:
    if form == "wheel":
        return corpora.package(name, version)
    place = corpora.CACHE / "src" / f"{name}-{version}.sdist"
    if place.is_dir():
        return place
    archives = corpora.CACHE / "sdists" / f"{name}-{version}"
    archives.mkdir(parents=True, exist_ok=True)
    if not list(archives.glob("*.tar.gz")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary", ":all:", "--dest", str(archives), f"{name}=={version}"]
        subprocess.run(command, check=True, stdout=sys.stderr)
    unpacking = place.with_name(f"{place.name}.part")
    shutil.rmtree(unpacking, ignore_errors=True)
    with tarfile.open(next(iter(archives.glob("*.tar.gz")))) as archive:
        archive.extractall(unpacking, filter="data")
    next(path for path in unpacking.iterdir() if path.is_dir()).rename(place)
    shutil.rmtree(unpacking)
    return place


def _commit(root: Path, source: Path, name: str, day: str) -> None:
    for path in root.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(source, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.egg-info", ".git"))
    _git(root, "add", "--all", "--force")
    _git(root, "commit", "--quiet", f"--message={name}", f"--date={day}T12:00:00Z")
    _git(root, "tag", name)


def _age_s(root: Path, before: str, after: str) -> float:
    old, new = (float(_git(root, "show", "--no-patch", "--format=%at", name)) for name in (f"{before}^0", f"{after}^0"))
    return new - old


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    command += ["-c", "core.autocrlf=false", "-c", "advice.detachedHead=false", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
