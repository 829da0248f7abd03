import numpy as np
import pytest

from simplecell.engines.parameters import code_values, initial_parameters, parameter_shapes
from simplecell.engines.protocol import Examples, State, Update
from simplecell.engines.reference import FORWARD_ROWS, Reference
from simplecell.engines.requests import losses_of
from simplecell.errors import DataError, EngineError, ModelError, UnknownName
from simplecell.formulas.activations import softmax
from simplecell.formulas.conv import conv_forward
from simplecell.formulas.gradcheck import numeric_gradient, relative_difference
from simplecell.formulas.updates import adam, momentum_sgd, sgd
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Local, Pool, Subsample
from simplecell.spec.network import Network

CODES = ("##..#", ".#.#.", "..###")

TOPS = {
    "softmax": Dense("OUT", 3, "softmax"),
    "identity": Dense("OUT", 3, "identity"),
    "sigmoid": Dense("OUT", 3, "sigmoid"),
    "tanh": Dense("OUT", 3, "tanh"),
    "scaled_tanh": Dense("OUT", 3, "scaled_tanh"),
    "relu": Dense("OUT", 3, "relu"),
    "rbf": RBF("OUT", CODES),
    "learned": RBF("OUT", CODES, learned=True),
    "conv": Conv("OUT", 3, (1, 5), squash="softmax"),
    "mixed": Combine("OUT", 3, (1, 5), squash="identity", penalty="entropy", strength=0.3),
    "published": Combine("OUT", 3, (1, 5), squash="tanh", penalty="absolute", strength=9.0),
    "local": Local("OUT", 3, (1, 1), stride=(1, 2), squash="tanh"),
    "subsample": Subsample("OUT", (1, 5), "sigmoid"),
    "mean": Pool("OUT", "mean", (1, 5), "identity"),
    "max": Pool("OUT", "max", (1, 5), "tanh"),
}
"""Output layers of every kind, on maps of 1x5 below."""


def net(top="softmax"):
    """Build a network with every kind of layer below its output."""
    below = (
        Conv("C1", 3, (3, 2), squash="tanh"),
        Subsample("S2", (2, 1), "scaled_tanh"),
        Conv("C3", 3, (1, 2), table=((0, 1), (2,), (0, 2)), squash="sigmoid"),
        Local("L4", 2, (2, 1), stride=(1, 1), squash="tanh"),
        Pool("P5", "mean", (1, 1)),
        Dense("F6", 5, "tanh"),
    )
    last = TOPS[top]
    if isinstance(last, RBF | Dense):
        return Network(top, (2, 6, 7), (*below, last))
    return Network(top, (2, 1, 6), (Conv("C1", 3, (1, 2), squash="tanh"), last))


def drawn(network, count=6, seed=0):
    rng = np.random.default_rng(seed)
    parameters = {
        name: rng.normal(scale=0.7, size=shape)
        for name, shape in parameter_shapes(network).items()
    }
    if "C3.w" in parameters:
        parameters["C3.w"] *= initial_parameters(network, 0)["C3.w"] != 0
    pixels = rng.normal(size=(count, *network.input))
    return parameters, Examples(pixels, rng.integers(0, network.classes, count))


def program(top="softmax"):
    network = net(top)
    return Reference().program(network), *drawn(network)


def test_a_walk_is_the_formulas_one_after_the_other():
    """Brief: D4"""
    layers = (Conv("C1", 2, (3, 3), squash="tanh"), Dense("F2", 3, "softmax"))
    small = Network("small", (1, 4, 4), layers)
    parameters, examples = drawn(small)
    x = np.tanh(conv_forward(examples.pixels, parameters["C1.w"], parameters["C1.b"]))
    u = x.reshape(6, 8) @ parameters["F2.w"].T + parameters["F2.b"]
    outputs = Reference().program(small).forward(parameters, examples)
    assert np.allclose(outputs, softmax(u), rtol=1e-13)


@pytest.mark.parametrize(("top", "loss"), [(t, s) for t in TOPS for s in losses_of(TOPS[t])])
def test_gradients_agree_with_finite_differences_for_every_output_layer(top, loss):
    """Brief: E4, D5-D15, E1"""
    run, parameters, examples = program(top)
    value, gradients = run.gradients(parameters, examples, loss)
    assert list(gradients) == list(parameters)
    for name, w in parameters.items():

        def mean_loss(moved, name=name):
            return run.gradients({**parameters, name: moved}, examples, loss)[0]

        present = np.flatnonzero(w)  # the engine refuses weights where there is no connection
        measured = numeric_gradient(mean_loss, w, 1e-5, present)
        assert relative_difference(gradients[name].ravel()[present], measured) < 1e-6
        assert np.count_nonzero(gradients[name]) <= len(present)
    assert value > 0


