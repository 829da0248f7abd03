"""Learned combinations: C3's connection table, found by training and not drawn by hand.

Each of C3's sixteen maps mixes all six of S2's in shares that are learned. Three penalties on
the shares: none; the published one, whose gradient is 0 whatever the shares are; the entropy of
the shares, which leaves few of them. Then shares below a tenth are cut, and the network trains
on for two passes, without a penalty, on the table that is left.

Source: Bouvrie 2006, 3.3 and 3.3.1; the table by hand: LeCun et al. 1998, table I.
Brief: C9, E2, E3
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from simplecell.data.part import split
from simplecell.engines.protocol import Array, Parameters
from simplecell.formulas.activations import softmax
from simplecell.formulas.combine import absolute_penalty, entropy_penalty
from simplecell.reproduce.earlier import FAST
from simplecell.reproduce.experiment import (
    Experiment,
    Measure,
    Results,
    Table,
    Task,
    Tell,
    threads,
)
from simplecell.reproduce.training import dataset, measured, test_part, train
from simplecell.spec.layers import Combine, Conv
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.evaluation import evaluate
from simplecell.train.loop import Run
from simplecell.train.model import Model

LAYER, CHOICE = "C3", "C3.choice"
SMALL = 0.1
"""A share below this is cut; of six equal shares, each is 0.17."""
CUT = -1e4
"""A choice so low that its share is 0, and that no step moves."""

STRENGTHS = {"none": (0.0,), "absolute": (1.0,), "entropy": (0.003, 0.01, 0.03, 0.1)}
"""How strong each penalty is; of several, one is chosen on the validation part."""

# Decay would draw every choice to 0, which is a penalty of its own: on unequal shares.
RECIPE = replace(FAST, update=replace(FAST.update, decay=0.0))
AFTERWARDS = replace(RECIPE, epochs=2, schedule=replace(RECIPE.schedule, rate=1e-3))


def network(penalty: str, strength: float) -> Network:
    """Give LeNet-5 with a mixing C3 and a penalty on its shares."""
    combined = find("lenet5_combined")
    layers = tuple(
        replace(layer, penalty=penalty, strength=strength) if isinstance(layer, Combine) else layer
        for layer in combined.layers
    )
    return replace(combined, layers=layers)


def shares(parameters: Parameters) -> Array:
    """Give each map's shares of the maps below, float64.

    Shapes
        gives (16, 6), rows of sum 1
    """
    return softmax(parameters[CHOICE].astype(np.float64))


def kept(alpha: Array) -> Array:
    """Say which shares are not small; the largest of a row never is.

    >>> kept(np.array([[0.05, 0.95], [0.5, 0.5]])).tolist()
    [[False, True], [True, True]]
    """
    floor: Array = np.minimum(SMALL, alpha.max(axis=1, keepdims=True))
    return alpha >= floor


def without_small(parameters: Parameters) -> dict[str, Array]:
    """Cut the small shares to 0; the others of a row share what that sets free."""
    choice = np.where(kept(shares(parameters)), parameters[CHOICE], CUT)
    return {**parameters, CHOICE: choice.astype(np.float32)}


def sparsest(errors: Sequence[float], examples: int) -> int:
    """Choose the last of some networks, ever sparser, that is about as good as the best.

    About as good: by no more than one standard error of the best one's error, in percent, over
    so many examples.

    Source: Breiman, Friedman, Olshen, Stone 1984, the rule of one standard error.

    >>> sparsest([1.30, 1.25, 1.40, 2.0], 5000)
    2
    """
    share = min(errors) / 100
    allowed = min(errors) + 100 * sqrt(share * (1 - share) / examples)
    return max(k for k, error in enumerate(errors) if error <= allowed)


@dataclass(frozen=True)
class Learned:
    """A network trained under a penalty, and what training on made of it after the cut."""

    strength: float
    whole: Run
    after: Run

    @property
    def cut(self) -> Model:
        """The network as trained, its small shares cut."""
        return replace(self.whole.model, parameters=without_small(self.whole.parameters))


def _learn(penalty: str, strength: float, seed: int, quick: bool, tell: Tell) -> Learned:
    told = f"{penalty} {strength:g}" if strength else penalty

    def tell_which(line: str) -> None:
        tell(f"{told}, {line}")

    whole = train(network(penalty, strength), RECIPE, seed, quick, tell_which)
    start = without_small(whole.parameters)
    after = train(network("none", 0.0), AFTERWARDS, seed, quick, tell_which, initial=start)
    return Learned(strength, whole, after)


def _task(penalty: str) -> Task:
    def run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
        strengths = STRENGTHS[penalty][-2 if quick else 0 :]
        learned = [_learn(penalty, strength, seed, quick, tell) for strength in strengths]
        data = dataset(quick, find("lenet5_combined").input[1:])
        judged = len(split(data.train, RECIPE.validation, seed)[1])
        errors = [_validation_error(one.after) for one in learned]
        return _figures(learned[sparsest(errors, judged)], quick)

    return run


def _validation_error(run: Run) -> float:
    error = run.history[-1].validation_error_percent
    return 0.0 if error is None else error  # The recipe keeps a validation part: it is never None.


def _figures(learned: Learned, quick: bool) -> Mapping[str, Any]:
    parameters = learned.whole.parameters
    alpha = shares(parameters)
    table = [np.flatnonzero(row).tolist() for row in kept(alpha)]
    entropies, _ = zip(*(entropy_penalty(row[None]) for row in parameters[CHOICE]), strict=True)
    return {
        **measured(learned.whole, quick),
        "cut_test_error_percent": _test_error(learned.cut, quick),
        "after_test_error_percent": _test_error(learned.after.model, quick),
        "after_validation_error_percent": _validation_error(learned.after),
        "strength": learned.strength,
        "links": sum(map(len, table)),
        "maps_in_use": float((alpha > SMALL).sum(axis=1).mean()),
        "maps_by_entropy": float(np.exp(entropies).mean()),
        "slope_of_absolute": float(np.abs(absolute_penalty(parameters[CHOICE])[1]).max()),
        "table": table,
        "shares": alpha.tolist(),
    }


def _test_error(model: Model, quick: bool) -> float:
    part = test_part(dataset(quick, model.network.input[1:]))
    return evaluate(model, part, threads=threads()).error_percent


def _tables(results: Results) -> Sequence[Table]:
    return (*_distances(results), *_found(results))


def _distances(results: Results) -> Sequence[Table]:
    """Say how far each penalty moved the shares from where training without one takes them."""
    rows = []
    plain = results.get("none", {})
    for task in ("absolute", "entropy"):
        by_seed = results.get(task, {})
        moved = [
            np.abs(np.subtract(by_seed[seed]["shares"], plain[seed]["shares"])).mean()
            for seed in sorted(by_seed.keys() & plain.keys())
        ]
        if moved:
            steepest = max(result["slope_of_absolute"] for result in by_seed.values())
            rows.append((task, f"{np.mean(moved):.4f}", str(len(moved)), f"{steepest:.1e}"))
    head = ("penalty", "mean change of a share", "seeds", "steepest slope of the published one")
    note = (
        "Change: against training without a penalty, with the same seed. What is left of it under"
        " the published penalty is rounding: its slope is 0 for whatever shares, but for the last"
        " digits of float32, and training carries any difference on."
    )
    return (Table("What the penalties do to the shares", head, tuple(rows), note),) if rows else ()


def _found(results: Results) -> Sequence[Table]:
    """Write out the connection tables that were found, the first seed's of each penalty."""
    first = {task: by_seed[min(by_seed)] for task, by_seed in results.items() if by_seed}
    by_hand = find("lenet5").layer(LAYER)
    if not first or not isinstance(by_hand, Conv) or by_hand.table is None:
        return ()
    columns = {"by hand": by_hand.table, **{task: one["table"] for task, one in first.items()}}
    rows = tuple(
        (str(m), *(" ".join(map(str, row)) for row in rows))
        for m, rows in enumerate(zip(*columns.values(), strict=True))
    )
    note = f"The S2 maps with a share of {SMALL} or more, in the first seed; by hand: table I."
    return (Table("Which maps of S2 a map of C3 reads", ("C3 map", *columns), rows, note),)


