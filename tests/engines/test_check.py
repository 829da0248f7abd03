from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

from simplecell.engines import curvature, walk
from simplecell.engines.check import (
    check_curvature,
    check_engine,
    check_engine_curvature,
    check_formulas,
)
from simplecell.engines.layers import combine, subsample
from simplecell.engines.reference import Reference, ReferenceProgram
from simplecell.engines.requests import losses_of
from simplecell.spec import zoo
from simplecell.spec.layers import RBF, Combine, Conv, Dense, GlobalPool, Local, Pool, Subsample
from simplecell.spec.network import Network


def where(name, other):
    """The module that calls a formula: a layer's own entry, or `other`."""
    noun = name.split("_")[0]
    found = find_spec(f"simplecell.engines.layers.{noun}")
    return other if found is None else import_module(found.name)


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
        Pool("P2", "max", (3, 3), stride=(2, 2), padding="same"),
        Local("L3", 4, (3, 3), squash="relu"),
        Pool("P4", "max", (2, 2)),
        GlobalPool("G5", "max"),
        Dense("F5", 10, "relu"),
        Dense("OUT", 5, "identity"),
    ),
)
MIXED = Network(
    "mixed",
    (3, 8, 8),
    (
        Combine("C1", 4, (3, 3), penalty="entropy", strength=0.5),
        Subsample("S2"),
        Combine("C3", 5, (3, 3), squash="tanh"),
        RBF("OUT", ("##..#", ".#.#.", "..###"), learned=True),
    ),
)
PADDED = Network(
    "padded",
    (2, 7, 8),
    (
        Conv("C1", 3, (3, 4), (2, 1), padding="same", squash="tanh"),
        Local("L2", 2, (2, 3), padding=((1, 0), (0, 2)), squash="tanh"),
        Combine("C3", 3, (3, 3), (1, 2), padding=((2, 1), (1, 1)), squash="tanh"),
        Conv("C4", 3, (2, 2), padding=((1, 1), (1, 1)), bias=False, squash="tanh"),
        Local("L5", 2, (3, 3), bias=False, squash="tanh"),
        Dense("F6", 5, "tanh", bias=False),
        Dense("OUT", 3, "identity"),
    ),
)
BENT = Network(
    "bent",
    (1, 9, 9),
    (
        Conv("C1", 3, (2, 2), squash="elu(0.5)"),
        Pool("P2", "max", (2, 2), "softplus"),
        Local("L3", 3, (2, 2), squash="leaky_relu(0.2)"),
        Dense("F4", 5, "elu"),
        Dense("OUT", 4, "softplus"),
    ),
)
NETS = pytest.mark.parametrize(
    "net", [SMOOTH, KINKED, MIXED, BENT, PADDED], ids=lambda net: net.name
)


@pytest.mark.parametrize("seed", range(3))
@NETS
def test_the_formulas_agree_with_finite_differences(net, seed):
    """Brief: E4"""
    check = check_formulas(net, seed)
    assert check.largest <= 1e-6
    assert list(check.layers) == [layer.name for layer in net.layers]
    assert set(check.layers["C1"]) - {"dchoice"} == {"dw", "db", "du", "dx"}
    assert ("dchoice" in check.layers["C1"]) == (net is MIXED)
    assert set(check.layers["OUT"]) >= {"du"}
    assert tuple(check.losses) == losses_of(net.layers[-1])
    assert max(check.losses.values()) == check.largest


@pytest.mark.parametrize("seed", range(3))
def test_padding_and_layers_without_bias_agree_with_finite_differences(seed):
    """Brief: E4"""
    check = check_formulas(PADDED, seed)
    assert check.largest <= 1e-6
    own = {name: {a for a in seen if a != "du"} for name, seen in check.layers.items()}
    assert own["C4"] == own["L5"] == own["F6"] == {"dw"}
    assert own["L2"] == {"dw", "db"}
    assert check_curvature(PADDED, seed).largest <= 1e-6


