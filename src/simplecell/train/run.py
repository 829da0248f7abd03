"""What training gives: a model, how it got there, how long it took."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from simplecell.repr import within
from simplecell.spec.network import Network
from simplecell.train.checkpoint import Checkpoint
from simplecell.train.history import Epoch
from simplecell.train.html import errors, facts, html
from simplecell.train.model import Model
from simplecell.train.recipes import Recipe


@dataclass(frozen=True, repr=False)
class Run:
    """What training gave.

    >>> import simplecell as sc
    >>> run = sc.fit("lenet5", "digits", epochs=2, progress=False)
    >>> len(run.history), run.network.name
    (2, 'lenet5')
    >>> run.model.classes[:3]
    ('0', '1', '2')
    """

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

    def __repr__(self) -> str:
        """Say what was trained, for how long, and what came of it."""
        last = self.history[-1]
        judged = ""
        if last.validation_error_percent is not None:
            judged = f", validation error {last.validation_error_percent:.2f} %"
        where = "nowhere" if self.folder is None else f"in {self.folder}"
        return within(
            f"Run of {self.network.name}: recipe {self.recipe.name}, seed {self.seed},"
            f" engine {self.engine}\n"
            f"  {len(self.history)} epochs in {self.train_seconds:.1f} s, last loss"
            f" {last.train_loss:.4f}{judged}\n"
            f"  saved {where}; .model answers, .history lists the epochs"
        )

    def _repr_html_(self) -> str:
        """Show the layers, how they were trained and how long it took, in a notebook."""
        said = facts(self.model.metadata, self.model.classes)
        said["time"] = f"{self.train_seconds:.1f} s for {len(self.history)} epochs"
        return html(self.network, said, errors([asdict(row) for row in self.history]))
