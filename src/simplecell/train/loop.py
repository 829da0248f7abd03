"""`fit`: from a network and data to a run. `training` has the loop, the only one."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from simplecell.data.levels import Values
from simplecell.data.normalise import Normalisation
from simplecell.data.part import Part, split
from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.protocol import Engine, Parameters
from simplecell.errors import ModelError
from simplecell.spec.network import Network
from simplecell.train import average, timing
from simplecell.train.arguments import check_arguments, read_callbacks, read_initial
from simplecell.train.bar import watching
from simplecell.train.callbacks import Callback
from simplecell.train.checkpoint import Checkpoint
from simplecell.train.folder import RunFolder
from simplecell.train.history import without_seconds
from simplecell.train.model import Model
from simplecell.train.plan import decide, own_recipe, remaining, time_for, warning
from simplecell.train.recipes import Recipe, adjusted, left_open, settled
from simplecell.train.run import Run
from simplecell.train.settings import check_begin, check_data, settings
from simplecell.train.start import Start, start_from
from simplecell.train.task import (
    Validation,
    check_amounts,
    check_numbers,
    named_recipe,
    read_task,
    set_aside,
)
from simplecell.train.training import Training
from simplecell.train.weighing import by_class, read_class_weights

__all__ = ["Run", "fit"]


def fit(
    network: Network | Model | str | None,
    data: Any,
    *,
    recipe: str | Recipe | None = None,
    epochs: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
    until_error: float | None = None,
    minutes: float | None = None,
    class_weights: Any = None,
    span: tuple[int, int] | None = None,
    seed: int = 0,
    engine: str | Engine = "auto",
    threads: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    initial: Parameters | None = None,
    begin: Checkpoint | None = None,
    normalisation: Normalisation | None = None,
    validation: Validation = None,
    crop: bool | None = None,
    layout: str | None = None,
    values: Values | None = None,
    progress: bool | None = None,
    callbacks: Sequence[Callback] = (),
    save_seconds: float = 10.0,
) -> Run:
    """Train a network on the training part of `data`; the test part is not looked at.

    >>> import simplecell as sc
    >>> run = sc.fit("lenet5", "digits", epochs=1, progress=False)
    >>> len(run.history)
    1

    The network is a `Network` or the name of one; None takes one that suits the data. Or it is a
    `Model`, whose training goes on: from its weights, with pixels that mean what they meant
    there, and with a new last layer where the data have other classes (`start_from`). The recipe
    is "fast" or, of pictures of one's own in files, "pictures", for as many epochs as fit into 25
    seconds with all that is tried before; a recipe that is named is lengthened for few such
    pictures, unless `epochs` or `minutes` say how long. `crop` brings pictures of one's own to
    their one object, or forbids it; None tries it, where `data` is a path (`plan`).

    The data are a data set, one part of it, its name or path, or (pictures, labels), whose arrays
    `layout` and `values` explain where they can be read in two ways, as `Model.predict` says.

    `out` names the run folder; without it nothing is written. `resume` goes on with the run
    that is there. A checkpoint is saved after every epoch, and every `save_seconds` within one.
    `initial` gives the first values of some arrays, by name, in place of those that are drawn.

    `validation` is the share of the pictures kept aside, or pictures to judge by: a part, or
    (pictures, labels). `progress` shows a bar; unless told, where a person sits.

    `until_error` ends the run early, as `Recipe` says. `minutes` gives it as many epochs as fit
    into that time by the speed of its first steps, as `timing` says, of which `span` gives the
    fewest and the most; trials of how pictures are read count into it; a run that is gone on with
    keeps those it was given.

    `class_weights` "balanced" reads each class as often as any other, however few pictures it
    has; or give weights by class name: see `weighing`.

    For examples that come in portions: `begin` goes on from where another run ended, with this
    run's data, to as many epochs in all as the recipe says; `normalisation` takes pixels to mean
    what they meant there.

    Raises
        ShapeError      the network reads images of another shape
        DataError       fewer outputs than classes; nothing to learn from
        ModelError      a run folder that is taken, or was told something else; a full disk;
                        first values of arrays that the network does not have; a run folder for
                        a run that begins elsewhere
        TrainingError   the loss is no longer a number
        Interrupted     Ctrl-C; what was learned so far is saved
    """
    check_numbers(epochs=epochs, batch=batch, threads=threads)
    check_amounts(rate=rate, until_error=until_error, minutes=minutes)
    timing.check_minutes(minutes, epochs)
    check_arguments(
        seed=seed, engine=engine, out=out, begin=begin, normalisation=normalisation,
        layout=layout, save_seconds=save_seconds,
    )  # fmt: skip
    callbacks, given = read_callbacks(callbacks), read_initial(initial)
    chosen = choose_engine(engine, threads) if isinstance(engine, str) else engine
    started, open_net, source = perf_counter(), network is None, data
    before = network if isinstance(network, Model) else None
    crop = crop if before is None else before.reading == "cropped"
    crop = _crop_before(out) if resume and crop is None else crop
    network, data = read_task(network, data, layout=layout, values=values, crop=crop is True)
    network, data, decided, _ = decide(
        network, data, source, crop=crop, larger=open_net, minutes=minutes, seed=seed,
        engine=chosen, told=resume,
    )  # fmt: skip
    start = Start(network) if before is None else start_from(before, data)
    network, given = start.network, {**start.parameters, **given}
    aside = set_aside(validation, data, network, layout=layout, values=values)
    if epochs is None and minutes is None and (time := time_for(recipe, data)) is not None:
        minutes, span = time
    if minutes is not None and decided:
        minutes = remaining(60 * minutes, perf_counter() - started) / 60
    told = adjusted(_base(recipe, data, aside), epochs=epochs, batch=batch, rate=rate)
    told = _whole(told, network, until_error, class_weights, out if resume else None)
    check_data(network, data)
    folder = None if out is None else RunFolder(out)
    if begin is not None or normalisation is not None or isinstance(aside, Part):
        # Training changes it.
        begin = deepcopy(check_begin(network, begin, out))
    with watching(progress, f"{network.name} learns {data.name}: recipe {told.name}") as bars:
        # Whatever can be refused is refused before the folder is claimed.
        parts = _parts(data.train, aside, told.validation, seed)
        training = Training(
            network=network,
            recipe=told,
            seed=seed,
            engine=chosen,
            parts=parts,
            class_weights=by_class(told.class_weights, parts[0], data.classes),
            normalisation=normalisation or start.normalisation,
            initial=given,
            folder=folder,
            callbacks=(*bars, *callbacks),
            save_seconds=save_seconds,
        )
        for callback in training.callbacks:
            for sentence in (*decided, *start.said):
                callback.decided(sentence)
        told, checkpoint, model = _learn(
            training, data, given, start, begin, resume, minutes, span
        )
    return Run(
        model=model, history=tuple(checkpoint.history), train_seconds=checkpoint.seconds,
        compile_seconds=training.compile_seconds, recipe=told, seed=seed, engine=chosen.name,
        threads=chosen.threads, folder=None if folder is None else folder.path,
        checkpoint=checkpoint,
    )  # fmt: skip


def _learn(
    training: Training,
    data: Dataset,
    given: Mapping[str, Any],
    start: Start,
    begin: Checkpoint | None,
    resume: bool,
    minutes: float | None,
    span: tuple[int, int] | None,
) -> tuple[Recipe, Checkpoint, Model]:
    """Train in a folder that nobody else writes; give the recipe as planned, and what came."""
    folder, told = training.folder, training.recipe
    # A finished run is only read, maybe where nothing may be written.
    read = folder is None or (resume and folder.finished)
    with nullcontext() if read or folder is None else folder.claim(new=not resume):
        if minutes is not None:
            kept = timing.kept(told, folder if resume else None)
            told = training.plan(60 * minutes, kept, span)
        engine = training.engine.name
        asked = settings(
            training.network, data, told, training.seed, engine, given, start.normalisation
        )
        checkpoint = begin or _open(folder, asked, resume, start.model)
        if folder is not None and folder.finished and checkpoint is not None:
            return told, checkpoint, folder.model()
        checkpoint = training.run(checkpoint)
        _warn(training, checkpoint)
        scaling = training.normalisation
        model = model_of(training.network, data, scaling, checkpoint, asked)
        if folder is not None:
            folder.save_model(model)
    return told, checkpoint, model


def _crop_before(out: str | Path | None) -> bool | None:
    """Say whether a run that is gone on with reads its pictures cropped."""
    there = {} if out is None else RunFolder(out).settings()
    return bool(there["data"].get("cropped", False)) if there else None


def _warn(training: Training, checkpoint: Checkpoint) -> None:
    """Warn those who watch where training pictures are known by heart and others often wrong."""
    error = checkpoint.history[-1].validation_error_percent
    if error is None or not training.callbacks:
        return
    sentence = warning(training.train_error, error, len(training.validation), training.recipe)
    for callback in training.callbacks if sentence else ():
        callback.warned(str(sentence))


def _base(recipe: str | Recipe | None, data: Dataset, aside: float | Part | None) -> Recipe:
    """Give the recipe that was named, with the share of the pictures that is kept aside."""
    base = own_recipe(recipe, data) if recipe is None or isinstance(recipe, str) else recipe
    base = named_recipe(base)
    return replace(base, validation=aside) if isinstance(aside, float) else base


def _parts(train: Part, aside: float | Part | None, share: float, seed: int) -> tuple[Part, Part]:
    """Give what is learnt and what the run is judged by: a part of its own, or a share."""
    return (train, aside) if isinstance(aside, Part) else split(train, share, seed)


def _whole(
    told: Recipe,
    network: Network,
    until_error: float | None,
    class_weights: Any,
    there: str | Path | None,
) -> Recipe:
    """Say what a recipe leaves to the network, unless the run that is there left it open too."""
    if there is None or not left_open(RunFolder(there).settings()):
        told = settled(told, network)
    told = told if until_error is None else replace(told, until_error=until_error)
    if class_weights is not None:
        told = replace(told, class_weights=read_class_weights(class_weights))
    return told


def _open(
    folder: RunFolder | None, asked: Mapping[str, Any], resume: bool, model: Model | None
) -> Checkpoint | None:
    if folder is None:
        if resume:
            raise ModelError("resume needs the run's folder: name it with --out (out=…).")
        return None
    if resume:
        return folder.resume(asked)
    folder.start(asked, model)
    return None


def model_of(
    network: Network,
    data: Dataset,
    normalisation: Normalisation,
    checkpoint: Checkpoint,
    asked: Mapping[str, Any],
) -> Model:
    """Make a model of a checkpoint, and of what the run was told."""
    training = {name: value for name, value in asked.items() if name != "network"}
    training["history"] = without_seconds(checkpoint.history)
    weights = {n: w.astype(np.float32) for n, w in average.learned(checkpoint.state).items()}
    unnamed = tuple(str(k) for k in range(len(data.classes), network.classes))
    classes = (*data.classes, *unnamed)
    return Model(network, weights, normalisation, classes, data.frame, training, data.reading)
