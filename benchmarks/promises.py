"""Folders of pictures that nothing was tuned on: our error and seconds, and a good PyTorch user's.

    python benchmarks/promises.py FOLDER --json promises.json
    python benchmarks/promises.py FOLDER --kinds digits --seeds 104 105 --ways default torch
    python benchmarks/promises.py FOLDER --kinds digits --seeds 101 --ways lengths

FOLDER gets the pictures of `folders.py`, by kind and seed. Each way is a process of its own, as it
is typed, with nothing decoded before and kernels compiled before; its seconds are all that one
waits for, from the first import to the test error. `default` is `simplecell train FOLDER`, `long`
is the same with `--minutes 1.5`. `lengths` cuts recipes to a half and a quarter of their epochs.
Where others use the machine a clock gives fewer epochs: `--epochs 120` gives `default` so many
instead, without a guard, and the processors' own seconds say what it took of them.

`torch` is a network of three convolutions, 32, 32 and 64 maps of 3x3, with batch normalisation,
pooling, dropout and two dense layers. Its pictures are grey, 32x32, shifted, turned, scaled and
sheared, with the edge's colour outside and their light changed; Adam with one cycle, 30 epochs.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

SEEDS, KINDS = (101, 102, 103), ("digits", "characters", "chinese", "thousand")
WAYS = ("default", "long", "torch", "lengths")
LENGTHS = {"pictures": 120, "modern": 120, "fast": 60}
TORCH_EPOCHS = 30


def ours(folder: Path, *options: object) -> dict[str, Any]:
    """Train as a person does, with nothing kept from before but compiled kernels."""
    with TemporaryDirectory() as place:
        told = [sys.executable, "-m", "simplecell", "train", str(folder), "--json"]
        told += ["--out", f"{place}/run", *map(str, options)]
        surroundings = {**os.environ, "SIMPLECELL_CACHE": f"{place}/cache"}
        started, before = time.perf_counter(), _processors()
        ran = subprocess.run(told, env=surroundings, capture_output=True, text=True, check=True)
        seconds, of_processors = time.perf_counter() - started, _processors() - before
    found = json.loads(ran.stdout)
    kept = ("train_seconds", "guard_seconds", "epochs", "network", "recipe")
    said = [
        line for line in ran.stderr.splitlines() if line.startswith(("Pictures", "The network"))
    ]
    return {"percent": found["test_error_percent"], "seconds": seconds,
            "processor_seconds": of_processors, "said": said,
            **{name: found[name] for name in kept}}  # fmt: skip


def _processors() -> float:
    """Give the seconds that all processors together spent on processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def theirs(folder: Path) -> dict[str, Any]:
    """Train in PyTorch, in a process of its own."""
    started, before = time.perf_counter(), _processors()
    told = [sys.executable, __file__, str(folder), "--learn"]
    ran = subprocess.run(told, capture_output=True, text=True, check=True)
    told_percent = json.loads(ran.stdout.splitlines()[-1])
    seconds = time.perf_counter() - started
    return {**told_percent, "seconds": seconds, "processor_seconds": _processors() - before}


