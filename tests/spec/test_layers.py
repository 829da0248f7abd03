"""Layers refuse what they cannot be, by name."""

from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any, ClassVar

import pytest

from simplecell.errors import SpecError, UnknownName
from simplecell.spec.layers import (
    LAYER_TYPES,
    RBF,
    BatchNorm,
    Combine,
    Conv,
    Dense,
    Dropout,
    GlobalPool,
    Layer,
    Local,
    Pool,
    Subsample,
)
from simplecell.spec.layers.layer import LATER

EXAMPLES: list[Layer] = [
    Conv("C1", 6, (5, 5)),
    Combine("C3", 16, (5, 5)),
    Local("L1", 6, (5, 5)),
    Subsample("S2"),
    Pool("S2"),
    GlobalPool("G5"),
    Dense("F6", 84),
    RBF("OUT"),
    BatchNorm("N2"),
    Dropout("D6"),
]


@pytest.mark.parametrize("layer", EXAMPLES, ids=lambda layer: layer.type)
def test_a_layer_is_known_by_its_type(layer: Layer) -> None:
    assert LAYER_TYPES[layer.type] is type(layer)


def test_every_type_of_layer_has_an_example_here() -> None:
    assert {layer.type for layer in EXAMPLES} == set(LAYER_TYPES)


@pytest.mark.parametrize("layer", EXAMPLES, ids=lambda layer: layer.type)
def test_a_layer_cannot_be_changed(layer: Layer) -> None:
    anything: Any = layer
    with pytest.raises(FrozenInstanceError):
        anything.name = "X"


def test_a_field_of_later_is_left_out_of_json_where_it_is_as_usual() -> None:
    @dataclass(frozen=True)
    class Older(Layer):
        type: ClassVar[str] = "older"
        name: str
        squash: str = "identity"
        sides: tuple[int, ...] = field(default=(0, 0), metadata=LATER)

    usual = {"type": "older", "name": "L1", "squash": "identity"}
    assert Older("L1").described() == usual
    assert Older("L1", sides=(0, 1)).described() == usual | {"sides": (0, 1)}


def test_a_square_kernel_and_a_list_are_normalised() -> None:
    given: Any = {"kernel": 5, "stride": [2, 1], "table": [[1, 0]]}
    layer = Conv("C1", 1, **given)
    assert (layer.kernel, layer.stride, layer.table) == ((5, 5), (2, 1), ((0, 1),))
    assert hash(layer) == hash(Conv("C1", 1, (5, 5), (2, 1), ((0, 1),)))


@pytest.mark.parametrize("name", ["", "_", "C1.w", "C 1", "C1\n", "../x", None, 3, b"C1"])
@pytest.mark.parametrize("kind", [Subsample, RBF])
def test_a_name_that_no_array_could_carry_is_refused(kind: Any, name: Any) -> None:
    with pytest.raises(SpecError, match=r"a layer is called .*: use letters, digits and _"):
        kind(name)


@pytest.mark.parametrize("name", ["C1", "7", "a_b", "卷积1"])
def test_names_may_be_in_any_script(name: str) -> None:
    assert Subsample(name).name == name


@pytest.mark.parametrize("squash", ["tanhh", "", None, 3, ["tanh"]])
def test_an_unknown_squash_is_refused_with_the_known_ones(squash: Any) -> None:
    with pytest.raises(UnknownName, match=r"no squashing function is.*\n  known: elu, identity"):
        Dense("F6", 84, squash)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("leaky_relu(0.01)", "leaky_relu"),
        (" elu ( 1 ) ", "elu"),
        ("elu(1e-3)", "elu(0.001)"),
        ("leaky_relu(.2)", "leaky_relu(0.2)"),
        ("leaky_relu(-0)", "leaky_relu(0.0)"),
        ("softplus", "softplus"),
    ],
)
def test_a_parameter_is_kept_in_the_shortest_form(given: str, kept: str) -> None:
    """So equal layers are equal, and JSON of a usual value is that of the name alone."""
    assert Dense("F6", 84, given).squash == kept
    assert Dense("F6", 84, kept).squash == kept
    assert Dense("F6", 84, given).losses == ("squared_error",)


