"""Resonance and transport: how like the spectra of a question's and a text's words are, as the seed had them.

A term is a frequency: a bin of a circle of 256, chosen by its hash, at which stands its idf times the root of its
count, blurred over its neighbours. `resonance` is the cosine of two spectra; `transport` is 1 / (1 + W1), where W1 is
the distance on the circle (Werman et al. 1986). Bins are in the order of hashes, so that neighbours mean nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..lexical import terms_of
from ..query import Query
from .lane import Candidate, Context, Lane

BINS = 256
WIDTH = 1.0
Spectrum = NDArray[np.float64]


def weigh_resonance(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the cosine of the spectra."""
    asked = _of_question(context)
    found = [_of_text(context, candidate) for candidate in candidates]
    norm = float(np.linalg.norm(asked)) or 1.0
    return [float(one @ asked) / (norm * (float(np.linalg.norm(one)) or 1.0)) for one in found]


def weigh_transport(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return how near the one spectrum is to being the other."""
    asked = np.cumsum(_share(_of_question(context)))
    found: list[float] = []
    for candidate in candidates:
        apart = np.cumsum(_share(_of_text(context, candidate))) - asked
        found.append(1 / (1 + float(np.abs(apart - np.median(apart)).sum())))
    return found


def _of_question(context: Context) -> Spectrum:
    return _spectrum({term: weight for term, weight in context.idf.weight.items() if "_" not in term})


def _of_text(context: Context, candidate: Candidate) -> Spectrum:
    counts = Counter(terms_of(candidate.body).split())
    everyday = context.idf.mass / max(1, len(context.idf.weight))
    return _spectrum({term: context.idf.weight.get(term, everyday) * n**0.5 for term, n in counts.items()})


def _spectrum(weights: dict[str, float]) -> Spectrum:
    lines = np.zeros(BINS)
    for term, weight in weights.items():
        lines[_bin(term)] += weight
    return np.fft.irfft(np.fft.rfft(lines) * _blur(), BINS)


@lru_cache(maxsize=1)
def _blur() -> NDArray[np.complex128]:
    away = np.minimum(np.arange(BINS), BINS - np.arange(BINS))
    return np.fft.rfft(np.exp(-0.5 * (away / WIDTH) ** 2))


@lru_cache(maxsize=16_384)
def _bin(term: str) -> int:
    return hashlib.blake2b(term.encode(), digest_size=1).digest()[0]


def _share(spectrum: Spectrum) -> Spectrum:
    total = float(spectrum.sum())
    return spectrum / total if total > 0 else spectrum


RESONANCE = Lane("resonance", weigh=weigh_resonance)
TRANSPORT = Lane("transport", weigh=weigh_transport)
