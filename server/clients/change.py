"""What a command would do to one file: the text before and after, and the steps that lead there."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import files, json_config, toml_config
from .files import Held
from .records import Config, ConfigError, Entry, Hook

CONTEXT_LINES = 2
TEXT_MARK = "# Written by `cistron install`"


@dataclass(frozen=True, slots=True)
class Change:
    """A file as it is and as it would be; `after` is None where it would be removed, `before` where it is not there."""

    config: Config
    held: Held
    after: str | None
    drop_backup: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.after == self.held.text

    def diff(self) -> str:
        """Return the difference in unified form."""
        before, after = ((text or "").splitlines(keepends=True) for text in (self.held.text, self.after))
        shown = str(self.config.path)
        old, new = (
            name or "/dev/null" for name in (self.held.text is not None and shown, self.after is not None and shown)
        )
        lines = difflib.unified_diff(before, after, old, new, n=CONTEXT_LINES)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def to_install(config: Config, force: bool = False) -> Change:
    """Return what puts our parts into a file.

    Raises:
        ConfigError: The file is not to be changed; the message names it and the place in it.
    """
    held = files.read(config.path)
    try:
        if config.form == "text":
            if held.text not in (None, config.text) and not (force or _is_our_text(held.text)):
                raise ConfigError("line 1: it was not written by us; move it away, or pass --force to replace it")
            return Change(config, held, config.text)
        return Change(config, held, _installed(config, held.text, config.parts, force))
    except ConfigError as error:
        raise ConfigError(f"{config.path}: {error}") from error


def to_uninstall(config: Config, force: bool = False) -> Change:
    """Return what takes our parts out of a file: the very bytes of before where nothing else changed since.

    Raises:
        ConfigError: As `to_install`.
    """
    held = files.read(config.path)
    if held.text is None:
        return Change(config, held, None)
    try:
        if config.form == "text":
            return Change(config, held, None if force or _is_our_text(held.text) else held.text)
        before = files.backup_text(config.path)
        found = _found(config, held.text)
        if not found:
            return Change(config, held, held.text)
        if _is_install_of(config, held.text, before, found):
            return Change(config, held, before, drop_backup=before is not None)
        return Change(config, held, _uninstalled(config, held.text, force, before))
    except ConfigError as error:
        raise ConfigError(f"{config.path}: {error}") from error


def carry_out(change: Change) -> Path | None:
    """Do what a change says, and return the backup that was made.

    Raises:
        ConfigError: It could not be done; the file is as it was.
    """
    kept = None
    if change.is_empty:
        return None
    if change.after is None:
        files.remove(change.held)
        return None
    if change.held.text is not None and not change.drop_backup and _is_first(change):
        kept = files.back_up(change.held)
    files.write(change.held, change.after, change.config.private)
    if change.drop_backup:
        files.backup_of(change.config.path).unlink(missing_ok=True)
    return kept


def _is_first(change: Change) -> bool:
    """Whether nothing of ours is in a file yet, or nothing was kept of it."""
    assert change.held.text is not None
    if change.config.form == "text" or not files.backup_of(change.config.path).exists():
        return True
    return not _found(change.config, change.held.text)


def _installed(config: Config, text: str | None, parts: Sequence[Entry | Hook], force: bool) -> str:
    if config.form == "json":
        return json_config.installed(json_config.NEW if text is None else text, parts, force)
    return toml_config.installed(text or "", [part for part in parts if isinstance(part, Entry)], force)


def _uninstalled(config: Config, text: str, force: bool, before: str | None) -> str:
    if config.form == "json":
        return json_config.uninstalled(text, config.parts, force, before)
    return toml_config.uninstalled(text, [part for part in config.parts if isinstance(part, Entry)], force)


def _found(config: Config, text: str) -> Sequence[Entry | Hook]:
    if config.form == "json":
        return json_config.as_found(text, config.parts)
    return toml_config.as_found(text, [part for part in config.parts if isinstance(part, Entry)])


def _is_install_of(config: Config, text: str, before: str | None, found: Sequence[Entry | Hook]) -> bool:
    """Whether a text is what installing into an older one gives, so that nobody has edited it since."""
    if not all(isinstance(part, Hook) or json_config.starts_us(part.value) for part in found):
        return False
    try:
        return _installed(config, before, found, True) == text
    except ConfigError:
        return False


def _is_our_text(text: str | None) -> bool:
    return text is not None and text.startswith(TEXT_MARK)