def test_losses_are_means_over_the_examples():
    run, parameters, examples = program("rbf")
    alone = [
        run.gradients(parameters, Examples(p[None], t[None]), "cross_entropy")
        for p, t in zip(examples.pixels, examples.labels, strict=True)
    ]
    value, gradients = run.gradients(parameters, examples, "cross_entropy")
    assert value == pytest.approx(np.mean([one[0] for one in alone]))
    for name, gradient in gradients.items():
        assert np.allclose(gradient, np.mean([one[1][name] for one in alone], axis=0))


def test_an_rbf_layer_gives_distances_and_trains_by_cross_entropy_of_minus_them():
    """Brief: C14"""
    run, parameters, examples = program("rbf")
    distances = run.forward(parameters, examples)
    features = run.trace(parameters, first(examples), "cross_entropy").layers["F6"].x
    codes = code_values(TOPS["rbf"])
    assert codes.tolist()[0] == [1, 1, -1, -1, 1]
    assert np.allclose(distances[0], ((features[:, 0, 0] - codes) ** 2).sum(axis=1))
    p = softmax(-distances)[np.arange(6), examples.labels]
    value, _ = run.gradients(parameters, examples, "cross_entropy")
    assert value == pytest.approx(-np.log(p).mean())


def first(examples):
    return Examples(examples.pixels[:1], examples.labels[:1])


@pytest.mark.parametrize("top", ["softmax", "rbf", "learned", "sigmoid", "conv", "mixed", "max"])
def test_a_trace_repeats_forward_and_gradients_of_its_example(top):
    run, parameters, examples = program(top)
    one, loss = first(examples), losses_of(TOPS[top])[0]
    trace = run.trace(parameters, one, loss)
    value, gradients = run.gradients(parameters, one, loss)
    assert trace.loss == pytest.approx(value)
    assert list(trace.layers) == [layer.name for layer in run.network.layers]
    assert np.array_equal(trace.x, one.pixels[0])
    assert trace.dx.shape == run.network.input
    for layer, shape in zip(run.network.layers, run.network.shapes, strict=True):
        found = trace.layers[layer.name]
        assert found.u.shape == found.x.shape == found.du.shape == shape
        for own, gradient in found.gradients.items():
            assert np.allclose(gradient, gradients.pop(f"{layer.name}.{own}"))
    assert not gradients
    assert np.array_equal(trace.layers["OUT"].x.ravel(), run.forward(parameters, one)[0])


def test_a_trace_holds_the_briefs_formulas_between_its_own_arrays():
    """Brief: D5, D7, D10, D12, E1"""
    run, parameters, examples = program("sigmoid")
    one = first(examples)
    layers = run.trace(parameters, one, "squared_error").layers
    y, t = layers["OUT"].x[:, 0, 0], np.eye(3)[one.labels[0]]
    assert np.allclose(layers["OUT"].du[:, 0, 0], y * (1 - y) * (y - t))
    assert np.allclose(layers["OUT"].gradients["b"], layers["OUT"].du[:, 0, 0])
    c1, s2, beta = layers["C1"], layers["S2"], parameters["S2.w"]
    for j in range(3):
        up = np.kron(s2.du[j], np.ones((2, 1)))
        assert np.allclose(c1.du[j], beta[j] * ((1 - c1.x[j] ** 2) * up))
        assert c1.gradients["b"][j] == pytest.approx(c1.du[j].sum())
        d = c1.x[j].reshape(2, 2, 6).sum(axis=1)
        assert s2.gradients["w"][j] == pytest.approx((s2.du[j] * d).sum())


def test_pixels_are_scaled_and_shifted_as_the_examples_say():
    run, parameters, _ = program()
    pixels = np.random.default_rng(1).integers(0, 256, (4, 2, 6, 7), np.uint8)
    whole = Examples(pixels, scale=1 / 64, shift=-2.0)
    ready = Examples(pixels / 64 - 2.0)
    assert np.allclose(run.forward(parameters, whole), run.forward(parameters, ready), rtol=1e-13)


def test_how_a_data_set_is_split_changes_nothing():
    run, parameters, _ = program()
    many = Examples(np.random.default_rng(2).normal(size=(FORWARD_ROWS + 9, 2, 6, 7)))
    outputs = run.forward(parameters, many)
    assert outputs.shape == (FORWARD_ROWS + 9, 3)
    for rows in (slice(0, 5), slice(FORWARD_ROWS - 2, FORWARD_ROWS + 2)):
        some = run.forward(parameters, Examples(many.pixels[rows]))
        assert np.allclose(outputs[rows], some, rtol=1e-12)
    assert run.forward(parameters, Examples(many.pixels[:0])).shape == (0, 3)


