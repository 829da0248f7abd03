"""The README's figures: measured by one run of this command, and written into both READMEs.

    python benchmarks/figures.py             measure, and write figures.json and the tables
    python benchmarks/figures.py --write     write the tables again from figures.json

What is measured here is the default training of five seeds, the bench beside PyTorch, JAX and ONNX
Runtime, and `simplecell check`: a quarter of an hour. The published results take longer, so they
come from the files that `simplecell reproduce` left in docs/reproduce. Seconds are those of the
machine that the table names; a ratio compares systems within the run. figures.toml has the words.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import numpy as np

import simplecell as sc
from simplecell.bench.machine import child_environment
from simplecell.engines.parameters import code_values
from simplecell.spec.layers import RBF

ROOT = Path(__file__).resolve().parents[1]
FILE = Path(__file__).with_name("figures.json")
WORDS = Path(__file__).with_name("figures.toml")
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
BEGIN = "<!-- figures: python benchmarks/figures.py -->"
END = "<!-- end of figures -->"
SEEDS = range(5)
BENCH = ("--only", "training,inference,start,target", "--nets", "lenet5", "--batches", "1,64,256")
PEERS = ("torch", "torch-compiled", "jax")

Document = dict[str, Any]


def command(*words: str) -> tuple[Document, float]:
    """Run one command of simplecell with --json; give its document and its peak memory in MB."""
    line = [sys.executable, "-m", "simplecell", *words, "--json"]
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            line, stdout=said, stderr=subprocess.DEVNULL, env=child_environment()
        )
        _, status, used = os.wait4(child.pid, 0)
        if status:
            raise SystemExit(f"simplecell {' '.join(words)} ended with {status}")
        said.seek(0)
        return json.loads(said.read().splitlines()[-1]), used.ru_maxrss / 1024


def trained(folder: Path) -> list[Document]:
    """Train LeNet-5 with defaults, once per seed, each in a process of its own."""
    data = sc.load("mnist", size=32)
    rows = []
    command("train", "digits", "--out", str(folder / "warm"))
    for seed in SEEDS:
        run = folder / str(seed)
        told, megabytes = command("train", "mnist", "--seed", str(seed), "--out", str(run))
        names = ("test_error_percent", "train_seconds", "epochs", "guard_seconds")
        cells = 100 * agreement(sc.load_model(told["model"]), data)
        rows.append(
            {name: told[name] for name in names}
            | {"cells_percent": cells, "peak_megabytes": megabytes}
        )
        print(f"seed {seed}: {rows[-1]}", flush=True)
    return rows


def agreement(model: sc.Model, data: sc.Dataset) -> float:
    """Give the share of F6's cells that have the sign of the right class's code."""
    last = model.network.layers[-1]
    assert data.test is not None and isinstance(last, RBF)
    codes = code_values(last)
    return float((np.sign(model.transform(data.test)) == codes[data.test.labels]).mean())


def measured() -> Document:
    """Measure everything."""
    with tempfile.TemporaryDirectory(prefix="simplecell-figures-") as folder:
        runs = trained(Path(folder))
    checked, _ = command("check", "lenet5")
    bench, _ = command("bench", *BENCH)
    kept = ("machine", "training", "inference", "others_percent", "sgemm_gflops")
    starts = (
        "cold_start_seconds",
        "warm_start_seconds",
        "import_seconds",
        "time_to_99_percent_seconds",
    )
    layers = checked["layers"].values()
    return {
        "trained": runs,
        "bench": {name: bench[name] for name in (*kept, *starts)},
        "check": {
            "formulas": checked["max_relative_error"],
            "lanes": max(layer["lanes"]["difference"] for layer in layers if "lanes" in layer),
        },
    }


def spread(values: list[float]) -> str:
    """Write a mean and its standard deviation, in percent."""
    return f"{mean(values):.2f} ± {stdev(values):.2f}"


def published(experiment: str, key: str) -> str:
    """Give a published result's mean over seeds and its spread, from its own file."""
    rows = json.loads((ROOT / "docs" / "reproduce" / f"{experiment}.json").read_text("utf-8"))[
        "rows"
    ]
    return spread(next(row["values"] for row in rows if row["key"] == key))


