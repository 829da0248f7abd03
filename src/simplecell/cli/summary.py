"""`simplecell summary NET`: the layers of a network, counted, the paper's numbers beside ours.

The JSON holds `network`, `input`; `text`, or null where no text says the layers; the totals
`weights`, `biases`, `parameters`, `connections`, `neurons`, `multiply_accumulates`; `layers`, a
list with the same counts and `name`, `type`, `shape`, `receptive_field`, `receptive_stride`, and,
where the paper has them, `published_parameters`, `published_connections`; `published`, or null;
and for the two LeNet-5s `side_by_side`, the parameters and connections of both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from os.path import exists
from typing import Annotated, Any, Literal

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from simplecell.cli.options import Json
from simplecell.cli.screen import answer, people, power_of_ten, size
from simplecell.cli.subject import network_of
from simplecell.spec.accounting import Count, LayerCount, NetworkCount, count_network
from simplecell.spec.layers import Shape
from simplecell.spec.network import Network
from simplecell.spec.spelling import pieces_of
from simplecell.spec.text import is_text
from simplecell.spec.zoo import NETWORKS, Published, find, published

TWINS = ("lenet5", "lenet5_tutorial")
"""The published LeNet-5 and what most tutorials call by its name: always shown together."""

LEGEND = (
    "Connections: one for each input of each unit, and one for its bias."
    " MACs: multiply-accumulates."
    " Sees: the piece of the image that one unit looks at, through the layers below."
)


def summary(
    net: Annotated[
        str,
        typer.Argument(
            metavar="NET", help="A network's name, its text, a file of its JSON, or a run."
        ),
    ],
    json: Json = False,
) -> None:
    """Count a network's layers: shapes, parameters, connections, what one unit sees.

    For example: simplecell summary lenet5, or simplecell summary 32c3p-2m-64c3p-2m-128d-10
    """
    counted = count_network(network_of(net))
    paper = _paper(counted.network)
    if json:
        answer(_document(counted, paper))
    else:
        _show(people(json), counted, paper, told=is_text(net) and not exists(net))


def _paper(network: Network) -> Published | None:
    """Give the published numbers of a published network; a changed one has none."""
    known = network.name in NETWORKS and find(network.name) == network
    return published(network.name) if known else None


def _document(counted: NetworkCount, paper: Published | None) -> dict[str, Any]:
    network = counted.network
    document: dict[str, Any] = {
        "network": network.name,
        "input": network.input,
        "text": network.text,
        **counted.total.by_name(),
        "layers": [_layer_document(layer, paper) for layer in counted.layers],
        "published": None,
    }
    if paper is not None:
        document["published"] = {
            "parameters": paper.parameters,
            "connections": paper.connections,
            "about": paper.about,
            "test_error_percent": paper.test_error_percent,
            "source": paper.source,
            "note": paper.note,
        }
        if network.name in TWINS:
            both = {name: count_network(find(name)).total for name in TWINS}
            document["side_by_side"] = {
                name: {"parameters": total.parameters, "connections": total.connections}
                for name, total in both.items()
            }
    return document


def _layer_document(layer: LayerCount, paper: Published | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": layer.name,
        "type": layer.type,
        "shape": layer.shape,
        **layer.count.by_name(),
        "receptive_field": layer.receptive_field,
        "receptive_stride": layer.receptive_stride,
    }
    if paper is not None and layer.name in paper.layers:
        parameters, connections = paper.layers[layer.name]
        document |= {"published_parameters": parameters, "published_connections": connections}
    return document


def _show(console: Console, counted: NetworkCount, paper: Published | None, *, told: bool) -> None:
    network = counted.network
    console.print(f"{network.name} reads {_shape(network.input)}\n", style="bold", markup=False)
    names = Column("layer", [*(layer.name for layer in counted.layers), "total"])
    shapes, counts = _shape_columns(counted), _count_columns(counted, paper)
    if told and (pieces := pieces_of(network.layers)) is not None:
        # Beside each layer, what was written of it; a mark of the layer before begins with +.
        shapes.insert(0, Column("text", [*(piece.lstrip("+") for piece in pieces), ""]))
        squashes = [layer.squash.replace("identity", "") for layer in network.layers]
        shapes.insert(2, Column("squashed by", [*squashes, ""]))
    whole = _table([names, *shapes, *counts])
    unbounded = console.options.update_width(10_000)
    if Measurement.get(console, unbounded, whole).maximum <= console.width:
        console.print(whole)
    else:
        console.print(_table([names, *shapes]), "", _table([names, *counts]), sep="\n")
    console.print(f"\n{LEGEND}", style="dim")
    if paper is not None:
        console.print(_provenance(paper), style="dim")
        if network.name in TWINS:
            console.print("\nThe LeNet-5 of the paper, and the LeNet-5 of most tutorials:\n")
            console.print(_side_by_side())


def _provenance(paper: Published) -> str:
    error = paper.test_error_percent
    tested = "" if error is None else f" Published test error: {error}%."
    return f"Source: {paper.source}.{tested} {paper.note}".rstrip()


@dataclass(frozen=True)
class Column:
    """A heading, one cell a layer, and at the end one that sums them up."""

    heading: str
    cells: list[str]
    right: bool = False


def _table(columns: list[Column]) -> Table:
    table = Table(box=SIMPLE, pad_edge=False, show_edge=False, show_footer=True)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(column.heading, column.cells[-1], justify=justify)
    for row in zip(*(column.cells[:-1] for column in columns), strict=True):
        table.add_row(*row)
    return table


def _shape_columns(counted: NetworkCount) -> list[Column]:
    network, layers = counted.network, counted.layers
    each = zip(network.layers, network.inputs, strict=True)
    return [
        Column("what", [*(layer.words(below) for layer, below in each), ""]),
        Column("shape", [*(_shape(layer.shape) for layer in layers), ""], right=True),
        Column("sees", [*(size(layer.receptive_field) for layer in layers), ""], right=True),
        _numbers_column("neurons", counted, attrgetter("neurons")),
    ]


def _count_columns(counted: NetworkCount, paper: Published | None) -> list[Column]:
    columns = [
        _numbers_column("parameters", counted, attrgetter("parameters")),
        _paper_column(counted, paper, 0, paper.parameters if paper else None),
        _numbers_column("connections", counted, attrgetter("connections")),
        _paper_column(counted, paper, 1, paper.connections if paper else None),
        _numbers_column("MACs", counted, attrgetter("multiply_accumulates")),
    ]
    return [column for column in columns if any(column.cells)]


def _numbers_column(heading: str, counted: NetworkCount, number: Callable[[Count], int]) -> Column:
    counts = [*(layer.count for layer in counted.layers), counted.total]
    return Column(heading, [_figure(number(count)) for count in counts], right=True)


def _paper_column(
    counted: NetworkCount, paper: Published | None, which: int, total: int | None
) -> Column:
    printed = paper.layers if paper else {}
    cells = [
        _figure(printed[layer.name][which]) if layer.name in printed else ""
        for layer in counted.layers
    ]
    about = "about " if paper and paper.about else ""
    return Column("paper", [*cells, "" if total is None else about + _figure(total)], right=True)


def _side_by_side() -> Table:
    ours, theirs = (count_network(find(name)) for name in TWINS)
    pairs = [(a.name, b.name) for a, b in zip(ours.layers, theirs.layers, strict=True)]
    columns = [Column("layer", [*(a if a == b else f"{a}, {b}" for a, b in pairs), "total"])]
    for counted in (ours, theirs):
        what = _shape_columns(counted)[0]
        columns += [
            Column(counted.network.name, what.cells),
            _numbers_column("parameters", counted, attrgetter("parameters")),
        ]
    return _table(columns)


def _shape(shape: Shape) -> str:
    return f"{shape[0]}@{size(shape[1:])}"


def _figure(number: int) -> str:
    return f"{number:,}" if number < 10**10 else power_of_ten(number).removeprefix("= ")
