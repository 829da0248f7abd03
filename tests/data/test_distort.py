"""Distortions: what they do to a picture, and that a key alone decides it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import affine_transform

from simplecell.data.distort import _warp, distort, gaussian, keys, maps
from simplecell.data.distortion import DISTORTIONS, Distortion, distortion
from simplecell.errors import DataError, SpecError, UnknownName

SIZE = (32, 32)


@pytest.fixture
def pixels() -> np.ndarray:
    """Fifty pictures of noise within a box of 20x20, as MNIST's digits are."""
    rng = np.random.default_rng(3)
    pixels = np.zeros((50, 1, *SIZE), np.uint8)
    pixels[..., 6:26, 6:26] = rng.integers(0, 256, (50, 1, 20, 20))
    return pixels


def seeds(count: int, seed: int = 0) -> np.ndarray:
    return keys(np.arange(count), seed)


def test_nothing_asked_changes_nothing(pixels: np.ndarray) -> None:
    assert np.array_equal(distort(pixels, Distortion(), seeds(50)), pixels)


@pytest.mark.parametrize(("down", "right"), [(0, 3), (-2, 0), (4, -5), (31, 31), (-40, 0)])
def test_a_shift_of_whole_pixels_moves_them_exactly(
    pixels: np.ndarray, down: int, right: int
) -> None:
    """What is left behind is background."""
    moves = np.tile([[1.0, 0.0, -down], [0.0, 1.0, -right]], (50, 1, 1))
    out = np.empty_like(pixels)
    _warp(pixels, seeds(50), moves, np.zeros(4), np.ones(1, np.float32), out)
    room = np.zeros((50, 1, 132, 132), np.uint8)
    room[..., 50 + down : 82 + down, 50 + right : 82 + right] = pixels
    assert np.array_equal(out, room[..., 50:82, 50:82])


AFFINE = {
    "shift": Distortion(shift=3.0),
    "scale": Distortion(scale=0.3),
    "squeeze": Distortion(squeeze=0.3),
    "shear": Distortion(shear=0.4),
    "rotation": Distortion(rotation=40.0),
    "published": DISTORTIONS["published"],
    "all": Distortion(shift=3.0, scale=0.3, squeeze=0.3, shear=0.4, rotation=40.0),
}


@pytest.mark.parametrize("name", AFFINE)
def test_bilinear_sampling_agrees_with_scipy(name: str) -> None:
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (20, 2, 32, 40), dtype=np.uint8)
    drawn, moves = seeds(20, 1), maps(AFFINE[name], seeds(20, 1), (32, 40))
    for out, whole, m in zip(distort(pixels, AFFINE[name], drawn), pixels, moves, strict=True):
        for channel, picture in zip(out, whole, strict=True):
            exact = affine_transform(
                picture.astype(float), m[:, :2], m[:, 2], order=1, mode="grid-constant"
            )
            # Half a grey level by rounding to bytes, a little by float32.
            assert np.abs(channel - exact).max() < 0.5 + 2e-2


