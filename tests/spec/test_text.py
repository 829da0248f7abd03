"""The short text of a network: read, written, and refused with a finger on the place."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simplecell as sc
from simplecell.cli.main import main
from simplecell.errors import ShapeError, SimplecellError, SpecError, UnknownName
from simplecell.spec.layers import (
    LAYER_TYPES,
    RBF,
    Combine,
    Conv,
    Dense,
    Layer,
    Local,
    Pool,
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.spec.text import is_text, marks_of, read_text
from simplecell.spec.zoo import NETWORKS, find, load

PAGES = [Path(__file__).parents[2] / "docs" / name for name in ("text.md", "zh/text.md")]


def test_a_text_is_its_layers_one_by_one() -> None:
    net = Network.from_text("32c5-2m-64c5x3s2x1-2x5a-128d-10")
    assert net.name == "32c5-2m-64c5x3s2x1-2x5a-128d-10"
    assert net.input == (1, 28, 28)
    assert net.layers == (
        Conv("C1", 32, 5, squash="relu"),
        Pool("S2", "max", 2),
        Conv("C3", 64, (5, 3), (2, 1), squash="relu"),
        Pool("S4", "mean", (2, 5)),
        Dense("F5", 128, "relu"),
        Dense("F6", 10, "softmax"),
    )


def test_other_kinds_of_layers_have_letters_too() -> None:
    net = Network.from_text("1@32x32-scaled_tanh-6c5-2s-16k5-2s-12l2-84d-rbf")
    assert net.layers == (
        Conv("C1", 6, 5),
        Subsample("S2"),
        Combine("C3", 16, 5),
        Subsample("S4"),
        Local("L5", 12, 2),
        Dense("F6", 84),
        RBF("RBF"),
    )


def test_the_text_says_what_it_reads_and_by_what_it_squashes() -> None:
    net = Network.from_text("3@20x30-elu(0.5)-8c3-8c3:tanh-2m:sigmoid-6d:leaky_relu(1e-3)-4")
    assert net.input == (3, 20, 30)
    assert net.name == "elu(0.5)-8c3-8c3:tanh-2m:sigmoid-6d:leaky_relu(1e-3)-4"
    assert [layer.squash for layer in net.layers] == [
        *("elu(0.5)", "tanh", "sigmoid", "leaky_relu(0.001)", "softmax")
    ]
    assert Network.from_text("5@9-10").input == (5, 9, 9)
    assert Network.from_text("8c3-10:identity").layers[-1].squash == "identity"
    assert Network.from_text("10c28").layers[-1].squash == "softmax"
    assert Network.from_text("8c3-10", input=(3, 9, 9), name="mine") == Network(
        "mine", (3, 9, 9), (Conv("C1", 8, 3, squash="relu"), Dense("F2", 10, "softmax"))
    )


@pytest.mark.parametrize("text", ["8c5-2m-10", " 8c5 - 2m -10 "])
def test_spaces_around_layers_mean_nothing(text: str) -> None:
    assert Network.from_text(text).text == "8c5-2m-10"
    assert Network.from_text(text).name == "8c5-2m-10"


def test_a_long_text_is_cut_for_a_name() -> None:
    net = Network.from_text("-".join(["8c1"] * 30) + "-10")
    assert len(net.name) == 60
    assert net.name.endswith("...")
    assert net.text == "-".join(["8c1"] * 30) + "-10"


REFUSED = [
    # text, where it points, what is said, what may stand there
    ("32c5-2q-10", 6, 1, "no layer has the letter 'q'", "m max pooling, a mean pooling"),
    ("32C5-10", 2, 1, "no layer has the letter 'C'. Letters are small.", "c convolution"),
    ("32c-2m-10", 3, 1, "behind the letter c stands its kernel", "For instance 32c3."),
    ("32c5-m2-10", 5, 1, "before the letter m stands a number, its window", "For instance 2m."),
    ("32c5-2m--10", 8, 1, "a layer is missing here", "2m max pooling"),
    ("32c5q-10", 4, 1, "behind '32c5' cannot stand 'q'", "s the stride, as in s2"),
    ("32c5s-10", 5, 1, "behind s stands a number: the stride", None),
    ("32c5s2s2-10", 6, 1, "s stands here for the second time", None),
    ("32c5:tanhh-10", 5, 5, "no squashing function is called 'tanhh': did you mean 'tanh'?", None),
    ("32c5:elu(-2)-10", 5, 7, "the parameter of elu is -2; it takes 0 or a number", None),
    ("32c5-10-10", 5, 2, "a number alone is the number of classes, and ends the text", "10d"),
    ("99c40-10", 0, 5, "a 40x40 kernel does not fit 28x28 maps", "Here the maps are 1@28x28"),
    ("32c5-5d3-10", 7, 1, "behind '5d' stands no number", "a hyphen and the next layer"),
    ("tahn-32c5-10", 0, 4, "Did you mean the squashing function tanh?", "32c3 convolution"),
    ("lenet6-3", 0, 5, "no layer has the letter 'lenet'", None),
    ("tanh-", 5, 1, "a layer is missing here", "32c3 convolution"),
    ("3@32x32", 7, 1, "no layer stands here", "32c3 convolution"),
    ("0@9x9-10", 0, 5, "at least one channel, one row and one column", None),
    ("0c5-10", 0, 3, "maps is 0; it takes a whole number, 1 or more", None),
    ("2.5c5-10", 0, 5, "maps is 2.5; it takes a whole number, 1 or more", None),
    ("8c5-1.5", 4, 3, "1.5 is no number of classes", None),
    ("8c1.5x2-10", 2, 5, "height x width are whole numbers, as 5x3", None),
    ("8c5:softmax-10", 0, 11, "softmax ends a network, and more stands behind it", None),
    ("84d-rbf-10", 4, 3, "rbf ends a network", None),
    ("84d-rbf:tanh", 7, 5, "squashes nothing: no function can be given", None),
    ("", 0, 1, "a layer is missing here", "32c3 convolution"),
]


@pytest.mark.parametrize(("text", "at", "length", "said", "hint"), REFUSED)
def test_an_error_points_into_the_text_and_says_what_may_stand_there(
    text: str, at: int, length: int, said: str, hint: str | None
) -> None:
    with pytest.raises(SpecError) as refused:
        Network.from_text(text)
    first, shown, pointed, *more = str(refused.value).split("\n")
    assert first.startswith("the text of a network: ")
    assert said in first
    assert shown == f"  {text}"
    assert pointed == "  " + " " * at + "^" + "~" * (length - 1)
    assert (hint or "") in " ".join(line.strip() for line in more)
    assert all(len(line) <= 98 for line in more)
    assert isinstance(refused.value, ShapeError) == ("does not fit" in said)


def test_of_a_long_text_what_lies_around_the_place_is_shown() -> None:
    text = "-".join(["8c1"] * 50) + "-2q-" + "-".join(["8c1"] * 50) + "-10"
    with pytest.raises(SpecError) as refused:
        Network.from_text(text)
    _, shown, pointed, *_ = str(refused.value).split("\n")
    assert len(shown) == 92
    assert shown[pointed.index("^")] == "q"


@pytest.mark.parametrize("name", ["lenet5", "lenet5-max-pool", "a/b.json", "runs/first", "tanh"])
def test_names_of_networks_are_no_texts(name: str) -> None:
    assert not is_text(name)
    assert all(not is_text(name) for name in NETWORKS)
    with pytest.raises(UnknownName, match="did you mean 'lenet5'"):
        load("lenet6")


@pytest.mark.parametrize("name", NETWORKS)
def test_the_zoo_is_written_where_a_text_can_say_it(name: str) -> None:
    net = find(name)
    if net.text is None:
        assert any(layer.selects or layer.type == "rbf" for layer in net.layers)
    else:
        again = Network.from_text(net.text)
        assert again.input == net.input
        assert same(again.layers, net.layers)
    assert {n for n in NETWORKS if find(n).text is not None} >= {"lenet5_tutorial", "palm"}


def same(ours: tuple[Layer, ...], theirs: tuple[Layer, ...]) -> bool:
    pairs = zip(ours, theirs, strict=True)
    return all(replace(a, name=b.name) == b for a, b in pairs)


SQUASH = st.sampled_from(["relu", "tanh", "elu(0.5)", "identity", "softplus", "leaky_relu"])

KINDS = [kind for kind in LAYER_TYPES if kind != "rbf"]
PADDINGS = st.sampled_from([0, "same", 1, (0, 1), ((1, 1), (0, 0))])


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw layers that fit, of every kind that has a letter, with every squashing function."""
    side = st.integers(1, 3)
    below = (draw(side), draw(st.integers(8, 30)), draw(st.integers(8, 30)))
    first, layers = below, list[Layer]()
    for number in range(draw(st.integers(0, 4))):
        kind = LAYER_TYPES[draw(st.sampled_from(KINDS))]
        name, squash = f"A{number}", draw(SQUASH)
        pair, step, count = (draw(side), draw(side)), (draw(side), draw(side)), draw(side)
        layer: Layer
        # A window that padding alone could fill is refused as the layer is made.
        pair = (max(pair[0], 2), max(pair[1], 2))
        if kind in (Conv, Local, Combine):
            layer = kind(name, count, pair, step, squash=squash, padding=draw(PADDINGS))
        elif kind is Pool:
            layer = Pool(
                name,
                draw(st.sampled_from(["max", "mean"])),
                pair,
                squash,
                stride=draw(st.none() | st.tuples(side, side)),
                padding=draw(PADDINGS),
                ceil=draw(st.booleans()),
            )
        elif kind is Subsample:
            layer = Subsample(name, pair, squash)
        elif kind is Dense:
            layer = Dense(name, count, squash)
        elif kind.type == "global_pool":
            layer = kind(name=name, kind=draw(st.sampled_from(["max", "mean"])), squash=squash)
        elif kind.type == "batch_norm":
            layer = kind(name=name, squash=squash)
        else:
            layer = kind(name=name, rate=draw(st.sampled_from([0.0, 0.25, 0.5])))
        try:
            below = layer.shape(below)
        except ShapeError:
            continue
        layers.append(layer)
        if kind in (Conv, Dense) and "batch_norm" in KINDS and draw(st.booleans()):
            layers[-1] = replace(layer, squash="identity", bias=False)
            layers.append(LAYER_TYPES["batch_norm"](name=f"N{number}", squash=squash))
    layers.append(Dense("OUT", draw(side), draw(st.sampled_from(["softmax", "tanh", "identity"]))))
    return Network("drawn", first, tuple(layers))


