"""What a path alone says about a file: that it is not worth reading, or which role it plays."""

from __future__ import annotations

import re
from typing import Literal

Reason = Literal[
    "lock file",
    "binary extension",
    "minified name",
    "name is not UTF-8",
    "symbolic link",
    "not a regular file",
    "unreadable folder",
]
"""Why a file or folder was passed over without a look inside."""

Role = Literal["test", "example", "vendored", "generated"]
"""What a file is besides the code and prose of its project."""

NEVER_FOLDERS = frozenset(
    ".git .hg .svn .bzr .jj .sl .pijul _darcs CVS .cistron node_modules bower_components jspm_packages __pycache__ .tox"
    " .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .ipynb_checkpoints .eggs .pixi"
    " .gradle .terraform .next .nuxt .svelte-kit .parcel-cache .turbo .yarn .pnpm-store .cache .direnv .dart_tool"
    " .bloop .metals .stack-work .elixir_ls .vs .DS_Store".split()
)
"""Folders (and `.git` files) that are never entered, whether or not git tracks what is in them."""

_LOCK_FILES = frozenset(
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock poetry.lock pdm.lock"
    " pipfile.lock uv.lock pixi.lock conda-lock.yml cargo.lock gemfile.lock composer.lock go.sum go.work.sum flake.lock"
    " mix.lock pubspec.lock podfile.lock cartfile.resolved package.resolved packages.lock.json paket.lock"
    " gradle.lockfile stack.yaml.lock cabal.project.freeze module.bazel.lock .terraform.lock.hcl chart.lock"
    " rebar.lock shard.lock julia-manifest.toml".split()
)
_BINARY = frozenset(
    # pictures, sound, film, fonts
    "png jpg jpeg gif bmp ico icns webp avif heic tif tiff psd ai eps xcf sketch fig mp3 wav ogg oga flac aac m4a mid"
    " mp4 m4v mov avi mkv webm wmv flv ttf otf woff woff2 eot"
    # archives, packages, images of disks
    " zip tar gz tgz bz2 tbz xz txz zst lz4 7z rar jar war ear aar apk ipa whl egg gem crate nupkg deb rpm dmg iso img"
    " msi cab vsix xpi pack idx"
    # programs and what compilers leave
    " exe dll so dylib a lib o obj ko elf bin class pyc pyo pyd wasm node beam hi rlib rmeta pdb dwo gch pch"
    " swiftmodule suo"
    # documents, data, models, key stores
    " doc docx xls xlsx ppt pptx odt ods odp epub mobi djvu db sqlite sqlite3 mdb accdb db-wal db-shm parquet"
    " feather arrow orc avro npy npz h5 hdf5 pkl pickle joblib mat rds rdata onnx pt pth ckpt safetensors tflite gguf"
    " pb tfrecord mo gmo p12 pfx jks keystore keytab kdbx der crt cer blend fbx glb stl swf dat".split()
)
_MINIFIED = re.compile(r".*(?:[.-]min\.(?:js|mjs|cjs|css|html|json)|\.map|\.bundle\.js)")

_FOLDER_ROLES: dict[str, Role] = {
    **dict.fromkeys(
        ("vendor", "vendored", "_vendor", "third_party", "third-party", "thirdparty", "extern"), "vendored"
    ),
    **dict.fromkeys(("generated", "__generated__", "_generated", "gen-src"), "generated"),
    **dict.fromkeys(("test", "tests", "__tests__", "testing", "spec", "specs", "e2e", "testdata", "__mocks__"), "test"),
    **dict.fromkeys(("example", "examples", "sample", "samples", "demo", "demos"), "example"),
}
_ROLE_ORDER: tuple[Role, ...] = ("vendored", "generated", "test", "example")
_GENERATED = re.compile(
    r".*(?:_pb2(?:_grpc)?\.pyi?|\.pb\.(?:go|cc|h|c)|_pb\.(?:js|d\.ts|rb)|_grpc\.pb\.go|\.(?:g|freezed|mocks)\.dart"
    r"|\.designer\.(?:cs|vb)|\.g\.(?:cs|i\.cs)|\.generated\.\w+|_generated\.\w+|\.gen\.\w+|zz_generated\..*\.go|\.snap)"
)
_TEST = re.compile(
    r"conftest\.py|test_.*\.py|.*_tests?\.(?:py|go|cc|cpp|c|rs|exs|dart|rb|ml)|tests?\.(?:py|rs)"
    r"|.*[.-](?:test|spec|cy|e2e)\.[cm]?[jt]sx?|.*_spec\.(?:rb|lua|js|ts)|.*(?:test|tests|spec)\.(?:java|kt|cs|swift|scala)"
)


def skip_reason(path: str) -> Reason | None:
    """Say why a file is not read, judged by its name alone; None if it may be worth reading.

    >>> skip_reason("web/package-lock.json")
    'lock file'
    >>> skip_reason("src/app.py") is None
    True
    """
    name = path.rpartition("/")[2].lower()
    if name in _LOCK_FILES:
        return "lock file"
    stem, dot, extension = name.rpartition(".")
    if dot and stem and extension in _BINARY:
        return "binary extension"
    if dot and _MINIFIED.fullmatch(name):
        return "minified name"
    return None


def role(path: str) -> Role | None:
    """Say which role a file plays by its path relative to the root; None for the project's own code and prose.

    The first that applies of vendored, generated, test, example wins.

    >>> role("vendor/github.com/pkg/errors_test.go")
    'vendored'
    >>> role("src/cart.spec.ts")
    'test'
    """
    *folders, name = path.lower().split("/")
    found = {_FOLDER_ROLES[folder] for folder in folders if folder in _FOLDER_ROLES}
    if _GENERATED.fullmatch(name):
        found.add("generated")
    if _TEST.fullmatch(name):
        found.add("test")
    return next((each for each in _ROLE_ORDER if each in found), None)
