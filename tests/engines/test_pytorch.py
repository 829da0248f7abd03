"""The torch engine repeats the reference, layer type by layer type, and its module is plain."""

import sys

import numpy as np
import pytest

from simplecell.engines.parameters import initial_parameters, parameter_shapes
from simplecell.engines.protocol import Engine, Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.errors import DataError, EngineError, ModelError, UnknownName
from simplecell.spec.layers import (
    RBF,
    Combine,
    Conv,
    Dense,
    GlobalPool,
    Layer,
    Local,
    Pool,
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytorch = pytest.importorskip("simplecell.engines.pytorch")

TABLE = ((0, 1), (1,), (0, 1, 2))


def net(name: str, *layers: Layer, size: tuple[int, int, int] = (2, 9, 7)) -> Network:
    return Network(name, size, layers)


NETS = (
    net("conv", Conv("C1", 3, (4, 2), squash="tanh"), Dense("F2", 4, "softmax")),
    net(
        "strides",
        Conv("C1", 3, (3, 2), stride=(2, 1), squash="sigmoid"),
        Conv("C2", 2, (2, 3), stride=(1, 3)),
        Dense("F3", 4, "identity"),
    ),
    net("table", Conv("C1", 3, (2, 2)), Conv("C2", 3, (3, 3), table=TABLE), Dense("F3", 3)),
    net(
        "covering",
        Conv("C1", 3, (9, 7), squash="relu"),
        Conv("C2", 5, (1, 1)),
        Dense("F3", 3, "sigmoid"),
    ),
    net(
        "mixed",
        Combine("C1", 3, (4, 2), (1, 2), penalty="entropy", strength=0.2),
        Combine("C2", 2, (6, 3), squash="tanh", penalty="absolute", strength=0.2),
        Dense("F3", 4),
    ),
    net("local", Local("L1", 3, (3, 2), stride=(2, 1)), Dense("F2", 3, "softmax")),
    net("local_stack", Local("L1", 2, (2, 2)), Local("L2", 3, (3, 3)), Dense("F3", 3)),
    net(
        "padded",
        Conv("C1", 3, (3, 4), (2, 1), squash="tanh", padding="same"),
        Conv("C2", 3, (3, 3), table=TABLE, padding=((1, 1), (2, 2)), bias=False),
        Combine("C3", 2, (3, 3), padding=((2, 0), (0, 1)), penalty="entropy", strength=0.2),
        Local("L4", 2, (3, 3), (2, 2), "tanh", padding="same"),
        Dense("F5", 3, "softmax"),
    ),
    net("padded_to_the_kernel", Conv("C1", 3, (9, 8), padding=((0, 0), (1, 0))), Dense("F2", 3)),
    net(
        "no_bias",
        Conv("C1", 3, (3, 2), squash="tanh", bias=False),
        Local("L2", 2, (2, 2), bias=False),
        Conv("C3", 4, (6, 5), squash="tanh", bias=False),
        Dense("F4", 3, "softmax", bias=False),
    ),
    net("subsample", Subsample("S1", (2, 3)), Dense("F2", 3, "softmax"), size=(2, 6, 6)),
    net("mean", Pool("P1", "mean", (3, 2), "tanh"), Dense("F2", 3, "softmax"), size=(2, 6, 6)),
    net(
        "max",
        Conv("C1", 3, (2, 2), squash="relu"),
        Pool("P2", "max", (4, 2)),
        Dense("F3", 3, "softmax"),
    ),
    net("global_mean", Conv("C1", 3, (2, 2)), GlobalPool("G2", squash="tanh"), Dense("F3", 3)),
    net("global_max", Conv("C1", 3, (2, 2)), GlobalPool("G2", "max"), Dense("F3", 3)),
    net("dense_maps", Dense("F1", 6, "tanh"), Conv("C2", 4, (1, 1)), Local("L3", 3, (1, 1))),
    net("rbf", Dense("F1", 6), RBF("R2", ("#..##.", ".#.#.#", "###...", "......"))),
    net("learned", Dense("F1", 4), RBF("R2", ("#..#", ".#.#", "###."), learned=True)),
    net(
        "squashes",
        Conv("C1", 3, (2, 2), squash="leaky_relu(0.2)"),
        Local("L2", 2, (2, 2), squash="softplus"),
        Dense("F3", 6, "elu(0.5)"),
        Dense("F4", 5, "leaky_relu"),
        Dense("F5", 4, "elu"),
    ),
    net("softmax_maps", Conv("C1", 2, (8, 6), squash="softmax")),
)
UPDATES = (
    Update(),
    Update(momentum=0.9, decay=0.01),
    Update("adam", momentum=0.9, decay=0.01),
)


def loss_for(network: Network) -> str:
    last = network.layers[-1]
    scores = isinstance(last, RBF) or last.squash in ("softmax", "identity")
    return "cross_entropy" if scores else "squared_error"


def some(network: Network, count: int = 7, seed: int = 3) -> Examples:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (count, *network.input), dtype=np.uint8)
    return Examples(pixels, rng.integers(0, network.classes, count), 1 / 128, -0.9)