@settings(max_examples=300, deadline=None)
@given(networks())
def test_what_is_written_reads_back_as_the_same_layers(net: Network) -> None:
    assert net.text is not None
    again = Network.from_text(net.text)
    assert again.input == net.input
    assert same(again.layers, net.layers)
    assert again.text == net.text


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789cmadsrbfxp@-:.() tanhelu", max_size=25))
def test_no_text_ends_in_anything_but_a_network_or_a_refusal(text: str) -> None:
    try:
        told = read_text(text)
    except SimplecellError as refused:
        assert str(refused).count("\n") >= 2
        assert "^" in str(refused)
    else:
        assert Network.from_text(text).layers == told.layers


def test_a_table_has_no_text() -> None:
    assert find("lenet5").text is None
    assert Network("own", (1, 9, 9), (Combine("C", 2, 3, penalty="entropy"),)).text is None


def test_every_letter_is_on_the_pages_in_both_languages() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        for kind in LAYER_TYPES.values():
            for letter in kind.letters:
                assert f"`{letter.example}`" in text, f"{page.name} lacks {letter.example}"
                for mark in marks_of(kind, letter):
                    shown = f"`{mark.letter}{'' if mark.alone or mark.then else 2}`"
                    assert shown in text, f"{page.name} lacks {shown}"


