"""A trained network in one file: weights, network, normalisation, classes, how it came about.

The file holds float32 weights and one JSON document. It says nothing of clocks or machines, so
that equal training gives equal bytes.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from os.path import isdir
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.inputs import Expected
from simplecell.data.normalise import Normalisation
from simplecell.data.part import one_label_each
from simplecell.data.picture import READINGS
from simplecell.document import read_json
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.parameters import check_parameters
from simplecell.engines.protocol import (
    Array,
    Examples,
    Parameters,
    read_numbers,
)
from simplecell.errors import DataError, ModelError, SimplecellError, SpecError
from simplecell.repr import within
from simplecell.spec.accounting import count_network
from simplecell.spec.network import Network
from simplecell.spec.validation import shown
from simplecell.train.answer import Answer, answers
from simplecell.train.checkpoint import read_arrays, write_arrays
from simplecell.train.choice import check_engine, check_layout, read_path
from simplecell.train.guard import PREFIX, Guard
from simplecell.train.html import check_training, errors, facts, html
from simplecell.train.prediction import (
    Reader,
    labels_of,
    own_parameters,
    probabilities,
    truncated,
)
from simplecell.train.prediction import run as run_network
from simplecell.train.recipes import default_loss

MODEL = "simplecell.model"
MODEL_FILE = "model.safetensors"
SETTINGS_FILE = "run.json"


@dataclass(frozen=True, repr=False)
class Model:
    """A network, its weights, how its pixels are read, what its outputs are called.

    >>> import simplecell as sc
    >>> run = sc.fit("lenet5", "digits", epochs=2, progress=False)
    >>> model = run.model
    >>> digits = sc.load("digits", size=32)
    >>> model.predict(digits.test.pixels[:3]).shape
    (3,)
    >>> model.predict_proba(digits.test.pixels[:3]).shape
    (3, 10)

    `frame` is (height, width) of a training picture within the background around it. `reading`
    says how a stranger's picture is brought to the network, as `data/picture.py` lists them.
    `guard` tells what is of no class, if there is one. `metadata` says how it was trained: data,
    recipe, seed, engine, history, version.
    """

    network: Network
    parameters: Parameters
    normalisation: Normalisation
    classes: tuple[str, ...]
    frame: tuple[int, int] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reading: str = "plain"
    guard: Guard | None = None

    @property
    def loss(self) -> str:
        """The loss it was trained with, or the one its output layer is made for."""
        told = self.metadata.get("recipe", {}).get("loss")
        return told or default_loss(self.network)

    def examples(self, pixels: Array, labels: Array | None = None) -> Examples:
        """Pair pictures with what this model takes their pixels to mean.

        Shapes
            pixels (N, C, H, W), as the network reads them      labels (N,)

        Raises
            ModelError   pictures of another shape
        """
        pixels = read_numbers(pixels, "pictures")
        if pixels.shape[1:] != self.network.input:
            raise ModelError(
                f"{self.network.name} reads {_sides(self.network.input)} images;"
                f" these are {_sides(pixels.shape[1:])}."
            )
        return Examples(pixels, labels, self.normalisation.scale, self.normalisation.shift)

    def reader(
        self,
        layout: str | None = None,
        values: tuple[float, float] | None = None,
        invert: bool | None = None,
    ) -> Reader:
        """Say how pictures of any kind are brought to this network."""
        check_layout(layout)
        if invert is not None and not isinstance(invert, bool | np.bool_):
            raise DataError(f"invert is {shown(invert)}; it takes True or False.")
        expected = Expected(self.network.input, self.frame)
        return Reader(expected, self.reading, layout, values, invert)

    def predict(self, images: Any, **how: Any) -> Any:
        """Say which class pictures are taken for.

        A picture is a path, a PIL image or an array; many are a list of these, a part of a data
        set, or one array: (N, height, width), (N, height, width, channels) or (N, channels,
        height, width), as numbers in 0..1 or 0..255. Arrays of the training pictures' size are
        taken as they are. Everything else is brought to the network as `simplecell predict` does.
        One picture gives one class; many give an array of them. Classes that are called by whole
        numbers are given as whole numbers.

        `how` answers what an array leaves open: `layout`, as "NHWC"; `values`, black and white,
        as (-1, 1); `invert=True` for dark ink on white; and `engine`, `threads`.

        >>> import simplecell as sc
        >>> digits = sc.load("digits", size=32)
        >>> model = sc.fit("lenet5", digits, epochs=2, progress=False).model
        >>> model.predict(digits.test.pixels[:3]).shape
        (3,)

        Raises
            DataError   what cannot be read, or can be read in two ways
        """
        p, single = self._probabilities(images, **how)
        answers = labels_of(self.classes)[p.argmax(axis=1)]
        return answers[0].item() if single else answers

    def predict_proba(self, images: Any, **how: Any) -> NDArray[np.float64]:
        """Give how likely each class is, in the order of `classes`; pictures as in `predict`.

        Shapes
            gives (N, classes), or (classes,) for one picture
        """
        p, single = self._probabilities(images, **how)
        return p[0] if single else p

    def answers(self, images: Any, **how: Any) -> list[Answer]:
        """Say of each picture its class, the second, how probable they are, and whether to doubt.

        `Answer.rejected` marks what is none of the classes: where the rubbish class of a loss of
        the MAP family is the likeliest, or the guard, which `simplecell train` teaches digits,
        is not sure. Pictures as in `predict`; one picture gives a list of one.
        """
        engine, threads = how.pop("engine", "auto"), how.pop("threads", None)
        pixels, around = self.reader(**how).search(images)
        check_engine(engine)
        chosen = choose_engine(engine, threads) if isinstance(engine, str) else engine
        return answers(self, pixels, chosen, around)

    def transform(self, images: Any, *, layer: str | None = None, **how: Any) -> NDArray[Any]:
        """Give what a layer hands on for each picture: of LeNet-5, unless told, F6's 84 values.

        Unless `layer` names another, it is the last layer below the output. Pictures as in
        `predict`.

        Shapes
            gives (N, cells), or (cells,) for one picture

        Raises
            UnknownName   no such layer

        Brief: C1
        """
        engine, threads = how.pop("engine", "auto"), how.pop("threads", None)
        pixels, single = self.reader(**how).read(images)
        below = truncated(self.network, layer)
        parameters = own_parameters(below, self.parameters)
        values = run_network(below, parameters, self.examples(pixels), engine, threads)
        return values[0] if single else values

    def score(self, images: Any, labels: Any, **how: Any) -> float:
        """Give the share of pictures whose class is predicted as it is labelled, 0 to 1."""
        p, _ = self._probabilities(images, **how)
        return float((p.argmax(axis=1) == self.numbers(labels, len(p))).mean())

    def numbers(self, labels: Any, count: int) -> NDArray[np.int64]:
        """Give the number of each label's class; labels are given as `fit` takes them.

        Raises
            DataError   another number of labels than pictures, or a label of no class
        """
        values = one_label_each(labels, count)
        places = {name: place for place, name in enumerate(self.classes)}
        named = [str(label) for label in values.tolist()]
        strange = next((name for name in named if name not in places), None)
        if strange is not None:
            raise DataError(
                f"the label {strange!r} is none of the model's classes:"
                f" {', '.join(self.classes[:12])}."
            )
        return np.array([places[name] for name in named], np.int64)

    def _probabilities(self, images: Any, **how: Any) -> tuple[NDArray[np.float64], bool]:
        engine, threads = how.pop("engine", "auto"), how.pop("threads", None)
        pixels, single = self.reader(**how).read(images)
        outputs = run_network(
            self.network, self.parameters, self.examples(pixels), engine, threads
        )
        return probabilities(self.network, outputs, self.loss), single

    def __repr__(self) -> str:
        """Say what the model is and how it was trained, in a few lines."""
        said = facts(self.metadata, self.classes)
        lines = [f"  {name}: {value}" for name, value in said.items()]
        head = f"Model {self.network.name}, {count_network(self.network).total.parameters:,}"
        head += f" parameters, reads {_sides(self.network.input)}"
        return within("\n".join([head, *lines]))

    def _repr_html_(self) -> str:
        """Show the layers, and how they were trained, in a notebook."""
        said = facts(self.metadata, self.classes)
        return html(self.network, said, errors(self.metadata.get("history", ())))

    def save(self, path: str | Path) -> None:
        """Write the model to one safetensors file, whole or not at all."""
        save_model(self, path)


def version() -> str:
    """Give the version of simplecell, as it is installed."""
    try:
        return metadata.version("simplecell")
    except metadata.PackageNotFoundError:
        return "not installed"


def _sides(shape: Sequence[int]) -> str:
    return "x".join(str(side) for side in shape)


def save_model(model: Model, path: str | Path) -> None:
    """Write a model to one safetensors file, whole or not at all.

    >>> import simplecell as sc
    >>> from tempfile import mkdtemp
    >>> file = mkdtemp() + "/digits.safetensors"
    >>> run = sc.fit("lenet5", "digits", epochs=2, progress=False)
    >>> sc.save_model(run.model, file)
    >>> sc.load_model(file).network.name
    'lenet5'

    Raises
        ModelError   no room, no permission, weights that are not the network's or not finite
    """
    # Of a run, its model is meant.
    model = getattr(model, "model", model)
    if not isinstance(model, Model):
        raise ModelError(f"{type(model).__name__} is no model; give a Model or a Run to save.")
    file = read_path(path)
    check_parameters(model.network, model.parameters)
    weights = {name: np.asarray(w, np.float32) for name, w in model.parameters.items()}
    document, guard = to_document(model), model.guard
    if guard is not None:
        document["guard"] = guard.to_document()
        weights |= {
            f"{PREFIX}{name}": np.asarray(w, np.float32) for name, w in guard.parameters.items()
        }
    write_arrays(file, MODEL, weights, document)


def to_document(model: Model) -> dict[str, Any]:
    """Say in JSON all that a model is but its weights and its guard."""
    return {
        "network": json.loads(model.network.to_json()),
        "normalisation": asdict(model.normalisation),
        "classes": list(model.classes),
        "frame": model.frame,
        "reading": model.reading,
        "training": dict(model.metadata),
    }


def load_model(path: str | Path, network: Network | None = None) -> Model:
    """Read a model from its file, or from the run folder it is in.

    >>> import simplecell as sc
    >>> from tempfile import mkdtemp
    >>> file = mkdtemp() + "/digits.safetensors"
    >>> run = sc.fit("lenet5", "digits", epochs=2, progress=False)
    >>> run.model.save(file)
    >>> sc.load_model(file).network.name
    'lenet5'

    Raises
        ModelError   no model there, a damaged file, or a model of another network than
                     `network`, or than the run folder's
    """
    file = read_path(path)
    if isdir(file):
        file, network = _in_run_folder(file, network)
    arrays, document = read_arrays(file, MODEL)
    return from_document(document, arrays, file, network)


def from_document(
    document: Mapping[str, Any],
    arrays: Mapping[str, Array],
    file: Path,
    network: Network | None = None,
) -> Model:
    """Make a model of what `to_document` said and its weights; every problem names the file.

    Raises
        ModelError   a damaged description, weights that are not its network's, or a model of
                     another network than `network`
    """
    try:
        found = Network.from_json(json.dumps(document["network"]))
        if network is not None and found != network:
            raise ModelError(_another(network, found))
        weights = {name: w for name, w in arrays.items() if not name.startswith(PREFIX)}
        check_parameters(found, weights)
        model = _model(found, weights, document)
        if "guard" not in document:
            return model
        own = {n[len(PREFIX) :]: w for n, w in arrays.items() if n.startswith(PREFIX)}
        return replace(model, guard=Guard.from_document(document["guard"], own))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ModelError(f"{file} is damaged: its description lacks sense at {problem}.") from None
    except SimplecellError as problem:
        raise ModelError(f"{file} cannot be used: {problem}") from None


def _model(network: Network, arrays: Mapping[str, Array], document: Mapping[str, Any]) -> Model:
    classes = tuple(str(name) for name in document["classes"])
    if len(classes) != network.classes:
        raise ModelError(
            f"{len(classes)} class name{'s' * (len(classes) != 1)} for {network.classes} outputs."
        )
    frame = None
    if document["frame"] is not None:
        height, width = document["frame"]
        frame = (int(height), int(width))
    told = document["normalisation"].items()
    normalisation = Normalisation(**{name: float(value) for name, value in told})
    if not all(map(math.isfinite, asdict(normalisation).values())):
        raise ModelError(f"its normalisation is {normalisation}, which are no numbers.")
    reading = str(document.get("reading", "plain"))
    if reading not in READINGS:
        raise ModelError(f"its pictures are read {reading!r}: install a newer simplecell.")
    training = dict(document["training"])
    check_training(training)
    return Model(network, arrays, normalisation, classes, frame, training, reading)


def _in_run_folder(folder: Path, network: Network | None) -> tuple[Path, Network | None]:
    file = folder / MODEL_FILE
    settings = folder / SETTINGS_FILE
    if not file.exists():
        if not settings.exists():
            raise ModelError(
                f"{folder} holds no run: there is no {MODEL_FILE} in it.\n"
                "  Name the run folder that simplecell train wrote, or a model file; it stands"
                " before the pictures."
            )
        raise ModelError(
            f"{folder} holds a run that is not finished: there is no {MODEL_FILE} in it.\n"
            "  Finish the run with simplecell train … --resume, or name a model file."
        )
    if network is None and settings.exists():
        try:
            network = Network.from_json(json.dumps(read_json(settings.read_bytes())["network"]))
        except (OSError, ValueError, KeyError, TypeError, SpecError):
            raise ModelError(f"{settings} is damaged; name {file} itself.") from None
    return file, network


def _another(wanted: Network, found: Network) -> str:
    """Say where two networks part."""
    if found.name != wanted.name:
        return f"it belongs to the network {found.name}; {wanted.name} was asked for."
    if found.input != wanted.input:
        return (
            f"its {found.name} reads {_sides(found.input)} images;"
            f" {_sides(wanted.input)} was asked for."
        )
    pairs = zip(found.layers, wanted.layers, strict=False)
    differ = [f"{there} where {here} was asked for" for there, here in pairs if there != here]
    count = f"{len(found.layers)} layers where {len(wanted.layers)} were asked for"
    return f"it belongs to another network of the name {found.name}: {(differ or [count])[0]}."
