"""The words that the planner and the kernels share: what stands in which column.

A *node* is a place in memory that holds what a layer hands on: maps x rows x columns of pixels,
each pixel a vector of sixteen lanes (a pack of sixteen images), or one float (a single image).
An *instruction* is one row of whole numbers that says what to do between two nodes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = np.float32
"""A number of the network; sums of losses alone are float64."""
Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Doubles = NDArray[np.float64]
Numbers = NDArray[np.int64]
Taps = NDArray[np.int32]
Tables = tuple[Numbers, Numbers, Taps, Numbers, Numbers, Numbers, Numbers, Numbers]
"""A plan: instructions, nodes, taps, ranges, readers, segments, entries, phases; see `plan`.

Entries are the addresses of the plan's kernels; the first is not used. Phases say at which
instructions the packs meet: the first is 0, the last the end of what runs pack by pack."""
Source = tuple[Pixels, Floats, Numbers, Numbers, Real, Real]
"""Pictures as bytes or, one of the two being empty, as floats; labels, order, scale, shift."""
Whole = int | np.int64
"""A whole number; kernels are compiled for int64, which a literal 0 or 1 would not be."""
Address = Any
"""Where an array starts, as a kernel gets it that is called by its own address."""

LANES = 16

# Columns of a node. Pixel (m, i, j) stands at BASE + ((m * HEIGHT + i) * WIDTH + j) * STEP.
BASE = 0
MAPS = 1
HEIGHT = 2
WIDTH = 3
STEP = 4  # floats from one pixel to the next: LANES; wider in a matrix of a batch; 1 if single
LANE_COUNT = 5  # lanes of a pixel: LANES or 1
PER_THREAD = 6  # what each further thread adds to BASE
PER_PACK = 7  # what each further pack adds to BASE
NODE_COLUMNS = 8

# The second row of nodes is none: it says what this pack, in this step, is.
FACTS = 1
PLACE = 0  # the place in the batch of the pack's first image
CHANCE = 1  # what the step draws from
TOTAL = 2  # images in the batch
FIRST = 3  # whether the pack is this thread's first with these weights
IMAGES = 4  # images that layers with channels last go through: all lanes of a step of training

FAR = 2**40
"""The length that kernels, which get addresses alone, take an array to have."""
NODES = (2**20, NODE_COLUMNS)
PAIRS = (2**30, 2)

# Columns of an instruction.
KIND = 0  # what to do, as its kernel numbers it
SOURCE = 1  # node below
TARGET = 2  # node above
EXTRA = 3  # a third node: sums kept, deltas spread, rows transposed
WEIGHT = 4  # where w and b start among the parameters; of a loss, the score of rubbish
BIAS = 5
GRADIENT = 6  # where the layer's own gradient starts in a pack's slot
SQUASH = 7  # the layer's squashing function, and its parameter: `squash_word`
BELOW = 8  # the same of the layer below, whose slope the delta takes
KERNEL_HEIGHT = 9
KERNEL_WIDTH = 10
STRIDE_HEIGHT = 11
STRIDE_WIDTH = 12
TAPS = 13  # first row of `ranges` for the way up
TAPS_BACK = 14  # first row of `ranges` for the way down
SCRATCH = 15  # node of scratch memory
READERS = 16  # first row of `readers`: which maps above read each map below
FLAG = 17  # what else a kind needs: mean or max, or that a dense layer has no bias
ROW_FIRST = 18  # a batch instruction's own share: rows of weights, and lanes of the batch
ROW_LAST = 19
COLUMNS = 20
KERNEL = 21  # which of the plan's kernels carries it out, from 1; 0 is the machine itself
PAD_TOP = 22  # rows and columns of padding around the node below
PAD_BOTTOM = 23
PAD_LEFT = 24
PAD_RIGHT = 25
NUMBER = 26  # the place of the layer in the network
LEDGER = 27  # a fourth node: a row for each pack, which all packs read
MEAN = 28  # where the running mean and variance are among the parameters
VARIANCE = 29
CONSTANTS = 30  # where the layer's own constants are, behind the parameters
LENGTH = 31  # how many weights each unit of a dense layer has
INSTRUCTION_COLUMNS = 32

# Kinds of instruction that the machine carries out itself: loading, losses, squashing. A kernel
# numbers its own kinds in its own file.
LOAD = 0
CROSS_ENTROPY = 1
SQUARED_ERROR = 2
MEAN_SQUARE = 3
SQUASH_NODE = 4
SOFTMAX_NODE = 5
OUTPUT_CURVATURE = 6

# Squashing functions.
IDENTITY = 0
SIGMOID = 1
TANH = 2
SCALED_TANH = 3
RELU = 4
SOFTMAX = 5
LEAKY_RELU = 6
ELU = 7
SOFTPLUS = 8
SQUASH_CODES = {
    "identity": IDENTITY,
    "sigmoid": SIGMOID,
    "tanh": TANH,
    "scaled_tanh": SCALED_TANH,
    "relu": RELU,
    "softmax": SOFTMAX,
    "leaky_relu": LEAKY_RELU,
    "elu": ELU,
    "softplus": SOFTPLUS,
}
CODE_BITS = 8
"""Bits of a word that hold a function's code; above them are the 32 of its parameter, float32."""


def squash_word(family: str, parameter: float | None) -> int:
    """Write a squashing function, and its parameter if it has one, as one word of an instruction.

    A function without a parameter is its code. So the compiled kernels know no value of a
    parameter: it comes with the instruction.
    """
    code = SQUASH_CODES[family]
    if parameter is None:
        return code
    return code | int(np.float32(parameter).view(np.uint32)) << CODE_BITS
