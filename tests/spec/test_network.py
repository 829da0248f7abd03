"""Networks: shapes, order, and JSON there and back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simplecell.errors import ShapeError, SimplecellError, SpecError, UnknownName
from simplecell.spec.layers import (
    PENALTIES,
    RBF,
    SQUASHES,
    BatchNorm,
    Combine,
    Conv,
    Dense,
    Dropout,
    GlobalPool,
    Layer,
    Local,
    Pair,
    Pool,
    Shape,
    Subsample,
)
from simplecell.spec.network import FORMAT, VERSION, Network, in_use, layer_shape
from simplecell.spec.zoo import NETWORKS, find

INNER = st.sampled_from([name for name in SQUASHES if name != "softmax"])
TINY = Network("tiny", (1, 8, 8), (Conv("C1", 4, (3, 3)), Pool("S2"), Dense("F3", 10)))


@st.composite
def pools(draw: st.DrawFn, name: str, height: int, width: int, squash: str) -> Pool:
    """Draw pooling of any kind whose windows fit the maps and their padding."""
    window = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    sides = zip((height, width), window, strict=True)
    # So much padding that the window fits, and less than the window.
    rows, columns = (
        (draw(st.integers(max(0, n - size - n // 2), n - 1)), draw(st.integers(n // 2, n - 1)))
        for size, n in sides
    )
    kind = draw(st.sampled_from(["mean", "max"]))
    return Pool(
        name,
        kind,
        window,
        squash,
        stride=draw(st.none() | st.tuples(st.integers(1, 5), st.integers(1, 5))),
        padding=(rows, columns) if draw(st.booleans()) else "same",
        ceil=draw(st.booleans()),
        count_padding=kind == "mean" and draw(st.booleans()),
    )


@st.composite
def layers(draw: st.DrawFn, name: str, below: Shape) -> Layer:
    """Draw a layer that fits the maps below."""
    maps, height, width = below
    kind = draw(
        st.sampled_from(["conv", "combine", "local", "subsample", "pool", "global_pool", "dense"])
    )
    small = st.integers(1, 4)
    squash = draw(INNER)

    def fitting() -> Pair:
        return (draw(st.integers(1, min(4, height))), draw(st.integers(1, min(4, width))))

    def dividing() -> Pair:
        heights = [n for n in range(1, height + 1) if height % n == 0]
        widths = [n for n in range(1, width + 1) if width % n == 0]
        return (draw(st.sampled_from(heights)), draw(st.sampled_from(widths)))

    def padding(kernel: Pair) -> Any:
        sides = [draw(st.tuples(st.integers(0, k - 1), st.integers(0, k - 1))) for k in kernel]
        return draw(st.sampled_from(["same", 0, (sides[0], sides[1])]))

    kernel, bias = fitting(), draw(st.booleans())
    said = {"padding": padding(kernel)}
    if kind == "conv":
        rows = st.lists(st.integers(0, maps - 1), min_size=1, unique=True).map(tuple)
        table = draw(st.none() | st.lists(rows, min_size=1, max_size=4).map(tuple))
        out = draw(small) if table is None else len(table)
        step = (draw(small), draw(small))
        return Conv(name, out, kernel, step, table, squash, bias=bias, **said)
    if kind == "combine":
        penalty = draw(st.sampled_from(PENALTIES))
        strength = 0.0 if penalty == "none" else draw(st.floats(0, 9))
        step = (draw(small), draw(small))
        return Combine(name, draw(small), kernel, step, squash, penalty, strength, **said)
    if kind == "local":
        step = (draw(small), draw(small))
        return Local(name, draw(small), kernel, step, squash, bias=bias, **said)
    if kind == "subsample":
        return Subsample(name, dividing(), squash)
    if kind == "pool":
        return draw(pools(name, height, width, squash))
    if kind == "global_pool":
        return GlobalPool(name, draw(st.sampled_from(["mean", "max"])), squash)
    return Dense(name, draw(small), squash, bias)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw a network whose layers fit."""
    sizes = st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))
    shape = image = draw(sizes)
    drawn: list[Layer] = []
    for number in range(draw(st.integers(1, 4))):
        drawn.append(draw(layers(f"L{number}", shape)))
        shape = layer_shape(drawn[-1], shape)
    inputs = shape[0] * shape[1] * shape[2]
    pixels = st.text("#.", min_size=inputs, max_size=inputs)
    last = draw(st.sampled_from(["as it is", "softmax", "rbf"]))
    if last == "softmax":
        drawn.append(Dense("OUT", 3, "softmax"))
    elif last == "rbf":
        drawn.append(RBF("OUT", tuple(draw(st.lists(pixels, min_size=1, max_size=3)))))
    names = st.text("abc 数字-_.", min_size=1).filter(lambda text: text.strip() != "")
    return Network(draw(names), image, tuple(drawn))


