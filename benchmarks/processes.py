"""What becomes of the compiled engine in forks, in crowds, on one core, and when it is stopped.

    python benchmarks/processes.py [--tries 20] [name ...]

Every case runs in processes of its own, which are given up after SECONDS; a hang is one of those.
Prints a table: tries, hangs, answers that differ, and seconds.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

SECONDS = 60

BEGIN = """
import os, sys, time, signal, threading
import numpy as np
import simplecell as sc
from simplecell.engines.choose import engine
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, State, Update
net = sc.find("lenet5")
w = initial_parameters(net, 0)
rng = np.random.default_rng(0)
pixels = rng.integers(0, 256, (1024, 1, 32, 32), dtype=np.uint8)
data = Examples(pixels, rng.integers(0, 10, 1024), 1 / 128, -0.9)
loss = "mean_square"
def answer(e):
    state = State(dict(w))
    e.program(net).train(state, data, np.arange(1024), 256, [0.01] * 4, Update(), loss)
    return state.parameters["C1.w"].tobytes()
class Job:
    def __init__(self, e): self.e = e
    def __call__(self, n): return answer(self.e)
"""
"""What every case begins with: an engine's answer is the weights after four steps."""

CASES: dict[str, tuple[str, str]] = {
    "fork": (
        "os.fork after the engine ran",
        """
e = engine("lanes", 2); right = answer(e)
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, answer(e)); os._exit(0)
os.close(write)
found = b"".join(iter(lambda: os.read(read, 1 << 16), b""))
os.wait()
assert found == right == answer(e)
""",
    ),
    "pool": (
        "multiprocessing, fork",
        """
import multiprocessing
e = engine("lanes", 2); right = answer(e)
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert set(pool.map(Job(e), range(4))) == {right}
""",
    ),
    "forkserver": (
        "multiprocessing, forkserver",
        """
if __name__ == "__main__":
    import multiprocessing
    e = engine("lanes", 2); right = answer(e)
    with multiprocessing.get_context("forkserver").Pool(2) as pool:
        assert set(pool.map(Job(e), range(4))) == {right}
""",
    ),
    "spawn": (
        "multiprocessing, spawn",
        """
if __name__ == "__main__":
    import multiprocessing
    e = engine("lanes", 2); right = answer(e)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert set(pool.map(Job(e), range(4))) == {right}
""",
    ),
    "loky": (
        "joblib, loky",
        """
from joblib import Parallel, delayed
e = engine("lanes", 2); right = answer(e)
assert set(Parallel(n_jobs=2, backend="loky")(delayed(Job(e))(n) for n in range(4))) == {right}
""",
    ),
    "joblib": (
        "joblib, multiprocessing",
        """
from joblib import Parallel, delayed
e = engine("lanes", 2); right = answer(e)
found = Parallel(n_jobs=2, backend="multiprocessing")(delayed(Job(e))(n) for n in range(4))
assert set(found) == {right}
""",
    ),
    "threads": (
        "8 threads, one engine",
        """
from concurrent.futures import ThreadPoolExecutor
e = engine("lanes", 2); right = answer(e)
with ThreadPoolExecutor(8) as pool:
    assert set(pool.map(Job(e), range(32))) == {right}
""",
    ),
    "busy": (
        "fork while other threads run the engine",
        """
e = engine("lanes", 2); right = answer(e)
ended = threading.Event()
def go_on():
    while not ended.is_set(): answer(e)
others = [threading.Thread(target=go_on) for _ in range(2)]
for other in others: other.start()
time.sleep(0.05)
for _ in range(3):
    child = os.fork()
    if child == 0:
        os._exit(answer(e) != right)
    assert os.waitpid(child, 0)[1] == 0
ended.set()
for other in others: other.join()
""",
    ),
    "refused": (
        "16 threads asked for, 3 given by the system",
        """
import resource
threading.stack_size(1 << 30)
e = engine("lanes", 1); right = answer(e)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (7 << 29), -1))
assert answer(engine("lanes", 16)) == right
before = time.process_time(); time.sleep(0.5)
assert time.process_time() - before < 0.1, "threads are left spinning"
""",
    ),
    "none": (
        "16 threads asked for, none given",
        """
import resource
threading.stack_size(1 << 33)
e = engine("lanes", 1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (3 << 29), -1))
right = answer(e)
assert answer(engine("lanes", 16)) == right
before = time.process_time(); time.sleep(0.5)
assert time.process_time() - before < 0.1, "threads are left spinning"
""",
    ),
}

SLOWNESS = """
import json
def seconds(threads):
    e = engine("lanes", threads)
    program, state = e.program(net), State(dict(w))
    order = np.tile(np.arange(1024), 4)
    program.train(state, data, order[:1024], 1024, [0.01], Update(), loss)
    begun = time.perf_counter()
    program.train(state, data, order, 1024, [0.01] * 4, Update(), loss)
    return time.perf_counter() - begun
counts = [int(n) for n in sys.argv[1:]]
rounds = [[seconds(n) for n in counts] for _ in range(7)]
print(json.dumps([sorted(r[k] / r[0] for r in rounds)[3] for k in range(len(counts))]))
"""

