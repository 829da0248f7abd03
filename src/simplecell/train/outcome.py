"""What a finished run came to, as result.json holds it."""

from typing import Any

from simplecell.data.sources import Dataset
from simplecell.engines.protocol import Engine
from simplecell.spec.accounting import count_network
from simplecell.train.evaluation import evaluate
from simplecell.train.folder import RunFolder
from simplecell.train.run import Run


def outcome(
    run: Run,
    dataset: Dataset,
    engine: Engine,
    folder: RunFolder,
    guard_seconds: float | None = None,
) -> dict[str, Any]:
    """Measure a run on the test part, if there is one, and keep what it came to: result.json."""
    test = None if dataset.test is None else evaluate(run.model, dataset.test, engine=engine)
    found = {
        "test_error_percent": test and test.error_percent,
        "test_errors": test and test.errors,
        "test_examples": test and test.examples,
        "validation_error_percent": run.history[-1].validation_error_percent,
        "train_seconds": run.train_seconds,
        "compile_seconds": run.compile_seconds,
        "epochs": len(run.history),
        "seconds_per_epoch": run.train_seconds / len(run.history),
        "parameters": count_network(run.network).total.parameters,
        "network": run.network.name,
        "data": dataset.name,
        "recipe": run.recipe.name,
        "batch": run.recipe.batch,
        "rate": run.recipe.schedule.rate,
        "until_error_percent": run.recipe.until_error,
        "reached": _reached(run),
        "seed": run.seed,
        "engine": run.engine,
        "threads": run.threads,
        "run": str(folder.path),
        "model": str(folder.model_file),
        "guard_seconds": guard_seconds,
    }
    folder.save_result(found)
    return found


def _reached(run: Run) -> bool | None:
    """Say whether the run came to the error it was to end with, if it was told one."""
    goal, error = run.recipe.until_error, run.history[-1].validation_error_percent
    return None if goal is None or error is None else error <= goal
