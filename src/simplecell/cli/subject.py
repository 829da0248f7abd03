"""What commands are about: a network, a run or a model, and the pictures it is tried on."""

from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING

MODELS = (".safetensors", ".onnx", ".pt")

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.data.sources import Dataset
    from simplecell.plots.gallery import Subject
    from simplecell.spec.network import Network
    from simplecell.train.model import Model


def network_of(name: str) -> "Network":
    """Give a network by its name, of a file of its JSON, or of a run folder or model.

    Raises
        UnknownName   none of these
        SpecError     a path where no file is, or a file that describes no network
        ModelError    a folder or a model that cannot be used
    """
    from simplecell.spec.zoo import NETWORKS, load

    path = Path(name)
    # Unlike those of Path, this takes a text of any length.
    if name in NETWORKS or not (isdir(name) or path.suffix in MODELS):
        return load(name)
    from simplecell.export.suffix import read_model

    return read_model(path).network


def read_subject(
    run: Path,
    data: str | None,
    *,
    needs_data: bool,
    data_dir: Path | None = None,
    engine: str = "auto",
    threads: int | None = None,
    console: "Console | None" = None,
) -> "Subject":
    """Read a run folder or a model, and, where they are needed or named, pictures.

    Pictures are the test part of the data, or all of it if it has no such part. Without a name
    they are of the data set that the model learned from.

    Raises
        ModelError   no model there
        DataError    data that are needed, and that neither the person nor the model names
    """
    from simplecell.cli.pictures import say_notes
    from simplecell.engines.choose import engine as choose
    from simplecell.export.suffix import read_model
    from simplecell.plots.gallery import Subject
    from simplecell.train.folder import RunFolder
    from simplecell.train.history import read_lines

    model = read_model(run)
    subject = Subject(model)
    if run.is_dir():
        folder = RunFolder(run)
        if folder.history_file.exists():
            subject.history = read_lines(folder.history_file.read_text("utf-8"))
        subject.test_error_percent = (folder.result() or {}).get("test_error_percent")
    subject.data = _learned_from(model)
    if needs_data or data is not None:
        loaded = load_pictures(subject, run, data, data_dir)
        if console is not None:
            say_notes(console, loaded)
        subject.engine = choose(engine, threads)
    return subject


def load_pictures(
    subject: "Subject", run: Path, data: str | None, data_dir: Path | None
) -> "Dataset":
    """Load the pictures that are named, or those that the model says it learned from."""
    from simplecell.data.sources import by_names, check_classes, load

    network, classes = subject.model.network, subject.model.classes
    if data is not None:
        from simplecell.train.evaluation import check_fits

        check_fits(subject.model, data)
    if data is None:
        advice = "name their folder or data set after the run, as in runs/first mnist"
        data, data_dir = pictures_of(subject.model, run, data_dir, advice)
    channels, *sides = network.input
    loaded = load(data, size=(sides[0], sides[1]), data_dir=data_dir,
                  channels=channels, crop=subject.model.reading == "cropped")  # fmt: skip
    loaded = by_names(loaded, classes)
    check_classes(loaded, network.classes, network.name)
    subject.data = loaded.name
    subject.part = loaded.train if loaded.test is None else loaded.test
    subject.unseen = loaded.test is not None
    return loaded


def pictures_of(
    model: "Model", run: Path, data_dir: Path | None, advice: str
) -> tuple[str, Path | None]:
    """Find the pictures that a model learned from: its data set, or where its run says they are.

    Raises
        DataError   a model that does not say, or pictures that are no longer there
    """
    from simplecell.data.sources import NAMES
    from simplecell.errors import DataError
    from simplecell.train.folder import RunFolder

    name = _learned_from(model)
    source = RunFolder(run).source() if run.is_dir() else None
    if source is not None:
        missing = source.missing()
        if missing is None:
            return source.data, data_dir or source.data_dir
        raise DataError(
            f"this needs the pictures that {model.network.name} learned from, {name}: they were at"
            f" {missing}, and there is nothing now.\n  Put them back, or {advice}."
        )
    if name in NAMES:
        return name, data_dir
    raise DataError(
        f"this needs pictures such as {model.network.name} learned from{_called(name)}, and"
        f" {run} does not say where they are.\n  {advice[0].upper()}{advice[1:]}."
    )


def _called(data: str) -> str:
    return f", {data}" if data else ""


def _learned_from(model: "Model") -> str:
    told = model.metadata.get("data")
    return str(told.get("name", "")) if isinstance(told, dict) else ""
