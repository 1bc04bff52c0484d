"""What can be set, from weakest to strongest: defaults, `cistron.toml`, the environment, flags.

The file is the first `cistron.toml` found upward from the current folder, else the one in the user's config folder.
A file that lies in a project came with the project: it may name folders and a store only inside its own folder, opens
no door, turns no network on and speaks for nobody. What it may not say, the user's own file says there too.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..tools.errors import UsageError

logger = logging.getLogger(__name__)

FILE_NAME = "cistron.toml"
PACKAGED = "minilm"  # a model's name among paths
ENVIRONMENT_PREFIX = "CISTRON_"
IDENTITY_FALLBACKS = {
    "org": "HELIX_ORG",
    "party": "HELIX_DEVICE",
    "participant": "HELIX_USER",
    "agent": "HELIX_AGENT",
}


class Settings(BaseModel):
    """Everything a person can set. Each name is a key of the file, `CISTRON_<NAME>`, and where it fits a flag."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    genome: Path | None = Field(None, description="the store's file; default: .cistron/genome.db of the workspace")
    roots: tuple[Path, ...] = Field((), description="folders to index; default: the workspace")
    tools: Literal["default", "full", "helix"] = Field("default", description="which set of tools the server lists")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="what the server logs")
    max_file_bytes: int = Field(1 << 20, ge=1, le=1 << 30, description="larger files are not read")
    network: bool = Field(False, description="compare kept web pages with their servers")
    network_hosts: tuple[str, ...] = Field((), description="hosts that may have private addresses")
    lanes: dict[str, bool] = Field({}, description="ways to find places that take part or not, by name")
    synonyms: dict[str, tuple[str, ...]] = Field({}, description="words that mean the same in a question")
    embedding_model: Literal["minilm"] | Path | None = Field(
        None, description="the second stage's model: a folder with an ONNX or model2vec encoder, or `minilm`"
    )
    org: str | None = Field(None, description="on whose behalf: the trust domain", min_length=1, max_length=200)
    party: str | None = Field(None, description="on whose behalf: the device", min_length=1, max_length=200)
    participant: str | None = Field(None, description="on whose behalf: the person", min_length=1, max_length=200)
    agent: str | None = Field(None, description="on whose behalf: the software", min_length=1, max_length=200)
    local_federation: bool = Field(True, description="name the person and the device after the system's user and host")
    http: bool = Field(False, description="serve over HTTP, one process for many agents, instead of stdio")
    host: str = Field("127.0.0.1", description="the address to serve HTTP on", min_length=1, max_length=253)
    port: int = Field(8377, ge=0, le=65_535, description="the port to serve HTTP on; 0 takes a free one")
    sse: bool = Field(False, description="serve the older SSE transport at /sse too")
    socket: Path | None = Field(None, description="a unix socket to serve HTTP on too, for this user alone")
    allow_hosts: tuple[str, ...] = Field((), description="further names under which HTTP is served")
    token_file: Path | None = Field(None, description="who may use HTTP; default: one token of the user's own")
    tls_cert: Path | None = Field(None, description="the certificate chain for HTTPS")
    tls_key: Path | None = Field(None, description="the certificate's key")
    insecure_public: bool = Field(False, description="serve other machines without --token-file and TLS")
    call_timeout_s: float = Field(300, gt=0, le=86_400, description="how long a call over HTTP may take")


# What opens this machine to others, or says who may come in: not for a file that came with a project.
FRONT_DOOR = (
    *("http", "host", "port", "sse", "socket", "allow_hosts", "token_file", "tls_cert", "tls_key", "insecure_public"),
    "call_timeout_s",
)
# On whose behalf: whoever wrote the project could else pose as somebody, or be shown another org's or party's notes.
WHO = (*IDENTITY_FALLBACKS, "local_federation")
PERSONAL = frozenset((*FRONT_DOOR, *WHO, "network", "network_hosts", "embedding_model"))
_PATHS = ("genome", "socket", "token_file", "tls_cert", "tls_key", "embedding_model")


@dataclass(frozen=True, slots=True)
class Layer:
    """Values from one origin, which is named in errors."""

    origin: str
    values: Mapping[str, object]


def read_settings(flags: Mapping[str, object], environment: Mapping[str, str], cwd: Path) -> Settings:
    """Merge all layers into settings.

    Args:
        flags: values given on the command line; None means not given.
        environment: usually `os.environ`.
        cwd: where the search for the file begins.

    Raises:
        UsageError: naming the file or variable, the key and the value that is wrong.
    """
    given = {key: value for key, value in flags.items() if value is not None}
    layers = [*_file_layers(environment, cwd), *_environment_layers(environment), Layer("the command line", given)]
    for layer in layers:
        _check(layer)
    merged = {key: value for layer in layers for key, value in layer.values.items()}
    return Settings.model_validate(merged)


def user_config_file(environment: Mapping[str, str]) -> Path:
    """Return where the user's own file stands, whether it is there or not."""
    base = environment.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(base) / "cistron" / FILE_NAME


def _check(layer: Layer) -> None:
    """Raise a `UsageError` for the first value of a layer that cannot be."""
    try:
        Settings.model_validate(dict(layer.values))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = str(problem["loc"][0])
        if problem["type"] == "extra_forbidden":
            valid = ", ".join(Settings.model_fields)
            raise UsageError(f"{layer.origin}: there is no setting {key!r}; there are {valid}") from error
        raise UsageError(f"{layer.origin}: {key} = {layer.values[key]!r}: {problem['msg'].lower()}") from error