STOPS: dict[str, tuple[str, str]] = {
    "stop-steps": (
        "one call of program.train that takes minutes",
        """
e = engine("lanes"); program = e.program(net); state = State(dict(w))
print("begun", flush=True)
order = np.tile(np.arange(1024), 10_000)
program.train(state, data, order, 64, [1e-6] * 160_000, Update(), loss)
""",
    ),
    "stop-predict": (
        "one call of program.forward that takes a minute",
        """
e = engine("lanes"); program = e.program(net)
few = Examples(np.zeros((600_000, 1, 32, 32), np.uint8), None, 1.0, 0.0)
print("begun", flush=True)
while True: program.forward(w, few)
""",
    ),
    "stop-large": (
        "a step of a network whose every layer takes seconds",
        """
from simplecell.spec.layers import Conv, Dense
from simplecell.spec.network import Network
layers = (Conv("C1", 128, (7, 7)), Conv("C2", 128, (7, 7)), Dense("F3", 3, "softmax"))
large = Network("large", (64, 130, 130), layers)
v = initial_parameters(large, 0)
some = Examples(np.zeros((64, 64, 130, 130), np.uint8), np.zeros(64, np.int64), 1.0, 0.0)
program = engine("lanes").program(large)
print("begun", flush=True)
while True:
    program.train(State(dict(v)), some, np.arange(64), 64, [1e-6], Update(), "cross_entropy")
""",
    ),
    "stop-fit": (
        "sc.fit",
        """
print("begun", flush=True)
sc.fit("lenet5", "digits", epochs=10_000, progress=False)
""",
    ),
}


def one(code: str, *told: str, seconds: float = SECONDS) -> tuple[str, str, float]:
    """Run a case once; give how it ended, what it wrote, and how long it took."""
    file = f"/tmp/simplecell-case-{os.getpid()}.py"
    with open(file, "w", encoding="utf-8") as out:
        out.write(BEGIN + code)
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, file, *told],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out_text, problem = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return "hang", "", time.perf_counter() - begun
    took = time.perf_counter() - begun
    if process.returncode:
        return f"failed: {problem.strip().splitlines()[-1] if problem else ''}", out_text, took
    return "right", out_text, took


def stopped(code: str, sign: int) -> tuple[str, float]:
    """Start a case, send a signal when it is under way, and measure how long it takes to end."""
    file = f"/tmp/simplecell-case-{os.getpid()}.py"
    with open(file, "w", encoding="utf-8") as out:
        out.write(BEGIN + code)
    process = subprocess.Popen(
        [sys.executable, file],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(2.5)
    begun = time.perf_counter()
    process.send_signal(sign)
    try:
        process.wait(SECONDS / 3)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return "hang", SECONDS / 3
    return f"ended {process.returncode}", time.perf_counter() - begun


def table(tries: int, names: list[str]) -> None:
    """Run the cases of these names, or all, and print what came of them."""

    def asked(name: str) -> bool:
        return not names or name in names

    print(f"{'case':48} {'tries':>5} {'right':>5} {'hangs':>5} {'failed':>6} {'seconds':>8}")
    for name, (what, code) in CASES.items():
        if asked(name):
            ends = [one(code) for _ in range(tries)]
            right = sum(end == "right" for end, _, _ in ends)
            hangs = sum(end == "hang" for end, _, _ in ends)
            failed = tries - right - hangs
            middle = statistics.median(seconds for _, _, seconds in ends)
            print(f"{what:48} {tries:5} {right:5} {hangs:5} {failed:6} {middle:8.1f}", flush=True)
            for end in sorted({end for end, _, _ in ends} - {"right", "hang"}):
                print(f"    {end}")
    for name, (what, code) in STOPS.items():
        if asked(name):
            for sign in (signal.SIGINT, signal.SIGTERM):
                ends2 = [stopped(code, sign) for _ in range(max(1, tries // 4))]
                longest = max(seconds for _, seconds in ends2)
                said = ", ".join(sorted({end for end, _ in ends2}))
                print(f"{sign.name}: {what:40} longest {longest:6.2f} s   {said}", flush=True)
    crowds(asked)


def crowds(asked: Callable[[str], bool]) -> None:
    """Time more threads than cores, by ratio to one for each core."""
    cores = sorted(os.sched_getaffinity(0))
    for name, own, counts in (
        ("crowd", cores, (len(cores), 4, 16, 64)),
        ("one", cores[:1], (1, 2, 8)),
    ):
        if asked(name):
            os.sched_setaffinity(0, own)
            end, said, _ = one(SLOWNESS, *map(str, counts), seconds=300)
            os.sched_setaffinity(0, cores)
            ratios = said.strip() if end == "right" else end
            print(f"{len(own)} core(s), threads {counts}: time {ratios} of the first", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--tries", type=int, default=20)
    told = parser.parse_args()
    table(told.tries, told.names)
