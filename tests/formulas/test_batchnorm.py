"""Batch normalisation is what it is called, and what PyTorch has by that name."""

import numpy as np
import pytest

from simplecell.formulas.batchnorm import (
    batchnorm_backward,
    batchnorm_forward,
    running_statistics,
    statistics,
    used_forward,
    used_scale,
)

RNG = np.random.default_rng(5)
X = RNG.normal(3, 2, (6, 4, 5, 3))
W, B = RNG.normal(size=4), RNG.normal(size=4)


def test_each_map_has_the_mean_and_the_deviation_that_were_learned() -> None:
    u = batchnorm_forward(X, W, B, 1e-12)
    assert u.mean(axis=(0, 2, 3)) == pytest.approx(B)
    assert u.std(axis=(0, 2, 3)) == pytest.approx(np.abs(W))


def test_what_is_added_to_a_map_or_multiplies_it_changes_nothing() -> None:
    moved = 7 * X + np.arange(4)[:, None, None]
    assert batchnorm_forward(moved, W, B, 1e-12) == pytest.approx(
        batchnorm_forward(X, W, B, 1e-12)
    )


def test_dx_has_nothing_along_what_changes_nothing() -> None:
    du = RNG.normal(size=X.shape)
    dx, _, _ = batchnorm_backward(X, W, du, 1e-12)
    mean, _ = statistics(X)
    assert dx.sum(axis=(0, 2, 3)) == pytest.approx(0, abs=1e-12)
    along = (dx * (X - mean[:, None, None])).sum(axis=(0, 2, 3))
    assert along == pytest.approx(0, abs=1e-10)


def test_in_use_it_is_a_gain_and_a_shift() -> None:
    mean, variance = RNG.normal(size=4), RNG.uniform(0.5, 2, 4)
    gain, shift = used_scale(W, B, mean, variance, 1e-5)
    u = used_forward(X, W, B, mean, variance, 1e-5)
    assert u == pytest.approx(gain[:, None, None] * X + shift[:, None, None])
    assert used_forward(X, W, B, *statistics(X), 1e-5) == pytest.approx(
        batchnorm_forward(X, W, B, 1e-5)
    )


@pytest.mark.parametrize("momentum", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(6, 4, 5, 3), (5, 4, 1, 1)])
def test_outputs_gradients_and_running_statistics_are_those_of_torch(
    shape: tuple[int, ...], momentum: float
) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    kind = torch.nn.BatchNorm2d(4, eps=1e-3, momentum=momentum, dtype=torch.float64)
    mean, variance = np.zeros(4), np.ones(4)
    for parameter, values in ((kind.weight, W), (kind.bias, B)):
        parameter.data = torch.from_numpy(values.copy())
    for seed in range(3):
        x = np.random.default_rng(seed).normal(seed, 2, shape)
        below = torch.from_numpy(x).requires_grad_()
        du = np.random.default_rng(seed + 9).normal(size=shape)
        kind.zero_grad()
        u = kind(below)
        u.backward(torch.from_numpy(du))
        assert batchnorm_forward(x, W, B, 1e-3) == pytest.approx(u.detach().numpy())
        ours = batchnorm_backward(x, W, du, 1e-3)
        theirs = (below.grad, kind.weight.grad, kind.bias.grad)
        for found, wanted in zip(ours, theirs, strict=True):
            assert found == pytest.approx(wanted.numpy(), abs=1e-12)
        mean, variance = running_statistics(mean, variance, x, momentum)
        assert mean == pytest.approx(kind.running_mean.numpy())
        assert variance == pytest.approx(kind.running_var.numpy())
    kind.eval()
    wanted = kind(torch.from_numpy(x)).detach().numpy()
    assert used_forward(x, W, B, mean, variance, 1e-3) == pytest.approx(wanted)
