"""The server's side of the hooks: hear what a client's hooks tell, read what they left, write the brief they print."""

from __future__ import annotations

import logging
import os
import queue
import socket
import stat
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..genome.errors import GenomeError
from ..tools.brief import BriefTools
from ..tools.caller import acting
from ..tools.errors import ToolsError
from ..tools.services import Services
from ..tools.verify import VerifyTools
from .hook import mark_of
from .spool import event_of, take

logger = logging.getLogger(__name__)
IDLE_S = 2.0
BRIEF_EVERY_S = 60.0
LINE_LIMIT_S = 0.1
MOST_LINE = 16 << 10
MOST_WAITING = 10_000
LONGEST_PATH = 100  # of a socket: the kernel's limit is 108 bytes, elsewhere 104


def listen(services: Services, *, own_client: bool = True) -> None:
    """Hear hooks until the services are closed.

    Args:
        services: What the hooks are about.
        own_client: Whether this process was started by the one client that it serves, as over stdio.
    """
    listener = HookListener(services, os.getppid() if own_client else 0)
    services.before_close.append(listener.stop)
    listener.start()


class HookListener:
    """Hears the hooks of one server from `start` to `stop`, on threads of its own.

    Args:
        services: What the hooks are about.
        client: The process of the one client that is served, 0 where there are several.
    """

    def __init__(self, services: Services, client: int) -> None:
        self._services = services
        self._store = services.genome.parent
        self._waiting: queue.Queue[dict[str, object] | None] = queue.Queue(MOST_WAITING)
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._threads: list[threading.Thread] = []
        self._socket: socket.socket | None = None
        self._path = self._store / f"hook-{client}-{os.getpid()}.sock"
        self._verify = VerifyTools(services)
        self._brief = BriefTools(services)
        self._briefed: tuple[int, float] | None = None  # generation and time of the last brief

    def start(self) -> None:
        """Begin to listen; where there can be no socket, the spool alone is read."""
        for name, target in (("hooks", self._work), ("hook-socket", self._listen)):
            thread = threading.Thread(target=target, name=f"cistron-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stop listening and take the socket away. Calling it again does nothing."""
        self._stop.set()
        self._ready.set()
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # ends the wait for a connection
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout=5)
        with suppress(OSError):
            self._path.unlink()

    def _work(self) -> None:
        """Apply events one after another, and look at the spool and the brief when none has come for a while."""
        try:
            self._services.engine()
        except (GenomeError, ToolsError) as error:
            logger.info("hooks are not heard: %s", error)
            return
        self._ready.set()
        self._look_around()
        while not self._stop.is_set():
            try:
                event = self._waiting.get(timeout=IDLE_S)
            except queue.Empty:
                self._look_around()
                continue
            if event is not None:
                self._apply(event)

    def _look_around(self) -> None:
        for event in take(self._store, time.time()):
            if self._stop.is_set():
                return
            self._apply({**event, "own": False})
        try:
            self._write_brief()
        except (GenomeError, ToolsError, OSError) as error:
            logger.info("no brief was written: %s", error)

    def _apply(self, event: dict[str, object]) -> None:
        """Do what an event asks for; what cannot be done is logged."""
        own = event.get("own") is True
        caller = self._services.caller
        session = caller.session if own else str(event["session"]) or caller.session
        try:
            with acting(replace(caller, session=session)):
                if event["event"] == "forget":
                    recorder = self._services.engine().recorder
                    for name in {session, *(recorder.sessions() if own else ())}:
                        recorder.forget_all(name)
                else:
                    self._verify.verify([], used=[str(event["path"])], session=session)
        except (GenomeError, ToolsError) as error:
            logger.info("a hook's %s was not taken: %s", event["event"], error)

    def _listen(self) -> None:
        self._ready.wait()  # the store's folder is made with the store
        try:
            listening = self._socket = self._bound()
        except OSError as error:
            logger.info("hooks are read from the spool alone: %s", error)
            return
        with listening:
            while not self._stop.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    break
                with connection:
                    self._hear(connection)

    def _hear(self, connection: socket.socket) -> None:
        """Take one line from one hook and say that it is taken."""
        data, deadline = b"", time.monotonic() + LINE_LIMIT_S
        with suppress(OSError, queue.Full):
            while not data.endswith(b"\n") and len(data) < MOST_LINE:
                connection.settimeout(max(0.001, deadline - time.monotonic()))
                piece = connection.recv(4096)
                if not piece:
                    return
                data += piece
            event = event_of(data)
            if event is not None:
                self._waiting.put_nowait(event)
                connection.sendall(b"ok\n")

    def _bound(self) -> socket.socket:
        """Return a socket in the store's folder that only its owner can reach.

        Raises:
            OSError: The system or the file system has no such sockets.
        """
        if not hasattr(socket, "AF_UNIX"):
            raise OSError("this system has no such sockets")
        self._remove_dead()
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        folder = None
        try:
            name = str(self._path)
            if len(os.fsencode(name)) > LONGEST_PATH:
                folder = os.open(self._store, os.O_RDONLY)
                name = f"/proc/self/fd/{folder}/{self._path.name}"  # a short name of the same place, on Linux
            with suppress(FileNotFoundError):
                self._path.unlink()
            listening.bind(name)
            os.chmod(self._path, 0o600)
            listening.listen(64)
        except BaseException:  # whatever stopped it, the socket must not stay open
            listening.close()
            raise
        finally:
            if folder is not None:
                os.close(folder)
        return listening

    def _remove_dead(self) -> None:
        """Remove the sockets of servers that were killed."""
        for path in self._store.glob("hook-*-*.sock"):
            process = path.stem.rpartition("-")[2]
            with suppress(OSError):
                if stat.S_ISSOCK(path.lstat().st_mode) and process.isdigit() and not _is_alive(int(process)):
                    path.unlink()

    def _write_brief(self) -> None:
        """Write the brief anew where the store has changed since, at most once a minute."""
        if not self._services.engine().database.writable:
            return
        generation = self._brief.generation()
        if self._briefed and (self._briefed[0] == generation or time.time() - self._briefed[1] < BRIEF_EVERY_S):
            return
        text = self._brief.brief()
        if text is None:
            return
        now = time.time()
        whole = f"<!-- cistron brief {now:.0f} {mark_of(str(self._store))} -->\n{text}\n"
        write_atomically(self._store / "brief.md", whole.encode())
        self._briefed = (generation, now)


def write_atomically(path: Path, data: bytes) -> None:
    """Put bytes in the place of a file of our own, in one step."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:  # a full disk: half a file helps nobody
        with suppress(OSError):
            os.unlink(name)
        raise


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
