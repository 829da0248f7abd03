"""`simplecell count`: why convolution, in numbers: the deck's table, or a layer of your own.

The JSON: with `--image`, what was asked (`image`, `channels`, `wiring`, `kernel`, `stride`,
`maps`, `map`, `units`, `bias`, as far as they apply) and the answers: `weights`, `biases`,
`parameters`, `connections`, `neurons`, `multiply_accumulates`.

Without figures it is `lines`, by code. B1 to B6 have the keys above. B7 to B9 set one map beside
a hundred: `neurons_one_map`, `neurons_100_maps`, and so for every answer. B10 has the
`receptive_field` of each layer of a `network`.
"""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from simplecell.cli.options import Json
from simplecell.cli.screen import answer, figures, people, size
from simplecell.errors import ShapeError, SpecError, UnknownName
from simplecell.spec.accounting import Count, count_network, full, local, shared
from simplecell.spec.layers import Conv, Pair
from simplecell.spec.network import layer_shape
from simplecell.spec.validation import read_whole, shown
from simplecell.spec.zoo import find


def count(
    image: Annotated[str, typer.Option(help="Height x width, as 1000x1000.")] = "",
    wiring: Annotated[str, typer.Option(help="full, local (nothing shared) or shared.")] = "",
    kernel: Annotated[str, typer.Option(help="What one unit sees, as 10x10.")] = "",
    stride: Annotated[str, typer.Option(help="From one unit to the next, as 10.")] = "",
    maps: Annotated[str, typer.Option(help="How many feature maps.")] = "",
    units: Annotated[str, typer.Option(help="How many units, full or local, as 10^6.")] = "",
    channels: Annotated[str, typer.Option(help="Of the image: 3 for colour.")] = "",
    bias: Annotated[bool, typer.Option(help="Count biases too.")] = False,
    json: Json = False,
) -> None:
    """Count weights and neurons: of the deck's examples, or of a layer of your own.

    For example: simplecell count --image 1000x1000 --kernel 10x10 --stride 10 --maps 100
    """
    given = {
        "wiring": wiring,
        "kernel": kernel,
        "stride": stride,
        "maps": maps,
        "units": units,
        "channels": channels,
    }
    if image:
        question = _read_question(image, given, bias)
        document = question.document()
    elif bias or any(given.values()):
        raise SpecError("these figures are of a layer on an image: add --image, as 1000x1000.")
    else:
        question, document = None, {"lines": deck_lines()}
    if json:
        answer(document)
    elif question is None:
        _show_deck(people(json))
    else:
        _show_own(people(json), question)


@dataclass(frozen=True)
class Question:
    """One layer on one image: how it is wired."""

    image: Pair
    wiring: str
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    maps: int = 1
    units: int | None = None
    channels: int = 1
    bias: bool = False

    def count(self) -> Count:
        """Answer it; ShapeError where the kernel does not fit the image."""
        if self.wiring == "full":
            return full(self.image, self.units or 1, channels=self.channels, bias=self.bias)
        places: dict[str, Any] = {"stride": self.stride, "maps": self.maps}
        places |= {"channels": self.channels, "bias": self.bias}
        if self.wiring == "local":
            return local(self.image, self.kernel, units=self.units, **places)
        return shared(self.image, self.kernel, **places)

    def asked(self) -> dict[str, Any]:
        """Give what was asked, as far as it applies to this wiring, by name."""
        asked: dict[str, Any] = {"image": self.image, "channels": self.channels}
        asked["wiring"] = self.wiring
        if self.wiring != "full":
            asked["kernel"] = self.kernel
        if self.units is None:
            layer = Conv("map", self.maps, self.kernel, self.stride)
            height_width = layer_shape(layer, (self.channels, *self.image))[1:]
            asked |= {"stride": self.stride, "maps": self.maps, "map": height_width}
        else:
            asked["units"] = self.units
        return {**asked, "bias": self.bias}

    def document(self) -> dict[str, Any]:
        """Give what was asked and the answers, by name."""
        return {**self.asked(), **self.count().by_name()}


_MILLION = Question((1000, 1000), "shared", kernel=(10, 10))

SINGLE = {
    "B1": Question((100, 100), "full", units=100),
    "B2": replace(_MILLION, wiring="local"),
    "B3": Question((1000, 1000), "full", units=10**6),
    "B4": replace(_MILLION, wiring="local", units=10**6),
    "B5": _MILLION,
    "B6": replace(_MILLION, maps=100),
}
"""What the deck asks of the weights of one layer."""

COMPARED = {
    "B7": (replace(_MILLION, stride=(10, 10)), ("neurons",)),
    "B8": (replace(_MILLION, image=(10_000, 10_000), stride=(10, 10)), ("neurons", "weights")),
    "B9": (replace(_MILLION, bias=True), ("parameters",)),
}
"""Where the deck sets one map beside a hundred, and what they compare."""


def deck_lines() -> dict[str, dict[str, Any]]:
    """Answer the brief's lines B1 to B10, by code."""
    lines = {code: question.document() for code, question in SINGLE.items()}
    for code, (question, _) in COMPARED.items():
        asked = question.asked()
        del asked["maps"]
        one, hundred = question.count(), replace(question, maps=100).count()
        lines[code] = {
            **asked,
            **{f"{name}_one_map": number for name, number in one.by_name().items()},
            **{f"{name}_100_maps": number for name, number in hundred.by_name().items()},
        }
    layers = count_network(find("lenet5")).layers
    fields = {layer.name: layer.receptive_field for layer in layers}
    lines["B10"] = {"network": "lenet5", "receptive_field": fields}
    return lines


