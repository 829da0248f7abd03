"""Matrix products, in blocks of rows and of vectors that stay in registers.

product           c[r,n] = sum over k of a[r,k] * b[k,n]
product_turned    c[r,n] = sum over k of a[k,r] * b[k,n]
"""

from collections.abc import Callable

from simplecell.compile import jit
from simplecell.engines.lanes.layout import LANES, Floats, Whole
from simplecell.engines.lanes.product import add_rows
from simplecell.engines.lanes.squash import ZERO
from simplecell.engines.lanes.vector import splat, store_rows

Matrix = tuple[Floats, int, Whole]
"""The array that a matrix lies in, where it begins, how far its rows are apart: 0 for one row."""


def _block(rows: int, vectors: int, turned: bool = False) -> Callable[..., None]:
    """Make the kernel that multiplies a few rows by a few vectors; `turned` takes columns of a."""
    size = rows * vectors

    @jit
    def block(a: Matrix, b: Matrix, c: Matrix, terms: int, live: int) -> None:
        (left, a_at, a_row), (right, b_at, b_row), (out, at, c_row) = a, b, c
        total = splat(size, ZERO)
        for k in range(terms):
            below = b_at + k * b_row
            if turned:
                total = add_rows(total, rows, left, a_at + k * a_row, 1, right, below)
            else:
                total = add_rows(total, rows, left, a_at + k, a_row, right, below)
        store_rows(total, rows, out, at, c_row, live)

    return block


_block_8x1, _block_1x1 = _block(8, 1), _block(1, 1)
_block_4x4, _block_1x8 = _block(4, 4), _block(1, 8)
_turned_8, _turned_1 = _block(8, 1, turned=True), _block(1, 1, turned=True)


@jit
def product(a: Matrix, b: Matrix, c: Matrix, rows: Whole, terms: int, columns: int) -> None:
    """Multiply matrices.

    c[r,n] = sum over k of a[r,k] * b[k,n]
    """
    (left, a_at, a_row), (right, b_at, b_row), (out, c_at, c_row) = a, b, c
    n = 0
    while n < columns:
        there = columns - n
        wide = 4 if there >= 4 * LANES and rows >= 4 else 1
        if rows == 1 and there >= 8 * LANES:
            wide = 8
        live, beside = min(LANES, there), (right, b_at + n, b_row)
        r = 0
        while r < rows:
            row, to = (left, a_at + r * a_row, a_row), (out, c_at + r * c_row + n, c_row)
            if wide == 8:
                _block_1x8(row, beside, to, terms, live)
                r += 1
            elif wide == 4 and rows - r >= 4:
                _block_4x4(row, beside, to, terms, live)
                r += 4
            elif wide == 1 and rows - r >= 8:
                _block_8x1(row, beside, to, terms, live)
                r += 8
            else:
                for v in range(0, wide * LANES, LANES):
                    one, where = (right, b_at + n + v, b_row), (out, to[1] + v, c_row)
                    _block_1x1(row, one, where, terms, live)
                r += 1
        n += wide * LANES


@jit
def product_turned(a: Matrix, b: Matrix, c: Matrix, rows: int, terms: int, columns: int) -> None:
    """Multiply a transposed matrix.

    c[r,n] = sum over k of a[k,r] * b[k,n]
    """
    (left, a_at, a_row), (right, b_at, b_row), (out, c_at, c_row) = a, b, c
    for n in range(0, columns, LANES):
        live, beside = min(LANES, columns - n), (right, b_at + n, b_row)
        for r in range(0, rows - 7, 8):
            to = (out, c_at + r * c_row + n, c_row)
            _turned_8((left, a_at + r, a_row), beside, to, terms, live)
        for r in range(rows // 8 * 8, rows):
            to = (out, c_at + r * c_row + n, c_row)
            _turned_1((left, a_at + r, a_row), beside, to, terms, live)
