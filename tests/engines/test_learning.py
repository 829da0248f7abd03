"""Layers that learn batch by batch, batch normalisation and dropout, in every engine.

While the network learns they do something else than in use; ten steps of training end where
those of the reference end, with the same running statistics and the same masks.
"""

from functools import cache

import numpy as np
import pytest

from simplecell.engines.check import check_curvature, check_engine, check_formulas
from simplecell.engines.choose import engine
from simplecell.engines.parameters import initial_parameters, learned_names, parameter_shapes
from simplecell.engines.protocol import Engine, Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.engines.sample import draw
from simplecell.errors import EngineError
from simplecell.formulas.gradcheck import relative_difference
from simplecell.spec.layers import (
    BatchNorm,
    Combine,
    Conv,
    Dense,
    Dropout,
    Layer,
    Local,
    Pool,
    Subsample,
)
from simplecell.spec.network import Network

AGREES = 1e-4
UPDATES = (Update(momentum=0.9, decay=0.3), Update("adam", momentum=0.9, epsilon=0.1))
"""The gradient of a bias below batch normalisation is what rounding leaves; with a small epsilon,
Adam makes a whole step of that."""


def net(name: str, *layers: Layer, size: tuple[int, int, int] = (2, 9, 9)) -> Network:
    return Network(name, size, layers)


NETS = (
    net(
        "silent",
        Dropout("D0", 0.2),
        Conv("C1", 3, (2, 2)),
        Dropout("D2", 0.3),
        Conv("C3", 3, (2, 2), squash="tanh"),
        Dense("F4", 20, "tanh"),
        Dropout("D5"),
        Dense("F6", 5, "softmax"),
    ),
    net(
        "normal",
        Conv("C1", 3, (2, 2), squash="identity"),
        BatchNorm("N1", squash="tanh"),
        Conv("C2", 3, (2, 2), squash="tanh"),
        BatchNorm("N2", 0.1, 0.3, "tanh"),
        Dense("F3", 6, "identity"),
        BatchNorm("N3", squash="sigmoid"),
        Dropout("D3"),
        Dense("F4", 5, "softmax"),
    ),
    net(
        "everywhere",
        BatchNorm("N0"),
        Conv("C1", 18, (2, 2), squash="identity"),
        BatchNorm("N1", squash="relu"),
        Pool("P2"),
        BatchNorm("N2"),
        Subsample("S3", squash="tanh"),
        BatchNorm("N3"),
        Dropout("D3", 0.2),
        Local("L4", 5, (2, 2), squash="identity"),
        BatchNorm("N4", squash="softmax"),
    ),
    net(
        "mixed",
        Combine("C1", 3, (2, 2), penalty="entropy", strength=0.2, squash="identity"),
        BatchNorm("N1", squash="relu"),
        Dropout("D1", 0.3),
        Pool("P2"),
        Dropout("D2"),
        Dense("F3", 5, "softmax"),
    ),
)
TIED = [network for network in NETS if any(layer.ties_examples for layer in network.layers)]


@cache
def asked(name: str) -> Engine:
    if name == "torch":
        pytest.importorskip("torch", reason="PyTorch is not installed")
    return engine(name, 2)


def name_of(value: object) -> str:
    if isinstance(value, Update):
        return f"{value.rule}-{value.momentum}"
    return getattr(value, "name", str(value))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_the_formulas_agree_with_finite_differences_in_training(
    network: Network, seed: int
) -> None:
    check = check_formulas(network, seed)
    assert check.largest <= 1e-6
    assert {"du", "dw", "db"} <= set(check.layers.get("N1", {"du": 0, "dw": 0, "db": 0}))


def test_a_gradient_of_batch_normalisation_a_hundredth_off_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from simplecell.engines.layers import batchnorm

    right = batchnorm.batchnorm_backward
    for wrong in range(3):

        def off(*given: object, wrong: int = wrong) -> tuple[np.ndarray, ...]:
            results = list(right(*given))  # type: ignore[arg-type]
            results[wrong] = 1.01 * results[wrong]
            return tuple(results)

        monkeypatch.setattr(batchnorm, "batchnorm_backward", off)
        layers = check_formulas(NETS[1]).layers
        bad = {
            (layer, array)
            for layer, found in layers.items()
            for array, difference in found.items()
            if difference > 1e-3
        }
        if wrong:
            assert bad == {(layer, ("dw", "db")[wrong - 1]) for layer in ("N1", "N2", "N3")}
        else:
            assert {("C1", "du"), ("C2", "du"), ("F3", "du"), ("C1", "dx")} <= bad