def cost(found: Document, part: str, batch: int, system: str) -> float:
    """Give microseconds an image."""
    systems = found["bench"][part]["lenet5"][str(batch)]
    return float(systems[system]["microseconds_per_image"])


def ratio(found: Document, part: str, batch: int, peer: str) -> str:
    """Write how many times as long a peer takes, with two digits."""
    times = cost(found, part, batch, peer) / cost(found, part, batch, "lanes")
    return f"{times:.0f}" if times >= 10 else f"{times:.1f}"


def figures(found: Document) -> dict[str, str]:
    """Write each figure as the table shows it, by the name that figures.toml calls it by."""
    runs, bench = found["trained"], found["bench"]
    share = 100 * bench["training"]["lenet5"]["64"]["lanes"]["share_of_sgemm"]
    peers = {
        f"training_{batch}": " / ".join(ratio(found, "training", batch, peer) for peer in PEERS)
        for batch in (1, 64, 256)
    }
    return peers | {
        "machine": machine(bench["machine"]),
        "error": spread([run["test_error_percent"] for run in runs]),
        "cells": f"{mean(run['cells_percent'] for run in runs):.1f}",
        "training": f"{median(run['train_seconds'] for run in runs):.1f}",
        "guard": f"{median(run['guard_seconds'] for run in runs):.1f}",
        "megabytes": f"{max(run['peak_megabytes'] for run in runs):.0f}",
        "target": f"{bench['time_to_99_percent_seconds']:.1f}",
        "lenet5": published("lenet1998", "lenet5.test_error_percent"),
        "lenet5_whole": published("lenet1998", "lenet5-whole-distances.test_error_percent"),
        "lenet4": published("lenet1998", "lenet4.test_error_percent"),
        "lenet1": published("lenet1998", "lenet1.test_error_percent"),
        "distorted": published("distortions", "test_error_percent"),
        "modern": published("modern", "test_error_percent"),
        "ours": f"{60_000e-6 * cost(found, 'training', 64, 'lanes'):.2f}",
        "theirs": f"{60_000e-6 * cost(found, 'training', 64, 'torch'):.2f}",
        "share": f"{share:.0f}",
        "reading_1": ratio(found, "inference", 1, "onnxruntime"),
        "reading_256": ratio(found, "inference", 256, "onnxruntime"),
        "cold": f"{bench['cold_start_seconds']:.0f}",
        "warm": f"{bench['warm_start_seconds']:.1f}",
        "formulas": f"{found['check']['formulas']:.1e}",
        "lanes": f"{found['check']['lanes']:.1e}",
    }


def machine(told: Document) -> str:
    """Name the machine and what was installed."""
    titles = {
        "numpy": "NumPy",
        "numba": "Numba",
        "torch": "PyTorch",
        "jax": "JAX",
        "onnxruntime": "ONNX Runtime",
    }
    versions = [f"{title} {told['versions'][name]}" for name, title in titles.items()]
    hardware = f"{told['cpu']}, {told['threads']} cores, {told['system']}"
    return ", ".join([hardware, f"Python {told['python']}", *versions])


def table(found: Document, language: str) -> str:
    """Write the block of one README, between its two marks."""
    text = tomllib.loads(WORDS.read_text("utf-8"))
    known, place = figures(found), ("en", "zh").index(language)
    rows = [f"| {row[language]} | {row['figure'].format_map(known)} |" for row in text["row"]]
    head, note = (text["words"][name][place] for name in ("head", "note"))
    return "\n".join([BEGIN, head, "|---|---|", *rows, "", note.format_map(known), END])


def write(found: Document) -> None:
    """Put the blocks into both READMEs."""
    for language, page in READMES.items():
        text = page.read_text("utf-8")
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(before + table(found, language) + after, "utf-8")


def main() -> None:
    """Measure unless told only to write; then write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the tables from figures.json")
    if not parser.parse_args().write:
        FILE.write_text(json.dumps(measured(), indent=1) + "\n", "utf-8")
    write(json.loads(FILE.read_text("utf-8")))


if __name__ == "__main__":
    main()