def _environment_layers(environment: Mapping[str, str]) -> list[Layer]:
    """Read HELIX_* names for identity, then ours; one layer a variable, so that an error names it."""
    names = [(variable, key) for key, variable in IDENTITY_FALLBACKS.items()]
    names += [(f"{ENVIRONMENT_PREFIX}{key.upper()}", key) for key in Settings.model_fields]
    layers: list[Layer] = []
    for variable, key in names:
        if value := environment.get(variable):
            separator = {"roots": os.pathsep, "network_hosts": ",", "allow_hosts": ","}.get(key)
            read: object = tuple(filter(None, value.split(separator))) if separator else value
            read = {"lanes": _switches, "synonyms": _groups}[key](value) if key in ("lanes", "synonyms") else read
            layers.append(Layer(variable, {key: read}))
    return layers


def _switches(value: str) -> dict[str, str]:
    """Read `dense=off,links=on`."""
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    return {name.strip(): switch.strip() or "on" for name, _, switch in pairs}


def _groups(value: str) -> dict[str, tuple[str, ...]]:
    """Read `db=database store,k8s=kubernetes`."""
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    return {word.strip(): tuple(others.split()) for word, _, others in pairs}


def _file_layers(environment: Mapping[str, str], cwd: Path) -> list[Layer]:
    """Read the file that applies, below a project's what only the user's own may say; paths are relative to a file."""
    found = [folder / FILE_NAME for folder in (cwd, *cwd.parents) if (folder / FILE_NAME).is_file()]
    file = user_config_file(environment)
    own = _read(file) if file.is_file() else Layer("defaults", {})
    if not found or found[0] == file:
        return [own]
    project = _read(found[0])
    _check(project)
    _refuse_foreign_paths(project, found[0].parent)
    _refuse_network(project)
    _refuse_front_door(project)
    _refuse_model(project)
    return [_only(own, lambda key: key in PERSONAL), _without_identity(project)]


def _read(file: Path) -> Layer:
    """Read a file."""
    try:
        values: dict[str, object] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}; repair or remove it") from error
    return Layer(str(file), _with_whole_paths(values, file.parent))


def _only(layer: Layer, wanted: Callable[[str], bool]) -> Layer:
    return Layer(layer.origin, {key: value for key, value in layer.values.items() if wanted(key)})


def _without_identity(layer: Layer) -> Layer:
    """Pass over what a file that came with a project says about who asks, and say so."""
    for key in WHO:
        if key in layer.values:
            advice = "a project's file may not say who asks; use CISTRON_* variables or your own config"
            logger.warning("%s: %s = %r is passed over: %s", layer.origin, key, layer.values[key], advice)
    return _only(layer, lambda key: key not in WHO)


def _with_whole_paths(values: dict[str, object], folder: Path) -> dict[str, object]:
    """Resolve the paths of a file against its folder; what is not a path is left for the check."""

    def whole(value: object) -> object:
        return folder / Path(value).expanduser() if isinstance(value, str) and value != PACKAGED else value

    whole_values = dict(values)
    for key in _PATHS:
        if key in values:
            whole_values[key] = whole(values[key])
    roots = values.get("roots")
    if isinstance(roots, list):
        whole_values["roots"] = tuple(whole(root) for root in roots)
    return whole_values


def _refuse_network(layer: Layer) -> None:
    """Let a file that came with a project use no network."""
    for key in ("network", "network_hosts"):
        if layer.values.get(key):
            advice = "a project's file may not turn the network on; use --network or your own config"
            raise UsageError(f"{layer.origin}: {key} = {layer.values[key]!r}: {advice}")


def _refuse_model(layer: Layer) -> None:
    """Let a file that came with a project name no model of its own: reading one runs what stands in it."""
    value = layer.values.get("embedding_model")
    if value not in (None, PACKAGED):
        advice = "a project's file may name no folder here; use CISTRON_EMBEDDING_MODEL or your own config"
        raise UsageError(f"{layer.origin}: embedding_model = {str(value)!r}: {advice}")


def _refuse_front_door(layer: Layer) -> None:
    """Let a file that came with a project open no door."""
    for key in FRONT_DOOR:
        if key in layer.values:
            advice = "a project's file may not say how it is served; use a flag or your own config"
            raise UsageError(f"{layer.origin}: {key} = {layer.values[key]!r}: {advice}")


def _refuse_foreign_paths(layer: Layer, folder: Path) -> None:
    """Let a file that came with a project open nothing outside it, and no other project's store."""
    top = folder.resolve()
    read = Settings.model_validate(dict(layer.values))
    for root in read.roots:
        if not root.resolve().is_relative_to(top):
            advice = "a project's file may name only folders inside it; name others with --root or in your own config"
            raise UsageError(f"{layer.origin}: roots = {str(root)!r}: {advice}")
    if read.genome is not None and not read.genome.resolve().is_relative_to(top):
        advice = "a project's file may name only a store inside it; name others with --genome or in your own config"
        raise UsageError(f"{layer.origin}: genome = {str(read.genome)!r}: {advice}")
