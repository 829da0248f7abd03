"""Files that an earlier simplecell wrote load for ever. A new format adds a file here.

Each holds the run of two epochs that a version wrote when its format was new.
"""

from pathlib import Path

import numpy as np
import pytest

from simplecell.spec.network import Network
from simplecell.train.checkpoint import VERSION, read_checkpoint
from simplecell.train.model import load_model

RELEASED = Path(__file__).parent / "released"
MODELS = {1: 16.842706}
"""The sum of the absolute weights in the model of each version of the format."""


def test_every_version_has_its_files() -> None:
    versions = set(range(1, VERSION + 1))
    for kind in ("model", "checkpoint"):
        files = {path.stem for path in RELEASED.glob(f"{kind}-*.safetensors")}
        assert files == {f"{kind}-{version}" for version in versions}
    assert MODELS.keys() == versions


@pytest.mark.parametrize("version", MODELS)
def test_models_of_every_version_load(version: int, network: Network) -> None:
    model = load_model(RELEASED / f"model-{version}.safetensors", network)
    total = sum(float(np.abs(w).sum()) for w in model.parameters.values())
    assert total == pytest.approx(MODELS[version], rel=1e-6)
    assert model.classes == ("top", "middle", "bottom")
    assert model.frame == (6, 6)
    assert model.metadata["seed"] == 1


@pytest.mark.parametrize("version", MODELS)
def test_checkpoints_of_every_version_load(version: int) -> None:
    checkpoint = read_checkpoint(RELEASED / f"checkpoint-{version}.safetensors")
    assert (checkpoint.epoch, checkpoint.step, checkpoint.state.steps) == (2, 0, 8)
    assert set(checkpoint.state.slots) == {"m", "v"}
    model = load_model(RELEASED / f"model-{version}.safetensors")
    for name, w in checkpoint.state.parameters.items():
        assert np.array_equal(w.astype(np.float32), model.parameters[name])
