"""The ten digits as 7 x 12 pictures: the fixed weights of LeNet-5's output layer.

Drawn by us. Digits that look alike have codes that lie close together, as the paper intends,
so that F6 is asked for little where the eye is in doubt.   Brief: C14

# Guess: the paper shows its bitmaps (figure 3) too coarsely to copy; these are our own.

Source: LeCun et al. 1998, II.B, output layer.
"""

GLYPH_HEIGHT, GLYPH_WIDTH = 12, 7

_SHEET = """
.......  .......  .......  .......  .......
..###..  ...#...  .#####.  .#####.  #.....#
.#...#.  ..##...  #.....#  #.....#  #.....#
#.....#  .#.#...  ......#  ......#  #.....#
#.....#  ...#...  ......#  ......#  #.....#
#.....#  ...#...  .....#.  ..####.  #######
#.....#  ...#...  ....#..  ......#  ......#
#.....#  ...#...  ...#...  ......#  ......#
#.....#  ...#...  ..#....  ......#  ......#
.#...#.  ...#...  .#.....  #.....#  ......#
..###..  ...#...  #######  .#####.  ......#
.......  .......  .......  .......  .......

.......  .......  .......  .......  .......
#######  ..####.  #######  .#####.  .#####.
#......  .#.....  ......#  #.....#  #.....#
#......  #......  ......#  #.....#  #.....#
#......  #......  .....#.  #.....#  #.....#
######.  ######.  ....#..  .#####.  .######
......#  #.....#  ....#..  #.....#  ......#
......#  #.....#  ...#...  #.....#  ......#
......#  #.....#  ...#...  #.....#  ......#
#.....#  #.....#  ...#...  #.....#  .....#.
.#####.  .#####.  ...#...  .#####.  .####..
.......  .......  .......  .......  .......
"""


def _cut(sheet: str) -> tuple[str, ...]:
    rows = [bank.split("\n") for bank in sheet.strip("\n").split("\n\n")]
    return tuple(
        "".join(line.split()[column] for line in bank)
        for bank in rows
        for column in range(len(bank[0].split()))
    )


DIGIT_CODES = _cut(_SHEET)
"""One string of 84 per digit, row after row: '#' is +1, '.' is -1."""