def forward(m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give what the ink does: the matrix seen from the picture's middle, and the shift."""
    there = np.linalg.inv(m[:, :, :2])
    middle = np.array([15.5, 15.5])
    return there, -(there @ m[:, :, 2, None])[..., 0] + there @ middle - middle


def test_each_setting_does_what_it_is_called_and_goes_as_far_as_it_says() -> None:
    """The letters are those of the head of data/distortion.py."""
    drawn = seeds(4000)
    identity = np.eye(2)

    def of(**settings: float) -> tuple[np.ndarray, np.ndarray]:
        return forward(maps(Distortion(**settings), drawn, SIZE))

    a, t = of(shift=2.5)
    assert np.allclose(a, identity)
    assert np.abs(t).max() == pytest.approx(2.5, abs=0.01)
    assert np.abs(t.mean(axis=0)).max() < 0.1
    assert abs(np.corrcoef(t.T)[0, 1]) < 0.05

    a, t = of(scale=0.25)
    s = a[:, 0, 0]
    assert np.allclose(a, s[:, None, None] * identity)
    assert np.allclose(t, 0, atol=1e-9)
    assert (s.min(), s.max()) == pytest.approx((0.8, 1.25), abs=2e-3)
    assert np.abs(np.log(s).mean()) < 0.01

    a, _ = of(squeeze=0.25)
    assert np.allclose(a[:, 0, 0] * a[:, 1, 1], 1)
    assert np.allclose(a[:, [0, 1], [1, 0]], 0)
    assert (a[:, 1, 1].min(), a[:, 1, 1].max()) == pytest.approx((0.8, 1.25), abs=2e-3)

    a, _ = of(shear=0.3)
    k = a[:, 1, 0]
    assert np.allclose(a[:, [0, 0, 1], [0, 1, 1]], [1, 0, 1])
    assert (k.min(), k.max()) == pytest.approx((-0.3, 0.3), abs=2e-3)

    a, _ = of(rotation=30.0)
    assert np.allclose(a @ a.transpose(0, 2, 1), identity)
    assert np.degrees(np.arcsin(a[:, 0, 1])).max() == pytest.approx(30, abs=0.1)

    together, _ = of(scale=0.25, squeeze=0.25, shear=0.3, rotation=30.0)
    parts = [of(**{n: v})[0] for n, v in
             (("rotation", 30.0), ("shear", 0.3), ("squeeze", 0.25), ("scale", 0.25))]  # fmt: skip
    assert np.allclose(together, parts[0] @ parts[1] @ parts[2] @ parts[3])


def displacements(elastic: float, smoothness: float) -> np.ndarray:
    """Read the columns' displacements off a picture that is a ramp, to a sixth of a pixel."""
    ramp = np.broadcast_to(6 * np.arange(40, dtype=np.uint8), (400, 1, 40, 40))
    out = distort(ramp, Distortion(elastic=elastic, smoothness=smoothness), seeds(400))
    return (out.astype(float) / 6 - np.arange(40))[:, 0, 10:30, 10:30]


def test_elastic_displacements_are_as_large_and_as_smooth_as_the_formula_says() -> None:
    """alpha / sqrt(3) / (2 sqrt(pi) sigma), correlated by e^(-distance^2 / (4 sigma^2))."""
    d = displacements(34.0, 4.0)
    assert d.std() == pytest.approx(34 / 3**0.5 / (2 * np.pi**0.5 * 4), rel=0.05)
    assert abs(d.mean()) < 0.1
    for apart in (1, 4, 8):
        for a, b in ((d[..., apart:], d[..., :-apart]), (d[:, apart:], d[:, :-apart])):
            found = np.corrcoef(a.ravel(), b.ravel())[0, 1]
            assert found == pytest.approx(np.exp(-(apart**2) / 64), abs=0.05)
    assert displacements(17.0, 4.0).std() == pytest.approx(d.std() / 2, rel=0.05)


def test_rows_and_columns_are_displaced_independently() -> None:
    ramp = np.broadcast_to(6 * np.arange(40, dtype=np.uint8), (400, 1, 40, 40))
    asked = Distortion(elastic=34.0, smoothness=4.0)
    right = distort(ramp, asked, seeds(400)).astype(float) - ramp
    upright = np.ascontiguousarray(ramp.swapaxes(2, 3))
    down = distort(upright, asked, seeds(400)).astype(float) - upright
    middle = (slice(None), 0, slice(10, 30, 5), slice(10, 30, 5))
    assert right[middle].std() > 1 < down[middle].std()
    assert abs(np.corrcoef(right[middle].ravel(), down[middle].ravel())[0, 1]) < 0.1


def test_the_gaussian_sums_to_one() -> None:
    for sigma in (0.5, 1.0, 4.0, 7.3):
        k = gaussian(sigma)
        assert k[0] + 2 * k[1:].sum() == pytest.approx(1, abs=1e-6)
        assert k[1] / k[0] == pytest.approx(np.exp(-0.5 / sigma**2), rel=1e-5)


@pytest.mark.parametrize("name", DISTORTIONS)
def test_keys_decide_and_blocks_and_threads_change_nothing(name: str, pixels: np.ndarray) -> None:
    asked, drawn = DISTORTIONS[name], seeds(50)
    whole = distort(pixels, asked, drawn)
    assert np.array_equal(distort(pixels, asked, drawn), whole)
    for threads in (2, 3, 64):
        assert np.array_equal(distort(pixels, asked, drawn, threads), whole)
    rows = np.array([40, 3, 3, 17])
    assert np.array_equal(distort(pixels[rows], asked, drawn[rows]), whole[rows])
    assert np.array_equal(distort(pixels[::7], asked, drawn[::7]), whole[::7])
    other = distort(pixels, asked, seeds(50, 1))
    assert all(not np.array_equal(a, b) for a, b in zip(whole, other, strict=True))
    one = distort(np.repeat(pixels[:1], 50, axis=0), asked, drawn)
    assert len({picture.tobytes() for picture in one}) == 50


def test_channels_move_together(pixels: np.ndarray) -> None:
    two = np.concatenate([pixels, 255 - pixels], axis=1)
    asked = DISTORTIONS["modern"]
    out = distort(two, asked, seeds(50))
    for c in range(2):
        assert np.array_equal(out[:, c, None], distort(two[:, c, None], asked, seeds(50)))


def test_keys_tell_seeds_epochs_and_rows_apart() -> None:
    rows = np.arange(1000)
    found = [keys(rows, seed, epoch) for seed in range(3) for epoch in range(3)]
    assert len(set(np.concatenate(found).tolist())) == 9000
    assert np.array_equal(keys(rows[::-3], 1, 2), found[5][::-3])


def test_keys_are_splitmix64s_and_the_same_for_ever() -> None:
    """A run that is resumed must meet the distortions that it would have met."""
    # The generator's first number from 0, in every list of test vectors.
    assert keys(np.array([0])).tolist() == [0xE220A8397B1DCDAF]
    assert keys(np.array([0, 1]), 0, 0).tolist() == [2558736989570252433, 4764156602392020899]
    every = Distortion(shift=2.0, scale=0.1, squeeze=0.1, shear=0.2, rotation=10.0)
    m = maps(every, keys(np.array([0]), 0), SIZE)
    assert m.round(3).tolist() == [[[1.124, 0.073, -1.563], [-0.123, 0.96, 0.538]]]


def test_published_distortions_keep_a_digit_in_its_frame(pixels: np.ndarray) -> None:
    """Of a box of 20x20 in 32x32, hardly any ink leaves, and most pictures lose none."""
    many = np.tile(pixels, (40, 1, 1, 1))
    found = maps(DISTORTIONS["published"], seeds(len(many)), SIZE)
    there, shift = forward(found)
    corners = np.array([[y, x] for y in (-10, 10) for x in (-10, 10)])
    places = (there @ corners.T).swapaxes(1, 2) + shift[:, None]
    outside = (np.abs(places) > 15.5).any(axis=(1, 2))
    assert outside.mean() < 0.1
    grown = np.linalg.det(there)
    ink = distort(many, DISTORTIONS["published"], seeds(len(many))).sum(axis=(1, 2, 3))
    assert (ink / (grown * many.sum(axis=(1, 2, 3)))).min() > 0.97


class TestWhatIsRefused:
    @pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "far", True, None])
    @pytest.mark.parametrize("name", ["shift", "scale", "shear", "elastic", "rotation"])
    def test_numbers_that_are_none(self, name: str, value: object) -> None:
        with pytest.raises(SpecError, match=f"a distortion's {name} is .*takes a number from 0"):
            Distortion(**{name: value})  # type: ignore[arg-type]

    def test_turns_beyond_half_a_circle(self) -> None:
        with pytest.raises(SpecError, match=r"rotation is 270; .* to 180"):
            Distortion(rotation=270)

    def test_noise_that_is_not_smoothed(self) -> None:
        with pytest.raises(SpecError, match=r"elastic is 34 and smoothness 0: .*\n .*take 4"):
            Distortion(elastic=34)
        with pytest.raises(SpecError, match="tears"):
            replace(DISTORTIONS["elastic"], smoothness=0.2)

    def test_names_that_are_not_known(self) -> None:
        assert distortion("published") is DISTORTIONS["published"]
        with pytest.raises(UnknownName, match="did you mean 'elastic'"):
            distortion("elastik")

    def test_pictures_and_keys_that_do_not_fit(self, pixels: np.ndarray) -> None:
        drawn = seeds(50)
        with pytest.raises(DataError, match="pictures are float64 of shape"):
            distort(pixels.astype(float), Distortion(), drawn)
        with pytest.raises(DataError, match=r"keys are uint64 of shape \(49,\) for 50 pictures"):
            distort(pixels, Distortion(), drawn[:49])
        with pytest.raises(DataError, match="keys are float64"):
            distort(pixels, Distortion(), np.zeros(50))
        with pytest.raises(DataError, match="0 threads were asked for"):
            distort(pixels, Distortion(), drawn, threads=0)

    def test_no_pictures_are_no_trouble(self) -> None:
        none = np.zeros((0, 1, 8, 8), np.uint8)
        assert distort(none, DISTORTIONS["modern"], seeds(0), threads=2).shape == none.shape
