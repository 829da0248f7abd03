"""Squashing functions in ONNX, by name; and the probabilities that outputs stand for."""

from collections.abc import Callable

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.node import Node
from simplecell.formulas.activations import AMPLITUDE, STEEPNESS, bounds
from simplecell.notation import split

LEAST = 1e-12
"""No output counts as less likely than this: `train.evaluation.probabilities` has the same."""


def _scaled_tanh(graph: Graph, u: str) -> str:
    x = graph.node("Tanh", graph.node("Mul", u, graph.constant(STEEPNESS, "S")))
    return graph.node("Mul", x, graph.constant(AMPLITUDE, "A"))


SQUASHES: dict[str, Callable[..., str]] = {
    "identity": lambda graph, u: u,
    "sigmoid": lambda graph, u: graph.node("Sigmoid", u),
    "tanh": lambda graph, u: graph.node("Tanh", u),
    "scaled_tanh": _scaled_tanh,
    "relu": lambda graph, u: graph.node("Relu", u),
    "leaky_relu": lambda graph, u, a: graph.node("LeakyRelu", u, alpha=a),
    "elu": lambda graph, u, a: graph.node("Elu", u, alpha=a),
    "softplus": lambda graph, u: graph.node("Softplus", u),
    "softmax": lambda graph, u: graph.flatten(graph.node("Softmax", graph.rows(u), axis=1)),
}
"""x = f(u), or f(u, a) of those with a parameter; to put another entry in is to make it known.
softmax is over all the classes."""

READS: dict[str, Callable[[Node], str]] = {
    "Sigmoid": lambda node: "sigmoid",
    "Tanh": lambda node: "tanh",
    "Relu": lambda node: "relu",
    "LeakyRelu": lambda node: f"leaky_relu({node.number_of('alpha', 0.01)!r})",
    "Elu": lambda node: f"elu({node.number_of('alpha', 1.0)!r})",
    "Softplus": lambda node: "softplus",
    "Softmax": lambda node: "softmax",
    "LogSoftmax": lambda node: "softmax",
}
"""The squashing function that an operator of somebody else's graph is."""


def squash(graph: Graph, name: str, u: str) -> str:
    """Write x = f(u); rows stay rows."""
    family, parameter = split(name)
    told = () if parameter is None else (parameter,)
    x = SQUASHES[family](graph, u, *told)
    return graph.flatten(x) if u in graph.flat else x


def probabilities(graph: Graph, squash: str) -> None:
    """Turn `scores` into `probabilities`, as `train.evaluation.probabilities` does."""
    reach = bounds(squash)
    if squash == "softmax":
        graph.node("Identity", "scores", out="probabilities")
    elif reach is None:
        graph.node("Softmax", "scores", out="probabilities", axis=1)
    else:
        low, high = reach
        share = graph.node("Sub", "scores", graph.constant(low, "low"))
        share = graph.node("Div", share, graph.constant(high - low, "range"))
        share = graph.node("Clip", share, graph.constant(LEAST, "least"), graph.constant(1, "1"))
        total = graph.node("ReduceSum", share, graph.whole("class_axis", 1), keepdims=1)
        graph.node("Div", share, total, out="probabilities")
