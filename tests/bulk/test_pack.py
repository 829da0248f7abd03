"""A pack holds what its source does, whoever made it; training from it takes no memory for it."""

import errno
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import simplecell as sc
from simplecell.bulk.pack import pack
from simplecell.data import pack as format_
from simplecell.data.pack import check_pack, open_pack, windows
from simplecell.engines.protocol import Examples
from simplecell.errors import DataError, ModelError
from simplecell.train.callbacks import Callback, Interrupted
from simplecell.train.recipes import RECIPES
from simplecell.train.sampler import Pictures
from simplecell.units import Plan, read_shard

NETWORK = sc.Network("two", (1, 8, 8), (sc.Dense("F1", 12), sc.Dense("F2", 10, "softmax")))
COUNT = 360


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tar files of digits, as PNG; one of them cannot be read."""
    folder = tmp_path_factory.mktemp("shards")
    digits = sc.load("digits", size=8).train
    for shard in range(3):
        with tarfile.open(folder / f"d-{shard}.tar", "w") as tar:
            for k in range(shard, COUNT, 3):
                held = io.BytesIO()
                Image.fromarray(digits.pixels[k, 0]).save(held, "PNG")
                data = b"no picture" if k == 100 else held.getvalue()
                for name, content in (
                    (f"{k:04}.png", data),
                    (f"{k:04}.cls", b"%d" % digits.labels[k]),
                ):
                    entry = tarfile.TarInfo(name)
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))
    return folder


@pytest.fixture(scope="module")
def packed(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packed") / "d.pack"
    made = pack(shards, out, size=8)
    assert (made.pictures, made.left_out, made.missing) == (COUNT - 1, 1, 0)
    assert made.skipped[0][0] == "0100.png"
    assert not list(out.parent.glob("*.parts"))
    return out


def test_a_pack_has_every_picture_once_with_its_class(packed: Path) -> None:
    data, digits = sc.load(packed), sc.load("digits", size=8).train
    assert data.test is not None
    assert isinstance(data.train.pixels, np.memmap)
    assert data.notes == ("1 files were left out when it was packed.",)
    both = [*zip(data.train.pixels, data.train.labels, strict=True)]
    both += [*zip(data.test.pixels, data.test.labels, strict=True)]
    found = sorted((p.tobytes(), int(label)) for p, label in both)
    rows = [k for k in range(COUNT) if k != 100]
    assert found == sorted((digits.pixels[k].tobytes(), int(digits.labels[k])) for k in rows)
    assert check_pack(packed) == COUNT - 1
    assert np.bincount(data.train.labels[-40:]).size == 10, "the order is random"


def test_shards_and_processes_make_the_same_bytes(
    packed: Path, shards: Path, tmp_path: Path
) -> None:
    for k in (2, 0):
        made = pack(shards, tmp_path / "s.pack", size=8, plan=Plan(shard=read_shard(f"{k}/3")))
        assert made.missing
    assert not pack(
        shards, tmp_path / "s.pack", size=8, plan=Plan(shard=read_shard("1/3"))
    ).missing
    assert (tmp_path / "s.pack").read_bytes() == packed.read_bytes()
    pack(shards, tmp_path / "j.pack", size=8, plan=Plan(jobs=2))
    assert (tmp_path / "j.pack").read_bytes() == packed.read_bytes()


def test_a_half_written_part_is_made_again_and_said(
    packed: Path, shards: Path, tmp_path: Path
) -> None:
    out, said = tmp_path / "d.pack", list[str]()
    pack(shards, out, size=8, plan=Plan(shard=read_shard("0/3")))
    rows = tmp_path / "d.pack.parts/part-00000.u8"
    rows.write_bytes(rows.read_bytes()[:-5])
    pack(shards, out, size=8, plan=Plan(say=said.append))
    assert "part-00000: its rows are not whole; they are made again" in said
    assert out.read_bytes() == packed.read_bytes()


def test_a_pack_of_something_else_is_refused(packed: Path, shards: Path) -> None:
    assert pack(shards, packed, size=8).pictures == COUNT - 1
    with pytest.raises(DataError, match="is there already, and is no pack of"):
        pack(shards, packed, size=16)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda b: b[:-1], "it has .* bytes and should have"),
        (lambda b: b[:-9] + b"\0" + b[-8:], "the checksum of its index does not fit"),
        (lambda b: b[:7] + b"\2" + b[8:], "another version"),
        (lambda b: b[:5000] + bytes([b[5000] ^ 1]) + b[5001:], "checksum of block 0 does not fit"),
        (lambda b: b[:30], "and should have"),
    ],
)
def test_damage_is_named(
    packed: Path, tmp_path: Path, spoil: Callable[[bytes], bytes], words: str
) -> None:
    path = tmp_path / "b.pack"
    path.write_bytes(spoil(packed.read_bytes()))
    with pytest.raises(DataError, match=words):
        check_pack(path)


def test_another_size_is_refused_with_what_to_do(packed: Path) -> None:
    with pytest.raises(DataError, match=r"of 1x8x8, and 1x32x32 were asked.*\n.*--size 32"):
        sc.fit("lenet5", str(packed), epochs=1, progress=False)


def test_windows_hold_each_row_once_and_follow_the_epoch() -> None:
    told = [np.concatenate(list(windows(1003, 10, 7, 1, epoch))) for epoch in (0, 0, 1)]
    assert sorted(told[0].tolist()) == list(range(1003))
    assert told[0].tolist() == told[1].tolist() != told[2].tolist()
    first = next(windows(1003, 10, 7, 1, 0))
    assert len(set((first // 10).tolist())) == 7


def test_weights_keep_to_the_windows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are read more often, or less, are read with their window, as a file is mapped."""
    monkeypatch.setattr(format_, "BLOCK", 64 * 8)
    monkeypatch.setattr(format_, "WINDOW", 64 * 8 * 5)
    weights = np.where(np.arange(333) % 3 == 0, 5.0, 1.0)
    examples = Examples(np.zeros((333, 1, 8, 8), np.uint8))
    told = [
        Pictures(examples, RECIPES["fast"], 1, 1, weights, mapped).rows(2)
        for mapped in (True, False)
    ]
    (rows, again), (plain, _) = told
    assert sorted(rows.tolist()) == sorted(plain.tolist())
    assert set(zip(rows.tolist(), again.tolist(), strict=True)) == set(
        zip(*(a.tolist() for a in told[1]), strict=True)
    )
    for part in windows(333, 8, 5, 1, 2):
        here = np.isin(rows, part)
        assert np.ptp(np.flatnonzero(here)) == here.sum() - 1, "a window is read in one piece"


