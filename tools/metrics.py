"""`metrics_tokens`: what the answers of this server and of this store have cost."""

from __future__ import annotations

from collections.abc import Mapping

from .models.introspect import Spent, TokenMetrics
from .services import Services

CHARS_PER_TOKEN = 4  # roughly: counting a text costs more than the sum is worth
FIELDS = ("calls", "text_bytes", "structured_bytes", "text_chars")


class MetricsTools:
    """The tool that says what answers cost."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def metrics_tokens(self) -> TokenMetrics:
        """Ask what this server's answers have cost so far: calls, bytes and tokens by tool, most costly first."""
        services, meter = self._services, self._services.meter
        return TokenMetrics(
            session=_spent(meter.of_session(services.caller)),
            process=_spent(meter.of_process(services.caller)),
            lifetime=_spent(meter.of_store(services.caller, services.engine().database)),
            since=meter.since.isoformat(timespec="seconds"),
        )


def _spent(counts: Mapping[str, int]) -> list[Spent]:
    by_tool: dict[str, dict[str, int]] = {}
    for name, count in counts.items():
        field, _, tool = name.partition(" ")
        by_tool.setdefault(tool, dict.fromkeys(FIELDS, 0))[field] = count
    spent = [
        Spent(
            tool=tool,
            calls=found["calls"],
            text_bytes=found["text_bytes"],
            structured_bytes=found["structured_bytes"],
            tokens=-(-found["text_chars"] // CHARS_PER_TOKEN),
        )
        for tool, found in by_tool.items()
    ]
    return sorted(spent, key=lambda one: (-one.tokens, one.tool))