@given(networks())
def test_a_network_survives_json_there_and_back(network: Network) -> None:
    again = Network.from_json(network.to_json())
    assert again == network
    assert hash(again) == hash(network)
    assert again.shapes == network.shapes
    assert again.to_json() == network.to_json()


@given(networks())
def test_each_layer_reads_what_the_one_below_hands_on(network: Network) -> None:
    assert network.inputs[0] == network.input
    assert network.inputs[1:] == network.shapes[:-1]
    for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True):
        assert layer_shape(layer, below) == above
        assert min(above) >= 1


@pytest.mark.parametrize("name", NETWORKS)
def test_the_published_networks_survive_json(name: str) -> None:
    assert Network.from_json(find(name).to_json()) == find(name)


def test_json_is_versioned_and_plain() -> None:
    document = json.loads(TINY.to_json())
    assert (document["format"], document["version"]) == (FORMAT, VERSION)
    assert document["layers"][1] == {
        "type": "pool",
        "name": "S2",
        "kind": "max",
        "window": [2, 2],
        "squash": "identity",
    }


FIRST_RELEASE = """{"format": "simplecell.network", "version": 1, "name": "first",
"input": [1, 9, 9], "layers": [
{"type": "conv", "name": "C1", "maps": 2, "kernel": 4, "stride": [1, 1], "table": null,
"squash": "tanh"}, {"type": "subsample", "name": "S2", "window": [2, 2], "squash": "tanh"},
{"type": "dense", "name": "F3", "units": 3, "squash": "softmax"}]}"""


def test_a_file_of_the_first_version_is_still_read() -> None:
    assert Network.from_json(FIRST_RELEASE) == Network(
        "first",
        (1, 9, 9),
        (
            Conv("C1", 2, (4, 4), squash="tanh"),
            Subsample("S2", squash="tanh"),
            Dense("F3", 3, "softmax"),
        ),
    )


# What does not fit


def test_a_kernel_too_large_is_told_with_the_way_there() -> None:
    with pytest.raises(ShapeError) as caught:
        find("lenet5").with_input((1, 28, 28))
    assert str(caught.value) == (
        "lenet5, layer C5: a 5x5 kernel does not fit 4x4 maps.\n"
        "  28x28 -> C1 24x24 -> S2 12x12 -> C3 8x8 -> S4 4x4 -> C5 ?\n"
        "  LeNet-5 reads 32x32 images: pad the digits, e.g. load('mnist', size=32)."
    )


def test_other_networks_get_no_advice_about_lenet5() -> None:
    with pytest.raises(ShapeError) as caught:
        Network("mine", (1, 28, 28), (Conv("C1", 1, (29, 3)),))
    assert str(caught.value) == (
        "mine, layer C1: a 29x3 kernel does not fit 28x28 maps.\n  28x28 -> C1 ?"
    )


@pytest.mark.parametrize("window", [(2, 1), (1, 2), (8, 8)])
def test_subsampling_windows_that_do_not_divide_are_refused(window: Pair) -> None:
    with pytest.raises(ShapeError, match=r"windows do not divide 7x7 maps"):
        Network("n", (1, 7, 7), (Subsample("S2", window=window),))


