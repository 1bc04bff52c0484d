"""Bits for each byte of Python source: the causal memory model, with and without its spectral mix, a GRU and a 4-gram.

All networks get the same CPU time and the same text, a released package of which every tenth file is held out; the
control has a second plain layer with as many numbers as the spectral one. A changed last byte must not move an earlier
answer. Exits 1 when the future leaks.
"""

import argparse
import math
import sys
import time
from collections import Counter, defaultdict

import torch
from shared import corpora
from shared.nn_rivals import RATES, parameters, spread
from shared.report import say, show
from torch import Tensor, nn

from cistron.memory_core.nn.crsd import CausalMemoryModel, CrsdConfig
from cistron.memory_core.nn.crsd_training import batch_of, held_out_loss
from cistron.memory_core.nn.recurrent import linear

TIME, BATCH, HELD_OUT = 96, 16, 60_000
PACKAGE = ("werkzeug", "3.1.3")


class GruText(nn.Module):
    """An embedding, a GRU and a softmax."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.embedding, self.cells, self.reading = (
            nn.Embedding(256, 64),
            nn.GRU(64, 160, batch_first=True),
            nn.Linear(160, 256),
        )
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(160**-0.5), 160**-0.5, generator)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.reading(self.cells(self.embedding(tokens))[0]).log_softmax(-1)


def texts() -> tuple[Tensor, Tensor]:
    """Return the learned and the held-out bytes."""
    place = corpora.package(*PACKAGE)
    files = sorted(path for path in place.rglob("*.py"))
    parts = [b"".join(f.read_bytes() for at, f in enumerate(files) if (at % 10 == 9) == held) for held in (False, True)]
    return torch.tensor(list(parts[0])), torch.tensor(list(parts[1][:HELD_OUT]))


def make(name: str, seed: int) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    if name == "GRU":
        return GruText(generator)
    model = CausalMemoryModel(CrsdConfig(256, spectral=name == "memory + spectral"), generator)
    if name == "memory + plain layer":
        for block in model.blocks:
            block.spectral = nn.Sequential(nn.LayerNorm(128), linear(128, 128, generator, gain=0.5))
    return model


def trained(name: str, seed: int, rate: float, seconds: float, learned: Tensor) -> tuple[nn.Module, int]:
    """Train for some CPU seconds, with a rate that falls along a cosine of the time spent."""
    net = make(name, seed)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), rate, weight_decay=0.01)
    start, steps = time.process_time(), 0
    while (spent := (time.process_time() - start) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (steps + 1) / 20) * 0.5 * (1 + math.cos(math.pi * spent))
        x, y = batch_of(learned, BATCH, TIME, generator)
        loss = nn.functional.nll_loss(net(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        steps += 1
    return net, steps


def leaks(net: nn.Module, tokens: Tensor) -> bool:
    """Tell whether a changed last byte moves an earlier answer."""
    changed = tokens.clone()
    changed[-1] = (changed[-1] + 1) % 256
    with torch.no_grad():
        one, other = (net(row.unsqueeze(0))[0, :-1] for row in (tokens, changed))
    return not torch.equal(one, other)


def count_model(learned: list[int], rest: list[int], order: int = 4) -> float:
    """Return the nats for each byte of a Witten-Bell model of so many bytes, the one to be told among them."""
    counts: list[defaultdict[bytes, Counter[int]]] = [defaultdict(Counter) for _ in range(order)]
    data = bytes(learned)
    for at in range(len(data)):
        for back in range(min(order, at + 1)):
            counts[back][data[at - back : at]][data[at]] += 1
    total, text = 0.0, bytes(rest)
    for at in range(1, len(text)):
        chance = 1 / 256
        for back in range(min(order, at + 1)):
            if seen := counts[back].get(text[at - back : at]):
                whole = seen.total()
                chance = (seen[text[at]] + len(seen) * chance) / (whole + len(seen))
        total -= math.log(chance)
    return total / (len(text) - 1)


def main() -> int:
    """Train all in equal time, print, and check that nothing leaks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--models", default="GRU,memory,memory + spectral,memory + plain layer")
    arguments = parser.parse_args()
    learned, rest = texts()
    say(f"{len(learned):,} bytes to learn from, {len(rest):,} held out")
    frequencies = Counter(learned.tolist())
    order0 = -sum(math.log((frequencies[b] + 1) / (len(learned) + 256)) for b in rest.tolist()) / len(rest)
    counted = count_model(learned.tolist(), rest.tolist())
    table: list[list[object]] = [["model", "parameters", "seeds", "bits a byte min / median", "perplexity", "steps"]]
    table += [[name, "-", "-", f"{n / math.log(2):.3f}", f"{math.exp(n):.1f}", "-"]
              for name, n in (("byte frequencies", order0), ("4-gram, Witten-Bell", counted))]  # fmt: skip
    report: dict[str, list[float]] = {"4-gram": [round(counted / math.log(2), 4)]}
    missed: list[str] = []
    for name in arguments.models.split(","):
        rate, tried = 3e-3, {}
        if name in {"GRU", "memory"}:
            for one in RATES:
                net, _ = trained(name, 99, one, arguments.seconds / 3, learned)
                tried[one] = held_out_loss(net, learned[:20_000], TIME)
            rate = min(tried, key=lambda one: tried[one])
        runs = [trained(name, seed, rate, arguments.seconds, learned) for seed in range(arguments.seeds)]
        losses = [held_out_loss(net, rest, TIME) for net, _ in runs]
        if any(leaks(net, rest[:TIME]) for net, _ in runs):
            missed.append(f"{name} sees the future")
        report[name] = [round(loss / math.log(2), 4) for loss in losses]
        size, steps = parameters(runs[0][0]), min(steps for _, steps in runs)
        row = [
            f"{name}, rate {rate:g}",
            size,
            arguments.seeds,
            spread(report[name], 3),
            f"{math.exp(min(losses)):.2f}",
            steps,
        ]
        table.append(row)
        say(" ".join(map(str, row)))
    show({"bench": "nn_text", "seconds": arguments.seconds, "bits_a_byte": report, "missed": missed}, table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
