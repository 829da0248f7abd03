import numpy as np
import pytest
from threadpoolctl import threadpool_info

from simplecell.features.shares import SHARES, Shares, one_blas_thread


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 5000, 100_000])
@pytest.mark.parametrize("threads", [1, 3])
def test_every_row_is_in_one_block_and_in_order(rows: int, threads: int) -> None:
    shares = Shares(rows, 1 << 12, threads)
    found = shares.run(lambda blocks, worker: [np.arange(rows)[block] for block in blocks])
    assert len(found) <= SHARES
    np.testing.assert_array_equal(
        np.concatenate([b for share in found for b in share]), range(rows)
    )


def test_shares_do_not_depend_on_the_threads() -> None:
    assert Shares(5000, 1 << 12, 1).shares == Shares(5000, 1 << 12, 7).shares


def test_an_error_in_a_share_comes_out() -> None:
    def work(blocks: object, worker: int) -> None:
        raise ValueError("in a share")

    with pytest.raises(ValueError, match="in a share"):
        Shares(5000, 1 << 12, 2).run(work)


def test_blas_is_held_to_one_thread_and_let_go_again() -> None:
    def threads() -> list[int]:
        return [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]

    before = threads()
    with one_blas_thread():
        assert set(threads()) == {1}
    assert threads() == before
