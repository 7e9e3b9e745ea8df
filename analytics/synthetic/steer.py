"""Put labels on given survival times until a log-rank statistic is met, all margins kept.

The demonstration cohort must reproduce published P values. The times stay as drawn; only who carries which
label is searched, by swapping two labels at a time and keeping what brings the statistic nearer. Sums,
products and quotients only: every machine takes the same steps.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from analytics.synthetic.dice import Dice

Times = Sequence[tuple[int, bool]]


def logrank_statistic(times: Times, labels: Sequence[Hashable], *, worse: Hashable = None) -> float:
    """Return the k-sample log-rank chi-square (hypergeometric variance), from its definition.

    With `worse`, a label of two, it is negative when that group has fewer events than expected.
    """
    groups = sorted(dict.fromkeys(labels), key=lambda label: label != worse)
    place = {label: number for number, label in enumerate(groups)}
    order = sorted(range(len(times)), key=lambda row: times[row][0])
    codes = [place[labels[row]] for row in order]
    at_risk = [codes.count(code) for code in range(len(groups))]
    size = len(groups) - 1
    score = [0.0] * size
    variance = [[0.0] * size for _ in range(size)]
    start = 0
    while start < len(order):
        day = times[order[start]][0]
        stop = start
        while stop < len(order) and times[order[stop]][0] == day:
            stop += 1
        dead = [codes[row] for row in range(start, stop) if times[order[row]][1]]
        if dead:
            _add(score, variance, at_risk, dead)
        for row in range(start, stop):
            at_risk[codes[row]] -= 1
        start = stop
    statistic = _quadratic_form(score, variance)
    return -statistic if worse is not None and score[0] < 0 else statistic


def _add(score: list[float], variance: list[list[float]], at_risk: list[int], dead: list[int]) -> None:
    total, events = sum(at_risk), len(dead)
    factor = events * (total - events) / (total - 1) if total > 1 else 0.0
    for row in range(len(score)):
        share = at_risk[row] / total
        score[row] += dead.count(row) - events * share
        for column in range(row + 1):
            other = at_risk[column] / total
            variance[row][column] += factor * (share * (1 - share) if row == column else -share * other)


def _quadratic_form(score: list[float], lower: list[list[float]]) -> float:
    """Return score' V^-1 score by Cholesky without square roots (V given by its lower half)."""
    size = len(score)
    unit = [[0.0] * size for _ in range(size)]
    pivot = [0.0] * size
    solved = [0.0] * size
    for row in range(size):
        for column in range(row):
            rest = sum(unit[row][k] * unit[column][k] * pivot[k] for k in range(column))
            unit[row][column] = (lower[row][column] - rest) / pivot[column]
        pivot[row] = lower[row][row] - sum(unit[row][k] * unit[row][k] * pivot[k] for k in range(row))
        solved[row] = score[row] - sum(unit[row][k] * solved[k] for k in range(row))
    return sum(value * value / scale for value, scale in zip(solved, pivot, strict=True))


def steer(
    dice: Dice,
    times: Times,
    labels: Sequence[Hashable],
    *,
    target: tuple[float, float],
    groups: Sequence[Hashable] | None = None,
    worse: Hashable = None,
    attempts: int = 400,
    steps: int = 400,
) -> list[Hashable]:
    """Rearrange the labels until the statistic lies inside `target` (lowest, highest).

    `groups` maps each label to the group tested (small groups pooled); without it the labels are the groups.
    `worse` names the group of two that must do worse.
    """
    pooled = dict(zip(labels, groups or labels, strict=True))
    middle = (target[0] + target[1]) / 2

    def statistic(arranged: Sequence[Hashable]) -> float:
        return logrank_statistic(times, [pooled[label] for label in arranged], worse=worse)

    for _ in range(attempts):
        current = dice.shuffled(labels)
        distance = abs(statistic(current) - middle)
        for _ in range(steps):
            if distance <= (target[1] - target[0]) / 2:
                return current
            one, other = dice.between(0, len(current) - 1), dice.between(0, len(current) - 1)
            if pooled[current[one]] == pooled[current[other]]:
                continue
            current[one], current[other] = current[other], current[one]
            moved = abs(statistic(current) - middle)
            if moved < distance:
                distance = moved
            else:
                current[one], current[other] = current[other], current[one]
    raise RuntimeError(f"no arrangement of the labels reaches a log-rank statistic of {target[0]:g} to {target[1]:g}")
