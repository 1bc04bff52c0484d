"""Put our entries and hooks into a client's JSON file, and take them out again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as replaced

from . import splice
from .jsonc import Child, JsoncError, Node, parse
from .records import NAME, ConfigError, Entry, Hook, Json

NEW = "{}\n"  # what a file that was not there is taken to hold
_OURS = re.compile(r"(?:^|[\\/\s\"'])cistron(?:-mcp|-hook)?(?:\.exe)?(?=$|[\s\"'])")


def installed(text: str, parts: Sequence[Entry | Hook], force: bool) -> str:
    """Return a file's text with all parts in it; itself where they are.

    Raises:
        ConfigError: It is not what it should be, or another server has our name; the message says where.
    """
    return _changed(text, parts, lambda now, part: _with(now, part, force))


def uninstalled(text: str, parts: Sequence[Entry | Hook], force: bool, before: str | None) -> str:
    """Return a file's text without the parts.

    Args:
        text: What the file holds.
        parts: What may be in it.
        force: Take out an entry of our name even where it starts another program.
        before: What the file held before anything of ours came; objects that it had stay, though they be empty now.

    Raises:
        ConfigError: As `installed`.
    """
    try:
        had = None if before is None else parse(before)
    except JsoncError:
        had = None
    return _changed(text, parts, lambda now, part: _without(now, part, force, had))


def as_found(text: str, parts: Sequence[Entry | Hook]) -> list[Entry | Hook]:
    """Return the parts as a text holds them, those that it does not hold left out.

    Raises:
        ConfigError: The text cannot be read.
    """
    top = _parsed(text)
    found: list[Entry | Hook] = []
    for part in parts:
        if isinstance(part, Entry):
            node = _at(top, part.keys)
            if node is not None and isinstance(node.value, dict):
                found.append(replaced(part, value=node.value))
        elif (command := _command_of(top, part.event)) is not None:
            found.append(replaced(part, command=command))
    return found


def starts_us(value: Json) -> bool:
    """Whether a server's entry starts a program of ours.

    >>> starts_us({"command": "/opt/v/bin/cistron-mcp"}), starts_us({"command": "npx", "args": ["cistronic"]})
    (True, False)
    """
    if not isinstance(value, Mapping):
        return False
    command, args = value.get("command"), value.get("args")
    words = [*(command if isinstance(command, list) else [command]), *(args if isinstance(args, list) else [])]
    return any(isinstance(word, str) and (_OURS.search(word) or word == "cistron.server") for word in words)


def _changed(text: str, parts: Sequence[Entry | Hook], change: Callable[[str, Entry | Hook], str]) -> str:
    """Make one change after another, and compare what the file then says with what it said."""
    now, top = text, _parsed(text)
    for part in parts:
        if isinstance(part, Hook):
            _command_of(top, part.event)  # a list of a foreign shape is refused before anything is changed
    for part in parts:
        try:
            now = change(now, part)
            _compare(_parsed(text), _parsed(now), parts)
        except (JsoncError, TypeError) as error:
            raise ConfigError(str(error)) from error
    return now


def _compare(before: Node, after: Node, parts: Sequence[Entry | Hook]) -> None:
    """Be sure that an edit changed nothing that belongs to others; a difference would be a bug of ours.

    Raises:
        ConfigError: Something else would have changed.
    """
    if json.dumps(_others(before.value, parts)) != json.dumps(_others(after.value, parts)):
        raise ConfigError("it cannot be changed without changing what is not ours; edit it by hand")


def _others(value: Json, parts: Sequence[Entry | Hook]) -> Json:
    """Return what a file says beside our parts and the objects that hold nothing else."""
    top = json.loads(json.dumps(value))
    for part in parts:
        if isinstance(part, Entry):
            _drop(top, part.keys)
            continue
        groups = top["hooks"][part.event] if part.event in (top.get("hooks") or ()) else []
        for group in groups:
            group["hooks"] = [one for one in group["hooks"] if not _is_ours(one)]
        groups[:] = [group for group in groups if group["hooks"]]
        if not groups:
            _drop(top, ("hooks", part.event))
    return top


def _drop(top: dict[str, Json], keys: tuple[str, ...]) -> None:
    """Take a key out, and the objects around it that hold nothing else."""
    way: list[dict[str, Json]] = [top]
    for key in keys[:-1]:
        inner = way[-1].get(key)
        if not isinstance(inner, dict):
            return
        way.append(inner)
    way[-1].pop(keys[-1], None)
    for outer, key in reversed(list(zip(way, keys[:-1], strict=False))):
        if not outer[key]:
            del outer[key]


def _parsed(text: str) -> Node:
    try:
        top = parse(text)
    except JsoncError as error:
        raise ConfigError(f"{error}; repair it, or move it away") from error
    if not isinstance(top.value, dict):
        what = splice.kind(top.value)
        raise ConfigError(f"{JsoncError(f'{what} stands where an object should', text, top.start)}; repair it")
    return top


def _at(node: Node | None, keys: Sequence[str]) -> Node | None:
    for key in keys:
        node = None if node is None else node.member(key)
    return node


def _with(text: str, part: Entry | Hook, force: bool) -> str:
    if isinstance(part, Hook):
        return _with_hook(text, part)
    there = _at(_parsed(text), part.keys)
    if there is None:
        return splice.put(text, part.keys, part.value)
    if not starts_us(there.value):
        shown = json.dumps(there.value)[:200]
        where = JsoncError("", text, there.start).line
        if not force:
            raise ConfigError(
                f"line {where}: another server is named {NAME!r}: {shown}; rename it, or pass --force to replace it"
            )
        return splice.put(text, part.keys, part.value)
    for key, value in part.value.items():  # what a person added to it, an environment say, stays
        text = splice.put(text, (*part.keys, key), value)
    return text


def _without(text: str, part: Entry | Hook, force: bool, had: Node | None) -> str:
    top = _parsed(text)
    if isinstance(part, Hook):
        return _without_hook(text, top, part, had)
    there = _at(top, part.keys)
    if there is None or not (force or starts_us(there.value)):
        return text
    return _cut(text, part.keys, had)


def _cut(text: str, keys: tuple[str, ...], had: Node | None) -> str:
    """Take a key out, and the containers around it that are empty then and were not there before us."""
    while keys:
        outer = _at(_parsed(text), keys[:-1])
        child = None if outer is None else next((one for one in outer.children if one.key == keys[-1]), None)
        if outer is None or child is None:
            return text
        text = splice.remove(text, outer, child)
        keys = keys[:-1]
        if len(outer.children) > 1 or not keys or _at(had, keys) is not None:
            return text
    return text


def _with_hook(text: str, hook: Hook) -> str:
    top = _parsed(text)
    place = _place_of(top, hook.event)
    wanted: dict[str, Json] = {"type": "command", "command": hook.command}
    if place is not None:
        mine = place[2].node.member("command")
        assert mine is not None
        return text if mine.value == hook.command else splice.replace(text, mine, hook.command)
    group: dict[str, Json] = {} if hook.matcher is None else {"matcher": hook.matcher}
    group["hooks"] = [wanted]
    groups = _at(top, ("hooks", hook.event))
    if groups is None:
        return splice.put(text, ("hooks", hook.event), [group])
    return splice.insert(text, groups, None, group)


def _without_hook(text: str, top: Node, hook: Hook, had: Node | None) -> str:
    while (place := _place_of(top, hook.event)) is not None:
        groups, group, mine = place
        hooks = group.node.member("hooks")
        assert hooks is not None
        if len(hooks.children) > 1:
            text = splice.remove(text, hooks, mine)
        elif len(groups.children) > 1 or _at(had, ("hooks", hook.event)) is not None:
            text = splice.remove(text, groups, group)
        else:
            return _cut(text, ("hooks", hook.event), had)
        top = _parsed(text)
    return text


def _command_of(top: Node, event: str) -> str | None:
    try:
        place = _place_of(top, event)
    except TypeError as error:
        raise ConfigError(str(error)) from error
    command = None if place is None else place[2].node.member("command")
    return None if command is None else str(command.value)


def _place_of(top: Node, event: str) -> tuple[Node, Child, Child] | None:
    """Return the first hook of an event that is ours: the event's list, the group in it, the hook in that.

    Raises:
        TypeError: The lists are no lists.
    """
    hooks = top.member("hooks")
    groups = None if hooks is None else hooks.member(event)
    if (hooks is not None and not isinstance(hooks.value, dict)) or (
        groups is not None and not isinstance(groups.value, list)
    ):
        raise TypeError(f"hooks.{event} is not a list of hooks; repair it")
    if groups is None:
        return None
    held = [(group, group.node.member("hooks")) for group in groups.children]
    if any(inner is None or not isinstance(inner.value, list) for _, inner in held):
        raise TypeError(f"hooks.{event} holds something that is not a group of hooks; repair it")
    ours = [(group, mine) for group, inner in held if inner for mine in inner.children if _is_ours(mine.node.value)]
    return (groups, *ours[0]) if ours else None


def _is_ours(hook: Json) -> bool:
    command = hook.get("command") if isinstance(hook, Mapping) else None
    return isinstance(command, str) and re.search(r"cistron(?:-hook|\.server hook|['\"]? hook)\b", command) is not None
