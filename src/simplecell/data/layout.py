"""Which folders are classes, which are parts, and what is neither: no part is learnt as a class.

    heron owl                         classes
    train/heron train/owl test/…      parts, and classes in them; docs beside them is left out
    trainA trainB testA testB         parts and classes, in one name
    heron/train heron/test owl/…      classes, and parts in them
    fold1/heron fold1/owl fold2/…     piles of one heap

What could be read in two ways is refused, with both ways named.
"""

from collections.abc import Sequence
from typing import NamedTuple

from simplecell.data.ambiguity import (
    FEW,
    NO_CLASSES,
    check_inner,
    check_kinds,
    check_loose,
    flat_parts,
    shared,
    without_extras,
)
from simplecell.data.classes import alike, joined
from simplecell.data.splits import named_part, part_of, pile_of
from simplecell.data.tree import Node, Skipped, pictures, shown, some
from simplecell.errors import DataError


class Listed(NamedTuple):
    """A picture to be read: its place in the folder, its class, its part if one is given."""

    path: str
    label: str
    test: bool | None = None


class Arranged(NamedTuple):
    """The pictures by class, the files that were left out, and what one should know."""

    listed: list[Listed]
    skipped: list[Skipped]
    notes: list[str]


class _Heap(NamedTuple):
    """A class folder of a part."""

    part: str | None
    label: str
    node: Node


def arrange(root: Node, where: str) -> Arranged:
    """Find the classes and the parts in a folder or an archive; `where` names it in messages.

    Raises
        DataError   no class folder, or folders that can be understood in two ways
    """
    notes: list[str] = []
    node = _unwrapped(root, notes)
    heaps = _heaps(node, where, notes)
    check_kinds([heap.label for heap in heaps if heap.node.count], where)
    heaps = _with_classes_learnt(heaps, where, notes)
    names: dict[str, list[str]] = {}
    # The training part first: its spelling of a class is the class's.
    for heap in sorted(heaps, key=lambda heap: heap.part != "train"):
        names.setdefault(heap.part or "", []).append(heap.label)
    classes, said = joined(names, where)
    parts = {heap.part for heap in heaps}
    tests = tests_of(parts)
    listed, skipped = [], []
    empty: list[str] = []
    for heap in heaps:
        test = tests.get(heap.part) if heap.part else None
        found = sorted(heap.node.all_pictures())
        listed += [Listed(path, classes[heap.label], test) for path in found]
        skipped += list(heap.node.all_others())
        empty += [] if found else [shown(heap.node.place)]
    below = [
        f"{heap.label}/{kid.name}"
        for heap in heaps
        for kid in heap.node.filled
        if kid.name.lower() not in NO_CLASSES
    ]
    if below:
        notes.append(f"folders below a class folder ({some(below)}) count as its class's.")
    if empty:
        notes.append(f"no picture in {len(empty)} of the class folders, left out: {some(empty)}.")
    return Arranged(listed, skipped, [*notes, *said, *parts_said(parts)])


def _unwrapped(root: Node, notes: list[str]) -> Node:
    """Go into a folder that is alone around everything, as archives unpack."""
    node = root
    while True:
        filled = node.filled
        if len(filled) != 1 or not filled[0].filled or part_of(filled[0].name):
            break
        if node.pictures and len(filled[0].filled) < 2:
            break
        _say_loose(node, filled[0].name, notes)
        node = filled[0]
    if node is not root:
        notes.append(f"the pictures lie in {shown(node.place)}.")
    return node


def _say_loose(node: Node, beside: str, notes: list[str]) -> None:
    if node.pictures:
        notes.append(
            f"{pictures(len(node.pictures))} beside {shown(beside)}, in no class folder:"
            f" left out ({some(node.pictures)})."
        )


def _heaps(node: Node, where: str, notes: list[str]) -> list[_Heap]:
    kids = node.filled
    named = {kid.name: named_part(kid.name) for kid in kids}
    told = [kid for kid in kids if named[kid.name][0]]
    rests = {named[kid.name][1] for kid in told}
    told_parts = {named[kid.name][0] for kid in told}
    if len(told) == len(kids) and len(told_parts) > 1 and len(rests) > 1 and "" not in rests:
        return _in_one_name(kids, named, where)
    alike = len(told) == len(kids) and len(rests) == 1
    parts = [kid for kid in told if alike or not named[kid.name][1]]
    structured = [kid for kid in parts if kid.filled]
    if structured:
        return _given_parts(node, parts, {kid.name: named[kid.name][0] for kid in parts}, where,
                            notes)  # fmt: skip
    if parts:
        kids = flat_parts(node, parts, where, notes)
    inner = _parts_inside(kids, where)
    if inner is not None:
        return inner
    piles = {pile_of(kid.name) for kid in kids}
    if len(kids) > 1 and len(piles) == 1 and None not in piles and shared(kids):
        notes.append(
            f"{some([kid.name for kid in kids])} are piles of one heap: all are learnt from, and"
            " a fifth is put aside for the test."
        )
        return [_Heap(None, heap.label, heap.node) for kid in kids for heap in _classes(kid, None)]
    check_inner(kids, where)
    kids = without_extras(kids, notes)
    empty = [kid for kid in node.folders.values() if not kid.count]
    if kids:
        check_loose(node, kids, where)
        _say_loose(node, "the class folders", notes)
    return [_Heap(None, kid.name, kid) for kid in (*kids, *empty)]


