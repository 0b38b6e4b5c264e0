"""Compares what takes turns: in each round every side measures one figure, so that whatever else the machine does
hits all of them."""

import random
import statistics
from typing import Callable, NamedTuple, Optional

RESAMPLES = 10_000
CONFIDENCE = 0.95


class Side(NamedTuple):
    name: str
    measure: Callable[[], float]  # for a while; gives the p50 of that in milliseconds
    against: Optional[int]  # with which side of its row it is compared


class Estimate(NamedTuple):
    value: float
    low: float
    high: float


def take_turns(sides, rounds):
    """The figures of each side, one of each round. The order is reversed from round to round, and there is one round
    more than asked for: the first only warms up."""
    figures = [[] for _ in sides]
    order = list(range(len(sides)))
    for _ in range(rounds + 1):
        for index in order:
            figures[index].append(sides[index].measure())
        order.reverse()
    return [own[1:] for own in figures]


def estimate(values, seed):
    """The median and its confidence interval: percentiles of the medians of resamples (bootstrap)."""
    return estimate_of_groups([values], seed)


def estimate_of_groups(groups, seed):
    """The same where the values of one group have something in common, as those of one process have: resamples are of
    the groups, and of the values of each."""
    source = random.Random(seed)

    def resample():
        drawn = source.choices(groups, k=len(groups)) if len(groups) > 1 else groups
        return statistics.median(value for values in drawn for value in source.choices(values, k=len(values)))

    medians = sorted(resample() for _ in range(RESAMPLES))
    beyond = round(RESAMPLES * (1 - CONFIDENCE) / 2)
    return Estimate(statistics.median(value for values in groups for value in values), medians[beyond], medians[-1 - beyond])


def compare(figures, against, seed):
    """The ratio of one side to another and the difference, both within rounds."""
    rounds = list(zip(figures, against, strict=True))
    return (estimate([own / other for own, other in rounds], seed),
            estimate([own - other for own, other in rounds], seed))
