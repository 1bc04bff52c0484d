"""Which language a file is in, by its name or its first line, and what kind of source that makes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from ..records import Kind

_EXTENSIONS = """
python py pyi pyw pyx pxd
javascript js mjs cjs jsx es6
typescript ts mts cts
tsx tsx
go go
rust rs
java java
c c h
cpp cc cpp cxx c++ hh hpp hxx h++ ipp tpp inl cu cuh ino
csharp cs csx
ruby rb rake gemspec ru podspec
php php phtml php5 inc
kotlin kt kts
swift swift
scala scala sc sbt
lua lua
bash sh bash zsh ksh bats
elixir ex exs
zig zig
dart dart
julia jl
r r
perl pl pm t
haskell hs
erlang erl hrl
powershell ps1 psm1 psd1
solidity sol
proto proto
sql sql
hcl tf tfvars hcl
css css
scss scss
make mk mak
cmake cmake
groovy groovy gradle
html html htm xhtml
vue vue
svelte svelte
graphql graphql gql
ocaml ml mli
clojure clj cljs cljc edn
objc m mm
xml xml xsd xsl xslt svg plist csproj vbproj fsproj props targets
nix nix
vim vim
fortran f f90 f95 f03 for
latex tex
markdown md markdown mdx mkd rmd qmd
rst rst
asciidoc adoc asciidoc asc
org org
text txt text log
toml toml
yaml yaml yml clang-format
json json jsonc json5 jsonl ndjson geojson webmanifest code-workspace avsc
ini ini cfg conf properties env editorconfig desktop service timer socket gitconfig npmrc
notebook ipynb
csv csv tsv
pdf pdf
"""
_NAMES = """
make Makefile GNUmakefile makefile
dockerfile Dockerfile Containerfile
cmake CMakeLists.txt
ruby Gemfile Rakefile Vagrantfile Podfile Brewfile Guardfile Fastfile
groovy Jenkinsfile
python SConstruct SConscript wscript BUILD WORKSPACE BUILD.bazel Tiltfile
bash .bashrc .bash_profile .bash_aliases .profile .zshrc .zprofile PKGBUILD
toml Pipfile Cargo.lock poetry.lock uv.lock pdm.lock
json Pipfile.lock composer.lock .babelrc .eslintrc .prettierrc .swcrc .jshintrc flake.lock
ini .gitconfig .editorconfig .npmrc .pylintrc .coveragerc .flake8 .env .flaskenv .gitmodules .pypirc
yaml .clang-format .clang-tidy .clangd
text README LICENSE LICENCE COPYING NOTICE AUTHORS CONTRIBUTORS CHANGELOG CHANGES NEWS INSTALL TODO HISTORY THANKS
text requirements.txt constraints.txt .gitignore .dockerignore CODEOWNERS
"""
_INTERPRETERS = {
    "python": "python",
    "pypy": "python",
    "node": "javascript",
    "nodejs": "javascript",
    "deno": "typescript",
    "bun": "typescript",
    "ts-node": "typescript",
    "sh": "bash",
    "bash": "bash",
    "zsh": "bash",
    "dash": "bash",
    "ksh": "bash",
    "ash": "bash",
    "ruby": "ruby",
    "perl": "perl",
    "php": "php",
    "lua": "lua",
    "luajit": "lua",
    "rscript": "r",
    "julia": "julia",
    "elixir": "elixir",
    "escript": "erlang",
    "pwsh": "powershell",
    "swift": "swift",
    "scala": "scala",
    "kotlin": "kotlin",
    "make": "make",
}
_SHEBANG = re.compile(r"#!\s*(\S+)(?:\s+-\S+)*(?:\s+(?:\w+=\S*\s+)*([^\s-]\S*))?")
_CPP_HEADER = re.compile(
    r"^\s*(?:class\s+\w+[^;]*$|namespace\s|template\s*<|public:|private:|using\s+\w)", re.MULTILINE
)
_DOCS = frozenset({"markdown", "rst", "asciidoc", "org", "text", "latex", "pdf"})
_CONFIGS = frozenset({"toml", "yaml", "json", "ini", "xml", "csv"})


def _table(rows: str) -> Mapping[str, str]:
    return {word: line.split()[0] for line in rows.strip().splitlines() for word in line.split()[1:]}


_BY_EXTENSION = _table(_EXTENSIONS)
_BY_NAME = _table(_NAMES)


def language_of(path: str, text: str = "") -> str | None:
    """Return the language of a file, or None when neither its name nor its shebang tells.

    Args:
        path: with forward slashes; only the last part counts.
        text: its beginning is read for a shebang, and a C header is searched for C++.
    """
    name = PurePosixPath(path.replace("\\", "/")).name
    known = _BY_NAME.get(name)
    if known is not None:
        return known
    if name.startswith((".env", "Dockerfile", "Containerfile")) or name.lower().endswith(".dockerfile"):
        return "ini" if name.startswith(".env") else "dockerfile"
    stem, dot, extension = name.rpartition(".")
    if dot:
        known = _BY_EXTENSION.get(extension.lower())
        if extension == "h" and _CPP_HEADER.search(text[:20_000]):
            return "cpp"
        if known is not None:
            return known
    return _interpreter(text) or (_BY_NAME.get(stem) if dot else _BY_NAME.get(name.upper()))


def kind_of(language: str | None) -> Kind:
    """Return the kind of source a language makes; an unknown text is a document."""
    if language is None or language in _DOCS:
        return Kind.DOC
    return Kind.CONFIG if language in _CONFIGS else Kind.CODE


def _interpreter(text: str) -> str | None:
    if not text.startswith("#!"):
        return None
    match = _SHEBANG.match(text, 0, 256)
    if match is None:
        return None
    program = match[1].rpartition("/")[2]
    if program == "env" and match[2]:
        program = match[2].rpartition("/")[2]
    return _INTERPRETERS.get(program.lower()) or _INTERPRETERS.get(program.rstrip("0123456789.").lower())
