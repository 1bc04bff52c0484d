"""How much longer does our server take to greet a client than a server of the same SDK that can do nothing?

Prints one line of JSON on stdout and a table on stderr; exits 1 when the bar is missed.
Pairs are interleaved, so that what else the machine does hits both sides. CPU seconds are those of the child until
its first answer: it is killed the moment that has been read.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BAR = 1.10
ANSWER_TIMEOUT_S = 60
BARE = "from mcp.server import MCPServer; MCPServer('bare').run()"
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}},
}


@dataclass(frozen=True)
class Start:
    """One process from its creation to its first answer."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def start(command: Sequence[str], cwd: Path) -> Start:
    """Start a server, greet it, read its answer, kill it."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdin is not None
    assert child.stdout is not None
    signal.alarm(ANSWER_TIMEOUT_S)
    child.stdin.write(json.dumps(HELLO).encode() + b"\n")
    child.stdin.flush()
    answer = json.loads(child.stdout.readline())
    wall = time.perf_counter() - begun
    child.kill()
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = -signal.SIGKILL  # told, so that Popen does not wait for what we have waited for
    child.stdin.close()
    child.stdout.close()
    signal.alarm(0)
    assert "serverInfo" in answer["result"]
    return Start(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> int:
    """Measure, print, and judge the ratio of CPU times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    pairs = parser.parse_args().pairs
    bare, ours = [sys.executable, "-c", BARE], [sys.executable, "-m", "cistron.server", "serve"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "cistron.toml").touch()
        runs = {"bare": [start(bare, place)], "ours": [start(ours, place)]}  # the first fills the disk cache
        for _ in range(pairs):
            runs["bare"].append(start(bare, place))
            runs["ours"].append(start(ours, place))
    report = {"bench": "start", "pairs": pairs, "bar_cpu_ratio": BAR}
    for name, starts in runs.items():
        for field in ("cpu_s", "wall_s", "peak_mb"):
            report[f"{name}_{field}"] = round(statistics.median(getattr(one, field) for one in starts[1:]), 3)
    for field in ("cpu_s", "wall_s"):
        ratios = [
            getattr(o, field) / getattr(b, field) for b, o in zip(runs["bare"][1:], runs["ours"][1:], strict=True)
        ]
        report[f"ratio_{field}"] = round(statistics.median(ratios), 3)
    report["passed"] = report["ratio_cpu_s"] <= BAR
    print(json.dumps(report))
    print(f"{'':8}{'cpu s':>9}{'wall s':>9}{'peak MB':>9}", file=sys.stderr)
    for name in runs:
        cells = "".join(f"{report[f'{name}_{field}']:>9.3f}" for field in ("cpu_s", "wall_s", "peak_mb"))
        print(f"{name:8}{cells}", file=sys.stderr)
    print(f"{'ratio':8}{report['ratio_cpu_s']:>9.3f}{report['ratio_wall_s']:>9.3f}", file=sys.stderr)
    return 0 if report["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
