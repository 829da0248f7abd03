"""The C that is written compiles without a warning and answers as the engine does."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.data.normalise import Normalisation
from simplecell.data.sources import load
from simplecell.engines.choose import engine
from simplecell.engines.protocol import scores
from simplecell.errors import ModelError
from simplecell.export.c.header import Header, answer, write_header
from simplecell.export.c.trial import write_trial
from simplecell.spec.layers import Conv, Dense
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.loop import fit
from simplecell.train.model import Model

Compile = Callable[..., Path]
KINDS = pytest.mark.parametrize("int8", [False, True], ids=["float", "int8"])


def run(program: Path, *, given: bytes = b"") -> tuple[int, str]:
    done = subprocess.run([str(program)], input=given, capture_output=True, check=False)
    return done.returncode, done.stdout.decode()


def trial(header: Header, folder: Path, pixels: np.ndarray, scores: np.ndarray) -> Path:
    """Write a header and its test program; give the program's source."""
    (folder / "net.h").write_text(header.text, encoding="utf-8")
    source = folder / "net_test.c"
    source.write_text(write_trial(header, "net.h", pixels, scores), encoding="utf-8")
    return source


def program(folder: Path, header: Header, lines: str) -> Path:
    (folder / "net.h").write_text(header.text, encoding="utf-8")
    source = folder / "main.c"
    source.write_text(f'#include <stdio.h>\n#include "net.h"\nint main(void) {{ {lines} }}\n')
    return source


@KINDS
def test_c_gives_the_scores_of_the_engine(
    int8: bool, model: Model, noise: Any, exact: Any, compile_c: Compile, tmp_path: Path
) -> None:
    """Of int8: exactly those that were reckoned here in whole numbers, and nearly the engine's."""
    pixels = noise(model, 12)
    header = write_header(model, "net", int8=int8, pictures=pixels)
    wanted = exact(model, pixels)
    if int8:
        given = answer(header, pixels)
        assert np.abs(given - wanted).max() <= 0.05 * np.abs(wanted).max()
        wanted = given
    code, said = run(compile_c(trial(header, tmp_path, pixels, wanted)))
    assert code == 0, said
    assert said.startswith("12 pictures, 0 other answers")


@KINDS
@pytest.mark.parametrize("name", ["lenet5", "lenet5_tutorial"])
def test_c_of_networks_that_learned_agrees_and_int8_hardly_errs(
    int8: bool,
    name: str,
    trained: Callable[[str], Model],
    digits: Any,
    compile_c: Compile,
    tmp_path: Path,
) -> None:
    model, data = trained(name), digits(32)
    pixels, labels = data.test.pixels[:200], data.test.labels[:200]
    header = write_header(model, name, int8=int8, pictures=data.train.pixels[:100])
    program = engine("lanes", 1).program(model.network)
    wanted = scores(model.network, program.forward(model.parameters, model.examples(pixels)))
    errors = int((wanted.argmax(axis=1) != labels).sum())
    if int8:
        wanted = answer(header, pixels)
        assert abs(int((wanted.argmax(axis=1) != labels).sum()) - errors) <= 1
    assert errors < 40, "a model that learned nothing tests nothing"
    code, said = run(compile_c(trial(header, tmp_path, pixels, wanted)))
    assert code == 0, said


ARM = """
#include <stdint.h>
#define HALF(x, k) ((int32_t)(int16_t)((x) >> 16 * (k)))
static inline uint32_t __sxtb16(uint32_t x)
{
    return (uint16_t)(int8_t)x | (uint32_t)(uint16_t)(int8_t)(x >> 16) << 16;
}
static inline uint32_t __uxtb16(uint32_t x) { return x & 0xFF00FF; }
static inline int32_t __smlad(uint32_t a, uint32_t b, int32_t sum)
{
    return HALF(a, 0) * HALF(b, 0) + HALF(a, 1) * HALF(b, 1) + sum;
}
"""
"""What three instructions of Arm's DSP extension do, by its reference manual (ARM DDI 0403)."""


