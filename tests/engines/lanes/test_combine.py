"""Learned combinations on the compiled engine: the same numbers, by way of mixed kernels.

Brief: E2, E3
"""

import numpy as np
import pytest

from simplecell.engines.check import check_engine, check_engine_curvature, draw
from simplecell.engines.lanes import Lanes
from simplecell.engines.lanes.layers.combine import convolved
from simplecell.engines.lanes.program import LanesProgram
from simplecell.engines.protocol import Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.errors import DataError, EngineError, ModelError
from simplecell.formulas.gradcheck import relative_difference
from simplecell.spec.layers import Combine, Conv, Dense, Subsample
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

NET = Network(
    "mixed",
    (2, 11, 10),
    (
        Combine("C1", 3, (4, 3), penalty="entropy", strength=0.2),
        Subsample("S2"),
        Combine("C3", 5, (2, 2), (2, 1), squash="tanh", penalty="absolute", strength=0.2),
        Dense("F4", 4, "softmax"),
    ),
)
UPDATES = {
    "sgd": Update(decay=0.01),
    "momentum": Update(momentum=0.9, decay=0.01),
    "adam": Update("adam", 0.9, 0.99, 1e-3, 0.01),
    "sdlm": Update("sdlm"),
}


def drawn(count=23):
    parameters, _, labels = draw(NET, 0, count)
    pixels = np.random.default_rng(0).integers(0, 256, (count, *NET.input), dtype=np.uint8)
    return parameters, Examples(pixels, labels, 1 / 128, -0.9)


PADDED = Network(
    "padded",
    (2, 8, 9),
    (
        Combine("C1", 3, (3, 4), padding="same", penalty="entropy", strength=0.2),
        Combine("C2", 4, (3, 3), (2, 2), squash="tanh", padding=((2, 0), (1, 1))),
        Dense("F3", 4, "softmax"),
    ),
)


@pytest.mark.parametrize("examples", [1, 3, 20])
def test_padded_mixtures_repeat_the_reference(examples):
    assert check_engine(Lanes(2), PADDED, examples=examples).largest <= 1e-4
    assert check_engine_curvature(Lanes(2), PADDED, examples=examples).largest <= 1e-4


@pytest.mark.parametrize("examples", [1, 3, 20])
def test_mixed_kernels_repeat_the_reference(examples):
    assert check_engine(Lanes(2), NET, examples=examples).largest <= 1e-4
    assert check_engine_curvature(Lanes(2), NET, examples=examples).largest <= 1e-4


def trained(engine, update, calls=(12,), batch=2):
    parameters, examples = drawn()
    run = engine.program(NET)
    h = run.curvature(parameters, examples, "cross_entropy")
    state = State(parameters, {"h": h} if update.rule == "sdlm" else {})
    order, losses, at = np.random.default_rng(1).permutation(23), [], 0
    for steps in calls:
        rows, at = order[at * batch : (at + steps) * batch], at + steps
        rates = [0.01] * steps
        losses += run.train(state, examples, rows, batch, rates, update, "cross_entropy").tolist()
    return state, losses


@pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES)
def test_steps_are_those_of_the_reference_in_float32(update):
    ours, losses = trained(Lanes(1), update)
    theirs, wanted = trained(Reference(), update)
    assert ours.steps == theirs.steps == 12
    assert np.allclose(losses, wanted, rtol=1e-4)
    assert list(ours.slots) == list(theirs.slots)
    for arrays in (ours.parameters, *ours.slots.values()):
        assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}
    for name, w in theirs.parameters.items():
        assert relative_difference(ours.parameters[name], w) < 1e-4


@pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES)
def test_two_calls_are_as_one_and_two_threads_as_one_bit_for_bit(update):
    whole, losses = trained(Lanes(1), update)
    parts, others = trained(Lanes(2), update, calls=(5, 7))
    assert others == losses
    for name, w in whole.parameters.items():
        assert parts.parameters[name].tobytes() == w.tobytes()
    for slot, arrays in whole.slots.items():
        assert all(parts.slots[slot][n].tobytes() == a.tobytes() for n, a in arrays.items())


def test_only_networks_with_mixtures_are_run_this_way():
    assert isinstance(Lanes(1).program(find("lenet5")), LanesProgram)
    assert not isinstance(Lanes(1).program(NET), LanesProgram)
    assert convolved(find("lenet5")) == find("lenet5")
    assert convolved(NET).layers[2] == Conv("C3", 5, (2, 2), (2, 1), squash="tanh")


def test_what_cannot_be_done_is_refused_as_the_reference_does():
    parameters, examples = drawn(5)
    told = []
    for engine in (Lanes(1), Reference()):
        run, one = engine.program(NET), Examples(examples.pixels[:1], examples.labels[:1])
        said = []
        for error, call in (
            (
                ModelError,
                lambda r=run: r.forward({**parameters, "C1.choice": np.zeros(3)}, examples),
            ),
            (DataError, lambda r=run: r.trace(parameters, examples, "cross_entropy")),
            (DataError, lambda r=run: r.forward(parameters, Examples(examples.pixels[:, :1]))),
            (EngineError, lambda r=run, o=one: r.gradients(parameters, o, "map")),
            (EngineError, lambda r=run: train(r, parameters, examples, Update("sdlm"), 1)),
            (EngineError, lambda r=run: train(r, parameters, examples, Update(), 9)),
        ):
            with pytest.raises(error) as problem:
                call()
            said.append(str(problem.value))
        told.append(said)
    assert told[0] == told[1]


def train(run, parameters, examples, update, steps):
    state = State(dict(parameters))
    run.train(state, examples, np.arange(5), 1, [0.1] * steps, update, "cross_entropy")
