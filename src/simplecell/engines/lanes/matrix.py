"""Matrix products, in blocks of rows and of vectors that stay in registers.

    product           c[r,n] = sum over k of a[r,k] * b[k,n]
    product_turned    c[r,n] = sum over k of a[k,r] * b[k,n]

A row of a stands `a_row` or `a_step` floats from the next, which may be 0 for one row.
"""

from collections.abc import Callable

from simplecell.compile import jit
from simplecell.engines.lanes.layout import LANES, Floats, Whole
from simplecell.engines.lanes.product import add_rows
from simplecell.engines.lanes.squash import ZERO
from simplecell.engines.lanes.vector import splat, store_rows


def _block(rows: int, vectors: int) -> Callable[..., None]:
    size = rows * vectors

    @jit
    def block(
        a: Floats,
        a_at: int,
        a_row: int,
        b: Floats,
        b_at: int,
        b_row: int,
        c: Floats,
        c_at: int,
        c_row: int,
        terms: int,
        live: int,
    ) -> None:
        total = splat(size, ZERO)
        for k in range(terms):
            total = add_rows(total, rows, a, a_at + k, a_row, b, b_at + k * b_row)
        store_rows(total, rows, c, c_at, c_row, live)

    return block


def _turned_block(rows: int) -> Callable[..., None]:
    @jit
    def block(
        a: Floats,
        a_at: int,
        a_step: int,
        b: Floats,
        b_at: int,
        b_row: int,
        c: Floats,
        c_at: int,
        c_row: int,
        terms: int,
        live: int,
    ) -> None:
        total = splat(rows, ZERO)
        for k in range(terms):
            total = add_rows(total, rows, a, a_at + k * a_step, 1, b, b_at + k * b_row)
        store_rows(total, rows, c, c_at, c_row, live)

    return block


_block_8x1, _block_1x1 = _block(8, 1), _block(1, 1)
_block_4x4, _block_1x8 = _block(4, 4), _block(1, 8)
_turned_8, _turned_1 = _turned_block(8), _turned_block(1)


@jit
def product(
    a: Floats,
    a_at: int,
    a_row: Whole,
    b: Floats,
    b_at: int,
    b_row: int,
    c: Floats,
    c_at: int,
    c_row: int,
    rows: Whole,
    terms: int,
    columns: int,
) -> None:
    """Multiply matrices; a row of a stands a_row floats from the next.

    c[r,n] = sum over k of a[r,k] * b[k,n]
    """
    n = 0
    while n < columns:
        left = columns - n
        wide = 4 if left >= 4 * LANES and rows >= 4 else 1
        if rows == 1 and left >= 8 * LANES:
            wide = 8
        live = min(LANES, left)
        r = 0
        while r < rows:
            at, to = a_at + r * a_row, c_at + r * c_row + n
            if wide == 8:
                _block_1x8(a, at, a_row, b, b_at + n, b_row, c, to, c_row, terms, live)
                r += 1
            elif wide == 4 and rows - r >= 4:
                _block_4x4(a, at, a_row, b, b_at + n, b_row, c, to, c_row, terms, live)
                r += 4
            elif wide == 1 and rows - r >= 8:
                _block_8x1(a, at, a_row, b, b_at + n, b_row, c, to, c_row, terms, live)
                r += 8
            else:
                for v in range(0, wide * LANES, LANES):
                    _block_1x1(a, at, a_row, b, b_at + n + v, b_row, c, to + v, c_row, terms, live)
                r += 1
        n += wide * LANES


@jit
def product_turned(
    a: Floats,
    a_at: int,
    a_step: Whole,
    b: Floats,
    b_at: int,
    b_row: int,
    c: Floats,
    c_at: int,
    c_row: int,
    rows: int,
    terms: int,
    columns: int,
) -> None:
    """Multiply a transposed matrix; a row of a stands a_step floats from the next.

    c[r,n] = sum over k of a[k,r] * b[k,n]
    """
    for n in range(0, columns, LANES):
        live = min(LANES, columns - n)
        for r in range(0, rows - 7, 8):
            to = c_at + r * c_row + n
            _turned_8(a, a_at + r, a_step, b, b_at + n, b_row, c, to, c_row, terms, live)
        for r in range(rows // 8 * 8, rows):
            to = c_at + r * c_row + n
            _turned_1(a, a_at + r, a_step, b, b_at + n, b_row, c, to, c_row, terms, live)
