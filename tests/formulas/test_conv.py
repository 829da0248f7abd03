import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d

from simplecell.formulas.conv import (
    carriers,
    conv_backward,
    conv_forward,
    correlate_valid,
    table_mask,
)
from simplecell.formulas.local import local_forward

SHAPES = [((5, 5), (3, 3)), ((7, 4), (2, 3)), ((6, 9), (5, 1)), ((4, 4), (4, 4))]
"""Sizes of a map and of a kernel, rectangular ones too."""


def rot180(a):
    return a[::-1, ::-1]


def one_map(size, kernel, seed=0):
    """Draw x, w, and du as large as the output, for one map in and one out."""
    rng = np.random.default_rng(seed)
    out = tuple(h - p + 1 for h, p in zip(size, kernel, strict=True))
    return rng.normal(size=size), rng.normal(size=kernel), rng.normal(size=out)


def backward(x, w, du):
    dx, dw, db = conv_backward(x[None, None], w[None, None], du[None, None])
    return dx[0, 0], dw[0, 0], db[0]


def test_the_decks_worked_example():
    """Brief: C3"""
    rows = ("11100", "01110", "00111", "00110", "01100")
    image = np.array([[int(cell) for cell in row] for row in rows])
    kernel = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    assert correlate_valid(image, kernel).tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    # The kernel is its own turned copy: the example cannot tell correlation from conv2.
    assert np.array_equal(convolve2d(image, kernel, "valid"), correlate_valid(image, kernel))
    u = conv_forward(image[None, None], kernel[None, None], np.zeros(1))
    assert u[0, 0].tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


def test_one_c3_map_is_three_convolutions_and_a_bias_cell_by_cell():
    """C3's map 3 reads S2's maps 3, 4, 5: u = h1 + h2 + h3 + b. Brief: C10, C9"""
    rng = np.random.default_rng(1998)
    s2, w, b = rng.normal(size=(6, 14, 14)), rng.normal(size=(16, 6, 5, 5)), rng.normal(size=16)
    table = [(0,)] * 3 + [(3, 4, 5)] + [(0,)] * 12
    u = conv_forward(s2[None], w, b, table=table)[0, 3]
    assert u.shape == (10, 10)
    for i in range(10):
        for j in range(10):
            h1, h2, h3 = (
                sum(w[3, c, p, q] * s2[c, i + p, j + q] for p in range(5) for q in range(5))
                for c in (3, 4, 5)
            )
            assert u[i, j] == pytest.approx(h1 + h2 + h3 + b[3], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("size", "kernel"), SHAPES)
def test_forward_is_scipys_correlation_and_conv2_with_the_kernel_turned(size, kernel):
    """Brief: D9"""
    x, w, _ = one_map(size, kernel)
    u = conv_forward(x[None, None], w[None, None], np.zeros(1))[0, 0]
    assert np.allclose(u, correlate2d(x, w, "valid"))
    k = rot180(w)
    assert np.allclose(u, convolve2d(x, k, "valid"))


@pytest.mark.parametrize(("size", "kernel"), SHAPES)
def test_the_kernel_gradient_is_the_briefs_formula_as_written(size, kernel):
    """dk = rot180(conv2(x, rot180(delta), valid)), k the kernel that conv2 turns. Brief: D13"""
    x, w, du = one_map(size, kernel)
    dk = rot180(convolve2d(x, rot180(du), "valid"))
    dw = backward(x, w, du)[1]
    assert np.allclose(rot180(dw), dk)
    # In the kernel as it is printed, the outer turn falls away ...
    assert np.allclose(dw, convolve2d(x, rot180(du), "valid"))
    # ... and it may not be left in: the two conventions differ.
    assert not np.allclose(dw, dk) or kernel == (1, 1)


@pytest.mark.parametrize(("size", "kernel"), SHAPES)
def test_delta_below_is_the_briefs_formula_as_written(size, kernel):
    """dx = conv2(delta, rot180(k), full), k the kernel that conv2 turns. Brief: D15"""
    x, w, du = one_map(size, kernel)
    k = rot180(w)
    dx = backward(x, w, du)[0]
    assert np.allclose(dx, convolve2d(du, rot180(k), "full"))
    assert not np.allclose(dx, convolve2d(du, rot180(w), "full"))


def test_delta_below_sums_over_the_maps_that_read_it_and_no_others():
    """Brief: D15, C9"""
    rng = np.random.default_rng(2)
    table = ((0, 1), (1,), (0, 2))
    x, w = rng.normal(size=(1, 3, 6, 5)), rng.normal(size=(3, 3, 2, 3))
    du = rng.normal(size=(1, 3, 5, 3))
    dx, dw, _ = conv_backward(x, w, du, table=table)
    for c, readers in enumerate([(0, 2), (0, 1), (2,)]):
        parts = [convolve2d(du[0, m], w[m, c], "full") for m in readers]
        assert np.allclose(dx[0, c], sum(parts))
    absent = ~table_mask(table, 3, 3)
    assert absent.sum() == 4
    assert not dw[absent].any()
    assert np.abs(dw[~absent]).min() > 0


