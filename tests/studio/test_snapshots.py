"""Snapshots: at most so many, dense near the end, the whole run within reach."""

from pathlib import Path

import numpy as np
import pytest

from simplecell.engines.protocol import State
from simplecell.errors import ModelError, StudioError
from simplecell.studio import snapshots as ring_module
from simplecell.studio.snapshots import FEWEST, MOST, Frames, Snapshots
from simplecell.train.checkpoint import Checkpoint

from .conftest import TWO


def checkpoint(step: int, size: int = 3) -> Checkpoint:
    weights = {"w": np.full(size, step, np.float32)}
    state = State(weights, {"m": weights}, step)
    return Checkpoint(TWO.to_json(), state, [], step, np.ones(step), 1)


def test_the_whole_run_stays_within_reach_and_its_end_is_dense(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    for step in range(1000):
        snapshots.keep(checkpoint(step), step)
    steps = [one.step for one in snapshots.all()]
    assert len(steps) == MOST
    assert steps[0] == 0
    assert steps[-40:] == list(range(960, 1000))
    gaps = np.diff(steps)
    assert gaps[:-60].max() <= 16
    told = snapshots.described()
    assert told["apart"] == {"least": 1, "median": int(np.median(gaps)), "largest": gaps.max()}
    assert [row[2] for row in told["snapshots"]] == steps


def test_a_snapshot_is_a_checkpoint(tmp_path: Path) -> None:
    """Weights, what the rule remembers, and losses: training goes on from it exactly."""
    snapshots = Snapshots(tmp_path)
    number = snapshots.keep(checkpoint(7), 7).number
    found = snapshots.read(number)
    assert found.state.parameters["w"].tolist() == found.state.slots["m"]["w"].tolist() == [7] * 3
    assert (found.step, found.state.steps, found.losses.tolist()) == (7, 7, [1] * 7)


def test_large_snapshots_are_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "BUDGET", 1 << 20)
    snapshots = Snapshots(tmp_path)
    for step in range(60):
        snapshots.keep(checkpoint(step, 10_000), step)
    taken = sum(one.path.stat().st_size for one in snapshots.all())
    assert len(snapshots.all()) >= FEWEST
    assert taken <= 1 << 20


def test_what_lies_past_a_rewind_is_forgotten_and_numbers_go_on(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    for step in range(6):
        snapshots.keep(checkpoint(step), step)
    snapshots.drop_after(2)
    assert [one.step for one in snapshots.all()] == [0, 1, 2]
    snapshots.drop_past(1)
    assert [one.step for one in snapshots.all()] == [0, 1]
    with pytest.raises(StudioError, match="snapshot 4 is not kept"):
        snapshots.find(4)


def test_a_full_disk_leaves_no_half_snapshot(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    (tmp_path / "snapshots").write_text("a file where the folder would be")
    with pytest.raises(ModelError):
        snapshots.keep(checkpoint(1), 1)
    assert snapshots.all() == []


def test_frames_are_kept_alike(tmp_path: Path) -> None:
    frames = Frames(tmp_path, most=10)
    assert frames.shapes() == []
    for number in range(40):
        frames.keep(number, bytes([number]), [{"name": "a", "shape": [1]}])
    assert len(frames.numbers()) <= 10
    assert frames.numbers()[0] == 0
    assert frames.read(39) == b"\x27"
    assert frames.shapes() == [{"name": "a", "shape": [1]}]
    with pytest.raises(StudioError, match="not kept"):
        frames.read(1)
