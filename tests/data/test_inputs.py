import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.inputs import (
    LAYOUTS,
    Expected,
    as_array,
    find_layout,
    listed,
    read_arrays,
    readings,
    several,
    to_channels,
    told_layout,
)
from simplecell.data.levels import to_levels
from simplecell.errors import DataError

GREY = Expected((1, 32, 32), (28, 28))
COLOUR = Expected((3, 32, 32))
INK = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)


def read(array: Any, expected: Expected = GREY, **how: Any) -> np.ndarray:
    return read_arrays(as_array(array), expected, **how)[0]


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((32, 32), "HW"),
        ((28, 28), "HW"),
        ((40, 50), "HW"),
        ((5, 28, 28), "NHW"),
        ((5, 40, 50), "NHW"),
        ((1, 28, 28), "NHW"),
        ((28, 28, 3), "HWC"),
        ((28, 28, 1), "HWC"),
        ((5, 28, 28, 3), "NHWC"),
        ((3, 28, 28, 3), "NHWC"),
        ((3, 3, 28, 28), "NCHW"),
        ((5, 1, 28, 28), "NCHW"),
        ((5, 784), "rows"),
        ((5, 1024), "rows"),
        ((5, 400), "rows"),
    ],
)
def test_a_shape_that_can_be_read_in_one_way_is_read_so(
    shape: tuple[int, ...], found: str
) -> None:
    assert find_layout(np.zeros(shape), GREY, None) == found


@pytest.mark.parametrize(
    ("shape", "ways"),
    [
        ((3, 28, 28), ["CHW", "NHW"]),
        ((3, 40, 50), ["CHW", "NHW"]),
        ((64, 64), ["HW", "rows"]),
    ],
)
def test_a_shape_of_two_readings_is_asked_about_and_its_answer_taken(
    shape: tuple[int, ...], ways: list[str]
) -> None:
    assert readings(shape, GREY) == ways
    said = " or ".join(f'layout="{name}"' for name in ways)
    with pytest.raises(DataError, match=re.escape(f"can be read in 2 ways: say {said}.")):
        find_layout(np.zeros(shape), GREY, None)
    for name in ways:
        assert find_layout(np.zeros(shape), GREY, name) == name


def test_channels_of_the_same_size_as_sides_are_asked_about() -> None:
    tiny = Expected((3, 3, 3))
    with pytest.raises(DataError, match='say layout="NHWC" or layout="NCHW"'):
        read(np.zeros((2, 3, 3, 3), np.uint8) + 9, tiny)
    x = np.arange(54, dtype=np.uint8).reshape(2, 3, 3, 3) + 1
    first, last = (read(x, tiny, layout=name) for name in ("NCHW", "NHWC"))
    assert np.array_equal(first, x)
    assert np.array_equal(last, np.moveaxis(x, 3, 1))


@pytest.mark.parametrize("shape", [(5, 32, 32, 4), (32, 32, 4), (5, 4, 32, 32), (4, 32, 4)])
def test_four_channels_are_never_taken_for_pictures(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="seems to have four channels, and a picture has 1 or 3"):
        find_layout(np.zeros(shape), GREY, None)


@pytest.mark.parametrize(("axis", "cut"), [(3, "images[..., :3]"), (1, "images[..., :3, :, :]")])
def test_the_cut_that_is_advised_for_four_channels_makes_pictures(axis: int, cut: str) -> None:
    images = np.stack([INK] * 4, axis)
    with pytest.raises(DataError, match=re.escape(cut)):
        read(images)
    assert read(eval(cut)).shape == (5, 1, 28, 28)


@pytest.mark.parametrize(
    "shape", [(5, 32, 32, 2), (1, 5, 1, 32, 32), (2, 2), (3, 32, 3, 3), (6, 65)]
)
def test_what_is_no_picture_for_certain_is_refused_with_what_would_be_one(
    shape: tuple[int, ...],
) -> None:
    with pytest.raises(DataError, match=r"holds no pictures for certain: .*as in \(N, 28, 28\)"):
        find_layout(np.zeros(shape), GREY, None)


def test_a_table_of_rows_is_not_one_wide_picture() -> None:
    """Six digits of 8x8 as rows were once one picture of 6x64, and one class came back."""
    rows = INK[:, :8, :8].reshape(5, 64)
    assert np.array_equal(read(rows)[:, 0], INK[:, :8, :8])


def test_one_row_is_told_how_to_become_a_picture() -> None:
    with pytest.raises(DataError, match=r"one row of numbers: fold it to \(height, width\)"):
        read(INK[0].ravel())


def test_learning_never_takes_an_array_for_one_picture() -> None:
    assert readings((3, 28, 28), GREY, many=True) == ["NHW"]
    assert readings((64, 64), GREY, many=True) == ["rows"]


def test_a_layout_that_is_not_the_arrays_is_refused() -> None:
    for name in ("NHWC", "nonsense", "rows"):
        with pytest.raises(DataError, match=f'not laid out as "{name}"'):
            find_layout(np.zeros((5, 28, 28)), GREY, name)
    assert "NHW" in LAYOUTS


@pytest.mark.parametrize(
    "made",
    [
        lambda x: x,
        lambda x: x / 255,
        lambda x: (x / 255).astype(np.float32),
        lambda x: (x / 255 * (1 + 1e-6)).astype(np.float32),
        lambda x: x.astype(np.float16),
        lambda x: x.astype(np.int64),
        lambda x: x.astype(np.uint16),
        lambda x: x.astype(">f4"),
        lambda x: x.tolist(),
        lambda x: list(x),
        lambda x: x[:, None],
        lambda x: x[..., None],
        lambda x: np.stack([x] * 3, 3),
        lambda x: np.stack([x] * 3, 1),
        lambda x: x.reshape(len(x), -1),
        lambda x: x.astype(object),
        lambda x: np.asfortranarray(x),
        lambda x: np.ma.masked_array(x, np.zeros_like(x, bool)),
    ],
)
def test_the_same_pictures_come_of_every_way_to_hold_them(made: Any) -> None:
    assert np.array_equal(read(made(INK))[:, 0], INK)


