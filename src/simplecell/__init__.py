"""Convolutional networks as published, every formula checked, trained in seconds.

    import simplecell as sc
    run = sc.fit("lenet5", "mnist", epochs=8, seed=0)
    print(sc.evaluate(run, "mnist"))
    run.model.save("lenet5.safetensors")
    model = sc.load_model("lenet5.safetensors")
    print(model.predict("my.png"))

A network of your own is a list of layers:

    layers = (sc.Conv("C1", 8, 5, squash="relu"), sc.Pool("S2"), sc.Dense("F3", 10, "softmax"))
    run = sc.fit(sc.Network("mine", (1, 28, 28), layers), "mnist")

Importing the package is light: each name brings its own room when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from simplecell.renamed import install

if TYPE_CHECKING:
    from simplecell.bulk.answers import predict_many
    from simplecell.data.sources import Dataset, load
    from simplecell.engines.choose import engine
    from simplecell.errors import SimplecellError
    from simplecell.estimators import (
        ConvNetClassifier,
        ConvolvedFeatures,
        SoftmaxRegression,
        SparseAutoencoder,
    )
    from simplecell.importer import Imported, from_onnx, from_torch
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
    from simplecell.spec.network import Network
    from simplecell.spec.zoo import find
    from simplecell.studio.notebook import show
    from simplecell.sweeps import Grid, OptunaPruning, Sweep, sweep
    from simplecell.train.evaluation import Evaluation, evaluate
    from simplecell.train.folds import Folds, cross_validate
    from simplecell.train.loop import Run, fit
    from simplecell.train.model import Model, load_model, save_model
    from simplecell.train.recipes import Recipe, recipe

__version__ = "0.1.0"

install()

__all__ = [
    "RBF",
    "BatchNorm",
    "Combine",
    "Conv",
    "ConvNetClassifier",
    "ConvolvedFeatures",
    "Dataset",
    "Dense",
    "Dropout",
    "Evaluation",
    "Folds",
    "GlobalPool",
    "Grid",
    "Imported",
    "Local",
    "Model",
    "Network",
    "OptunaPruning",
    "Pool",
    "Recipe",
    "Run",
    "SimplecellError",
    "SoftmaxRegression",
    "SparseAutoencoder",
    "Subsample",
    "Sweep",
    "cross_validate",
    "engine",
    "evaluate",
    "find",
    "fit",
    "from_onnx",
    "from_torch",
    "load",
    "load_model",
    "predict_many",
    "recipe",
    "save_model",
    "show",
    "sweep",
]

_ROOMS = {
    **dict.fromkeys(
        (
            *("RBF", "BatchNorm", "Combine", "Conv", "Dense", "Dropout"),
            *("GlobalPool", "Local", "Pool", "Subsample"),
        ),
        "spec.layers",
    ),
    "ConvNetClassifier": "estimators",
    "ConvolvedFeatures": "estimators",
    "Dataset": "data.sources",
    "Evaluation": "train.evaluation",
    "Folds": "train.folds",
    "Grid": "sweeps.grid",
    "Imported": "importer",
    "Model": "train.model",
    "Network": "spec.network",
    "OptunaPruning": "sweeps.pruning",
    "Recipe": "train.recipes",
    "Run": "train.loop",
    "SimplecellError": "errors",
    "SoftmaxRegression": "estimators",
    "SparseAutoencoder": "estimators",
    "Sweep": "sweeps.run",
    "cross_validate": "train.folds",
    "engine": "engines.choose",
    "evaluate": "train.evaluation",
    "find": "spec.zoo",
    "fit": "train.loop",
    "from_onnx": "importer",
    "from_torch": "importer",
    "load": "data.sources",
    "load_model": "train.model",
    "predict_many": "bulk.answers",
    "recipe": "train.recipes",
    "save_model": "train.model",
    "show": "studio.notebook",
    "sweep": "sweeps.run",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'simplecell' has no attribute {name!r}")
    value = getattr(import_module(f"simplecell.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
