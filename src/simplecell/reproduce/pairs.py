"""Two ways of doing a thing, seed by seed: what the one changes against the other.

A seed draws the same first weights, order and validation part for both where their networks
allow it, so that much of what the seed does cancels in the difference.
"""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt

from simplecell.reproduce.experiment import Result


@dataclass(frozen=True)
class Effect:
    """What a change does to a number, over the seeds that both ways have.

    `mean` is other - reference; `in_sd` is it in standard deviations of the reference over its
    seeds; `t` is it over its own standard error, pair by pair, with seeds - 1 degrees of freedom.
    None where there are too few seeds.
    """

    seeds: int
    mean: float
    sd: float | None
    in_sd: float | None
    t: float | None


def effect(
    reference: Mapping[int, Result], other: Mapping[int, Result], name: str
) -> Effect | None:
    """Compare one number of two tasks, seed by seed; None while no seed has both.

    >>> found = effect({0: {"e": 1.0}, 1: {"e": 2.0}}, {0: {"e": 1.5}, 1: {"e": 2.7}}, "e")
    >>> round(found.mean, 6), round(found.t, 6)
    (0.6, 6.0)
    """
    both = sorted(
        seed
        for seed in reference.keys() & other.keys()
        if reference[seed].get(name) is not None and other[seed].get(name) is not None
    )
    if not both:
        return None
    before = [float(reference[seed][name]) for seed in both]
    away = [float(other[seed][name]) - b for seed, b in zip(both, before, strict=True)]
    mean = statistics.fmean(away)
    if len(both) < 2:
        return Effect(1, mean, None, None, None)
    own, sd = statistics.stdev(before), statistics.stdev(away)
    return Effect(
        seeds=len(both),
        mean=mean,
        sd=sd,
        in_sd=mean / own if own else None,
        t=mean / (sd / sqrt(len(both))) if sd else (inf if mean else 0.0),
    )


def signed(value: float | None, digits: int = 2, unit: str = "") -> str:
    """Write a difference with its sign; nothing for None.

    >>> signed(0.123), signed(-2.0, 1, " %"), signed(None)
    ('+0.12', '-2.0 %', '')
    """
    return "" if value is None else f"{value:+.{digits}f}{unit}"
