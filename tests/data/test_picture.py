import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from simplecell.data.picture import read_picture
from simplecell.errors import DataError

RNG = np.random.default_rng(0)
GREY = (1, 28, 28)
DIGIT = RNG.integers(0, 256, (28, 28), np.uint8)


def saved(path: Path, values, mode: str | None = None) -> Path:
    image = Image.fromarray(np.asarray(values))
    (image.convert(mode) if mode else image).save(path)
    return path


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "gif", "pgm", "webp"])
def test_a_picture_of_the_right_size_passes_unchanged(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"digit.{ending}"
    Image.fromarray(DIGIT).save(path, lossless=True)
    pixels = read_picture(path, GREY)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, DIGIT[None])


def test_the_name_does_not_decide_the_format(tmp_path: Path) -> None:
    path = tmp_path / "digit.jpg"
    path.write_bytes(saved(tmp_path / "digit.png", DIGIT).read_bytes())
    np.testing.assert_array_equal(read_picture(path, GREY)[0], DIGIT)


def test_polarity_is_kept_unless_it_is_to_be_inverted(tmp_path: Path) -> None:
    path = saved(tmp_path / "digit.png", DIGIT)
    np.testing.assert_array_equal(read_picture(path, GREY, invert=True)[0], 255 - DIGIT)


def test_the_box_is_centred_in_background(tmp_path: Path) -> None:
    """As 28x28 digits stand in LeNet-5's 32x32."""
    pixels = read_picture(saved(tmp_path / "d.png", DIGIT), (1, 32, 32), inside=28, invert=True)
    np.testing.assert_array_equal(pixels[0, 2:30, 2:30], 255 - DIGIT)
    assert pixels.sum(dtype=int) == (255 - DIGIT).sum(dtype=int)


def test_a_picture_of_the_whole_input_is_not_shrunk_into_the_box(tmp_path: Path) -> None:
    whole = RNG.integers(0, 256, (32, 32), np.uint8)
    pixels = read_picture(saved(tmp_path / "w.png", whole), (1, 32, 32), inside=28)
    np.testing.assert_array_equal(pixels[0], whole)


def test_sides_keep_their_proportion(tmp_path: Path) -> None:
    """A white bar of 120x30 fills 28 columns and 7 rows in the middle."""
    white = np.full((30, 120), 255, np.uint8)
    pixels = read_picture(saved(tmp_path / "bar.png", white), GREY)[0]
    assert (pixels[10:17] == 255).all()
    assert not pixels[:10].any()
    assert not pixels[17:].any()


def test_a_rectangular_network_gets_a_rectangle(tmp_path: Path) -> None:
    pixels = read_picture(saved(tmp_path / "d.png", DIGIT), (1, 40, 30))
    assert pixels.shape == (1, 40, 30)
    assert pixels[0, 5:35].any(axis=1).all()


def test_a_hair_of_a_picture_keeps_at_least_one_line(tmp_path: Path) -> None:
    assert read_picture(saved(tmp_path / "hair.png", np.full((1, 900), 255, np.uint8)), GREY).any()


def test_colour_becomes_grey_for_one_channel(tmp_path: Path) -> None:
    red = np.zeros((28, 28, 3), np.uint8)
    red[..., 0] = 255
    assert (read_picture(saved(tmp_path / "red.png", red), GREY) == round(0.299 * 255)).all()


def test_colour_stays_for_three_channels_and_grey_is_repeated(tmp_path: Path) -> None:
    colour = RNG.integers(0, 256, (28, 28, 3), np.uint8)
    pixels = read_picture(saved(tmp_path / "c.png", colour), (3, 28, 28))
    np.testing.assert_array_equal(pixels, np.moveaxis(colour, 2, 0))
    pixels = read_picture(saved(tmp_path / "g.png", DIGIT), (3, 28, 28))
    np.testing.assert_array_equal(pixels, np.stack([DIGIT] * 3))


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK"])
def test_every_mode_of_pillow_becomes_grey(mode: str, tmp_path: Path) -> None:
    ending = "tif" if mode == "CMYK" else "png"
    half = np.where(np.arange(28)[:, None] < 14, 0, 255).astype(np.uint8).repeat(28, axis=1)
    pixels = read_picture(saved(tmp_path / f"half.{ending}", half, mode), GREY)
    np.testing.assert_array_equal(pixels[0], half)


