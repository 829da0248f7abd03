"""What a pass over the training examples reads: their order, and their pictures.

A pass is cut into stretches of some thousand examples. Where pictures are distorted, those of
one stretch are made at a time, so that memory does not grow with the data.

What is read follows from (seed, epoch, row) and nothing else: a run that was stopped reads on
as if it had not been.
"""

import math
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simplecell.data.batches import check_seed, order, shuffle, weighted_order
from simplecell.data.pack import by_window, forget, window_order
from simplecell.engines.protocol import Array, Examples
from simplecell.train.recipes import Recipe

FORGOTTEN = 8
"""After so many stretches of a mapped file, the memory that it was shown in is given back."""

STRETCH = 4096
"""Examples of a stretch: a tenth of a second of training, or less."""

_SAMPLE = 3
_DISTORTED, _FIRST = 4, 5
_AGAIN = 32
"""Bits of an epoch's number; above them stands the how-manieth time a picture is read in it."""

Rows = NDArray[np.int64]


def steps_of(examples: int, batch: int) -> int:
    """Count the steps of a pass; the last may have fewer examples."""
    return math.ceil(examples / batch)


def stretch_of(batch: int) -> int:
    """Count the steps of a stretch."""
    return max(1, STRETCH // batch)


class Pictures:
    """The training examples as an epoch shows them.

    Without a distortion they are as they are. With one, each is distorted anew in every epoch;
    or, if the recipe says `copies`, it comes in so many distorted copies beside the original,
    which take turns from epoch to epoch. `weights` (N,) say how often each is read, in
    proportion: see `weighing`.
    """

    def __init__(
        self,
        examples: Examples,
        recipe: Recipe,
        seed: int,
        threads: int,
        weights: NDArray[np.float64] | None = None,
        mapped: bool = False,
    ) -> None:
        self.examples, self.seed, self.threads, self.weights = examples, seed, threads, weights
        self.mapped = mapped
        told = recipe.distortion
        self.distortion = None if told is None else told.sized(*examples.pixels.shape[2:])
        self.turns = recipe.copies + 1

    def rows(self, epoch: int) -> tuple[Rows, Rows]:
        """Give the order of an epoch, and for the how-manieth time it reads each, from 0 on.

        Of a mapped file the order is shuffled within windows, with weights too.
        """
        if self.weights is not None:
            rows, again = weighted_order(self.weights, self.seed, epoch)
            if not self.mapped:
                return rows, again
            turn = by_window(rows, self.examples.pixels, check_seed(self.seed), epoch)
            return rows[turn], again[turn]
        if self.mapped:
            rows = window_order(self.examples.pixels, check_seed(self.seed), epoch)
        else:
            rows = order(len(self.examples), self.seed, epoch)
        return rows, np.zeros_like(rows)

    def of(
        self, rows: Rows, epoch: int, threads: int | None = None, again: Rows | None = None
    ) -> Examples:
        """Give some of the examples, copied out, as this epoch shows them."""
        labels = self.examples.labels
        some = replace(
            self.examples,
            pixels=self.examples.pixels[rows],
            labels=None if labels is None else labels[rows],
        )
        if self.distortion is None:
            return some
        # Numba stays away until something is to be distorted.
        from simplecell.data.distort import distort, keys

        turn: Array = np.full(len(rows), epoch)
        if again is not None:
            turn += again << _AGAIN
        if self.turns > 1:
            first = keys(rows, self.seed, _FIRST)
            turn = (first + np.uint64(epoch)) % np.uint64(self.turns)
        drawn = keys(rows, self.seed, _DISTORTED, turn)
        pixels = distort(some.pixels, self.distortion, drawn, threads or self.threads)
        if self.turns > 1:
            pixels[turn == 0] = some.pixels[turn == 0]
        return replace(some, pixels=pixels)

    @property
    def made(self) -> bool:
        """Whether a stretch is made as it comes, and not simply there."""
        return self.mapped or self.distortion is not None

    def sample(self, epoch: int, count: int) -> Examples:
        """Give `count` examples drawn at random, or all if there are fewer, each at most once."""
        rows = shuffle(len(self.examples), _SAMPLE, self.seed, epoch)
        return self.of(rows[:count], epoch)


class Pass:
    """One epoch's reading, stretch by stretch; the next is made ready in the background.

    Of a mapped file always; of others only where a step is one example: then training leaves all
    processors but one idle. At any larger batch it takes them all, and pictures are made in
    between.
    """

    def __init__(self, pictures: Pictures, batch: int, epoch: int) -> None:
        self.pictures, self.batch, self.epoch = pictures, batch, epoch
        count = len(pictures.examples)
        self.rows, self.again = pictures.rows(epoch)
        self.steps, self.stretch = steps_of(count, batch), stretch_of(batch)
        self.background: ThreadPoolExecutor | None = None
        if pictures.mapped or (pictures.made and batch == 1 and pictures.threads > 1):
            self.background = ThreadPoolExecutor(1, "pictures")
        self.at = -1
        self.ahead: Future[Examples] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.background is not None:
            self.background.shutdown(cancel_futures=True)

    def until(self, step: int) -> int:
        """Give the step at which the stretch of this step ends."""
        return min(self.steps, (step // self.stretch + 1) * self.stretch)

    def start(self, until: int) -> int:
        """Give the step at which the stretch began that ends with a step."""
        return (until - 1) // self.stretch * self.stretch

    def read(self, step: int, count: int) -> tuple[Examples, Rows]:
        """Give the examples of `count` steps from `step` on, within a stretch, and their order."""
        first, last = step * self.batch, (step + count) * self.batch
        if not self.pictures.made:
            return self.pictures.examples, self.rows[first:last]
        number = step // self.stretch
        if number != self.at:
            self._turn_to(number)
        start = number * self.stretch * self.batch
        return self.made, np.arange(first - start, min(last, len(self.rows)) - start)

    def _turn_to(self, number: int) -> None:
        ready = self.ahead is not None and number == self.at + 1
        self.made = self.ahead.result() if ready and self.ahead else self._make(number)
        self.at, self.ahead = number, None
        if self.pictures.mapped and number % FORGOTTEN == 0:
            forget(self.pictures.examples.pixels)
        if self.background is not None and self.until(number * self.stretch) < self.steps:
            threads = max(1, self.pictures.threads - 1)
            # Where the system gives no thread, the next stretch is made when it is asked for.
            with suppress(RuntimeError):
                self.ahead = self.background.submit(self._make, number + 1, threads)

    def _make(self, number: int, threads: int | None = None) -> Examples:
        length = self.stretch * self.batch
        part = slice(number * length, (number + 1) * length)
        return self.pictures.of(self.rows[part], self.epoch, threads, self.again[part])
