"""The formulas against another implementation of the same mathematics."""

import numpy as np
import pytest

from simplecell.formulas.activations import AMPLITUDE, STEEPNESS, slope, squash
from simplecell.formulas.conv import conv_backward, conv_forward, table_mask
from simplecell.formulas.dense import dense_backward, dense_forward
from simplecell.formulas.local import local_backward, local_forward
from simplecell.formulas.losses import cross_entropy_backward, cross_entropy_forward
from simplecell.formulas.pool import Windows, pool_backward, pool_forward
from simplecell.formulas.rbf import rbf_backward, rbf_forward
from simplecell.formulas.subsample import subsample_backward, subsample_forward
from simplecell.formulas.updates import adam, momentum_sgd

torch = pytest.importorskip("torch", reason="agreement with PyTorch needs torch installed")
F = torch.nn.functional


def tensors(*arrays):
    return [torch.tensor(a, requires_grad=True) for a in arrays]


def drawn(*shapes):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in shapes]


def agree(ours, theirs):
    theirs = [t.detach().numpy() for t in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert np.allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("table", [None, ((0, 1), (2,), (0, 2), (1,))])
@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((2, 1), (0, 1))])
def test_convolution_agrees_with_torch(stride, table, padding):
    x, w, b = drawn((2, 3, 9, 8), (4, 3, 3, 2), (4,))
    tx, tw, tb = tensors(x, w, b)
    mask = torch.tensor(table_mask(table, 4, 3))[:, :, None, None]
    wide = F.pad(tx, (*padding[1], *padding[0]))
    u = F.conv2d(wide, tw * mask, tb, stride)
    (du,) = drawn(u.shape)
    u.backward(torch.tensor(du))
    agree([conv_forward(x, w, b, stride, table, padding)], [u])
    agree([conv_forward(x, w, None, stride, table, padding) + b[:, None, None]], [u])
    agree(conv_backward(x, w, du, stride, table, padding), [tx.grad, tw.grad, tb.grad])


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((2, 1), (0, 1))])
def test_local_connections_agree_with_torch(padding):
    rows = 3 + sum(padding[0]) // 2
    x, w, b = drawn((2, 3, 7, 8), (4, rows, 3, 3, 3, 2), (4, rows, 3))
    tx, tw, tb = tensors(x, w, b)
    patches = F.pad(tx, (*padding[1], *padding[0])).unfold(2, 3, 2).unfold(3, 2, 3)
    u = torch.einsum("ncijpq,mijcpq->nmij", patches, tw) + tb
    (du,) = drawn(u.shape)
    u.backward(torch.tensor(du))
    agree([local_forward(x, w, b, (2, 3), padding)], [u])
    agree([local_forward(x, w, None, (2, 3), padding) + b], [u])
    agree(local_backward(x, w, du, (2, 3), padding), [tx.grad, tw.grad, tb.grad])


def test_subsampling_agrees_with_torch():
    x, w, b = drawn((2, 3, 6, 6), (3,), (3,))
    tx, tw, tb = tensors(x, w, b)
    u = tw[:, None, None] * 6 * F.avg_pool2d(tx, (2, 3)) + tb[:, None, None]
    (du,) = drawn(u.shape)
    u.backward(torch.tensor(du))
    agree([subsample_forward(x, w, b, (2, 3))], [u])
    agree(subsample_backward(x, w, du, (2, 3)), [tx.grad, tw.grad, tb.grad])


@pytest.mark.parametrize("kind", ["mean", "max"])
def test_pooling_agrees_with_torch_even_at_ties(kind):
    x = np.random.default_rng(1).integers(0, 3, (2, 3, 6, 8)).astype(float)
    (tx,) = tensors(x)
    u = {"mean": F.avg_pool2d, "max": F.max_pool2d}[kind](tx, (3, 2))
    (du,) = drawn(u.shape)
    u.backward(torch.tensor(du))
    agree([pool_forward(x, (3, 2), kind)], [u])
    agree([pool_backward(x, du, (3, 2), kind)], [tx.grad])


