"""What every engine must do with the network of 1998, each check repeated on each engine.

Losses, learned codes, learned combinations, curvature, one rate for each weight. What an engine
gives is held against the formulas themselves, in float64.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from simplecell.engines import choose
from simplecell.engines.parameters import parameter_shapes
from simplecell.engines.protocol import Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.engines.sample import draw
from simplecell.engines.walk import flat, loss_of, walk_forward
from simplecell.errors import EngineError
from simplecell.formulas.combine import entropy_penalty
from simplecell.formulas.gradcheck import (
    numeric_curvature,
    numeric_gradient,
    relative_difference,
)
from simplecell.formulas.losses import POSTERIORS, map_forward, mean_square_forward
from simplecell.formulas.rbf import rbf_backward, rbf_forward
from simplecell.formulas.updates import sdlm
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Subsample
from simplecell.spec.network import Network

ENGINES = ("lanes", "reference", "torch")

CODES = ("##..#", ".#.#.", "..###", "#####")
TABLE = ((0, 1), (2,), (0, 2), (0, 1, 2))


def paper(name, c3, learned=False):
    """A small LeNet-5: two convolutions, two subsamplings, features, codes."""
    layers = (
        Conv("C1", 3, (3, 3)),
        Subsample("S2"),
        c3,
        Subsample("S4"),
        Dense("F5", 5),
        RBF("OUT", CODES, learned=learned),
    )
    return Network(name, (1, 14, 14), layers)


FIXED = paper("fixed", Conv("C3", 4, (3, 3), table=TABLE))
LEARNED = paper("learned", Conv("C3", 4, (3, 3), table=TABLE), learned=True)
MIXED = paper("mixed", Combine("C3", 4, (3, 3), penalty="entropy", strength=0.25))
NETS = (FIXED, LEARNED, MIXED)
LOSSES = ("map", "halved_map", "mean_square")


@pytest.fixture(params=ENGINES)
def engine(request):
    if request.param == "torch":
        pytest.importorskip("torch", reason="PyTorch is not installed")
    return choose.engine(request.param, threads=1)


@pytest.fixture(params=NETS, ids=lambda network: network.name)
def network(request):
    return request.param


def drawn(network, count=7, seed=0):
    parameters, pixels, labels = draw(network, seed, count)
    if network is LEARNED:
        # Codes so far from what features can be that rubbish takes its part.
        parameters["OUT.w"] = np.float32(3) * parameters["OUT.w"]
    return parameters, Examples(pixels, labels)


def tops(network, parameters, examples):
    return walk_forward(network.layers, parameters, examples.pixels.astype(float))


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_of_distances_are_the_papers_and_their_gradients_pass_differences(
    engine, network, loss
):
    """Brief: C14, E2, E4, F"""
    parameters, examples = drawn(network)
    value, gradients = engine.program(network).gradients(parameters, examples, loss)
    distances = flat(tops(network, parameters, examples)[-1].x)
    halved = partial(map_forward, **POSTERIORS["halved_map"])
    formulas = {"map": map_forward, "halved_map": halved, "mean_square": mean_square_forward}
    entropy = entropy_penalty(parameters["C3.choice"])[0] if network is MIXED else 0.0
    wanted = formulas[loss](distances, examples.labels).mean() + 0.25 * entropy
    assert value == pytest.approx(wanted, rel=1e-5)
    rng = np.random.default_rng(0)
    assert list(gradients) == list(parameter_shapes(network))
    for name, w in parameters.items():

        def mean_loss(moved, name=name):
            walked = tops(network, {**parameters, name: moved}, examples)
            added = 0.25 * entropy_penalty(moved)[0] if name == "C3.choice" else 0
            return loss_of(loss, walked[-1], examples.labels)[0].mean() + added

        present = rng.permutation(np.flatnonzero(w))[:12]
        measured = numeric_gradient(mean_loss, w, 1e-5, present)
        assert relative_difference(gradients[name].ravel()[present], measured) < 1e-4


def test_map_is_not_the_cross_entropy_of_minus_distances(engine):
    """The rubbish class has its share. Brief: F"""
    parameters, examples = drawn(LEARNED)
    run = engine.program(LEARNED)
    with_rubbish, without = (
        run.gradients(parameters, examples, loss)[0] for loss in ("map", "cross_entropy")
    )
    assert with_rubbish > without + 0.1


def test_learned_codes_are_what_distances_are_from_and_are_pulled(engine):
    """Brief: C14, F"""
    parameters, examples = drawn(LEARNED)
    run = engine.program(LEARNED)
    features = flat(tops(LEARNED, parameters, examples)[-2].x)
    distances = rbf_forward(features, parameters["OUT.w"])
    assert np.allclose(run.forward(parameters, examples), distances, rtol=1e-4)
    dcodes = run.gradients(parameters, examples, "mean_square")[1]["OUT.w"]
    du = np.eye(4)[examples.labels] / len(examples)
    assert np.allclose(dcodes, rbf_backward(features, parameters["OUT.w"], du)[1], atol=1e-5)


def test_mse_with_learned_codes_can_be_had_for_nothing_and_map_cannot(engine):
    """All codes and all features in one place. Brief: F"""
    parameters, examples = drawn(LEARNED)
    collapsed = {name: np.zeros_like(w) for name, w in parameters.items()}
    run = engine.program(LEARNED)
    assert run.gradients(collapsed, examples, "mean_square")[0] == 0
    assert run.gradients(collapsed, examples, "map")[0] == pytest.approx(np.log(4))


@pytest.mark.parametrize("count", [1, 7])
def test_a_penalty_counts_once_a_step_whatever_the_batch(engine, count):
    """Brief: E3"""
    parameters, examples = drawn(MIXED, count)
    c3 = replace(MIXED.layers[2], penalty="none", strength=0.0)
    without = Network("without", MIXED.input, (*MIXED.layers[:2], c3, *MIXED.layers[3:]))
    value, gradients = engine.program(MIXED).gradients(parameters, examples, "map")
    plain, plain_gradients = engine.program(without).gradients(parameters, examples, "map")
    entropy, slope = entropy_penalty(parameters["C3.choice"])
    assert value - plain == pytest.approx(0.25 * entropy, rel=1e-4)
    more = gradients["C3.choice"] - plain_gradients["C3.choice"]
    assert np.allclose(more, 0.25 * slope, atol=1e-5)
    assert np.array_equal(gradients["C3.w"], plain_gradients["C3.w"])


def test_the_published_penalty_adds_a_constant_and_moves_no_share(engine):
    """Brief: E3, errors in the sources"""
    parameters, examples = drawn(MIXED)
    run = {}
    for penalty in ("none", "absolute"):
        strength = 0.0 if penalty == "none" else 5.0
        c3 = replace(MIXED.layers[2], penalty=penalty, strength=strength)
        network = Network(penalty, MIXED.input, (*MIXED.layers[:2], c3, *MIXED.layers[3:]))
        run[penalty] = engine.program(network).gradients(parameters, examples, "map")
    (value, gradients), (plain, plain_gradients) = run["absolute"], run["none"]
    assert value - plain == pytest.approx(5 * 4, rel=1e-5)
    away = np.abs(gradients["C3.choice"] - plain_gradients["C3.choice"])
    assert away.max() < 2e-6


# Curvature


@pytest.mark.parametrize("loss", LOSSES)
def test_curvature_is_the_references_and_never_negative(engine, network, loss):
    """Brief: F"""
    parameters, examples = drawn(network, 20)
    found = engine.program(network).curvature(parameters, examples, loss)
    wanted = Reference().program(network).curvature(parameters, examples, loss)
    assert {name: h.shape for name, h in found.items()} == parameter_shapes(network)
    for name, h in found.items():
        assert relative_difference(h, wanted[name]) < 1e-5, name
        assert h.min() >= 0
    if network is not MIXED:
        assert not found["C3.w"][0, 2].any()
        assert found["C3.w"][0, :2].all()


def test_curvature_below_the_papers_mse_is_twice_the_mean_square_of_the_inputs(engine):
    """With features as they are, nothing is left out: E bends by 2 in each. Brief: F"""
    layers = (Dense("F1", 5, "identity"), RBF("OUT", CODES))
    network = Network("straight", (1, 2, 3), layers)
    parameters, examples = drawn(network, 9)
    found = engine.program(network).curvature(parameters, examples, "mean_square")
    squares = (flat(examples.pixels).astype(float) ** 2).mean(axis=0)
    assert np.allclose(found["F1.w"], np.tile(2 * squares, (5, 1)), rtol=1e-5)
    assert np.allclose(found["F1.b"], 2)

    def gradient(w):
        moved = {**parameters, "F1.w": w}
        return Reference().program(network).gradients(moved, examples, "mean_square")[1]["F1.w"]

    assert np.allclose(found["F1.w"], numeric_curvature(gradient, parameters["F1.w"]), rtol=1e-4)


def test_along_one_path_to_a_right_answer_curvature_is_the_second_derivative(engine):
    """One unit a layer, so that nothing bends across; y = t, so that no slope is left. Brief: F"""
    layers = (Dense("F1", 1, "tanh"), Dense("F2", 1), Dense("F3", 1, "identity"))
    network = Network("path", (1, 1, 1), layers)
    parameters = {name: np.full(shape, 0.75) for name, shape in parameter_shapes(network).items()}
    examples = Examples(np.full((1, 1, 1, 1), 0.5, np.float32), np.array([0]))
    reference = Reference().program(network)
    parameters["F3.b"] += 1 - reference.forward(parameters, examples)[0, 0]
    found = engine.program(network).curvature(parameters, examples, "squared_error")
    for name, w in parameters.items():

        def gradient(w, name=name):
            moved = {**parameters, name: w}
            return reference.gradients(moved, examples, "squared_error")[1][name]

        assert np.allclose(found[name], numeric_curvature(gradient, w), rtol=1e-4), name


def test_curvature_is_a_mean_over_examples(engine, network):
    parameters, examples = drawn(network, 20)
    run = engine.program(network)
    whole = run.curvature(parameters, examples, "map")
    parts = [
        run.curvature(parameters, Examples(examples.pixels[rows], examples.labels[rows]), "map")
        for rows in (slice(0, 15), slice(15, 20))
    ]
    for name, h in whole.items():
        assert relative_difference(h, 0.75 * parts[0][name] + 0.25 * parts[1][name]) < 1e-5


def test_half_of_every_distance_bends_everything_half_as_much(engine, network):
    """Brief: F"""
    parameters, examples = drawn(network)
    run = engine.program(network)
    whole, half = (run.curvature(parameters, examples, loss) for loss in ("map", "halved_map"))
    for name, h in whole.items():
        assert np.allclose(half[name], 0.5 * h, rtol=1e-6), name


def test_curvature_of_what_cannot_be_learned_from_is_refused_alike(engine):
    parameters, examples = drawn(FIXED)
    run = engine.program(FIXED)
    with pytest.raises(EngineError, match="squared_error takes outputs"):
        run.curvature(parameters, examples, "squared_error")


# One rate for each weight

SDLM = Update("sdlm", decay=0.01)


def stepped(engine, network, batches, update=SDLM, loss="map"):
    parameters, examples = drawn(network, 21)
    run = engine.program(network)
    h = run.curvature(parameters, examples, loss)
    state = State({n: w.astype(np.float32) for n, w in parameters.items()}, {"h": h})
    order, losses = np.random.default_rng(1).permutation(21), []
    for rows in np.split(order, batches):
        steps = -(-len(rows) // 2)
        rates = [0.001] * steps
        losses += run.train(state, examples, rows, 2, rates, update, loss).tolist()
    return state, losses


def test_a_step_of_sdlm_is_the_papers(engine, network):
    """rate / (mu + h), one for each weight. Brief: D8, F"""
    parameters, examples = drawn(network)
    run = engine.program(network)
    h = run.curvature(parameters, examples, "map")
    gradients = run.gradients(parameters, examples, "map")[1]
    state = State(dict(parameters), {"h": h})
    run.train(state, examples, np.arange(7), 7, [0.01], replace(SDLM, mu=0.1), "map")
    assert state.steps == 1
    for name, w in parameters.items():
        wanted = sdlm(w, gradients[name], h[name], 0.01, 0.1, 0.01)
        assert relative_difference(state.parameters[name], wanted) < 1e-5
        assert not np.array_equal(state.parameters[name], w)
        assert relative_difference(state.slots["h"][name], h[name]) < 1e-6


def test_ten_steps_of_sdlm_are_the_references(engine, network):
    ours, losses = stepped(engine, network, [20])
    theirs, wanted = stepped(Reference(), network, [20])
    assert ours.steps == theirs.steps == 11
    assert np.allclose(losses, wanted, rtol=1e-3)
    for name, w in theirs.parameters.items():
        assert relative_difference(ours.parameters[name], w) < 1e-4


def test_steps_of_sdlm_in_two_calls_are_as_in_one_bit_for_bit(engine, network):
    whole, losses = stepped(engine, network, [])
    parts, others = stepped(engine, network, [8])
    assert others == losses
    for name, w in whole.parameters.items():
        assert parts.parameters[name].tobytes() == w.tobytes()


def test_absent_connections_stay_absent_through_sdlm(engine):
    """Brief: C9"""
    state, _ = stepped(engine, FIXED, [])
    assert not state.parameters["C3.w"][0, 2].any()
    assert state.parameters["C3.w"][0, 0].all()


def test_sdlm_without_curvature_is_refused_alike(engine):
    parameters, examples = drawn(FIXED)
    with pytest.raises(EngineError, match="sdlm steps by the curvature of every parameter"):
        engine.program(FIXED).train(
            State(dict(parameters)), examples, np.arange(7), 7, [0.1], SDLM, "map"
        )