@pytest.mark.parametrize("invert", [False, True])
def test_what_is_transparent_is_background(invert: bool, tmp_path: Path) -> None:
    drawn = np.zeros((28, 28, 4), np.uint8)
    ink = 0 if invert else 255
    drawn[10:18, 10:18] = (ink, ink, ink, 255)
    pixels = read_picture(saved(tmp_path / "drawn.png", drawn), GREY, invert=invert)
    assert (pixels[0, 10:18, 10:18] == 255).all()
    assert (pixels == 255).sum() == 64
    assert (pixels == 0).sum() == 784 - 64


def test_sixteen_bits_keep_their_shades(tmp_path: Path) -> None:
    deep = DIGIT.astype(np.uint16) * 257
    np.testing.assert_array_equal(read_picture(saved(tmp_path / "deep.png", deep), GREY)[0], DIGIT)


def test_a_picture_with_no_fixed_white_is_refused(tmp_path: Path) -> None:
    for odd in (DIGIT * 1000.0, DIGIT - 100.0, DIGIT / 8.0, np.full((28, 28), np.nan)):
        with pytest.raises(DataError, match=r"f.tif holds 32-bit numbers \(F\) from"):
            read_picture(saved(tmp_path / "f.tif", odd.astype(np.float32)), GREY)


def test_a_photo_is_turned_the_way_it_was_held(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees to see it upright
    path = tmp_path / "photo.png"
    Image.fromarray(DIGIT).save(path, exif=exif)
    np.testing.assert_array_equal(read_picture(path, GREY)[0], np.rot90(DIGIT, -1))


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("not a picture")
    with pytest.raises(DataError, match=r"notes.png is no picture.*\(13 bytes\)"):
        read_picture(path, GREY)


def test_an_empty_file_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with pytest.raises(DataError, match=r"empty.png is no picture.*\(0 bytes\)"):
        read_picture(tmp_path / "empty.png", GREY)
    with pytest.raises(DataError, match="is a folder; give the pictures in it"):
        read_picture(tmp_path, GREY)
    with pytest.raises(DataError, match=r"cannot be read: .*too long"):
        read_picture("x" * 5000, GREY)
    with pytest.raises(DataError, match=r"nowhere.png: there is no such file"):
        read_picture(tmp_path / "nowhere.png", GREY)


def test_a_truncated_picture_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "cut.png", DIGIT)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match=r"cut.png is a damaged picture"):
        read_picture(path, GREY)


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_a_picture_that_would_fill_the_memory_is_refused(side: int, tmp_path: Path) -> None:
    """Pillow warns of the first and refuses the second."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 0)
        + b"IDAT"
        + struct.pack(">I", zlib.crc32(b"IDAT"))
    )
    with pytest.raises(DataError, match=r"bomb.png is too large a picture"):
        read_picture(path, GREY)


def test_a_network_of_six_maps_reads_no_picture(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the network reads 6 maps"):
        read_picture(saved(tmp_path / "d.png", DIGIT), (6, 28, 28))


def test_a_box_larger_than_the_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a box of 28x33 is larger than the input, 32x32"):
        read_picture(saved(tmp_path / "d.png", DIGIT), (1, 32, 32), inside=(28, 33))


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    ending=st.sampled_from(["png", "bmp", "gif", "jpeg", "tiff", "webp", "ico"]),
    at=st.integers(0, 3000),
    byte=st.integers(0, 255),
    cut=st.booleans(),
)
def test_no_damage_is_ever_a_traceback(
    ending: str, at: int, byte: int, cut: bool, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    Image.fromarray(DIGIT).save(buffer, ending)
    damaged = bytearray(buffer.getvalue())
    at %= len(damaged)
    damaged[at] = byte
    path = tmp_path / f"damaged.{ending}"
    path.write_bytes(bytes(damaged[:at] if cut else damaged))
    try:
        pixels = read_picture(path, GREY)
    except DataError as refused:
        assert str(path) in str(refused)
    else:
        assert pixels.shape == GREY
