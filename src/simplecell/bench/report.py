"""The whole bench, part by part, as one document."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from simplecell.bench import contest
from simplecell.bench.contest import Outcome, Pace
from simplecell.bench.goals import judge, read_goals
from simplecell.bench.growth import grow
from simplecell.bench.machine import Bystanders, confined, describe
from simplecell.bench.networks import BATCHES, NETS, network
from simplecell.bench.sgemm import rate
from simplecell.bench.start import starts
from simplecell.bench.system import SYSTEMS, System, make_system
from simplecell.bench.target import SEEDS, time_to_target
from simplecell.bench.task import PICTURES, make_task
from simplecell.errors import EngineError, FetchError, SpecError, UnknownName

PARTS = ("training", "inference", "start", "target", "growth")

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
    """Run what is planned; `say` hears, line by line, what is under way."""
    bystanders = Bystanders()
    document: Document = {"machine": describe(plan.threads), "sgemm_gflops": None}
    with confined(plan.threads):
        if {"training", "inference"} & set(plan.parts):
            _side_by_side(plan, document, say)
        if "start" in plan.parts:
            say("a first start, with nothing compiled; later starts")
            document |= starts(plan.starts)
        if "target" in plan.parts:
            _target(plan, document, say)
        if "growth" in plan.parts:
            document["growth"] = grow(plan.threads, say)
    document["machine"]["others_percent"] = bystanders.percent()
    judged = judge(read_goals(), document)
    document["goals"] = [
        {**asdict(j.goal), "measured": j.measured, "verdict": j.verdict} for j in judged
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
    systems, document["absent"] = _gather(plan)
    document["refused"] = []
    for part, compete in (("training", contest.train), ("inference", contest.infer)):
        if part not in plan.parts:
            continue
        results = document[part] = {}
        for net in plan.nets:
            results[net] = {}
            for batch in plan.batches:
                say(f"{part} {net}, batch {batch}")
                task = make_task(network(net), batch, plan.threads, plan.pictures)
                document["machine"]["data"] = task.source
                outcome = compete(task, systems, plan.pace)
                results[net][str(batch)] = _shown(outcome, plan, best.gflops)
                document["refused"] += [
                    {"part": part, "net": net, "batch": batch, "system": who, "reason": why}
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


def _shown(outcome: Outcome, plan: Plan, sgemm_gflops: float) -> Mapping[str, Any]:
    """Give the figures of the systems asked for, with the share of the machine's rate."""
    return {
        name: {**asdict(outcome.figures[name]), "share_of_sgemm": figures.gflops / sgemm_gflops}
        for name in plan.systems
        if (figures := outcome.figures.get(name)) is not None
    }


def _target(plan: Plan, document: Document, say: Say) -> None:
    say(f"MNIST to 99 %, seeds {', '.join(map(str, plan.seeds))}")
    document["time_to_99_percent_seconds"] = None
    try:
        found = time_to_target(plan.threads, plan.seeds)
    except FetchError as problem:
        document.setdefault("absent", {})["target"] = str(problem)
        return
    document["time_to_99_percent_seconds"] = found["seconds"]
    document["target"] = found
