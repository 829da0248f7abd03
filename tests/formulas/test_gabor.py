import numpy as np
import pytest

from simplecell.errors import DataError
from simplecell.formulas.gabor import Gabor, fit_gabor, gabor, gabor_bank


def drawn(rng, size):
    """Draw a function whose wave can be told on `size` cells: half a period of it, or more."""
    return Gabor(
        amplitude=rng.uniform(0.1, 3),
        row=rng.uniform(-size / 8, size / 8),
        column=rng.uniform(-size / 8, size / 8),
        orientation=rng.uniform(0, np.pi),
        wavelength=rng.uniform(2.5, size),
        phase=rng.uniform(-np.pi, np.pi),
        sigma=rng.uniform(size / 8, size / 3),
        aspect=rng.uniform(0.5, 2),
    )


def test_a_gabor_function_is_a_wave_under_a_bell_cell_by_cell():
    """Brief: C15"""
    shape = Gabor(2.0, 0.5, -1.0, 0.6, 4.0, 0.3, 1.5, 0.8)
    kernel = gabor(shape, (5, 7))
    for r, c in np.ndindex(5, 7):
        down, right = r - 2 - 0.5, c - 3 + 1.0
        s = right * np.cos(0.6) + down * np.sin(0.6)
        t = -right * np.sin(0.6) + down * np.cos(0.6)
        bell = np.exp(-(s**2 + 0.8**2 * t**2) / (2 * 1.5**2))
        wave = 2.0 * np.cos(2 * np.pi * s / 4.0 + 0.3)
        assert kernel[r, c] == pytest.approx(bell * wave)


def test_orientation_0_makes_upright_stripes_and_a_right_angle_level_ones():
    upright = Gabor(1, 0, 0, 0, 4, 0, 1e6, 1)
    level = Gabor(1, 0, 0, np.pi / 2, 4, 0, 1e6, 1)
    assert np.allclose(np.ptp(gabor(upright, (5, 5)), axis=0), 0)
    assert np.allclose(gabor(level, (5, 5)), gabor(upright, (5, 5)).T)


@pytest.mark.parametrize("size", [5, 7, 9, 11])
def test_a_fit_finds_the_figures_of_a_gabor_function_without_noise(size):
    """Brief: C15"""
    rng = np.random.default_rng(size)
    for _ in range(40):
        true = drawn(rng, size)
        found, explained = fit_gabor(gabor(true, (size, size)))
        assert explained > 0.99999
        differences = {k: abs(v - vars(found)[k]) for k, v in vars(true).items()}
        # 0 and pi are one orientation, seen from its two ends; -pi and pi are one phase.
        if differences["orientation"] > np.pi / 2:
            differences["orientation"] = np.pi - differences["orientation"]
            differences["phase"] = abs(true.phase + found.phase)
        differences["phase"] = min(differences["phase"], abs(2 * np.pi - differences["phase"]))
        assert max(differences.values()) < 1e-5


def test_a_fit_through_noise_explains_what_is_not_noise():
    rng = np.random.default_rng(1)
    for _ in range(10):
        clean = gabor(drawn(rng, 9), (9, 9))
        noise = 0.2 * clean.std() * rng.normal(size=(9, 9))
        found, explained = fit_gabor(clean + noise)
        assert 0.9 < explained < 0.995
        assert np.corrcoef(gabor(found, (9, 9)).ravel(), clean.ravel())[0, 1] > 0.98


def test_the_share_explained_is_that_of_the_function_given():
    kernel = np.random.default_rng(2).normal(size=(6, 5)) + 0.5
    found, explained = fit_gabor(kernel)
    left = ((kernel - gabor(found, (6, 5))) ** 2).sum()
    assert explained == pytest.approx(1 - left / ((kernel - kernel.mean()) ** 2).sum())


def test_noise_of_25_cells_is_half_explained():
    """What R^2 of a learned 5x5 kernel is to be compared with."""
    rng = np.random.default_rng(3)
    explained = [fit_gabor(rng.normal(size=(5, 5)))[1] for _ in range(40)]
    assert 0.4 < np.median(explained) < 0.6
    assert max(explained) < 0.9


def test_a_fit_is_the_same_each_time_and_scales_with_the_kernel():
    kernel = np.random.default_rng(4).normal(size=(5, 5))
    first, again, scaled = fit_gabor(kernel), fit_gabor(kernel.copy()), fit_gabor(1024 * kernel)
    assert first == again
    assert scaled[0].amplitude == 1024 * first[0].amplitude
    assert scaled[0].wavelength == first[0].wavelength
    assert scaled[1] == pytest.approx(first[1])


def test_a_fit_is_given_in_one_way_of_writing_it():
    rng = np.random.default_rng(5)
    for _ in range(40):
        found, _ = fit_gabor(rng.normal(size=(5, 5)))
        assert found.amplitude > 0
        assert 0 <= found.orientation < np.pi
        assert -np.pi <= found.phase <= np.pi
        assert found.wavelength > 2 - 1e-9
        assert abs(found.row) <= 2.5
        assert abs(found.column) <= 2.5


@pytest.mark.parametrize("kernels", [1, 2, 6, 16, 96])
def test_a_bank_has_kernels_of_length_1_no_two_alike(kernels):
    """Brief: C15"""
    bank = gabor_bank(kernels, (5, 5), np.random.default_rng(0))
    assert bank.shape == (kernels, 5, 5)
    assert np.allclose(np.linalg.norm(bank, axis=(1, 2)), 1)
    likeness = np.einsum("kij,lij->kl", bank, bank) - np.eye(kernels)
    assert likeness.max() < (0.9 if kernels <= 16 else 0.999)


def test_the_orientations_of_a_bank_are_evenly_spread_and_its_phases_differ():
    """Brief: C15"""
    fits = [fit_gabor(kernel) for kernel in gabor_bank(8, (9, 9), np.random.default_rng(1))]
    assert min(explained for _, explained in fits) > 0.999
    orientations = np.sort([found.orientation for found, _ in fits])
    assert np.allclose(np.diff(orientations), np.pi / 8, atol=1e-4)
    phases = np.sort([found.phase for found, _ in fits])
    assert np.diff(phases).min() > 0.1


def test_the_same_seed_makes_the_same_bank_and_another_another():
    first, again, other = (gabor_bank(6, (5, 5), np.random.default_rng(s)) for s in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=0.1)


def test_kernels_without_an_orientation_are_refused():
    with pytest.raises(DataError, match=r"Gabor functions of 1x5 cells .* at least 2x2 cells"):
        gabor_bank(6, (1, 5), np.random.default_rng(0))
    with pytest.raises(DataError, match=r"found an array of shape \(6, 1, 5, 5\)"):
        fit_gabor(np.zeros((6, 1, 5, 5)))
    with pytest.raises(DataError, match=r"every cell of the kernel is 0\.5:"):
        fit_gabor(np.full((5, 5), 0.5))
