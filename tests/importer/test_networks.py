"""Twenty networks of PyTorch's tutorials: the same answers, and the same step of training."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.engines.protocol import Array, Engine, Examples, State, Update
from simplecell.importer import Imported, from_onnx, from_torch

from .conftest import TOLERANCE, answers, away, exported, runtime

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from .networks import NETWORKS, made  # noqa: E402

FILES = Path(__file__).parent / "files"
STEP = 1e-4


def pictures(shape: tuple[int, int, int], count: int = 6) -> Array:
    rng = np.random.default_rng(11)
    return rng.uniform(0, 1, (count, *shape)).astype(np.float32)


def plain(model: Imported, scores: Array) -> Array:
    """What ONNX Runtime gives, as the model says it: probabilities in place of logarithms."""
    logarithms = any(step.operator == "LogSoftmax" for step in model.steps)
    return np.exp(scores) if logarithms else scores


@pytest.mark.parametrize(
    ("name", "batch"),
    [*((name, "open") for name in NETWORKS), *((name, "fixed") for name in ("viewed", "colours"))],
)
def test_a_file_of_pytorchs_exporter_answers_as_in_onnx_runtime(
    name: str, batch: str, engines: dict[str, Engine]
) -> None:
    module, shape = made(name)
    named = {"input_names": ["x"], "dynamic_axes": {"x": {0: "N"}}} if batch == "open" else {}
    content = exported(module, shape, **named)
    x = pictures(shape, 6 if batch == "open" else 2)
    model = from_onnx(content, input_scale=1.0)
    wanted = plain(model, runtime(content, x))
    assert away(answers(model, x, engines["reference"]), wanted) <= TOLERANCE
    assert away(answers(model, x, engines["lanes"]), wanted) <= TOLERANCE
    assert {step.node for step in model.steps} == set(range(1, len(model.steps) + 1))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_module_answers_as_in_pytorch(name: str, engines: dict[str, Engine]) -> None:
    module, shape = made(name)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    model = from_torch(module, shape, input_scale=1.0)
    x = pictures(shape)
    with torch.no_grad():
        wanted = plain(model, module(torch.from_numpy(x)).numpy())
    assert away(answers(model, x, engines["reference"]), wanted) <= TOLERANCE
    after = module.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items()), "left alone"
    assert not module.training


@pytest.mark.parametrize("path", sorted(FILES.glob("dynamo_*.onnx")), ids=lambda path: path.stem)
def test_a_file_of_pytorchs_newer_exporter_answers_as_in_onnx_runtime(
    path: Path, engines: dict[str, Engine]
) -> None:
    _, shape = NETWORKS[path.stem.removeprefix("dynamo_")]
    model = from_onnx(path, input_scale=1.0)
    x = pictures(shape)
    wanted = plain(model, runtime(path.read_bytes(), x))
    assert away(answers(model, x, engines["reference"]), wanted) <= TOLERANCE


def test_all_of_them_answer_so_through_the_newer_exporter(engines: dict[str, Engine]) -> None:
    pytest.importorskip("onnxscript", reason="the newer exporter needs onnxscript")
    for name in NETWORKS:
        module, shape = made(name)
        file: Any = io.BytesIO()
        torch.onnx.export(
            module, (torch.zeros(2, *shape),), file, dynamo=True, external_data=False,
            verbose=False,
        )  # fmt: skip
        x = pictures(shape, 2)
        model = from_onnx(file.getvalue(), input_scale=1.0)
        wanted = plain(model, runtime(file.getvalue(), x))
        assert away(answers(model, x, engines["reference"]), wanted) <= TOLERANCE, name


def without_dropout(module: nn.Module) -> nn.Module:
    """Dropout draws: no two steps with it are the same."""
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return module


def loss_of(scores: Any, labels: Any, model: Imported) -> Any:
    """The loss that the model is trained with: cross entropy, of what the module gives."""
    ends = {step.operator for step in model.steps}
    if "LogSoftmax" in ends:
        return F.nll_loss(scores, labels)
    if "Softmax" in ends:
        return F.nll_loss(torch.log(scores), labels)
    return F.cross_entropy(scores, labels)


@pytest.mark.parametrize("engine", ["reference", "lanes"])
@pytest.mark.parametrize("name", NETWORKS)
def test_one_step_of_training_is_pytorchs(
    name: str, engine: str, engines: dict[str, Engine]
) -> None:
    module, shape = made(name)
    without_dropout(module)
    if name == "viewed":  # its dropout is a function, which only evaluation leaves out
        model = from_onnx(exported(module, shape), input_scale=1.0)
    else:
        model = from_torch(module, shape, input_scale=1.0)
        module.train()
    x = pictures(shape, 8)
    labels = np.random.default_rng(12).integers(0, 10, 8)
    module.double()
    optimiser = torch.optim.SGD(module.parameters(), lr=0.05)
    loss = loss_of(module(torch.from_numpy(x).double()), torch.from_numpy(labels), model)
    loss.backward()
    optimiser.step()
    module.float().eval()
    wanted = (
        from_onnx(exported(module, shape), input_scale=1.0)
        if name == "viewed"
        else from_torch(module, shape, input_scale=1.0)
    )

    state = State({key: np.array(w, np.float64) for key, w in model.parameters.items()})
    told = model.normalisation
    examples = Examples(x, labels, told.scale, told.shift)
    program = engines[engine].program(model.network)
    found = program.train(state, examples, np.arange(8), 8, [0.05], Update("sgd"), "cross_entropy")
    assert found[0] == pytest.approx(float(loss.detach()), rel=STEP)
    own = "S1." if name == "colours" else "none"  # gains of its own that the module has not
    moved = 0.0
    for key, w in wanted.parameters.items():
        if not key.startswith(own):
            step = float(np.abs(w - model.parameters[key]).max())
            off = float(np.abs(state.parameters[key] - w).max())
            # Compared with the step itself, which float64 repeats and float32 nearly does.
            assert off <= (STEP if engine == "reference" else 0.02) * max(step, 1e-3), key
            assert off <= STEP, key
            moved = max(moved, step)
    assert moved > 1e-4, "a step that moves nothing tests nothing"
