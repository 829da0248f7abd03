"""What outgrows a machine, in figures: pictures packed, larger than memory, sweeps, overhead.

    python benchmarks/scale.py pictures FOLDER [COUNT]    small JPEGs in tar shards, from a seed
    python benchmarks/scale.py pack FOLDER OUT [JOBS]     packs them: pictures a second, memory
    python benchmarks/scale.py large OUT [GIGABYTES]      a pack of so many GB, of random digits
    python benchmarks/scale.py epochs OUT memory|pack     LeNet-5 learns from it: seconds, memory
    python benchmarks/scale.py same OUT [EPOCHS]          one thread, two, a kill: the same weights
    python benchmarks/scale.py runs FOLDER JOBS           32 short runs: seconds, overhead a unit
    python benchmarks/scale.py carriers FOLDER            32 runs, and reproduce, by every carrier

Each writes one line of JSON. docs/scale.md has what they gave, and on what machine.
"""

import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import simplecell as sc
from simplecell.bulk import pack as packing
from simplecell.data import pack as format_
from simplecell.units import Plan, Store, Unit, run_units

SHARD = 10_000
CAP = 700 * 10**6
"""Bytes of memory that training from a pack is given."""
GRID = {
    "networks": ["lenet5"],
    "recipes": ["fast"],
    "rates": [0.0005, 0.001, 0.002, 0.004],
    "seeds": 8,
    "epochs": 20,
}


def peak() -> float:
    """Give the most memory, in MB, that this process or one of its children has had."""
    own, kids = (resource.getrusage(who).ru_maxrss for who in (0, resource.RUSAGE_CHILDREN))
    return max(own, kids) / 1024


def pictures(folder: Path, count: int = 1_000_000) -> dict[str, Any]:
    """Write JPEGs of 32x32, each a digit of its own noise, in shards of 10,000."""
    folder.mkdir(parents=True, exist_ok=True)
    digits = sc.load("digits", size=32).train
    started = time.perf_counter()
    for shard in range(0, count, SHARD):
        path = folder / f"{shard // SHARD:04}.tar"
        if path.exists():
            continue
        rng = np.random.default_rng(shard)
        with tarfile.open(path.with_suffix(".tmp"), "w") as tar:
            for k in range(shard, min(shard + SHARD, count)):
                row = int(rng.integers(len(digits)))
                noise = rng.integers(0, 40, (32, 32), np.uint8)
                held = io.BytesIO()
                Image.fromarray(np.maximum(digits.pixels[row, 0], noise)).save(held, "JPEG")
                for name, data in (("jpg", held.getvalue()), ("cls", b"%d" % digits.labels[row])):
                    entry = tarfile.TarInfo(f"{k:07}.{name}")
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))
        os.replace(path.with_suffix(".tmp"), path)
    return {"pictures": count, "seconds": time.perf_counter() - started}


def pack(folder: Path, out: Path, jobs: int = 2) -> dict[str, Any]:
    """Pack shards; whoever wants it by shards calls simplecell pack --shard."""
    started = time.perf_counter()
    made = packing.pack(folder, out, plan=Plan(jobs=jobs, threads=1))
    seconds = time.perf_counter() - started
    read = time.perf_counter()
    format_.check_pack(out)
    return {
        "pictures": made.pictures,
        "left_out": made.left_out,
        "seconds": seconds,
        "pictures_a_second": made.pictures / seconds,
        "check_seconds": time.perf_counter() - read,
        "megabytes": peak(),
        "sha256": sha256(out),
    }


