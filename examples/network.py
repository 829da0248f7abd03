"""Describe a network of your own, count it without allocating it, see where it does not fit."""

from simplecell.errors import ShapeError
from simplecell.spec.accounting import count_network
from simplecell.spec.layers import Conv, Dense, Pool
from simplecell.spec.network import Network

layers = (
    Conv("C1", 8, (3, 5), squash="relu"),
    Pool("S2", "max", (2, 2)),
    Conv("C3", 16, (3, 3), squash="relu"),
    Dense("F4", 26, "softmax"),
)
letters = Network("letters", (1, 24, 32), layers)
for layer, shape in zip(letters.layers, letters.shapes, strict=True):
    print(f"{layer.name}  {shape}")
print(f"{count_network(letters).total.parameters:,} parameters")

try:
    letters.with_input((1, 6, 12))
except ShapeError as problem:
    print(problem)
