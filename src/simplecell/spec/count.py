"""What one layer, or a whole network, is made of: whole numbers, of any size.

Source: LeCun et al. 1998, II.B.   Brief: B1-B10, C5-C14, E2
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    """What one layer, or a whole network, is made of."""

    weights: int
    biases: int
    connections: int
    neurons: int
    multiply_accumulates: int
    kept: int = 0
    """Numbers that are saved with the weights and not learned, such as running means."""

    @property
    def parameters(self) -> int:
        """Count what training may change."""
        return self.weights + self.biases

    def by_name(self) -> dict[str, int]:
        """Give every count by its name, as JSON shows them; `kept` only where there are any."""
        kept = {"kept": self.kept} if self.kept else {}
        return {
            "weights": self.weights,
            "biases": self.biases,
            "parameters": self.parameters,
            "connections": self.connections,
            "neurons": self.neurons,
            "multiply_accumulates": self.multiply_accumulates,
            **kept,
        }

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.weights + other.weights,
            self.biases + other.biases,
            self.connections + other.connections,
            self.neurons + other.neurons,
            self.multiply_accumulates + other.multiply_accumulates,
            self.kept + other.kept,
        )


def unshared(inputs: int, units: int, *, bias: bool = True) -> Count:
    """Count units that each have a weight of their own for each input, and mostly a bias."""
    weights, biases = inputs * units, units if bias else 0
    return Count(weights, biases, weights + biases, units, weights)
