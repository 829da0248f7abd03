"""Which experiments there are; each is a file of this room, read when it is asked for.

>>> find("lenet1998").name
'lenet1998'
"""

from importlib import import_module

from simplecell.errors import UnknownName
from simplecell.reproduce.experiment import Experiment

NAMES = {
    "lenet1998": "simplecell.reproduce.published",
    "distortions": "simplecell.reproduce.distorted",
    "boosted": "simplecell.reproduce.boosted",
    "ablation": "simplecell.reproduce.ablation",
    "gabor": "simplecell.reproduce.gabor",
    "combinations": "simplecell.reproduce.combinations",
    "collapse": "simplecell.reproduce.collapse",
    "reject": "simplecell.reproduce.reject",
    "modern": "simplecell.reproduce.modern",
    "strings": "simplecell.reproduce.strings",
    "natural": "simplecell.reproduce.natural",
    "strokes": "simplecell.reproduce.strokes",
    "selftaught": "simplecell.reproduce.selftaught",
    "stacked": "simplecell.reproduce.stacked",
    "why-convolution": "simplecell.reproduce.wiring",
    "convolved": "simplecell.reproduce.convolved",
    "stl10": "simplecell.reproduce.stl10",
    "kernels": "simplecell.reproduce.kernels",
}
"""From an experiment's name to the module that defines it as EXPERIMENT."""


def find(name: str) -> Experiment:
    """Give an experiment by its name; UnknownName, with the nearest, for any other."""
    if name not in NAMES:
        raise UnknownName("experiment", name, NAMES)
    experiment: Experiment = import_module(NAMES[name]).EXPERIMENT
    return experiment
