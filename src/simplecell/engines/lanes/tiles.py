"""Tiles of a product that stay in registers: r numbers times v neighbouring vectors.

    c[r,v] = start[r,v] + sum over lines l, terms t of a[r,l,t] * b[l,t,v]

Where each matrix stands is said by distances: from one line of terms to the next, from one term
to the next, from one row to the next. A row of a convolution's kernel is such a line.
"""

from collections.abc import Callable

from simplecell.compile import WIDE, jit
from simplecell.engines.lanes.layout import LANES, Floats, Whole
from simplecell.engines.lanes.product import add_rows
from simplecell.engines.lanes.squash import ZERO
from simplecell.engines.lanes.vector import largest, load_rows, splat, store_rows

ROWS, VECTORS = (8, 2) if WIDE else (6, 1)
"""The largest tile: as many sums as fit the registers beside a few numbers and vectors.

Of 32 registers of sixteen floats it takes 16, whose addresses still fit the other registers; of
16 registers of eight floats, two to a vector, 12."""
BLOCK = VECTORS * LANES

Walk = tuple[int, int, int, int]
"""Where a matrix begins; how far it is to its next line, to the next term, to the next row."""


def _tile(rows: int, vectors: int) -> Callable[..., None]:
    """Make the kernel that adds a product to a tile of c, which begins as `start` is.

    c[r,v] = start[r,v] + sum over lines l, terms t of a[r,l,t] * b[l,t,v]
    """
    size = rows * vectors

    @jit
    def tile(
        a: Floats,
        a_walk: Walk,
        b: Floats,
        b_walk: Walk,
        lines: int,
        terms: int,
        start: Floats,
        start_at: int,
        start_row: int,
        c: Floats,
        c_at: int,
        c_row: int,
        relu: bool,
    ) -> None:
        a_at, a_line, a_term, a_row = a_walk
        b_at, b_line, b_term, _ = b_walk
        total = load_rows(rows, vectors, start, start_at, start_row)
        for line in range(lines):
            at, row = a_at + line * a_line, b_at + line * b_line
            for t in range(terms):
                total = add_rows(total, rows, a, at + t * a_term, a_row, b, row + t * b_term)
        if relu:
            total = largest(total, splat(size, ZERO))
        store_rows(total, rows, c, c_at, c_row, LANES)

    return tile


_whole, _half, _one = _tile(ROWS, VECTORS), _tile(ROWS // 2, VECTORS), _tile(1, VECTORS)
_narrow, _narrow_one = _tile(ROWS, 1), _tile(1, 1)
_five, _four, _two = (_tile(n, 1) for n in (5, 4, 2))


@jit
def _wide_tiles(
    count: int,
    vectors: Whole,
    a: Floats,
    a_walk: Walk,
    b: Floats,
    b_walk: Walk,
    lines: int,
    terms: int,
    start: Floats,
    start_at: int,
    start_row: int,
    c: Floats,
    c_at: int,
    c_row: int,
    relu: bool,
) -> None:
    """Take the largest tile that is left, of one vector or of two; see `tiles`."""
    a_at, a_line, a_term, a_row = a_walk
    done = 0
    while done < count:
        walk, left = (a_at + done * a_row, a_line, a_term, a_row), count - done
        s_at, to = start_at + done * start_row, c_at + done * c_row
        if vectors == VECTORS and left >= ROWS:
            _whole(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
            done += ROWS
        elif vectors == VECTORS and left >= ROWS // 2:
            _half(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
            done += ROWS // 2
        elif vectors == VECTORS:
            _one(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
            done += 1
        elif left >= ROWS:
            _narrow(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
            done += ROWS
        else:
            _narrow_one(
                a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu
            )
            done += 1


@jit
def _even_tiles(
    count: int,
    vectors: Whole,
    a: Floats,
    a_walk: Walk,
    b: Floats,
    b_walk: Walk,
    lines: int,
    terms: int,
    start: Floats,
    start_at: int,
    start_row: int,
    c: Floats,
    c_at: int,
    c_row: int,
    relu: bool,
) -> None:
    """Cut the rows into tiles of nearly equal size; see `tiles`.

    A sum waits for its last multiply-add, so a tile of few rows takes as long as one of four.
    """
    a_at, a_line, a_term, a_row = a_walk
    done, parts = 0, (count + ROWS - 1) // ROWS
    while done < count:
        walk = (a_at + done * a_row, a_line, a_term, a_row)
        s_at, to = start_at + done * start_row, c_at + done * c_row
        n = (count - done + parts - 1) // parts
        if n == ROWS:
            _whole(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
        elif n == 5:
            _five(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
        elif n == 4:
            _four(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
        elif n == ROWS // 2:
            _half(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
        elif n == 2:
            _two(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
        else:
            _one(a, walk, b, b_walk, lines, terms, start, s_at, start_row, c, to, c_row, relu)
        done += n
        parts -= 1


tiles = _wide_tiles if WIDE else _even_tiles
"""Do so for `count` rows, and one vector or as many as the widest tile has."""