@pytest.mark.parametrize(
    "update",
    [
        Update(),
        Update(decay=0.1),
        Update(momentum=0.9, decay=0.1),
        Update("adam", momentum=0.8, second=0.95, epsilon=1e-6, decay=0.1),
    ],
)
def test_training_is_the_published_steps_on_the_rows_in_their_order(update):
    run, parameters, examples = program()
    order, rates = np.array([5, 0, 3, 1, 4]), [0.3, 0.2, 0.1]
    state = State(dict(parameters))
    losses = run.train(state, examples, order, 2, rates, update, "cross_entropy")

    w, m, v = dict(parameters), dict.fromkeys(parameters, 0.0), dict.fromkeys(parameters, 0.0)
    for s, (rows, rate) in enumerate(zip(([5, 0], [3, 1], [4]), rates, strict=True)):
        some = Examples(examples.pixels[rows], examples.labels[rows])
        value, gradients = run.gradients(w, some, "cross_entropy")
        assert losses[s] == pytest.approx(value)
        for name, dw in gradients.items():
            if update.rule == "adam":
                w[name], m[name], v[name] = adam(
                    w[name], dw, m[name], v[name], s + 1, rate, 0.8, 0.95, 1e-6, update.decay
                )
            elif update.momentum:
                w[name], v[name] = momentum_sgd(w[name], dw, v[name], rate, 0.9, update.decay)
            else:
                w[name] = sgd(w[name], dw, rate, update.decay)

    assert state.steps == 3
    for name in parameters:
        assert np.allclose(state.parameters[name], w[name], rtol=1e-12)
    slots = {"adam": {"m": m, "v": v}, "sgd": {"v": v} if update.momentum else {}}[update.rule]
    assert set(state.slots) == set(slots)
    for slot, running in slots.items():
        for name in parameters:
            assert np.allclose(state.slots[slot][name], running[name], rtol=1e-12)


@pytest.mark.parametrize("update", [Update(momentum=0.9), Update("adam", momentum=0.9)])
def test_training_in_two_calls_is_training_in_one_bit_for_bit(update):
    run, parameters, examples = program()
    order, rates = np.array([0, 1, 2, 3, 4, 5, 2, 0]), [0.1] * 4
    once, twice = State(dict(parameters)), State(dict(parameters))
    run.train(once, examples, order, 2, rates, update, "cross_entropy")
    run.train(twice, examples, order[:4], 2, rates[:2], update, "cross_entropy")
    run.train(twice, examples, order[4:], 2, rates[2:], update, "cross_entropy")
    assert twice.steps == once.steps == 4
    for name in parameters:
        assert np.array_equal(once.parameters[name], twice.parameters[name])
        for slot, running in once.slots.items():
            assert np.array_equal(running[name], twice.slots[slot][name])


def test_absent_connections_stay_absent_through_training():
    """Brief: C9"""
    run, parameters, examples = program()
    state = State(dict(parameters))
    update = Update("adam", momentum=0.9, decay=0.1)
    run.train(state, examples, np.arange(6), 3, [0.1, 0.1], update, "cross_entropy")
    before, after = parameters["C3.w"], state.parameters["C3.w"]
    assert np.array_equal(before == 0, after == 0)
    assert (before == 0).any()


def test_parameters_of_another_engine_are_computed_with_in_float64():
    run, parameters, examples = program()
    singles = {name: w.astype(np.float32) for name, w in parameters.items()}
    doubles = {name: w.astype(np.float64) for name, w in singles.items()}
    assert np.array_equal(run.forward(singles, examples), run.forward(doubles, examples))
    state = State(singles)
    run.train(state, examples, np.arange(6), 6, [0.1], Update(momentum=0.9), "cross_entropy")
    assert {w.dtype for w in state.parameters.values()} == {np.dtype(np.float64)}
    assert {v.dtype for v in state.slots["v"].values()} == {np.dtype(np.float64)}


def test_training_learns():
    run, parameters, examples = program()
    state, order = State(dict(parameters)), np.tile(np.arange(6), 100)
    update = Update("adam", momentum=0.9)
    losses = run.train(state, examples, order, 6, [0.05] * 100, update, "cross_entropy")
    assert losses[-1] < 0.01 < losses[0]
    assert run.forward(state.parameters, examples).argmax(axis=1).tolist() == (
        examples.labels.tolist()
    )