def sha256(path: Path) -> str:
    """Give a file's checksum."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def large(out: Path, gigabytes: float = 4.0) -> dict[str, Any]:
    """Write a pack of digits, shifted at random, of so many GB."""
    digits, count = sc.load("digits", size=32).train, int(gigabytes * 1e9) // 1024
    rng, shape = np.random.default_rng(0), (count, 1, 32, 32)
    rows, crcs = format_.rows_of(shape[1:]), []
    labels = np.empty(count, "<u2")
    with out.open("wb") as file:
        file.seek(format_.START)
        for at in range(0, count, rows):
            some = rng.integers(0, len(digits), min(rows, count - at))
            block = np.roll(digits.pixels[some], tuple(rng.integers(-2, 3, 2)), (2, 3))
            block = np.ascontiguousarray(block)
            labels[at : at + len(some)] = digits.labels[some]
            file.write(block)
            crcs.append(format_.zlib.crc32(block))
        file.write(labels.tobytes())
        index = {
            "format": "simplecell.pack", "version": 1, "shape": shape, "learn": count, "test": 0,
            "classes": list("0123456789"), "rows": rows, "crc32": crcs, "told": {}, "skipped": 0,
            "labels_crc32": format_.zlib.crc32(labels.tobytes()), "said": [],
        }  # fmt: skip
        head, told = format_.write_head(index, file.tell())
        file.write(told)
        file.seek(0)
        file.write(head)
    return {"pictures": count, "bytes": out.stat().st_size}


def epochs(
    out: Path, how: str, threads: int = 2, count: int = 2, folder: str = ""
) -> dict[str, Any]:
    """Train LeNet-5 for two epochs from a pack, or from the same pictures in memory.

    From a pack, the system gives no more than CAP of memory beside the file that is mapped.
    """
    if how == "pack":
        resource.setrlimit(resource.RLIMIT_DATA, (CAP, CAP))
    data = sc.load(out)
    if how == "memory":
        part = data.train
        held = sc.Dataset("memory", data.classes, type(part)(
            np.array(part.pixels), part.labels, "memory"), None)  # fmt: skip
        data = held
    where = Path(folder) if folder else None
    run = sc.fit("lenet5", data, epochs=count, validation=0.02, threads=threads, progress=False,
                 out=where, resume=bool(where and where.exists()))  # fmt: skip
    digest = hashlib.sha256(b"".join(w.tobytes() for _, w in sorted(run.parameters.items())))
    return {
        "how": how,
        "threads": threads,
        "pictures": len(data.train),
        "epoch_seconds": [row.seconds for row in run.history],
        "validation_error_percent": [row.validation_error_percent for row in run.history],
        "weights_sha256": digest.hexdigest(),
        "megabytes": peak(),
    }


def same(out: Path, count: int = 1) -> dict[str, Any]:
    """Train from a pack with one thread, with two, and killed in the middle; hold the weights."""
    command = [sys.executable, __file__, "epochs", str(out), "pack"]
    found = {}
    for threads in (2, 1):
        told = subprocess.run(
            [*command, str(threads), str(count)], capture_output=True, check=True
        )
        found[f"{threads} threads"] = json.loads(told.stdout)
    took = sum(found["2 threads"]["epoch_seconds"])
    with tempfile.TemporaryDirectory() as folder:
        told_as = [*command, "2", str(count), str(Path(folder) / "run")]
        child = subprocess.Popen(told_as, stdout=subprocess.DEVNULL)
        while not list(Path(folder).rglob("checkpoint*")):
            time.sleep(0.2)
        time.sleep(took / 4)
        child.kill()
        child.wait()
        told = subprocess.run(told_as, capture_output=True, check=True)
        found["killed"] = json.loads(told.stdout)
    equal = len({one["weights_sha256"] for one in found.values()}) == 1
    return {"same": equal, **found}


def runs(folder: Path, jobs: int) -> dict[str, Any]:
    """Do 32 short runs, and as many units of nothing."""
    started = time.perf_counter()
    swept = sc.sweep("digits", GRID, out=folder / f"runs-{jobs}", executor=None, jobs=jobs,
                     threads=1)  # fmt: skip
    seconds = time.perf_counter() - started
    units = [Unit(f"n{k}", {"n": k}) for k in range(500)]
    begun = time.perf_counter()
    plan = Plan(jobs=jobs, threads=1)
    run_units(units, Store(folder / f"nothing-{jobs}", "simplecell.units.carry:nothing"), plan)
    return {
        "jobs": jobs,
        "runs": swept.runs,
        "seconds": seconds,
        "unit_seconds": sum(row.seconds for row in swept.rows),
        "overhead_milliseconds": 1000 * (time.perf_counter() - begun) / len(units),
    }


def carriers(folder: Path, length: int = 2) -> dict[str, Any]:
    """Do the same sweep, and reproduce, by every carrier; hold their bytes against each other."""
    grid = folder / "grid.toml"
    folder.mkdir(parents=True, exist_ok=True)
    told = {**GRID, "epochs": length}
    grid.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in told.items()))
    return {
        "sweep": carried(folder / "sweep", "sweep", "digits", "--grid", str(grid)),
        "reproduce": carried(folder / "reproduce", "reproduce", "lenet1998", "--quick"),
    }


def carried(folder: Path, *words: str) -> dict[str, Any]:
    """Give a command to every carrier, each in a folder of its own."""
    command = [sys.executable, "-m", "simplecell", *words]

    def start(name: str, *options: str) -> "subprocess.Popen[bytes]":
        told = [*command, "--threads", "1", "--out", str(folder / name), *options]
        return subprocess.Popen(told, stdout=subprocess.DEVNULL)

    def digest(name: str) -> str:
        files = sorted((folder / name / "units").iterdir())
        whole = b"".join(file.name.encode() + file.read_bytes() for file in files)
        return f"{len(files)} units, {hashlib.sha256(whole).hexdigest()[:16]}"

    told: dict[str, list[tuple[str, ...]]] = {
        "serial": [()],
        "processes": [("--jobs", "2")],
        **{f"dask-{n}": [("--on", "dask", "--jobs", str(n))] for n in (1, 2, 4)},
        "shards": [("--shard", f"{k}/3") for k in range(3)],
        "claims": [(), ()],
    }
    found = {}
    for name, drivers in told.items():
        begun = time.perf_counter()
        if any(driver.wait() for driver in [start(name, *options) for options in drivers]):
            raise SystemExit(f"{name} failed")
        found[name] = {"seconds": time.perf_counter() - begun, "digest": digest(name)}
    same = len({one["digest"] for one in found.values()}) == 1
    return {"same": same, **found}


def main(command: str, *told: str) -> None:
    """Do what is asked and say what it came to."""
    asked = {f.__name__: f for f in (pictures, pack, large, epochs, same, runs, carriers)}[command]
    told_as = [int(one) if one.isdigit() else one for one in told]
    first = Path(str(told_as[0]))
    rest = [
        Path(one) if command == "pack" and isinstance(one, str) else one for one in told_as[1:]
    ]
    print(json.dumps(asked(first, *rest)))  # type: ignore[operator]


if __name__ == "__main__":
    main(*sys.argv[1:])
