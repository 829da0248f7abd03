import numpy as np
import pytest

from simplecell.engines import reference
from simplecell.engines.check import check_engine, check_formulas, draw, margin
from simplecell.engines.protocol import Examples, scores
from simplecell.engines.reference import Reference, ReferenceProgram, walk_forward
from simplecell.spec import zoo
from simplecell.spec.layers import RBF, Conv, Dense, Local, Pool, Subsample
from simplecell.spec.network import Network

SMOOTH = Network(
    "smooth",
    (2, 9, 9),
    (
        Conv("C1", 3, (2, 2)),
        Subsample("S2"),
        Conv("C3", 3, (2, 2), table=((0, 1), (2,), (0, 2)), squash="sigmoid"),
        Local("L4", 3, (2, 2), squash="tanh"),
        Pool("P5", "mean", (1, 2)),
        Dense("F6", 5, "tanh"),
        RBF("OUT", ("##..#", ".#.#.", "..###")),
    ),
)
KINKED = Network(
    "kinked",
    (1, 14, 14),
    (
        Conv("C1", 4, (3, 3), squash="relu"),
        Pool("P2", "max", (2, 2)),
        Local("L3", 4, (3, 3), squash="relu"),
        Pool("P4", "max", (2, 2)),
        Dense("F5", 10, "relu"),
        Dense("OUT", 5, "identity"),
    ),
)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("net", [SMOOTH, KINKED], ids=lambda net: net.name)
def test_the_formulas_agree_with_finite_differences(net, seed):
    """Brief: E4"""
    check = check_formulas(net, seed)
    assert check.largest <= 1e-6
    assert list(check.layers) == [layer.name for layer in net.layers]
    assert set(check.layers["C1"]) == {"dw", "db", "du", "dx"}
    assert set(check.layers["OUT"]) >= {"du"}


@pytest.mark.parametrize("name", ["lenet5", "lenet5_tutorial", "palm"])
def test_the_formulas_agree_on_the_networks_of_the_zoo(name):
    """Brief: E4"""
    assert check_formulas(zoo.find(name), cells=20).largest <= 1e-6


BACKWARDS = {
    "conv_backward": ("C1", "C3"),
    "local_backward": ("L4",),
    "subsample_backward": ("S2",),
    "dense_backward": ("F6",),
}


@pytest.mark.parametrize("name", BACKWARDS)
@pytest.mark.parametrize("wrong", [0, 1, 2], ids=["dx", "dw", "db"])
def test_a_gradient_that_is_a_hundredth_off_is_seen_where_it_is(name, wrong, monkeypatch):
    """Brief: E4"""
    right = getattr(reference, name)

    def off(*given):
        results = list(right(*given))
        results[wrong] = 1.01 * results[wrong]
        return tuple(results)

    monkeypatch.setattr(reference, name, off)
    layers = check_formulas(SMOOTH).layers
    array = ("dx", "dw", "db")[wrong]
    if array != "dx":
        bad = {(layer, a) for layer, found in layers.items() for a in found if found[a] > 1e-3}
        assert bad == {(layer, array) for layer in BACKWARDS[name]}
    else:
        lowest = list(layers)[: list(layers).index(BACKWARDS[name][-1])]
        assert all(layers[layer]["du"] > 1e-3 for layer in lowest)
        assert layers["OUT"]["du"] < 1e-6
        assert layers["C1"]["dx"] > 1e-3


@pytest.mark.parametrize("name", ["pool_backward", "rbf_backward", "slope"])
def test_a_wrong_way_back_is_seen_below(name, monkeypatch):
    right = getattr(reference, name)

    def off(*given):
        result = right(*given)
        return 1.01 * result if not isinstance(result, tuple) else (1.01 * result[0], result[1])

    monkeypatch.setattr(reference, name, off)
    assert check_formulas(SMOOTH).layers["C1"]["du"] > 1e-3


def test_the_misprint_of_the_gain_gradient_is_seen(monkeypatch):
    """dE/dbeta without "o d". Brief: E1, errors in the sources"""
    right = reference.subsample_backward

    def misprinted(x, w, du, window):
        dx, _, db = right(x, w, du, window)
        return dx, db, db

    monkeypatch.setattr(reference, "subsample_backward", misprinted)
    assert check_formulas(SMOOTH).layers["S2"]["dw"] > 0.1


