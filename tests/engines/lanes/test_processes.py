"""The engine in forks, under limits, and interrupted: `benchmarks/processes.py` has more."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import simplecell
from simplecell.engines.lanes import Lanes
from simplecell.engines.lanes import program as lanes_program
from simplecell.engines.lanes.board import Board
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples
from simplecell.spec.zoo import find

SOURCES = str(Path(simplecell.__file__).parents[1])
BEGIN = """
import os, sys, threading, time
import numpy as np
from simplecell.engines.lanes import Lanes
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, State, Update
from simplecell.spec.zoo import find
net = find("lenet5")
w = initial_parameters(net, 0)
rng = np.random.default_rng(0)
pixels = rng.integers(0, 256, (64, 1, 32, 32), dtype=np.uint8)
data = Examples(pixels, rng.integers(0, 10, 64), 1 / 128, -0.9)
def answer(engine):
    state = State(dict(w))
    rates = [0.01, 0.01]
    engine.program(net).train(state, data, np.arange(64), 32, rates, Update(), "mean_square")
    return state.parameters["C1.w"].tobytes()
"""


def start(code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", BEGIN + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )


def run(code: str) -> None:
    process = start(code)
    try:
        _, problem = process.communicate(timeout=600)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail("it hangs")
    assert process.returncode == 0, problem


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_of_a_process_in_which_the_engine_ran_trains_to_the_same_bits() -> None:
    run("""
engine = Lanes(2)
right = answer(engine)
for _ in range(3):
    child = os.fork()
    if child == 0:
        os._exit(0 if answer(engine) == right else 3)
    assert os.waitpid(child, 0)[1] == 0
assert answer(engine) == right
""")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS binds on Linux")
def test_threads_that_the_system_refuses_leave_nobody_spinning() -> None:
    run("""
import resource
threading.stack_size(1 << 33)
engine = Lanes(1)
right = answer(engine)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (3 << 29), -1))
try:
    threading.Thread(target=int).start()
except RuntimeError:
    pass
else:
    raise SystemExit("the system gives threads all the same")
assert answer(Lanes(2)) == right
def spent():
    before = time.process_time()
    time.sleep(0.5)
    return time.process_time() - before
# Who spins does so for ever; who has only not come to rest yet is quiet once.
assert any(spent() < 0.1 for _ in range(20))
""")


def spent() -> float:
    """Give the processor's seconds that went into processes of ours that have ended."""
    import resource

    told = resource.getrusage(resource.RUSAGE_CHILDREN)
    return told.ru_utime + told.ru_stime


def spent_by(pid: int) -> float:
    """Give those that went into one that runs."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells what others spend")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_process_long_before_its_compiled_work_ends(
    sign: int,
) -> None:
    """By the processor's seconds, beside what a hundredth of the work took in the same process."""
    others = spent()
    process = start("""
engine = Lanes(2)
answer(engine)
order, rates = np.tile(np.arange(64), 100_000), [1e-6] * 100_000
def train(steps):
    told = (order[: 64 * steps], 64, rates[:steps], Update(), "mean_square")
    engine.program(net).train(State(dict(w)), data, *told)
before = time.process_time()
train(1000)
print(time.process_time() - before, flush=True)
train(100_000)
""")
    assert process.stdout is not None
    hundredth = float(process.stdout.readline())
    time.sleep(1)
    before = spent_by(process.pid)
    process.send_signal(sign)
    try:
        # Untold, it would train for minutes.
        process.communicate(timeout=600)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail("it goes on")
    assert process.returncode == -sign
    # What is left of the work is fifty times as much; `benchmarks/processes.py` has the seconds.
    assert spent() - others - before < 1 + 2 * hundredth


@pytest.mark.parametrize("long", [False, True])
def test_an_interrupted_call_changes_nothing_and_the_next_one_works(
    monkeypatch: pytest.MonkeyPatch, long: bool
) -> None:
    network = find("lenet5")
    parameters = initial_parameters(network, 0)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (64, 1, 32, 32), dtype=np.uint8)
    examples = Examples(pixels, rng.integers(0, 10, 64))
    engine = Lanes(2)
    program = engine.program(network)
    right = program.forward(parameters, examples)

    def interrupt(*told: object, **how: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if long:
            patch.setattr(lanes_program, "LONG", 1)
            patch.setattr(engine.workers, "together", interrupt)
        else:
            patch.setattr(Board, "work", interrupt)
        with pytest.raises(KeyboardInterrupt):
            program.forward(parameters, examples)
    assert np.array_equal(program.forward(parameters, examples), right)


def test_an_engine_and_its_program_can_be_sent_to_another_process() -> None:
    engine = Lanes(3)
    sent = pickle.loads(pickle.dumps(engine))
    assert sent.threads == 3 and sent is not engine
    program = copy.deepcopy(engine.program(find("lenet5")))
    assert program.network == find("lenet5") and program.engine.threads == 3
