"""Events as a short string of bytes and back, without loss.

A sequence over a known alphabet is coded by range asymmetric numeral systems, within one percent of its entropy. The
seeds' "binary alignment" of a phase is a shift register; done in halves of a turn, which floats hold exactly, it keeps
as many bits as the mantissa has, and as an integer any number.

Source: asymmetric numeral systems (Duda 2013).
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence

import numpy as np

PRECISION = 16  # bits of the frequencies' common denominator
_LOW = 1 << 23  # the state is kept in [_LOW, _LOW << 8)
_HEADER = struct.Struct("<4sIHI")
_MAGIC = b"RANS"
MOST_SYMBOLS = 1 << (PRECISION - 1)


def encode(symbols: Sequence[int]) -> bytes:
    """Return a sequence of symbols in [0, 32768) as bytes, with the table to read it.

    Raises:
        ValueError: A symbol is out of range.
    """
    if any(not 0 <= symbol < MOST_SYMBOLS for symbol in symbols):
        raise ValueError(f"symbols must lie in [0, {MOST_SYMBOLS}); number the events first")
    table = _frequencies(symbols)
    starts = _starts(table)
    state, coded = _LOW, bytearray()
    for symbol in reversed(symbols):
        frequency = table[symbol]
        limit = ((_LOW >> PRECISION) << 8) * frequency
        while state >= limit:
            coded.append(state & 0xFF)
            state >>= 8
        state = ((state // frequency) << PRECISION) + state % frequency + starts[symbol]
    header = _HEADER.pack(_MAGIC, len(symbols), len(table), state)
    pairs = b"".join(struct.pack("<HH", symbol, table[symbol] - 1) for symbol in sorted(table))
    return header + pairs + bytes(reversed(coded))


def decode(data: bytes) -> list[int]:
    """Return the sequence that `encode` coded.

    Raises:
        ValueError: The bytes are not such a code, or were cut short.
    """
    if len(data) < _HEADER.size or data[:4] != _MAGIC:
        raise ValueError(f"no code: the bytes begin with {data[:4]!r}, not {_MAGIC!r}")
    _, length, size, state = _HEADER.unpack_from(data)
    at = _HEADER.size + 4 * size
    if len(data) < at:
        raise ValueError(f"a table of {size} symbols is cut short")
    table = {symbol: frequency + 1 for symbol, frequency in struct.iter_unpack("<HH", data[_HEADER.size : at])}
    if length == 0:
        return []
    if sum(table.values()) != 1 << PRECISION:
        raise ValueError("the table of frequencies does not add up; the bytes were changed")
    starts = _starts(table)
    slots = np.repeat(np.array(sorted(table)), [table[symbol] for symbol in sorted(table)]).tolist()
    found: list[int] = []
    for _ in range(length):
        slot = state & ((1 << PRECISION) - 1)
        symbol = slots[slot]
        state = table[symbol] * (state >> PRECISION) + slot - starts[symbol]
        while state < _LOW:
            if at >= len(data):
                raise ValueError(f"the code ends after {len(found)} of {length} symbols")
            state = (state << 8) | data[at]
            at += 1
        found.append(symbol)
    if state != _LOW or at != len(data):
        raise ValueError("the code does not end where its sequence does; the bytes were changed")
    return found


def pushed(turn: float, bit: int) -> float:
    """Return a phase, in turns in [0, 1), with one bit put on top: (turn + bit) / 2.

    Exact for 24 bits in single and 53 in double precision; `popped` takes the last bit off first.
    """
    return (turn + bit) / 2


def popped(turn: float) -> tuple[int, float]:
    """Return the last bit that was put on a phase, and the phase before."""
    bit = int(turn >= 0.5)
    return bit, turn * 2 - bit


def packed(bits: Sequence[int]) -> int:
    """Return any number of bits as one integer, with a leading one so that zeros at the front are kept."""
    return int("1" + "".join(map(str, bits)), 2)


def unpacked(number: int) -> list[int]:
    """Return the bits that `packed` took.

    Raises:
        ValueError: No such integer.
    """
    if number < 1:
        raise ValueError(f"{number} holds no bits; `packed` gives 1 or more")
    return [int(bit) for bit in bin(number)[3:]]


def _frequencies(symbols: Sequence[int]) -> dict[int, int]:
    """Return every symbol's share of the denominator, at least one; they add up to it."""
    counts = Counter(symbols)
    if not counts:
        return {}
    whole = 1 << PRECISION
    table = {symbol: max(1, count * whole // len(symbols)) for symbol, count in counts.items()}
    order = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    excess, place = sum(table.values()) - whole, 0
    while excess:
        symbol = order[place % len(order)]
        change = min(excess, table[symbol] - 1) if excess > 0 else excess
        table[symbol] -= change
        excess -= change
        place += 1
    return table


def _starts(table: dict[int, int]) -> dict[int, int]:
    total, starts = 0, dict[int, int]()
    for symbol in sorted(table):
        starts[symbol] = total
        total += table[symbol]
    return starts