def test_a_table_that_reads_an_absent_map_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"C1: its connection table reads map 3, .* 3 maps below"):
        Network("n", (3, 7, 7), (Conv("C1", 1, (5, 5), table=((0, 3),)),))


def test_codes_of_another_length_are_refused() -> None:
    with pytest.raises(ShapeError, match="OUT: codes of 84 numbers are compared with 49 values"):
        Network("n", (1, 7, 7), (RBF("OUT"),))


# What is no network


@pytest.mark.parametrize("shape", [(1, 7), (1, 7, 7, 7), (0, 7, 7), (True, 7, 7), "777", 7, None])
def test_an_input_that_is_no_shape_is_refused(shape: Any) -> None:
    with pytest.raises(SpecError, match=r"^n: input"):
        Network("n", shape, (Dense("F1", 1),))


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", None, 5])
def test_a_name_of_nothing_or_two_lines_is_refused(name: Any) -> None:
    with pytest.raises(SpecError, match="a network is called"):
        replace(TINY, name=name)


@pytest.mark.parametrize("given_layers", [(), None, "C1", ["C1"], (Dense("F1", 2), None)])
def test_what_is_no_list_of_layers_is_refused(given_layers: Any) -> None:
    with pytest.raises(SpecError, match="tiny: a network takes a list of one or more layers"):
        replace(TINY, layers=given_layers)


def test_two_layers_of_one_name_are_refused() -> None:
    with pytest.raises(SpecError, match="n: two layers are called F1"):
        Network("n", (1, 2, 2), (Dense("F1", 1), Dense("F2", 1), Dense("F1", 1)))


@pytest.mark.parametrize("early", [Dense("F1", 3, "softmax"), RBF("F1", ("#...",))])
def test_softmax_and_codes_end_a_network(early: Layer) -> None:
    with pytest.raises(SpecError, match="n, layer F1: softmax and RBF end a network; F2 comes"):
        Network("n", (1, 2, 2), (early, Dense("F2", 1)))


def test_a_layer_is_found_by_its_name() -> None:
    assert TINY.layer("S2") == Pool("S2")
    with pytest.raises(UnknownName, match=r"no layer of tiny is called 'S3': did you mean 'S2'"):
        TINY.layer("S3")


# JSON that is no network


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(TINY.to_json()) | changes)


def changed_layer(**changes: Any) -> str:
    document = json.loads(TINY.to_json())
    document["layers"][0] |= changes
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("9" * 5000, "cannot be read"),
        ("null", "is no network"),
        ("[]", "is no network"),
        (changed(format="other"), 'it lacks "format": "simplecell.network"'),
        (changed(version=2), "written as version 2; this simplecell reads versions 1 to 1"),
        (changed(version=True), "version True"),
        (changed(version="1"), "version '1'"),
        (changed(version=None), "version None"),
        (changed(input="188"), "tiny: input is '188'"),
        (changed(input=[1, 8, 8.0]), "tiny: input width is 8.0"),
        (changed(input=[1, 10**30, 8]), "tiny: input height is larger than"),
        (changed(name=5), "a network is called 5"),
        (changed(layers={}), r"layers are \{\}; they take a list"),
        (changed(layers=[5]), "layer 1 is 5; it lacks a .type."),
        (changed(layers=["ab"]), "layer 1 is 'ab'; it lacks a .type."),
        (changed(layers=[{"name": "C1"}]), "layer 1 is .*; it lacks a .type."),
        (changed(layers=[{"type": ["conv"]}]), "layer 1 is .*; it lacks a .type."),
        (
            changed(layers=[{"type": "cnov"}]),
            "no layer type is called 'cnov': did you mean 'conv'",
        ),
        (
            changed(layers=[{"type": "dense", "name": "F1"}]),
            "layer 1, a dense layer, lacks .units.",
        ),
        (changed(extra=1), "a network's JSON has no .extra.; it takes format"),
        (
            changed_layer(dilation=2),
            "layer 1, a conv layer, has no .dilation.; it takes bias, kernel, maps",
        ),
        (changed_layer(padding="valid"), "layer C1: padding is 'valid'; give a number"),
        (changed_layer(padding=-1), "layer C1: padding is -1; give a number"),
        (changed_layer(padding=[1, 2, 3]), r"layer C1: padding is \[1, 2, 3\]; give a number"),
        (changed_layer(padding=[[1, 2], [1]]), "layer C1: padding is .*; give a number"),
        (changed_layer(padding=3), "the kernel is 3 high: .* Give at most 2"),
        (changed_layer(padding=[0, 3]), "the kernel is 3 wide: .* Give at most 2"),
        (changed_layer(bias=0), "layer C1: bias is 0; it takes true or false"),
        (changed_layer(maps=True), "layer C1: maps is True"),
        (changed_layer(maps=-1), "layer C1: maps is -1"),
        (changed_layer(maps="4"), "layer C1: maps is '4'"),
        (changed_layer(maps=10**30), "layer C1: maps is larger than"),
        (changed_layer(kernel=float("nan")), "layer C1: kernel is nan"),
        (changed_layer(table=3), "layer C1: the connection table is 3"),
        (changed_layer(table=[[0], [0], [0], "0"]), "layer C1: row 3 of the connection table"),
        (changed_layer(squash=None), "no squashing function is called 'None'"),
        (changed_layer(name={}), "a layer is called {}"),
    ],
    ids=lambda value: value[:40],
)
def test_json_that_is_no_network_is_refused(text: str, says: str) -> None:
    with pytest.raises(SimplecellError, match=says):
        Network.from_json(text)


