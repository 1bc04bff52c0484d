"""What does a hook cost an agent's edit, from the start of its process to its end?

Installs the wheel into a new environment, as a user has it, and runs the hook cold beside `python -S -c pass` of the
same interpreter, pairs interleaved: with nobody listening (spool) and with a server that listens. Prints one line of
JSON on stdout and a table on stderr; exits 1 when the 95th percentile of a way is above the bar.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from shared.report import percentiles, say, show

BAR_MS = 150.0
ROOT = Path(__file__).parents[2]
SOURCES = ("server", "tools", "memory_core", "genome", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")


def installed(folder: Path) -> Path:
    """Build the wheel, install it alone into an environment, and return that environment's programs.

    The hook needs the standard library only, so nothing else is installed; `cistron hook` is run there too.
    """
    copy = folder / "source"
    copy.mkdir()
    for name in SOURCES:
        where = ROOT / name
        (shutil.copytree if where.is_dir() else shutil.copy)(where, copy / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(copy)], check=True)
    venv.create(folder / "env", symlinks=True)
    (wheel,) = folder.glob("*.whl")
    python = folder / "env" / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], check=True)
    return python.parent


def run(command: Sequence[str], event: bytes, cwd: Path) -> float:
    """Return the milliseconds that a process took from its creation to its end."""
    begun = time.perf_counter()
    subprocess.run(command, input=event, cwd=cwd, stdout=subprocess.DEVNULL, check=True)
    return 1000 * (time.perf_counter() - begun)


def answer(listening: socket.socket) -> None:
    """Take one line from each hook that comes, and say so, as a server does."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            connection.recv(1 << 16)
            connection.sendall(b"ok\n")


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=40)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        say("building and installing the wheel")
        programs = installed(folder)
        store = folder / "project" / ".cistron"
        store.mkdir(parents=True)
        project = store.parent
        event = {"session_id": "bench", "cwd": str(project), "tool_name": "Write"}
        event["tool_input"] = {"file_path": str(project / "a.py"), "content": "x = 1\n" * 2_000}
        given = json.dumps(event).encode()
        ways = {
            "python -S -c pass": [str(programs / "python"), "-S", "-c", "pass"],
            "cistron-hook, spool": [str(programs / "cistron-hook"), "PostToolUse"],
            "cistron-hook, server": [str(programs / "cistron-hook"), "PostToolUse"],
            "cistron hook, spool": [str(programs / "cistron"), "hook", "PostToolUse"],
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(pairs + 2):  # the first two fill the disk cache and the compiled files
            for name, command in ways.items():
                path = store / f"hook-{os.getpid()}-1.sock"
                if "server" in name:
                    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
                        listening.bind(str(path))
                        listening.listen()
                        threading.Thread(target=answer, args=(listening,), daemon=True).start()
                        took = run(command, given, project)
                        listening.shutdown(socket.SHUT_RDWR)
                    path.unlink()
                else:
                    took = run(command, given, project)
                if turn > 1:
                    times[name].append(took)
        lines = len((store / "spool" / "hooks.jsonl").read_text().splitlines())
    assert lines == 2 * (pairs + 2), lines  # every spooled event arrived, and none that a server took
    report: dict[str, object] = {"bench": "hook", "pairs": pairs, "bar_p95_ms": BAR_MS}
    rows: list[list[object]] = [["ms", "min", "p50", "p95", "x bare"]]
    base = statistics.median(times["python -S -c pass"])
    for name, found in times.items():
        cuts = percentiles(found)
        rows.append(
            [name, f"{min(found):.0f}", f"{cuts['p50']:.0f}", f"{cuts['p95']:.0f}", f"{cuts['p50'] / base:.1f}"]
        )
        report[name] = {"min": round(min(found), 1), "p50": round(cuts["p50"], 1), "p95": round(cuts["p95"], 1)}
    passed = all(percentiles(found)["p95"] <= BAR_MS for found in times.values())
    show({**report, "passed": passed}, rows)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
