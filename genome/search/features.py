"""What a question and its hits tell about whether the answer is here: numbers that mean the same in any store.

All lie in about [-1, 1.5] and none grows with the store. `rarity` weighs a term by how common it is in code at large,
the store's own idf by how common it is here; the two together tell a word that is missing by chance from one that is
missing because the subject is another.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..reading.terms import WORD, is_stop_word, terms_of_word
from .commonness import rarity
from .lexical import Idf
from .query import Query
from .rank import Hit
from .wording import assigns, share_of_phrases, together

# Words of asking, as terms: they say what kind of answer is wanted, not what it is about.
ASKING = frozenset(
    """argument chang code come default defin definit describ do doe error explain express find function happen
    implement locat logic method option paramet rais return set show signatur take valu want why work""".split()
)
ASKING_WEIGHT = 0.25
MESSAGE = re.compile(r"\b\w*(?:Error|Exception|Warning|Failure): |[\"'`]\w+ [^\"'`]{8,}|\b(?:raises|traceback)\b")
MOST_CHARS = 2_000  # of a question looked at here; the terms are those of the whole
MOST_NAMES = 4
LOOKED_AT = 8  # hits that are compared with each other; more may be judged
Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about, weighed.

    `weight` is the rarity of each term; `order` the terms of its words in order, compounds left out; `names` what it
    asks for by name, as written; `words` its words that are no words of asking; `rarest` its three rarest terms;
    `phrases` its runs of three words, in lower case; `is_message` says that it quotes an error.
    """

    weight: dict[str, float]
    mass: float
    heaviest: float
    order: tuple[str, ...]
    names: tuple[str, ...]
    words: frozenset[str]
    dotted: tuple[str, ...]
    rarest: tuple[str, ...]
    phrases: tuple[str, ...]
    is_message: bool
    is_path: bool


def subject(query: Query) -> Subject:
    """Weigh a question's terms and find what it asks for by name."""
    text = query.text[:MOST_CHARS]
    weight = {term: rarity(term) * (ASKING_WEIGHT if term in ASKING else 1.0) for term in query.terms}
    order: list[str] = []
    words: list[str] = []
    for word in WORD.findall(text):
        if is_stop_word(word):
            continue
        parts = terms_of_word(word)
        order += parts[:-1] if len(parts) > 1 else parts
        if not ASKING.issuperset(parts):
            words.append(word)
    asked_by_name = [word for word in dict.fromkeys(words) if word.lower() in query.names]
    if len(set(words)) == 1 and words[0].isidentifier():
        asked_by_name = words[:1]
    spoken = text.lower().split()[:48]
    phrases = [" ".join(spoken[i : i + 3]).strip("\"'`:.,?!()") for i in range(len(spoken) - 2)]
    return Subject(
        weight=weight,
        mass=sum(weight.values()) or 1.0,
        heaviest=max(weight.values(), default=0.0) or 1.0,
        order=tuple(order[:32]),
        names=tuple(asked_by_name[:MOST_NAMES]),
        words=frozenset(words[:48]),
        dotted=query.dotted,
        rarest=tuple(sorted(weight, key=lambda term: (-weight[term], term))[:3]),
        phrases=tuple(phrases),
        is_message=bool(MESSAGE.search(text)),
        is_path=bool(query.paths),
    )


def of_items(asked: Subject, idf: Idf, hits: Sequence[Hit]) -> list[Features]:
    """Return the features of each hit, in the order of the hits, which are best first."""
    first = hits[:LOOKED_AT]
    top = max((hit.score for hit in first), default=1.0) or 1.0
    in_file = Counter(hit.source.id for hit in first)
    scores = [hit.score for hit in first]
    found: list[Features] = []
    for number, hit in enumerate(hits):
        features = _of_hit(asked, idf, hit)
        features["score"] = min(1.0, hit.score / top)
        features["place"] = 1 / (1 + number)
        features["by_words"] = 1 / (1 + sum(score > hit.score for score in scores)) if hit.score else 0.0
        features["company"] = max(0, in_file[hit.source.id] - 1) / len(first)
        found.append(features)
    return found