class Halt(Callback):
    """Leaves a run after its first steps, as Ctrl-C does."""

    def interrupts(self) -> bool:
        return True


@pytest.mark.parametrize("distorted", [False, True])
def test_training_is_the_same_for_all_threads_and_after_a_stop(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, distorted: bool
) -> None:
    monkeypatch.setattr(format_, "WINDOW", 64 * 64)
    monkeypatch.setattr(format_, "BLOCK", 64 * 8)
    recipe = "lenet1998-distortions" if distorted else "fast"
    how: dict[str, Any] = {"recipe": recipe, "epochs": 2, "batch": 16, "rate": 0.001,
                           "validation": 0.1, "progress": False}  # fmt: skip
    runs = [sc.fit(NETWORK, str(packed), threads=n, **how) for n in (1, 2)]
    with pytest.raises(Interrupted):
        sc.fit(NETWORK, str(packed), out=tmp_path / "run", callbacks=[Halt()], **how)
    runs.append(sc.fit(NETWORK, str(packed), out=tmp_path / "run", resume=True, **how))
    weights = [{n: w.tobytes() for n, w in run.parameters.items()} for run in runs]
    assert weights[0] == weights[1] == weights[2]
    assert [row.validation_error_percent for row in runs[0].history] == [
        row.validation_error_percent for row in runs[2].history
    ]


def test_the_part_kept_aside_is_no_copy(packed: Path) -> None:
    data = sc.load(packed)
    from simplecell.data.part import split

    learn, aside = split(data.train, 0.1, 0)
    assert np.shares_memory(learn.pixels, data.train.pixels)
    assert np.shares_memory(aside.pixels, data.train.pixels)
    assert len(aside) == round(0.1 * len(data.train))


def test_a_folder_packs_as_well_as_tar_files(tmp_path: Path, simplecell: Any) -> None:
    for k in range(20):
        path = tmp_path / "birds" / ("owl", "heron")[k % 2] / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((9, 9), 10 * k, np.uint8)).save(path)
    (tmp_path / "birds/owl/broken.png").write_bytes(b"\x89PNG\r\n")
    out = tmp_path / "b.pack"
    done = simplecell("pack", tmp_path / "birds", out, "--size", 8, "--check")
    assert done.code == 0, done.err
    assert "20 pictures of 2 classes" in done.out
    assert "1 files were left out" in done.out and "broken.png" in done.out
    assert sc.load(out).classes == ("heron", "owl")
    assert (
        simplecell("pack", tmp_path / "birds", out, "--size", 8, "--json").json["pictures"] == 20
    )


def test_a_full_disk_is_said(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelError, match="no space is left"):
        pack(shards, tmp_path / "f.pack", size=8)
    assert not list(tmp_path.rglob("*.tmp"))


def test_the_index_says_what_is_in_it(packed: Path) -> None:
    index = open_pack(packed).index
    assert index["learn"] + index["test"] == COUNT - 1
    assert index["classes"] == list("0123456789")
    assert "/" not in str(index["told"])