@pytest.mark.parametrize(
    ("squash", "said"),
    [
        ("tanh(2)", r"'tanh\(2\)': of .* only leaky_relu and elu take a number in brackets"),
        ("elu(a)", r"'elu\(a\)': in the brackets stands one number, 0 or more, as in elu\(1\)"),
        ("elu()", r"as in elu\(1\)"),
        ("leaky_relu(0.1, 2)", r"as in leaky_relu\(0\.01\)"),
        ("elu(-1)", r"the parameter of elu is -1; it takes 0 or a number from 1e-06 to 1e\+06"),
        ("leaky_relu(1e-9)", r"is 1e-09; .* and 0\.01 is usual"),
    ],
)
def test_a_parameter_that_is_none_is_refused_with_an_example(squash: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        Dense("F6", 84, squash)


def test_a_misspelt_squash_gets_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'sigmoid'"):
        Subsample("S2", squash="sigmiod")


@pytest.mark.parametrize("kind", ["average", "", None, 2])
def test_an_unknown_pooling_is_refused(kind: Any) -> None:
    with pytest.raises(UnknownName, match="no pooling is called"):
        Pool("S2", kind)


def test_counts_are_named_in_the_message() -> None:
    text: Any = "22"
    with pytest.raises(SpecError, match="layer C1: maps is 0; it takes a whole number"):
        Conv("C1", 0, (5, 5))
    with pytest.raises(SpecError, match="layer F6: units is True"):
        Dense("F6", True)
    with pytest.raises(SpecError, match=r"layer L1: stride is \(0, 1\)"):
        Local("L1", 1, (5, 5), (0, 1))
    with pytest.raises(SpecError, match="layer S2: window is '22'"):
        Subsample("S2", text)


def test_a_table_has_one_row_per_map() -> None:
    with pytest.raises(SpecError, match="layer C3: the connection table has 2 rows for 3 maps"):
        Conv("C3", 3, (5, 5), table=((0,), (1,)))


PADDED: list[Any] = [Conv, Combine, Local]


@pytest.mark.parametrize("kind", PADDED)
def test_padding_is_given_as_a_number_a_pair_all_sides_or_same(kind: Any) -> None:
    assert kind("X", 1, (3, 5), padding=2).padding == ((2, 2), (2, 2))
    assert kind("X", 1, (3, 5), padding=(1, 4)).padding == ((1, 1), (4, 4))
    assert kind("X", 1, (3, 5), padding=[[0, 1], [2, 3]]).padding == ((0, 1), (2, 3))
    assert kind("X", 1, (3, 5), padding="same").padding == "same"
    assert kind("X", 1, (3, 5), padding="same").pads((1, 9, 9)) == ((1, 1), (2, 2))
    assert kind("X", 1, (4, 4), (3, 1), padding="same").pads((1, 9, 9)) == ((0, 1), (1, 2))
    assert hash(kind("X", 1, 3, padding=[1, 0])) == hash(kind("X", 1, 3, padding=(1, 0)))


@pytest.mark.parametrize("kind", PADDED)
@pytest.mark.parametrize(
    "padding", [-1, "valid", 1.5, None, True, (1,), (1, 2, 3), ((1, 2), (3,))]
)
def test_what_is_no_padding_is_refused(kind: Any, padding: Any) -> None:
    with pytest.raises(SpecError, match=r"layer X: padding is .*; give a number, 0 or more, a p"):
        kind("X", 1, (5, 5), padding=padding)


@pytest.mark.parametrize("kind", PADDED)
def test_padding_is_smaller_than_the_kernel(kind: Any) -> None:
    with pytest.raises(SpecError) as caught:
        kind("X", 1, (3, 5), padding=3)
    assert str(caught.value) == (
        "layer X: padding is ((3, 3), (3, 3)), and the kernel is 3 high: it would lie on"
        " nothing but padding somewhere. Give at most 2."
    )
    with pytest.raises(SpecError, match=r"the kernel is 5 wide: .* Give at most 4"):
        kind("X", 1, (3, 5), padding=((0, 0), (0, 5)))


@pytest.mark.parametrize("kind", [Conv, Local, Dense])
@pytest.mark.parametrize("bias", [0, 1, None, "false", 0.0])
def test_a_bias_is_there_or_not(kind: Any, bias: Any) -> None:
    given = ("X", 1) if kind is Dense else ("X", 1, (3, 3))
    assert kind(*given).bias is True
    assert kind(*given, bias=False).bias is False
    with pytest.raises(SpecError, match=r"layer X: bias is .*; it takes true or false"):
        kind(*given, bias=bias)


@pytest.mark.parametrize(
    ("layer", "caption", "words"),
    [
        (Conv("X", 1, (3, 3)), "conv 3x3", "conv 3x3"),
        (
            Conv("X", 1, (3, 3), padding=((1, 1), (1, 1))),
            "conv 3x3, pad 1",
            "conv 3x3, padded by 1",
        ),
        (
            Conv("X", 1, (4, 4), (2, 2), padding="same", bias=False),
            "conv 4x4, same",
            "conv 4x4 stride 2x2, same padding, no bias",
        ),
        (
            Local("X", 1, (3, 2), padding=((2, 0), (0, 1)), bias=False),
            "local 3x2, padded",
            "local 3x2, padded by 2 above, 0 below, 0 left, 1 right, no bias",
        ),
        (Combine("X", 1, (1, 1), padding="same"), "combine 1x1, same", "combine 1x1"),
        (Dense("X", 3, bias=False), "full", "dense, no bias"),
    ],
)
def test_padding_and_no_bias_are_said(layer: Layer, caption: str, words: str) -> None:
    assert layer.caption == caption
    assert layer.words((1, 8, 8)) == words


@pytest.mark.parametrize("codes", [(), "##..", None, 5, ["#x"], [1], [None], ["##", b"##"]])
def test_codes_that_are_no_pictures_are_refused(codes: Any) -> None:
    with pytest.raises(SpecError, match=r"layer OUT: codes are .* strings of '#' and '\.'"):
        RBF("OUT", codes)


@pytest.mark.parametrize("codes", [("##", "#"), ("",), ("", "")])
def test_codes_have_one_length(codes: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match="layer OUT: codes are all of one length"):
        RBF("OUT", codes)


def test_distances_are_not_squashed() -> None:
    with pytest.raises(SpecError, match="layer OUT: an RBF layer hands on its distances"):
        RBF("OUT", squash="tanh")


def test_a_mixture_has_a_penalty_and_a_strength() -> None:
    """Brief: E3"""
    given: Any = {"kernel": 5, "penalty": "entropy", "strength": 2}
    layer = Combine("C3", 16, **given)
    assert (layer.kernel, layer.strength) == ((5, 5), 2.0)
    assert type(layer.strength) is float
    assert (Combine("C3", 1, (1, 1)).penalty, Combine("C3", 1, (1, 1)).strength) == ("none", 0.0)


def test_an_unknown_penalty_gets_the_known_ones() -> None:
    with pytest.raises(UnknownName, match=r"no penalty is called 'entropi': did you mean 'entr"):
        Combine("C3", 16, (5, 5), penalty="entropi")


@pytest.mark.parametrize("strength", [-0.1, float("nan"), float("inf"), "1", None, True, 10**400])
def test_a_strength_that_is_no_number_from_0_is_refused(strength: Any) -> None:
    with pytest.raises(SpecError, match=r"layer C3: strength is .*; it takes a number, 0 or more"):
        Combine("C3", 16, (5, 5), penalty="entropy", strength=strength)


def test_a_strength_of_no_penalty_is_refused() -> None:
    with pytest.raises(SpecError, match=r"layer C3: strength is 0.5 and there is no penalty"):
        Combine("C3", 16, (5, 5), strength=0.5)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan"), "0.5", None, True])
def test_a_share_that_is_none_is_refused(rate: Any) -> None:
    with pytest.raises(SpecError, match="layer D6: rate is "):
        Dropout("D6", rate)


def test_dropout_squashes_nothing_and_is_known_by_its_share() -> None:
    with pytest.raises(SpecError, match="layer D6: dropout hands on what it keeps as it is"):
        Dropout("D6", squash="relu")
    assert Dropout("D6", 0.25).words((4, 5, 6)) == "dropout 0.25"
    assert Dropout("D6").shape((4, 5, 6)) == (4, 5, 6)
    assert Dropout("D6").count((4, 5, 6)).by_name() == dict.fromkeys(
        ("weights", "biases", "parameters", "connections", "neurons", "multiply_accumulates"), 0
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"epsilon": 0}, "epsilon is 0: it keeps a variance of 0 from dividing"),
        ({"epsilon": -1e-5}, "epsilon is -1e-05; it takes a number"),
        ({"momentum": 0}, "momentum is 0: it is the share of a batch's"),
        ({"momentum": 1.5}, "momentum is 1.5: it is the share of a batch's"),
        ({"momentum": "0.1"}, "momentum is '0.1'; it takes a number"),
    ],
)
def test_what_no_statistics_come_of_is_refused(given: Any, said: str) -> None:
    with pytest.raises(SpecError, match=f"layer N2: {said}"):
        BatchNorm("N2", **given)


def test_batch_normalisation_counts_what_it_keeps_apart_from_what_it_learns() -> None:
    count = BatchNorm("N2", squash="relu").count((6, 4, 5))
    assert (count.weights, count.biases, count.parameters, count.kept) == (6, 6, 12, 12)
    assert (count.neurons, count.connections, count.multiply_accumulates) == (120, 240, 120)
    assert (count + count).kept == 24
    assert count.by_name()["kept"] == 12
    assert "kept" not in Conv("C1", 6, (5, 5)).count((1, 9, 9)).by_name()
    assert BatchNorm("N2").words((6, 4, 5)) == "batch norm, 12 kept"
