"""What training gives: a model, how it got there, how long it took."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from simplecell.spec.network import Network
from simplecell.train.card import card, errors, facts
from simplecell.train.checkpoint import Checkpoint
from simplecell.train.history import Epoch
from simplecell.train.model import Model
from simplecell.train.recipes import Recipe


@dataclass(frozen=True)
class Run:
    """What training gave."""

    model: Model
    history: tuple[Epoch, ...]
    train_seconds: float
    compile_seconds: float
    recipe: Recipe
    seed: int
    engine: str
    threads: int
    folder: Path | None
    checkpoint: Checkpoint

    @property
    def network(self) -> Network:
        """The network that was trained."""
        return self.model.network

    @property
    def parameters(self) -> dict[str, NDArray[Any]]:
        """The trained weights by name, float32."""
        return dict(self.model.parameters)

    def _repr_html_(self) -> str:
        """Show the layers, how they were trained and how long it took, in a notebook."""
        said = facts(self.model.metadata, self.model.classes)
        said["time"] = f"{self.train_seconds:.1f} s for {len(self.history)} epochs"
        return card(self.network, said, errors([asdict(row) for row in self.history]))
