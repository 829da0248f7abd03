"""Optuna chooses what to try; this callback tells it how a run goes, and ends the poor ones."""

from importlib import import_module
from typing import Any

from simplecell.errors import WorkError
from simplecell.repr import within
from simplecell.train.callbacks import Callback
from simplecell.train.history import Epoch


class OptunaPruning(Callback):
    """Reports the validation error after each epoch, and ends a run that Optuna would prune.

    >>> import simplecell as sc
    >>> import optuna
    >>> def objective(trial):
    ...     told = {"rate": trial.suggest_float("rate", 1e-4, 1e-2, log=True), "epochs": 1}
    ...     watch = [sc.OptunaPruning(trial)]
    ...     run = sc.fit("lenet5_tutorial", "digits", callbacks=watch, progress=False, **told)
    ...     return run.history[-1].validation_error_percent
    >>> study = optuna.create_study()
    >>> study.optimize(objective, n_trials=2)
    >>> len(study.trials)
    2

    A study that many machines share has a database server's address: docs/scale.md.

    Raises
        WorkError   Optuna is not installed; a recipe that keeps no pictures aside
    """

    def __init__(self, trial: Any) -> None:
        try:
            self.optuna = import_module("optuna")
        except ImportError:
            raise WorkError("Optuna is not installed: pip install 'simplecell[optuna]'.") from None
        self.trial = trial

    def __repr__(self) -> str:
        """Say for which trial it is."""
        return within(f"OptunaPruning(trial {getattr(self.trial, 'number', '?')})")

    def epoch(self, row: Epoch) -> None:
        """Report an epoch, and end the run where that is better."""
        if row.validation_error_percent is None:
            raise WorkError(
                "Optuna compares validation errors, and this recipe keeps no pictures aside:"
                " give validation=0.1."
            )
        self.trial.report(row.validation_error_percent, row.epoch)
        if self.trial.should_prune():
            raise self.optuna.TrialPruned(
                f"pruned after epoch {row.epoch}, {row.validation_error_percent:.2f} %"
            )
