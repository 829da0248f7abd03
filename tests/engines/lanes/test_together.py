"""What several threads do together, pieces of a pack or packs: the same bits, whoever comes."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from simplecell.bench.networks import network as bench
from simplecell.engines.lanes import Lanes, pieces
from simplecell.engines.lanes import board as boards
from simplecell.engines.lanes import program as programs
from simplecell.engines.lanes import reading as r
from simplecell.engines.lanes.board import HELD, Board
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Array, Examples, State, Update
from simplecell.spec.layers import BatchNorm, Conv, Dense, Dropout, Pool, Subsample
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

WIDE = Network(
    "wide",
    (1, 17, 14),
    (
        Conv("C1", 32, (3, 3), squash="relu", padding="same"),
        Pool("P2", "max", (2, 2)),
        Conv("C3", 48, (2, 3), squash="tanh"),
        Dense("F4", 37, "relu"),
        Dense("F5", 5, "softmax"),
    ),
)
NARROW = Network(
    "narrow",
    (2, 15, 18),
    (
        Conv("C1", 7, (4, 3), squash="scaled_tanh"),
        Subsample("S2", (2, 2), squash="sigmoid"),
        Conv("C3", 5, (3, 3), squash="relu"),
        Pool("P4", "max", (2, 2)),
        Dense("F5", 29, "tanh"),
        Dense("F6", 6, "softmax"),
    ),
)
NETWORKS = (WIDE, NARROW, find("lenet5"), bench("modern"))
COUNTS = (1, 2, 3, 4, 15, 16, 17, 33, HELD, HELD + 1, 100)


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut every instruction that can be cut, and have threads come at once."""
    monkeypatch.setattr(pieces, "WORTH", 0)
    monkeypatch.setattr(pieces, "WORTH_ALL", 0)
    monkeypatch.setattr(boards, "HEAVY", 0.0)


def pictures(network: Network, count: int, seed: int = 0, kind: type = np.uint8) -> Examples:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, *network.input), np.uint8)
    return Examples(pixels.astype(kind), scale=1 / 128, shift=-1.0)


def alone(network: Network, seed: int, examples: Examples) -> Array:
    """What one thread says, image by image or pack by pack."""
    return Lanes(1).program(network).forward(initial_parameters(network, seed), examples)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
@pytest.mark.parametrize("threads", [2, 3, 5])
def test_every_number_of_threads_and_pictures_gives_the_bits_of_one(
    network: Network, threads: int
) -> None:
    program = Lanes(threads).program(network)
    parameters = initial_parameters(network, 1)
    read = program.reader(parameters)
    for kind in (np.uint8, np.float32):
        for count in COUNTS:
            examples = pictures(network, count, count, kind)
            expected = alone(network, 1, examples)
            for _ in range(3):
                assert np.array_equal(read(examples), expected)
            assert np.array_equal(program.forward(parameters, examples), expected)


@pytest.mark.parametrize("network", [WIDE, NARROW], ids=lambda network: network.name)
def test_readers_of_other_weights_take_turns_on_the_same_memory(network: Network) -> None:
    """Weights that are laid out for one must not serve the other, whatever the count."""
    program = Lanes(2).program(network)
    readers = [program.reader(initial_parameters(network, seed)) for seed in (0, 1)]
    rng = np.random.default_rng(0)
    expected = {
        (seed, count): alone(network, seed, pictures(network, count))
        for seed in (0, 1)
        for count in COUNTS
    }
    for _ in range(400):
        seed, count = int(rng.integers(2)), int(rng.choice(COUNTS))
        assert np.array_equal(readers[seed](pictures(network, count)), expected[seed, count])


@pytest.mark.parametrize("threads", [1, 2])
def test_two_million_pictures_are_read_in_one_call(threads: int) -> None:
    """They are more packs than a word of sixteen bits counts."""
    tiny = Network("tiny", (1, 2, 2), (Dense("F1", 3, "softmax"),))
    parameters, examples = initial_parameters(tiny, 0), pictures(tiny, 2_100_000)
    found = Lanes(threads).program(tiny).forward(parameters, examples)
    for start in range(0, len(examples), 300_000):
        part = examples.pixels[start : start + 300_000]
        expected = alone(tiny, 0, Examples(part, scale=examples.scale, shift=examples.shift))
        assert np.array_equal(found[start : start + 300_000], expected)


