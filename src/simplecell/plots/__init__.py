"""Pictures: the one door to matplotlib. One function per picture; each returns the figure.

    of a network          kernels, table
    of one picture in it  maps, deltas
    of its output codes   codes
    of a run              learning
    of its answers        confusion, mistakes, reject
    of an experiment      histogram, curves, bars, rows

A notebook shows what they return; `write` makes a PNG or an SVG of it. `sheet` has the style, and
`gallery` the pictures of a run by name, as `simplecell plot` draws them.
"""

from simplecell.plots.chart import bars, curves, draw, histogram, rows
from simplecell.plots.evaluation import confusion, mistakes, reject
from simplecell.plots.featuremaps import codes, deltas, maps
from simplecell.plots.history import learning
from simplecell.plots.sheet import write
from simplecell.plots.wiring import kernels, table

__all__ = [
    "bars",
    "codes",
    "confusion",
    "curves",
    "deltas",
    "draw",
    "histogram",
    "kernels",
    "learning",
    "maps",
    "mistakes",
    "reject",
    "rows",
    "table",
    "write",
]
