"""Bad input: every error fits one screen, names the file, says what was found and what to do.

Each case is run as a person would run it. None leaves a traceback, an answer or half a file.
"""

import gzip
import logging
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from simplecell.cli.main import main
from simplecell.data.folder import STEMS
from simplecell.data.normalise import published
from simplecell.engines.parameters import initial_parameters
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.model import Model

SCREEN = (24, 160)
"""Lines, and columns, that a message may take."""

NETWORK = Network("two", (1, 8, 8), (Dense("F1", 9), Dense("F2", 10, "softmax")))
COUNT = 12


def idx(values: np.ndarray, magic: bytes | None = None) -> bytes:
    header = magic or bytes((0, 0, 8, values.ndim))
    return header + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def write_folder(folder: Path, **changed: bytes) -> Path:
    """Write four IDX files of 8x8 digits, some of them spoilt."""
    pictures = np.zeros((COUNT, 8, 8), np.uint8)
    labels = np.arange(COUNT, dtype=np.uint8) % 10
    sound = {"images": idx(pictures), "labels": idx(labels)}
    folder.mkdir()
    for stem in STEMS:
        kind = "images" if "images" in stem else "labels"
        spoilt = changed.get(kind) if stem.startswith("train") else None
        (folder / stem).write_bytes(spoilt or sound[kind])
    return folder


def write_model(folder: Path) -> Path:
    path = folder / "model.safetensors"
    names = tuple("0123456789")
    Model(NETWORK, initial_parameters(NETWORK, 0), published(), names).save(path)
    return path


def write_net(folder: Path) -> Path:
    (folder / "net.json").write_text(NETWORK.to_json())
    return folder / "net.json"


@dataclass(frozen=True)
class Case:
    """`prepare` makes the bad input and gives the arguments; `words` stand in the message."""

    name: str
    prepare: Callable[[Path], list[object]]
    words: tuple[str, ...]


def train(folder: Path, data: object, net: object | None = None) -> list[object]:
    net = net or write_net(folder)
    return ["train", data, "--net", net, "--engine", "reference", "--out", folder / "run"]


def spoilt(**changed: bytes) -> Callable[[Path], list[object]]:
    return lambda folder: train(folder, write_folder(folder / "data", **changed))


def npz(x: object, y: object) -> Callable[[Path], list[object]]:
    def prepare(folder: Path) -> list[object]:
        np.savez(folder / "bad.npz", x=x, y=y)
        return train(folder, folder / "bad.npz")

    return prepare


def model(content: Callable[[bytes], bytes]) -> Callable[[Path], list[object]]:
    def prepare(folder: Path) -> list[object]:
        path = write_model(folder)
        path.write_bytes(content(path.read_bytes()))
        return ["evaluate", path, "digits", "--engine", "reference"]

    return prepare


def another_networks_model(folder: Path) -> list[object]:
    """The model of a network that the run folder does not hold."""
    write_model(folder)
    other = Network("three", (1, 8, 8), (*NETWORK.layers[:1], Dense("F2", 3, "softmax")))
    (folder / "run.json").write_text(f'{{"network": {other.to_json()}}}')
    return ["evaluate", folder, "digits", "--engine", "reference"]


def no_picture(folder: Path) -> list[object]:
    (folder / "letter.png").write_text("Dear reader,")
    return ["predict", write_model(folder), folder / "letter.png", "--engine", "reference"]


def empty_folder(folder: Path) -> list[object]:
    (folder / "empty").mkdir()
    return train(folder, folder / "empty")


def kernel_too_large(folder: Path) -> list[object]:
    layer = '{"type": "conv", "name": "C1", "maps": 6, "kernel": [9, 9]}'
    (folder / "wide.json").write_text(
        '{"format": "simplecell.network", "version": 1, "name": "wide", "input": [1, 8, 8],'
        f' "layers": [{layer}]}}'
    )
    return train(folder, "digits", folder / "wide.json")


