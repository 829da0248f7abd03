"""`simplecell plot`: every kind of picture, what is said of it, and the commonest mistakes."""

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from simplecell.data.sources import load
from simplecell.plots.gallery import KINDS
from simplecell.spec.layers import RBF, Conv, Dense
from simplecell.spec.network import Network
from simplecell.train.loop import fit

CODES = tuple("." * k + "#" + "." * (11 - k) for k in range(10))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layers = (
        Conv("C1", 2, (3, 3)),
        Conv("C2", 2, (3, 3), table=((0,), (0, 1))),
        Dense("F3", 12),
        RBF("RBF", CODES),
    )
    network = Network("coded", (1, 8, 8), layers)
    folder = tmp_path_factory.mktemp("trained") / "run"
    fit(network, load("digits"), epochs=1, batch=200, engine="reference", out=folder)
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(copytree(trained, tmp_path / "run"))


@pytest.fixture
def plot(simplecell: Any) -> Any:
    return lambda *told: simplecell("plot", *told, "--engine", "reference")


def test_help_shows_an_example(simplecell: Any) -> None:
    answer = simplecell("plot", "--help")
    assert answer.code == 0
    assert "simplecell plot confusion runs/first mnist --out confusion.png" in answer.out
    for option in ("--out", "--layer", "--row", "--json"):
        assert option in answer.out


def test_without_a_kind_it_lists_them(simplecell: Any) -> None:
    answer = simplecell("plot")
    assert answer.code == 0
    for name, kind in KINDS.items():
        assert f"{name:10} {kind.what}" in answer.out
    assert set(simplecell("plot", "--json").json["kinds"]) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_of_a_run(kind: str, plot: Any, run: Path, tmp_path: Path) -> None:
    file = tmp_path / f"{kind}.png"
    told = plot(kind, run, "--out", file, "--json").json
    assert told == {
        "kind": kind,
        "file": str(file),
        "bytes": file.stat().st_size,
        "network": "coded",
        "data": "digits",
    }
    with Image.open(file) as picture:
        assert 990 <= picture.width <= 1010


def test_a_model_s_file_and_an_svg_will_do(plot: Any, run: Path, tmp_path: Path) -> None:
    answer = plot(
        "kernels", run / "model.safetensors", "--layer", "C2", "--out", tmp_path / "k.svg"
    )
    assert answer.out == f"{tmp_path / 'k.svg'}: {KINDS['kernels'].what}\n"
    assert "<svg" in (tmp_path / "k.svg").read_text()
    refused = plot("learning", run / "model.safetensors", "--out", tmp_path / "l.png")
    assert "the course of training is in a run folder" in refused.err


def test_a_dark_picture_is_dark(plot: Any, run: Path, tmp_path: Path) -> None:
    for name, told in (("light", ()), ("dark", ("--dark",))):
        assert plot("kernels", run, "--out", tmp_path / f"{name}.png", *told).code == 0
    with Image.open(tmp_path / "light.png") as light, Image.open(tmp_path / "dark.png") as dark:
        assert light.convert("L").getpixel((1, 1)) > 250
        assert dark.convert("L").getpixel((1, 1)) < 50


def test_equal_pictures_are_equal_files(plot: Any, run: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "a.svg", "b.svg"):
        assert plot("confusion", run, "digits", "--out", tmp_path / name).code == 0
    for kind in ("png", "svg"):
        first, second = (tmp_path / f"{name}.{kind}" for name in "ab")
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            ("confuson", "RUN"),
            "no kind of picture is called 'confuson': did you mean 'confusion'?",
        ),
        (("kernels",), "kernels is drawn of a trained model: name one."),
        (("kernels", "RUN", "--out", "k.jpg"), "'.jpg': did you mean '.png'?"),
        (("kernels", "RUN", "--layer", "S2"), "no layer of coded is called 'S2'"),
        (("maps", "RUN", "--row", "9999"), "give --row 0 to 358"),
        (("kernels", "gone"), "there is no file gone"),
        (("kernels", "RUN", "--lang", "de"), "no language is called 'de'"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    told: tuple[str, ...], words: str, plot: Any, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.parent)
    before = sorted(run.parent.iterdir())
    answer = plot(*(str(run) if word == "RUN" else word for word in told), "--json")
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err
    assert sorted(run.parent.iterdir()) == before


def test_data_that_nobody_can_name_are_asked_for(
    plot: Any, simplecell: Any, rows: Path, tmp_path: Path
) -> None:
    net = tmp_path / "three.json"
    layer = {"type": "dense", "name": "F1", "units": 3, "squash": "softmax"}
    document = {"format": "simplecell.network", "version": 1, "name": "three"}
    net.write_text(json.dumps({**document, "input": [1, 8, 8], "layers": [layer]}))
    told = ("--net", net, "--engine", "reference", "--epochs", 1, "--out", tmp_path / "r")
    assert simplecell("train", rows, *told).code == 0
    assert plot("mistakes", tmp_path / "r", "--out", tmp_path / "m.png").code == 0
    (tmp_path / "r" / "source.json").unlink()
    answer = plot("mistakes", tmp_path / "r", "--out", tmp_path / "m.png")
    assert answer.code == 2
    assert "pictures such as three learned from, rows.npz, and" in answer.err
    assert "Name their folder or data set after the run, as in runs/first mnist." in answer.err
    assert plot("mistakes", tmp_path / "r", rows, "--out", tmp_path / "m.png").code == 0
    refused = plot("codes", tmp_path / "r", rows, "--out", tmp_path / "c.png")
    assert "three has no RBF outputs" in refused.err


def test_an_option_that_a_picture_does_not_heed_is_refused(plot: Any, tmp_path: Path) -> None:
    refused = plot("codes", tmp_path, "--row", 3)
    assert "--row has no meaning for codes, the codes of RBF outputs" in refused.err
    assert "--layer has no meaning for maps" in plot("maps", tmp_path, "--layer", "C1").err


def test_without_matplotlib_one_sentence_says_so(
    plot: Any, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simplecell.plots.sheet.find_spec", lambda name: None)
    answer = plot("kernels", run)
    assert answer.code == 2
    assert answer.err == (
        "PlotError: pictures need matplotlib, which is not installed:"
        " pip install 'simplecell[plots]'.\n"
    )