@pytest.mark.skipif(sys.byteorder == "big", reason="Arm's microcontrollers are little-endian")
def test_arms_instructions_give_the_same_scores(
    model: Model, noise: Any, compile_c: Compile, tmp_path: Path
) -> None:
    """The branch for a Cortex-M4, with its instructions written in C."""
    pixels = noise(model, 12)
    header = write_header(model, "net", int8=True, pictures=pixels)
    (tmp_path / "arm_acle.h").write_text(ARM)
    source = trial(header, tmp_path, pixels, answer(header, pixels))
    code, said = run(compile_c(source, "-D__ARM_FEATURE_DSP", f"-I{tmp_path}"))
    assert code == 0, said


def test_a_test_program_fails_where_one_score_is_off(
    draw: Any, noise: Any, exact: Any, compile_c: Compile, tmp_path: Path
) -> None:
    model = draw(Network("two", (1, 3, 3), (Dense("F1", 3),)))
    pixels = noise(model, 4)
    scores = exact(model, pixels)
    header = write_header(model, "net")
    assert run(compile_c(trial(header, tmp_path, pixels, scores)))[0] == 0
    scores[3, 2] += 1e-3 * np.abs(scores).max()
    assert run(compile_c(trial(header, tmp_path, pixels, scores)))[0] == 1


def test_a_test_program_compiles_where_the_largest_score_is_one(
    draw: Any, noise: Any, exact: Any, compile_c: Compile, tmp_path: Path
) -> None:
    """As a softmax gives it that is sure."""
    model = draw(Network("sure", (1, 3, 3), (Dense("F1", 3, "softmax"),)))
    model.parameters["F1.b"][:] = (99, 0, -99)
    pixels = noise(model, 4)
    scores = exact(model, pixels)
    assert scores.max() == 1
    code, said = run(compile_c(trial(write_header(model, "net"), tmp_path, pixels, scores)))
    assert code == 0, said


@KINDS
def test_a_header_that_is_not_called_gives_no_warning(
    int8: bool, model: Model, noise: Any, compile_c: Compile, tmp_path: Path
) -> None:
    header = write_header(model, "net", int8=int8, pictures=noise(model, 4))
    assert run(compile_c(program(tmp_path, header, "return 3;"))) == (3, "")


@KINDS
def test_nothing_is_written_past_the_scratch_that_the_macro_says(
    int8: bool, model: Model, noise: Any, compile_c: Compile, tmp_path: Path
) -> None:
    header = write_header(model, "net", int8=int8, pictures=noise(model, 4))
    kind = "int8_t" if int8 else "float"
    lines = (
        f"static {kind} scratch[NET_SCRATCH + 8]; static uint8_t pixels[NET_PIXELS];"
        " float scores[NET_CLASSES + 1]; int wrong = 0; scores[NET_CLASSES] = 77;"
        " for (int k = 0; k < 8; k++) { scratch[NET_SCRATCH + k] = 77; }"
        " for (int k = 0; k < NET_PIXELS; k++) { pixels[k] = (uint8_t)k; }"
        " const int label = net_predict_in(pixels, scores, scratch);"
        " for (int k = 0; k < 8; k++) { wrong += scratch[NET_SCRATCH + k] != 77; }"
        " for (int k = 0; k < NET_CLASSES; k++) { wrong += scores[k] > scores[label]; }"
        " return wrong + (scores[NET_CLASSES] != 77);"
    )
    assert run(compile_c(program(tmp_path, header, lines))) == (0, "")
    sizes = re.findall(r"#define NET_SCRATCH (\d+)", header.text)
    assert header.scratch_bytes == int(sizes[0]) * (1 if int8 else 4)


def test_lenet5_takes_what_its_60_000_parameters_and_its_table_take(draw: Any) -> None:
    """Absent connections are not there: C3 has 1,500 weights and not 2,400.   Brief: C9"""
    header = write_header(draw(find("lenet5")), "lenet5")
    codes, reads, links = 840, 60, 16
    assert header.constant_bytes == 4 * 60_000 + codes + reads + links
    assert header.scratch_bytes == 4 * (6 * 28 * 28 + 6 * 14 * 14)
    assert header.multiply_adds == 328_096
    assert "static const float lenet5_C3_w[1500] = {" in header.text
    small = write_header(draw(find("lenet5")), "lenet5", int8=True)
    assert small.constant_bytes < header.constant_bytes / 3
    assert small.scratch_bytes == header.scratch_bytes / 4
    for text in (header.text, small.text):
        assert "malloc" not in text
        taken = f"{328_096:,} multiply-adds for a picture"
        assert taken in text


