"""A board: where it is written what `reading` is to do, and the memory that it names.

Threads that help stand at a board for a moment after a pass, so that the next one finds them. They
are asked to come only where it pays: it takes some fifty microseconds to wake a thread, and by
then one picture of a small network has long been read.
"""

import ctypes
import os
import time
from collections.abc import Callable
from functools import cache, partial
from queue import Empty, SimpleQueue

import numpy as np

from simplecell.engines.lanes import reading as r
from simplecell.engines.lanes.allocation import aligned
from simplecell.engines.lanes.layout import LANES, Floats
from simplecell.engines.lanes.pieces import TOGETHER, Stages
from simplecell.engines.lanes.plan import Plan
from simplecell.engines.protocol import Array
from simplecell.workers import Workers

HELD = 64
"""Pictures that a board which is kept for the next call has room for."""
RECENT = 1e-3
"""Seconds: where a pass begins so soon after another, a third will probably follow."""
HEAVY = 5e6
"""Multiplications of a pass from which it pays to wake a thread, even for this pass alone."""
SLOW, OFTEN, CROWDED = 2.5, 3.0, 0.05
"""A pass that takes so many times the shortest may have waited for a thread that had lost its
processor to others. Where that is often so, no thread is asked for so many seconds."""


@cache
def _read() -> Callable[[int, int, int], None]:
    """Give `reading.read` as a function that lets other threads of Python go on."""
    whole = ctypes.c_int64
    kind = ctypes.CFUNCTYPE(None, whole, whole, whole)
    found: Callable[[int, int, int], None] = kind(r.ENTRY.address)
    return found


def _at(array: Array) -> int:
    return int(array.ctypes.data)


