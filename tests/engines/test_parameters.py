import numpy as np
import pytest

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.parameters import (
    check_parameters,
    code_values,
    fan_in,
    fan_out,
    initial_parameters,
    layer_parameters,
    parameter_shapes,
)
from simplecell.errors import ModelError, SpecError
from simplecell.formulas.gabor import fit_gabor
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Local, Pool, Subsample
from simplecell.spec.network import Network

TABLE = ((0, 1), (1,), (0, 1, 2))

NET = Network(
    "mixed",
    (1, 12, 10),
    (
        Conv("C1", 3, (3, 3)),
        Subsample("S2"),
        Conv("C3", 3, (2, 1), table=TABLE),
        Local("L4", 2, (2, 2), stride=(2, 1)),
        Pool("P5", "max", (1, 3)),
        Dense("F6", 4),
        RBF("OUT", ("##..", "..##")),
    ),
)


def test_every_array_has_its_shape_in_the_order_of_the_layers():
    assert parameter_shapes(NET) == {
        "C1.w": (3, 1, 3, 3),
        "C1.b": (3,),
        "S2.w": (3,),
        "S2.b": (3,),
        "C3.w": (3, 3, 2, 1),
        "C3.b": (3,),
        "L4.w": (2, 2, 3, 3, 2, 2),
        "L4.b": (2, 2, 3),
        "F6.w": (4, 4),
        "F6.b": (4,),
    }
    assert list(parameter_shapes(NET))[:3] == ["C1.w", "C1.b", "S2.w"]


@pytest.mark.parametrize("layer", [Pool("P", "mean"), RBF("R")])
def test_pooling_and_rbf_own_nothing(layer):
    assert layer_parameters(layer, (1, 4, 4), (1, 2, 2)) == {}


def test_the_fan_in_of_c3_is_75_100_or_150_by_map():
    """Brief: F"""
    rows = [(0, 1, 2)] * 6 + [(0, 1, 2, 3)] * 9 + [(0, 1, 2, 3, 4, 5)]
    c3 = Conv("C3", 16, (5, 5), table=tuple(rows))
    assert fan_in(c3, (6, 14, 14)).tolist() == [75] * 6 + [100] * 9 + [150]


@pytest.mark.parametrize(
    ("layer", "below", "above", "inside", "outside"),
    [
        (Conv("C1", 6, (5, 5)), (1, 32, 32), (6, 28, 28), 25, 150),
        (Combine("C3", 16, (5, 5)), (6, 14, 14), (16, 10, 10), 25, 67),
        (Local("L1", 6, (5, 4)), (2, 32, 32), (6, 28, 29), 40, 120),
        (Subsample("S2", (2, 3)), (6, 28, 27), (6, 14, 9), 6, 1),
        (Dense("F6", 84), (120, 1, 1), (84, 1, 1), 120, 84),
        (Dense("F6", 84), (16, 5, 5), (84, 1, 1), 400, 84),
    ],
)
def test_fans_count_what_a_unit_reads_and_what_reads_a_cell(layer, below, above, inside, outside):
    assert fan_in(layer, below) == inside
    assert fan_out(layer, below, above) == outside


def test_a_cell_under_a_table_is_read_by_the_maps_that_read_it_on_average():
    """6 connections of 2x1 from 3 maps: 4 outputs read a cell. Brief: C9"""
    assert fan_out(NET.layers[2], (3, 5, 4), (3, 4, 4)) == 4


def test_first_weights_lie_in_plus_minus_2_4_over_the_fan_in_and_biases_at_0():
    """Brief: F"""
    values = initial_parameters(NET, 0)
    assert {name: w.shape for name, w in values.items()} == parameter_shapes(NET)
    for layer, below in zip(NET.layers, NET.inputs, strict=True):
        if f"{layer.name}.w" not in values:
            continue
        w = np.abs(values[f"{layer.name}.w"])
        limit = np.broadcast_to(2.4 / np.asarray(fan_in(layer, below)), w.shape[:1])
        largest = w.reshape(len(w), -1).max(axis=1)
        assert (largest <= limit).all()
        assert largest.max() > 0.5 * limit.min()
        assert not values[f"{layer.name}.b"].any()
    assert {w.dtype for w in values.values()} == {np.dtype(np.float64)}


def test_a_mixture_has_one_kernel_a_map_below_and_a_choice_for_each_pair():
    """Brief: E2"""
    layer = Combine("C3", 16, (5, 4))
    shapes = layer_parameters(layer, (6, 14, 14), (16, 10, 11))
    assert shapes == {"w": (6, 5, 4), "choice": (16, 6), "b": (16,)}
    assert list(shapes) == [own for own in formulas_of(layer).own if own in shapes]


def test_a_choice_starts_in_plus_minus_1_and_no_two_shares_of_it_equal():
    """Brief: E3"""
    network = Network("mix", (3, 6, 6), (Combine("C1", 4, (2, 2)), Dense("F2", 2)))
    values = initial_parameters(network, 0)
    choice = values["C1.choice"]
    assert list(values) == list(parameter_shapes(network))
    assert 0.5 < np.abs(choice).max() <= 1
    assert len(np.unique(choice)) == choice.size
    assert 0.5 < np.abs(values["C1.w"]).max() <= 2.4 / 4


