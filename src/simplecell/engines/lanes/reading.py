"""Reading: pictures go up through a network, on all threads at once.

What is to be done stands on a board, an array of whole numbers that all threads see. A pass has
stages, and a stage has pieces; whoever is free takes the next piece of the stage, and a stage
begins when the one before is done. No thread waits for one that has not come: it does all itself.

    many pictures    one stage; a piece is a pack, which goes up on the memory of its thread
    one pack         a stage for each instruction; its pieces are cut in `pieces`

A thread that has found nothing more to do looks at the board for a while before it goes: who reads
one picture after the other finds it still there, and need not wake it.
"""

from typing import Any

import numpy as np
from numba import types

from simplecell.compile import carray, jit
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.entry import Entry, pointer
from simplecell.engines.lanes.layout import Floats, Numbers, Source, Tables, Whole
from simplecell.engines.lanes.machine import place, run
from simplecell.engines.lanes.registers import primitive
from simplecell.engines.lanes.threads import (
    count_in,
    counted,
    exchanged,
    give_way,
    put,
    stopped,
    wait_for,
)

# Words of the board.
PASSES = 0  # how many passes were begun
STOP = 1  # whether all are to come home, whatever is not done
COUNT = 2  # pictures of this pass
SHARE = 3  # pictures of a pack
LAST = 4  # instructions of the way up
OUTPUT = 5  # node of the last layer
CLASSES = 6
FEATURES = 7  # numbers of a picture
STAGES = 8  # how many, where one pack is shared; 0 where each thread has packs of its own
NODES = 9  # how many
BYTES, FLOATS = 10, 11  # pictures of either kind; 0 where there are none
ORDER, SCALE, OUT = 12, 13, 14
CODE, NODE_TABLE, TAPS, RANGES, READERS, ENTRIES, FIRST = 15, 16, 17, 18, 19, 20, 21
STEPS, MEMORY, WEIGHTS = 22, 23, 24
WORDS = 32
LAID = 32  # of each thread, whether its memory has these weights laid out
THREADS = 64
LINES = LAID + THREADS
LINE = 8  # words of a stage, a cache line: how many pieces are done, how many are taken
TAKEN = 1

ENDS = 2**31
"""A piece that is taken from the end of a stage counts so much, one from its beginning 1."""
CLOSED = 2**35
"""A stage with so much taken has no piece left, whatever the board says that its pieces are: when
a pass is over the words for the next one change, and a thread may be late."""
SPAN = 2**36
"""Pass p counts a stage's pieces from p * SPAN on, so none is taken for another pass's."""
MOST_PASSES = 2**26
"""Passes of a board: 2^63 is the largest number there is."""
STAY = 200_000
"""Looks at the board before a thread goes; a quarter of a millisecond."""
OFFER = 256
"""Looks after which it offers its processor: whoever is to write on the board may need it."""
AWAY = 2**40


def _pointer_to(kind: Any) -> Any:
    """Make the word that reads a number as an address."""

    @primitive
    def pointer_at(typing: Any, address: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(signature.return_type))

        return pointer(kind)(types.int64), code

    return pointer_at


_floats, _numbers = _pointer_to(types.float32), _pointer_to(types.int64)
_bytes, _pairs = _pointer_to(types.uint8), _pointer_to(types.int32)


@jit
def claim(stage: Numbers, start: Whole, pieces: Whole, back: bool) -> int:
    """Take the next piece of a stage, from its end if `back`; -1 if none is left to take.

    None is left, either, when the pass is over and another one may have begun.
    """
    taken = stage[TAKEN:]
    while True:
        seen = counted(taken)
        fronts, backs = (seen - start) % ENDS, (seen - start) // ENDS
        if seen < start or seen >= start + CLOSED or fronts + backs >= pieces:
            return -1
        if exchanged(taken, seen, seen + (ENDS if back else 1)):
            return int(pieces - 1 - backs if back else fronts)


@jit
def tables_of(board: Numbers) -> Tables:
    """Give the plan that the board names."""
    nodes = carray(_numbers(board[NODE_TABLE]), (board[NODES], f.NODE_COLUMNS))
    code = carray(_numbers(board[CODE]), (f.FAR, f.INSTRUCTION_COLUMNS))
    taps = carray(_pairs(board[TAPS]), f.PAIRS)
    ranges = carray(_numbers(board[RANGES]), f.FAR)
    readers = carray(_numbers(board[READERS]), f.FAR)
    entries = carray(_numbers(board[ENTRIES]), f.FAR)
    return code, nodes, taps, ranges, readers, code, entries, entries


