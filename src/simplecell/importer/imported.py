"""What became of each node, and the model that the nodes became."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from simplecell.repr import within
from simplecell.train.model import Model

KEY = "import"
"""Where the model's metadata keep the steps."""


@dataclass(frozen=True)
class Step:
    """One node of the file, and what it became.

    `became` is a layer's name, `input` for the normalisation, or empty for a node that only moves
    numbers about; `how` says it in words.
    """

    node: int
    operator: str
    name: str
    became: str
    how: str


class Steps(Sequence[Step]):
    """All steps, in the order of the nodes; printed, they are a table."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = tuple(steps)

    def __getitem__(self, place: Any) -> Any:
        return self._steps[place]

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __repr__(self) -> str:
        """Say how many there are, and what the first of them became."""
        said = [f"{step.operator} {step.became}".strip() for step in self._steps]
        return within(f"Steps of {len(self)} nodes, {', '.join(said)}")

    def __str__(self) -> str:
        """Write a row for each node."""
        rows = [("node", "operator", "named", "became", "how")]
        rows += [(str(s.node), s.operator, s.name, s.became or "-", s.how) for s in self._steps]
        wide = [max(len(row[k]) for row in rows) for k in range(4)]
        lines = ["  ".join([*(c.ljust(w) for c, w in zip(row, wide, strict=False)), row[4]])
                 for row in rows]  # fmt: skip
        return "\n".join(line.rstrip() for line in lines)


class Imported(Model):
    """A model that was brought in: a `Model` in everything, that also says where it came from.

    >>> import simplecell as sc
    >>> from simplecell.export.onnx import bare
    >>> learnt = sc.fit("lenet5_tutorial", "digits", epochs=1, progress=False).model
    >>> model = sc.from_onnx(bare(learnt.network, learnt.parameters))
    >>> isinstance(model, sc.Imported), isinstance(model, sc.Model)
    (True, True)
    >>> model.steps[0].operator, model.steps[0].became
    ('Conv', 'C1')

    The steps are kept in the metadata, so that its file has them too.
    """

    @property
    def steps(self) -> Steps:
        """What each node of the file became."""
        return steps_of(self.metadata)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken to be so, because the file does not say it."""
        return tuple(self.metadata[KEY]["notes"])


def steps_of(metadata: Mapping[str, Any]) -> Steps:
    """Give the steps that a model's metadata hold: none, for a model that was trained here."""
    return Steps([Step(**step) for step in metadata.get(KEY, {}).get("steps", ())])


def document(
    source: str, producer: str, steps: Sequence[Step], notes: Sequence[str]
) -> dict[str, Any]:
    """Say in JSON where a model came from."""
    told = {"source": source, "producer": producer, "notes": list(notes)}
    return {KEY: told | {"steps": [asdict(step) for step in steps]}}
