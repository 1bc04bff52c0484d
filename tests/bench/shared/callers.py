"""Several callers of one process who ask at once."""

import random
import threading
import time
from collections.abc import Sequence

from shared.report import percentiles

from cistron.tools.packet import PacketTools

CALLERS = 4


def together(tools: PacketTools, queries: Sequence[str]) -> dict[str, object]:
    """Have four threads ask all the questions at once, each in an order of its own; return what they waited."""
    took: list[float] = []
    ready = threading.Barrier(CALLERS)

    def call(caller: int) -> None:
        mine = random.Random(caller).sample(queries, len(queries))
        tools.context_packet(mine[0], session=f"caller {caller}")  # its thread's connection
        ready.wait(timeout=60)
        for query in mine:
            begun = time.perf_counter()
            tools.context_packet(query, session=f"caller {caller}")
            took.append((time.perf_counter() - begun) * 1000)

    begun = time.perf_counter()
    threads = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = CALLERS * len(queries) / (time.perf_counter() - begun)
    return {"four_ms": percentiles(took), "four_a_second": round(rate, 1)}
