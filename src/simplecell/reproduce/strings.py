"""Rows of digits, overlapping and unspaced, read by LeNet-5 slid over them.

The paper teaches LeNet-5 on digits flanked by others and on the space between, slides it over a
row, and finds the best path along its answers. So do we: how many digits there are is not told.
Beside the published layers, those that most tutorials call LeNet-5 are taught the same.

Source: LeCun, Bottou, Bengio, Haffner 1998, VII.   Brief: C12, F
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

from simplecell.data.part import Part, split
from simplecell.data.rows import NONE, SIDE, Gap, make_rows, windows
from simplecell.data.sources import Dataset, load
from simplecell.engines.choose import engine
from simplecell.reproduce.earlier import FAST
from simplecell.reproduce.experiment import Experiment, Measure, Picture, Results, Tell, threads
from simplecell.reproduce.training import Teller, dataset, test_part
from simplecell.spec.accounting import count_layer, count_network
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.spec.slide import places, slide
from simplecell.spec.zoo import find
from simplecell.train.evaluation import evaluate
from simplecell.train.loop import fit
from simplecell.train.model import Model
from simplecell.train.recipes import Recipe
from simplecell.train.rows import DECODING, Reading, read_rows, score

VALIDATION = 1 / 12
EPOCHS, QUICK_EPOCHS = 12, 4
ROWS, QUICK_ROWS = 120_000, 1000
"""Rows that windows are cut from, about eleven of each."""
TESTED, QUICK_TESTED = 2000, 20
"""Rows of five read at each gap: at 2,000, every test digit comes about once."""
TEST_SEED = 1998
DIGITS = 5
GAPS = tuple(range(-6, 7))
OVERLAPPING: Gap = (-4, 0)
PUBLISHED: Gap = (-1, 4)
SHOWN = 4


def networks() -> dict[str, Network]:
    """Give the networks that are taught; each has one output more than there are digits."""
    *layers, output = find("lenet5_tutorial").layers
    one_more = Dense(output.name, 11, "softmax")
    tutorial = Network("lenet5_tutorial_rows", (1, SIDE, SIDE), (*layers, one_more))
    return {"lenet5": find("lenet5_rows"), "tutorial": tutorial}


def told(quick: bool) -> Recipe:
    """Give the recipe; what is in it was chosen on rows of validation digits, seed 0."""
    base = replace(FAST, name="rows", epochs=EPOCHS, validation=0.01, average=0.98)
    # A mean of weights needs more than a few thousand examples to follow them.
    return replace(base, epochs=QUICK_EPOCHS, average=0.0) if quick else base


def _run(network: Network, seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
    data = load("digits", size=28) if quick else dataset(quick, (28, 28))
    learnt, aside = split(data.train, VALIDATION, seed)
    none = len(data.classes)
    tell("writing rows and cutting windows")
    cut = windows(learnt, none, QUICK_ROWS if quick else ROWS, seed=seed)
    taught = Dataset(f"{data.name}-rows", (*data.classes, NONE), cut, None)
    run = fit(
        network,
        taught,
        recipe=told(quick),
        seed=seed,
        threads=threads(),
        callbacks=[Teller(network.name, tell)],
    )
    tell("reading rows")
    judged = windows(aside, none, QUICK_TESTED if quick else TESTED, seed=seed)
    return {
        "windows": len(cut),
        "window_error_percent": evaluate(run.model, judged, threads=threads()).error_percent,
        "train_seconds": run.train_seconds,
        "recipe": run.recipe.to_document(),
        "decoding": asdict(DECODING),
        **_read(run.model, aside, "validation_strings", quick),
        **_test(run.model, test_part(data), quick),
    }


def _read(model: Model, part: Part, name: str, quick: bool) -> dict[str, float]:
    """Read overlapping rows written with a part, and count."""
    count = QUICK_TESTED if quick else TESTED
    rows = make_rows(part, count, DIGITS, gap=OVERLAPPING, seed=TEST_SEED)
    held = score(read_rows(model, rows.pixels, engine=engine("auto", threads())), rows)
    return {
        f"{name}_percent": held.rows_percent,
        f"{name}_digit_error_percent": held.digit_error_percent,
    }


def _test(model: Model, part: Part, quick: bool) -> dict[str, Any]:
    """Read rows of test digits at every gap, the same rows for every seed, and count."""
    chosen, count = engine("auto", threads()), QUICK_TESTED if quick else TESTED
    curve: dict[str, list[float]] = {"strings": [], "digits": []}
    found: dict[str, Any] = {}
    named: dict[str, Gap] = {"strings": OVERLAPPING, "published_strings": PUBLISHED}
    for name, gap in [*named.items(), *((str(gap), (gap, gap)) for gap in GAPS)]:
        rows = make_rows(part, count, DIGITS, gap=gap, seed=TEST_SEED)
        begun = time.perf_counter()
        readings = read_rows(model, rows.pixels, engine=chosen)
        seconds, held = time.perf_counter() - begun, score(readings, rows)
        if name not in named:
            curve["strings"].append(held.rows_percent)
            curve["digits"].append(held.digit_error_percent)
            continue
        found[f"{name}_percent"] = held.rows_percent
        found[f"{name}_digit_error_percent"] = held.digit_error_percent
        if gap == OVERLAPPING:
            found["read_microseconds"] = 1e6 * seconds / count
            found["saved"] = saved(model.network, rows.width)
            found["shown"] = [
                _shown(rows.pixels[k, 0], readings[k], rows.labels[k].tolist(), model.classes)
                for k in range(SHOWN)
            ]
    return {
        **found,
        "gaps": list(GAPS),
        "curve_strings_percent": curve["strings"],
        "curve_digit_error_percent": curve["digits"],
    }


def saved(network: Network, width: int) -> float:
    """Give how many times the multiply-adds of one slide it takes to go window by window."""
    own = count_network(network).total.multiply_accumulates
    slid = count_network(slide(network, width)).total.multiply_accumulates
    last = network.layers[-1]
    # A layer that is no part of the slid network costs each place the same.
    apart = count_layer(last, network.inputs[-1]).multiply_accumulates
    top = apart if last.slid(network.inputs[-1]) is None else 0
    count = places(network, width)
    return count * own / (slid + count * top)


def _shown(
    pixels: Any, reading: Reading, written: Sequence[int], classes: Sequence[str]
) -> dict[str, Any]:
    return {
        "pixels": pixels.tolist(),
        "columns": reading.columns.tolist(),
        "answers": np.round(reading.answers, 3).tolist(),
        "digits": [
            (int(reading.columns[one.place]), classes[one.label]) for one in reading.digits
        ],
        "written": "".join(classes[label] for label in written),
    }


def _measures() -> tuple[Measure, ...]:
    more = {"lower_is_better": False}
    rows: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("strings_percent", "rows of 5 read right, gaps of -4 to 0 (aim: 95 %)", more),
        ("strings_digit_error_percent", "… digits put in, left out, mistaken", {}),
        ("published_strings_percent", "rows of 5 read right, gaps of -1 to 4", more),
        ("published_strings_digit_error_percent", "… digits put in, left out, mistaken", {}),
        ("validation_strings_percent", "validation digits, gaps of -4 to 0", more),
        ("window_error_percent", "windows of validation digits, error", {}),
        ("saved", "multiply-adds, window by window to slid", {"unit": "times"} | more),
        ("read_microseconds", "time to read a row", {"unit": "µs"}),
        ("train_seconds", "training time", {"unit": "s"}),
    )
    return tuple(
        Measure(f"{task}.{key}", f"{task}: {what}", None, **options)
        for task in networks()
        for key, what, options in rows
    )


def _pictures(results: Results) -> Sequence[Picture]:
    named = {task: list(by_seed.values()) for task, by_seed in results.items() if by_seed}
    if not named:
        return ()
    first = next(iter(named.values()))[0]
    curve = {
        "series": {
            task: {"x": runs[0]["gaps"], "runs": [r["curve_strings_percent"] for r in runs]}
            for task, runs in named.items()
        },
        "x_label": "columns between the ink of two digits; below 0 they overlap",
        "y_label": "rows of five read right, %",
        "line": 95.0,
        "line_label": "95 %",
    }
    classes = [*map(str, range(10)), NONE]
    return (
        Picture("gaps", "curves", "What overlap costs: rows of five test digits.", curve),
        Picture(
            "rows",
            "rows",
            "Rows of test digits; above each what was read, below it the answer at every place.",
            {"readings": first["shown"], "classes": classes},
        ),
    )


EXPERIMENT = Experiment(
    name="strings",
    title="Reading rows of digits: LeNet-5 slid over a wider image",
    source="LeCun, Bottou, Bengio, Haffner 1998, VII",
    tasks={name: partial(_run, network) for name, network in networks().items()},
    measures=_measures(),
    guesses=(
        "The paper prints no error of its rows made of MNIST digits; it says how they were made:"
        " flanking digits from -1 to 4 pixels apart. Ours reach further into each other.",
        "The code of the class for what lies between digits: ours is a blank bitmap.",
        "The paper's path is found by a transducer of its own; ours by Viterbi's recursion, its"
        " costs chosen on rows of validation digits.",
    ),
    notes=(
        "lenet5 has the published layers and an eleventh code; tutorial has relu, max pooling, a"
        " full C3 and softmax. Gaps are columns between the boxes of the ink; digits overlap by a"
        " third of the narrower one's width at the most, so that at -6 ones overlap by less. The"
        " paper's training rows had gaps of -1 to 4. The test rows are the same for every seed."
    ),
    pictures=_pictures,
)
