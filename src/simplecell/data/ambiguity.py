"""Folders that could be understood in two ways, and what is refused because of it.

Nothing is learnt wrongly in silence: each message names the folders, says what they could be, and
what a person can do.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from simplecell.data.splits import part_of
from simplecell.data.tree import Node, pictures, shown, some
from simplecell.errors import DataError

_EXTRAS = """
    doc docs documentation meta metadata readme assets figure figures figs example examples sample
    samples demo demos screenshot screenshots script scripts src code result results output outputs
    log logs preview previews icon icons thumbnails paper
"""
EXTRAS = frozenset(_EXTRAS.split())
"""Folders that people put beside their classes."""

_NO_CLASSES = """
    image images img imgs picture pictures photo photos jpegimages mask masks label labels
    annotation annotations segmentation segmentations gt groundtruth ground_truth bbox boxes depth
    edges
"""
NO_CLASSES = frozenset(_NO_CLASSES.split())
"""Folders of pictures and of what belongs to each of them: a picture is no class of its own."""

OF_PICTURES = frozenset(
    ("annotation", "annotations", "segmentation", "segmentations", "groundtruth", "ground_truth")
)
"""Folders of what belongs to pictures, also beside classes."""

VEHICLES, TIMES = 3, 3
"""A folder called train is a class beside so many others that have not TIMES fewer pictures."""

FEW = 0.1
"""Folders with less than this share of the pictures may be extras."""


def flat_parts(node: Node, parts: Sequence[Node], where: str, notes: list[str]) -> list[Node]:
    """Decide what a folder called train or test is that has pictures and no class folders."""
    kids = node.filled
    others = [kid for kid in kids if kid not in parts]
    known = {part_of(kid.name) for kid in parts}
    names = {kid.name.lower() for kid in kids}
    if others and known == {"none"}:
        for kid in parts:
            notes.append(f"{pictures(kid.count)} in {shown(kid.name)} have no class: left out.")
        return others
    if known == {"train"} and len(parts) == 1 and _is_one_of(parts[0], others):
        notes.append(f"{shown(parts[0].name)} is taken for a class, as the folders beside it.")
        return kids
    if known == {"validation"} and names & {"invalid", "not_valid", "not valid", "non-valid"}:
        return kids
    if others:
        raise DataError(
            f"{where}: {some([kid.name for kid in parts])} is a part of the data by its name, and"
            f" has pictures and no class folders in it, as {some([kid.name for kid in others])}"
            " beside it: a class, or pictures of no class?\n  move it away; or, if it is a class,"
            " give it another name."
        )
    advice = f"give the list {some(node.lists)}" if node.lists else "give a .csv of path,label"
    raise DataError(
        f"{where}: {some([kid.name for kid in parts])} are parts of the data, no classes, and"
        f" their {node.count:,} pictures lie in no class folders.\n  put the pictures of each"
        f" class into a folder of its name, in each part; or {advice}."
    )


def _is_one_of(train: Node, others: Sequence[Node]) -> bool:
    """Tell whether a folder called train is a class among classes, as in sets of vehicles."""
    usual = median([one.count for one in others] or [0])
    return len(others) >= VEHICLES and train.count <= TIMES * usual


def shared(kids: Sequence[Node]) -> list[str]:
    """Give the names of folders that lie in two or more of these folders, if most of them do."""
    counts = Counter(one.name.casefold() for kid in kids for one in kid.inner.filled)
    same = [name for name, count in counts.items() if count > 1]
    return same if len(same) > 1 and 2 * len(same) >= len(counts) else []


def check_inner(kids: Sequence[Node], where: str) -> None:
    """Refuse folders that have the same folders inside: either could be the classes."""
    same = shared(kids)
    if same:
        outer = [kid.name for kid in kids if kid.filled]
        raise DataError(
            f"{where}: {some(outer)} have the same folders in them ({some(same)}): which are"
            " the classes?\n  if the inner ones, put the outer ones together, or call them train"
            " and test; if the outer ones, take the pictures out of the inner ones; or give a"
            " .csv of path,label."
        )


def check_kinds(labels: Sequence[str], where: str) -> None:
    """Refuse folders of pictures and of what belongs to them, such as masks."""
    plain = {label.lower() for label in labels}
    if labels and (plain <= NO_CLASSES or plain & OF_PICTURES):
        raise DataError(
            f"{where}: {some(sorted(set(labels)))} seem to hold pictures and what belongs to each"
            " of them, and no classes.\n  put the pictures of each class into a folder of its"
            " name; or give a .csv of path,label."
        )


def check_loose(node: Node, kids: Sequence[Node], where: str) -> None:
    """Refuse a folder of which more pictures lie in itself than in its folders."""
    inside = sum(kid.count for kid in kids)
    if len(node.pictures) > inside:
        raise DataError(
            f"{where} holds {pictures(len(node.pictures))} in no class folder, and {inside:,} in"
            f" folders ({some([kid.name for kid in kids])}): are these the classes?\n  put the"
            " pictures of each class into a folder of that name; or give a .csv of path,label."
        )


def without_extras(kids: list[Node], notes: list[str]) -> list[Node]:
    """Leave out docs, Meta and their like, where they hold few pictures beside the classes."""
    extras = [kid for kid in kids if kid.name.lower() in EXTRAS]
    classes = [kid for kid in kids if kid not in extras]
    if len(classes) < 2 or not extras:
        return kids
    usual = median(kid.count for kid in classes)
    gone = [kid for kid in extras if kid.count <= FEW * usual]
    for kid in gone:
        notes.append(
            f"{shown(kid.name)} is left out: {pictures(kid.count)}, where a class has {usual:g}."
        )
    return [kid for kid in kids if kid not in gone]
