"""Do our vectors find a function by a sentence about it, alone and beside the lexical lane?

Four packages that no vector was trained on; every docstring is taken out of the files, and its first sentence is the
question, the function it stood in the answer. Fusion's weight is read off half of the packages and reported on the
other half, with a 95 % bootstrap interval of the paired gain. wordllama's vectors are compared where it is installed
(`pip install wordllama==0.4.*`). Prints one line of JSON on stdout and a table on stderr; exits 1 when fusion does not
help.
"""

import ast
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from shared import corpora
from shared.report import say, show

from cistron.genome.reading.vectors import Encoder
from cistron.genome.search import candidates, lexical
from cistron.genome.search.dense import Dense
from cistron.genome.search.query import parse
from cistron.genome.search.rank import rank
from cistron.tools.services import Services

FITTED = {"werkzeug": "3.1.3", "starlette": "0.46.2"}
REPORTED = {"rich": "14.1.0", "networkx": "3.4.2"}
MOST = 400  # questions of a package
LIMIT = 50
WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
RESAMPLES = 2_000
Key = tuple[str, str]  # path, symbol


@dataclass(frozen=True)
class Question:
    """A sentence with the function it was written about."""

    text: str
    answer: Key


@dataclass(frozen=True)
class Scored:
    """What both lanes say of one question's candidates."""

    order: list[Key]  # as `rank` has them
    lexical: dict[Key, float]
    dense: dict[Key, float]


def main() -> int:
    """Measure, print, and say whether fusion helps."""
    encoder = Encoder()
    answers: dict[str, list[tuple[Question, Scored]]] = {}
    other: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, version in {**FITTED, **REPORTED}.items():
            tree = Path(folder) / name
            questions = _strip(corpora.package(name, version), tree)
            answers[name], other[name] = _ask(Path(folder) / f"{name}.db", tree, questions, encoder)
            say(f"{name}: {len(questions)} questions")
    fitted = [pair for name in FITTED for pair in answers[name]]
    weight = max(WEIGHTS, key=lambda w: float(np.mean([_ndcg(_fused(s, w), q) for q, s in fitted])))
    report = {name: _lanes(answers[name], other[name], weight) for name in answers}
    held = [pair for name in REPORTED for pair in answers[name]]
    report["reported"] = _lanes(held, np.concatenate([other[name] for name in REPORTED]), weight)
    gain = np.array([_ndcg(_fused(s, weight), q) - _ndcg(s.order, q) for q, s in held])
    low, high = _interval(gain)
    passed = low > 0
    head = {"bench": "embedding", "passed": passed, "model": encoder.model, "dense_weight": weight}
    gains = {"gain": round(float(gain.mean()), 4), "interval": [round(low, 4), round(high, 4)]}
    show({**head, "reported_on": list(REPORTED), **gains, "found": report}, _table(report))
    says = "helps" if passed else "DOES NOT HELP"
    say(f"fusion at {weight} {says}: NDCG@10 {gain.mean():+.4f} [{low:+.4f}, {high:+.4f}] over the lexical lane")
    return 0 if passed else 1