EDGES = [
    Windows((3, 3), (2, 2)),
    Windows((3, 3), (2, 2), ceil=True),
    Windows((3, 3), (1, 1), ((1, 1), (1, 1))),
    Windows((3, 2), (2, 3), ((1, 1), (0, 0)), ceil=True, count_padding=True),
    Windows((2, 4), (3, 3), ((1, 1), (2, 2)), ceil=True),
    Windows((5, 4), None, ((2, 2), (2, 2)), count_padding=True),
]


@pytest.mark.parametrize("windows", EDGES, ids=str)
@pytest.mark.parametrize("size", [(7, 8), (8, 9), (9, 10)])
@pytest.mark.parametrize("kind", ["mean", "max"])
def test_windows_over_edges_agree_with_torch_even_at_ties(kind, size, windows):
    x = np.random.default_rng(1).integers(0, 3, (2, 3, *size)).astype(float)
    (tx,) = tensors(x)
    pads = tuple(before for before, _ in windows.pads)
    told = {"stride": windows.steps, "padding": pads, "ceil_mode": windows.ceil}
    if kind == "mean":
        u = F.avg_pool2d(tx, windows.size, count_include_pad=windows.count_padding, **told)
    else:
        u = F.max_pool2d(tx, windows.size, **told)
    (du,) = drawn(u.shape)
    u.backward(torch.tensor(du))
    agree([pool_forward(x, windows, kind)], [u])
    agree([pool_backward(x, du, windows, kind)], [tx.grad])


def test_dense_and_rbf_agree_with_torch():
    x, w, b, du = drawn((5, 6), (4, 6), (4,), (5, 4))
    tx, tw, tb = tensors(x, w, b)
    u = F.linear(tx, tw, tb)
    u.backward(torch.tensor(du))
    agree([dense_forward(x, w, b)], [u])
    agree([dense_forward(x, w, None) + b], [u])
    agree(dense_backward(x, w, du), [tx.grad, tw.grad, tb.grad])

    tx, tw = tensors(x, w)
    y = ((tx[:, None] - tw) ** 2).sum(2)
    y.backward(torch.tensor(du))
    agree([rbf_forward(x, w)], [y])
    agree(rbf_backward(x, w, du), [tx.grad, tw.grad])


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "scaled_tanh", "relu"])
def test_squashing_agrees_with_torch(name):
    (u,) = drawn((50,))
    (tu,) = tensors(u)
    theirs = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "scaled_tanh": lambda v: AMPLITUDE * torch.tanh(STEEPNESS * v),
        "relu": torch.relu,
    }[name](tu)
    theirs.sum().backward()
    x = squash(name, u)
    agree([x, slope(name, u, x)], [theirs, tu.grad])


def test_cross_entropy_agrees_with_torch():
    (scores,) = drawn((6, 4))
    labels = np.array([0, 1, 2, 3, 0, 1])
    (ts,) = tensors(scores)
    e = F.cross_entropy(ts, torch.tensor(labels), reduction="none")
    e.sum().backward()
    agree([cross_entropy_forward(scores, labels)], [e])
    agree([cross_entropy_backward(scores, labels)], [ts.grad])


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_ten_updates_agree_with_torch(rule):
    """The same decoupled decay: torch's AdamW; for its SGD, which couples decay, none."""
    w, *gradients = drawn((5,), *[(5,)] * 10)
    (tw,) = tensors(w)
    if rule == "sgd":
        optimiser = torch.optim.SGD([tw], lr=0.1, momentum=0.9)
    else:
        optimiser = torch.optim.AdamW([tw], lr=0.1, betas=(0.8, 0.95), weight_decay=0.05)
    m, v = np.zeros(5), np.zeros(5)
    for step, dw in enumerate(gradients, start=1):
        tw.grad = torch.tensor(dw)
        optimiser.step()
        if rule == "sgd":
            w, v = momentum_sgd(w, dw, v, 0.1, 0.9)
        else:
            w, m, v = adam(w, dw, m, v, step, 0.1, 0.8, 0.95, decay=0.05)
    agree([w], [tw])
