"""Brief: A, ZCA whitening is U diag(1/sqrt(s + epsilon)) U^T; a known port lacks the root."""

import numpy as np
import pytest

from simplecell.errors import DataError
from simplecell.formulas.examples import centre
from simplecell.formulas.whitening import (
    Axes,
    axes_for,
    pca_whitening,
    principal_axes,
    whiten,
    zca_whitening,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(500, 6)) @ RNG.normal(size=(6, 6)) + RNG.normal(size=6)
AXES = principal_axes(X)


def covariance(x: np.ndarray) -> np.ndarray:
    away = x - x.mean(axis=0)
    return away.T @ away / len(x)


@pytest.mark.parametrize("whitening", [pca_whitening, zca_whitening])
def test_the_whitened_covariance_is_the_identity(whitening):
    white = whiten(X, AXES.mean, whitening(AXES, 0.0))
    assert np.abs(covariance(white) - np.eye(6)).max() < 1e-6
    assert np.abs(white.mean(axis=0)).max() < 1e-12


def test_without_the_square_root_the_covariance_is_not_the_identity():
    """The well-known port: U diag(1/(s + epsilon)) U^T. It leaves variances 1/s."""
    port = AXES.u @ np.diag(1 / (AXES.s + 0.0)) @ AXES.u.T
    wrong = covariance(whiten(X, AXES.mean, port))
    assert np.linalg.eigvalsh(wrong)[::-1] == pytest.approx(1 / AXES.s[::-1])
    assert np.abs(wrong - np.eye(6)).max() > 0.5
    assert np.abs(zca_whitening(AXES, 0.0) - port).max() > 0.1


def test_epsilon_shrinks_each_axis_by_s_over_s_plus_epsilon():
    w = pca_whitening(AXES, 0.3)
    assert np.diag(covariance(whiten(X, AXES.mean, w))) == pytest.approx(AXES.s / (AXES.s + 0.3))


def test_axes_rebuild_the_covariance_the_largest_variance_first():
    assert AXES.u @ np.diag(AXES.s) @ AXES.u.T == pytest.approx(covariance(X))
    assert (np.diff(AXES.s) <= 0).all()
    assert AXES.u.T @ AXES.u == pytest.approx(np.eye(6))


def test_zca_is_pca_turned_back_and_nearest_to_the_examples():
    pca, zca = pca_whitening(AXES, 0.0), zca_whitening(AXES, 0.0)
    assert zca == pytest.approx(AXES.u @ pca)
    assert zca == pytest.approx(zca.T)
    away = X - AXES.mean
    turn = np.linalg.qr(RNG.normal(size=(6, 6)))[0]
    others = [away @ w.T for w in (pca, turn @ zca)]
    nearest = np.linalg.norm(away @ zca.T - away)
    assert all(nearest < np.linalg.norm(other - away) for other in others)


def test_fewer_axes_keep_the_share_of_variance_asked_for():
    keep = axes_for(AXES.s, 0.9)
    assert AXES.s[:keep].sum() >= 0.9 * AXES.s.sum() > AXES.s[: keep - 1].sum()
    assert pca_whitening(AXES, 0.0, keep).shape == (keep, 6)
    assert axes_for(AXES.s, 1.0) == 6


def test_as_many_patches_as_pixels_are_too_few():
    with pytest.raises(DataError, match=r"6 patches of 6 cells .*\n  take 7 or more"):
        principal_axes(X[:6])
    assert principal_axes(X[:7]).s[-1] >= 0


def test_axes_without_variance_need_an_epsilon():
    """Patches that lost their own mean vary along one axis less."""
    axes = principal_axes(centre(X))
    with pytest.raises(DataError, match=r"1 of the 6 axes have no variance.*\n.*\n.*epsilon"):
        zca_whitening(axes, 0.0)
    assert np.isfinite(zca_whitening(axes, 1e-5)).all()
    leading = whiten(centre(X), axes.mean, pca_whitening(axes, 0.0, keep=5))
    assert np.abs(covariance(leading) - np.eye(5)).max() < 1e-6


@pytest.mark.parametrize("epsilon", [-0.1, float("nan"), float("inf")])
def test_an_epsilon_that_cannot_be_is_refused(epsilon):
    with pytest.raises(DataError, match="epsilon is"):
        zca_whitening(AXES, epsilon)


@pytest.mark.parametrize("keep", [0, 7])
def test_more_axes_than_there_are_cannot_be_kept(keep):
    with pytest.raises(DataError, match=rf"{keep} axes were asked for; there are 6"):
        pca_whitening(AXES, 0.1, keep)


def test_patches_that_are_all_the_same_are_refused():
    with pytest.raises(DataError, match="the 9 patches are all the same"):
        principal_axes(np.full((9, 4), 0.5))


def test_float32_patches_are_reckoned_in_float64():
    axes = principal_axes(X.astype(np.float32))
    assert isinstance(axes, Axes)
    assert {a.dtype for a in axes} == {np.dtype(np.float64)}
