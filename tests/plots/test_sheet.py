"""How pictures look: on both screens, narrow, with their titles or without, in colour."""

import io

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib.figure import Figure
from PIL import Image

from simplecell.data.part import Part
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples
from simplecell.engines.reference import Reference
from simplecell.plots import confusion, kernels, maps, mistakes
from simplecell.plots.palette import DARK, LIGHT, channels
from simplecell.plots.sheet import look, png
from simplecell.spec.layers import Conv, Dense
from simplecell.spec.network import Network
from simplecell.train.answer import Answer
from simplecell.train.model import Model

COLOURED = Network("rgb", (3, 8, 8), (Conv("C1", 4, (3, 3)), Dense("F2", 3)))


def corner(figure: Figure) -> tuple[int, ...]:
    with Image.open(io.BytesIO(png(figure))) as picture:
        return picture.convert("RGB").getpixel((1, 1))


@pytest.mark.parametrize(("dark", "colours"), [(False, LIGHT), (True, DARK)])
def test_a_picture_has_the_paper_of_its_screen(
    dark: bool, colours: dict[str, str], model: Model
) -> None:
    with look(dark=dark):
        figure = kernels(model.network, model.parameters)
        middle = figure.axes[0].get_images()[0].get_cmap()(0.5)[:3]
    assert corner(figure) == tuple(round(255 * c) for c in channels(colours["paper"]))
    assert middle == pytest.approx(channels(colours["paper"]), abs=0.02), "0 is as the paper"


def test_a_title_that_the_page_says_is_kept_and_not_drawn(
    answers: list[Answer], part: Part
) -> None:
    with look(titled=False):
        figure = mistakes(answers, part, ("a", "b", "c"))
    assert (figure.get_suptitle(), figure.get_label()) == ("", "3 of 8 wrong")


def test_a_narrow_picture_keeps_its_shape(model: Model) -> None:
    wide = kernels(model.network, model.parameters).get_size_inches()
    with look(width=5.6):
        narrow = kernels(model.network, model.parameters).get_size_inches()
    assert narrow[0] == 5.6
    assert narrow[0] / narrow[1] == pytest.approx(wide[0] / wide[1])


def test_kernels_on_colours_are_in_colour() -> None:
    weights = initial_parameters(COLOURED, 0)
    (axes,) = kernels(COLOURED, weights).axes
    painted = axes.get_images()[0].get_array()
    first, reach = weights["C1.w"][0], np.abs(weights["C1.w"]).max()
    expected = 0.5 + 0.5 * np.moveaxis(first, 0, 2) / reach
    assert np.allclose(painted[:3, :3, :3], expected)
    assert not painted[:3, 3, 3].any(), "nothing between two kernels"


def test_an_input_of_three_colours_is_one_picture() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (1, 3, 8, 8), np.uint8)
    weights = initial_parameters(COLOURED, 0)
    one = Examples(pixels, np.array([1]), 1 / 255, -0.5)
    trace = Reference().program(COLOURED).trace(weights, one, "squared_error")
    shown = maps(COLOURED, trace).axes[1].get_images()[0].get_array()
    assert shown.shape == (8, 8, 4)
    assert np.unravel_index(shown[..., 0].argmax(), (8, 8)) == np.unravel_index(
        pixels[0, 0].argmax(), (8, 8)
    )


def test_a_hundred_classes_are_listed_by_what_is_mistaken_most() -> None:
    labels = np.repeat(np.arange(100), 2)
    given = labels.copy()
    given[[0, 1, 40]] = 7, 7, 3
    part = Part(np.zeros((200, 1, 4, 4), np.uint8), labels)
    names = [f"class{k:03d}" for k in range(100)]
    figure = confusion([Answer(int(k), 0.9, None, 0.0) for k in given], part, names)
    matrix, aside = figure.axes
    written = [text.get_text() for text in aside.texts]
    assert written == ["class000 → class007", "2", "class020 → class003", "1"]
    assert len(matrix.get_xticks()) == 25


def test_two_classes_take_no_more_room_than_they_need() -> None:
    part = Part(np.zeros((4, 1, 4, 4), np.uint8), np.array([0, 0, 1, 1]))
    two = [Answer(k, 0.9, None, 0.0) for k in (0, 0, 1, 1)]
    names = ("ripe tomatoes", "unripe")
    figure = confusion(two, part, names)
    assert figure.get_size_inches()[1] < 5
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == list(names)
