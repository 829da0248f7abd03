"""The shares that are cut, the strength that is chosen, and a quick look at all of it.

Brief: E2, E3
"""

import numpy as np
import pytest

from simplecell.data.sources import load
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples
from simplecell.engines.reference import Reference
from simplecell.reproduce.combinations import (
    AFTERWARDS,
    CHOICE,
    EXPERIMENT,
    STRENGTHS,
    kept,
    network,
    shares,
    sparsest,
    without_small,
)
from simplecell.spec.layers import Combine, Conv
from simplecell.spec.network import Network
from simplecell.train.loop import fit

QUICK = {task: run(0, True, lambda line: None) for task, run in EXPERIMENT.tasks.items()}


def test_a_quick_look_measures_everything():
    for measure in EXPERIMENT.measures:
        task, name = EXPERIMENT.place(measure.key)
        assert QUICK[task][name] >= 0


def test_the_published_penalty_leaves_the_shares_where_none_would():
    """And its slope is what rounding leaves of 0. Brief: E3, errors in the sources"""
    plain, absolute, entropy = (np.array(QUICK[task]["shares"]) for task in STRENGTHS)
    assert np.abs(absolute - plain).max() < 1e-4
    assert np.abs(entropy - plain).max() > 1e-3
    assert QUICK["absolute"]["slope_of_absolute"] < 1e-6


def test_the_tables_set_what_was_found_beside_the_one_by_hand():
    results = {task: {0: found, 1: found} for task, found in QUICK.items()}
    moved, found = EXPERIMENT.tables(results)
    assert [row[0] for row in moved.rows] == ["absolute", "entropy"]
    assert [row[2] for row in moved.rows] == ["2", "2"]
    assert found.head == ("C3 map", "by hand", *STRENGTHS)
    assert len(found.rows) == 16
    assert found.rows[4][1] == "0 4 5"
    assert found.rows[4][2] == " ".join(map(str, QUICK["none"]["table"][4]))


def test_tables_say_what_they_can_while_results_are_missing():
    assert EXPERIMENT.tables({}) == ()
    assert len(EXPERIMENT.tables({"none": {0: QUICK["none"]}})) == 1


@pytest.mark.parametrize(
    ("errors", "chosen"),
    [([1.3], 0), ([1.3, 1.2, 1.3], 2), ([1.0, 1.2, 1.1, 9.0], 2), ([0, 1], 0)],
)
def test_the_sparsest_of_about_the_best_is_chosen(errors, chosen):
    """One standard error of 1.2 % in 5,000 examples is 0.15 %."""
    assert sparsest(errors, 5000) == chosen


def test_each_penalty_has_a_network_of_its_own():
    for penalty, strengths in STRENGTHS.items():
        c3 = network(penalty, strengths[-1]).layer("C3")
        assert isinstance(c3, Combine)
        assert (c3.penalty, c3.strength) == (penalty, strengths[-1])


def drawn():
    parameters = initial_parameters(network("none", 0.0), 0)
    parameters[CHOICE] = 2 * parameters[CHOICE]
    return {name: w.astype(np.float32) for name, w in parameters.items()}


def test_a_row_keeps_its_largest_share_however_small():
    alpha = np.full((1, 20), 0.05)
    alpha[0, 3] += 1e-9
    assert np.flatnonzero(kept(alpha)[0]).tolist() == [3]


def test_small_shares_are_cut_to_0_and_the_others_keep_their_proportions():
    parameters = drawn()
    before, after = shares(parameters), shares(without_small(parameters))
    small = before < 0.1
    assert small.any()
    assert not after[small].any()
    assert np.allclose(after.sum(axis=1), 1)
    for m in range(16):
        left = ~small[m]
        assert np.allclose(after[m, left], before[m, left] / before[m, left].sum(), rtol=1e-5)


def test_a_cut_network_is_one_with_a_connection_table():
    """Brief: C9"""
    cut, mixing = without_small(drawn()), network("none", 0.0)
    alpha = shares(cut)
    table = tuple(tuple(np.flatnonzero(row).tolist()) for row in alpha)
    layers = list(mixing.layers)
    layers[2] = Conv("C3", 16, (5, 5), table=table)
    convolved = {name: w for name, w in cut.items() if name != CHOICE}
    convolved["C3.w"] = alpha[:, :, None, None] * cut["C3.w"]
    pixels = np.random.default_rng(0).normal(size=(2, 1, 32, 32))
    outputs = (
        Reference().program(mixing).forward(cut, Examples(pixels)),
        Reference()
        .program(Network("tabled", (1, 32, 32), tuple(layers)))
        .forward(convolved, Examples(pixels)),
    )
    assert np.allclose(*outputs, rtol=1e-12)


def test_what_is_cut_stays_cut_while_the_network_trains_on():
    cut = without_small(drawn())
    data = load("digits", size=(32, 32))
    run = fit(network("none", 0.0), data, recipe=AFTERWARDS, epochs=1, initial=cut, threads=1)
    before, after = shares(cut), shares(run.parameters)
    assert np.array_equal(before == 0, after == 0)
    assert np.abs(after - before).max() > 1e-3
