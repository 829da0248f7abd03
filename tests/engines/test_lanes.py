import os
import threading

import numpy as np
import pytest

from simplecell import workers
from simplecell.engines.check import check_engine, draw
from simplecell.engines.lanes import Lanes
from simplecell.engines.lanes.program import PLANS_KEPT
from simplecell.engines.protocol import Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.engines.requests import losses_of
from simplecell.errors import DataError, EngineError, ModelError, UnknownName
from simplecell.spec.layers import RBF, Conv, Dense, Subsample
from simplecell.spec.network import Network


def net(name, shape, *layers):
    return Network(name, shape, layers)


DENSE = net("dense", (2, 3, 3), Dense("F1", 9, "sigmoid"), Dense("F2", 5, "softmax"))
MAPS = net(
    "maps",
    (3, 10, 10),
    Conv("C1", 4, (3, 3)),
    Subsample("S2"),
    Conv("C3", 6, (4, 4), squash="sigmoid"),
    Dense("F4", 5, "tanh"),
    RBF("OUT", ("##..#", ".#.#.", "..###")),
)


def drawn(network, count=20, seed=0):
    """Draw float32 parameters and bytes, as a data set has them."""
    parameters, _, labels = draw(network, seed, count)
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (count, *network.input), dtype=np.uint8)
    flat = {name: w.astype(np.float32) for name, w in parameters.items()}
    return flat, Examples(pixels, labels, 1 / 255, -0.1)


def bits(state):
    slots = {f"{slot} {name}": a for slot, own in state.slots.items() for name, a in own.items()}
    return {name: a.tobytes() for name, a in {**state.parameters, **slots}.items()}