def _measures() -> tuple[Measure, ...]:
    rows = {
        "test_error_percent": ("test error", "%"),
        "maps_in_use": ("shares above a tenth, of 6 a map", ""),
        "maps_by_entropy": ("e to the entropy of a map's shares", ""),
        "links": ("links kept, of 96 (60 by hand)", ""),
        "cut_test_error_percent": ("test error, small shares cut", "%"),
        "after_test_error_percent": ("test error, cut and trained on", "%"),
    }
    measures = [
        Measure(f"{task}.{name}", f"{task}: {what}", None, unit)
        for name, (what, unit) in rows.items()
        for task in STRENGTHS
    ]
    return (*measures, Measure("entropy.strength", "entropy: strength chosen", None, ""))


EXPERIMENT = Experiment(
    name="combinations",
    title="Learned combinations: C3's connection table found by training",
    source="Bouvrie 2006, Notes on convolutional neural networks, 3.3; no published number",
    tasks={penalty: _task(penalty) for penalty in STRENGTHS},
    measures=_measures(),
    guesses=(
        "The source has the formulas and no experiment: network, data and training are ours.",
        "The source does not say where the choice starts: ours is drawn in ±1.",
    ),
    notes=(
        "The strength of the entropy penalty is chosen on the validation part: the strongest"
        " whose error there, cut and trained on, is within one standard error of the best. Each"
        " seed chooses for itself. A mixture has one kernel for each map below and not one for"
        " each link, so that C3 has 262 parameters in place of 1,516."
    ),
    tables=_tables,
)