@jit
def source_of(board: Numbers) -> Source:
    """Give the pictures that the board names."""
    features, order = board[FEATURES], carray(_numbers(board[ORDER]), f.FAR)
    many = board[COUNT] if board[BYTES] != 0 else np.int64(0)
    bytes_ = carray(_bytes(board[BYTES]), (many, features))
    floats = carray(_floats(board[FLOATS]), (board[COUNT], features))
    scale = carray(_floats(board[SCALE]), 2)
    return bytes_, floats, order, order, scale[0], scale[1]


@jit
def hand_out(
    board: Numbers, memory: Floats, here: Numbers, at: Whole, images: Whole, out: Floats
) -> None:
    """Copy what the last layer says of a pack to out (N, K)."""
    node = here[board[OUTPUT]]
    for k in range(board[CLASSES]):
        for lane in range(images):
            out[at + lane, k] = memory[node[f.BASE] + k * node[f.STEP] + lane]


@jit
def share(plan: Tables, board: Numbers, here: Numbers, thread: Whole, begun: Whole) -> None:
    """Do what this thread gets of one pass, and wait until it is done."""
    memory, w = carray(_floats(board[MEMORY]), f.FAR), carray(_floats(board[WEIGHTS]), f.FAR)
    source, out = source_of(board), carray(_floats(board[OUT]), (f.FAR, board[CLASSES]))
    first = carray(_numbers(board[FIRST]), f.FAR)
    steps = carray(_numbers(board[STEPS]), f.FAR)
    slot, start = memory, begun * SPAN
    count, size, stages = board[COUNT], board[SHARE], board[STAGES]
    own = thread if stages == 0 else np.int64(0)
    # Of few pieces, who helps takes the last: so what a thread reads has, for the most part, been
    # written by itself, and need not come from the cache of another core.
    back = bool(thread > 0 and stages > 0)
    place(plan[1], here, own, own)
    for s in range(max(stages, 1)):
        stage = board[LINES + s * LINE :]
        pieces = (count + size - 1) // size if stages == 0 else first[s + 1] - first[s]
        while not stopped(board):
            piece = claim(stage, start, pieces, back)
            if piece < 0:
                break
            at, images, begin, end = piece * size, count, np.int64(0), board[LAST]
            if stages == 0:
                images = min(size, count - at)
            else:
                n = first[s] + piece
                at, begin, end = np.int64(0), steps[n], steps[n + 1]
            here[f.FACTS, f.FIRST], here[f.FACTS, f.IMAGES] = board[LAID + own] == 0, images
            run(plan, memory, w, here, begin, end, source, at, images, count, slot)
            if stages == 0:
                board[LAID + own] = 1
                hand_out(board, memory, here, at, images, out)
            count_in(stage)
        wait_for(stage, start + pieces, board)
    if thread == 0 and stages > 0:
        board[LAID] = 1
        hand_out(board, memory, here, np.int64(0), count, out)


def read(address: int, thread: int, stay: int) -> None:
    """Do a pass, or, as a thread that helps, what is left of passes; see the head of this file.

    Thread 0 begins a pass. The others wait for the first one, and go when they have looked `stay`
    times for another in vain.
    """
    board = carray(_numbers(address), AWAY)
    plan = tables_of(board)
    here = np.empty_like(plan[1])
    lines = max(board[STAGES], 1) * LINE + LINES
    if thread == 0:
        start = (counted(board) + 1) * SPAN
        for line in range(LINES, lines, LINE):
            put(board[line:], start)
            put(board[line + TAKEN :], start)
        count_in(board)
    known, looks = np.int64(0), 0
    while (known == 0 or looks <= stay) and not stopped(board):
        now = counted(board)
        if now > known:
            share(plan, board, here, thread, now)
            known, looks = now, 0
            if thread == 0:
                break
        looks += 1
        if looks % OFFER == 0:
            give_way()
    if thread == 0:
        for line in range(LINES, lines, LINE):
            put(board[line + TAKEN :], known * SPAN + CLOSED)


ENTRY = Entry(read, types.void(types.int64, types.int64, types.int64))