def test_int8_needs_no_mathematics_at_run_time(draw: Any) -> None:
    """LeNet-5's tanh is a table, its outputs are distances."""
    text = write_header(draw(find("lenet5")), "lenet5", int8=True).text
    assert "math.h" not in text
    assert "-lm" not in text
    assert "tanhf" in write_header(draw(find("lenet5")), "lenet5").text


def test_names_of_classes_are_printed_as_they_are(
    draw: Any, compile_c: Compile, tmp_path: Path
) -> None:
    names = ('a "quoted" one', "*/ end", "数??/1", "back\\slash")
    drawn = draw(Network("a */ net ??/", (1, 2, 2), (Dense("F1", 4),)))
    model = replace(drawn, classes=names)
    header = write_header(model, "5 */ int")
    assert header.name == "net_5_int"
    lines = "for (int k = 0; k < 4; k++) { puts(net_5_int_class(k)); } return 0;"
    code, said = run(compile_c(program(tmp_path, header, lines)))
    assert (code, said.splitlines()) == (0, list(names))


@pytest.mark.parametrize(
    "names", [("predict", "F2"), ("C1", "C1_w"), ("卷积", "F2"), ("1", "1_b")]
)
def test_layers_that_c_cannot_call_by_their_names_are_counted(
    names: tuple[str, str], draw: Any, noise: Any, exact: Any, compile_c: Compile, tmp_path: Path
) -> None:
    layers = (Conv(names[0], 2, (2, 2)), Dense(names[1], 3))
    model = draw(Network("odd", (1, 3, 3), layers))
    pixels = noise(model, 3)
    header = write_header(model, "net")
    assert "void net_layer1(" in header.text
    assert run(compile_c(trial(header, tmp_path, pixels, exact(model, pixels))))[0] == 0


def test_int8_of_relu_asks_for_pictures(draw: Any) -> None:
    model = draw(find("lenet5_tutorial"))
    with pytest.raises(ModelError, match=r"C1, C3, C5, F6 have no bounds: .* measured") as refused:
        write_header(model, "net", int8=True)
    assert "--data mnist" in str(refused.value)


def test_int8_refuses_a_model_that_turns_pixels_round(draw: Any) -> None:
    drawn = draw(Network("two", (1, 3, 3), (Dense("F1", 3),)))
    model = replace(drawn, normalisation=Normalisation(-1 / 255, 1.0))
    with pytest.raises(ModelError, match="without --int8"):
        write_header(model, "net", int8=True)


def test_int8_refuses_sums_that_might_not_fit_32_bits(draw: Any) -> None:
    model = draw(Network("wide", (1, 1, 66_312), (Dense("F1", 2),)))
    with pytest.raises(ModelError, match=r"layer F1: its units read 66,312 numbers; .* to 66,311"):
        write_header(model, "net", int8=True)


READER = """
static uint8_t pixels[NET_PIXELS];
float scores[NET_CLASSES];
while (fread(pixels, 1, NET_PIXELS, stdin) == NET_PIXELS) {
    putchar(net_predict(pixels, scores));
}
return 0;
"""


def test_int8_is_within_a_tenth_of_a_percent_on_mnist(compile_c: Compile, tmp_path: Path) -> None:
    """LeNet-5 after an epoch; all 10,000 test digits, by the C programs themselves."""
    if not os.environ.get("SIMPLECELL_DATA"):
        pytest.skip("MNIST is not here: SIMPLECELL_DATA names no folder")
    data = load("mnist", size=32)
    assert data.test is not None
    model = fit(find("lenet5"), data, epochs=1, engine="lanes").model
    errors = {}
    for kind in ("float", "int8"):
        folder = tmp_path / kind
        folder.mkdir()
        header = write_header(model, "net", int8=kind == "int8")
        reader = compile_c(program(folder, header, READER), "-O2")
        done = subprocess.run(
            [str(reader)], input=data.test.pixels.tobytes(), capture_output=True, check=True
        )
        labels = np.frombuffer(done.stdout, np.uint8)
        assert len(labels) == 10_000
        errors[kind] = 100 * float((labels != data.test.labels).mean())
    assert errors["float"] < 5
    assert abs(errors["int8"] - errors["float"]) <= 0.1