class Rounded(ReferenceProgram):
    """The reference, its results rounded to float32 and then spoiled by a function."""

    def __init__(self, network, spoil):
        super().__init__(network)
        self.spoil = spoil

    def forward(self, parameters, examples):
        return super().forward(parameters, examples).astype(np.float32)

    def gradients(self, parameters, examples, loss):
        value, gradients = super().gradients(parameters, examples, loss)
        return value, {n: self.spoil(n, g.astype(np.float32)) for n, g in gradients.items()}


class Other:
    name, threads = "other", 1

    def __init__(self, spoil=lambda name, gradient: gradient):
        self.spoil = spoil

    def program(self, network):
        return Rounded(network, self.spoil)


@pytest.mark.parametrize("net", [SMOOTH, KINKED], ids=lambda net: net.name)
def test_an_engine_is_compared_in_outputs_loss_gradients_and_trace(net):
    check = check_engine(Other(), net)
    assert 1e-9 < check.largest < 1e-6
    assert (check.network, check.checked, check.against) == (net.name, "other", "reference")
    assert set(check.layers["C1"]) == {"u", "x", "du", "dw", "db", "dx"}
    assert set(check.layers["OUT"]) >= {"u", "x", "du", "loss"}
    assert check_engine(Reference(), net).largest == 0


@pytest.mark.parametrize(
    ("spoilt", "difference"),
    [
        (lambda g: g * np.float32(1.01), pytest.approx(0.01, rel=0.02)),
        (lambda g: np.full_like(g, np.nan), pytest.approx(np.nan, nan_ok=True)),
        (lambda g: g[..., None], np.inf),
    ],
    ids=["a hundredth off", "NaN", "another shape"],
)
def test_an_engine_that_errs_is_told_where(spoilt, difference):
    engine = Other(lambda name, gradient: spoilt(gradient) if name == "S2.b" else gradient)
    check = check_engine(engine, SMOOTH)
    assert check.layers["S2"].pop("db") == difference
    assert check.largest < 1e-6


def test_nan_is_the_largest_difference_of_all():
    engine = Other(lambda name, g: np.full_like(g, np.nan) if name == "C1.w" else g)
    assert np.isnan(check_engine(engine, SMOOTH).largest)


@pytest.mark.parametrize("net", [SMOOTH, KINKED], ids=lambda net: net.name)
def test_what_is_drawn_is_exact_in_float32_and_nobody_is_right_already(net):
    parameters, pixels, labels = draw(net, seed=5, examples=12)
    for array in (*parameters.values(), pixels):
        assert np.array_equal(array, array.astype(np.float32))
    outputs = Reference().program(net).forward(parameters, Examples(pixels))
    assert not (scores(net, outputs).argmax(axis=1) == labels).any()
    assert len(set(labels.tolist())) > 1


def test_pictures_are_kept_far_from_corners_and_ties():
    parameters, kept, _ = draw(KINKED, seed=5, examples=4)
    rng = np.random.default_rng(0)
    others = rng.standard_normal((40, *KINKED.input))
    far = margin(walk_forward(KINKED.layers, parameters, kept.astype(np.float64)))
    usual = margin(walk_forward(KINKED.layers, parameters, others))
    assert far.min() > np.median(usual) > 0
    smooth_parameters, smooth, _ = draw(SMOOTH, seed=5, examples=4)
    nowhere = margin(walk_forward(SMOOTH.layers, smooth_parameters, smooth.astype(np.float64)))
    assert np.isinf(nowhere).all()


def test_the_margin_is_the_nearest_corner_or_the_closest_lead():
    net = Network("m", (1, 1, 4), (Pool("P1", "max", (1, 2)), Dense("F2", 1, "relu")))
    parameters = {"F2.w": np.array([[1.0, -1.0]]), "F2.b": np.zeros(1)}
    x = np.array(
        [
            [3.0, 1.0, 9.0, 4.0],  # leads 2 and 5, u = 3 - 9
            [3.0, 1.0, 2.5, 0.0],  # leads 2 and 2.5, u = 3 - 2.5
            [0.0, 0.0, 7.0, 3.0],  # a window of nothing, a lead of 4, u = 0 - 7
        ]
    )
    steps = walk_forward(net.layers, parameters, x[:, None, None, :])
    assert margin(steps).tolist() == [2, 0.5, 4]


def test_a_check_draws_the_same_from_the_same_seed():
    assert check_formulas(SMOOTH, 3, cells=5) == check_formulas(SMOOTH, 3, cells=5)
    assert check_formulas(SMOOTH, 3, cells=5) != check_formulas(SMOOTH, 4, cells=5)