def test_a_board_whose_passes_are_used_up_makes_room_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(r, "MOST_PASSES", 3)
    engine = Lanes(2)
    read = engine.program(NARROW).reader(initial_parameters(NARROW, 0))
    boards_seen = set()
    for _ in range(9):
        assert np.array_equal(read(pictures(NARROW, 16)), alone(NARROW, 0, pictures(NARROW, 16)))
        boards_seen.add(engine._board)
    assert len(boards_seen) == 3


def test_the_last_pass_of_a_board_gives_the_same() -> None:
    """Its number is the largest that the words can hold."""
    engine = Lanes(2)
    read = engine.program(NARROW).reader(initial_parameters(NARROW, 0))
    right = read(pictures(NARROW, 16))
    board = engine._board
    assert board is not None
    board.words[r.PASSES] = r.MOST_PASSES - 2
    assert np.array_equal(read(pictures(NARROW, 16)), right)


def test_scale_and_shift_are_those_of_the_call() -> None:
    program, parameters = Lanes(2).program(NARROW), initial_parameters(NARROW, 0)
    pixels = pictures(NARROW, 5).pixels
    for scale, shift in ((1.0, 0.0), (0.01, -1.0), (1.0, 0.0)):
        examples = Examples(pixels, scale=scale, shift=shift)
        assert np.array_equal(program.forward(parameters, examples), alone(NARROW, 0, examples))


def test_what_was_given_is_not_what_the_next_call_writes_on() -> None:
    read = Lanes(2).program(NARROW).reader(initial_parameters(NARROW, 0))
    first = read(pictures(NARROW, 7, 1))
    before = first.copy()
    read(pictures(NARROW, 7, 2))
    assert np.array_equal(first, before)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Board]]:
    """Collect the boards that are written, at which nobody stands."""
    found: list[Board] = []
    begin = Board.__init__

    def init(board: Board, *told: object, **how: object) -> None:
        begin(board, *told, **how)  # type: ignore[arg-type]
        found.append(board)

    monkeypatch.setattr(Board, "__init__", init)
    monkeypatch.setattr(Board, "_ask", lambda board, workers, most: None)
    yield found


@pytest.mark.parametrize("count", [1, 16, 40])
def test_who_comes_when_a_pass_is_over_does_nothing(made: list[Board], count: int) -> None:
    """Also when the words for the next pass stand there already."""
    read = Lanes(2).program(NARROW).reader(initial_parameters(NARROW, 0))
    right = read(pictures(NARROW, count))
    board = made[0]
    board.write(HELD if count > 16 else count, 1, fresh=True)
    board.out[:] = -1
    board.words[r.STOP] = 0
    late = threading.Thread(target=board.work, args=(1, 1))
    late.start()
    # It may wait for pieces of the words that stand there now, until a pass is begun.
    assert np.array_equal(read(pictures(NARROW, count)), right)
    late.join(timeout=600)
    assert not late.is_alive()
    assert (board.out[count:] == -1).all()


@pytest.mark.parametrize("network", [WIDE, NARROW], ids=lambda network: network.name)
def test_a_helper_that_comes_and_goes_all_the_time_changes_nothing(
    network: Network, made: list[Board]
) -> None:
    """It joins in the middle of passes, and stays over the ends of others."""
    read = Lanes(2).program(network).reader(initial_parameters(network, 0))
    expected = {n: alone(network, 0, pictures(network, n)) for n in (1, 16, 64)}
    over = threading.Event()

    def help_out() -> None:
        rng = np.random.default_rng(0)
        while not over.is_set():
            for board in made:
                board.work(1, 1, stay=int(rng.integers(3)) ** 9)

    for n in expected:
        read(pictures(network, n))
    helper = threading.Thread(target=help_out)
    helper.start()
    try:
        for n in np.random.default_rng(1).choice(list(expected), 2000):
            assert np.array_equal(read(pictures(network, int(n))), expected[int(n)])
    finally:
        over.set()
        for board in made:
            board.leave()
        helper.join(timeout=600)
    assert not helper.is_alive()


def test_threads_of_python_may_read_at_once() -> None:
    program = Lanes(2).program(NARROW)
    read = program.reader(initial_parameters(NARROW, 0))
    expected = {n: alone(NARROW, 0, pictures(NARROW, n)) for n in COUNTS}

    def some(seed: int) -> bool:
        counts = np.random.default_rng(seed).choice(COUNTS, 100)
        return all(
            np.array_equal(read(pictures(NARROW, int(n))), expected[int(n)]) for n in counts
        )

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(some, range(4)))


def test_a_long_call_waits_in_the_interpreter_and_gives_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "LONG", 1)
    for network in (WIDE, NARROW):
        read = Lanes(3).program(network).reader(initial_parameters(network, 0))
        for count in COUNTS:
            examples = pictures(network, count)
            assert np.array_equal(read(examples), alone(network, 0, examples))


