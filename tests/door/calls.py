"""Every public call with odd values: a good call, of which one value is replaced by an odd one."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

import simplecell as sc
from simplecell.data.part import Part
from simplecell.data.patches import take_patches
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, State, Update
from simplecell.features import bank
from simplecell.features.autoencoder import Settings
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Local, Pool, Subsample
from simplecell.train.recipes import Recipe, recipe
from simplecell.train.schedules import Schedule

NAN, INF = math.nan, math.inf
HUGE = 10**30

LAYERS = (Conv("C1", 2, (3, 3)), Subsample("S2"), Dense("F3", 3, "softmax"))
NET = sc.Network("rows", (1, 6, 6), LAYERS)


@cache
def part(count: int = 30) -> Part:
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 3
    return Part(rng.integers(0, 256, (count, 1, 6, 6), dtype=np.uint8), labels, "rows")


@cache
def data() -> sc.Dataset:
    return sc.Dataset("rows", ("top", "middle", "bottom"), part(), part(12))


@cache
def run() -> sc.Run:
    return sc.fit(NET, data(), epochs=1, progress=False)


@cache
def program(name: str) -> Any:
    return sc.engine(name, 1).program(NET)


def odd() -> dict[str, Any]:
    """The values that are put where another is wanted, each by what it is."""
    return {
        "nothing": None,
        "true": True,
        "zero": 0,
        "minus one": -1,
        "half": 2.5,
        "nan": NAN,
        "infinity": INF,
        "huge": HUGE,
        "minus huge": -HUGE,
        "complex": 1 + 2j,
        "word": "8",
        "no word": "",
        "long word": "x" * 5000,
        "bytes": b"8",
        "empty list": [],
        "list": [1, 2, 3],
        "ragged": [[1], [2, 3]],
        "list of words": ["a", "b"],
        "list of nothing": [None, None],
        "set": {1, 2},
        "empty dictionary": {},
        "dictionary": {"C1.w": [1.0], "a": 2},
        "function": len,
        "object": object(),
        "type": int,
        "flat array": np.zeros(3),
        "plane": np.zeros((2, 2)),
        "scalar array": np.array(1.0),
        "array of nan": np.full((30, 1, 6, 6), NAN),
        "array of objects": np.array([object()], object),
        "array of words": np.array(["a", "b"]),
        "complex array": np.zeros(3, complex),
        "dates": np.array(["2020-01-01"], "datetime64[D]"),
        "whole array": np.arange(4),
        "large whole": np.uint64(2**63),
        "no path": Path("/nowhere/at/all"),
        "folder": Path(__file__).parent,
        "network": NET,
        "data set": data(),
        "part": part(),
        "run": run(),
        "recipe": Recipe("r"),
        "update": Update(),
    }


@dataclass(frozen=True)
class Door:
    """A public call, with good values for every argument that is tried."""

    call: Callable[..., Any]
    good: Callable[[], Mapping[str, Any]]
    leave: tuple[str, ...] = ()
    """Odd values that mean something else here, such as what would take for ever."""

    def open(self, name: str, value: Any) -> None:
        self.call(**{**self.good(), name: value})


def _train(program_: Any, **told: Any) -> Any:
    given = dict(told)
    state = given.pop("state", None)
    if "slots" in given or "parameters" in given or "steps" in given:
        names = ("parameters", "slots", "steps")
        state = State(*(given.pop(name) for name in names))
    if "momentum" in given:
        names = ("rule", "momentum", "second", "epsilon", "decay", "mu")
        given["update"] = Update(**{name: given.pop(name) for name in names})
    if "pixels" in given:
        names = ("pixels", "labels", "scale", "shift")
        given["examples"] = Examples(**{name: given.pop(name) for name in names})
    return program_.train(state, **given)


def _weights() -> dict[str, Any]:
    return dict(initial_parameters(NET, 0))


def _examples() -> Examples:
    return Examples(part().pixels, part().labels, 1 / 128, -0.9)


def _steps() -> dict[str, Any]:
    return {
        "state": State(_weights()),
        "examples": _examples(),
        "order": np.arange(30),
        "batch": 8,
        "rates": [0.01, 0.02],
        "update": Update(),
        "loss": "cross_entropy",
    }


def _deep_steps() -> dict[str, Any]:
    told = {
        name: value
        for name, value in _steps().items()
        if name in ("order", "batch", "rates", "loss")
    }
    adam = {
        "rule": "adam",
        "momentum": 0.9,
        "second": 0.99,
        "epsilon": 1e-8,
        "decay": 0.0,
        "mu": 0.02,
    }
    some = {
        "pixels": part().pixels.astype(np.float32),
        "labels": part().labels,
        "scale": 1.0,
        "shift": 0.0,
    }
    slots = {slot: {n: np.zeros_like(w) for n, w in _weights().items()} for slot in ("m", "v")}
    return told | adam | some | {"parameters": _weights(), "slots": slots, "steps": 1}


def _asked() -> dict[str, Any]:
    return {"parameters": _weights(), "examples": _examples()}


def _learning() -> dict[str, Any]:
    return _asked() | {"loss": "cross_entropy"}


def _one() -> dict[str, Any]:
    return _learning() | {"examples": Examples(part().pixels[:1], part().labels[:1])}


def _fit() -> dict[str, Any]:
    return {
        "network": NET,
        "data": data(),
        "recipe": "fast",
        "epochs": 1,
        "batch": 8,
        "rate": 0.01,
        "until_error": None,
        "seed": 0,
        "engine": "lanes",
        "threads": 1,
        "initial": None,
        "begin": None,
        "normalisation": None,
        "validation": 0.1,
        "layout": None,
        "values": None,
        "callbacks": (),
        "save_seconds": 10.0,
        "progress": False,
    }


def _arrays(network: Any, pixels: Any, labels: Any, **told: Any) -> Any:
    return sc.fit(network, (pixels, labels), epochs=1, progress=False, **told)


def _recipe(**told: Any) -> Any:
    return sc.fit(NET, data(), recipe=replace(recipe("fast"), **told), progress=False)


def _engine(kind: str) -> dict[str, Door]:
    p = partial(program, kind)
    return {
        f"{kind} forward": Door(lambda **told: p().forward(**told), _asked),
        f"{kind} gradients": Door(lambda **told: p().gradients(**told), _learning),
        f"{kind} curvature": Door(lambda **told: p().curvature(**told), _learning),
        f"{kind} trace": Door(lambda **told: p().trace(**told), _one),
        f"{kind} train": Door(lambda **told: _train(p(), **told), _steps),
        f"{kind} train, inside": Door(lambda **told: _train(p(), **told), _deep_steps),
        f"{kind} program": Door(
            lambda network: sc.engine(kind).program(network), lambda: {"network": NET}
        ),
    }


def _layer(layer: Any, /, **good: Any) -> Door:
    def make(**told: Any) -> Any:
        return sc.Network("n", (4, 12, 12), (layer(**told),))

    return Door(make, lambda: good)


def _model() -> dict[str, Door]:
    model = run().model
    good = {"images": part().pixels[:4], "layout": None, "values": None, "invert": None}
    good |= {"engine": "auto", "threads": 1}
    named = {name: getattr(model, name) for name in ("predict", "predict_proba", "answers")}
    doors = {f"model.{name}": Door(call, lambda: good) for name, call in named.items()}
    doors["model.transform"] = Door(model.transform, lambda: good | {"layer": None})
    labelled = {"images": part().pixels[:4], "labels": ["top", "middle", "bottom", "top"]}
    doors["model.score"] = Door(model.score, lambda: labelled)
    doors["model.examples"] = Door(
        model.examples, lambda: {"pixels": part().pixels, "labels": None}
    )
    return doors


def doors(folder: Path) -> dict[str, Door]:
    """Give every public call that is tried."""
    return {
        "fit": Door(sc.fit, _fit),
        "fit arrays": Door(
            _arrays,
            lambda: {
                "network": NET,
                "pixels": part().pixels,
                "labels": part().labels,
                "layout": None,
                "values": None,
            },
        ),
        **_engine("reference"),
        **_engine("lanes"),
        **_model(),
        "engine": Door(sc.engine, lambda: {"name": "lanes", "threads": 1}),
        "find": Door(sc.find, lambda: {"name": "lenet5"}),
        "load": Door(
            sc.load, lambda: {"name": "none", "size": 32, "channels": 1, "data_dir": None}
        ),
        "recipe": Door(recipe, lambda: {"name": "fast"}),
        "evaluate": Door(sc.evaluate, lambda: {"model": run(), "data": data(), "engine": "lanes"}),
        "load_model": Door(sc.load_model, lambda: {"path": folder / "none", "network": None}),
        "save_model": Door(sc.save_model, lambda: {"model": run().model, "path": folder / "m"}),
        "Network": Door(sc.Network, lambda: {"name": "n", "input": (1, 6, 6), "layers": LAYERS}),
        "Network.from_json": Door(sc.Network.from_json, lambda: {"text": NET.to_json()}),
        "with_input": Door(NET.with_input, lambda: {"shape": (1, 6, 6)}),
        **_layers(),
        **_learning_doors(),
        "take_patches": Door(
            take_patches,
            lambda: {"pictures": part().pixels, "count": 5, "size": (3, 3), "seed": 0},
        ),
    }  # fmt: skip


def _learning_doors() -> dict[str, Door]:
    """Give those that learn features, and those that say how to learn."""
    return {
        "learn_bank": Door(
            lambda **told: bank.learn_bank(**told),
            lambda: {
                "pixels": part().pixels,
                "settings": Settings(hidden=3, rho=0.1, decay=1e-3, beta=1.0),
                "iterations": 2,
                "seed": 0,
                "threads": 1,
                "tolerance": 0.0,
            },
        ),
    }  # fmt: skip


def _layers() -> dict[str, Door]:
    """Give the layers, and what a recipe is made of."""
    return {
        "Conv": _layer(Conv, name="C", maps=2, kernel=(3, 3), stride=1, table=None, squash="tanh"),
        "Local": _layer(Local, name="L", maps=2, kernel=(3, 3), squash="tanh"),
        "Combine": _layer(Combine, name="K", maps=2, kernel=3, squash="tanh"),
        "Subsample": _layer(Subsample, name="S", squash="tanh"),
        "Pool": _layer(Pool, name="P", kind="max", window=2),
        "Dense": _layer(Dense, name="D", units=3, squash="tanh"),
        "RBF": Door(
            lambda codes: sc.Network("n", (4, 1, 1), (RBF("R", codes),)),
            lambda: {"codes": ("####", "....")},
        ),
        "Recipe": Door(
            lambda **told: _recipe(**told),
            lambda: {
                "epochs": 1,
                "batch": 8,
                "schedule": Schedule("constant", 0.01),
                "update": Update(),
                "loss": None,
                "validation": 0.1,
                "normalisation": "published",
                "initial": "fan_in",
                "distortion": None,
                "copies": 0,
                "average": 0.0,
                "until_error": None,
                "curvature_examples": 100,
            },
        ),
        "Schedule": Door(
            lambda **told: sc.fit(
                NET, data(), recipe=replace(recipe("fast"), epochs=1, schedule=Schedule(**told)),
                progress=False,
            ),
            lambda: {"shape": "one_cycle", "rate": 0.01, "warmup": 0.2, "first": 0.1, "last": 0.0},
        ),
    }  # fmt: skip