def learn(folder: Path) -> None:
    """Do what somebody does who knows PyTorch well, and print the test error."""
    import torch
    from PIL import Image
    from torch import nn
    from torch.nn import functional

    def read(part: str) -> tuple[torch.Tensor, torch.Tensor]:
        pixels, labels = [], []
        for label, place in enumerate(sorted((folder / part).iterdir())):
            for file in sorted(place.iterdir()):
                with Image.open(file) as picture:
                    small = picture.convert("L").resize((32, 32), Image.Resampling.BILINEAR)
                pixels.append(np.asarray(small, np.float32) / 255)
                labels.append(label)
        return torch.tensor(np.stack(pixels)[:, None]), torch.tensor(labels)

    torch.manual_seed(0)
    x, t = read("train")
    x_test, t_test = read("test")
    mean, deviation = x.mean(), x.std()
    classes = int(t.max()) + 1
    block = [
        layer
        for below, maps in ((1, 32), (32, 32), (32, 64))
        for layer in (nn.Conv2d(below, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps),
                      nn.ReLU(), nn.MaxPool2d(2))
    ]  # fmt: skip
    net = nn.Sequential(*block, nn.Flatten(), nn.Dropout(0.25), nn.Linear(64 * 16, 256), nn.ReLU(),
                        nn.Dropout(0.5), nn.Linear(256, classes))  # fmt: skip

    def distorted(some: torch.Tensor) -> torch.Tensor:
        count = len(some)
        even = torch.rand(6, count) * 2 - 1
        angle, shear = even[0] * math.radians(10), even[1] * 0.15
        scale = torch.exp(even[2] * math.log(1.15))
        first = torch.stack(
            [scale * angle.cos(), scale * (shear - angle.sin()), even[3] * 0.16], 1
        )
        second = torch.stack([scale * angle.sin(), scale * angle.cos(), even[4] * 0.16], 1)
        grid = functional.affine_grid(torch.stack([first, second], 1), list(some.shape),
                                      align_corners=False)  # fmt: skip
        moved = functional.grid_sample(some, grid, padding_mode="border", align_corners=False)
        lit = torch.exp(even[5] * math.log(1.3))[:, None, None, None]
        return (moved - moved.mean((1, 2, 3), keepdim=True)) * lit + moved.mean((1, 2, 3), True)

    steps = TORCH_EPOCHS * math.ceil(len(x) / 64)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    for _ in range(TORCH_EPOCHS):
        net.train()
        for rows in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            shown = (distorted(x[rows]) - mean) / deviation
            functional.cross_entropy(net(shown), t[rows]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            pace.step()
    net.eval()
    with torch.no_grad():
        given = [net((some - mean) / deviation).argmax(1) for some in torch.split(x_test, 500)]
    print(json.dumps({"percent": 100 * float((torch.cat(given) != t_test).float().mean())}))


def one(folder: Path, way: str, epochs: int | None) -> dict[str, dict[str, Any]]:
    """Go one way with a folder; `lengths` is nine runs, whose pictures are cropped."""
    if way == "torch":
        return {way: theirs(folder)}
    if way == "default" and epochs is not None:
        return {f"{epochs} epochs": ours(folder, "--epochs", epochs, "--no-guard")}
    if way != "lengths":
        return {way: ours(folder, *(("--minutes", 1.5) if way == "long" else ()))}
    return {
        f"{name} {whole // share}": ours(
            folder, "--recipe", name, "--epochs", whole // share, "--no-guard", "--crop"
        )
        for name, whole in LENGTHS.items()
        for share in (1, 2, 4)
    }


def main() -> None:
    """Go each way with each folder, and print the table."""
    import folders

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS[:3])
    parser.add_argument("--epochs", type=int, help="of `default`, in place of the clock")
    parser.add_argument("--json", type=Path, help="what was found, also of calls before")
    told = parser.parse_args()
    found = json.loads(told.json.read_text()) if told.json and told.json.is_file() else {}
    for way in told.ways:
        for kind in told.kinds:
            for seed in told.seeds:
                folder = told.folder / f"{kind}-{seed}"
                if not (folder / "test").is_dir():
                    folders.fill(kind, folder, seed)
                for name, run in one(folder, way, told.epochs).items():
                    found.setdefault(f"{kind}: {name}", {})[str(seed)] = run
                    print(f"{kind} {seed}, {name}: {run['percent']:.2f} %,"
                          f" {run['seconds']:.1f} s, {run['processor_seconds']:.1f} s of the"
                          " processors", flush=True)  # fmt: skip
                if told.json:
                    told.json.write_text(json.dumps(found, indent=1))
    print(
        "\n| folder: way | seeds | test error, mean ± s.d. | seconds in all, mean (most) |"
        " of the processors |"
    )
    print("|---|---|---|---|---|")
    for name, runs in found.items():
        percents = [run["percent"] for run in runs.values()]
        seconds = [run["seconds"] for run in runs.values()]
        used = np.mean([run["processor_seconds"] for run in runs.values()])
        spread = f" ± {np.std(percents, ddof=1):.2f}" if len(runs) > 1 else ""
        print(f"| {name} | {', '.join(runs)} | {np.mean(percents):.2f}{spread} % |"
              f" {np.mean(seconds):.1f} ({max(seconds):.1f}) | {used:.1f} |")  # fmt: skip


if __name__ == "__main__":
    if sys.argv[2:] == ["--learn"]:
        learn(Path(sys.argv[1]))
    else:
        main()
