"""Features as a job: a sparse autoencoder learns, and its filters are seen emerging.

In the folder of the run lie what `simplecell features learn` writes: features.safetensors at the
end, features.safetensors.search while it is under way. A snapshot has four arrays:

    filters      the patch that moves each feature most           (K, C, h, w)
    inputs       some patches as the autoencoder reads them       (n, C, h, w)
    outputs      what it makes of them                            (n, C, h, w)
    activation   each feature's mean over a thousand patches      (K,)

Source: UFLDL tutorial, Autoencoders and sparsity.   Brief: A1, A2
"""

import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from simplecell.engines.protocol import Array
from simplecell.features.bank import learn_bank
from simplecell.features.cost import unflat, weight_shapes
from simplecell.features.descent import Step
from simplecell.features.preparation import Preparation, prepare
from simplecell.features.presets import Preset, preset
from simplecell.features.source import take
from simplecell.formulas.autoencoder import Weights, decode, encode
from simplecell.studio.exchange import as_bytes
from simplecell.studio.models import STUDIO
from simplecell.studio.pipe import GO_ON, PAUSE, STOP, Pipe
from simplecell.studio.snapshots import Frames
from simplecell.studio.training import OFTEN, SHARE
from simplecell.train.callbacks import Interrupted
from simplecell.train.claim import claim

FEATURES = "features.safetensors"
SHOWN, MEASURED = 16, 1000
"""Patches that a snapshot shows, and those whose mean activation it has."""


class Looker:
    """Sees every iteration, keeps frames of it, and heeds commands."""

    def __init__(self, pipe: Pipe, folder: Path, chosen: Preset, prepared: Preparation) -> None:
        self.pipe, self.frames = pipe, Frames(folder / STUDIO)
        self.chosen, self.prepared = chosen, prepared
        there = self.frames.numbers()
        self.number, self.next = (there[-1] + 1 if there else 0), 0.0

    def show(self, pixels: Array) -> None:
        """Say which patches are shown and measured."""
        self.some = self.prepared.apply(pixels[:MEASURED])

    def look(self, step: Step, theta: Array) -> None:
        """Hear of an iteration."""
        now = time.perf_counter()
        last = step.iteration == step.iterations
        if now >= self.next or last:
            self._frame(theta)
            self.pipe.say(
                "iteration",
                iteration=step.iteration,
                iterations=step.iterations,
                cost=step.cost,
                terms=dict(step.terms),
                seconds=step.seconds,
                snapshot=self.number,
            )
            self.number += 1
            took = time.perf_counter() - now
            self.next = now + max(OFTEN, took / SHARE)
        if self.pipe.asked():
            self._heed()

    def _frame(self, theta: Array) -> None:
        settings, shape = self.chosen.settings, self.prepared.shape
        shapes = weight_shapes(self.prepared.cells, settings.hidden)
        w = Weights(*unflat(theta.astype(np.float32), shapes))
        h = encode(self.some, w.w1, w.b1)
        y = decode(h[:SHOWN], w.w2, w.b2, settings.decoder)
        arrays = {
            "filters": self.prepared.patterns(w.w1),
            "inputs": self.some[:SHOWN].reshape(-1, *shape),
            "outputs": y.reshape(-1, *shape),
            "activation": h.mean(axis=0),
        }
        told = [{"name": name, "shape": list(a.shape)} for name, a in arrays.items()]
        self.frames.keep(self.number, as_bytes(*arrays.values()), told)

    def _heed(self) -> None:
        """Stop as Ctrl-C does; or wait here, with all that the search remembers, to go on."""
        while True:
            command = self.pipe.take()
            if command.verb == STOP:
                signal.raise_signal(signal.SIGINT)
                return
            if command.verb == PAUSE:
                self.pipe.say("state", state="paused")
            elif command.verb == GO_ON:
                self.pipe.say("state", state="training")
                return


def learn_features(task: dict[str, Any], pipe: Pipe) -> None:
    """Learn features as a task says, until the end or until the studio says stop.

    Raises
        SimplecellError   as `take` and `learn_bank`
    """
    folder = Path(task["run"])
    with claim(folder, new=True):
        _learn(task, pipe, folder)


def _learn(task: dict[str, Any], pipe: Pipe, folder: Path) -> None:
    """Learn them in a folder that nobody else writes."""
    out, search = folder / FEATURES, folder / f"{FEATURES}.search"
    pipe.say("state", state="loading")
    data_dir, seed = task.get("data_dir"), int(task.get("seed") or 0)
    taken = take(
        task["source"],
        int(task.get("count") or 10_000),
        size=task.get("patch"),
        channels=3 if task.get("colour") else 1,
        seed=seed,
        data_dir=data_dir,
    )
    chosen = preset_of(task, taken.whole, taken.pixels.shape[1])
    told: dict[str, Any] = {
        "centred": chosen.centred,
        "epsilon": chosen.epsilon,
        "squeezed": chosen.squeezed,
    }
    looker = Looker(pipe, folder, chosen, prepare(taken.pixels, **told))
    looker.show(taken.pixels)
    origin = {"source": taken.name, "examples": len(taken.pixels), "seed": seed}
    origin |= {"skipped": taken.skipped, "notes": list(taken.notes)}
    shape = list(taken.pixels.shape[1:])
    pipe.say("begun", patch=shape, examples=len(taken.pixels), hidden=chosen.settings.hidden)
    pipe.say("state", state="training")
    try:
        bank, learnt = learn_bank(
            taken.pixels, chosen.settings, origin=origin, seed=seed, path=search,
            iterations=int(task.get("iterations") or 400), resume=search.exists(),
            threads=task.get("threads"), look=looker.look, **told,
        )  # fmt: skip
    except Interrupted as stopped:
        pipe.say("state", state="stopped", message=str(stopped))
        return
    came = {"ended": learnt.ended, "seconds": round(learnt.seconds, 3)}
    bank = replace(bank, origin={**bank.origin, **came})
    bank.save(out)
    search.unlink(missing_ok=True)
    pipe.say("finished", result=dict(bank.origin))
    pipe.say("state", state="finished")


def preset_of(task: dict[str, Any], whole: bool, channels: int) -> Preset:
    """Take the tutorial's settings for such pictures, and what the task says instead."""
    base = preset(whole, channels)
    names = ("hidden", "rho", "decay", "beta", "decoder")
    said = {name: task[name] for name in names if task.get(name) is not None}
    settings = replace(base.settings, **said)
    epsilon = base.epsilon if task.get("whiten") is None else float(task["whiten"])
    # Whitened or centred values lie on both sides of 0, where no sigmoid reaches.
    squeezed = settings.decoder != "linear" and (base.centred or epsilon is not None)
    return replace(base, settings=settings, epsilon=epsilon, squeezed=squeezed)