def test_the_bias_gradient_is_the_sum_of_delta():
    """Brief: D12"""
    rng = np.random.default_rng(3)
    x, w, du = (rng.normal(size=s) for s in ((4, 2, 6, 6), (3, 2, 3, 3), (4, 3, 4, 4)))
    assert np.allclose(conv_backward(x, w, du)[2], [du[:, m].sum() for m in range(3)])


def test_weights_where_a_table_has_no_connection_count_for_nothing():
    """Brief: C9"""
    rng = np.random.default_rng(4)
    x, w, b = rng.normal(size=(2, 2, 5, 5)), rng.normal(size=(2, 2, 3, 3)), rng.normal(size=2)
    table = ((0,), (0, 1))
    loud = w.copy()
    loud[0, 1] = 1e9
    assert np.array_equal(
        conv_forward(x, w, b, table=table), conv_forward(x, loud, b, table=table)
    )
    du = rng.normal(size=(2, 2, 3, 3))
    for a, other in zip(
        conv_backward(x, w, du, table=table), conv_backward(x, loud, du, table=table), strict=True
    ):
        assert np.array_equal(a, other)


def test_a_stride_leaves_out_places_and_nothing_else():
    """Brief: B7"""
    rng = np.random.default_rng(5)
    x, w, b = rng.normal(size=(2, 3, 9, 8)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
    assert np.allclose(conv_forward(x, w, b, (3, 2)), conv_forward(x, w, b)[:, :, ::3, ::2])


def test_c5_on_a_larger_picture_gives_a_larger_map():
    """A convolution over all 16 maps: 1x1 on 5x5, 3x4 on 7x8. Brief: C12"""
    rng = np.random.default_rng(6)
    w, b = rng.normal(size=(120, 16, 5, 5)), np.zeros(120)
    wide = rng.normal(size=(1, 16, 7, 8))
    u = conv_forward(wide, w, b)
    assert u.shape == (1, 120, 3, 4)
    assert np.allclose(conv_forward(wide[:, :, 1:6, 2:7], w, b)[..., 0, 0], u[..., 1, 2])


def test_convolved_features_fill_a_map_of_r_minus_a_plus_1():
    """f = W x + b for every patch of a large image: (r-a+1) x (c-b+1), k maps. Brief: C4"""
    rng = np.random.default_rng(7)
    image, w, b = rng.normal(size=(1, 1, 12, 10)), rng.normal(size=(5, 1, 4, 3)), np.ones(5)
    u = conv_forward(image, w, b)
    assert u.shape == (1, 5, 12 - 4 + 1, 10 - 3 + 1)
    patch = image[0, 0, 6:10, 2:5].ravel()
    assert np.allclose(u[0, :, 6, 2], w.reshape(5, -1) @ patch + b)


def test_the_decks_picture_of_which_kernel_cell_carries_which_delta():
    """A 5x5 map under a 3x3 kernel. Brief: D16"""
    counts = [[len(carriers((y, z))) for z in range(5)] for y in range(5)]
    assert counts == [
        [1, 2, 3, 2, 1],
        [2, 4, 6, 4, 2],
        [3, 6, 9, 6, 3],
        [2, 4, 6, 4, 2],
        [1, 2, 3, 2, 1],
    ]
    assert carriers((4, 4)) == [((2, 2), (2, 2))]
    assert carriers((1, 1)) == [
        ((0, 0), (1, 1)),
        ((0, 1), (1, 0)),
        ((1, 0), (0, 1)),
        ((1, 1), (0, 0)),
    ]


@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (2, 3)])
@pytest.mark.parametrize(("size", "kernel"), SHAPES)
def test_the_carriers_of_a_cell_add_up_to_its_gradient(size, kernel, stride):
    """Brief: D16, D15"""
    x, w, _ = one_map(size, kernel)
    u = conv_forward(x[None, None], w[None, None], np.zeros(1), stride)
    du = np.random.default_rng(8).normal(size=u.shape)
    dx = conv_backward(x[None, None], w[None, None], du, stride)[0][0, 0]
    for cell in np.ndindex(*size):
        carried = sum(w[k] * du[0, 0][o] for k, o in carriers(cell, size, kernel, stride))
        assert dx[cell] == pytest.approx(carried, abs=1e-12)


def test_local_connections_that_share_their_weights_are_a_convolution():
    """Brief: B2"""
    rng = np.random.default_rng(9)
    x, w, b = rng.normal(size=(2, 3, 8, 7)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
    u = conv_forward(x, w, b, (2, 1))
    places = u.shape[2:]
    everywhere = np.broadcast_to(w[:, None, None], (4, *places, 3, 3, 2))
    biases = np.broadcast_to(b[:, None, None], (4, *places))
    assert np.allclose(local_forward(x, everywhere, biases, (2, 1)), u)


def test_convolution_raises_the_signal_over_the_noise():
    """A 5x5 mean of a smooth picture: the noise falls by 5, the signal hardly. Brief: C2"""
    rng = np.random.default_rng(10)
    signal = np.outer(*[np.sin(np.linspace(0, np.pi, 64))] * 2)
    noise = rng.normal(scale=0.5, size=signal.shape)
    kernel = np.full((5, 5), 1 / 25)

    def ratio(s, n):
        return s.std() / n.std()

    before = ratio(signal, noise)
    after = ratio(correlate_valid(signal, kernel), correlate_valid(noise, kernel))
    assert after / before == pytest.approx(5, rel=0.15)
