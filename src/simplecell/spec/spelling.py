"""A network as a short text, written so that `text` reads the same layers again."""

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

from simplecell.errors import SimplecellError
from simplecell.spec.layers import Layer, Shape
from simplecell.spec.letter import Letter, Mark
from simplecell.spec.text import INPUT, USUAL, marks_of, read_text

Layers = Sequence[Layer]


def written(input: Shape, layers: Layers) -> str | None:
    """Write a network as a text that reads back as the same layers; None if none says them.

    A text does not say what layers are called, nor a table of connections.

    >>> from simplecell.spec.zoo import find
    >>> net = find("lenet5_tutorial")
    >>> written(net.input, net.layers)
    '1@32x32-6c5-2m-16c5-2m-120c5-84d-10'
    >>> written(net.input, find("lenet5").layers) is None
    True
    """
    pieces = pieces_of(layers)
    if pieces is None:
        return None
    head = [] if input == INPUT else [f"{input[0]}@{input[1]}x{input[2]}"]
    setting = _setting(layers)
    head += [] if setting == USUAL else [setting]
    # A mark stands on the layer before it, without a hyphen.
    text = "-".join([*head, *pieces]).replace("-+", "")
    try:
        again = read_text(text)
    except SimplecellError:
        return None
    same = again.input == input and len(again.layers) == len(layers)
    pairs = zip(again.layers, layers, strict=False)
    return text if same and all(replace(a, name=b.name) == b for a, b in pairs) else None


def pieces_of(layers: Layers) -> list[str] | None:
    """Write each layer by itself; one that a mark of the layer before it asks for begins with +.

    >>> from simplecell.spec.zoo import find
    >>> pieces_of(find("lenet1").layers)
    ['4c5', '2s', '12c5', '2s', '10:scaled_tanh']
    """
    setting, found = _setting(layers), list[str]()
    for number, layer in enumerate(layers):
        before, behind = layers[max(number - 1, 0) : number], layers[number + 1 : number + 2]
        mark = _carrier(before[0], layer) if before else None
        letter = _letter(layer)
        if letter is None:
            return None
        asking = _letter(before[0]) if before and mark else letter
        text = f"+{mark.letter}" if mark else _numbers(layer, letter, last=not behind)
        usual = setting if asking is None or asking.squash is None else asking.squash
        usual = usual if behind else "softmax"
        silent = letter.bare or layer.squash == usual or (behind and _carrier(layer, behind[0]))
        found.append(text if silent else f"{text}:{layer.squash}")
    return found


def _letter(layer: Layer) -> Letter | None:
    """Find the letter that says what a layer is, of those that its kind has."""
    for letter in type(layer).letters:
        if all(getattr(layer, name) == value for name, value in letter.fixed.items()):
            return letter
    return None


def _numbers(layer: Layer, letter: Letter, *, last: bool) -> str:
    """Write a layer's letter, the numbers around it, and its marks."""
    text = _figure(getattr(layer, letter.before)) if letter.before else ""
    # The classes, at the end, are a number alone.
    text += "" if last and letter.ends else letter.letter
    text += _figure(getattr(layer, letter.behind, None)) if letter.behind else ""
    return text + "".join(_marked(layer, mark) for mark in marks_of(type(layer), letter))


def _marked(layer: Layer, mark: Mark) -> str:
    if not mark.fills:
        return ""
    value = getattr(layer, mark.fills)
    usual = next(each.default for each in fields(layer) if each.name == mark.fills)
    if value == usual:
        return ""
    return mark.letter if value == mark.alone else f"{mark.letter}{_figure(value)}"


def _carrier(layer: Layer, follower: Layer) -> Mark | None:
    """Give the mark with which a layer asks for the layer behind it, as n for a normalisation."""
    if layer.squash != "identity" or getattr(layer, "bias", False):
        return None
    for letter in type(layer).letters:
        for mark in marks_of(type(layer), letter):
            kind: Any = type(follower)
            if mark.then == kind.type:
                plain = kind(name=follower.name, squash=follower.squash)
                return mark if plain == follower else None
    return None


def _setting(layers: Layers) -> str:
    """Choose the squashing function of the whole text: that of most layers that have one."""
    counts: dict[str, int] = {}
    for layer, behind in pairwise(layers):
        letter = _letter(layer)
        if letter is None or letter.squash is not None:
            continue
        carried = _carrier(layer, behind) is not None
        squash = behind.squash if carried else layer.squash
        if squash != "softmax":
            counts[squash] = counts.get(squash, 0) + 1
    return max(counts, key=lambda squash: counts[squash]) if counts else USUAL


def _figure(value: Any) -> str:
    """Write a number, a pair as one if its two are the same, and nothing for None."""
    if value is None:
        return ""
    if isinstance(value, tuple) and len(value) == 2:
        first, second = (_figure(number) for number in value)
        return first if first == second else f"{first}x{second}"
    return f"{value:g}" if isinstance(value, float) else str(value)
