"""Whatever Python prints of ours is 1 to 10 lines of at most 100 columns."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import simplecell as sc
from simplecell.data.distortion import distortion
from simplecell.engines.protocol import Examples, State, Update
from simplecell.export.onnx import bare
from simplecell.repr import MOST_COLUMNS, MOST_LINES
from simplecell.spec.layers import (
    RBF,
    BatchNorm,
    Combine,
    Conv,
    Dense,
    Dropout,
    GlobalPool,
    Local,
    Pool,
    Subsample,
)
from simplecell.train.answer import answers
from simplecell.train.callbacks import Progress
from simplecell.train.guard import Guard
from simplecell.train.recipes import RECIPES
from simplecell.train.schedules import Schedule

LONG = "a_name_of_sixty_letters_" * 3


def returned() -> Iterator[tuple[str, Any]]:
    """All that public calls return, and what they return in turn."""
    run = sc.fit("lenet5", "digits", epochs=2, engine="reference", validation=0.1)
    data = sc.load("digits", size=32)
    assert data.test is not None
    model = run.model
    one = model.examples(data.test.pixels[:1], data.test.labels[:1])
    for name in sc.engine.__globals__["ENGINES"]:
        if name == "torch":
            pytest.importorskip("torch")
        chosen = sc.engine(name)
        yield name, chosen
        yield f"{name} program", chosen.program(model.network)
    reference = sc.engine("reference").program(model.network)
    trace = reference.trace(model.parameters, one, "map")
    yield from {
        "fit": run,
        "fit.model": model,
        "fit.recipe": run.recipe,
        "fit.checkpoint": run.checkpoint,
        "fit.checkpoint.state": run.checkpoint.state,
        "fit.history": run.history[-1],
        "normalisation": model.normalisation,
        "find": sc.find("lenet5"),
        "load": data,
        "load.test": data.test,
        "evaluate": sc.evaluate(run, data),
        "examples": one,
        "trace": trace,
        "trace of a layer": trace.layers["C3"],
        "answer": answers(model, data.test.pixels[:1], sc.engine("reference"))[0],
        "combined program": sc.engine("lanes").program(sc.find("lenet5_combined")),
        "folds": sc.Folds(9**9, 9**8, (12.3,) * 99, *[np.zeros(9)] * 4),  # type: ignore[arg-type]
        "sweep": sc.sweep("digits", sc.Grid(["lenet5_tutorial"], seeds=1, epochs=1)),
        "guard": Guard(model.network, model.parameters, model.normalisation, 0.5),
    }.items()


def made() -> Iterator[tuple[str, Any]]:
    """What a person makes, in its smallest and in its most awkward form."""
    yield from RECIPES.items()
    yield "schedule", Schedule("passes", 0.1, passes=((1, 0.5),) * 300)
    yield "distortion", distortion("modern")
    yield "update", Update("adam", 0.123456789, 0.99, 1e-8, 0.1)
    yield "state", State({f"{LONG}{k}": np.zeros((9, 9)) for k in range(500)})
    yield "examples", Examples(np.zeros((9, 1, 32, 32), np.uint8))
    yield "progress", Progress(1, 20, 300, 4000, 0.123456789, 1.23456789, 12345.6789)
    layers = (
        Conv("C1", 400, (5, 5), table=tuple((0,) for _ in range(400))),
        Combine("E2", 4, (3, 3), penalty="entropy", strength=0.1),
        Local("L3", 4, (3, 3)),
        Subsample("S4"),
        Pool("P5", "mean"),
        Dense("F6", 84),
        GlobalPool("G6"),
        BatchNorm("N6"),
        Dropout("D6"),
        RBF("R7"),
        RBF("R8", tuple("#" * 700 for _ in range(300)), learned=True),
    )
    for layer in layers:
        yield f"layer {layer.name}", layer
    many = tuple(Dense(f"{LONG[:50]}{k}", 3) for k in range(200))
    yield "network", sc.Network("x" * 60, (1, 8, 8), many)
    data = sc.load("digits")
    names = tuple(f"{LONG}{k}" for k in range(10))
    awkward = replace(data, name="/".join([LONG] * 9), classes=names, notes=(LONG * 9,) * 9)
    yield "dataset", awkward
    yield "part", replace(data.train, source="/".join([LONG] * 9))
    model = sc.fit("lenet5_tutorial", "digits", epochs=1, engine="reference").model
    told = {**model.metadata, "data": {"name": "/".join([LONG] * 9), "images": 9}}
    yield "model", replace(model, classes=names, metadata=told)
    layers = bare(model.network, model.parameters)
    yield "imported", sc.from_onnx(layers)
    yield "steps", sc.from_onnx(layers).steps
    yield "evaluation", sc.Evaluation(10**7, 10**6, 1e9, np.zeros(3, int), np.zeros((3, 3), int))
    for estimator in (
        sc.ConvNetClassifier(),
        sc.ConvNetClassifier(sc.find("lenet5"), epochs=3, recipe=RECIPES["modern"]),
        sc.SoftmaxRegression(),
        sc.SparseAutoencoder(),
        sc.ConvolvedFeatures(),
    ):
        yield type(estimator).__name__, estimator
    wide = sc.Network("x" * 60, (1, 8, 8), many)
    yield "grid", sc.Grid([wide] * 9, ["fast", "modern"] * 9, rates=[0.123456789] * 99, seeds=99)
    pytest.importorskip("optuna", reason="needs simplecell[optuna]")
    yield "pruning", sc.OptunaPruning(None)
    yield "error", sc.SimplecellError("what was asked, what was found, what to do")


def check(name: str, value: Any) -> None:
    lines = repr(value).splitlines()
    assert 1 <= len(lines) <= MOST_LINES, (name, len(lines))
    assert max(map(len, lines)) <= MOST_COLUMNS, (name, max(lines, key=len))
    assert " object at 0x" not in repr(value), name


def test_what_public_calls_return_is_shown_in_a_few_lines() -> None:
    for name, value in returned():
        check(name, value)


def test_what_a_person_makes_is_shown_in_a_few_lines() -> None:
    seen = set()
    for name, value in made():
        check(name, value)
        seen.add(type(value).__name__)
    come_back = {"Run", "Folds", "Sweep"}
    assert {name for name in sc.__all__ if isinstance(getattr(sc, name), type)} - seen == come_back


def test_every_public_name_itself_is_shown_in_one_line() -> None:
    for name in sc.__all__:
        assert len(repr(getattr(sc, name))) <= MOST_COLUMNS


def test_what_is_not_as_usual_is_told_and_the_rest_is_not() -> None:
    assert repr(Schedule("constant", 0.5)) == "Schedule(rate=0.5)"
    assert repr(Dense("F6", 84)) == "Dense(name='F6', units=84)"
    assert repr(Dense("F6", 84, "relu")) == "Dense(name='F6', units=84, squash='relu')"
    assert repr(Conv("C3", 2, (5, 5), table=((0,), (0, 1)))) == (
        "Conv(name='C3', maps=2, kernel=(5, 5), table=((0,), (0, 1)))"
    )
    state = State({"F6.w": np.zeros((84, 120), np.float32)}, steps=7)
    assert repr(state) == "State(parameters={F6.w: float32 84x120}, steps=7)"