def _in_one_name(
    kids: Sequence[Node], named: dict[str, tuple[str | None, str]], where: str
) -> list[_Heap]:
    """Read trainA, trainB, testA: a part and a class in each name."""
    deep = next((kid for kid in kids if kid.filled), None)
    if deep is not None:
        raise DataError(
            f"{where}: {some([kid.name for kid in kids])} speak of parts and of something else,"
            f" and have folders in them ({shown(deep.filled[0].place)}): which are the classes?"
            "\n  put them into folders train and test, with a folder for each class in them."
        )
    heaps = [_Heap(*named[kid.name], kid) for kid in kids]
    return [heap for heap in heaps if heap.part != "none"]


def _given_parts(
    node: Node, parts: Sequence[Node], named: dict[str, str | None], where: str, notes: list[str]
) -> list[_Heap]:
    """Read folders train, test …, with class folders in them, and leave out what is beside."""
    others = [kid for kid in node.filled if kid not in parts]
    structured = [kid for kid in parts if kid.filled]
    certain = len({named[kid.name] for kid in parts}) > 1
    many = sum(kid.count for kid in others) > FEW * sum(kid.count for kid in structured)
    if others and not certain and many:
        raise DataError(
            f"{where}: {some([kid.name for kid in structured])} may be a part of the data by its"
            f" name, and {some([kid.name for kid in others])} beside it a part, a class or"
            " neither.\n  name the parts train and test and move the rest away; or, if all of"
            " them are classes, give them other names."
        )
    for other in others:
        notes.append(
            f"{shown(other.name)}, beside {some([kid.name for kid in parts])}, is left out:"
            f" {pictures(other.count)} in neither part."
        )
    _say_loose(node, some([kid.name for kid in parts]), notes)
    heaps: list[_Heap] = []
    for kid in parts:
        part = named[kid.name]
        inside = [] if part == "none" or _of_no_class(kid) else _classes(kid, part)
        if inside:
            check_inner([heap.node for heap in inside], where)
            heaps += inside
        loose = len(kid.inner.pictures) if inside else kid.count
        if loose:
            notes.append(
                f"{pictures(loose)} in {shown(kid.name)} lie in no class folder: left out"
                + (f" (a list, {some(node.lists)}, may say what they are)." if node.lists else ".")
            )
    return heaps


def _classes(kid: Node, part: str | None) -> list[_Heap]:
    return [_Heap(part, one.name, one) for one in kid.inner.folders.values()]


def _of_no_class(part: Node) -> bool:
    """Tell whether a part is one folder of pictures, by a name that says no more than that."""
    filled = part.inner.filled
    return len(filled) == 1 and (
        filled[0].name.lower() in NO_CLASSES or bool(part_of(filled[0].name))
    )


def _parts_inside(kids: Sequence[Node], where: str) -> list[_Heap] | None:
    """Read heron/train, heron/test, owl/train …: parts inside each class; None if it is not so."""
    inside = [part_of(one.name) for kid in kids for one in kid.filled]
    if not inside or None in inside or any(not kid.filled for kid in kids) or len(kids) < 2:
        return None
    deep = [one for kid in kids for one in kid.filled if one.filled]
    if deep:
        raise DataError(
            f"{where}: {some([kid.name for kid in kids])} have parts in them, and"
            f" {shown(deep[0].place)} has folders in it: several data sets?\n  give one of them,"
            f" as {where}/{shown(kids[0].name)}."
        )
    return [
        _Heap(part_of(one.name), kid.name, one)
        for kid in kids
        for one in kid.filled
        if part_of(one.name) != "none"
    ]


def _with_classes_learnt(heaps: list[_Heap], where: str, notes: list[str]) -> list[_Heap]:
    """Leave out pictures of a given test part whose class has none to learn from."""
    parts = {heap.part for heap in heaps}
    first = next((part for part in (None, "train", "validation", "test") if part in parts), None)
    learnt = {alike(heap.label): heap.label for heap in heaps if heap.part == first}
    others = [heap for heap in heaps if heap.part != first and heap.node.count]
    strange = [heap for heap in others if alike(heap.label) not in learnt]
    known = [heap for heap in others if alike(heap.label) in learnt]
    if strange and not known and len(strange) > 1:
        raise DataError(
            f"{where}: {strange[0].part} has the classes {some([h.label for h in strange])}, and"
            f" none of those to learn from ({some([*learnt.values()])}).\n  give the class"
            " folders the same names in each part."
        )
    for part in sorted({str(heap.part) for heap in strange}):
        gone = [heap for heap in strange if heap.part == part]
        count = sum(heap.node.count for heap in gone)
        notes.append(
            f"{pictures(count)} of the part {part}, in {some([h.node.place for h in gone])}: no"
            " such class is learnt, and they are left out."
        )
    return [heap for heap in heaps if heap not in strange]


def tests_of(parts: set[str | None]) -> dict[str | None, bool]:
    """Say which parts are to test with: those called so or else, beside train, validation."""
    if parts == {"test"} or parts == {"validation"} or parts == {"train"}:
        return {}
    found: dict[str | None, bool] = {"train": False, "validation": False, "test": True}
    if "test" not in parts:
        found["validation"] = True
    if "train" not in parts:
        found["validation"] = False
    return found


def parts_said(parts: set[str | None]) -> list[str]:
    """Say what becomes of the parts that are given."""
    if {"train", "validation", "test"} <= parts:
        return [
            "the pictures put aside for validation are learnt from: recipes put their own aside."
        ]
    if {"train", "validation"} <= parts:
        return ["the part for validation is tested with: there is no other test part."]
    if len(parts) == 1 and parts & {"train", "test", "validation"}:
        return [f"there is a part {parts.copy().pop()} alone: a fifth is put aside for the test."]
    return []
