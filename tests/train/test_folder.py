import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.engines.protocol import State
from simplecell.errors import ModelError
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train import folder as folder_file
from simplecell.train.checkpoint import Checkpoint
from simplecell.train.folder import RunFolder, free_folder
from simplecell.train.history import Epoch, read_lines


@pytest.fixture
def settings(network: Network) -> dict[str, Any]:
    return {
        "network": json.loads(network.to_json()),
        "data": {"name": "rows", "images": 60, "crc32": 1},
        "recipe": {"epochs": 2, "schedule": {"rate": 0.1, "passes": []}},
        "seed": 0,
        "engine": "reference",
        "simplecell": "1",
    }


@pytest.fixture
def run(tmp_path: Path, settings: dict[str, Any]) -> RunFolder:
    run = RunFolder(tmp_path / "run")
    run.start(settings)
    return run


def checkpoint(network: Network) -> Checkpoint:
    history = [Epoch(1, 0.5, 0.25, 1.0, 1e-3, 2.0)]
    state = State({"C1.b": np.ones(2)}, {}, 5)
    return Checkpoint(network.to_json(), state, history, 0, np.zeros(0), 1.0)


def test_a_run_claims_an_absent_or_an_empty_folder(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    for path in (tmp_path / "a" / "b", tmp_path / "empty"):
        if path.name == "empty":
            path.mkdir()
        RunFolder(path).start(settings)
        assert RunFolder(path).settings()["seed"] == 0


def test_an_unfinished_run_is_not_started_again(run: RunFolder, settings: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"holds a run that is not finished \(rows on rows, 2"):
        run.start(settings)


def test_a_finished_run_is_not_started_again(run: RunFolder, settings: dict[str, Any]) -> None:
    run.model_file.write_bytes(b"")
    with pytest.raises(ModelError, match=r"holds a finished run .*seed 0.*\n.*--resume"):
        run.start(settings)


def test_a_folder_of_other_files_is_not_claimed(tmp_path: Path, settings: dict[str, Any]) -> None:
    for name in "edcba":
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ModelError, match=r"holds a, b, c, … and no run"):
        RunFolder(tmp_path).start(settings)


def test_a_run_that_finds_no_room_leaves_no_folder(
    tmp_path: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, content: bytes) -> None:
        raise ModelError("no space is left")

    monkeypatch.setattr(folder_file, "write_file", refuse)
    with pytest.raises(ModelError, match="no space is left"):
        RunFolder(tmp_path / "run").start(settings)
    assert not list(tmp_path.iterdir())


def test_resuming_needs_a_run(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"holds no run to go on with: there is no run.json"):
        RunFolder(tmp_path).resume(settings)


def test_resuming_before_the_first_checkpoint_begins_again(
    run: RunFolder, settings: dict[str, Any]
) -> None:
    assert run.resume(settings) is None


def test_resuming_gives_the_checkpoint_and_sweeps_what_a_kill_left(
    run: RunFolder, settings: dict[str, Any], network: Network
) -> None:
    run.save(checkpoint(network))
    (run.path / ".model.safetensors.7.tmp").write_bytes(b"half")
    found = run.resume(settings)
    assert found is not None
    assert found.state.steps == 5
    assert not list(run.path.glob(".*"))
    assert read_lines(run.history_file.read_text()) == found.history


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"seed": 1}, "seed: 0 there, 1 asked for"),
        ({"recipe": {"epochs": 3}}, "recipe.epochs: 2 there, 3 asked for"),
        ({"recipe": {"schedule": {"rate": 0.2}}}, "recipe.schedule.rate: 0.1 there, 0.2 asked"),
        ({"engine": "lanes"}, "engine: 'reference' there, 'lanes' asked for"),
        ({"data": {"crc32": 2}}, "the training part has other bytes than when the run began"),
        ({"data": {"name": "mnist"}}, "data.name: 'rows' there, 'mnist' asked for"),
    ],
)
def test_resuming_with_other_settings_names_the_difference(
    run: RunFolder, settings: dict[str, Any], change: dict[str, Any], line: str
) -> None:
    def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        changed = {
            key: merged(old[key], value) if isinstance(value, dict) else value
            for key, value in new.items()
        }
        return {**old, **changed}

    with pytest.raises(ModelError, match="holds a run with other settings") as refusal:
        run.resume(merged(settings, change))
    assert line in str(refusal.value)
    assert str(refusal.value).count(" there") + str(refusal.value).count("other bytes") == 1


def test_resuming_with_another_network_names_what_differs(
    run: RunFolder, settings: dict[str, Any]
) -> None:
    other = {**settings, "network": json.loads(find("palm").to_json())}
    with pytest.raises(ModelError, match=r"network.name: 'rows' there, 'palm' asked for"):
        run.resume(other)


def test_a_newer_simplecell_may_go_on(run: RunFolder, settings: dict[str, Any]) -> None:
    assert run.resume({**settings, "simplecell": "2"}) is None


def test_a_checkpoint_of_another_network_is_refused(
    run: RunFolder, settings: dict[str, Any]
) -> None:
    run.save(checkpoint(find("palm")))
    with pytest.raises(ModelError, match=r"belongs to another network \(palm\) than .*\(rows\)"):
        run.resume(settings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ("{}", "is damaged"),
        ('{"format": "simplecell.run", "version": 2}', "version 2; this simplecell reads"),
        ('{"format": "x", "version": 1}', "of format 'x'"),
        ('{"format": "simplecell.run", "version": 1, "seed": 0}', "lacks data, engine, network"),
    ],
)
def test_damaged_or_newer_settings_are_refused(run: RunFolder, text: str, message: str) -> None:
    run.settings_file.write_text(text)
    with pytest.raises(ModelError, match=message):
        run.settings()
    with pytest.raises(ModelError, match=r"its run.json cannot be read"):
        run.refuse_second_start()


def test_a_result_is_there_once_it_is_saved(run: RunFolder) -> None:
    assert run.result() is None
    run.save_result({"test_error_percent": 0.95})
    assert run.result() == {"test_error_percent": 0.95}


def test_a_free_folder_is_the_first_that_is_not_there(tmp_path: Path) -> None:
    assert free_folder(tmp_path / "runs", "a").name == "a-1"
    (tmp_path / "runs" / "a-1").mkdir(parents=True)
    (tmp_path / "runs" / "a-2").mkdir()
    assert free_folder(tmp_path / "runs", "a/../b c").name == "a-..-b-c-1"
    assert free_folder(tmp_path / "runs", "a").name == "a-3"
