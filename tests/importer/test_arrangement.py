"""Axes are moved in the file; the weights are moved to where our cells are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simplecell.engines.protocol import Array, Engine
from simplecell.export.onnx.node import Node
from simplecell.importer import from_onnx
from simplecell.importer.arrangement import Arrangement

from .conftest import TOLERANCE, answers, away, graph, node, runtime, weights

NODE = Node("Reshape", "", 1, "file", (), (), {})


@settings(max_examples=200, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)),
    moves=st.lists(st.sampled_from(["turn", "flat", "maps", "add", "take"]), max_size=6),
    seed=st.integers(0, 99),
)
def test_cells_stand_where_numpy_puts_the_values(
    shape: tuple[int, int, int], moves: list[str], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, *shape))
    at, moved = Arrangement.of(shape), x
    for move in moves:
        count = moved.ndim
        if move == "turn":
            order = [0, *(1 + rng.permutation(count - 1)).tolist()]
            at, moved = at.moved(NODE, order), moved.transpose(order)
        elif move == "flat":
            at, moved = at.reshaped(NODE, [0, -1], None), moved.reshape(2, -1)
        elif move == "maps":
            sides = [int(side) for side in rng.permutation(shape)]
            at, moved = at.reshaped(NODE, [-1, *sides], None), moved.reshape(2, *sides)
        elif move == "add" and count < 6:
            axis = int(rng.integers(1, count + 1))
            at, moved = at.unsqueezed(NODE, [axis]), np.expand_dims(moved, axis)
        elif move == "take" and 1 in moved.shape[1:] and count > 2:
            axis = 1 + moved.shape[1:].index(1)
            at, moved = at.squeezed(NODE, [axis], None), moved.squeeze(axis)
    assert np.array_equal(x.reshape(2, -1)[:, at.cells], moved)


@pytest.mark.parametrize("first", [(0, 2, 3, 1), (0, 1, 2, 3), (0, 3, 1, 2)])
def test_a_full_connection_reads_maps_in_any_order(
    first: tuple[int, ...], engines: dict[str, Engine]
) -> None:
    content = graph(
        node("Conv", "x w b", "u"),
        node("Tanh", "u", "a"),
        node("Transpose", "a", "t", perm=first),
        node("Flatten", "t", "r"),
        node("Gemm", "r v c", "y"),
        constants={"w": weights(3, 2, 3, 2), "b": weights(3), "v": weights(72, 4),
                   "c": weights(4)},
        shape=("N", 2, 6, 7),
    )  # fmt: skip
    x = weights(5, 2, 6, 7, seed=8)
    model = from_onnx(content, input_scale=1.0)
    assert away(answers(model, x, engines["reference"]), runtime(content, x)) <= TOLERANCE


def test_pictures_that_come_in_as_rows_are_taken_to_be_square_and_that_is_said(
    engines: dict[str, Engine],
) -> None:
    content = graph(
        node("MatMul", "x v", "u"), node("Add", "u c", "y"),
        constants={"v": weights(75, 4), "c": weights(4)}, shape=("N", 75),
    )  # fmt: skip
    model = from_onnx(content, input_scale=1.0)
    assert model.network.input == (3, 5, 5)
    assert any("rows of 75: taken to be 3x5x5" in note for note in model.notes)
    x = weights(5, 3, 5, 5)
    found = answers(model, x, engines["reference"])
    assert away(found, runtime(content, x.reshape(5, 75))) <= TOLERANCE
    told = from_onnx(content, input_scale=1.0, shape=(1, 15, 5))
    assert told.network.input == (1, 15, 5)
    assert not any("rows" in note for note in told.notes)
    last = from_onnx(content, input_scale=1.0, shape=(3, 5, 5), layout="nhwc")
    found = answers(last, x, engines["reference"])
    assert away(found, runtime(content, np.moveaxis(x, 1, 3).reshape(5, 75))) <= TOLERANCE


@pytest.mark.parametrize("sides", [(1, 4, 5), (4, 5, 1), (3, 4, 4), (4, 4, 3)])
def test_rows_that_the_file_folds_into_maps_are_pictures_of_that_shape(
    sides: tuple[int, int, int], engines: dict[str, Engine]
) -> None:
    cells = int(np.prod(sides))
    nodes = [node("Mul", "x s", "z"), node("Reshape", "z k", "m")]
    if sides[0] not in (1, 3):
        nodes.append(node("Transpose", "m", "n", perm=[0, 3, 1, 2]))
    head = nodes[-1].output[0]
    channels = 3 if 3 in (sides[0], sides[2]) else 1
    nodes += [
        node("Conv", f"{head} w", "u"),
        node("Flatten", "u", "r"),
        node("MatMul", "r v", "y"),
    ]
    height, width = sides[1:] if sides[0] in (1, 3) else sides[:2]
    rows = 2 * (height - 1) * (width - 1)
    content = graph(
        *nodes,
        constants={"k": np.array([-1, *sides]), "w": weights(2, channels, 2, 2),
                   "v": weights(rows, 3), "s": np.float32(1.5)},
        shape=("N", cells),
    )  # fmt: skip
    model = from_onnx(content, input_scale=1.0)
    assert model.network.input == (channels, height, width)
    x: Array = weights(3, channels, height, width)
    theirs = x if sides[0] in (1, 3) else np.moveaxis(x, 1, 3)
    found = answers(model, x, engines["reference"])
    assert away(found, runtime(content, theirs.reshape(3, cells))) <= TOLERANCE


def test_units_that_are_folded_into_maps_are_refused_by_the_convolution() -> None:
    from simplecell.errors import ModelError

    content = graph(
        node("Flatten", "x", "r"),
        node("MatMul", "r v", "u"),
        node("Reshape", "u k", "m"),
        node("Conv", "m w", "y"),
        constants={"v": weights(64, 16), "k": np.array([-1, 1, 4, 4]), "w": weights(2, 1, 4, 4)},
    )
    with pytest.raises(ModelError, match=r"node 4, Conv: .* units were folded into maps"):
        from_onnx(content)
