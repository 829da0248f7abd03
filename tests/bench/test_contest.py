"""Answers come before times: whoever answers wrongly, or not at all, gets no figure."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from simplecell.bench.answers import STEPS, forwarded, trained
from simplecell.bench.contest import Outcome, Pace, infer, train
from simplecell.bench.engines import Steps
from simplecell.bench.networks import training_flops
from simplecell.bench.system import Forms, Runner, System
from simplecell.bench.task import Task, make_task
from simplecell.engines.protocol import Array
from simplecell.engines.reference import Reference
from simplecell.spec.layers import Conv, Dense, Pool
from simplecell.spec.network import Network

NET = Network(
    "small",
    (1, 6, 6),
    (Conv("C1", 2, (3, 3)), Pool("P2", "mean"), Dense("F3", 3, "softmax")),
)
PACE = Pace(repeats=2, seconds=0.002)


@pytest.fixture
def task() -> Task:
    return make_task(NET, batch=4, threads=1, pictures=16)


class Formulas(System):
    """The reference, entered as a system; `wrong` changes its answer."""

    version = "0"

    def __init__(self, wrong: Callable[[dict[str, Array]], None] | None = None) -> None:
        self.wrong = wrong

    def training(self, task: Task) -> Forms:
        return {
            "formulas": lambda: Answering(
                Steps(Reference().program(task.network), task), self.wrong
            )
        }

    def inference(self, task: Task) -> Forms:
        return {}


class Answering(Runner):
    def __init__(self, runner: Runner, wrong: Callable[[dict[str, Array]], None] | None) -> None:
        self.runner, self.wrong = runner, wrong
        self.advanced = 0

    def reset(self) -> None:
        self.runner.reset()

    def advance(self, steps: int) -> None:
        self.advanced += steps
        self.runner.advance(steps)

    def answer(self) -> Mapping[str, Array]:
        found = dict(self.runner.answer())
        if self.wrong is not None:
            self.wrong(found)
        return found


def stand_still(task: Task) -> Callable[[dict[str, Array]], None]:
    return lambda found: found.update({"C1.w": task.parameters["C1.w"]})


def lose_one(found: dict[str, Array]) -> None:
    del found["F3.b"]


def diverge(found: dict[str, Array]) -> None:
    found["C1.b"] = found["C1.b"] * np.nan


def slip(found: dict[str, Array]) -> None:
    found["loss"] = found["loss"] * 1.01


def run(task: Task, **systems: System) -> Outcome:
    return train(task, systems, PACE)


def test_right_answer_is_timed(task: Task) -> None:
    outcome = run(task, right=Formulas())
    figures = outcome.figures["right"]
    assert not outcome.refused
    assert figures.difference == 0
    assert figures.repeats == PACE.repeats
    assert 0 < figures.lowest <= figures.microseconds_per_image <= figures.highest
    assert figures.warm_up_seconds > 0
    per_second = figures.gflops * 1e3 * figures.microseconds_per_image
    assert per_second == pytest.approx(training_flops(NET))


def test_wrong_answers_are_refused_and_not_timed(task: Task) -> None:
    wrong = {"still": stand_still(task), "lost": lose_one, "nan": diverge, "slip": slip}
    outcome = run(task, right=Formulas(), **{name: Formulas(how) for name, how in wrong.items()})
    assert set(outcome.figures) == {"right", "reference"}
    assert set(outcome.refused) == {f"{name}: formulas" for name in wrong}
    assert all("away from the reference's" in why for why in outcome.refused.values())


def test_answer_is_asked_before_the_clock_starts(task: Task) -> None:
    asked: list[int] = []
    runner = Answering(
        Steps(Reference().program(NET), task), lambda _: asked.append(runner.advanced)
    )

    class Once(System):
        version = "0"

        def training(self, task: Task) -> Forms:
            return {"once": lambda: runner}

        def inference(self, task: Task) -> Forms:
            return {}

    run(task, once=Once())
    assert asked == [1 + STEPS]
    assert runner.advanced > 1 + STEPS


def test_peer_that_breaks_is_named_and_the_others_go_on(task: Task) -> None:
    class Broken(System):
        version = "0"

        def training(self, task: Task) -> Forms:
            return {"compiled": self.fail}

        def inference(self, task: Task) -> Forms:
            return {}

        def fail(self) -> Runner:
            raise RuntimeError("no compiler\nand a long trace")

    outcome = run(task, broken=Broken(), right=Formulas())
    assert outcome.refused == {"broken: compiled": "RuntimeError: no compiler"}
    assert "right" in outcome.figures


def test_fastest_of_several_forms_counts(task: Task) -> None:
    class Two(System):
        version = "0"

        def training(self, task: Task) -> Forms:
            def slow() -> Runner:
                twice = Steps(Reference().program(task.network), task)
                once = twice.advance

                def advance(steps: int) -> None:
                    once(steps)
                    answer, state = twice.losses, twice.state
                    for _ in range(5):
                        twice.reset()
                        once(steps)
                    twice.losses, twice.state = answer, state

                twice.advance = advance
                return twice

            return {"slow": slow, "plain": lambda: Steps(Reference().program(task.network), task)}

        def inference(self, task: Task) -> Forms:
            return {}

    figures = run(task, two=Two()).figures["two"]
    assert figures.form == "plain"
    assert figures.forms["plain"] < figures.forms["slow"]


def test_other_network_is_timed_without_a_comparison(task: Task) -> None:
    class Scale(Formulas):
        def network(self, task: Task) -> Network:
            return Network("other", NET.input, (Dense("F1", 3, "softmax"),))

    figures = run(task, scale=Scale(lose_one)).figures["scale"]
    assert figures.difference is None
    assert figures.gflops * 1e3 * figures.microseconds_per_image == pytest.approx(
        training_flops(Scale().network(task))
    )


def test_system_that_does_not_run_forward_is_left_out(task: Task) -> None:
    outcome = infer(task, {"trainer": Formulas()}, PACE)
    assert set(outcome.figures) == {"reference"}
    assert not outcome.refused


def test_oracle_takes_the_steps_of_the_task(task: Task) -> None:
    oracle = trained(task)
    assert set(oracle.answer) == {"loss", *task.parameters}
    assert oracle.images == STEPS * task.batch
    runner = Steps(Reference().program(NET), task)
    runner.advance(STEPS)
    assert oracle.difference(runner.answer()) == 0
    runner.advance(STEPS + 1)
    assert oracle.difference(runner.answer()) > 1e-3


def test_oracle_runs_the_first_batch(task: Task) -> None:
    outputs = forwarded(task).answer["outputs"]
    peers = task.x[task.batches[0]]
    assert outputs.shape == (4, 3)
    again = task.examples_of(task.batches[0]).values(slice(None), np.float32)
    np.testing.assert_array_equal(again, peers)