def trained(engine, network, batch, update, calls=(None,), count=70):
    """Train one pass, the steps shared out over some calls; give the state and the losses."""
    parameters, examples = drawn(network, count)
    order = np.random.default_rng(1).permutation(count)
    state, losses, at = State(parameters), [], 0
    steps = -(-count // batch)
    runner = engine.program(network)
    for call in calls:
        rates = [0.01] * (call or steps - at)
        rows = order[at * batch : (at + len(rates)) * batch]
        loss = losses_of(network.layers[-1])[0]
        losses += runner.train(state, examples, rows, batch, rates, update, loss).tolist()
        at += len(rates)
    return state, losses


UPDATES = {
    "sgd": Update(decay=0.01),
    "momentum": Update("sgd", 0.9, decay=0.01),
    "adam": Update("adam", 0.9, 0.99, 1e-3, 0.01),
}


@pytest.mark.parametrize("count", [1, 17])
@pytest.mark.parametrize("rows", range(6, 19))
def test_any_number_of_rows_of_a_5x5_kernel_equals_the_reference(rows, count):
    """Tiles run down the rows of one image, and none may write past its map."""
    layers = Conv("C1", 3, (5, 5), squash="tanh"), Dense("F2", 3, "tanh")
    check = check_engine(Lanes(), net(f"{rows} rows", (1, rows + 4, 9), *layers), examples=count)
    assert check.largest <= 1e-5, check.layers


@pytest.mark.parametrize("batch", [1, 3, 16, 20])
@pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES)
def test_two_calls_are_as_one(update, batch):
    """The second call begins with fewer rows than a batch has, when the batch is 20."""
    network, steps = MAPS, -(-70 // batch)
    whole, losses = trained(Lanes(), network, batch, update)
    parts, others = trained(Lanes(), network, batch, update, calls=(steps - 1, 1))
    assert bits(parts) == bits(whole)
    assert others == losses


@pytest.mark.parametrize("call", ["gradients", "train", "trace"])
def test_what_a_loss_needs_is_checked_as_the_reference_does(call):
    network = DENSE
    parameters, good = drawn(network, 1)

    def told(engine, examples=good, loss="cross_entropy", parameters=parameters):
        runner = engine.program(network)
        with pytest.raises((DataError, EngineError, ModelError, UnknownName)) as error:
            if call == "train":
                order = np.arange(1)
                runner.train(State(parameters), examples, order, 1, [0.1], Update(), loss)
            else:
                getattr(runner, call)(parameters, examples, loss)
        return type(error.value), str(error.value)

    for wrong in (
        {"examples": Examples(good.pixels)},
        {"examples": Examples(good.pixels, np.array([5]))},
        {"examples": Examples(good.pixels, np.array([-1]))},
        {"examples": Examples(good.pixels, np.array([0, 1]))},
        {"examples": Examples(good.pixels, np.array([0.5]))},
        {"examples": Examples(good.pixels[:0], np.zeros(0, int))},
        {"loss": "squared_error"},
        {"loss": "hinge"},
        {"parameters": {}},
        {"parameters": {**parameters, "F2.w": np.full((5, 9), np.nan)}},
        {"parameters": {**parameters, "F2.w": parameters["F2.w"].T}},
    ):
        assert told(Lanes(), **wrong) == told(Reference(), **wrong)


@pytest.mark.parametrize(
    ("rows", "batch", "steps"), [(0, 1, 1), (20, 0, 1), (20, -3, 1), (20, 10, 3), (20, 20, 2)]
)
def test_steps_without_rows_are_refused(rows, batch, steps):
    parameters, examples = drawn(DENSE)
    state = State(dict(parameters))
    told = []
    for engine in (Lanes(), Reference()):
        with pytest.raises(EngineError, match="each step takes at least one row") as error:
            engine.program(DENSE).train(
                state, examples, np.arange(rows), batch, [0.1] * steps, Update(), "cross_entropy"
            )
        told.append(str(error.value))
    assert told[0] == told[1]
    assert state.steps == 0


def test_no_steps_change_nothing():
    parameters, examples = drawn(DENSE)
    state = State(dict(parameters))
    nobody = np.zeros(0, int)
    runner = Lanes().program(DENSE)
    assert len(runner.train(state, examples, nobody, 4, [], Update(), "cross_entropy")) == 0
    assert bits(state) == bits(State(parameters))


def test_plans_of_many_batch_sizes_do_not_pile_up():
    network = DENSE
    parameters, examples = drawn(network, 600)
    runner = Lanes(1).program(network)
    for count in range(1, 600, 20):
        some = Examples(examples.pixels[:count], examples.labels[:count], 1 / 255, -0.1)
        runner.gradients(parameters, some, "cross_entropy")
    assert len(runner._bound) == PLANS_KEPT
    newest = list(runner._bound)[-1]
    runner.gradients(parameters, some, "cross_entropy")
    assert list(runner._bound)[-1] == newest


def test_a_huge_batch_of_few_rows_takes_the_memory_of_the_rows():
    parameters, examples = drawn(DENSE)
    runner = Lanes(1).program(DENSE)
    order = np.arange(20)
    runner.train(State(parameters), examples, order, 10**9, [0.1], Update(), "cross_entropy")
    assert sum(bound.memory.nbytes for bound in runner._bound.values()) < 10**6


def test_threads_left_out_are_the_processors_there_are(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(workers, "_allowed", lambda: None)
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert Lanes().threads == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert Lanes().threads == 1


def test_calls_from_several_threads_do_not_disturb_each_other():
    """Six callers share two workers: each takes three threads that wait for each other."""
    network = MAPS
    engine = Lanes(3)
    runner = engine.program(network)
    parameters, examples = drawn(network, 20)
    many = np.arange(6000) % 20
    examples = Examples(examples.pixels[many], examples.labels[many], 1 / 255, -0.1)
    alone = runner.gradients(parameters, examples, "cross_entropy")[1]["C1.w"].tobytes()
    found = []

    def call():
        for _ in range(5):
            gradients = runner.gradients(parameters, examples, "cross_entropy")[1]
            found.append(gradients["C1.w"].tobytes())

    callers = [threading.Thread(target=call, daemon=True) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(600)
    assert found == [alone] * 30
