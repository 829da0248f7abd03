"""Rows of examples, shared out over threads.

A pass over the examples is cut into at most SHARES shares, each a few blocks of rows that stay
in a core's cache while every product and every squashing is done to them. Results come back in
the order of the shares: which thread took which, and how many there were, changes no bit.

Meanwhile BLAS is held to one thread, or it would wait for its own threads inside of ours.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from itertools import count
from threading import Event
from typing import Any, TypeVar

import numpy as np

from simplecell.workers import Workers, processors

T = TypeVar("T")

SHARES = 16
BLOCK_CELLS = 1 << 18
"""Cells of a block: a megabyte of float32, half of a core's own cache these days."""

LEAST_ROWS = 64
"""Below this many rows, a product is no longer worth its call."""

Work = Callable[[Sequence[slice], int], T]
"""What is done to the blocks of one share, by the worker of that number."""


class Shares:
    """The shares of so many rows, each of so many cells."""

    def __init__(self, rows: int, cells: int, threads: int | None = None) -> None:
        self.block = max(LEAST_ROWS, BLOCK_CELLS // max(cells, 1))
        starts = range(0, rows, self.block)
        blocks = [slice(start, min(start + self.block, rows)) for start in starts]
        parts = np.array_split(np.arange(len(blocks)), min(SHARES, len(blocks)))
        self.shares = [[blocks[k] for k in part] for part in parts]
        self.workers = min(threads or processors(), len(self.shares))
        self._workers = Workers("shares")

    def run(self, work: Work[T]) -> list[T]:
        """Do the work on every share; give what it gave, in the order of the shares."""
        results: dict[int, T] = {}
        ticket, halted = count(), Event()

        def worker(number: int, workers: int) -> None:
            # The next ticket is drawn in one step of the interpreter: no two draw the same.
            while (k := next(ticket)) < len(self.shares) and not halted.is_set():
                results[k] = work(self.shares[k], number)

        with one_blas_thread():
            self._workers.together(worker, self.workers, halted.set)
        return [results[k] for k in range(len(self.shares))]


@cache
def _blas() -> Any:
    """Find the BLAS libraries that are loaded; looking for them takes milliseconds."""
    return import_module("threadpoolctl").ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """Hold BLAS to one thread for a while."""
    found: AbstractContextManager[Any] = _blas().limit(limits=1, user_api="blas")
    return found
