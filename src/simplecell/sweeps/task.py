"""One run of a sweep, as a worker does it: data, network, recipe, rate, seed in; errors out."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from simplecell.data.sources import Dataset
from simplecell.errors import Diverged, WorkError
from simplecell.spec.accounting import count_network
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback
from simplecell.train.history import Epoch
from simplecell.train.loop import fit
from simplecell.train.settings import crc_of
from simplecell.train.task import read_task
from simplecell.units.carry import Tell

WORK = "simplecell.sweeps.task:train"


class Until(Callback):
    """Ends a run after so many epochs of the many that its rates are planned for."""

    def __init__(self, epochs: int | None, tell: Tell) -> None:
        self.epochs, self.tell, self.done = epochs, tell, 0

    def compiling(self) -> None:
        """Say why nothing seems to happen."""
        self.tell("compiling kernels: once per machine, ten seconds or more")

    def epoch(self, row: Epoch) -> None:
        """Tell an epoch's figures."""
        self.done = row.epoch
        error = row.validation_error_percent
        judged = "" if error is None else f", validation error {error:.2f} %"
        self.tell(f"epoch {row.epoch}, loss {row.train_loss:.4f}{judged}")

    def enough(self) -> bool:
        """Say whether that was the last one."""
        return self.epochs is not None and self.done >= self.epochs


def task_of(told: Mapping[str, Any], sent: Mapping[str, Any]) -> tuple[Network, Dataset]:
    """Find the network and the data set that are told; each is read once a worker."""
    return _task(json.dumps(told["network"]), sent["data"])


@lru_cache(maxsize=4)
def _task(network: str, data: str) -> tuple[Network, Dataset]:
    told = json.loads(network)
    asked = Network.from_json(network) if isinstance(told, dict) else told
    return read_task(asked, data)


@lru_cache(maxsize=4)
def fingerprint(network: str, data: str) -> int:
    """Give a number that changes when what is learnt from does."""
    return crc_of(_task(network, data)[1].train)


def train(told: Mapping[str, Any], sent: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """Train as told; a run that diverges is a result, and the test part is not looked at."""
    network, data = task_of(told, sent)
    if fingerprint(json.dumps(told["network"]), sent["data"]) != told["crc32"]:
        raise WorkError(
            f"the pictures of {told['data']} are others on this worker than where the sweep was"
            " begun.\n  Give every machine the same files, or name a shared folder."
        )
    parameters = count_network(network).total.parameters
    name = f"{network.name}, {told['recipe']}, seed {told['seed']}"
    try:
        run = fit(
            network,
            data,
            recipe=told["recipe"],
            rate=told["rate"],
            epochs=told["epochs"],
            batch=told["batch"],
            seed=told["seed"],
            progress=False,
            callbacks=[Until(told["until"], lambda line: tell(f"{name}: {line}"))],
        )
    except Diverged as problem:
        return {"parameters": parameters, "diverged": str(problem).splitlines()[0], "error": None}
    digest = hashlib.sha256()
    for _, weights in sorted(run.parameters.items()):
        digest.update(np.ascontiguousarray(weights).tobytes())
    return {
        "parameters": parameters,
        "error": run.history[-1].validation_error_percent,
        "loss": run.history[-1].train_loss,
        "errors": [row.validation_error_percent for row in run.history],
        "losses": [row.train_loss for row in run.history],
        "weights_sha256": digest.hexdigest(),
        "train_seconds": run.train_seconds,
    }
