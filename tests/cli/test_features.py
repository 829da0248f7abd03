"""`simplecell features`: learn, show, encode, pipeline, as a person runs them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.sources import load
from simplecell.features.bank import load_bank
from simplecell.features.descent import SEARCH
from simplecell.train.checkpoint import read_arrays

Command = Callable[..., Any]


@pytest.fixture
def learn(simplecell: Command, tmp_path: Path) -> Command:
    def learn(*options: object, source: str = "digits", out: str = "f.safetensors") -> Any:
        told = ("--hidden", 12, "--iterations", 20, "--count", 300)
        return simplecell("features", "learn", source, "--out", tmp_path / out, *told, *options)

    return learn


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "holiday"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("beach", "hill"):
        pixels = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


def test_every_subcommand_explains_itself(simplecell: Command):
    for command in ("learn", "show", "encode", "pipeline"):
        answer = simplecell("features", command, "--help")
        assert answer.code == 0
        assert "--json" in answer.out


def test_learning_reports_cost_error_and_activation_against_rho(learn: Command, tmp_path: Path):
    answer = learn("--rho", 0.2, "--json")
    found = answer.json
    assert answer.code == 0
    assert (found["hidden"], found["cells"], found["examples"]) == (12, 64, 300)
    assert found["rho"] == 0.2
    assert found["activation"] == pytest.approx(0.2, rel=0.2)
    assert found["iterations"] == 20
    bank = load_bank(tmp_path / "f.safetensors")
    taken = bank.take("digits", 300)
    assert found["reconstruction_error"] == pytest.approx(
        bank.autoencoder.error(bank.preparation.apply(taken.pixels)), rel=1e-3
    )
    assert "mean activation" in answer.err
    assert "(rho 0.2)" in answer.err
    assert "20/20" in answer.err


def test_patches_of_photographs_are_the_tutorials(learn: Command, tmp_path: Path):
    answer = learn(source="photographs")
    assert answer.code == 0
    assert "300 patches of 1x8x8, from photographs" in answer.out
    bank = load_bank(tmp_path / "f.safetensors")
    assert bank.preparation.centred
    assert bank.preparation.spread is not None
    assert (bank.autoencoder.settings.rho, bank.autoencoder.settings.beta) == (0.01, 3.0)


def test_colour_patches_are_whitened_and_decoded_linearly(
    learn: Command, tmp_path: Path, photographs: Path
):
    assert learn("--colour", "--patch", 4, source=str(photographs)).code == 0
    bank = load_bank(tmp_path / "f.safetensors")
    assert bank.preparation.shape == (3, 4, 4)
    assert bank.preparation.whitening is not None
    assert bank.autoencoder.settings.decoder == "linear"
    assert bank.origin["source"] == "holiday"


def test_a_search_that_settles_ends_early_and_says_so(learn: Command):
    answer = learn("--tolerance", 0.5, "--json")
    assert answer.json["iterations"] < 20
    assert "fell by less than 0.5" in answer.json["ended"]


def test_features_are_not_overwritten_and_resuming_shows_them_again(learn: Command):
    first = learn("--json").json
    again = learn()
    assert again.code == 2
    assert "is there already" in again.err
    assert learn("--resume", "--json").json == first


def test_what_cannot_be_gone_on_with_is_refused(learn: Command, tmp_path: Path):
    answer = learn("--resume")
    assert answer.code == 2
    assert "nothing to go on with" in answer.err
    answer = learn(out="nowhere/f.safetensors")
    assert answer.code == 2
    assert "there is no folder" in answer.err
    (tmp_path / "f.safetensors.search").write_bytes(b"")
    answer = learn()
    assert answer.code == 2
    assert "is a search that is not finished" in answer.err


def test_ctrl_c_keeps_the_search_and_resume_ends_with_the_same_bits(
    learn: Command, tmp_path: Path
):
    """In a process of its own; the first hundred iterations are one leg, which is kept."""
    out = tmp_path / "stopped.safetensors"
    command = [
        sys.executable, "-m", "simplecell", "features", "learn", "digits", "--out", str(out),
        "--hidden", "12", "--count", "300", "--iterations", "4000",
    ]  # fmt: skip
    stopped = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    )
    search = tmp_path / "stopped.safetensors.search"
    deadline = time.monotonic() + 300
    while not search.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    printed, problems = stopped.communicate(timeout=300)
    assert stopped.returncode == 130, problems
    assert "Go on with the same command and --resume" in printed
    assert not out.exists()
    arrays, _ = read_arrays(search, SEARCH)
    told = ("--iterations", len(arrays["history"]) + 50)
    assert learn(*told, "--resume", out="stopped.safetensors").code == 0
    assert not search.exists()
    assert learn(*told, out="straight.safetensors").code == 0
    straight, resumed = (load_bank(tmp_path / f"{n}.safetensors") for n in ("straight", "stopped"))
    assert resumed.patterns().tobytes() == straight.patterns().tobytes()


def test_show_draws_every_feature_once(learn: Command, simplecell: Command, tmp_path: Path):
    learn("--hidden", 5)
    png = tmp_path / "f.png"
    answer = simplecell(
        "features", "show", tmp_path / "f.safetensors", "--out", png, "--columns", 4, "--json"
    )
    found = answer.json
    assert (found["features"], found["shape"]) == (5, [1, 8, 8])
    assert found["orientations"] == sorted(found["orientations"])
    assert found["gabor_fitted"] == sum(share >= 0.7 for share in found["gabor"])
    with Image.open(png) as picture:
        width, height = picture.size
    assert width > height
    by = simplecell(
        "features", "show", tmp_path / "f.safetensors", "--out", png, "--order", "frequency",
        "--json",
    ).json["frequencies"]  # fmt: skip
    assert by == sorted(by)


def test_show_puts_input_beside_output(learn: Command, simplecell: Command, tmp_path: Path):
    """Brief: A2."""
    learn("--rho", 0.3, "--beta", 0.01, "--decay", 1e-5)
    png = tmp_path / "beside.png"
    answer = simplecell(
        "features", "show", tmp_path / "f.safetensors", "digits", "--out", png, "--count", 8,
        "--json",
    )  # fmt: skip
    assert answer.json["pictures"] == 8
    with Image.open(png) as picture:
        shown = np.asarray(picture.convert("L"), float)
    above, below = shown[: len(shown) // 2], shown[len(shown) // 2 :]
    side = min(len(above), len(below))
    assert np.corrcoef(above[:side].ravel(), below[-side:].ravel())[0, 1] > 0.5


def test_encode_gives_a_vector_for_every_picture(
    learn: Command, simplecell: Command, tmp_path: Path
):
    learn()
    npz = tmp_path / "f.npz"
    file = tmp_path / "f.safetensors"
    answer = simplecell("features", "encode", file, "digits", "--out", npz, "--json")
    digits = load("digits")
    with np.load(npz) as arrays:
        np.testing.assert_array_equal(
            arrays["features"], load_bank(file).encode(digits.train.pixels)
        )
        np.testing.assert_array_equal(arrays["labels_test"], digits.test.labels)
        assert arrays["features_test"].shape == (359, 12)
    assert (answer.json["examples"], answer.json["test_examples"]) == (1438, 359)
    told = ("--patches", 7, "--out", npz)
    assert simplecell("features", "encode", file, "photographs", *told).code == 0
    with np.load(npz) as arrays:
        assert arrays["features"].shape == (7, 12)
        assert arrays["patches"].shape == (7, 1, 8, 8)


def test_encode_slides_features_over_larger_pictures_and_pools_them(
    learn: Command, simplecell: Command, tmp_path: Path
):
    """Brief: C4, C6. One region over an 8x8 digit of 6x6 patches is the mean of nine patches."""
    assert learn("--patch", 6, "--decoder", "linear", "--hidden", 7).code == 0
    file, npz = tmp_path / "f.safetensors", tmp_path / "f.npz"
    answer = simplecell("features", "encode", file, "digits", "--out", npz, "--grid", "1x1")
    assert answer.code == 0
    picture = load("digits").train.pixels[4]
    patches = np.stack([picture[:, i : i + 6, j : j + 6] for i in range(3) for j in range(3)])
    with np.load(npz) as arrays:
        expected = load_bank(file).encode(patches).mean(axis=0)
        np.testing.assert_allclose(arrays["features"][4], expected, atol=1e-5)
    told = ("--out", npz, "--grid")
    photographs = simplecell("features", "encode", file, "photographs", *told, "2x3", "--json")
    assert photographs.json["features"] == 7 * 6
    assert "e.g. 3x3" in simplecell("features", "encode", file, "digits", *told, "three").err


def test_pipeline_has_the_baseline_beside(simplecell: Command, tmp_path: Path):
    answer = simplecell(
        "features", "pipeline", "digits", "--hidden", 40, "--rho", 0.3, "--decay", 1e-4,
        "--beta", 0.1, "--iterations", 60, "--rehearsal", 20, "--save", tmp_path / "p.safetensors",
        "--json",
    )  # fmt: skip
    found = answer.json
    assert found["classes"] == ["0", "1", "2", "3", "4"]
    assert found["accuracy_percent"] > 93
    assert found["baseline_percent"] > 93
    assert found["accuracy_percent"] == pytest.approx(
        100 - 100 * found["errors"] / found["test_examples"]
    )
    assert found["seconds"] > 0
    assert load_bank(tmp_path / "p.safetensors").hidden == 40


def test_pipeline_learns_from_elsewhere_and_from_few_labels(simplecell: Command):
    answer = simplecell(
        "features", "pipeline", "digits", "--unlabelled", "photographs", "--count", 400,
        "--classes", "1,7", "--labelled", 30, "--hidden", 16, "--iterations", 10, "--rehearsal", 0,
    )  # fmt: skip
    assert answer.code == 0
    assert "400 unlabelled pictures of photographs; 30 labelled ones of digits" in answer.out
    assert "classes 1, 7" in answer.out
    assert "raw pixels" in answer.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("digits", "--classes", "0-9"), "none is left to learn features of"),
        (("digits", "--classes", "zero"), "give numbers, as in 0-4"),
        (("digits", "--classes", "8-12"), "has classes 0 to 9"),
        (("digits", "--labelled", 0), "there are 72"),
        (("digits", "--hidden", 0), "0 hidden units"),
    ],
)
def test_pipelines_that_cannot_be_are_refused(
    simplecell: Command, options: tuple[object, ...], words: str
):
    answer = simplecell("features", "pipeline", *options)
    assert answer.code == 2
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_bad_pictures_are_refused_or_counted(
    learn: Command, simplecell: Command, tmp_path: Path, photographs: Path
):
    pixels = np.random.default_rng(0).random((20, 6, 6))
    pixels[3, 2, 1] = np.nan
    np.savez(tmp_path / "nan.npz", x=pixels, y=np.zeros(20, int))
    np.savez(tmp_path / "flat.npz", x=np.zeros((20, 6, 6)), y=np.zeros(20, int))
    for options, source, words in (
        ((), str(tmp_path / "nan.npz"), "NaN or infinite"),
        ((), str(tmp_path / "flat.npz"), "nothing varies"),
        (("--patch", 60), str(photographs), "does not fit"),
        (("--count", 40, "--whiten", 0.1), "photographs", "40 patches of 64 cells"),
        (("--count", 0), "digits", "0 pictures were asked for"),
        (("--rho", 1.5), "digits", "rho"),
    ):
        answer = learn(*options, source=source)
        assert answer.code == 2, source
        assert words in answer.err
        assert not (tmp_path / "f.safetensors").exists()
    (photographs / "broken.jpg").write_bytes(b"no picture")
    answer = learn(source=str(photographs))
    assert answer.code == 0
    assert "Note: broken.jpg is passed over" in answer.out


def test_fewer_patches_than_pixels_are_said_to_be_few(learn: Command):
    answer = learn("--count", 40, source="photographs")
    assert answer.code == 0
    assert "40 examples of 64 pixels each" in answer.out


def test_other_files_and_pictures_are_refused(learn: Command, simplecell: Command, tmp_path: Path):
    learn()
    file, out = tmp_path / "f.safetensors", tmp_path / "x"
    np.savez(tmp_path / "big.npz", x=np.random.default_rng(0).random((9, 6, 9)), y=np.arange(9))
    answer = simplecell("features", "encode", file, tmp_path / "big.npz", "--out", out)
    assert answer.code == 2
    assert "are of 1x6x9; these features see patches of 1x8x8" in answer.err
    answer = simplecell("features", "show", tmp_path / "none", "--out", out)
    assert answer.code == 2
    answer = simplecell("features", "show", file, "--out", out, "--order", "size")
    assert answer.code == 2
    assert "no order is called 'size'" in answer.err
    assert not out.exists()