def start(network: Network, seed: int = 1) -> dict[str, np.ndarray]:
    """Float32 numbers with biases that are not 0, so that a lost bias is noticed."""
    rng = np.random.default_rng(seed)
    return {
        name: (rng.normal(0, 0.3, w.shape) if name.endswith(".b") else w).astype(np.float32)
        for name, w in initial_parameters(network, seed).items()
    }


def same(found: np.ndarray, wanted: np.ndarray, relative: float = 2e-5) -> None:
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=relative * (abs(wanted).max() + 1e-3))


DEVICE = "cpu"


@pytest.fixture(autouse=True, params=list(dict.fromkeys(("cpu", pytorch.best_device()))))
def _device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat everything on the processor, and on whatever other device there is."""
    monkeypatch.setattr(sys.modules[__name__], "DEVICE", request.param)


def engine() -> Engine:
    return pytorch.Torch(threads=1, device=DEVICE)


@pytest.mark.parametrize("network", NETS, ids=lambda network: network.name)
def test_torch_repeats_the_reference(network: Network) -> None:
    examples, parameters, loss = some(network), start(network), loss_for(network)
    ours, theirs = engine().program(network), Reference().program(network)
    same(ours.forward(parameters, examples), theirs.forward(parameters, examples))
    value, gradients = ours.gradients(parameters, examples, loss)
    wanted_value, wanted = theirs.gradients(parameters, examples, loss)
    assert value == pytest.approx(wanted_value, rel=1e-5)
    assert list(gradients) == list(wanted)
    for name in wanted:
        same(gradients[name], wanted[name])


@pytest.mark.parametrize("network", NETS, ids=lambda network: network.name)
def test_torch_traces_what_the_reference_traces(network: Network) -> None:
    examples, parameters, loss = some(network, 1), start(network), loss_for(network)
    ours = engine().program(network).trace(parameters, examples, loss)
    theirs = Reference().program(network).trace(parameters, examples, loss)
    assert ours.loss == pytest.approx(theirs.loss, rel=1e-5)
    same(ours.x, theirs.x)
    same(ours.dx, theirs.dx)
    assert list(ours.layers) == list(theirs.layers)
    for name, wanted in theirs.layers.items():
        found = ours.layers[name]
        same(found.u, wanted.u)
        same(found.x, wanted.x)
        same(found.du, wanted.du)
        assert list(found.gradients) == list(wanted.gradients)
        for own in wanted.gradients:
            same(found.gradients[own], wanted.gradients[own])


@pytest.mark.parametrize("update", UPDATES, ids=lambda u: f"{u.rule}-{u.momentum}")
@pytest.mark.parametrize("network", NETS, ids=lambda network: network.name)
def test_torch_takes_the_steps_of_the_reference(network: Network, update: Update) -> None:
    """Ten steps of three, the last of one; the eleventh goes on from what was kept."""
    examples, loss = some(network, 28), loss_for(network)
    order = np.random.default_rng(0).permutation(28)
    rates = [0.02 / (1 + s) for s in range(10)]
    ends = []
    for program in (engine().program(network), Reference().program(network)):
        state = State(dict(start(network)))
        losses = program.train(state, examples, order, 3, rates, update, loss)
        more = program.train(state, examples, order[::-1], 28, [0.01], update, loss)
        ends.append((state, np.concatenate([losses, more])))
    (ours, found), (theirs, wanted) = ends
    assert ours.steps == theirs.steps == 11
    same(found, wanted, 1e-4)
    for name in theirs.parameters:
        same(ours.parameters[name], theirs.parameters[name], 1e-3)
    assert {slot: set(means) for slot, means in ours.slots.items()} == {
        slot: set(means) for slot, means in theirs.slots.items()
    }


def test_torch_resumes_bit_for_bit() -> None:
    network = NETS[2]
    examples, loss, update = some(network, 24), loss_for(network), UPDATES[2]
    program, order = engine().program(network), np.arange(24)
    at_once, in_parts = State(dict(start(network))), State(dict(start(network)))
    program.train(at_once, examples, order, 4, [0.01] * 6, update, loss)
    program.train(in_parts, examples, order[:12], 4, [0.01] * 3, update, loss)
    program.train(in_parts, examples, order[12:], 4, [0.01] * 3, update, loss)
    for name in at_once.parameters:
        assert at_once.parameters[name].tobytes() == in_parts.parameters[name].tobytes()


def test_torch_leaves_absent_connections_at_zero() -> None:
    """Brief: C9."""
    network = NETS[2]
    state = State(dict(start(network)))
    program = engine().program(network)
    program.train(state, some(network, 8), np.arange(8), 2, [0.1] * 4, UPDATES[2], "squared_error")
    assert not state.parameters["C2.w"][1, [0, 2]].any()
    assert state.parameters["C2.w"][1, 1].all()


def test_long_data_is_run_in_pieces_without_changing_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = NETS[0]
    program, parameters, examples = engine().program(network), start(network), some(network, 11)
    whole = program.gradients(parameters, examples, "cross_entropy")
    outputs = program.forward(parameters, examples)
    monkeypatch.setattr(pytorch.program, "ROWS", 4)
    pieces = program.gradients(parameters, examples, "cross_entropy")
    assert pieces[0] == pytest.approx(whole[0], rel=1e-6)
    for name in whole[1]:
        same(pieces[1][name], whole[1][name])
    same(program.forward(parameters, examples), outputs)


def test_module_is_lenet5_by_our_names_and_shapes() -> None:
    module = pytorch.module(find("lenet5"))
    shapes = {name: tuple(values.shape) for name, values in module.state_dict().items()}
    assert shapes == parameter_shapes(find("lenet5"))
    assert module(torch.zeros(3, 1, 32, 32)).shape == (3, 10)


def test_engine_gives_the_threads_back() -> None:
    before = torch.get_num_threads()
    network = NETS[0]
    pytorch.Torch(threads=before + 1).program(network).forward(start(network), some(network))
    assert torch.get_num_threads() == before


def test_engine_names_a_device_that_is_not_there() -> None:
    with pytest.raises(EngineError, match="cannot use the device 'warp'"):
        pytorch.Torch(device="warp")


def test_engine_names_a_layer_that_torch_cannot_have() -> None:
    network = net("clash", Dense("forward", 3, "softmax"))
    with pytest.raises(EngineError, match="clash: PyTorch cannot name a layer so"):
        pytorch.Torch().program(network)


def test_engine_refuses_what_the_reference_refuses() -> None:
    network = NETS[0]
    program, parameters, examples = engine().program(network), start(network), some(network)
    other = Examples(examples.pixels[:, :1], examples.labels)
    nothing = Examples(examples.pixels[:0], np.zeros(0, np.int64))
    order = np.arange(len(examples))
    with pytest.raises(ModelError, match=r"F2\.b"):
        program.forward({**parameters, "F2.b": np.zeros(3)}, examples)
    with pytest.raises(DataError, match="reads pictures of shape"):
        program.forward(parameters, other)
    with pytest.raises(DataError, match="none were given"):
        program.gradients(parameters, nothing, "cross_entropy")
    with pytest.raises(DataError, match="a trace follows one example"):
        program.trace(parameters, examples, "cross_entropy")
    with pytest.raises(EngineError, match="probabilities of a softmax"):
        program.gradients(parameters, examples, "squared_error")
    state = State(dict(parameters))
    with pytest.raises(EngineError, match="3 steps of 4 examples"):
        program.train(state, examples, order, 4, [0.1] * 3, Update(), "cross_entropy")
    with pytest.raises(UnknownName, match="'agd'"):
        program.train(state, examples, order, 4, [0.1], Update("agd"), "cross_entropy")
