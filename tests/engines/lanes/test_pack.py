"""What goes into a pack: live lanes and no others, bytes as floats, and refusals by name."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simplecell.engines.check import draw
from simplecell.engines.lanes import Lanes
from simplecell.engines.protocol import Examples, State, Update
from simplecell.errors import DataError, EngineError, ModelError, UnknownName
from simplecell.formulas.gradcheck import relative_difference
from simplecell.spec.layers import RBF, Conv, Dense, Layer, Local, Pool, Subsample
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

LANES = Lanes(2)
RELU = Conv("C1", 3, (3, 3), squash="relu")


def net(name: str, *layers: Layer) -> Network:
    return Network(name, (2, 12, 12), layers)


NETS = (
    net("tanh", Conv("C1", 3, (5, 5), squash="tanh"), Subsample("S2"), Dense("F3", 5, "softmax")),
    net("relu", RELU, Pool("P2", "max"), Conv("C3", 8, (5, 5)), Dense("F4", 5, "softmax")),
    net("max_of_three", Conv("C1", 3, (4, 4)), Pool("P2", "max", (3, 3)), Dense("F3", 5)),
    net("mean", RELU, Pool("P2", "mean", squash="relu"), Dense("F3", 5, "relu")),
    net("local", Local("L1", 2, (3, 3), squash="relu"), Dense("F2", 5, "sigmoid")),
    net("dense", Dense("F1", 20, "relu"), Dense("F2", 5, "softmax")),
    net("rbf", RELU, Dense("F2", 6), RBF("R3", ("#..##.", ".#.#.#", "###...", "......"))),
    net("strided", Conv("C1", 3, (3, 3), (2, 3)), Conv("C2", 2, (2, 2)), Dense("F3", 5)),
)


def name_of(network: Network) -> str:
    return network.name


def loss_of(network: Network) -> str:
    last = network.layers[-1]
    by_probability = isinstance(last, RBF) or last.squash == "softmax"
    return "cross_entropy" if by_probability else "squared_error"


def drawn(network: Network, count: int) -> tuple[dict[str, Any], Examples]:
    parameters, pixels, labels = draw(network, 0, count)
    return parameters, Examples(pixels, labels)


def rows(examples: Examples, first: int, last: int) -> Examples:
    assert examples.labels is not None
    return Examples(
        examples.pixels[first:last],
        examples.labels[first:last],
        examples.scale,
        examples.shift,
    )


@pytest.mark.parametrize("cuts", [(0, 16, 20), (0, 4, 20), (0, 1, 3, 20), (0, 2, 3)])
@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_a_gradient_is_the_mean_of_its_parts(network: Network, cuts: tuple[int, ...]) -> None:
    """Twenty images are a full pack and four of sixteen lanes: the other twelve add nothing."""
    parameters, examples = drawn(network, cuts[-1])
    program, loss = LANES.program(network), loss_of(network)
    whole, gradients = program.gradients(parameters, examples, loss)
    sums, total = {name: np.zeros(w.shape) for name, w in parameters.items()}, 0.0
    for first, last in itertools.pairwise(cuts):
        value, part = program.gradients(parameters, rows(examples, first, last), loss)
        total += value * (last - first) / cuts[-1]
        for name in sums:
            sums[name] += np.float64(part[name]) * (last - first) / cuts[-1]
    assert whole == pytest.approx(total, rel=1e-6)
    for name in sums:
        assert np.any(sums[name])
        assert relative_difference(sums[name], gradients[name]) <= 3e-6, name


@pytest.mark.parametrize(("many", "few"), [(32, 20), (16, 5), (3, 1), (64, 49)])
@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_what_ran_before_leaves_nothing_behind(network: Network, many: int, few: int) -> None:
    """Larger batches, and pictures full of NaN, are followed by the bytes of a fresh program."""
    parameters, examples = drawn(network, many)
    part, loss = rows(examples, 0, few), loss_of(network)

    def result(program: Any) -> bytes:
        value, gradients = program.gradients(parameters, part, loss)
        outputs = program.forward(parameters, part)
        arrays = [*gradients.values(), np.float64(value), outputs]
        return b"".join(a.tobytes() for a in arrays)

    fresh, used = LANES.program(network), LANES.program(network)
    nothing = Examples(np.full_like(examples.pixels, np.nan), examples.labels)
    for before in (examples, nothing, rows(nothing, 0, few)):
        used.gradients(parameters, before, loss)
        used.forward(parameters, before)
    wanted = result(fresh)
    assert np.isfinite(np.frombuffer(wanted[-few * network.classes * 4 :], np.float32)).all()
    assert result(used) == wanted


@pytest.mark.parametrize("count", [1, 3, 20])
@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_a_nan_among_the_pixels_is_a_nan_in_the_loss(network: Network, count: int) -> None:
    """Also through relu and max pooling, which a comparison could make it vanish in."""
    parameters, examples = drawn(network, count)
    program, loss = LANES.program(network), loss_of(network)
    for row, channel, i, j in ((count - 1, 1, 5, 5), (0, 0, 0, 0)):
        pixels = examples.pixels.copy()
        assert np.isfinite(program.gradients(parameters, examples, loss)[0])
        pixels[row, channel, i, j] = np.nan
        value, gradients = program.gradients(parameters, Examples(pixels, examples.labels), loss)
        assert np.isnan(value)
        assert any(np.isnan(g).any() for g in gradients.values())
        outputs = program.forward(parameters, Examples(pixels))
        others = [n for n in range(count) if n != row]
        assert np.isnan(outputs[row]).any()
        assert np.isfinite(outputs[others]).all()


@pytest.mark.parametrize("count", [1, 3, 16, 20])
@pytest.mark.parametrize("network", [NETS[0], NETS[4], find("lenet5")], ids=name_of)
def test_bytes_with_scale_and_shift_are_the_same_pixels_as_floats(
    network: Network, count: int
) -> None:
    rng = np.random.default_rng(count)
    pixels = rng.integers(0, 256, (count, *network.input), dtype=np.uint8)
    labels = rng.integers(0, network.classes, count)
    parameters, _ = drawn(network, 1)
    program, loss = LANES.program(network), loss_of(network)
    # Powers of two scale without rounding, so that floats can hold the very same numbers.
    scaled = (pixels / 128 - 0.75).astype(np.float32)
    kinds = (
        Examples(pixels, labels, 1 / 128, -0.75),
        Examples(scaled, labels),
        Examples(scaled.astype(np.float64), labels),
        Examples(pixels.astype(np.float32), labels, 1 / 128, -0.75),
    )
    found = []
    for examples in kinds:
        value, gradients = program.gradients(parameters, examples, loss)
        arrays = [program.forward(parameters, examples), np.float64(value), *gradients.values()]
        found.append(b"".join(a.tobytes() for a in arrays))
    assert found[1:] == found[:1] * 3


def test_pixels_and_parameters_are_left_as_they_were() -> None:
    parameters, examples = drawn(NETS[0], 20)
    before = [examples.pixels.copy(), {name: w.copy() for name, w in parameters.items()}]
    LANES.program(NETS[0]).gradients(parameters, examples, "cross_entropy")
    LANES.program(NETS[0]).forward(parameters, examples)
    assert np.array_equal(examples.pixels, before[0])
    assert all(np.array_equal(w, before[1][name]) for name, w in parameters.items())


def test_pixels_need_not_stand_side_by_side_in_memory() -> None:
    parameters, examples = drawn(NETS[0], 20)
    program = LANES.program(NETS[0])
    turned = np.asfortranarray(examples.pixels)
    wanted = program.forward(parameters, examples)
    assert program.forward(parameters, Examples(turned)).tobytes() == wanted.tobytes()
    backwards = program.forward(parameters, Examples(examples.pixels[::-1]))
    assert backwards[::-1].tobytes() == wanted.tobytes()


def test_no_pictures_give_no_outputs() -> None:
    parameters, examples = drawn(NETS[0], 1)
    found = LANES.program(NETS[0]).forward(parameters, Examples(examples.pixels[:0]))
    assert found.shape == (0, 5)


Call = Callable[[Any, dict[str, Any], Examples], Any]
NETWORK = NETS[0]
LABELS = np.arange(4)


def gradients_with(labels: Any, loss: str = "cross_entropy") -> Call:
    return lambda program, w, e: program.gradients(w, Examples(e.pixels, labels), loss)


def train_with(order: Any = LABELS, batch: int = 2, rates: Any = (0.1, 0.1), **words: Any) -> Call:
    update, loss = Update(words.get("rule", "sgd")), words.get("loss", "cross_entropy")
    labels = words.get("labels", LABELS)
    return lambda program, w, e: program.train(
        State(dict(w)), Examples(e.pixels, labels), np.asarray(order), batch, rates, update, loss
    )


REFUSED = {
    "too large a label": (
        gradients_with(np.array([0, 1, 5, 2])),
        DataError,
        r"label 5 of .* 2 is",
    ),
    "a label below 0": (gradients_with(np.array([0, -1, 4, 2])), DataError, "5 classes, 0 to 4"),
    "no labels": (gradients_with(None), DataError, "these examples have none"),
    "too few labels": (gradients_with(LABELS[:3]), DataError, "4 examples, and labels of shape"),
    "labels that are floats": (gradients_with(LABELS * 1.0), DataError, "labels are float64"),
    "a label to train on": (train_with(labels=LABELS + 2), DataError, "label 5 of example 3"),
    "no labels to train on": (train_with(labels=None), DataError, "these examples have none"),
    "another loss": (gradients_with(LABELS, "cross_entrpy"), UnknownName, "did you mean 'cross_e"),
    "a loss that does not fit": (
        gradients_with(LABELS, "squared_error"),
        EngineError,
        "probabilities of a softmax",
    ),
    "another rule": (train_with(rule="agd"), UnknownName, "no update rule is called 'agd'"),
    "another loss to train by": (train_with(loss="mse"), UnknownName, "'mse'"),
    "more steps than rows": (train_with(rates=[0.1] * 3), EngineError, "3 steps of 2 examples"),
    "steps of nothing": (train_with(batch=0), EngineError, "2 steps of 0 examples"),
    "rows there are not": (train_with([0, 1, 2, 4]), EngineError, "rows are 0 to 3"),
    "rows below 0": (train_with([0, -1, 2, 3]), EngineError, "names rows -1 to 3"),
    "another shape": (
        lambda program, w, e: program.forward(w, Examples(e.pixels[:, :, 1:])),
        DataError,
        r"tanh reads pictures of shape \(2, 12, 12\) .*; found \(2, 11, 12\)",
    ),
    "another shape to learn": (
        lambda program, w, e: program.gradients(w, Examples(e.pixels[:, :1], LABELS), "x"),
        DataError,
        r"found \(1, 12, 12\)",
    ),
    "nothing to learn from": (
        lambda p, w, e: p.gradients(w, Examples(e.pixels[:0], LABELS[:0]), "cross_entropy"),
        DataError,
        "none were given",
    ),
    "two to trace": (
        lambda p, w, e: p.trace(w, Examples(e.pixels[:2], LABELS[:2]), "cross_entropy"),
        DataError,
        "a trace follows one example; 2 were given",
    ),
    "a parameter missing": (
        lambda p, w, e: p.forward({n: w[n] for n in w if n != "C1.w"}, e),
        ModelError,
        r"C1\.w",
    ),
    "a parameter of another shape": (
        lambda p, w, e: p.forward({**w, "C1.b": np.zeros(4)}, e),
        ModelError,
        r"C1\.b of shape \(3,\); found \(4,\)",
    ),
    "a NaN to learn from": (
        lambda p, w, e: p.gradients({**w, "C1.b": w["C1.b"] * np.nan}, e, "cross_entropy"),
        ModelError,
        r"C1\.b holds NaN",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_lanes_refuse(what: str) -> None:
    call, error, message = REFUSED[what]
    parameters, examples = drawn(NETWORK, 4)
    with pytest.raises(error, match=message):
        call(LANES.program(NETWORK), parameters, Examples(examples.pixels, LABELS))


@pytest.mark.parametrize("threads", [0, -2])
def test_no_threads_are_refused(threads: int) -> None:
    with pytest.raises(EngineError, match=f"{threads} threads were asked for; give 1 or more"):
        Lanes(threads)


@pytest.mark.parametrize("threads", [1.5, "2"])
def test_threads_that_are_no_whole_number_are_refused(threads: Any) -> None:
    with pytest.raises(EngineError, match="give a whole number, 1 or more"):
        Lanes(threads)


def test_threads_left_out_are_all_processors() -> None:
    assert Lanes().threads >= 1


def test_a_refused_step_changes_nothing() -> None:
    parameters, examples = drawn(NETWORK, 4)
    state = State(dict(parameters))
    bad = Examples(examples.pixels, LABELS + 2)
    with pytest.raises(DataError):
        LANES.program(NETWORK).train(
            state, bad, np.arange(4), 2, [0.1, 0.1], Update("adam"), "cross_entropy"
        )
    assert state.steps == 0
    assert not state.slots
    assert all(state.parameters[name] is parameters[name] for name in parameters)