BEST = (
    "share share_here run pairs in_names surprise rarest_held said assigned spelled other_case dotted on_path leaf "
    "phrase owner has_name cosine beside"
).split()
FIRST = "share in_names run pairs surprise cosine beside".split()


def of_packet(
    asked: Subject, idf: Idf, ranking: Sequence[Hit], hits: Sequence[Hit], items: Sequence[Features]
) -> Features:
    """Return the features of a whole answer: of the question against the store, and of the hits together.

    Args:
        asked: What the question is about.
        idf: How rare its terms are in the store.
        ranking: All that was found, best first.
        hits: What may be delivered of it.
        items: The features of these.
    """
    features = _of_store(asked, idf, ranking)
    for name in BEST:
        features[f"best_{name}"] = max((item[name] for item in items), default=0.0)
    for name in FIRST:
        features[f"first_{name}"] = items[0][name] if items else 0.0
    features["missed"] = min((item["missed"] for item in items), default=1.0)
    features["path_missed"] = float(asked.is_path) * (1 - features["best_on_path"])
    features["dotted_missed"] = float(bool(asked.dotted)) * (1 - features["best_dotted"])
    features |= _of_names(asked, hits)
    features |= _of_vectors(ranking, items)
    scores = sorted((hit.score for hit in hits if hit.score), reverse=True)
    features["margin"] = 1 - scores[1] / scores[0] if len(scores) > 1 else 0.5
    features["fall"] = 1 - scores[-1] / scores[0] if len(scores) > 1 else 0.5
    least = min((hit.score for hit in ranking if hit.score), default=0.0)
    features["far_fall"] = 1 - least / scores[0] if scores else 0.5
    by_file: dict[int, set[str]] = {}
    for hit in hits:
        by_file.setdefault(hit.source.id, set()).update(hit.weighed.matched)
    features["union"] = _share(asked, set[str]().union(*by_file.values()))
    features["file_union"] = max((_share(asked, terms) for terms in by_file.values()), default=0.0)
    features["gathered"] = max(Counter(hit.source.id for hit in hits).values(), default=0) / max(1, len(hits))
    features["agreement"] = sum(item["rarest_held"] for item in items) / max(1, len(items))
    return features


def _of_vectors(ranking: Sequence[Hit], items: Sequence[Features]) -> Features:
    """Return how far the best cosine stands out from those of all that was found."""
    cosines = sorted((hit.value("dense") for hit in ranking), reverse=True)
    best = max((item["cosine"] for item in items), default=0.0)
    return {
        "has_vectors": float(any(cosines)),
        "cosine_mean": _mean(cosines),
        "cosine_stands_out": best - _mean(cosines),
        "cosine_margin": cosines[0] - cosines[1] if len(cosines) > 1 else 0.0,
        "agrees": max((min(item["cosine"], item["share"]) for item in items), default=0.0),
    }


def _share(asked: Subject, terms: set[str]) -> float:
    return sum(asked.weight[term] for term in terms) / asked.mass


def _of_store(asked: Subject, idf: Idf, ranking: Sequence[Hit]) -> Features:
    """Return how far the store speaks of what is asked, whatever the hits are."""
    weight = asked.weight
    met = Counter(term for hit in ranking for term in hit.weighed.matched if not idf.held[term])
    absent = {term for term in weight if not idf.held[term] and term not in met}
    surplus = {term: max(-1.0, min(1.0, (rarity(term) - idf.rarity(term, met[term])) / 4)) for term in weight}
    lowest = sorted(surplus[term] for term in weight if term not in ASKING)
    return {
        "absent": sum(weight[term] for term in absent) / asked.mass,
        "absent_rarest": max((weight[term] for term in absent), default=0.0) / asked.heaviest,
        "absent_many": min(1.0, len(absent) / 4),
        "topic": sum(weight[term] * surplus[term] for term in weight) / asked.mass,
        "topic_rarest": sum(surplus[term] for term in asked.rarest) / max(1, len(asked.rarest)),
        "topic_lowest": sum(lowest[:2]) / max(1, len(lowest[:2])),
        "topic_highest": lowest[-1] if lowest else 0.0,
        "length": min(1.5, math.log1p(len(asked.order)) / 3),
        "rarity": asked.mass / max(1, len(weight)) / 10,
        "is_named": float(bool(asked.names)),
        "is_message": float(asked.is_message),
        "has_dotted": float(bool(asked.dotted)),
        "name_absent": _mean([float(terms_of_word(name)[-1] in absent) for name in asked.names]),
    }