class Board:
    """What stands on the board for a plan, these weights, and pictures of one kind.

    `pixels` (N, features), uint8 or float32, and x = scale * pixels + shift. With `stages` one
    pack is read, in pieces; without, packs.
    """

    def __init__(
        self,
        plan: Plan,
        stages: Stages | None,
        memory: Floats,
        w: Floats,
        pixels: Array,
        scaling: tuple[float, float],
        threads: int,
    ) -> None:
        self.plan, self.w, self.pixels, self.scaling = plan, w, pixels, scaling
        self.threads, self.process = min(threads, r.THREADS), os.getpid()
        room, classes = len(pixels), int(np.prod(plan.tables[1][plan.output, 1:4]))
        self.out = np.zeros((room, classes), np.float32)
        self._kept = (memory, np.arange(room), np.array(scaling, np.float32))
        lines = 1 if stages is None else len(stages.first) - 1
        raw = np.zeros(r.LINES + r.LINE * (lines + 2), np.int64)
        self.words = raw[-_at(raw) % 64 // 8 :]
        self._address = _at(self.words)
        self._seats: SimpleQueue[int] = SimpleQueue()
        for seat in range(1, self.threads):
            self._seats.put(seat)
        self.passes = 0
        self._most = 0 if stages is None else TOGETHER
        self._last = self._rested = self._slow = 0.0
        self._best: dict[int, float] = {}
        self._write_places(stages, classes)

    def _write_places(self, stages: Stages | None, classes: int) -> None:
        plan, words = self.plan, self.words
        memory, order, factors = self._kept
        tables = plan.tables if stages is None else stages.tables
        code, nodes, taps, ranges, readers, _, entries, steps = tables
        words[r.NODES] = len(nodes)
        if stages is not None:
            words[r.STAGES], words[r.FIRST] = len(stages.first) - 1, _at(stages.first)
            words[r.STEPS] = _at(steps)
        words[r.LAST], words[r.OUTPUT], words[r.CLASSES] = plan.forward_stop, plan.output, classes
        words[r.FEATURES] = self.pixels.shape[1]
        words[r.BYTES if self.pixels.dtype == np.uint8 else r.FLOATS] = _at(self.pixels)
        for word, array in (
            (r.CODE, code),
            (r.NODE_TABLE, nodes),
            (r.ORDER, order),
            (r.SCALE, factors),
            (r.OUT, self.out),
            (r.TAPS, taps),
            (r.RANGES, ranges),
            (r.READERS, readers),
            (r.ENTRIES, entries),
            (r.MEMORY, memory),
            (r.WEIGHTS, self.w),
        ):
            words[word] = _at(array)

    def serves(self, w: Floats, pixels: Array, scaling: tuple[float, float]) -> bool:
        """Say whether these pictures can be read from here.

        Not in a forked process, whose threads are gone, and not when its passes are used up.
        """
        same = self.w is w and self.scaling == scaling and self.pixels.dtype == pixels.dtype
        return same and self.process == os.getpid() and self.passes < r.MOST_PASSES

    def write(self, count: int, share: int, fresh: bool) -> None:
        """Say what the next pass is: so many pictures, in packs of `share`.

        `fresh` says that the weights have changed. `parts` then says how many threads, at the
        most, it is for.
        """
        words = self.words
        words[r.STOP], words[r.COUNT], words[r.SHARE] = 0, count, share
        self.passes += 1
        self.count, self.parts = count, min(self.threads, self._most or -(-count // share))
        if fresh:
            words[r.LAID : r.LAID + r.THREADS] = 0

    def share(self, workers: Workers, cost: float) -> None:
        """Do the pass, of so many multiplications, with those that stand here or are asked to."""
        if self.parts == 1:
            self.work(0, 1)
            return
        now = time.perf_counter()
        if now > self._rested and (cost > HEAVY or now - self._last < RECENT):
            self._ask(workers, self.parts - 1)
        try:
            self.work(0, 1)
        except BaseException:
            self.leave()
            raise
        self._last = time.perf_counter()
        took, count = self._last - now, self.count
        best = self._best[count] = min(took, self._best.get(count, took))
        self._slow = 0.8 * self._slow + (took > SLOW * best)
        if self._slow > OFTEN:
            self._slow, self._rested = 0.0, self._last + CROWDED
            self.leave()

    def work(self, thread: int, of: int, stay: int = 0) -> None:
        """Be one of the threads; 0 begins the pass."""
        _read()(self._address, thread, stay)

    def leave(self) -> None:
        """Send those away who stand here."""
        self.words[r.STOP] = 1

    def _ask(self, workers: Workers, most: int) -> None:
        """Have threads come, one to each seat that is free."""
        for _ in range(most):
            try:
                seat = self._seats.get_nowait()
            except Empty:
                return
            if not workers.ask(partial(self._sit, seat), most):
                self._seats.put(seat)
                return

    def _sit(self, seat: int) -> None:
        try:
            self.work(seat, 1, r.STAY)
        finally:
            self._seats.put(seat)


class Bound:
    """A plan with its memory, and the boards that are kept for a few pictures."""

    def __init__(self, plan: Plan, packs: int) -> None:
        self.plan = plan
        self.memory = aligned(plan.floats)
        self.slots = np.zeros((packs, plan.slot_floats + LANES), np.float32)
        self.pack_losses = np.zeros(packs)
        self._boards: dict[bool, Board] = {}
        self._last: Board | None = None

    def laid_out(self, board: Board) -> bool:
        """Say whether the memory may have this board's weights laid out, and take it for it."""
        same, self._last = self._last is board, board
        return same

    def board_for(
        self,
        w: Floats,
        pixels: Array,
        scaling: tuple[float, float],
        threads: int,
        cut: bool,
        kept: bool,
    ) -> Board:
        """Give a board with these pictures: if they are few, one that may be `kept` for more.

        `cut` says that they are one pack, to be read in pieces.
        """
        count = len(pixels)
        stages = self.plan.stages if cut else None
        if count > HELD or not kept:
            return Board(self.plan, stages, self.memory, w, pixels, scaling, threads)
        board = self._boards.get(cut)
        if board is None or not board.serves(w, pixels, scaling):
            room = np.zeros((HELD, pixels.shape[1]), pixels.dtype)
            board = Board(self.plan, stages, self.memory, w, room, scaling, threads)
            self._boards[cut] = board
        board.pixels[:count] = pixels
        return board
