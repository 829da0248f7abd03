"""Names of modules that were changed: the old ones import for one version more, with a warning.

>>> import sys, warnings
>>> with warnings.catch_warnings(record=True) as told:
...     warnings.simplefilter("always")
...     from simplecell.spec.tailor import tailored
>>> print(told[0].message)
simplecell.spec.tailor is now simplecell.spec.preset
>>> tailored(3, (1, 48, 48)).classes
3
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from warnings import warn

MODULES = {
    "data.album": "data.imagefolder",
    "data.census": "data.inspection",
    "data.doubt": "data.ambiguity",
    "data.pose": "data.alignment",
    "data.rubbish": "data.negatives",
    "data.span": "data.valuerange",
    "data.strangers": "data.outliers",
    "estimators.parcel": "estimators.serialization",
    "plots.course": "plots.history",
    "plots.level": "plots.featuremaps",
    "plots.verdict": "plots.evaluation",
    "spec.figures": "spec.validation",
    "spec.tailor": "spec.preset",
    "studio.lesson": "studio.training",
    "studio.ring": "studio.snapshots",
    "studio.roster": "studio.jobs",
    "studio.shelf": "studio.models",
    "train.card": "train.html",
    "train.disk": "train.atomic",
    "train.drill": "train.rejection",
    "train.feed": "train.sampler",
    "train.rehearsal": "train.timing",
    "train.watch": "train.guarding",
}
"""Old name to new, below `simplecell`."""

FUNCTIONS = {
    "data.album.Album": "ImageFolder",
    "data.album.read_album": "read_image_folder",
    "data.pose.pose": "align",
    "data.rubbish.rubbish": "negatives",
    "data.span.find_span": "find_range",
    "data.strangers.strangers": "outliers",
    "estimators.parcel.Parcel": "Serializable",
    "spec.tailor.tailored": "preset",
    "studio.ring.Ring": "Snapshots",
    "studio.roster.Roster": "Jobs",
    "studio.shelf.Shelf": "Models",
    "train.card.card": "html",
    "train.drill.guarded": "with_rejection",
    "train.watch.watched": "with_guard",
}
"""Functions and classes of these modules whose own names were changed, too."""


class Renamed(ModuleType):
    """A module by its old name: it has nothing of its own and hands on what the new one has."""

    def __getattr__(self, name: str) -> object:
        """Give what the module by its new name calls so now."""
        old = self.__name__.removeprefix("simplecell.")
        new = import_module(f"simplecell.{MODULES[old]}")
        return getattr(new, FUNCTIONS.get(f"{old}.{name}", name))


class Finder(MetaPathFinder, Loader):
    """Python asks it for a module that no file has."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Say that a module with an old name can be had."""
        package, _, name = fullname.partition(".")
        known = package == "simplecell" and name in MODULES
        return ModuleSpec(fullname, self) if known else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make the module that hands on, and warn whoever imports it."""
        new = f"simplecell.{MODULES[spec.name.removeprefix('simplecell.')]}"
        # Frames of importlib do not count: the next one is the line that imports.
        warn(f"{spec.name} is now {new}", DeprecationWarning, stacklevel=2)
        return Renamed(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: all that the module has is another's."""


def install() -> None:
    """Let Python ask for old names, after all other places."""
    if not any(isinstance(one, Finder) for one in sys.meta_path):
        sys.meta_path.append(Finder())