def test_what_is_said_of_black_and_white_is_believed() -> None:
    for x, values in (
        (INK / 127.5 - 1, (-1, 1)),
        (INK.astype(np.uint16) * 257, (0, 65535)),
        (INK / 255 * 16, (0, 16)),
        (255 - INK.astype(int), (0, 255)),
    ):
        want = 255 - INK if values == (0, 255) else INK
        assert np.array_equal(to_levels(as_array(x), values), want)
    mask = (INK > 99).astype(np.uint8)
    assert np.array_equal(to_levels(mask, (0, 1)), 255 * mask)
    assert np.array_equal(to_levels(mask, (0, 255)), mask)
    assert np.array_equal(to_levels(mask.astype(bool), None), 255 * mask)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ((INK > 99).astype(np.uint8), r"whole numbers 0 and 1: say values=\(0, 1\)"),
        ((INK > 99).astype(int), r"whole numbers 0 and 1: say values=\(0, 1\)"),
        (
            INK // 16 * 1.0,
            r"from 0 to 15: say values=\(0, 15\) if 15 is white, or values=\(0, 255\)",
        ),
        (INK / 127.5 - 1, r"from -1 to 1, neither 0\.\.1 nor 0\.\.255"),
        (INK / 170, r"neither 0\.\.1 nor 0\.\.255"),
        (INK.astype(np.uint16) * 257, r"16-bit numbers up to 65535"),
        (INK.astype(int) - 128, r"neither 0\.\.1 nor 0\.\.255"),
        (np.where(INK == 0, np.nan, INK), "NaN or infinite"),
        (np.where(INK == 0, np.inf, INK), "NaN or infinite"),
    ],
)
def test_numbers_of_two_meanings_are_asked_about(x: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        to_levels(x, None)


@pytest.mark.parametrize("values", [255, (0, 1, 2), (1, 0), ("a", "b"), (0, float("inf"))])
def test_values_that_are_no_range_are_refused(values: Any) -> None:
    with pytest.raises(DataError, match="is no range: give black, then white"):
        to_levels(INK, values)


def test_values_outside_what_was_said_are_refused() -> None:
    with pytest.raises(DataError, match=r"from 0 to 255, and values=\(0, 1\) was said"):
        to_levels(INK * 1.0, (0, 1))


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([], r"no pictures in it: its shape is \(0,\)"),
        (INK[:0], "no pictures in it"),
        (None, "this is NoneType"),
        ({"a": 1}, "this is dict"),
        (INK * 1j, "of the type complex128"),
        (INK.astype(str), "of the type <U3"),
        (b"abc", "this is bytes"),
        (3, "3 is one number"),
        (np.ma.masked_array(INK, INK > 99), r"masked: .*images\.filled\(0\)"),
        ([INK[0], "a"], "do not make one array"),
        ([[1, 2], [3]], "do not make one array"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused_by_its_name(images: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        as_array(images)


def test_colour_becomes_grey_as_pillow_makes_it_and_grey_three_equal_parts() -> None:
    colour = np.random.default_rng(1).integers(0, 256, (1, 3, 9, 9)).astype(np.uint8)
    pillow = np.asarray(Image.fromarray(np.moveaxis(colour[0], 0, 2)).convert("L"))
    assert np.abs(to_channels(colour, 1)[0, 0].astype(int) - pillow).max() <= 1
    assert np.array_equal(read(INK, COLOUR, layout="NHW"), np.repeat(INK[:, None], 3, 1))
    with pytest.raises(DataError, match="reads 5 channels; these pictures have 3"):
        to_channels(colour, 5)


def test_lists_of_paths_and_of_pictures_are_told_from_arrays() -> None:
    one = Image.fromarray(INK[0])
    assert listed([one, "a.png"]) == [one, "a.png"]
    assert listed(np.array(["a.png", "b.png"])) == ["a.png", "b.png"]
    assert listed(list(INK)) is None
    with pytest.raises(
        DataError, match=r"mixes paths or PIL images with something else \(ndarray\)"
    ):
        listed([one, INK[0]])


def test_lists_of_several_sizes_are_several_pictures() -> None:
    found = several([INK[0], INK[1, :20]])
    assert found is not None
    assert [a.shape for a in found] == [(28, 28), (20, 28)]
    assert several(list(INK)) is None
    assert several(INK.tolist()) is None


def test_a_list_of_three_grey_pictures_is_not_one_in_colour() -> None:
    assert told_layout(list(INK[:3])) == "NHW"
    assert told_layout(INK[:3]) is None


def test_tensors_are_read_wherever_they_come_from() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor(INK) / 255
    for made in (torch.tensor(INK), x, x.requires_grad_(), list(torch.tensor(INK))):
        assert np.array_equal(read(made)[:, 0], INK)
    rough = read(x.detach().to(torch.bfloat16))[:, 0].astype(int)
    assert np.abs(rough - INK).max() <= 1


def test_rows_of_a_frame_are_pictures_and_a_stray_column_is_noticed() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(INK.reshape(5, -1))
    assert told_layout(frame) == "rows"
    for made in (frame, frame.astype("Int64"), frame.add_prefix("pixel")):
        assert np.array_equal(read(made, layout="rows")[:, 0], INK)
    with pytest.raises(DataError, match='not laid out as "rows"'):
        read(frame.assign(label=1), layout="rows")
