"""What a check is drawn from can be trusted on."""

import numpy as np
import pytest

from simplecell.engines.protocol import Examples, scores
from simplecell.engines.reference import Reference
from simplecell.engines.sample import draw, margin
from simplecell.engines.walk import walk_forward
from simplecell.formulas.losses import RUBBISH_DISTANCE, posterior
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Local, Pool
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

SMOOTH = Network(
    "smooth",
    (2, 9, 9),
    (
        Combine("C1", 3, (2, 2)),
        Conv("C2", 3, (2, 2), table=((0, 1), (2,), (0, 2))),
        Dense("F3", 5, "tanh"),
        RBF("OUT", ("##..#", ".#.#.", "..###"), learned=True),
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


@pytest.mark.parametrize("name", ["lenet5", "lenet5_combined"])
def test_to_the_loss_map_no_picture_is_all_rubbish_or_all_one_digit(name):
    """Features drawn freely are at a distance of about 200 from every code. Brief: F"""
    network = find(name)
    parameters, pixels, _ = draw(network, 0, 20)
    distances = Reference().program(network).forward(parameters, Examples(pixels))
    nearest = np.sort(distances, axis=1)
    assert np.median(nearest[:, 0]) < RUBBISH_DISTANCE + 2
    p = posterior(distances)
    assert p[:, -1].max() > 0.1
    assert np.median(np.sort(p, axis=1)[:, -2]) > 1e-3


def test_learned_codes_are_drawn_away_from_where_they_start():
    parameters, _, _ = draw(SMOOTH, 0, 2)
    assert 0.05 < np.abs(np.abs(parameters["OUT.w"]) - 1).mean() < 1


def test_shares_are_drawn_unequal():
    choice = draw(SMOOTH, 0, 2)[0]["C1.choice"]
    assert np.ptp(choice, axis=1).min() > 0.1
