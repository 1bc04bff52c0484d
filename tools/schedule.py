"""Reads that cover what is asked for at the least cost: pure functions over refresh targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .models.packet import RefreshTarget

READ_TOKENS = 40  # what one more read costs beside its text: the call and the head of its answer
EXACT = 20  # up to so many targets the best choice within a budget is found, beyond a good one

Cost = Callable[[str, int, int], int]


def order(targets: Iterable[RefreshTarget]) -> list[RefreshTarget]:
    """Return targets most urgent first; ties by path, line and action."""
    return sorted(targets, key=lambda each: (-each.priority, each.path, each.start_line or 0, each.action))


def merged(targets: Sequence[RefreshTarget], cost: Cost) -> list[RefreshTarget]:
    """Join reads of one file that overlap, or whose gap costs less than one more read, and put all in order.

    A joined read has the reason and priority of the most urgent of its parts. Since each gap is either read or not,
    and pays for itself or not, no other grouping is cheaper.

    Args:
        targets: Reads, and targets without lines, which stay as they are.
        cost: Tokens of the lines of a path, from the first to the last inclusive.
    """
    by_path: dict[str, list[RefreshTarget]] = {}
    others: dict[tuple[str, str], RefreshTarget] = {}
    for each in targets:
        if each.start_line is None or each.end_line is None:
            key = (each.path, each.action)
            others[key] = max(others.get(key, each), each, key=lambda one: one.priority)
        else:
            by_path.setdefault(each.path, []).append(each)
    joined = [read for path, reads in by_path.items() for read in _joined(path, reads, cost)]
    return order([*joined, *others.values()])


def _joined(path: str, reads: list[RefreshTarget], cost: Cost) -> list[RefreshTarget]:
    groups: list[list[RefreshTarget]] = []
    last = 0
    for read in sorted(reads, key=lambda each: (each.start_line or 0, each.end_line or 0)):
        start, end = read.start_line or 0, read.end_line or 0
        near = bool(groups) and (start <= last + 1 or cost(path, last + 1, start - 1) <= READ_TOKENS)
        if near:
            groups[-1].append(read)
        else:
            groups.append([read])
        last = max(last, end) if near else end
    return [_one(path, group, cost) for group in groups]


def _one(path: str, group: list[RefreshTarget], cost: Cost) -> RefreshTarget:
    if len(group) == 1:
        return group[0]
    urgent = order(group)[0]
    start, end = group[0].start_line or 0, max(each.end_line or 0 for each in group)
    said = "".join(dict.fromkeys(f": {what}" for each in group if (what := each.action.partition(": ")[2])))
    lines = {"start_line": start, "end_line": end, "action": f"read lines {start}-{end}{said}"}
    return urgent.model_copy(update={**lines, "tokens": cost(path, start, end)})


def affordable(targets: Sequence[RefreshTarget], budget: int) -> list[RefreshTarget]:
    """Return the targets within a budget that settle most, by the sum of their priorities.

    A more urgent target is left out only where what its tokens buy instead is worth more together; of choices worth
    the same, the one with the more urgent targets is taken.

    Args:
        targets: In order of priority.
        budget: Tokens to spend.

    Returns:
        The chosen ones, in the order given.
    """
    chosen = _best(targets, budget) if len(targets) <= EXACT else _greedy(targets, budget)
    return [each for number, each in enumerate(targets) if number in chosen]


Choice = tuple[int, int, tuple[int, ...]]  # worth in thousandths, tokens, which


def _best(targets: Sequence[RefreshTarget], budget: int) -> set[int]:
    """Solve the knapsack: of all choices so far only those are kept that no cheaper one equals in worth."""
    front: list[Choice] = [(0, 0, ())]
    for number, each in enumerate(targets):
        worth = round(1000 * each.priority)
        more = [(w + worth, t + each.tokens, (*c, number)) for w, t, c in front if t + each.tokens <= budget]
        front = _undominated(front + more)
    return set(max(front, key=_rank)[2])


def _rank(choice: Choice) -> tuple[int, tuple[int, ...]]:
    worth, _, which = choice
    return worth, (*(-number for number in which), -EXACT)


def _undominated(choices: list[Choice]) -> list[Choice]:
    kept: list[Choice] = []
    for choice in sorted(choices, key=lambda each: (each[1], -each[0], each[2])):
        if not kept or choice[0] > kept[-1][0] or (choice[0] == kept[-1][0] and _rank(choice) > _rank(kept[-1])):
            kept.append(choice)
    return kept


def _greedy(targets: Sequence[RefreshTarget], budget: int) -> set[int]:
    """Take by worth per token, then the most urgent ones first if that is worth more."""
    numbers = range(len(targets))
    by_density = sorted(numbers, key=lambda n: (-targets[n].priority / max(1, targets[n].tokens), n))
    filled = [_filled(targets, budget, ranked) for ranked in (numbers, by_density)]
    return max(filled, key=lambda chosen: sum(round(1000 * targets[n].priority) for n in chosen))


def _filled(targets: Sequence[RefreshTarget], budget: int, ranked: Iterable[int]) -> set[int]:
    chosen: set[int] = set()
    for number in ranked:
        if targets[number].tokens <= budget:
            chosen.add(number)
            budget -= targets[number].tokens
    return chosen