def test_a_text_learns_with_the_outputs_it_says() -> None:
    run = sc.fit("4c5-2m-10", "digits", epochs=1, progress=False)
    assert run.model.network == Network.from_text("4c5-2m-10")
    small = sc.load("digits", size=12)
    run = sc.fit("4c5-2m-12", small, epochs=1, progress=False)
    assert run.model.network.input == (1, 12, 12)
    assert run.model.network.classes == 12


def test_a_file_that_is_called_like_a_text_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("8c3-10").write_text(Network.from_text("2c5-4").to_json())
    assert load("8c3-10").text == "2c5-4"
    assert sc.fit("8c3-10", "digits", epochs=1, progress=False).network.classes == 10


def test_layers_by_their_public_names_learn() -> None:
    layers = (sc.Conv("C1", 4, 5, squash="elu"), sc.Pool("S2"), sc.Dense("F3", 10, "softmax"))
    net = sc.Network("mine", (1, 28, 28), layers)
    assert net.text == "elu-4c5-2m-10"
    assert sc.fit(net, "digits", epochs=1, progress=False).network == net


def run(*told: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(list(told))
    return int(done.value.code or 0)


def test_summary_explains_a_text_layer_by_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("summary", "tanh-8c5-2m-16d:elu-10") == 0
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert "tanh-8c5-2m-16d:elu-10 reads 1@28x28" in out
    assert ["C1", "8c5", "conv", "5x5", "tanh", "8@24x24"] in [line[:6] for line in lines]
    assert ["F3", "16d:elu", "dense", "elu", "16@1x1"] in [line[:5] for line in lines]
    assert ["F4", "10", "dense", "softmax", "10@1x1"] in [line[:5] for line in lines]


def test_commands_take_a_text_where_they_take_a_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("check", "1@8x8-2c3-3x3m-3") == 0
    told = ("--net", "2c5-2m-10", "--epochs", "1", "--out", str(tmp_path / "run"), "--json")
    assert run("train", "digits", *told) == 0
    assert '"network": "2c5-2m-10"' in capsys.readouterr().out
    assert run("summary", "-".join(["2c1"] * 100) + "-10") == 0
    assert run("summary", "2c5-2q-10") == 2
    assert "\n  2c5-2q-10\n       ^\n" in capsys.readouterr().err
