"""The compiled engine repeats the reference: every layer, kernel, stride, table, squash and loss.

One to three images run each by itself, more in packs of sixteen, so batches of both sizes and of
lengths that fill no pack are tried. Float32 leaves differences of about 1e-6; 1e-4 is the limit.
"""

import numpy as np
import pytest

from simplecell.engines.check import check_engine, draw
from simplecell.engines.lanes import Lanes
from simplecell.engines.protocol import LOSSES, Array, Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.engines.requests import losses_of
from simplecell.formulas.gradcheck import relative_difference
from simplecell.spec.layers import (
    RBF,
    SQUASHES,
    Conv,
    Dense,
    GlobalPool,
    Layer,
    Local,
    Pool,
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.spec.padding import Padding
from simplecell.spec.zoo import find

LANES = Lanes(2)
AGREES = 1e-4
BATCHES = (1, 3, 16, 20, 37)
TABLE = ((0, 1), (1, 2), (0, 2, 3), (3,), (0, 1, 2, 3))
"""Five maps that read one to four of the maps below."""


def net(name: str, size: tuple[int, int, int], *layers: Layer) -> Network:
    return Network(name, size, layers)


def with_kernel(kh: int, kw: int) -> Network:
    """Two convolutions, so that the kernel is run up, down and for its gradient."""
    size = (2, 2 * kh + 7, 2 * kw + 6)
    layers = (Conv("C1", 3, (kh, kw), squash="tanh"), Conv("C2", 3, (kh, kw)))
    return net(f"kernel_{kh}x{kw}", size, *layers, Dense("F3", 4, "softmax"))


def with_width(k: int, height: int, width: int) -> Network:
    """A k x k kernel whose maps are so large, on maps that need a delta."""
    below = (1, height + k - 1, width + k - 1)
    layers = (Conv("C1", 2, (1, 1), squash="sigmoid"), Conv("C2", 3, (k, k), squash="tanh"))
    return net(f"out_{height}x{width}_of_{k}x{k}", below, *layers, Dense("F3", 3, "softmax"))


def with_maps(k: int, maps: int) -> Network:
    """So many maps above, of which each reads one or two of three below."""
    table = tuple(((m % 3,), (0, 2))[m % 2] for m in range(maps))
    layers = (Conv("C1", 3, (2, 2)), Conv("C2", maps, (k, k), table=table, squash="tanh"))
    return net(f"{maps}_maps_of_{k}x{k}", (2, k + 5, k + 4), *layers, Dense("F3", 3, "softmax"))


def with_squash(squash: str) -> Network:
    """The function below and above every kind of layer that has one."""
    layers = (
        Conv("C1", 3, (3, 3), squash=squash),
        Subsample("S2", squash=squash),
        Conv("C3", 4, (2, 2), squash=squash),
        Pool("P4", "mean", squash=squash),
        Dense("F5", 6, squash),
        Dense("F6", 4, squash),
    )
    return net(f"all_{squash}", (2, 12, 12), *layers)


def with_window(kind: str, nh: int, nw: int, squash: str = "relu") -> Network:
    """Windows on maps more than sixteen wide; `subsample` counts as a kind."""
    size = (2, 4 * nh + 1, -(-20 // nw) * nw + 1)
    layer = Subsample("P2", (nh, nw)) if kind == "subsample" else Pool("P2", kind, (nh, nw))
    layers = (Conv("C1", 3, (2, 2), squash=squash), layer, Conv("C3", 2, (2, 2)))
    return net(f"{kind}_{nh}x{nw}_on_{squash}", size, *layers, Dense("F4", 3, "softmax"))


def with_padding(k: int, size: int, padding: Padding) -> Network:
    """A padded k x k kernel on maps that need a delta, and one on the pictures."""
    layers = (
        Conv("C1", 2, (3, 3), squash="sigmoid", padding="same"),
        Conv("C2", 3, (k, k), squash="tanh", padding=padding),
    )
    name = f"{padding}_{k}x{k}_on_{size}".translate(str.maketrans("", "", "()', "))
    return net(name, (2, size, size), *layers, Dense("F3", 3, "softmax"))


KERNELS = [(k, k) for k in range(1, 8)]
RECTANGLES = [(1, 3), (3, 1), (2, 5), (5, 2), (5, 3), (3, 5), (4, 7), (6, 1)]
WIDTHS = (1, 2, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 24)
WINDOWS = [(2, 2), (3, 3), (1, 2), (2, 1), (3, 2), (2, 3), (4, 4)]
WRITTEN = ("leaky_relu(0.3)", "elu(0.5)")
"""Squashing functions with a parameter that is not the usual one."""
PADDED = (
    *(with_padding(k, size, "same") for k in (2, 3, 5) for size in (1, 8, 12, 14, 15, 16, 18)),
    *(with_padding(k, size, ((k - 1, 0), (1, k - 1))) for k in (3, 5) for size in (9, 14, 17)),
    net(
        "padded_strides_and_table",
        (1, 13, 16),
        Conv("C1", 4, (3, 3), squash="tanh", padding="same"),
        Conv("C2", 5, (5, 4), (2, 3), TABLE, "sigmoid", ((2, 3), (0, 2))),
        Conv("C3", 3, (3, 3), (2, 2), padding="same"),
        Dense("F4", 7, "softmax"),
    ),
    net(
        "padded_first_at_a_stride",
        (3, 11, 12),
        Conv("C1", 4, (3, 5), (2, 2), squash="tanh", padding=((2, 2), (4, 1))),
        Pool("P2", "mean", (1, 1)),
        Conv("C3", 2, (2, 2), padding=((1, 1), (1, 1))),
    ),
    net(
        "padded_on_one_cell",
        (1, 5, 5),
        Conv("C1", 6, (5, 5), squash="tanh"),
        Conv("C2", 4, (3, 3), padding="same"),
        Conv("C3", 4, (1, 1), padding="same"),
        Dense("F4", 5, "tanh"),
        Conv("C5", 3, (2, 2), padding=((1, 1), (1, 0)), squash="sigmoid"),
    ),
    net(
        "padded_local",
        (2, 7, 6),
        Local("L1", 3, (3, 3), squash="tanh", padding="same"),
        Local("L2", 2, (3, 2), (2, 1), padding=((2, 0), (0, 1)), squash="sigmoid"),
        Dense("F3", 5, "softmax"),
    ),
    net(
        "no_bias",
        (2, 9, 9),
        Conv("C1", 4, (3, 3), squash="tanh", padding="same", bias=False),
        Conv("C2", 5, (3, 3), (2, 2), TABLE, "tanh", bias=False),
        Conv("C3", 20, (4, 4), squash="tanh", bias=False),
        Dense("F4", 19, "tanh", bias=False),
        Dense("F5", 6, "softmax", bias=False),
    ),
    net(
        "no_bias_local",
        (2, 7, 6),
        Conv("C1", 3, (5, 5), padding=((4, 0), (2, 2)), bias=False),
        Local("L2", 3, (3, 3), squash="tanh", padding="same", bias=False),
        Dense("F3", 5, "softmax", bias=False),
    ),
)
NETS = (
    *PADDED,
    *(with_kernel(*kernel) for kernel in KERNELS + RECTANGLES),
    *(with_width(k, width, width) for k in (3, 5) for width in WIDTHS),
    *(with_width(k, height, width) for k in (3, 5) for height, width in ((10, 3), (4, 18))),
    *(with_maps(5, maps) for maps in (7, 8, 16, 19)),
    with_maps(3, 17),
    *(with_squash(squash) for squash in (*SQUASHES, *WRITTEN) if squash != "softmax"),
    *(with_window("max", *window) for window in WINDOWS),
    *(
        with_window("max", 2, 2, squash)
        for squash in ("identity", "sigmoid", "scaled_tanh", "softplus")
    ),
    *(with_window("mean", *window, "tanh") for window in WINDOWS),
    *(with_window("subsample", *window, "sigmoid") for window in WINDOWS),
    net(
        "strides",
        (2, 11, 13),
        Conv("C1", 3, (3, 2), (2, 3), squash="tanh"),
        Conv("C2", 4, (2, 2), squash="relu"),
        Dense("F3", 7, "softmax"),
    ),
    net(
        "strides_and_table",
        (1, 16, 16),
        Conv("C1", 4, (3, 3), squash="tanh"),
        Conv("C2", 5, (5, 5), (2, 2), TABLE, "sigmoid"),
        Dense("F3", 7, "softmax"),
    ),
    net(
        "strides_that_leave_pixels_over",
        (1, 15, 17),
        Conv("C1", 2, (1, 1)),
        Conv("C2", 3, (3, 4), (5, 4), squash="tanh"),
        Dense("F3", 3, "tanh"),
    ),
    net(
        "table",
        (3, 13, 12),
        Conv("C1", 4, (3, 3), squash="relu"),
        Conv("C2", 5, (5, 5), table=TABLE),
        Dense("F3", 4),
    ),
    net(
        "local",
        (2, 9, 8),
        Local("L1", 3, (3, 3), squash="tanh"),
        Pool("P2", "max", (1, 2)),
        Dense("F3", 5, "tanh"),
    ),
    net(
        "local_strided",
        (1, 9, 10),
        Conv("C0", 4, (2, 2)),
        Local("L1", 9, (4, 3), (2, 3), squash="sigmoid"),
        Dense("F3", 5, "softmax"),
    ),
    net(
        "local_on_local", (2, 6, 7), Local("L1", 2, (2, 2)), Local("L2", 3, (3, 2), squash="tanh")
    ),
    net(
        "wide",
        (1, 20, 40),
        Conv("C1", 3, (9, 11), squash="relu"),
        Subsample("S2", (3, 5), "sigmoid"),
        Dense("F5", 6, "softmax"),
    ),
    net("one_dense", (1, 5, 5), Dense("F1", 3, "softmax")),
    net(
        "dense",
        (1, 8, 8),
        Dense("F1", 20, "relu"),
        Dense("F2", 33, "tanh"),
        Dense("F3", 130, "sigmoid"),
        Dense("F4", 1, "tanh"),
        Dense("F5", 10, "softmax"),
    ),
    net(
        "covering",
        (1, 4, 4),
        Conv("C1", 6, (4, 4)),
        Conv("C2", 5, (1, 1), squash="identity"),
        Pool("P3", "max", (1, 1)),
        Dense("F4", 3, "softmax"),
    ),
    net("ends_in_maps", (1, 6, 6), Conv("C1", 4, (3, 3), squash="tanh"), Conv("C2", 2, (3, 3))),
    net("ends_in_softmax_maps", (2, 5, 6), Conv("C1", 2, (3, 3), squash="softmax")),
    net("ends_in_a_mean", (1, 8, 8), Conv("C1", 10, (5, 5)), Pool("P2", "mean", (4, 4))),
    net(
        "global_mean", (1, 9, 20), Conv("C1", 5, (3, 3)), GlobalPool("G2"), Dense("F3", 4, "tanh")
    ),
    net(
        "global_max",
        (2, 9, 20),
        Conv("C1", 5, (3, 3), squash="relu"),
        GlobalPool("G2", "max"),
        Dense("F3", 4, "softmax"),
    ),
    net("ends_in_global_means", (1, 8, 8), Conv("C1", 10, (5, 5)), GlobalPool("G2")),
    net("begins_with_a_global_max", (9, 3, 3), GlobalPool("G1", "max"), Dense("F2", 4, "softmax")),
    net("ends_in_a_gain", (1, 7, 7), Conv("C1", 5, (4, 4)), Subsample("S2", (2, 2), "sigmoid")),
    net("begins_with_a_pool", (2, 6, 6), Pool("P1", "max", (3, 2)), Dense("F2", 4, "softmax")),
    net("begins_with_a_gain", (2, 6, 6), Subsample("S1", (2, 3)), Conv("C2", 3, (2, 2))),
    net("rbf", (1, 4, 4), Dense("F1", 6), RBF("R2", ("#..##.", ".#.#.#", "###...", "......"))),
    net("rbf_on_maps", (1, 4, 5), Conv("C1", 2, (2, 3)), RBF("R2", ("#..##." * 3, "##...#" * 3))),
    find("lenet5"),
    find("lenet5_tutorial"),
)
TRAINED = [
    network
    for network in NETS
    if network.name
    in (
        *("strides_and_table", "table", "local", "dense", "rbf", "all_sigmoid", "8_maps_of_5x5"),
        *("padded_strides_and_table", "padded_local", "no_bias", "no_bias_local"),
        *("all_elu(0.5)", "all_softplus"),
    )
]
UPDATES = (
    Update(),
    Update(decay=0.3),
    Update(momentum=0.9),
    Update(momentum=0.8, decay=0.3),
    Update("adam", momentum=0.9),
    Update("adam", momentum=0.8, second=0.99, epsilon=1e-3, decay=0.3),
)
# An RBF layer's gradient can cancel to what rounding leaves, which Adam makes a whole step of.
CASES = [
    (network, update)
    for network in TRAINED
    for update in UPDATES
    if network.name != "rbf" or update.epsilon >= 1e-3 or update.rule == "sgd"
]


def name_of(network: Network) -> str:
    return network.name


def case_of(value: Network | Update) -> str:
    if isinstance(value, Network):
        return value.name
    return f"{value.rule}-{value.momentum}-{value.decay}"


def test_the_table_of_networks_has_every_layer_and_every_squash() -> None:
    layers = [layer for network in NETS for layer in network.layers]
    assert {type(layer) for layer in layers} == {
        Conv,
        Local,
        Subsample,
        Pool,
        GlobalPool,
        Dense,
        RBF,
    }
    assert {layer.squash for layer in layers} == {*SQUASHES, *WRITTEN}
    assert {loss for network in NETS for loss in losses_of(network.layers[-1])} == set(LOSSES)
    assert len({network.name for network in NETS}) == len(NETS)
    assert len(TRAINED) == 13


@pytest.mark.parametrize("network", NETS, ids=name_of)
def test_lanes_repeat_the_reference(network: Network) -> None:
    """Outputs, loss, gradients, and u, x, delta of every layer.   Brief: B2, C9, E4."""
    batches = (1, 20) if network.name.startswith("lenet5") else BATCHES
    for batch in batches:
        found = check_engine(LANES, network, seed=batch, examples=batch)
        assert found.largest <= AGREES, f"{batch} examples: {found.layers}"


@pytest.mark.parametrize("batch", [1, 3, 7, 20])
@pytest.mark.parametrize(("network", "update"), CASES, ids=case_of)
def test_ten_steps_end_where_those_of_the_reference_end(
    network: Network, update: Update, batch: int
) -> None:
    """The last step learns from fewer examples than the others, if they are more than one."""
    parameters, pixels, labels = draw(network, 0, 20)
    order = np.random.default_rng(0).permutation(20).repeat(10)[: 10 * batch - batch // 2]
    rates = [0.02 / (1 + s) for s in range(10)]
    loss = losses_of(network.layers[-1])[0]
    ends = []
    for engine in (Reference(), LANES):
        state = State(dict(parameters))
        program = engine.program(network)
        losses = program.train(state, Examples(pixels, labels), order, batch, rates, update, loss)
        ends.append((state, losses))
    (wanted, wanted_losses), (found, losses) = ends
    assert found.steps == wanted.steps == 10
    assert relative_difference(wanted_losses, losses) <= AGREES
    assert set(found.slots) == set(wanted.slots)
    pairs = [(wanted.slots[slot], found.slots[slot]) for slot in wanted.slots]
    for ours, theirs in [(wanted.parameters, found.parameters), *pairs]:
        assert set(ours) == set(theirs)
        for name in ours:
            assert relative_difference(ours[name], theirs[name]) <= AGREES, name
    assert all(np.any(found.parameters[name] != parameters[name]) for name in parameters)


def first_of_ties() -> tuple[Network, dict[str, Array]]:
    """A kernel that copies its first pixel, under windows full of equal cells."""
    network = net(
        "ties",
        (1, 9, 21),
        Conv("C1", 1, (2, 2), squash="identity"),
        Pool("P2", "max", (2, 2)),
        Dense("F3", 3, "softmax"),
    )
    parameters, _, _ = draw(network, 0, 1)
    copy = np.zeros((1, 1, 2, 2))
    copy[0, 0, 0, 0] = 1
    return network, {**parameters, "C1.w": copy, "C1.b": np.zeros(1)}


@pytest.mark.parametrize("batch", BATCHES)
def test_of_equal_cells_the_same_one_takes_the_delta_as_in_the_reference(batch: int) -> None:
    network, parameters = first_of_ties()
    rng = np.random.default_rng(batch)
    pixels = rng.integers(0, 2, (batch, *network.input)).astype(np.float32)
    examples = Examples(pixels, rng.integers(0, 3, batch))
    wanted = Reference().program(network).gradients(parameters, examples, "cross_entropy")[1]
    found = LANES.program(network).gradients(parameters, examples, "cross_entropy")[1]
    assert relative_difference(wanted["C1.w"], found["C1.w"]) <= AGREES


def test_absent_connections_stay_absent_through_training() -> None:
    """Brief: C9."""
    network = find("lenet5")
    parameters, pixels, labels = draw(network, 0, 20)
    absent = [(m, c) for m in range(16) for c in range(6) if c not in network.layer("C3").table[m]]
    assert len(absent) == 96 - 60
    for batch in (1, 20):
        state = State(dict(parameters))
        LANES.program(network).train(
            state,
            Examples(pixels, labels),
            np.arange(20),
            batch,
            [0.001] * (20 // batch),
            Update("adam", momentum=0.9, decay=0.1),
            "cross_entropy",
        )
        w = state.parameters["C3.w"]
        assert not np.any([w[m, c] for m, c in absent])
        assert (w != parameters["C3.w"]).reshape(16, 6, 25).all(axis=2).sum() == 60