def _of_names(asked: Subject, hits: Sequence[Hit]) -> Features:
    """Return what share of the names asked for is defined, or given a value, or merely stands in the hits."""
    leaves = {(hit.place.symbol or "").rpartition(".")[2] for hit in hits}
    lower = {leaf.lower() for leaf in leaves}
    defined = [float(name in leaves) for name in asked.names]
    other = [float(name.lower() in lower) for name in asked.names]
    given = [float(any(assigns(name, hit.body) for hit in hits)) for name in asked.names]
    either = [max(one, two) for one, two in zip(defined, given, strict=True)]
    types = [1 - float(name in leaves) for name in asked.names if re.match(r"_*[A-Z]+[a-z]+[A-Z]?", name)]
    return {
        "names_defined": _mean(defined),
        "names_other_case": _mean(other),
        "names_given": _mean(given),
        "names_open": 1 - _mean(either) if either else 0.0,
        "types_open": _mean(types),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def _of_hit(asked: Subject, idf: Idf, hit: Hit) -> Features:
    matched = hit.weighed.matched
    weight = asked.weight
    values = dict(hit.values)
    missed = max((weight[term] for term in weight if term not in matched), default=0.0)
    run, pairs = together(asked.order, hit.body) if matched else (0.0, 0.0)
    here = sum(idf.rarity(term) for term in matched if idf.held[term])
    symbol = hit.place.symbol or ""
    leaf = symbol.rpartition(".")[2]
    is_head = hit.place.part == 0
    spelled = is_head and leaf in asked.names
    other_case = is_head and any(leaf.lower() == name.lower() for name in asked.names)
    said = set(terms_of_word(leaf)[:3]) if leaf else set[str]()
    given = [word for word in asked.names or asked.words if word != leaf and assigns(word, hit.body)]
    return {
        "share": sum(weight[term] for term in matched) / asked.mass,
        "share_here": hit.share,
        "missed": missed / asked.heaviest,
        "surprise": max(-1.0, min(1.5, (here - math.log(idf.passages + 1.0)) / 15)),
        "rarest_held": sum(term in matched for term in asked.rarest) / max(1, len(asked.rarest)),
        "in_names": sum(weight[term] for term in hit.weighed.in_names) / asked.mass,
        "said": len(said & weight.keys()) / len(said) if said else 0.0,
        "spelled": float(spelled),
        "other_case": float(other_case),
        "leaf": float(is_head and leaf in asked.words),
        "has_name": float(any(name in hit.body for name in asked.names)),
        "dotted": float(any(f".{symbol.lower()}".endswith(f".{name}") for name in asked.dotted)),
        "on_path": float(hit.exact and not other_case),
        "assigned": float(any(word in asked.names for word in given)),
        "owner": float(leaf in asked.words and any(word != leaf for word in given)),
        "run": run,
        "pairs": pairs,
        "phrase": share_of_phrases(asked.phrases, hit.body),
        "is_code": float(hit.kind == "code"),
        "is_head": float(is_head),
        "cosine": values.get("dense", 0.0),
        "beside": values.get("structure", 0.0),
        "size": values.get("size", 0.0),
        "shape": values.get("shape", 0.0),
        "is_long": min(1.0, (hit.place.end_line - hit.place.start_line) / 100),
    }