def test_normalised_inputs_converge_faster():
    """The same pictures with a mean of 3, and of mean 0 and variance 1. Brief: C8"""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 200)
    raw = 3 + 0.5 * (rng.normal(size=(200, 1, 2, 2)) + 1.5 * (2 * labels - 1)[:, None, None, None])
    network = Network("two", (1, 2, 2), (Dense("F1", 4, "tanh"), Dense("F2", 2, "softmax")))
    run, start = Reference().program(network), initial_parameters(network, 0)
    losses = {}
    for name, x in {"raw": raw, "normalised": (raw - raw.mean()) / raw.std()}.items():
        order, rates = np.tile(np.arange(200), 20), [0.1] * 20
        losses[name] = run.train(
            State(dict(start)), Examples(x, labels), order, 200, rates, Update(), "cross_entropy"
        )
    assert losses["normalised"][-1] < 0.5 * losses["raw"][-1]


@pytest.mark.parametrize(
    ("top", "loss", "message"),
    [
        (
            "tanh",
            "cross_entropy",
            "tanh, layer OUT: cross_entropy takes scores, and this layer squashes them with tanh."
            "\n  Use the loss squared_error, or end the network with squash softmax or identity,"
            " or with an RBF layer.",
        ),
        (
            "softmax",
            "squared_error",
            "softmax, layer OUT: squared_error takes outputs to be compared with one-of-c targets,"
            " and these are probabilities of a softmax.\n  Use the loss cross_entropy.",
        ),
        (
            "rbf",
            "squared_error",
            "rbf, layer OUT: squared_error takes outputs to be compared with one-of-c targets,"
            " and these are distances.\n  Use the loss cross_entropy.",
        ),
    ],
)
def test_a_loss_that_does_not_fit_the_output_is_refused(top, loss, message):
    run, parameters, examples = program(top)
    calls = (
        lambda: run.gradients(parameters, examples, loss),
        lambda: run.trace(parameters, first(examples), loss),
        lambda: run.train(State(parameters), examples, np.arange(6), 6, [0.1], Update(), loss),
    )
    for call in calls:
        with pytest.raises(EngineError) as found:
            call()
        assert str(found.value) == message


def test_what_cannot_be_run_is_refused_by_name_and_number():
    run, parameters, examples = program()
    with pytest.raises(UnknownName, match="no loss is called 'cross_entropi': did you mean"):
        run.gradients(parameters, examples, "cross_entropi")
    with pytest.raises(DataError, match=r"softmax reads pictures of shape \(2, 6, 7\).*; found"):
        run.forward(parameters, Examples(examples.pixels[:, :1]))
    with pytest.raises(DataError, match="these examples have none"):
        run.gradients(parameters, Examples(examples.pixels), "cross_entropy")
    with pytest.raises(DataError, match="label 3 of example 0 is out of range: there are 3"):
        run.gradients(parameters, Examples(examples.pixels, np.full(6, 3)), "cross_entropy")
    with pytest.raises(DataError, match="mean over examples; none were given"):
        empty = Examples(examples.pixels[:0], examples.labels[:0])
        run.gradients(parameters, empty, "cross_entropy")
    with pytest.raises(DataError, match="a trace follows one example; 6 were given"):
        run.trace(parameters, examples, "cross_entropy")
    with pytest.raises(ModelError, match=r"C1.b"):
        run.forward({k: w for k, w in parameters.items() if k != "C1.b"}, examples)


def test_training_that_cannot_be_done_is_refused_before_anything_changes():
    run, parameters, examples = program()
    state = State(dict(parameters))

    def train(rule="sgd", batch=3, steps=2, labels=examples.labels):
        rates, some = [0.1] * steps, Examples(examples.pixels, labels)
        run.train(state, some, np.arange(6), batch, rates, Update(rule), "cross_entropy")

    with pytest.raises(UnknownName, match="no update rule is called 'adan': did you mean 'adam'"):
        train(rule="adan")
    with pytest.raises(EngineError, match="3 steps of 3 examples were asked of an order of 6"):
        train(steps=3)
    with pytest.raises(EngineError, match="2 steps of 0 examples"):
        train(batch=0)
    with pytest.raises(DataError, match="out of range"):
        train(labels=np.array([0, 1, 2, 0, 1, 9]))
    assert state.steps == 0
    assert all(state.parameters[name] is w for name, w in parameters.items())


def test_no_steps_change_nothing():
    run, parameters, examples = program()
    state = State(dict(parameters))
    assert len(run.train(state, examples, np.arange(6), 3, [], Update(), "cross_entropy")) == 0
    assert state.steps == 0
    assert all(state.parameters[name] is w for name, w in parameters.items())
