"""What the benches print: one line of JSON on stdout, a table on stderr."""

import json
import statistics
import sys
from collections.abc import Mapping, Sequence


def show(report: Mapping[str, object], rows: Sequence[Sequence[object]]) -> None:
    """Print a report, and a table whose first row is its head."""
    print(json.dumps(report))
    cells = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        first, *others = zip(row, widths, strict=True)
        line = first[0].ljust(first[1]) + "".join("  " + cell.rjust(width) for cell, width in others)
        print(line.rstrip(), file=sys.stderr)


def say(text: str) -> None:
    """Tell a person what goes on."""
    print(text, file=sys.stderr, flush=True)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99."""
    if len(values) == 1:
        return {"p50": values[0], "p95": values[0], "p99": values[0]}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 3), "p95": round(cuts[94], 3), "p99": round(cuts[98], 3)}


def share(part: int, whole: int) -> float | None:
    """Return a ratio, None of nothing."""
    return round(part / whole, 4) if whole else None
