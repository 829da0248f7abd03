"""The ten 7 x 12 codes.   Brief: C14"""

from itertools import combinations

from simplecell.spec.glyphs import DIGIT_CODES, GLYPH_HEIGHT, GLYPH_WIDTH

LOOK_ALIKES = ((0, 6), (1, 7), (3, 5), (3, 8), (4, 9), (5, 6), (6, 8), (8, 9))


def differing(one: int, other: int) -> int:
    return sum(a != b for a, b in zip(DIGIT_CODES[one], DIGIT_CODES[other], strict=True))


def test_there_are_ten_codes_of_84_black_or_white_pixels() -> None:
    assert len(DIGIT_CODES) == 10
    for code in DIGIT_CODES:
        assert len(code) == GLYPH_HEIGHT * GLYPH_WIDTH == 84
        assert set(code) == {"#", "."}


def test_the_drawing_is_cut_into_the_digit_it_shows() -> None:
    one = "\n".join(DIGIT_CODES[1][7 * row : 7 * row + 7] for row in range(12))
    assert one.split("\n")[1:4] == ["...#...", "..##...", ".#.#..."]
    assert DIGIT_CODES[7][7:14] == "#######"


def test_no_two_digits_have_nearly_the_same_code() -> None:
    assert min(differing(a, b) for a, b in combinations(range(10), 2)) >= 6


def test_look_alikes_are_closer_than_the_average_pair() -> None:
    every = [differing(a, b) for a, b in combinations(range(10), 2)]
    average = sum(every) / len(every)
    for pair in LOOK_ALIKES:
        assert differing(*pair) < average, pair