def test_where_passes_are_slow_again_and_again_nobody_is_asked_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, asked = [1.0], [0]

    def work(seconds: float) -> Callable[..., None]:
        def spend(board: Board, thread: int, of: int, stay: int = 0) -> None:
            now[0] += seconds

        return spend

    def ask(board: Board, workers: object, most: int) -> None:
        asked[0] += 1

    engine = Lanes(2)
    program = engine.program(NARROW)
    read = program.reader(initial_parameters(NARROW, 0))
    examples = pictures(NARROW, 16)
    read(examples)
    monkeypatch.setattr(boards.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(Board, "_ask", ask)
    made = engine._board
    assert made is not None
    made._rested = made._last = 0.0
    made._best.clear()
    for seconds, passes, expected in ((1e-4, 5, 5), (1e-3, 10, 5), (1e-4, 100, 0)):
        asked[0] = 0
        monkeypatch.setattr(Board, "work", work(seconds))
        for _ in range(passes):
            read(examples)
        assert asked[0] == expected
    now[0] += boards.CROWDED
    read(examples)
    assert asked[0] == 1


MANY = Network(
    "many",
    (3, 19, 17),
    (
        Conv("C1", 6, (4, 3), squash="relu", padding="same"),
        Pool("P2", "mean", (2, 2), squash="tanh"),
        Conv("C3", 9, (3, 3), table=tuple((n % 6, (n + 2) % 6) for n in range(9))),
        BatchNorm("N4"),
        Conv("C5", 10, (2, 2), stride=(2, 1), bias=False),
        Dropout("D6", 0.25),
        Subsample("S7", (3, 1)),
        Conv("C8", 21, (1, 3), squash="sigmoid"),
        Dense("F9", 11, "tanh"),
        Dense("F10", 4, "softmax"),
    ),
)
PLAIN = Network(
    "plain", MANY.input, tuple(layer for layer in MANY.layers if layer.type != "batch_norm")
)
TRAINED = ((NARROW, "cross_entropy"), (MANY, "cross_entropy"), (PLAIN, "cross_entropy"))


@pytest.mark.parametrize(
    ("network", "loss"),
    [*TRAINED, (find("lenet5"), "map"), (find("lenet1"), "squared_error")],
    ids=lambda told: getattr(told, "name", told),
)
@pytest.mark.parametrize("batch", [4, 9, 16])
def test_threads_that_share_the_pack_of_a_step_train_to_the_bits_of_one(
    network: Network, loss: str, batch: int
) -> None:
    rng = np.random.default_rng(0)
    given = pictures(network, 40)
    labels = rng.integers(0, network.classes, 40)
    examples = Examples(given.pixels, labels, given.scale, given.shift)
    order = rng.integers(0, 40, 6 * batch - 2)

    def trained(threads: int, update: Update) -> tuple[list[Array], Array]:
        state = State(dict(initial_parameters(network, 0)), seed=3)
        program = Lanes(threads).program(network)
        losses = program.train(state, examples, order, batch, [0.02] * 6, update, loss)
        arrays = [*state.parameters.values(), *state.slots.values()]
        return [np.asarray(a) for a in arrays if not isinstance(a, dict)], losses

    for update in (Update(), Update("adam", momentum=0.9)):
        expected, losses = trained(1, update)
        for threads in (2, 3, 5):
            found, told = trained(threads, update)
            assert np.array_equal(told, losses)
            assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_where_packs_meet_or_an_image_learns_alone_nothing_is_cut() -> None:
    def stages(network: Network, batch: int) -> object:
        options = programs.Options("cross_entropy", learning=network is MANY)
        return Lanes(2).program(network)._bind(batch, options).plan.stages

    assert stages(MANY, 16) is None
    assert stages(PLAIN, 1) is None
    assert stages(PLAIN, 16) is not None


def test_instructions_that_are_cheap_are_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "WORTH", 10_000)
    stages = Lanes(2).program(NARROW)._bind(1, programs.READING).plan.stages
    assert stages is not None
    sizes = np.diff(stages.first).tolist()
    # The first and the last stage hold what is not cut.
    assert sizes[0] == sizes[-1] == 1 and max(sizes) == 4
    assert np.diff(stages.tables[7]).max() > 1
    monkeypatch.setattr(pieces, "WORTH_ALL", 10**9)
    assert Lanes(2).program(NARROW)._bind(1, programs.READING).plan.stages is None
    assert Lanes(1).program(NARROW)._bind(1, programs.READING).plan.stages is None
