"""`cistron-hook EVENT`: what Claude Code runs at an event, with the event as JSON on stdin.

Standard library only, and little of that: it is a new process at every edit. It tells a live server over its socket, or
leaves a line in a spool file that the next server reads. It never fails the agent: it ends with 0, prints nothing but
the brief, and waits for nobody longer than a tenth of a second.
"""

import json
import os
import signal
import socket
import stat
import sys
import time
from contextlib import suppress

MARKS = (".git", ".cistron", "cistron.toml")
SPOOL_FILE = os.path.join("spool", "hooks.jsonl")
LIMIT_S = 2
SOCKET_LIMIT_S = 0.1  # for all sockets together
SPOOL_LIMIT_S = 1.0  # others hold its lock for as long as a line takes
MOST_INPUT = 16 << 20
MOST_PATH = 2_048  # with the session's name a line then fits into one write of a pipe's size
MOST_SPOOL = 4 << 20
MOST_BRIEF = 1_500
OLD_DAYS = 3
TOOLS = ("Edit", "Write", "MultiEdit", "NotebookEdit")


def main() -> int:
    """Take the event that the command line names, and after it the store's folder where that is not the usual one."""
    words = [*sys.argv[1:3], "", ""]
    return take(words[0], words[1] or None)


def take(event: str, store: str | None = None) -> int:
    """Take one event, in two seconds at most whatever happens; always return 0."""
    has_alarm = hasattr(signal, "SIGALRM")
    if has_alarm:
        signal.signal(signal.SIGALRM, _end)
        signal.alarm(LIMIT_S)
    with suppress(Exception):  # whatever goes wrong here is not worth an agent's turn
        _take(event, json.loads(sys.stdin.buffer.read(MOST_INPUT)), store)
    if has_alarm:
        signal.alarm(0)
    return 0


def _end(*_: object) -> None:
    os._exit(0)


def _take(event: str, given: object, named: str | None) -> None:
    if not isinstance(given, dict):
        return
    session, folder = given.get("session_id"), given.get("cwd")
    store = (
        _there(named)
        if named
        else find_store(os.environ.get("CLAUDE_PROJECT_DIR") or (folder if isinstance(folder, str) else os.getcwd()))
    )
    if store is None:
        return
    message: dict[str, object] | None = None
    name = session[:200] if isinstance(session, str) else ""
    if event == "SessionStart":
        _print_brief(store)
    if event == "PreCompact" or (event == "SessionStart" and given.get("source") in ("clear", "compact")):
        message = {"event": "forget"}
    elif event == "PostToolUse" and given.get("tool_name") in TOOLS:
        path = _edited(given)
        message = {"event": "touch", "path": path} if path else None
    if message is not None:
        message |= {"session": name, "at": round(time.time(), 3)}
        if not _tell(store, message):
            _spool(store, message)


def _edited(given: dict[str, object]) -> str | None:
    """Return the whole path of the file that a tool has changed."""
    arguments = given.get("tool_input")
    if not isinstance(arguments, dict):
        return None
    path = arguments.get("file_path") or arguments.get("notebook_path")
    if not isinstance(path, str) or not path or "\0" in path:
        return None
    folder = given.get("cwd")
    whole = os.path.normpath(os.path.join(folder if isinstance(folder, str) else os.getcwd(), path))
    return whole if len(whole) <= MOST_PATH else None


def find_store(folder: str) -> str | None:
    """Return the folder of the store of the workspace around a folder, None where there is none yet.

    It is the one that `server.workspace` finds, without what that has to import.
    """
    named = os.environ.get("CISTRON_GENOME")
    if named:
        return _there(os.path.dirname(os.path.abspath(os.path.expanduser(named))))
    place, home = os.path.realpath(folder), os.path.realpath(os.path.expanduser("~"))
    workspace = file = None
    while True:
        if file is None and os.path.isfile(os.path.join(place, "cistron.toml")):
            file = os.path.join(place, "cistron.toml")
        is_home = (home + os.sep).startswith(place.rstrip(os.sep) + os.sep)
        if workspace is None and not is_home and any(os.path.lexists(os.path.join(place, mark)) for mark in MARKS):
            workspace = place
        if os.path.dirname(place) == place:
            break
        place = os.path.dirname(place)
    genome = _genome_of(file)
    if genome is not None:
        return _there(os.path.dirname(genome))
    return None if workspace is None else _there(os.path.join(_main_tree(workspace), ".cistron"))


def _there(folder: str) -> str | None:
    """Return a folder if it is one itself and our own: a link may have come with a project, a folder stand in /tmp."""
    try:
        found = os.lstat(folder)
    except OSError:
        return None
    is_own = not hasattr(os, "getuid") or os.getuid() in (0, found.st_uid)
    return folder if is_own and stat.S_ISDIR(found.st_mode) else None