def test_a_missing_part_of_the_json_is_named() -> None:
    for key in ("name", "input", "layers"):
        document = json.loads(TINY.to_json())
        del document[key]
        with pytest.raises(SpecError, match=f"a network's JSON lacks '{key}'"):
            Network.from_json(json.dumps(document))


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(PLAIN, lambda part: st.lists(part) | st.dictionaries(st.text(), part))


@given(st.sampled_from(["name", "input", "layers", "version", "format"]), JSON)
def test_whatever_stands_in_the_json_only_our_errors_come_out(key: str, value: Any) -> None:
    try:
        Network.from_json(changed(**{key: value}))
    except SimplecellError as problem:
        assert len(str(problem)) < 500


FIELDS = ["type", "name", "maps", "kernel", "stride", "table", "squash", "padding", "bias"]


@given(st.sampled_from(FIELDS), JSON)
def test_whatever_stands_in_a_layer_only_our_errors_come_out(key: str, value: Any) -> None:
    try:
        Network.from_json(changed_layer(**{key: value}))
    except SimplecellError as problem:
        assert len(str(problem)) < 500


# Files


def test_a_file_is_read_and_its_problems_name_it(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(TINY.to_json(), encoding="utf-8")
    assert Network.read(path) == TINY
    path.write_text(changed_layer(kernel=9), encoding="utf-8")
    with pytest.raises(ShapeError, match=r"net\.json: tiny, layer C1: a 9x9 kernel does not fit"):
        Network.read(path)
    path.write_text(changed_layer(squash="no"), encoding="utf-8")
    with pytest.raises(SpecError, match=r"net\.json: no squashing function"):
        Network.read(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match=r"net\.json is no text"):
        Network.read(path)
    with pytest.raises(SpecError, match=r"none\.json cannot be read: No such file"):
        Network.read(tmp_path / "none.json")


def test_dropout_ends_no_network_and_is_left_out_in_use() -> None:
    layers = (Conv("C1", 4, (3, 3)), BatchNorm("N2", squash="relu"), Dropout("D3"))
    with pytest.raises(SpecError, match="tiny, layer D3: a dropout layer ends no network"):
        Network("tiny", (1, 8, 8), layers)
    net = Network("tiny", (1, 8, 8), (*layers, Dense("F4", 10)))
    assert net.shapes[:3] == ((4, 6, 6),) * 3
    assert [layer.name for layer in in_use(net).layers] == ["C1", "N2", "F4"]
    assert in_use(TINY) is TINY
    assert Network.from_json(net.to_json()) == net
