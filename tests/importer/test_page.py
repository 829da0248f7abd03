"""What docs/own-network.md shows is what the commands print; its Python runs with all pages'."""

import io
import re
import warnings
from pathlib import Path

import pytest

from simplecell.cli.main import main

from .conftest import graph, node, onnx, weights

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from .networks import NETWORKS, made  # noqa: E402

PAGES = [Path(__file__).parents[2] / "docs" / page for page in
         ("own-network.md", "zh/own-network.md")]  # fmt: skip
FILES = Path(__file__).parent / "files"


def shown(page: Path) -> list[str]:
    return re.findall(r"```text\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def without_size(text: str) -> str:
    """The bytes of the file depend on what the versions of the packages are called."""
    return re.sub(r"[\d,]+ bytes", "… bytes", text.rstrip())


def said(capfd: pytest.CaptureFixture[str], *told: str) -> str:
    capfd.readouterr()
    with pytest.raises(SystemExit):
        main(list(told))
    printed = capfd.readouterr()
    return "\n".join(line.rstrip() for line in (printed.out or printed.err).splitlines())


def test_the_page_shows_what_the_commands_print(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    module, shape = made("example")
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.zeros(1, *shape),), file, dynamo=False)
    Path("mnist_cnn.onnx").write_bytes(file.getvalue())
    table = said(
        capfd, "import", "mnist_cnn.onnx", "--mean", "0.1307", "--std", "0.3081",
        "--out", "mine.safetensors",
    )  # fmt: skip
    content = onnx.load_model_from_string(
        graph(
            node("Conv", "x w", "u", name="/conv1/Conv"),
            node("Relu", "u", "a", name="/Relu"),
            node("Conv", "a k", "c", name="/conv2/Conv", pads=[1, 1, 1, 1]),
            node("Add", "c a", "s", name="/Add"),
            node("Flatten", "s", "y"),
            constants={"w": weights(8, 1, 3, 3), "k": weights(8, 8, 3, 3)},
        )
    )
    Path("residual.onnx").write_bytes(content.SerializeToString())
    refusal = said(capfd, "import", "residual.onnx")
    for page in PAGES:
        found = [without_size(block) for block in shown(page)]
        assert found == [without_size(table), without_size(refusal)]


def test_the_page_counts_the_networks_as_they_are() -> None:
    text = PAGES[0].read_text(encoding="utf-8")
    assert "21 networks" in text
    assert len(NETWORKS) == 21
    assert "8 of them by its newer exporter" in text
    assert len(list(FILES.glob("dynamo_*.onnx"))) == 8
    assert "6 by Keras" in text
    refused = {FILES / "keras_inputs.onnx"}
    assert len(set(FILES.glob("keras_*.onnx")) - refused) == 6
