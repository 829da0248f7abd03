"""The first hour, played: what a learner, a maker and a scholar try, each statement a check.

    python benchmarks/roles.py [--tree FOLDER] [--role learner] [--data-dir FOLDER]

`--tree` names a checkout of any version, so that two versions can be counted with one script. A
check is a few lines of Python, run in a process of its own in that tree: it holds if it ends
without an error. Needs MNIST for two of them; without it they are counted as not tried.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]

COMMON = """
import io, os, re, subprocess, sys, warnings
from pathlib import Path
import numpy as np
import simplecell as sc
TREE = Path(os.environ["ROLES_TREE"])

def run(*words, folder=None):
    told = {**os.environ, "COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    return subprocess.run([sys.executable, "-m", "simplecell", *map(str, words)],
                          capture_output=True, text=True, env=told, cwd=folder)

def asked(call):
    try:
        call()
    except (sc.SimplecellError, ValueError) as problem:
        return str(problem)
    raise AssertionError("answered in silence")

def pictures(folder, shades, count=40):
    from PIL import Image
    rng = np.random.default_rng(0)
    for name, shade in shades.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for k in range(count):
            noise = rng.integers(-50, 50, (9, 12, 1))
            pixels = np.clip(np.array(shade) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{k}.png")

def digits_model(epochs=4):
    data = sc.load("digits", size=32)
    return sc.fit(sc.find("lenet5"), data, epochs=epochs).model, data
"""


@dataclass(frozen=True)
class Check:
    """Who tries what, in words, and the lines that try it."""

    role: str
    words: str
    lines: str
    mnist: bool = False


CHECKS = (
    Check("learner", "formulas of the pages are typeset, not grey code", """
for page in ("why", "what", "how-it-runs", "how-it-learns", "errors", "features"):
    assert "$$" in (TREE / "docs" / f"{page}.md").read_text(), page
"""),
    Check("learner", "the deck has its page in two languages, of a hundred statements or more", """
import runpy
assert len(runpy.run_path(str(TREE / "docs" / "deck.py"))["statements"]()) >= 100
assert (TREE / "docs" / "zh" / "deck.md").exists()
"""),
    Check("learner", "each of the four parts shows pictures", """
for page in ("why", "what", "how-it-runs", "how-it-learns"):
    text = (TREE / "docs" / f"{page}.md").read_text()
    assert len(re.findall(r"!\\[", text)) >= 2, page
"""),
    Check("learner", "F6 comes to its codes: 98 % of the cells, by the defaults, on MNIST", """
from simplecell.engines.parameters import code_values
from simplecell.train.evaluation import features
data = sc.load("mnist", size=32)
net = sc.find("lenet5")
model = sc.fit(net, data).model
seen = features(model, data.test.pixels)
codes = code_values(net.layers[-1])
share = (np.sign(seen) == codes[data.test.labels]).mean()
assert share >= 0.98, share
""", mnist=True),
    Check("learner", "the posterior hands back few digits, and most of the errors", """
from simplecell.engines.choose import engine
from simplecell.train.answer import answers
model, data = digits_model(8)
said = answers(model, data.test.pixels, engine())
back = [a.rejected or a.probability < 0.5 for a in said]
wrong = [a.label != t for a, t in zip(said, data.test.labels)]
assert sum(back) < 0.1 * len(back), sum(back)
assert sum(b for b, w in zip(back, wrong) if w) * 2 > sum(wrong)
"""),
    Check("learner", "no page calls a code of ours the deck's", """
for page in [*(TREE / "docs").glob("*.md"), *(TREE / "src").rglob("*.py")]:
    assert not re.search(r"deck's lines? [A-E]\\d", page.read_text()), page.name
"""),
    Check("learner", "the search of the site works from a folder", """
assert "offline" in (TREE / "mkdocs.yml").read_text()
"""),
    Check("learner", "notebooks are stored with what they print", """
import json
for file in (TREE / "examples").glob("*.ipynb"):
    cells = [c for c in json.loads(file.read_text())["cells"] if c["cell_type"] == "code"]
    assert any(c["outputs"] for c in cells), file.name
"""),
    Check("maker", "a model is asked about a picture's path", """
from PIL import Image
model, data = digits_model()
Image.fromarray(data.test.pixels[0, 0]).save("my.png")
assert int(model.predict("my.png")) in range(10)
"""),
    Check("maker", "a model is asked about arrays in four layouts, lists and PIL images", """
from PIL import Image
model, data = digits_model()
x = data.test.pixels[:5]
one = model.predict(x)
for same in (x[:, 0], np.moveaxis(x, 1, 3), x[:, 0].tolist(), x / 255, x.astype(float)):
    assert (model.predict(same) == one).all()
assert len(model.predict([Image.fromarray(p) for p in x[:, 0]])) == 5
"""),
    Check("maker", "probabilities, features and a score", """
model, data = digits_model()
assert model.predict_proba(data.test).shape == (359, 10)
assert model.transform(data.test).shape == (359, 84)
assert model.score(data.test, data.test.labels) > 0.9
"""),
    Check("maker", "numbers of an unknown range are asked about", """
model, data = digits_model()
assert "values" in asked(lambda: model.predict(data.test.pixels[:5] / 127.5 - 1))
"""),
    Check("maker", "scikit-learn: asked in another range than trained in, it asks back", """
data = sc.load("digits", size=32)
x = data.train.pixels[:300, 0].astype(float)
reader = sc.ConvNetClassifier(epochs=1).fit(x, data.train.labels[:300])
asked(lambda: reader.predict(x / 255))
"""),
    Check("maker", "four channels are asked about", """
model, data = digits_model()
asked(lambda: model.predict(np.zeros((5, 32, 32, 4), np.uint8) + 9))
asked(lambda: sc.ConvNetClassifier(epochs=1).fit(np.zeros((9, 32, 32, 4)) + 9, [0, 1, 2] * 3))
"""),
    Check("maker", "three grey pictures or one in colour: asked about", """
model, data = digits_model()
assert "layout" in asked(lambda: model.predict(np.full((3, 32, 32), 200.0)))
"""),
    Check("maker", "a network by its name learns arrays with names for classes", """
data = sc.load("digits", size=32)
names = [f"c{k}" for k in data.train.labels]
run = sc.fit("lenet5_tutorial", (data.train.pixels[:, 0], names), epochs=1)
assert run.model.classes[0] == "c0"
"""),
    Check("maker", "evaluate takes a run and a data set's name", """
run = sc.fit("lenet5", "digits", epochs=1)
assert sc.evaluate(run, "digits").examples == 359
"""),
    Check("maker", "what is printed of a run, a data set, a network has ten lines at the most", """
data = sc.load("digits", size=32)
run = sc.fit(sc.find("lenet5"), data, epochs=1)
for one in (run, data, run.network, run.model, data.train, run.checkpoint, run.recipe):
    assert len(repr(one)) < 1000 and repr(one).count("\\n") < 10, type(one).__name__
"""),
    Check("maker", "half an epoch and a batch in words are refused before training", """
for told in ({"epochs": 1.5}, {"batch": "8"}, {"threads": "2"}):
    asked(lambda: sc.fit(sc.find("palm"), sc.load("digits", size=28), **told))
"""),
    Check("maker", "the demo's model reads ten clean printed digits", """
from PIL import Image, ImageDraw, ImageFont
import matplotlib
font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
files = []
for digit in range(10):
    sheet = Image.new("L", (100, 100), 255)
    ImageDraw.Draw(sheet).text((26, 8), str(digit), 0, ImageFont.truetype(str(font), 72))
    sheet.save(f"{digit}.png")
    files.append(f"{digit}.png")
assert run("train", "digits", "--out", "demo").returncode == 0
import json
found = json.loads(run("predict", "demo", *files, "--json").stdout)["predictions"]
read = [one["class"] for one in found]
assert read == [str(d) for d in range(10)], read
"""),
    Check("maker", "colour is kept where it tells classes apart, and that is said", """
pictures(Path("own"), {"red": (200, 70, 80), "blue": (70, 105, 250)}, 80)
done = run("train", "own", "--out", "run", "--epochs", 2)
assert "colour" in done.stdout, done.stdout + done.stderr
from simplecell.train.model import load_model
assert load_model("run").network.input[0] == 3
"""),
    Check("maker", "sixty short epochs are told in a few lines, with what the error rests on", """
pictures(Path("own"), {"dark": (50, 50, 50), "light": (200, 200, 200)}, 40)
lines = run("train", "own", "--out", "run").stdout.splitlines()
told = [line for line in lines if line.startswith("epoch")]
assert 2 <= len(told) <= 15, len(told)
assert " % of 5" in told[-1], told[-1]
"""),
    Check("maker", "a folder that is plainly no data set is refused or asked about", """
for name in ("cache", "downloads"):
    folder = Path("mess") / name
    folder.mkdir(parents=True)
    pictures(Path("mess"), {name: (90, 90, 90)}, 30)
    for k in range(300):
        (folder / f"note{k}.txt").write_text("x")
        (folder / f"lib{k}.so").write_text("x")
done = run("train", "mess", "--out", "run")
assert done.returncode == 2, done.stdout
assert not Path("run").exists()
"""),
    Check("maker", "--read fitted does not ignore --invert in silence", """
pictures(Path("own"), {"dark": (50, 50, 50), "light": (200, 200, 200)}, 20)
run("train", "own", "--out", "run", "--epochs", 1)
plain = run("predict", "run", "own/dark/1.png", "--read", "fitted", "--json")
turned = run("predict", "run", "own/dark/1.png", "--read", "fitted", "--invert", "--json")
assert turned.returncode == 2 or turned.stdout != plain.stdout
"""),
    Check("maker", "evaluate on data that do not fit says so before it fetches them", """
run("train", "own", "--out", "run") if False else None
pictures(Path("own"), {"dark": (50, 50, 50), "light": (200, 200, 200)}, 20)
run("train", "own", "--out", "run", "--epochs", 1)
os.environ.pop("SIMPLECELL_DATA", None)
os.environ["SIMPLECELL_CACHE"] = str(Path("cache").resolve())
done = run("evaluate", "run", "fashion-mnist")
assert done.returncode == 2
assert "network" not in done.stderr.lower() or "classes" in done.stderr, done.stderr
assert "connect" not in done.stderr and "fetched" not in done.stderr, done.stderr
"""),
    Check("maker", "int8 export from another working folder finds its pictures", """
Path("a").mkdir(); Path("b").mkdir()
pictures(Path("a/own"), {"dark": (50, 50, 50), "light": (200, 200, 200)}, 20)
assert run("train", "own", "--out", "run", "--epochs", 1, folder="a").returncode == 0
done = run("export", "../a/run", "net.h", "--int8", folder="b")
assert done.returncode == 0 or "own" in done.stderr, done.stderr
assert "Traceback" not in done.stderr
"""),
    Check("maker", "help fits 80 columns, the JSON keys come last", """
for command in ("train", "predict", "export", "count", "evaluate"):
    text = run(command, "--help").stdout
    assert max(map(len, text.splitlines())) <= 80, command
    assert text.index("JSON:") > text.index("--help"), command
"""),
    Check("scholar", "check does not compare PyTorch's curvature with itself", """
import json
found = json.loads(run("check", "lenet1", "--json").stdout)
assert found["curvature"]["engines"].get("torch") != 0.0
"""),
    Check("scholar", "the page of the brief is made from the catalogue of formulas", """
from simplecell.formulas.catalogue import catalogue
assert len([entry for entry in catalogue() if entry.lines]) > 30
"""),
    Check("scholar", "the README's figures come from one run of one command", """
text = (TREE / "README.md").read_text()
assert "<!-- figures" in text
"""),
    Check("scholar", "test error of the defaults is at most 0.85 % in the mean of three seeds", """
data = sc.load("mnist", size=32)
errors = [sc.evaluate(sc.fit(sc.find("lenet5"), data, seed=s).model, data.test).error_percent
          for s in range(3)]
assert np.mean(errors) <= 0.85, errors
""", mnist=True),
    Check("scholar", "importing the package takes less than 0.3 s", """
import time
seconds = []
for _ in range(5):
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import simplecell"], check=True)
    plain = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    seconds.append(plain - started - (time.perf_counter() - plain))
assert sorted(seconds)[2] < 0.3, seconds
"""),
)  # fmt: skip


def holds(check: Check, tree: Path, data_dir: str | None) -> tuple[bool | None, str]:
    """Try one check in a fresh folder; None where MNIST is not there."""
    data = data_dir or os.environ.get("SIMPLECELL_DATA")
    if check.mnist and not data:
        return None, "MNIST is not at hand"
    with tempfile.TemporaryDirectory() as folder:
        told = {**os.environ, "PYTHONPATH": str(tree / "src"), "ROLES_TREE": str(tree)}
        told |= {"SIMPLECELL_CACHE": folder} | ({"SIMPLECELL_DATA": data} if data else {})
        done = subprocess.run(
            [sys.executable, "-c", COMMON + check.lines],
            capture_output=True, text=True, cwd=folder, env=told, timeout=600,
        )  # fmt: skip
    last = done.stderr.strip().splitlines()[-1:] or [""]
    return done.returncode == 0, last[0][:110]


def main() -> None:
    """Try all, print a line each, and the count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tree", type=Path, default=HERE)
    parser.add_argument("--role", choices=("learner", "maker", "scholar"))
    parser.add_argument("--data-dir")
    asked = parser.parse_args()
    tree = asked.tree.resolve()
    found = []
    for check in CHECKS:
        if asked.role not in (None, check.role):
            continue
        good, why = holds(check, tree, asked.data_dir)
        found.append(good)
        mark = {True: "holds", False: "FAILS", None: "not tried"}[good]
        print(f"{check.role:8} {mark:9} {check.words}{'' if good else f'   ({why})'}", flush=True)
    tried = [good for good in found if good is not None]
    print(f"\n{sum(tried)} of {len(tried)} hold")


if __name__ == "__main__":
    main()
