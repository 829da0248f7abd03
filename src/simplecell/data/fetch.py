"""The published data sets: where they are, which bytes they are, and how they come here.

A name means its published bytes: every file is compared with its sha256, wherever it comes from.

    --data-dir, SIMPLECELL_DATA   a folder with <name>/ in it, or with the four files: used
                                  instead of the network
    SIMPLECELL_CACHE              where fetched files are kept, otherwise the user's cache folder
    SIMPLECELL_MIRROR             an address that serves <name>/<file> instead of the publishers
"""

import errno
import hashlib
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from simplecell.data.folder import STEMS
from simplecell.errors import DataError, FetchError

FILES = tuple(f"{stem}.gz" for stem in STEMS)
_DIGITS = tuple("0123456789")
_TIMEOUT_SECONDS = 30
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Publication:
    """Where four files are published, their sha256 in the order of FILES, the classes' names."""

    url: str
    sha256: tuple[str, str, str, str]
    classes: tuple[str, ...]


PUBLISHED = {
    # LeCun, Cortes, Burges; PyTorch's copy of the original files.
    "mnist": Publication(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
        _DIGITS,
    ),
    # Xiao, Rasul, Vollgraf 2017.
    "fashion-mnist": Publication(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
        (
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
        ),
    ),
    # Clanuwat et al. 2018. The sha256 are TensorFlow Datasets' (url_checksums/kmnist.txt).
    "kmnist": Publication(
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        (
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        ),
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
}  # fmt: skip


def published_folder(name: str, data_dir: str | Path | None = None) -> Path:
    """Give a folder that holds the four published files of `name`, each one verified.

    Raises
        FetchError   a folder was named and lacks the files; or they could not be fetched
        DataError    a file in the named folder is not the published one
    """
    named = data_dir or os.environ.get("SIMPLECELL_DATA")
    if named:
        return _local(name, Path(os.path.expanduser(named)))
    return _fetched(name)


def is_here(name: str, data_dir: str | Path | None = None) -> bool:
    """Say whether the published files of `name` are on this machine: then nothing is fetched."""
    named = data_dir or os.environ.get("SIMPLECELL_DATA")
    if named:
        around = Path(os.path.expanduser(named))
        places = [around / name, around]
    else:
        places = [cache_folder(name)]
    return any(all((place / file).is_file() for file in FILES) for place in places)


def _local(name: str, named: Path) -> Path:
    folder = next(
        (f for f in (named / name, named) if any((f / file).is_file() for file in FILES)), None
    )
    missing = [file for file in FILES if folder is None or not (folder / file).is_file()]
    if folder is None or missing:
        looked = f"{folder}" if folder else f"{named / name} and {named}"
        raise FetchError(
            f"{name} was looked for in {looked}; not found: {', '.join(missing)}."
            f"\n  --data-dir or SIMPLECELL_DATA names {named}, so nothing is fetched. Put the"
            f" files there from\n  {PUBLISHED[name].url}\n  or leave the folder out to have them"
            " fetched; unpacked files are read by giving their own folder in place of"
            f" '{name}'."
        )
    for file, wanted in zip(FILES, PUBLISHED[name].sha256, strict=True):
        try:
            with (folder / file).open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as problem:
            raise DataError(f"{folder / file} cannot be read: {problem.strerror}.") from None
        if found != wanted:
            raise DataError(
                f"{folder / file} is not the published {name} file."
                f"\n  its sha256    {found}\n  published     {wanted}\n  damaged? copy it again"
                f" from {PUBLISHED[name].url}{file}; data of your own? give its folder, {folder},"
                f" in place of '{name}'."
            )
    return folder


def _fetched(name: str) -> Path:
    publication = PUBLISHED[name]
    for file, sha256 in zip(FILES, publication.sha256, strict=True):
        fetch(name, publication.url, file, sha256, FILES)
    return cache_folder(name)


def cache_folder(name: str) -> Path:
    """Name the folder in which a data set's fetched files are kept."""
    cache = os.environ.get("SIMPLECELL_CACHE") or import_module("pooch").os_cache("simplecell")
    return Path(os.path.expanduser(cache)) / name


def fetch(name: str, url: str, file: str, sha256: str, files: Sequence[str]) -> Path:
    """Give one published file of a data set, brought into the cache and verified.

    `files` are all that the data set is made of, for who must bring them by hand.

    Raises
        FetchError   it could not be fetched or kept, or is not the published one
    """
    # Imported here: most runs fetch nothing. By name: pooch does not declare what it exports.
    pooch = import_module("pooch")
    folder = cache_folder(name)
    mirror = os.environ.get("SIMPLECELL_MIRROR")
    address = f"{mirror.rstrip('/')}/{name}/{file}" if mirror else url + file
    try:
        _fetch(pooch, address, sha256, folder / file)
    except (OSError, ValueError) as problem:
        raise _refusal(problem, name, address, folder, files) from None
    return folder / file


def _fetch(pooch: ModuleType, url: str, sha256: str, path: Path) -> None:
    """Bring one file, unless it is there: pooch writes beside it, verifies, only then names it."""
    with ExitStack() as answers:
        downloader = pooch.HTTPDownloader(
            progressbar=Progress(f"{path.parent.name}/{path.name}"),
            chunk_size=_CHUNK,
            timeout=_TIMEOUT_SECONDS,
            # As they are: unpacked on the way, they would have another hash.
            headers={"Accept-Encoding": "identity"},
            # Closed by us: pooch leaves an answer open that breaks off.
            hooks={"response": lambda answer, **_: answers.push(answer)},
        )
        pooch.retrieve(
            url, f"sha256:{sha256}", fname=path.name, path=path.parent, downloader=downloader
        )


def _refusal(
    problem: OSError | ValueError, name: str, url: str, folder: Path, files: Sequence[str]
) -> FetchError:
    """Say what went wrong; the errors of the network are OSErrors without a number."""
    number = problem.errno if isinstance(problem, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT):
        return FetchError(
            f"{name}: no space left in {folder}; nothing was kept of {url}."
            "\n  make room, or name another folder by SIMPLECELL_CACHE."
        )
    if number is not None or isinstance(problem, PermissionError):
        return FetchError(
            f"{name}: {folder} cannot be written: {problem}."
            "\n  name a folder of your own by SIMPLECELL_CACHE."
        )
    if not isinstance(problem, OSError):
        return FetchError(
            f"{name}: {url} is not the published file; nothing was kept.\n  {problem}"
            "\n  try again; if it stays so, use another source: SIMPLECELL_MIRROR, or --data-dir."
        )
    return FetchError(
        f"{name} could not be fetched from {url}:\n  {_root(problem)}"
        f"\n  without a network, put {', '.join(files)}"
        f"\n  into a folder {name}/ and name the folder around it by --data-dir, or by"
        " SIMPLECELL_DATA.\n  'digits' needs no download."
    )


def _root(problem: BaseException) -> BaseException:
    """Find the plain cause, such as 'Connection refused', below the layers that wrapped it."""
    while (cause := problem.__cause__ or problem.__context__) is not None:
        problem = cause
    return problem


class Progress:
    """One line on standard error, redrawn in place; silent where that is no terminal.

    The attribute and the methods are those that pooch asks of a progress bar.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.total = 0
        self.done = 0

    def update(self, amount: int) -> None:
        """Count some more bytes."""
        self.done = min(self.done + amount, self.total)
        if sys.stderr.isatty():
            share = f"{100 * self.done // self.total} %" if self.total else ""
            print(f"\r  {self.what} {share}", end="", file=sys.stderr, flush=True)

    def reset(self) -> None:
        """Start counting again."""
        self.done = 0

    def close(self) -> None:
        """End the line."""
        if sys.stderr.isatty():
            print(file=sys.stderr)
