"""The whole bench, part by part, as one document."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any

from simplecell.bench import contest
from simplecell.bench.contest import Outcome, Pace
from simplecell.bench.goals import judge, read_goals
from simplecell.bench.growth import grow
from simplecell.bench.machine import confined, describe
from simplecell.bench.networks import BATCHES, NETS, network
from simplecell.bench.profile import profile, rates
from simplecell.bench.sgemm import rate
from simplecell.bench.start import starts
from simplecell.bench.system import SYSTEMS, System, make_system
from simplecell.bench.target import SEEDS, time_to_target
from simplecell.bench.task import PICTURES, make_task
from simplecell.engines.lanes.layout import LANES
from simplecell.engines.lanes.program import ALONE
from simplecell.errors import EngineError, FetchError, SpecError, UnknownName

PARTS = ("training", "inference", "profile", "start", "target", "growth")

CONTESTS = {"training": contest.train, "inference": contest.infer}

Say = Callable[[str], None]
Document = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What to run."""

    parts: tuple[str, ...] = PARTS
    nets: tuple[str, ...] = NETS
    batches: tuple[int, ...] = BATCHES
    systems: tuple[str, ...] = SYSTEMS
    threads: int = 2
    pace: Pace = field(default_factory=Pace)
    pictures: int = PICTURES
    starts: int = 5
    seeds: tuple[int, ...] = SEEDS

    def __post_init__(self) -> None:
        for what, names, known in (
            ("part of the bench", self.parts, PARTS),
            ("network of the bench", self.nets, NETS),
            ("system", self.systems, SYSTEMS),
        ):
            for name in names:
                if name not in known:
                    raise UnknownName(what, name, known)
        for what, number in (("threads", self.threads), ("repeats", self.pace.repeats)):
            if number < 1:
                raise SpecError(f"{what} is {number}; it takes a whole number, 1 or more.")
        for batch in self.batches:
            if batch < 1:
                raise SpecError(f"a batch of {batch} was asked for; it takes 1 image or more.")


def run(plan: Plan, say: Say) -> Document:
    """Run what is planned; `say` hears, line by line, what is under way.

    Raises
        DataError   the goals are missing or malformed
    """
    goals = read_goals()
    document: Document = {
        "machine": describe(plan.threads),
        "sgemm_gflops": None,
        "absent": {},
        "refused": [],
        "others_percent": {},
    }
    with confined(plan.threads):
        if {"training", "inference"} & set(plan.parts):
            _side_by_side(plan, document, say)
        for part, measure in MEASURES.items():
            if part in plan.parts:
                try:
                    document |= measure(plan, say)
                # What was measured so far is worth having without this part.
                except (EngineError, FetchError) as problem:
                    document["absent"][part] = str(problem)
    document["goals"] = [
        {**asdict(row.goal), "measured": row.measured, "verdict": row.verdict}
        for row in judge(goals, document)
    ]
    return document


def _side_by_side(plan: Plan, document: Document, say: Say) -> None:
    say("the machine's own matrix product")
    best, as_it_is = rate(plan.threads), rate(plan.threads, as_it_is=True)
    document["sgemm_gflops"] = best.gflops
    document["machine"] |= {
        "sgemm_kernel": best.kernel,
        "sgemm_gflops_as_it_is": as_it_is.gflops,
        "sgemm_kernel_as_it_is": as_it_is.kernel,
    }
    systems, absent = _gather(plan)
    document["absent"] |= absent
    for part, net, batch in product(plan.parts, plan.nets, plan.batches):
        if part in CONTESTS:
            say(f"{part} {net}, batch {batch}")
            task = make_task(network(net), batch, plan.threads, plan.pictures)
            outcome = CONTESTS[part](task, systems, plan.pace)
            _enter(document, (part, net, str(batch)), outcome, plan.systems)
            document["machine"]["data"] = task.source


def _enter(
    document: Document, case: tuple[str, str, str], outcome: Outcome, asked: Sequence[str]
) -> None:
    """Write one contest's outcome into the document, the reference's only if it was asked for."""
    part, net, batch = case
    document.setdefault(part, {}).setdefault(net, {})[batch] = {
        name: {**asdict(figures), "share_of_sgemm": figures.gflops / document["sgemm_gflops"]}
        for name in asked
        if (figures := outcome.figures.get(name)) is not None
    }
    noise = document["others_percent"].setdefault(part, {}).setdefault(net, {})
    noise[batch] = outcome.others_percent
    document["refused"] += [
        {"part": part, "net": net, "batch": int(batch), "system": who, "reason": why}
        for who, why in outcome.refused.items()
    ]


def _gather(plan: Plan) -> tuple[dict[str, System], dict[str, str]]:
    systems: dict[str, System] = {}
    absent: dict[str, str] = {}
    for name in plan.systems:
        if name == "reference":
            continue
        try:
            systems[name] = make_system(name, plan.threads)
        except EngineError as problem:
            absent[name] = str(problem)
    return systems, absent


def _profile(plan: Plan, say: Say) -> Document:
    say("what one core can do")
    found: Document = rates()
    peak, plans = found["fma_gflops"], found.setdefault("plans", {})
    # A plan is for one image alone, or for a pack of sixteen.
    sizes = {min(batch, LANES) if batch > ALONE else 1: batch for batch in plan.batches}
    for net, part, size in product(plan.nets, CONTESTS, sorted(sizes)):
        say(f"profile of {part}, {net}, {size} images")
        rows = profile(net, size, part == "training", peak)
        plans.setdefault(net, {}).setdefault(part, {})[str(size)] = rows
    return {"profile": found}


def _start(plan: Plan, say: Say) -> Document:
    say("a first start, with nothing compiled; later starts")
    return dict(starts(plan.starts))


def _target(plan: Plan, say: Say) -> Document:
    say(f"MNIST to 99 %, seeds {', '.join(map(str, plan.seeds))}")
    found = time_to_target(plan.threads, plan.seeds)
    return {"time_to_99_percent_seconds": found["seconds"], "target": found}


def _growth(plan: Plan, say: Say) -> Document:
    return {"growth": grow(plan.threads, say)}


MEASURES: dict[str, Callable[[Plan, Say], Document]] = {
    "profile": _profile,
    "start": _start,
    "target": _target,
    "growth": _growth,
}
"""The parts that are not contests, in their order."""