def _genome_of(file: str | None) -> str | None:
    """Return the store that a settings file names."""
    if file is None:
        base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
        file = os.path.join(base, "cistron", "cistron.toml")
    try:
        with open(file, encoding="utf-8") as settings:
            text = settings.read(1 << 16)
    except (OSError, UnicodeDecodeError):
        return None
    if "genome" not in text:
        return None
    import tomllib  # 10 ms, for the few who name a store

    named = tomllib.loads(text).get("genome")
    if not isinstance(named, str):
        return None
    return os.path.join(os.path.dirname(file), os.path.expanduser(named))


def _main_tree(top: str) -> str:
    """Return the main work tree of a linked one that its repository knows, else the tree itself."""
    entry = os.path.join(top, ".git")
    pointer = _line(entry) if os.path.isfile(entry) else ""
    if not pointer.startswith("gitdir:"):
        return top
    own = os.path.realpath(os.path.join(top, pointer.removeprefix("gitdir:").strip()))
    common = os.path.realpath(os.path.join(own, _line(os.path.join(own, "commondir")) or "."))
    back = os.path.realpath(os.path.join(own, _line(os.path.join(own, "gitdir")) or "."))
    known = back == os.path.realpath(entry) and os.path.dirname(own) == os.path.join(common, "worktrees")
    return os.path.dirname(common) if known and os.path.basename(common) == ".git" else top


def _line(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline(4096).strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _print_brief(store: str) -> None:
    """Print what the server has written down, if it wrote it here: a project could bring such a file with it."""
    path = os.path.join(store, "brief.md")
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return
    with open(path, encoding="utf-8") as file:
        head, text = file.readline(200), file.read(4 * MOST_BRIEF)
    word, written, place = head.removeprefix("<!-- ").removesuffix(" -->\n").rsplit(" ", 2)
    if word != "cistron brief" or place != mark_of(store):
        return
    days = int((time.time() - float(written)) / 86_400)
    if days >= OLD_DAYS:
        text = f"(Written {days} days ago; files and notes may have changed since.)\n{text}"
    os.write(1, text[:MOST_BRIEF].rstrip().encode() + b"\n")  # nothing is left for a flush at the end to fail at


def mark_of(store: str) -> str:
    """Return what tells this folder from a copy of it: nobody can put it into an archive."""
    found = os.lstat(store)
    return f"{found.st_dev}:{found.st_ino}"


def _tell(store: str, message: dict[str, object]) -> bool:
    """Tell the servers that should know; say whether one has taken it.

    An edit is told to one, first to a server that the same client started. That a context is lost is told to all such
    servers, and to all there are where none is.
    """
    if not hasattr(socket, "AF_UNIX"):
        return False
    names = sorted(name for name in os.listdir(store) if name.startswith("hook-") and name.endswith(".sock"))
    if not names:
        return False
    elders = _elders()
    own = [name for name in names if name.split("-")[1] in elders]
    is_edit = message["event"] == "touch"
    asked = own + [name for name in names if name not in own] if is_edit else own or names
    deadline, taken = time.monotonic() + SOCKET_LIMIT_S, False
    for name in asked:
        line = json.dumps({**message, "own": name in own}).encode() + b"\n"
        taken = _send(store, name, line, deadline) or taken
        if taken and is_edit:
            break
    return taken


def _send(store: str, name: str, line: bytes, deadline: float) -> bool:
    path = os.path.join(store, name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            if len(os.fsencode(path)) > 100:  # the kernel's limit is 108, elsewhere 104
                os.chdir(store)
                path = name
            for step in (lambda: connection.connect(path), lambda: connection.sendall(line)):
                connection.settimeout(max(0.001, deadline - time.monotonic()))
                step()
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            return connection.recv(3) == b"ok\n"
        except OSError:
            return False


def _elders() -> list[str]:
    """Return the processes that this one descends from, nearest first, as far as the system tells."""
    elders = [str(os.getppid())]
    while len(elders) < 8:
        try:
            with open(f"/proc/{elders[-1]}/stat", encoding="utf-8", errors="replace") as file:
                parent = file.read().rpartition(")")[2].split()[1]
        except (OSError, IndexError):
            break
        if parent in ("0", "1"):
            break
        elders.append(parent)
    return elders


def _spool(store: str, message: dict[str, object]) -> None:
    """Leave a line for the next server: one write at the end of a file that nobody else can have made a link."""
    with_care = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    folder, file = os.path.split(os.path.join(store, SPOOL_FILE))
    if not os.path.lexists(folder):
        os.mkdir(folder, 0o700)
    if _there(folder) is None:
        return
    deadline = time.monotonic() + SPOOL_LIMIT_S
    while time.monotonic() < deadline:
        path = os.path.join(folder, file)
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | with_care, 0o600)
        try:
            if not _locked(number, deadline):
                return
            found = os.fstat(number)
            if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_SPOOL:
                return
            if found.st_nlink == 1:  # otherwise a server has just taken it away
                os.write(number, json.dumps(message).encode() + b"\n")
                return
        finally:
            os.close(number)


def _locked(number: int, deadline: float) -> bool:
    """Keep others from the file while a line is written; a server that takes it away holds the lock for a moment."""
    try:
        import fcntl  # Windows has none
    except ImportError:
        return True
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        else:
            return True


if __name__ == "__main__":
    sys.exit(main())
