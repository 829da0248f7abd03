"""Whether a folder looks like pictures by class at all, by the kinds of files in it.

A data set may have a file of notes beside each picture, or two, in one or two formats. A folder
where people keep all sorts of things has files of many kinds, and pictures among them by chance.
"""

import os
from collections import Counter

from simplecell.data.imagefolder import ImageFolder

KINDS = 6
"""With so many kinds of other files, and more of them than pictures, a folder is in doubt."""

TIMES = 4
"""So do more than so many times as many other files as pictures, if of two kinds or more."""

SHOWN = 5


def doubt(album: ImageFolder) -> str | None:
    """Say why a folder is probably no data set; None if nothing speaks against it.

    A file without an ending may be a picture or not, and counts as another kind.
    """
    if album.listed_in != album.folder:
        return None
    others = Counter(_ending(one.path) for one in album.skipped)
    bare = sum(1 for path in album.paths if not _ending(path))
    if bare:
        others[""] += bare
    pictures, strange = len(album.paths) - bare, sum(others.values())
    many_kinds = len(others) >= KINDS and strange > pictures
    far_more = len(others) > 1 and strange > TIMES * pictures
    if not many_kinds and not far_more:
        return None
    often = sorted(others.items(), key=lambda one: (-one[1], one[0]))[:SHOWN]
    most = ", ".join(f"{count:,} {ending or 'without an ending'}" for ending, count in often)
    return (
        f"{album.folder} does not look like pictures by class: {pictures:,} pictures, and"
        f" {strange:,} other files of {len(others):,} kinds ({most} …), in"
        f" {len(album.classes):,} folders that would be the classes"
        f" ({', '.join(album.classes[:SHOWN])}{' …' if album.classes[SHOWN:] else ''})"
    )


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()