@pytest.mark.parametrize("name", ["lenet5", "lenet5_combined", "lenet5_tutorial", "palm"])
def test_the_formulas_agree_on_the_networks_of_the_zoo(name):
    """Brief: E4"""
    assert check_formulas(zoo.find(name), cells=10).largest <= 1e-6
    assert check_curvature(zoo.find(name), cells=5).largest <= 1e-6


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
    right = getattr(where(name, walk), name)

    def off(*given):
        results = list(right(*given))
        results[wrong] = 1.01 * results[wrong]
        return tuple(results)

    monkeypatch.setattr(where(name, walk), name, off)
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
    right = getattr(where(name, walk), name)

    def off(*given):
        result = right(*given)
        return 1.01 * result if not isinstance(result, tuple) else (1.01 * result[0], result[1])

    monkeypatch.setattr(where(name, walk), name, off)
    assert check_formulas(SMOOTH).layers["C1"]["du"] > 1e-3


def test_the_misprint_of_the_gain_gradient_is_seen(monkeypatch):
    """dE/dbeta without "o d". Brief: E1, errors in the sources"""
    right = subsample.subsample_backward

    def misprinted(x, w, du, window):
        dx, _, db = right(x, w, du, window)
        return dx, db, db

    monkeypatch.setattr(subsample, "subsample_backward", misprinted)
    assert check_formulas(SMOOTH).layers["S2"]["dw"] > 0.1


def test_a_loss_that_errs_is_told_by_its_name(monkeypatch):
    """Brief: F"""
    right = walk.map_backward
    monkeypatch.setattr(walk, "map_backward", lambda *told, **more: 1.01 * right(*told, **more))
    losses = check_formulas(SMOOTH).losses
    assert min(losses["map"], losses["halved_map"]) > 1e-3
    assert max(losses["mean_square"], losses["cross_entropy"]) < 1e-6


def test_a_gradient_of_the_shares_that_errs_is_seen_in_the_choice(monkeypatch):
    """dE/dc without the shares' common part. Brief: E2"""
    right = combine.combine_backward

    def wrong(*given):
        dx, dw, dchoice, db = right(*given)
        return dx, dw, dchoice + 0.01 * np.abs(dchoice).max(), db

    monkeypatch.setattr(combine, "combine_backward", wrong)
    layers = check_formulas(MIXED).layers
    bad = {(layer, a) for layer, found in layers.items() for a in found if found[a] > 1e-4}
    assert bad == {("C1", "dchoice"), ("C3", "dchoice")}


def test_a_penalty_whose_gradient_errs_is_seen_in_the_choice(monkeypatch):
    """Brief: E3"""
    right = combine.PENALTIES["entropy"]
    monkeypatch.setitem(combine.PENALTIES, "entropy", lambda c: (right(c)[0], 1.01 * right(c)[1]))
    layers = check_formulas(MIXED).layers
    assert layers["C1"]["dchoice"] > 1e-4
    assert layers["C3"]["dchoice"] < 1e-6


@pytest.mark.parametrize("seed", range(2))
@NETS
def test_the_curvature_formulas_agree_with_differences_of_gradients(net, seed):
    """Brief: E4, F"""
    check = check_curvature(net, seed)
    assert check.largest <= 1e-6
    assert (check.checked, check.against) == ("curvature", "finite differences")
    assert set(check.layers["C1"]) - {"hchoice"} == {"hw", "hb", "hu", "hx"}
    assert ("hchoice" in check.layers["C1"]) == (net is MIXED)
    assert ("hw" in check.layers["OUT"]) == (net is not SMOOTH)
    assert all("hu" in found for found in check.layers.values())


CURVATURES = {
    "conv_curvature": ("C1", "C3"),
    "local_curvature": ("L4",),
    "subsample_curvature": ("S2",),
    "dense_curvature": ("F6",),
}