def steps(
    run: Engine, network: Network, update: Update, batch: int
) -> tuple[State, np.ndarray, dict[str, np.ndarray]]:
    parameters, pixels, labels = draw(network, 0, 40)
    order = np.random.default_rng(0).permutation(40).repeat(10)[: 10 * batch - batch // 3]
    state = State(dict(parameters), steps=3, seed=7)
    rates = [0.02 / (1 + s) for s in range(10)]
    told = (order, batch, rates, update, "cross_entropy")
    losses = run.program(network).train(state, Examples(pixels, labels), *told)
    return state, losses, parameters


@cache
def told_by_the_reference(
    network: Network, update: Update, batch: int
) -> tuple[State, np.ndarray, dict[str, np.ndarray]]:
    return steps(Reference(), network, update, batch)


@pytest.mark.parametrize("name", ["torch", "lanes"])
@pytest.mark.parametrize("batch", [3, 20, 37])
@pytest.mark.parametrize("update", UPDATES, ids=name_of)
@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_ten_steps_end_where_those_of_the_reference_end(
    network: Network, update: Update, batch: int, name: str
) -> None:
    """Weights, running statistics, the rule's means and losses, the last step being smaller."""
    wanted, wanted_losses, _ = told_by_the_reference(network, update, batch)
    found, losses, begun = steps(asked(name), network, update, batch)
    assert found.steps == wanted.steps == 13
    assert relative_difference(wanted_losses, losses) <= AGREES
    assert list(found.parameters) == list(wanted.parameters) == list(parameter_shapes(network))
    for name_, w in wanted.parameters.items():
        assert relative_difference(w, found.parameters[name_]) <= AGREES, name_
        # A bias below batch normalisation has no effect, and so no gradient.
        assert np.any(w != begun[name_]) or name_.endswith(".b"), name_
    assert set(found.slots) == set(wanted.slots)
    for slot, means in wanted.slots.items():
        assert list(found.slots[slot]) == list(means) == learned_names(network)


@pytest.mark.parametrize("name", ["torch", "lanes"])
@pytest.mark.parametrize("batch", [3, 20, 37])
@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_engines_repeat_the_reference(network: Network, batch: int, name: str) -> None:
    """Outputs in use, gradients in training, and a trace in use."""
    found = check_engine(asked(name), network, seed=batch, examples=batch)
    assert found.largest <= AGREES, found.layers


@pytest.mark.parametrize("name", ["reference", "torch", "lanes"])
@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_in_use_an_answer_hangs_on_its_example_alone(network: Network, name: str) -> None:
    parameters, pixels, _ = draw(network, 0, 20)
    program = asked(name).program(network)
    together = program.forward(parameters, Examples(pixels))
    alone = [program.forward(parameters, Examples(pixels[n : n + 1]))[0] for n in range(20)]
    assert relative_difference(together, np.array(alone)) <= 1e-5


@pytest.mark.parametrize("name", ["reference", "torch", "lanes"])
@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_a_trace_is_of_the_network_in_use(network: Network, name: str) -> None:
    """By the running statistics and with every unit: what it ends with is what forward gives."""
    parameters, pixels, labels = draw(network, 0, 4)
    program, one = asked(name).program(network), Examples(pixels[:1], labels[:1])
    trace = program.trace(parameters, one, "cross_entropy")
    last = trace.layers[network.layers[-1].name]
    assert last.x.ravel() == pytest.approx(program.forward(parameters, one)[0], rel=1e-5)
    for layer in network.layers:
        if layer.idle_in_use:
            told = trace.layers[layer.name]
            assert np.array_equal(told.u, told.x)
            assert np.all(told.x != 0) or layer.name == "D1"


@pytest.mark.parametrize("name", ["reference", "torch", "lanes"])
def test_gradients_move_nothing_and_are_those_of_the_first_step(name: str) -> None:
    network = NETS[1]
    parameters, pixels, labels = draw(network, 0, 20)
    before = {n: w.copy() for n, w in parameters.items()}
    program, examples = asked(name).program(network), Examples(pixels, labels)
    _, gradients = program.gradients(parameters, examples, "cross_entropy")
    assert list(gradients) == learned_names(network)
    assert all(np.array_equal(w, before[n]) for n, w in parameters.items())
    state = State(dict(parameters))
    program.train(state, examples, np.arange(20), 20, [1.0], Update(), "cross_entropy")
    for n, dw in gradients.items():
        assert relative_difference(before[n] - state.parameters[n], dw, 1e-3) <= 1e-3, n


@pytest.mark.parametrize("name", ["reference", "torch", "lanes"])
def test_another_seed_and_another_step_silence_other_units(name: str) -> None:
    network = NETS[0]
    parameters, pixels, labels = draw(network, 0, 20)
    program, examples = asked(name).program(network), Examples(pixels, labels)

    def after(seed: int, done: int) -> bytes:
        state = State(dict(parameters), steps=done, seed=seed)
        program.train(state, examples, np.arange(20), 20, [0.1], Update(), "cross_entropy")
        return b"".join(np.asarray(w, np.float64).tobytes() for w in state.parameters.values())

    assert after(1, 4) == after(1, 4)
    assert len({after(0, 4), after(1, 4), after(2**32, 4), after(0, 5)}) == 4


@pytest.mark.parametrize("name", ["reference", "torch", "lanes"])
@pytest.mark.parametrize("network", TIED, ids=name_of)
def test_curvature_with_batch_normalisation_is_refused_in_words(
    network: Network, name: str
) -> None:
    parameters, pixels, labels = draw(network, 0, 4)
    program, examples = asked(name).program(network), Examples(pixels, labels)
    said = r"layer N\d: in training, batch normalisation ties .* not defined\.\n  Train with"
    with pytest.raises(EngineError, match=said):
        program.curvature(parameters, examples, "cross_entropy")
    state = State(dict(parameters), {"h": {n: np.ones_like(w) for n, w in parameters.items()}})
    with pytest.raises(EngineError, match=said):
        told = (np.arange(4), 4, [0.1], Update("sdlm"), "cross_entropy")
        program.train(state, examples, *told)


def test_curvature_with_dropout_is_that_of_the_network_in_use() -> None:
    assert check_curvature(NETS[0]).largest <= 1e-6


@pytest.mark.parametrize("name", ["reference", "torch", "lanes"])
def test_one_number_has_no_variance_and_is_refused_in_words(name: str) -> None:
    network = NETS[1]
    parameters, pixels, labels = draw(network, 0, 4)
    program, examples = asked(name).program(network), Examples(pixels, labels)
    said = r"normal, layer N3: of one example{}, a map of 1x1 is one number, which has no var"
    one = Examples(pixels[:1], labels[:1])
    with pytest.raises(EngineError, match=said.format("")):
        program.gradients(parameters, one, "cross_entropy")
    state = State(dict(parameters))
    for rows, batch, why in ((4, 1, ""), (4, 3, r" \(4 in batches of 3 leave 1\)")):
        rates = [0.1] * -(-rows // batch)
        told = (np.arange(rows), batch, rates, Update(), "cross_entropy")
        with pytest.raises(EngineError, match=said.format(why)):
            program.train(state, examples, *told)
    assert state.steps == 0
    # A map of more than one cell has a variance: batches of one are normalised over its places.
    larger = Network("larger", network.input, (*network.layers[:2], Dense("F2", 5, "softmax")))
    assert check_engine(asked(name), larger, examples=1).largest <= AGREES


def test_first_values_normalise_and_nothing_more() -> None:
    first = initial_parameters(NETS[2], 0)
    for own, value in {"w": 1, "b": 0, "mean": 0, "variance": 1}.items():
        assert np.array_equal(first[f"N1.{own}"], np.full(18, float(value)))
    plain = Network("plain", (2, 9, 9), (NETS[2].layers[1], Dense("F2", 3)))
    assert np.array_equal(initial_parameters(plain, 0)["C1.w"], first["C1.w"])