def test_learned_codes_start_as_they_were_drawn():
    """Brief: C14"""
    layer = RBF("OUT", ("##..", "..##"), learned=True)
    network = Network("codes", (1, 2, 2), (layer,))
    assert parameter_shapes(network) == {"OUT.w": (2, 4)}
    assert initial_parameters(network, 0)["OUT.w"].tolist() == code_values(layer).tolist()
    assert code_values(layer)[0].tolist() == [1, 1, -1, -1]


def test_glorots_weights_lie_in_plus_minus_root_6_over_both_fans():
    net = Network("wide", (1, 20, 20), (Dense("F1", 100), Dense("F2", 10, "softmax")))
    values = initial_parameters(net, 0, "glorot")
    assert np.abs(values["F1.w"]).max() == pytest.approx(np.sqrt(6 / 500), rel=1e-3)
    assert np.abs(values["F2.w"]).max() == pytest.approx(np.sqrt(6 / 110), rel=1e-2)


@pytest.mark.parametrize("scheme", ["fan_in", "glorot"])
def test_absent_connections_start_at_0(scheme):
    """Brief: C9"""
    w = initial_parameters(NET, 0, scheme)["C3.w"]
    present = np.array([[c in row for c in range(3)] for row in TABLE])
    assert not w[~present].any()
    assert w[present].all()


def test_gabor_kernels_are_as_long_as_drawn_ones_and_all_else_is_as_drawn():
    """Brief: C15"""
    net = Network("eyes", (2, 32, 32), (Conv("C1", 400, (5, 5)), Dense("F2", 10, "softmax")))
    drawn, found = (initial_parameters(net, 3, scheme) for scheme in ("fan_in", "gabor"))
    lengths = np.linalg.norm(found["C1.w"], axis=(2, 3))
    assert lengths == pytest.approx(np.full((400, 2), 2.4 / np.sqrt(3) / 50 * 5))
    assert np.sqrt((drawn["C1.w"] ** 2).mean()) == pytest.approx(
        np.sqrt((found["C1.w"] ** 2).mean()), rel=0.02
    )
    explained = [fit_gabor(kernel)[1] for kernel in found["C1.w"][:6, 0]]
    assert min(explained) > 0.999
    assert all(np.array_equal(drawn[n], found[n]) for n in drawn if n != "C1.w")
    assert not np.array_equal(found["C1.w"], initial_parameters(net, 4, "gabor")["C1.w"])


def test_gabor_kernels_keep_to_the_connection_table():
    net = Network("eyes", (2, 9, 9), (Conv("C1", 2, (3, 3), table=((1,), (0, 1))),))
    w = initial_parameters(net, 0, "gabor")["C1.w"]
    assert not w[0, 0].any()
    assert np.linalg.norm(w[0, 1]) == pytest.approx(2.4 / np.sqrt(3) / 9 * 3)
    assert np.linalg.norm(w[1, 1]) == pytest.approx(2.4 / np.sqrt(3) / 18 * 3)


def test_gabor_kernels_need_a_convolution():
    net = Network("flat", (1, 4, 4), (Dense("F1", 3), Dense("F2", 2)))
    with pytest.raises(SpecError, match=r"flat, layer F1: Gabor functions are .* a dense layer"):
        initial_parameters(net, 0, "gabor")


def test_the_same_seed_gives_the_same_values_and_another_seed_others():
    first, again, other = (initial_parameters(NET, seed) for seed in (7, 7, 8))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["F6.w"], other["F6.w"])


def test_parameters_that_fit_are_accepted_in_either_precision():
    values = initial_parameters(NET, 0)
    check_parameters(NET, values)
    check_parameters(NET, {name: w.astype(np.float32) for name, w in values.items()})


def damaged(name, value):
    values = initial_parameters(NET, 0)
    if value is None:
        del values[name]
    else:
        values[name] = value
    return values


def with_nan():
    w = initial_parameters(NET, 0)["F6.w"]
    w[1, 2] = np.nan
    return w


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (damaged("C3.b", None), "mixed needs the array C3.b (3,), which is missing."),
        (
            damaged("F6.w", np.zeros((4, 5))),
            "mixed needs F6.w of shape (4, 4); found (4, 5).",
        ),
        (
            damaged("F6.w", with_nan()),
            "F6.w holds NaN or infinity: training diverged, or a damaged file.",
        ),
        (damaged("F7.w", np.zeros(1)), "mixed has no array F7.w: another network's file?"),
        (
            damaged("C3.w", np.ones((3, 3, 2, 1))),
            "C3.w has weights where mixed's connection table has none:",
        ),
    ],
)
def test_parameters_of_another_network_are_refused_by_name(values, message):
    with pytest.raises(ModelError) as found:
        check_parameters(NET, values)
    assert str(found.value).startswith(message)