@pytest.mark.parametrize("name", CURVATURES)
@pytest.mark.parametrize("wrong", [0, 1, 2], ids=["hx", "hw", "hb"])
def test_a_curvature_that_is_a_hundredth_off_is_seen_where_it_is(name, wrong, monkeypatch):
    """Brief: E4, F"""
    right = getattr(where(name, curvature), name)

    def off(*given):
        results = list(right(*given))
        results[wrong] = 1.01 * results[wrong]
        return tuple(results)

    monkeypatch.setattr(where(name, curvature), name, off)
    layers = check_curvature(SMOOTH).layers
    bad = {(layer, a) for layer, found in layers.items() for a in found if found[a] > 1e-3}
    below = {"C1": ("C1", "hx"), "S2": ("C1", "hu"), "C3": ("S2", "hu")}
    below |= {"L4": ("C3", "hu"), "F6": ("P5", "hu")}
    array = ("hx", "hw", "hb")[wrong]
    assert bad == {below[layer] if wrong == 0 else (layer, array) for layer in CURVATURES[name]}


@pytest.mark.parametrize("name", ["pool_curvature", "rbf_curvature", "squash_curvature"])
def test_a_wrong_way_down_is_seen_below(name, monkeypatch):
    right = getattr(where(name, curvature), name)

    def off(*given):
        result = right(*given)
        return 1.01 * result if not isinstance(result, tuple) else (1.01 * result[0], result[1])

    monkeypatch.setattr(where(name, curvature), name, off)
    assert check_curvature(SMOOTH).layers["F6" if name == "rbf_curvature" else "L4"]["hu"] > 1e-3


class Rounded(ReferenceProgram):
    """The reference, its results rounded to float32 and then spoiled by a function."""

    def __init__(self, network, spoil):
        super().__init__(network)
        self.spoil = spoil

    def forward(self, parameters, examples):
        return super().forward(parameters, examples).astype(np.float32)

    def curvature(self, parameters, examples, loss):
        found = super().curvature(parameters, examples, loss)
        return {n: self.spoil(n, h.astype(np.float32)) for n, h in found.items()}

    def gradients(self, parameters, examples, loss):
        value, gradients = super().gradients(parameters, examples, loss)
        return value, {n: self.spoil(n, g.astype(np.float32)) for n, g in gradients.items()}


class Other:
    name, threads = "other", 1

    def __init__(self, spoil=lambda name, gradient: gradient):
        self.spoil = spoil

    def program(self, network):
        return Rounded(network, self.spoil)


@NETS
def test_an_engine_is_compared_in_outputs_loss_gradients_and_trace(net):
    check = check_engine(Other(), net)
    assert 1e-9 < check.largest < 1e-6
    assert (check.network, check.checked, check.against) == (net.name, "other", "reference")
    assert set(check.layers["C1"]) - {"dchoice"} == {"u", "x", "du", "dw", "db", "dx"}
    assert tuple(check.losses) == losses_of(net.layers[-1])
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


@NETS
def test_an_engine_is_compared_in_its_curvature(net):
    """Brief: F"""
    check = check_engine_curvature(Other(), net)
    assert 1e-9 < check.largest < 1e-6
    assert (check.checked, check.against) == ("other curvature", "reference")
    assert set(check.layers["C1"]) - {"hchoice"} == {"hw", "hb"}
    assert tuple(check.losses) == losses_of(net.layers[-1])
    off = Other(lambda name, h: h * np.float32(1.01) if name == "C1.b" else h)
    spoilt = check_engine_curvature(off, net)
    assert spoilt.layers["C1"].pop("hb") == pytest.approx(0.01, rel=0.02)
    assert spoilt.largest < 1e-6


def test_nan_is_the_largest_difference_of_all():
    engine = Other(lambda name, g: np.full_like(g, np.nan) if name == "C1.w" else g)
    assert np.isnan(check_engine(engine, SMOOTH).largest)


def test_a_check_draws_the_same_from_the_same_seed():
    assert check_formulas(SMOOTH, 3, cells=5) == check_formulas(SMOOTH, 3, cells=5)
    assert check_formulas(SMOOTH, 3, cells=5) != check_formulas(SMOOTH, 4, cells=5)
