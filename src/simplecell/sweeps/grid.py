"""What is swept over: each network with each recipe and each rate is a setting; each has seeds.

networks = ["lenet5", "32c5-s-64c5-s-10"]
recipes = ["fast"]
rates = [0.001, 0.002]
seeds = 5
epochs = 4
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from os.path import isfile
from pathlib import Path
from typing import Any

from simplecell.data.batches import check_seed
from simplecell.errors import SpecError, UnknownName
from simplecell.repr import brief
from simplecell.spec.network import Network
from simplecell.spec.zoo import load
from simplecell.train.recipes import recipe
from simplecell.train.task import check_amounts, check_numbers


@dataclass(frozen=True)
class Setting:
    """One network, recipe and rate. `name` is for people and files, `told` says it in full."""

    name: str
    told: Mapping[str, Any]


@brief
@dataclass(frozen=True)
class Grid:
    """What is swept over: each network, recipe and rate with each other, and with every seed.

    >>> import simplecell as sc
    >>> sc.Grid(networks=("lenet1", "lenet5"), rates=(1e-3, 2e-3), seeds=2).rates
    (0.001, 0.002)

    `seeds` is how many, from 0, or which. None is the recipe's own.
    """

    networks: Sequence[str | Network] = ("lenet5",)
    recipes: Sequence[str] = ("fast",)
    rates: Sequence[float | None] = (None,)
    seeds: int | Sequence[int] = 3
    epochs: int | None = None
    batch: int | None = None

    def __post_init__(self) -> None:
        for name in ("networks", "recipes", "rates"):
            values = getattr(self, name)
            if isinstance(values, str | Network) or not isinstance(values, Sequence) or not values:
                raise SpecError(f"{name} is {values!r}; it takes a list of one or more.")
        check_numbers(epochs=self.epochs, batch=self.batch)
        for rate in self.rates:
            check_amounts(rates=rate)
        for told in self.recipes:
            recipe(told)
        if not self.all_seeds or len(set(self.all_seeds)) != len(self.all_seeds):
            raise SpecError(f"seeds is {self.seeds!r}; it takes how many, or a list of them.")
        for seed in self.all_seeds:
            check_seed(seed)

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds, each by its number."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else tuple(self.seeds)

    def settings(self) -> list[Setting]:
        """List the settings, networks first.

        Raises
            UnknownName   no such network or recipe
            SpecError     the same setting twice
        """
        told = [
            (_network(network), told, rate)
            for network in self.networks
            for told in self.recipes
            for rate in self.rates
        ]
        found = [_setting(*one, self.epochs, self.batch) for one in told]
        names = [setting.name for setting in found]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise SpecError(f"the setting {twice} is in the grid twice.")
        return found


def _network(given: str | Network) -> tuple[str, Any]:
    """Give a network's name, and what a worker elsewhere makes it of."""
    if isinstance(given, str) and not isfile(given):
        return load(given).name if given.isidentifier() else given, given
    network = load(given) if isinstance(given, str) else given
    return network.name, json.loads(network.to_json())


def _setting(
    network: tuple[str, Any], told: str, rate: float | None, epochs: int | None, batch: int | None
) -> Setting:
    name, made = network
    whole = {"network": made, "recipe": told, "rate": rate, "epochs": epochs, "batch": batch}
    words = [name, told] + ([] if rate is None else [f"{rate:g}"])
    plain = "-".join(re.sub(r"[^\w.-]+", "-", word).strip("-")[:40] for word in words)
    if isinstance(made, dict) or plain != "-".join(words):
        # Names may be alike where networks are not.
        plain += f"-{hashlib.sha256(json.dumps(made).encode()).hexdigest()[:6]}"
    return Setting(plain, whole)


def read_grid(path: str | Path) -> Grid:
    """Read a grid from a file of TOML.

    Raises
        SpecError     no TOML, or values that cannot be
        UnknownName   a line that a grid does not have
    """
    try:
        told = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as problem:
        raise SpecError(f"{path} cannot be read: {problem.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SpecError(f"{path} is no TOML: {problem}.") from None
    known = [field.name for field in fields(Grid)]
    for name in told:
        if name not in known:
            raise UnknownName("line of a grid", name, known)
    return Grid(**told)
