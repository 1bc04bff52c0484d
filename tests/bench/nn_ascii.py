"""Bytes in and out again: how many bits each codec holds exactly, and two nets that learn the loop of one byte.

A codec holds n bits if the two constant, the two alternating and 300 random strings of n bits all come back. The nets
read the 8 bits of a byte one by one and must give all 8 back from the last state: phases that halve at every step (the
seeds' binary alignment), phases that are told which bit they read, and a GRU of either input. Exits 1 when a capacity
is not what it must be.
"""

import random
import sys
import time

import numpy as np
import torch
from shared.nn_rivals import HEAD, RATES, Gru, Run, parameters, summary
from shared.report import show
from torch import nn

from cistron.memory_core import codec
from cistron.memory_core.nn.phase import PhaseConfig, PhaseNet

SEEDS, STEPS, MOST_BITS = range(5), 600, 100_000
WANTED = {"dyadic, float32": 24, "dyadic, float64": 53, "integer": MOST_BITS}


def survives(bits: list[int], name: str) -> bool:
    """Tell whether a string comes back, last bit first from a phase."""
    if name == "integer":
        return codec.unpacked(codec.packed(bits)) == bits
    turn = np.float32(0) if name.endswith("32") else np.float64(0)
    for bit in bits:
        turn = codec.pushed(turn, bit)
    back: list[int] = []
    for _ in bits:
        bit, turn = codec.popped(turn)
        back.append(bit)
    return back[::-1] == bits


def capacity(name: str) -> int:
    """Return the longest string of bits that always comes back; an integer is asked at one length only."""
    draw = random.Random(0)
    if name == "integer":
        return MOST_BITS if survives([draw.randint(0, 1) for _ in range(MOST_BITS)], name) else 0
    for length in range(1, 80):
        words = [[bit] * length for bit in (0, 1)] + [[(at + bit) % 2 for at in range(length)] for bit in (0, 1)]
        words += [[draw.randint(0, 1) for _ in range(length)] for _ in range(300)]
        if not all(survives(word, name) for word in words):
            return length - 1
    return 79


def run(name: str, seed: int, rate: float) -> tuple[nn.Module, Run]:
    """Train on all 256 bytes, and return the share of bytes of which every bit comes back."""
    bits = ((torch.arange(256).unsqueeze(1) >> torch.arange(8)) & 1).float()
    generator, start = torch.Generator().manual_seed(seed), time.process_time()
    x = bits.unsqueeze(-1)  # one bit a step, (bytes, time, 1)
    if name.endswith("indexed"):
        x = x * torch.eye(8)  # the bit at its own place among eight inputs
    inputs = x.shape[-1]
    net: nn.Module = Gru(inputs, 16, 8, generator)
    if name == "phases, halved":
        net = PhaseNet((PhaseConfig(1, 4, (1, 2, 4, 8, 16, 32, 64, 128), decay=(0.5,), bias=False),), 8, generator)
    if name == "phases, indexed":
        net = PhaseNet((PhaseConfig(inputs, 16, (1,), bias=False),), 8, generator)
    optimizer = torch.optim.Adam(net.parameters(), rate)
    found, steps = 0.0, 0
    while steps < STEPS and found < 1:
        steps += 1
        answer = net(x)
        logits = (answer[0] if isinstance(net, PhaseNet) else answer)[:, -1]
        found = float(((logits > 0) == (bits > 0.5)).all(1).float().mean())
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(logits, bits).backward()
        optimizer.step()
    return net, Run(found, steps, round(time.process_time() - start, 1))


def main() -> int:
    """Count bits, train, print, and hold the capacities against what they must be."""
    held = {name: capacity(name) for name in WANTED}
    table: list[list[object]] = [["codec", "bits held"], *([name, f"{bits:,}"] for name, bits in held.items())]
    missed = [name for name in WANTED if held[name] != WANTED[name]]
    text = random.Random(1).randbytes(10_000)
    if codec.decode(codec.encode(list(text))) != list(text):
        missed.append("10,000 bytes by rANS")
    learned: list[list[object]] = [list(HEAD), ["chance", 0, "-", "0.0039 / 0.0039", "-", "-"]]
    report: dict[str, list[float]] = {}
    for name in ("phases, halved", "phases, indexed", "GRU", "GRU, indexed"):
        rate = max(RATES, key=lambda r, n=name: (lambda found: (found.accuracy, -found.epochs))(run(n, 99, r)[1]))
        runs = [run(name, seed, rate) for seed in SEEDS]
        report[name] = [one.accuracy for _, one in runs]
        learned.append(summary(f"{name}, rate {rate:g}", parameters(runs[0][0]), [one for _, one in runs]))
    show({"bench": "nn_ascii", "bits": held, "bytes_right": report, "missed": missed}, table)
    show({"bench": "nn_ascii_learned"}, learned)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
