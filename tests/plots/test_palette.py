"""Colours of both screens: words can be read, and curves told apart by all eyes."""

from itertools import combinations

import numpy as np
import pytest

from simplecell.plots.palette import DARK, LIGHT, TINTS, channels, contrast

SCREENS = {"light": LIGHT, "dark": DARK}
# Viénot, Brettel, Mollon 1999: linear red, green and blue as an eye without green cones sees them.
WITHOUT_GREEN = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("screen", SCREENS)
def test_words_and_curves_have_enough_contrast(screen: str) -> None:
    colours = SCREENS[screen]
    for colour in [*(colours[role] for role in ("ink", "quiet", "accent", "second")),
                   *TINTS[screen]]:  # fmt: skip
        assert contrast(colour, colours["paper"]) >= 4.5, colour


@pytest.mark.parametrize("screen", SCREENS)
def test_both_screens_have_a_colour_for_each_role_and_each_curve(screen: str) -> None:
    assert SCREENS[screen].keys() == LIGHT.keys()
    assert len(set(TINTS[screen])) == len(TINTS["light"])


@pytest.mark.parametrize("screen", SCREENS)
def test_the_first_three_curves_are_told_apart_without_green_cones(screen: str) -> None:
    def seen(colour: str) -> np.ndarray:
        return np.clip(WITHOUT_GREEN @ np.array(channels(colour)) ** 2.2, 0, 1) ** (1 / 2.2)

    for one, other in combinations(TINTS[screen][:3], 2):
        assert np.linalg.norm(seen(one) - seen(other)) > 0.15, (one, other)
