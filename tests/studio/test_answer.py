"""What each route answers, without a socket: models, pictures, readings."""

import base64
import inspect
import json
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import simplecell as sc
from simplecell.data.rows import make_rows
from simplecell.data.sources import load
from simplecell.engines.parameters import initial_parameters
from simplecell.errors import SimplecellError
from simplecell.spec.network import Network
from simplecell.spec.zoo import NETWORKS
from simplecell.studio import answer as routes
from simplecell.studio.models import untrained
from simplecell.studio.reading import MOST_PIXELS
from simplecell.train.model import Model
from simplecell.train.recipes import RECIPES

from .conftest import TWO, Asking, made, numbers_of


def png(picture: Image.Image, kind: str = "PNG") -> bytes:
    content = BytesIO()
    picture.save(content, kind)
    return content.getvalue()


def drawn(size: int = 280) -> Image.Image:
    """A seven, dark on white, as a canvas gives it."""
    paper = Image.new("RGBA", (size, size), "white")
    ink = Image.new("RGBA", (size // 2, size // 14), "black")
    paper.paste(ink, (size // 4, size // 4))
    for step in range(size // 2):
        dot = Image.new("RGBA", (size // 14, 1), "black")
        paper.paste(dot, (int(size * 0.7 - step * 0.5), size // 4 + step))
    return paper


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "two.safetensors"
    normalisation = untrained("lenet5").normalisation
    Model(TWO, initial_parameters(TWO, 3), normalisation, tuple("0123456789")).save(path)
    return path


def test_every_route_is_in_the_table_of_the_module() -> None:
    table = set(re.findall(r"`(?:GET|POST) (/[^`?]*)", inspect.getdoc(routes) or ""))
    named = {re.sub(r"ID|FILE|\bK\b", "x", path) for path in table} | {
        "/api/jobs/x/continue", "/api/jobs/x/stop"
    }  # fmt: skip
    verbs = ("pause", "continue", "stop", "rewind")
    there = set()
    for _, pattern, _ in routes.ROUTES:
        path = pattern.pattern
        for verb in verbs if "pause" in path else ("",):
            spelt = path.replace(f"({'|'.join(verbs)})", verb)
            there.add(re.sub(r"\([^)]*\)", "x", spelt))
    assert named == there


def test_the_published_networks_are_there_with_first_weights(ask: Asking) -> None:
    listed = {one["id"]: one for one in ask.json("/api/models")["models"]}
    assert set(listed) == {f"zoo:{name}" for name in NETWORKS}
    for name in NETWORKS:
        told = ask.json(f"/api/models/zoo:{name}")
        assert Network.from_json(json.dumps(told["network"])) == sc.find(name)
        assert len(told["classes"]) == sc.find(name).classes
        assert not told["trained"]


def test_the_bytes_of_weights_are_laid_out_as_told(tmp_path: Path, model: Path) -> None:
    ask = Asking(made(tmp_path, given=(model,)))
    told = ask.json("/api/models/given:two.safetensors")
    found = ask("/api/models/given:two.safetensors/weights")
    flat, at = np.frombuffer(found.body, "<f4"), 0
    right = sc.load_model(model).parameters
    assert [one["name"] for one in told["arrays"]] == ["F1.w", "F1.b", "F2.w", "F2.b"]
    for one in told["arrays"]:
        size = int(np.prod(one["shape"]))
        np.testing.assert_array_equal(
            flat[at : at + size].reshape(one["shape"]), right[one["name"]]
        )
        at += size
    assert at == len(flat)


def test_models_of_one_name_are_told_apart(tmp_path: Path, model: Path) -> None:
    (tmp_path / "b").mkdir()
    other = tmp_path / "b" / model.name
    other.write_bytes(model.read_bytes())
    ask = Asking(made(tmp_path, given=(model, other)))
    ids = [one["id"] for one in ask.json("/api/models")["models"] if one["kind"] == "given"]
    assert ids == ["given:two.safetensors", "given:two.safetensors~2"]
    assert ask(f"/api/models/{ids[1]}/weights").status == 200


def test_a_damaged_model_is_refused_in_words(tmp_path: Path, model: Path) -> None:
    model.write_bytes(model.read_bytes()[:-100])
    ask = Asking(made(tmp_path, given=(model,)))
    found = ask("/api/models/given:two.safetensors")
    assert found.status == 400
    assert json.loads(found.body)["error"]["kind"] == "ModelError"
    assert b"truncated" in found.body
    assert ask("/api/models").status == 200


def test_digits_are_the_models_input_with_labels(ask: Asking) -> None:
    """What the model's own normalisation makes of the data set's pixels."""
    found = ask.json("/api/digits?set=digits&part=test&index=0-2,7&model=zoo:lenet5")
    test = load("digits", size=32).test
    assert test is not None
    rows = [0, 1, 2, 7]
    np.testing.assert_array_equal(numbers_of(found["pixels"]), test.pixels[rows])
    assert found["labels"] == test.labels[rows].tolist()
    assert found["of"] == len(test)
    right = untrained("lenet5").examples(test.pixels[rows]).values(slice(None), np.float32)
    np.testing.assert_array_equal(numbers_of(found["inputs"]), right)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("index=359", "pictures 0 to 358"),
        ("index=x", "it takes 3, or 3,1,4, or 0-63"),
        ("index=-1", "it takes 3"),
        ("index=0-256", "more than 256"),
        ("index=0-99999999999", "it takes 3"),
        ("part=validation", "it has train, test"),
        ("set=nothing", "no data set is called"),
        ("model=zoo:lenet6", "/api/models lists them"),
    ],
)
def test_pictures_that_are_not_there_are_refused(ask: Asking, query: str, words: str) -> None:
    found = ask(f"/api/digits?set=digits&{query}")
    assert 400 <= found.status < 500
    assert words in json.loads(found.body)["error"]["message"]


def test_a_set_whose_files_are_not_here_is_named_and_never_fetched(
    ask: Asking, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The network is blocked in tests; what is asked here says so before it is tried."""
    monkeypatch.delenv("SIMPLECELL_DATA", raising=False)
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path))
    sets = {one["name"]: one for one in ask.json("/api/sets")["sets"]}
    assert sets["digits"]["here"]
    assert not sets["mnist"]["here"]
    assert "simplecell train mnist" in sets["mnist"]["why"]
    for path, body in (("/api/digits?set=mnist", None), ("/api/train", {"data": "mnist"})):
        found = ask(path, body)
        assert found.status == 400
        assert "the studio fetches nothing" in json.loads(found.body)["error"]["message"]


def test_pictures_of_ones_own_are_scaled_to_the_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for name in ("heron", "owl"):
        (tmp_path / "birds" / name).mkdir(parents=True)
        for k in range(6):
            pixels = rng.integers(0, 255, (40, 60), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "birds" / name / f"{k}.png")
    ask = Asking(made(tmp_path, data=(tmp_path / "birds",)))
    assert ask.json("/api/sets")["sets"][0]["name"] == "birds"
    found = ask.json("/api/digits?set=birds&part=train&index=0")
    assert found["classes"] == ["heron", "owl"]
    assert numbers_of(found["inputs"]).shape == (1, 1, 32, 32)
    again = ask.json(f"/api/digits?set={tmp_path}/birds&part=train&index=0")
    assert again["pixels"] == found["pixels"]


def test_recipes_are_given_whole(ask: Asking) -> None:
    found = ask.json("/api/recipes")["recipes"]
    assert [one["name"] for one in found] == list(RECIPES)
    assert found[0]["update"]["rule"] == "adam"


@pytest.mark.parametrize("way", ["bytes", "json", "data address"])
def test_a_drawing_is_read_as_the_model_reads_it(ask: Asking, tmp_path: Path, way: str) -> None:
    content = png(drawn())
    if way == "bytes":
        found = ask.json("/api/input?model=zoo:lenet5", content, kind="image/png")
    else:
        text = base64.b64encode(content).decode()
        picture = text if way == "json" else f"data:image/png;base64,{text}"
        found = ask.json("/api/input", {"model": "zoo:lenet5", "picture": picture})
    (tmp_path / "a.png").write_bytes(content)
    model = untrained("lenet5")
    pixels, _ = model.reader().read(tmp_path / "a.png")
    np.testing.assert_array_equal(numbers_of(found["pixels"]), pixels)
    right = model.examples(pixels).values(slice(None), np.float32)
    np.testing.assert_array_equal(numbers_of(found["inputs"]), right)
    p = model.predict_proba(tmp_path / "a.png", engine="reference")
    assert found["answer"]["label"] == int(p.argmax())


def test_the_steps_of_a_drawing_are_those_of_mnist(ask: Asking) -> None:
    """Ink, box, 20x20 body, 28x28 frame whose centre of mass is its middle."""
    found = ask.json("/api/input?model=zoo:lenet5", png(drawn()), kind="image/png")
    steps, pixels = found["steps"], numbers_of(found["pixels"])[0, 0]
    assert steps["dark_ink"]
    top, left, bottom, right = steps["box"]
    ink = numbers_of(steps["ink"])
    assert ink[top:bottom, left:right].sum() == ink.sum()
    body, frame = numbers_of(steps["body"]), numbers_of(steps["frame"]).astype(float)
    assert max(body.shape) == 20
    np.testing.assert_array_equal(pixels[2:30, 2:30], frame)
    y, x = (np.indices(frame.shape) * frame).sum(axis=(1, 2)) / frame.sum()
    assert abs(y - 14) <= 0.5
    assert abs(x - 14) <= 0.5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Dear reader,", "this is no picture"),
        (b"", "this is no picture"),
        (png(drawn())[:200], "damaged"),
        (png(Image.new("L", (60, 60), 255)), "nothing is written"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "this is no picture"),
    ],
)
def test_what_is_no_picture_is_refused(ask: Asking, content: bytes, words: str) -> None:
    found = ask("/api/input?model=zoo:lenet5", content, kind="image/png")
    assert found.status == 400
    assert words in json.loads(found.body)["error"]["message"]


def test_a_picture_that_would_fill_the_memory_is_refused(ask: Asking) -> None:
    """A PNG of one colour is a thousand times smaller than its pixels."""
    side = int(MOST_PIXELS**0.5) + 1
    content = png(Image.new("1", (side, side)))
    assert len(content) < 100_000
    found = ask("/api/input?model=zoo:lenet5", content, kind="image/png")
    assert found.status == 400
    assert "make it smaller" in json.loads(found.body)["error"]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "lacks 'picture'"),
        ({"picture": "no base64!"}, "is no base64"),
        ({"picture": ""}, "lacks 'model'"),
        ({"picture": "", "model": "zoo:lenet5", "invert": "perhaps"}, "it takes true or false"),
        ({"picture": "", "model": "zoo:lenet5", "invert": [1]}, "it takes true or false"),
        ([1], "no JSON object"),
    ],
)
def test_a_request_that_lacks_something_is_told_what(
    ask: Asking, body: object, words: str
) -> None:
    found = ask("/api/input", body)
    assert found.status == 400
    assert words in json.loads(found.body)["error"]["message"]


def test_a_row_of_digits_is_answered_at_every_place(ask: Asking) -> None:
    """The network that knows "none" also says what is written; an ordinary one only answers."""
    digits = load("digits", size=28).train
    row = Image.fromarray(make_rows(digits, 1).pixels[0, 0])
    reader = ask.json("/api/row?model=zoo:lenet5_rows", png(row), kind="image/png")
    answers = numbers_of(reader["answers"])
    assert answers.shape == (len(reader["columns"]), 11)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    assert reader["labels"] == answers.argmax(axis=1).tolist()
    assert isinstance(reader["text"], str)
    plain = ask.json("/api/row?model=zoo:lenet5", png(row), kind="image/png")
    assert numbers_of(plain["answers"]).shape[1] == 10
    assert plain["text"] is plain["digits"] is None


def test_a_network_that_cannot_be_slid_is_refused(tmp_path: Path, model: Path) -> None:
    ask = Asking(made(tmp_path, given=(model,)))
    row = Image.fromarray(make_rows(load("digits", size=28).train, 1).pixels[0, 0])
    found = ask("/api/row?model=given:two.safetensors", png(row), kind="image/png")
    assert found.status == 400
    kind = json.loads(found.body)["error"]["kind"]
    assert issubclass(getattr(__import__("simplecell.errors", fromlist=[kind]), kind), (
        SimplecellError
    ))  # fmt: skip


def test_a_fault_of_ours_is_told_as_one(
    ask: Asking, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the headers of every answer, and the traceback in the terminal alone."""
    monkeypatch.setattr(type(ask.studio.models), "entries", lambda _: 1 // 0)
    found = ask("/api/models")
    assert found.status == 500
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert b"ZeroDivision" not in found.body
    assert found.headers["X-Content-Type-Options"] == "nosniff"


def test_the_pages_of_the_docs_have_the_table_of_routes() -> None:
    table = re.findall(r"^\| (`[^|]*`) \|", inspect.getdoc(routes) or "", re.M)
    for page in ("docs/studio.md", "docs/zh/studio.md"):
        text = (Path(__file__).parents[2] / page).read_text("utf-8")
        assert re.findall(r"^\| (`(?:GET|POST)[^|]*`) \|", text, re.M) == table