def _show_deck(console: Console) -> None:
    lines = deck_lines()
    table = Table(box=SIMPLE, pad_edge=False, show_edge=False, collapse_padding=True)
    for heading in ("line", "image", "units", "wiring", "answer"):
        table.add_column(heading)
    for code, question in SINGLE.items():
        units = f"{lines[code]['neurons']:,}" if question.wiring != "shared" else _maps(question)
        weights = f"{figures(lines[code]['weights'])} weights"
        table.add_row(code, size(question.image), units, _wiring(question), weights)
    for code, (question, names) in COMPARED.items():
        units, answers = "", ""
        for maps, suffix in ((1, "one_map"), (100, "100_maps")):
            units += _maps(replace(question, maps=maps)) + "\n" * len(names)
            for name in names:
                answers += f"{figures(lines[code][f'{name}_{suffix}'])} {name}\n"
        wiring = _wiring(question).replace(", ", "\n")
        table.add_row(code, size(question.image), units.rstrip(), wiring, answers.rstrip())
    console.print(table)
    sees = ", ".join(
        f"{name} {size(field)}" for name, field in lines["B10"]["receptive_field"].items()
    )
    console.print(
        "\nB2: a local layer has a kernel for each place and shares none; here, for each of the"
        " 991x991 places where 10x10 fits. B4 takes the deck's round million of places.\n"
        f"B10: from local to global, one unit of LeNet-5 sees, layer by layer: {sees}.",
        style="dim",
    )


def _show_own(console: Console, question: Question) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in question.asked().items():
        table.add_row(name, size(value) if isinstance(value, tuple) else _plain(value))
    for name, number in question.count().by_name().items():
        table.add_row(name.replace("_", "-"), figures(number), style="bold")
    console.print(table)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _maps(question: Question) -> str:
    return "1 map" if question.maps == 1 else f"{question.maps} maps"


def _wiring(question: Question) -> str:
    kernel = "" if question.wiring == "full" else f" {size(question.kernel)}"
    stride = "" if question.stride == (1, 1) else f", stride {size(question.stride)}"
    return f"{question.wiring}{kernel}{stride}{', with bias' if question.bias else ''}"


NEEDS = {
    "full": ("units", "--units 100"),
    "local": ("kernel", "--kernel 10x10"),
    "shared": ("kernel", "--kernel 10x10"),
}
TAKES = {
    "full": ("units",),
    "local": ("kernel", "stride", "maps", "units"),
    "shared": ("kernel", "stride", "maps"),
}


def _read_question(image: str, given: dict[str, str], bias: bool) -> Question:
    """Read a person's figures; each problem is named by its option."""
    height_width = _read_pair(image, "--image")
    if not (given["wiring"] or given["kernel"] or given["units"]):
        raise SpecError(
            "say what a unit sees: --kernel 10x10 (shared, or --wiring local),"
            " or all of the image: --units 100."
        )
    wiring = given["wiring"] or ("shared" if given["kernel"] else "full")
    if wiring not in TAKES:
        raise UnknownName("wiring", wiring, TAKES)
    _check_given(wiring, {name for name, text in given.items() if text} - {"wiring", "channels"})
    question = Question(
        height_width,
        wiring,
        _read_pair(given["kernel"] or "1", "--kernel"),
        _read_pair(given["stride"] or "1", "--stride"),
        _read_number(given["maps"] or "1", "--maps"),
        _read_number(given["units"], "--units") if given["units"] else None,
        _read_number(given["channels"] or "1", "--channels"),
        bias,
    )
    try:
        question.count()
    except ShapeError as problem:
        raise ShapeError(f"--image {image}, --kernel {given['kernel']}: {problem}") from None
    return question


def _check_given(wiring: str, given: set[str]) -> None:
    strange = sorted(given - {*TAKES[wiring]})
    if strange:
        takes = ", ".join(f"--{option}" for option in TAKES[wiring])
        others = " or ".join(other for other in TAKES if strange[0] in TAKES[other])
        raise SpecError(
            f"{wiring} wiring has no --{strange[0]}: it takes {takes};"
            f" or choose --wiring {others}."
        )
    needed, example = NEEDS[wiring]
    if needed not in given:
        raise SpecError(f"{wiring} wiring takes --{needed}: add it, as {example}.")
    placed = sorted(given & {"stride", "maps"})
    if "units" in given and placed:
        raise SpecError(
            f"--units and --{placed[0]} both say how many units there are: leave one out."
        )


def _read_pair(text: str, option: str) -> Pair:
    numbers = [_number(part) for part in re.split("[x×]", text.lower())]
    if not 1 <= len(numbers) <= 2 or None in numbers:
        raise SpecError(
            f"{option} is {shown(text)}: give height x width, as 10x10, or one number."
        )
    return (read_whole(numbers[0], option), read_whole(numbers[-1], option))


def _read_number(text: str, option: str) -> int:
    number = _number(text)
    if number is None:
        raise SpecError(
            f"{option} is {shown(text)}: give a whole number, as 100, 1,000,000 or 10^6."
        )
    return read_whole(number, option)


def _number(text: str) -> int | None:
    """Read 100, 1,000,000, 1_000_000 or 10^6; None for anything else."""
    text = text.strip()
    if power := re.fullmatch(r"(\d{1,3})\^(\d{1,3})", text):
        number: int = int(power[1]) ** int(power[2])
        return number
    if re.fullmatch(r"\d{1,3}([,_]\d{3})+|\d{1,30}", text):
        return int(text.replace(",", "").replace("_", ""))
    return None