def taken_by_a_file(folder: Path) -> list[object]:
    (folder / "run").write_text("a file")
    return train(folder, "digits")


PICTURES = idx(np.zeros((COUNT, 8, 8), np.uint8))
LABELS = np.arange(COUNT, dtype=np.uint8) % 10
HOLED = np.zeros((COUNT, 8, 8), np.float32)
HOLED[3, 2, 1] = np.nan
PICKLE = bytes.fromhex("8004 950a 0000 0000 0000 007d 948c 0177 944b 0173 2e")

CASES = [
    Case(
        "truncated IDX file",
        spoilt(images=PICTURES[:-5]),
        ("train-images-idx3-ubyte", f"{COUNT * 64 - 5} follow", "truncated", "copy it again"),
    ),
    Case(
        "truncated packed IDX file",
        spoilt(images=gzip.compress(PICTURES)[:-9]),
        ("train-images-idx3-ubyte", "truncated", "copy it again"),
    ),
    Case(
        "IDX file with the wrong magic",
        spoilt(images=b"\x00\x01" + PICTURES[2:]),
        ("train-images-idx3-ubyte", "wrong magic number: found 00 01 08 03", "begins"),
    ),
    Case(
        "labels fewer than images",
        spoilt(labels=idx(LABELS[:-2])),
        ("train-labels-idx1-ubyte", f"{COUNT - 2} labels", f"{COUNT} pictures", "one label"),
    ),
    Case(
        "label out of range",
        spoilt(labels=idx(np.where(LABELS == 7, 11, LABELS).astype(np.uint8))),
        ("train-labels-idx1-ubyte", "labels[7] is 11, out of range", "two tells 10", "correct"),
    ),
    Case(
        "image that is no image",
        no_picture,
        ("letter.png is no picture", "12 bytes", "PNG, JPEG"),
    ),
    Case(
        "empty folder",
        empty_folder,
        ("empty is empty", "four IDX files"),
    ),
    Case(
        "truncated model",
        model(lambda whole: whole[:-100]),
        ("model.safetensors is truncated", "bytes are there", "Copy it again"),
    ),
    Case(
        "model that is a pickle",
        model(lambda whole: PICKLE),
        ("model.safetensors is not a model", "a Python pickle", "simplecell train"),
    ),
    Case(
        "model that is a zip, as torch.save writes",
        model(lambda whole: b"PK\x03\x04" + whole),
        ("model.safetensors is not a model", "a zip archive", "torch.save", "simplecell train"),
    ),
    Case(
        "model of somebody else's",
        model(lambda whole: save({"w": np.zeros(3)})),
        ("model.safetensors", "simplecell did not write", "Name the model.safetensors"),
    ),
    Case(
        "model that belongs to another network",
        another_networks_model,
        ("model.safetensors", "belongs to the network two; three was asked for"),
    ),
    Case(
        "NaN in the data",
        npz(HOLED, LABELS.astype(np.int64)),
        ("bad.npz", "1 of 768 pixels are NaN", "(3, 0, 2, 1)", "np.nan_to_num"),
    ),
    Case(
        "network whose kernel does not fit",
        kernel_too_large,
        ("wide.json", "layer C1: a 9x9 kernel does not fit 8x8 maps", "8x8 -> C1 ?"),
    ),
    Case(
        "unknown data set",
        lambda folder: train(folder, "mnits"),
        ("no data set, file or folder is called 'mnits'", "did you mean 'mnist'", "known: digits"),
    ),
    Case(
        "unknown network",
        lambda folder: train(folder, "digits", "lenet6"),
        ("no network is called 'lenet6'", "did you mean 'lenet5'", "known: lenet1"),
    ),
    Case(
        "unknown recipe",
        lambda folder: [*train(folder, "digits"), "--recipe", "fats"],
        ("no recipe is called 'fats'", "did you mean 'fast'", "known:"),
    ),
    Case(
        "unknown engine",
        lambda folder: [*train(folder, "digits"), "--engine", "lane"],
        ("no engine is called 'lane'", "did you mean 'lanes'", "known:"),
    ),
    Case(
        "no network connection",
        lambda folder: train(folder, "mnist"),
        ("mnist could not be fetched from http://127.0.0.1:9/", "refused", "--data-dir"),
    ),
    Case(
        "a rate that diverges",
        lambda folder: [*train(folder, "digits")[:-2], "--rate", "1e300"],
        ("two diverged in epoch 1, step 1 of 21", "The rate there was", "--rate 1e+299"),
    ),
    Case(
        "no epochs",
        lambda folder: [*train(folder, "digits"), "--epochs", "0"],
        ("epochs is 0; it takes a whole number, 1 or more",),
    ),
    Case(
        "a run folder where a file stands",
        taken_by_a_file,
        ("run cannot be a folder: a file stands there",),
    ),
    Case(
        "no such model",
        lambda folder: ["predict", folder / "gone", folder / "a.png"],
        ("there is no file", "gone", "Name a model.safetensors"),
    ),
]


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("json", [False, True], ids=["people", "json"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_is_refused_on_one_screen_and_leaves_nothing(
    case: Case,
    json: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("SIMPLECELL_DATA", raising=False)
    monkeypatch.setenv("SIMPLECELL_MIRROR", "http://127.0.0.1:9/")
    # pooch's logger keeps the standard error of the test that imported it, since closed.
    monkeypatch.setattr(logging, "raiseExceptions", False)
    work, cache = tmp_path / "work", tmp_path / "cache"
    work.mkdir()
    monkeypatch.setenv("SIMPLECELL_CACHE", str(cache))
    monkeypatch.chdir(work)
    arguments = [str(argument) for argument in case.prepare(work)]
    before = tree(work)
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--json"] if json else arguments)
    out, err = capfd.readouterr()
    assert end.value.code == 2
    assert "Traceback" not in err
    lines = err.splitlines()
    assert 1 <= len(lines) <= SCREEN[0]
    assert not json or out == ""
    for word in case.words:
        assert word in err
    left = {path: content for path, content in tree(work).items() if path not in before}
    assert {**tree(work), **before} == tree(work), "what was there before was changed"
    # Only a run that had begun leaves something: what it was told, whole.
    began = {path for path, content in left.items() if content is not None}
    assert began <= {"runs/digits-two-1/run.json", "runs/digits-two-1/.lock"}
    assert bool(began) == (case.name == "a rate that diverges")
    assert not any(cache.rglob("*.gz"))


LIMITED = """
import resource, sys
from simplecell.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
main(sys.argv[1:])
"""


def test_a_disk_that_is_full_is_said_and_keeps_what_was_there(tmp_path: Path) -> None:
    """The system itself refuses to write more than 4,096 bytes to a file."""
    pytest.importorskip("resource", reason="limits on file sizes are a Unix thing")
    import simplecell

    arguments = [str(argument) for argument in train(tmp_path, "digits")]
    source = str(Path(simplecell.__file__).parents[1])
    answer = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": source},
    )
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert "checkpoint.safetensors could not be written: no space is left" in answer.stderr
    assert "nothing was left behind" in answer.stderr
    assert "Free some space" in answer.stderr
    assert {path.name for path in (tmp_path / "run").iterdir()} == {".lock", "run.json"}


def test_a_disk_that_fills_up_keeps_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Room for the first epoch's checkpoint and history, none after; then room again."""
    arguments = [str(argument) for argument in train(tmp_path, "digits")]
    replace, left = os.replace, 4

    def fill(*names: Path) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        replace(*names)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fill)
        with pytest.raises(SystemExit) as end:
            main(arguments)
    assert end.value.code == 2
    err = capfd.readouterr().err
    assert "checkpoint.safetensors could not be written: no space is left" in err
    assert "what was there before is untouched" in err
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {".lock", "run.json", "checkpoint.safetensors", "history.jsonl"}
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--resume"])
    assert not end.value.code
    assert (tmp_path / "run" / "model.safetensors").exists()
