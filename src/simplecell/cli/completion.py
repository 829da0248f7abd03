"""What a shell may complete a value to: names that simplecell knows, files and folders.

The names are looked up when a person presses Tab, and not before.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

Complete = Callable[[str], list[str]]

MODELS = (".safetensors", ".onnx", ".pt")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")


def _starting(names: Iterable[str], typed: str) -> list[str]:
    return [name for name in names if name.startswith(typed)]


def _entries(typed: str, wanted: Callable[[Path], bool]) -> list[str]:
    """List what is there by a beginning of its path: folders, and files that are wanted."""
    folder, start = os.path.split(typed)
    try:
        found = sorted(Path(os.path.expanduser(folder) or os.curdir).iterdir())
    except OSError:
        return []
    return [
        os.path.join(folder, path.name) + ("/" if path.is_dir() else "")
        for path in found
        if path.name.startswith(start)
        and (start.startswith(".") or not path.name.startswith("."))
        and (path.is_dir() or wanted(path))
    ]


def _networks(typed: str) -> list[str]:
    from simplecell.spec.zoo import NETWORKS

    return _starting(NETWORKS, typed) + _entries(typed, lambda path: path.suffix == ".json")


def _recipes(typed: str) -> list[str]:
    from simplecell.train.recipes import RECIPES

    return _starting(RECIPES, typed)


def _departures(typed: str) -> list[str]:
    from simplecell.spec import departures as of_networks
    from simplecell.train import departures as of_recipes

    return _starting([*of_recipes.DEPARTURES, *of_networks.DEPARTURES], typed)


def _data(typed: str) -> list[str]:
    from simplecell.data.sources import NAMES

    return _starting(NAMES, typed) + _entries(
        typed, lambda path: path.suffix in (".csv", ".tsv", ".npz", ".gz", "")
    )


def _models(typed: str) -> list[str]:
    """List run folders first, those in runs/ even before their path is begun."""
    here = _entries(typed, lambda path: path.suffix in MODELS)
    runs = [] if "/" in typed else _entries("runs/", lambda path: False)
    return [name for name in runs if name.startswith(typed) or not typed] + here


def _plots(typed: str) -> list[str]:
    from simplecell.plots.gallery import KINDS

    return _starting(KINDS, typed)


def _experiments(typed: str) -> list[str]:
    from simplecell.reproduce.registry import NAMES

    return _starting(NAMES, typed)


def _engines(typed: str) -> list[str]:
    from simplecell.engines.choose import NAMES

    return _starting(NAMES, typed)


def _readings(typed: str) -> list[str]:
    from simplecell.data.picture import READINGS

    return _starting(READINGS, typed)


def _images(typed: str) -> list[str]:
    return _entries(typed, lambda path: path.suffix.lower() in PICTURES)


VALUES: dict[str, Complete] = {
    "data": _data,
    "depart": _departures,
    "engine": _engines,
    "images": _images,
    "kind": _plots,
    "model": _models,
    "name": _experiments,
    "net": _networks,
    "reading": _readings,
    "recipe": _recipes,
    "run": _models,
    "source": _data,
    "unlabelled": _data,
}
"""How to complete a parameter, by its name in the commands' functions."""
