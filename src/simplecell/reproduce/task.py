"""A task of an experiment with one seed, as a worker does it: found by the names it is told."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from simplecell.reproduce.experiment import Experiment, Tell, with_threads


def measure(told: Mapping[str, Any], sent: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """Measure what is told: experiment, task, seed, quick; `sent` names the module it is in."""

    def named(line: str) -> None:
        tell(f"{told['task']}, seed {told['seed']}: {line}")

    return measured(import_module(sent["module"]).EXPERIMENT, told, sent["threads"], named)


def measured(
    experiment: Experiment, told: Mapping[str, Any], threads: int | None, tell: Tell
) -> Mapping[str, Any]:
    """Measure a task of an experiment that is here."""
    with with_threads(threads):
        return experiment.tasks[told["task"]](told["seed"], told["quick"], tell)