def _strip(source: Path, target: Path) -> list[Question]:
    """Write a tree without docstrings; return a question for each function that had one."""
    found: list[Question] = []
    for path in corpora.files(source):
        name = path.relative_to(source).as_posix()
        text = path.read_text(errors="replace")
        if path.suffix == ".py" and "/tests/" not in name:
            text, sentences = _without_docstrings(text)
            found += [Question(sentence, (name, symbol)) for symbol, sentence in sentences]
        if path.suffix == ".py":
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_text(text)
    found = list({question.text: question for question in found}.values())
    step = max(1, len(found) // MOST)
    return found[::step][:MOST]


def _without_docstrings(text: str) -> tuple[str, list[tuple[str, str]]]:
    tree = ast.parse(text)
    lines = text.splitlines()
    sentences: list[tuple[str, str]] = []
    cuts: list[ast.stmt] = []

    def visit(parent: ast.AST, prefix: str) -> None:
        for node in ast.iter_child_nodes(parent):
            symbol = prefix
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                symbol = f"{prefix}{node.name}."
                docstring = ast.get_docstring(node) or ""
                sentence = re.split(r"(?<=[.:])\s", docstring.partition("\n\n")[0] + " ")[0].replace("\n", " ").strip()
                if docstring:
                    cuts.append(node.body[0])
                is_long = not isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.body[0].lineno > 3
                if docstring and is_long and len(re.findall(r"[A-Za-z]{2,}", sentence)) >= 5:
                    sentences.append((symbol[:-1], sentence))
            visit(node, symbol)

    visit(tree, "")
    if ast.get_docstring(tree) is not None:
        cuts.append(tree.body[0])
    for cut in sorted(cuts, key=lambda node: -node.lineno):
        indent = lines[cut.lineno - 1][: cut.col_offset]
        lines[cut.lineno - 1 : cut.end_lineno] = [f"{indent}..."] if not indent.strip() else [f"{indent} ..."]
    return "\n".join(lines) + "\n", sentences


def _ask(
    store: Path, tree: Path, questions: Sequence[Question], encoder: Encoder
) -> tuple[list[tuple[Question, Scored]], np.ndarray]:
    services = Services(store, [tree])
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    database = services.engine().database
    dense = Dense(encoder)
    begun = time.thread_time()
    count = dense.update(database, lambda: False)
    say(f"{tree.name}: {count} passages embedded, {count / (time.thread_time() - begun):,.0f} a CPU second")
    with database.snapshot() as connection:
        roots = {root.id: root for root in services.roots()}
        scored = [(question, _score(connection, dense, question, roots)) for question in questions]
        compared = _wordllama(connection, questions)
    services.close()
    return scored, compared


def _score(connection, dense: Dense, question: Question, roots) -> Scored:
    query = parse(question.text)
    hits = rank(connection, query, list(roots.values()), LIMIT)
    keys = [(hit.source.path, hit.place.symbol or "") for hit in hits]
    words = {}
    for key, hit in zip(keys, hits, strict=True):
        words[key] = max(words.get(key, 0.0), hit.score)
    near = dict(dense.propose(connection, question.text, LIMIT))
    cosines: dict[Key, float] = {}
    idf = lexical.Idf(connection, query.terms)
    for spot in candidates.standing(connection, near, roots):
        key = (spot.source.path, spot.place.symbol or "")
        cosines[key] = max(cosines.get(key, 0.0), near[spot.place.passage])
        if key not in words:
            text = connection.execute(
                "select text from chunk join passage p on p.chunk = chunk.id where p.id = ?", (spot.place.passage,)
            ).get
            fields = {"symbol": key[1], "heading": spot.place.heading or "", "path": key[0], "body": text}
            words[key] = lexical.weigh(idf, fields).score
    return Scored(list(dict.fromkeys(keys)), words, cosines)


def _fused(scored: Scored, weight: float) -> list[Key]:
    """Order by a convex sum: lexical score as a share of the best one, cosine as a share of the best one."""
    best = max(scored.lexical.values(), default=0) or 1.0
    nearest = max(scored.dense.values(), default=0) or 1.0
    floor = min(scored.dense.values(), default=0)  # what is not among the nearest is no nearer than the last of them

    def score(key: Key) -> float:
        cosine = scored.dense.get(key, floor)
        return (1 - weight) * scored.lexical.get(key, 0.0) / best + weight * cosine / nearest

    return sorted(scored.lexical.keys() | scored.dense.keys(), key=lambda key: (-score(key), key))


def _nearest(scored: Scored) -> list[Key]:
    return sorted(scored.dense, key=lambda key: (-scored.dense[key], key))


def _ndcg(order: Sequence[Key], question: Question) -> float:
    place = order[:10].index(question.answer) if question.answer in order[:10] else None
    return 0.0 if place is None else float(1 / np.log2(place + 2))


def _lanes(pairs: list[tuple[Question, Scored]], compared: np.ndarray, weight: float) -> dict[str, dict[str, float]]:
    orders: dict[str, Callable[[Scored], list[Key]]] = {
        "lexical": lambda scored: scored.order,
        "dense": _nearest,
        **{f"fused {w}": (lambda scored, w=w: _fused(scored, w)) for w in WEIGHTS},
    }
    found: dict[str, dict[str, float]] = {}
    for name, order in orders.items():
        lists = [(order(scored), question) for question, scored in pairs]
        values = np.array([_ndcg(keys, question) for keys, question in lists])
        low, high = _interval(values)
        found[name] = {
            "ndcg": round(float(values.mean()), 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "hit1": round(float(np.mean(values == 1.0)), 4),
            "hit10": round(float(np.mean(values > 0)), 4),
        }
    if len(compared):
        ranks = compared
        values = np.where(ranks < 10, 1 / np.log2(ranks + 2), 0.0)
        low, high = _interval(values)
        found["wordllama"] = {
            "ndcg": round(float(values.mean()), 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "hit1": round(float(np.mean(ranks == 0)), 4),
            "hit10": round(float(np.mean(ranks < 10)), 4),
        }
    return {"questions": {"count": len(pairs)}, **found}


def _wordllama(connection, questions: Sequence[Question]) -> np.ndarray:
    """Return the rank of each answer by wordllama's vectors, with the same text; nothing where it is not installed."""
    try:
        import wordllama
    except ImportError:
        return np.zeros(0)
    folder = Path(wordllama.__file__).parent  # its wheel holds both files, but its loader looks elsewhere for one
    model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    sql = """
        select s.path, coalesce(p.symbol, ''), c.text
        from source s
        join place l on l.content = s.content
        join passage p on p.id = l.passage
        join chunk c on c.id = p.chunk
        order by s.path, l.ordinal
    """
    rows_held = list(connection.execute(sql))
    keys = [(path, symbol) for path, symbol, _ in rows_held]
    split = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
    documents = [" ".join(split.findall(" ".join(row))) for row in rows_held]
    rows = np.asarray(model.embed(documents, norm=True))
    asked = np.asarray(model.embed([" ".join(split.findall(question.text)) for question in questions], norm=True))
    rows, asked = rows - rows.mean(0), asked - asked.mean(0)  # apart, as ours
    scores = asked @ (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).T
    ranks = []
    for question, row in zip(questions, scores, strict=True):
        right = [row[at] for at, key in enumerate(keys) if key == question.answer]
        ranks.append(float(np.sum(row > max(right))) if right else np.inf)
    return np.array(ranks)


def _interval(values: np.ndarray) -> tuple[float, float]:
    random = np.random.default_rng(0)
    means = values[random.integers(0, len(values), (RESAMPLES, len(values)))].mean(1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def _table(report: dict[str, dict[str, dict[str, float]]]) -> list[list[object]]:
    rows: list[list[object]] = [["", "questions", "NDCG@10", "low", "high", "hit@1", "hit@10"]]
    for name, lanes in report.items():
        count = lanes["questions"]["count"]
        for lane, found in lanes.items():
            if lane != "questions":
                rows.append([f"{name} {lane}", count, *found.values()])
    return rows


if __name__ == "__main__":
    sys.exit(main())
