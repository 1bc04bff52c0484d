"""Words through a relay of eight angles, a byte through eight bits, and sums of colours: chance and a GRU beside each.

*Relay*: words of four symbols of sixteen, learned on 1,024 and asked about 1,024 others; the message is rounded to so
many levels of a turn. *As in the seed* the receiver is trained on random phases that no word has to do with; with a
*fixed sender* only the receiver learns. *Sandwich*: the seed's duel, both ends exchange the eight hard bits of a byte,
all 256 of them. *Colours*: hues in whole degrees, a - b + c. Exits 1 when both ends do not beat chance.
"""

import math
import random
import sys
import time

import torch
from shared.nn_rivals import RATES, parameters, spread
from shared.report import say, show
from torch import Tensor

from cistron.memory_core.nn.crystal import Relay, hue, trained, turned

SEEDS, STEPS, WORDS = range(5), 300, 1_024
LEVELS = (16, 4)
SENDERS = ("as in the seed", "phases, fixed", "phases", "GRU")


def words(seed: int, places: int, symbols: int) -> Tensor:
    return torch.randint(0, symbols, (WORDS, places), generator=torch.Generator().manual_seed(seed))


def share(relay: Relay, asked: Tensor, levels: int) -> float:
    """Return the share of words of which every symbol is read right."""
    with torch.no_grad():
        return round(float((relay(asked, levels).argmax(-1) == asked).all(1).float().mean()), 4)


def sent(name: str, seed: int, rate: float, learned: Tensor, symbols: int, levels: int) -> Relay:
    """Return a relay whose ends learned, or of which one did."""
    generator = torch.Generator().manual_seed(seed)
    relay = Relay(learned.shape[1], symbols, 8, generator, "gru" if name == "GRU" else "phases")
    if name in {"as in the seed", "phases, fixed"}:
        relay.sender.requires_grad_(requires_grad=False)
    if name == "as in the seed":
        phases = 2 * math.pi * torch.rand(len(learned), 8, generator=generator)
        optimizer = torch.optim.Adam(relay.receiver.parameters(), rate)
        for _ in range(STEPS):
            loss = torch.nn.functional.cross_entropy(relay.receiver(phases).flatten(0, 1), learned.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return relay
    return trained(relay, learned, STEPS, rate, levels)


def tuned(name: str, places: int, symbols: int, levels: int) -> float:
    """Return the rate with which a first seed reads most of what it learned."""
    learned = words(1, places, symbols)
    return max(RATES, key=lambda rate: share(sent(name, 99, rate, learned, symbols, levels), learned, levels))


def measured(
    name: str, rate: float, places: int, symbols: int, levels: int, *, every: bool = False
) -> tuple[list[float], int, float]:
    """Return the share read right for each seed, how many numbers learn, and the CPU seconds."""
    learned = torch.arange(symbols**places).unsqueeze(1) // symbols ** torch.arange(places) % symbols if every else None
    train_on, ask = (
        (learned, learned) if learned is not None else (words(1, places, symbols), words(2, places, symbols))
    )
    start = time.process_time()
    relays = [sent(name, seed, rate, train_on, symbols, levels) for seed in SEEDS]
    cpu = time.process_time() - start
    return [share(relay, ask, levels) for relay in relays], parameters(relays[0]), round(cpu, 1)


def colours() -> float:
    """Return the share of a - b + c that come out in the right whole degree, of 10,000 drawn."""
    draw, right = random.Random(0), 0
    for _ in range(10_000):
        a, b, c = (draw.randrange(360) for _ in range(3))
        found = turned(math.radians(a), -math.radians(b), math.radians(c))
        right += round(math.degrees(found)) % 360 == (a - b + c) % 360
    assert math.isclose(turned(hue(1, 0, 0), hue(0, 1, 0)), hue(0, 1, 0))
    return right / 10_000


def main() -> int:
    """Train, print, and hold against chance."""
    table: list[list[object]] = [["ends", "levels", "parameters", "seeds", "words right min / median", "cpu s"]]
    table.append(["relay: chance", "-", 0, "-", f"{16**-4:.5f}", "-"])
    report: dict[str, list[float]] = {}
    missed: list[str] = []
    for name in SENDERS:
        rate = tuned(name, 4, 16, LEVELS[0])
        for levels in LEVELS:
            shares, size, cpu = measured(name, rate, 4, 16, levels)
            report[f"relay, {name}, {levels}"] = shares
            table.append([f"relay: {name}", levels, size, len(SEEDS), spread(shares), cpu])
            say(f"relay, {name}, {levels} levels: {shares}, {cpu} s")
            if name == "phases" and min(shares) <= 10 * 16**-4:
                missed.append(f"a relay of {levels} levels is at chance")
    table.append(["sandwich: chance", 2, 0, "-", f"{1 / 256:.5f}", "-"])
    for name in ("phases", "GRU"):
        shares, size, cpu = measured(name, tuned(name, 8, 2, 2), 8, 2, 2, every=True)
        report[f"sandwich, {name}"] = shares
        table.append([f"sandwich: {name}", 2, size, len(SEEDS), spread(shares), cpu])
    found = colours()
    table += [["colours: chance", "-", 0, "-", f"{1 / 360:.4f}", "-"], ["colours: angles", "-", 0, "-", found, "-"]]
    missed += [] if found == 1 else ["colours do not add up"]
    show({"bench": "nn_crystal", "words_right": report, "colours": found, "missed": missed}, table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
