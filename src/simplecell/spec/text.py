"""A network as a short text, read: `32c3p-2m-64c3p-2m-128d-10`.

>>> read_text("3@32x32-tanh-32c3-2m-10").layers[:2]
(Conv(name='C1', maps=32, kernel=(3, 3), squash='tanh'), Pool(name='S2'))

    text      = [input -] [squash -] layer - layer - … - classes
    input     = channels @ height x width        1@28x28 unless told
    squash    = a squashing function             relu unless told; of layers that have one
    layer     = [number] letter [number] marks [: squash]
    classes   = a number alone: a dense layer with so many outputs

The last layer ends in softmax unless it says otherwise. The letters are those that each kind of
layer gives in its own file, under `letters`. Brackets of a function may hold a hyphen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from difflib import get_close_matches
from textwrap import wrap
from typing import Any, NoReturn

from simplecell.errors import ShapeError, SimplecellError, SpecError
from simplecell.spec.layers import LAYER_TYPES, Layer, Shape
from simplecell.spec.letter import Letter, Mark
from simplecell.spec.squashes import SQUASHES, read_squash, split

INPUT: Shape = (1, 28, 28)
"""What a text reads that does not say: MNIST's pictures."""
USUAL = "relu"
MOST = 60
"""Characters of a network's name."""
WIDE = 90
"""Characters of a text that an error shows; of a longer one, those around the place."""

_NUMBER = re.compile(r"(\d*\.\d+|\d+)(?:x(\d+))?")
_SHAPE = re.compile(r"(\d+)@(\d+)(?:x(\d+))?")
_WORD = re.compile(r"[a-z]+")

Number = int | float | tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """What stands between two hyphens, and where it begins."""

    text: str
    at: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.at + len(self.text)


@dataclass(frozen=True)
class Told:
    """What a text says: the network's name, what it reads, its layers."""

    name: str
    input: Shape
    layers: tuple[Layer, ...]


def is_text(name: str) -> bool:
    """Say whether something is meant as the text of a network, and not as a name of one.

    >>> is_text("32c3-10"), is_text("tanh-32c3-10"), is_text("lenet5"), is_text("lenet5-max-pool")
    (True, True, False, False)
    """
    if "/" in name or "\\" in name or name.endswith(".json"):
        return False
    return any(re.match(r"\.?\d", piece.text) for piece in _pieces(name))


def read_text(text: str, input: Shape | None = None) -> Told:
    """Read a network; the text itself, without what it reads, is its name.

    `input` is what it reads where the text does not say. Layers are called after their letters
    and places: C1, S2, C3.

    Raises
        SpecError    what cannot be read, with the place in the text and what may stand there
        ShapeError   layers that do not fit the maps below them, with the place in the text
    """
    return _Reader(text).told(input)


def says_input(text: str) -> bool:
    """Say whether a text names the pictures it reads.

    >>> says_input("3@32x32-8c3-10"), says_input("8c3-10")
    (True, False)
    """
    return bool(_SHAPE.match(text.strip()))


class _Reader:
    """Reads one text from the left to the right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.squash = USUAL
        self.layers: list[Layer] = []
        self.shapes: list[Shape] = []

    def told(self, input: Shape | None) -> Told:
        """Read the whole text."""
        pieces = list(_pieces(self.text))
        given = input or INPUT
        if found := _SHAPE.fullmatch(pieces[0].text):
            given = self._shape(pieces.pop(0), found)
        named = pieces
        if pieces and split(pieces[0].text)[0] in SQUASHES:
            self.squash = self._read_squash(pieces[0])
            pieces = pieces[1:]
        if not pieces:
            here = len(self.text)
            self._fail(here, here, "no layer stands here.", self._letters(numbered=False))
        self.shapes = [given]
        for piece in pieces:
            for layer in self._read(piece, last=piece is pieces[-1]):
                self._add(layer, piece, last=piece is pieces[-1])
        name = "-".join(piece.text for piece in named)
        name = name if len(name) <= MOST else f"{name[: MOST - 3]}..."
        return Told(name, given, tuple(self.layers))

    def _shape(self, piece: Piece, found: re.Match[str]) -> Shape:
        shape = (int(found[1]), int(found[2]), int(found[3] or found[2]))
        if min(shape) < 1:
            words = "pictures have at least one channel, one row and one column, as 1@28x28."
            self._fail(piece.at, piece.end, words)
        return shape

    def _add(self, layer: Layer, piece: Piece, *, last: bool) -> None:
        """Put a layer on the others, or say where it does not fit."""
        below = self.shapes[-1]
        if not last and (layer.squash == "softmax" or layer.ends_network):
            what = layer.type if layer.ends_network else "softmax"
            self._fail(piece.at, piece.end, f"{what} ends a network, and more stands behind it.")
        try:
            self.shapes.append(layer.shape(below))
        except ShapeError as problem:
            size = f"{below[0]}@{below[1]}x{below[2]}"
            hint = f"Here the maps are {size}: so many @ height x width."
            self._fail(piece.at, piece.end, _plain(problem), hint, ShapeError)
        self.layers.append(layer)

    def _read(self, piece: Piece, *, last: bool) -> list[Layer]:
        """Read one piece: a layer, and the layer behind it that a mark asks for."""
        text, at = piece.text, piece.at
        if not text:
            self._fail(at, at, "a layer is missing here.", self._letters(numbered=False))
        before = _NUMBER.match(text)
        place = before.end() if before else 0
        if before and text[place : place + 1] in ("", ":"):
            return [self._classes(piece, before, last=last)]
        kind, letter = self._letter(piece, place, numbered=before is not None)
        told: dict[str, Any] = dict(letter.fixed)
        if before:
            told[letter.before] = self._value(piece, before)
        place += len(letter.letter)
        behind = _NUMBER.match(text, place)
        if behind:
            if letter.behind not in fields_of(kind):
                words = f"behind {text[:place]!r} stands no number: {letter.words}."
                self._fail(at + place, at + behind.end(), words, self._marks(kind, letter))
            told[letter.behind] = self._value(piece, behind)
            place = behind.end()
        elif letter.behind and not letter.open:
            words = f"behind the letter {letter.letter} stands its {letter.behind}."
            self._fail(at + place, at + place, words, f"For instance {letter.example}.")
        then, place = self._read_marks(piece, kind, letter, place, told)
        usual = "softmax" if last else self.squash if letter.squash is None else letter.squash
        squash = self._suffix(piece, place, letter) or usual
        told |= {
            "name": letter.name(len(self.layers) + 1),
            "squash": "identity" if letter.bare else squash,
        }
        return self._made(piece, kind, told, then)

    def _made(
        self, piece: Piece, kind: type[Layer], told: dict[str, Any], then: str
    ) -> list[Layer]:
        """Make the layer that was described, and the one behind it, which then squashes."""
        try:
            if not then:
                return [kind(**told)]
            follows: Any = LAYER_TYPES[then]
            name = follows.letters[0].name(len(self.layers) + 2)
            behind = follows(name=name, squash=told["squash"])
            # What is normalised needs no bias of its own: the mean is taken off.
            told |= {"squash": "identity"} | ({"bias": False} if "bias" in fields_of(kind) else {})
            return [kind(**told), behind]
        except SimplecellError as problem:
            self._fail(piece.at, piece.end, _plain(problem))

    def _classes(self, piece: Piece, number: re.Match[str], *, last: bool) -> Layer:
        """Read a number alone: how many classes there are."""
        end = piece.at + number.end()
        if not last:
            words = "a number alone is the number of classes, and ends the text."
            hint = f"For a dense layer in between write {number[0]}d."
            self._fail(piece.at, end, words, hint)
        units = self._value(piece, number)
        if not isinstance(units, int) or units < 1:
            words = f"{number[0]} is no number of classes: a whole number, 1 or more."
            self._fail(piece.at, end, words)
        squash = "softmax"
        if piece.at + number.end() < piece.end:
            squash = self._read_squash(Piece(piece.text[number.end() + 1 :], end + 1))
        kind, letter = next((kind, letter) for kind, letter in _known() if letter.ends)
        name = letter.name(len(self.layers) + 1)
        told = {"name": name, letter.before: units, "squash": squash}
        return self._made(piece, kind, told, "")[0]

    def _letter(self, piece: Piece, place: int, *, numbered: bool) -> tuple[type[Layer], Letter]:
        """Find which layer a letter means; the longest that fits."""
        found = [
            (kind, letter)
            for kind, letter in _known()
            if piece.text.startswith(letter.letter, place) and bool(letter.before) == numbered
        ]
        if found:
            return max(found, key=lambda pair: len(pair[1].letter))
        at, text = piece.at + place, piece.text
        word = _WORD.match(text, place)
        alone = word[0] if word else ""
        wrong = next((each for _, each in _known() if each.letter == alone), None)
        if wrong is not None and wrong.before:
            words = f"before the letter {wrong.letter} stands a number, its {wrong.before}."
            self._fail(at, at, words, f"For instance {wrong.example}.")
        if wrong is not None:
            words = f"before {wrong.letter} stands no number: {wrong.words}."
            self._fail(piece.at, at, words, f"For instance {wrong.example}.")
        end = piece.at + (word.end() if word and not numbered else place + 1)
        shown = self.text[at:end]
        hint = " Letters are small." if shown.lower() != shown else ""
        near = [] if self.layers else get_close_matches(shown, SQUASHES, n=1)
        hint += f" Did you mean the squashing function {near[0]}?" if near else ""
        words = f"no layer has the letter {shown!r}.{hint}"
        self._fail(at, end, words, self._letters(numbered=numbered))

    def _read_marks(
        self, piece: Piece, kind: type[Layer], letter: Letter, place: int, told: dict[str, Any]
    ) -> tuple[str, int]:
        """Read the marks behind a layer; give the type of the layer that one asks for."""
        then, seen = "", set[str]()
        while place < len(piece.text) and piece.text[place] != ":":
            sign, at = piece.text[place], piece.at + place
            mark = next((each for each in marks_of(kind, letter) if each.letter == sign), None)
            if mark is None:
                words = f"behind {piece.text[:place]!r} cannot stand {sign!r}."
                self._fail(at, at + 1, words, self._marks(kind, letter))
            if sign in seen:
                self._fail(at, at + 1, f"{sign} stands here for the second time.")
            seen.add(sign)
            place += 1
            number = _NUMBER.match(piece.text, place) if mark.counted else None
            if number is None and mark.alone is None and not mark.then:
                words = f"behind {sign} stands a number: {mark.words}."
                self._fail(at + 1, at + 1, words)
            if mark.then:
                then = mark.then
            else:
                told[mark.fills] = mark.alone if number is None else self._value(piece, number)
            place = number.end() if number else place
        return then, place

    def _suffix(self, piece: Piece, place: int, letter: Letter) -> str | None:
        """Read the squashing function behind a colon; None if there is none."""
        if place == len(piece.text):
            return None
        if letter.bare:
            words = f"{letter.words} squashes nothing: no function can be given."
            self._fail(piece.at + place, piece.end, words)
        return self._read_squash(Piece(piece.text[place + 1 :], piece.at + place + 1))

    def _read_squash(self, piece: Piece) -> str:
        try:
            return read_squash(piece.text.strip())
        except SimplecellError as problem:
            self._fail(piece.at, piece.end, _plain(problem))

    def _value(self, piece: Piece, found: re.Match[str]) -> Number:
        """Read a number, or two for height x width."""
        if found[2] is None:
            return float(found[1]) if "." in found[1] else int(found[1])
        if "." in found[1]:
            at = piece.at + found.start()
            self._fail(at, piece.at + found.end(), "height x width are whole numbers, as 5x3.")
        return int(found[1]), int(found[2])

    def _letters(self, *, numbered: bool) -> str:
        """List what may begin a layer, or follow its first number."""
        able = [letter for _, letter in _known() if bool(letter.before) or not numbered]
        listed = ", ".join(
            f"{each.letter} {each.words}" if numbered else f"{each.example} {each.words}"
            for each in able
        )
        return f"Here may stand: {listed}."

    def _marks(self, kind: type[Layer], letter: Letter) -> str:
        """List what may stand behind a layer's letter and numbers."""
        able = [f"{mark.letter} {mark.words}" for mark in marks_of(kind, letter)]
        able += [] if letter.bare else [": and a squashing function, as :tanh"]
        return f"Here may stand: {'; '.join([*able, 'or a hyphen and the next layer'])}."

    def _fail(
        self,
        start: int,
        end: int,
        words: str,
        hint: str = "",
        kind: type[SpecError] = SpecError,
    ) -> NoReturn:
        """Refuse the text, pointing at a place in it."""
        shown, before = self.text, 0
        if len(shown) > WIDE:
            before = max(0, min(start - WIDE // 2, len(shown) - WIDE))
            shown = shown[before : before + WIDE]
        pointed = "^" + "~" * (min(end - before, len(shown)) - (start - before) - 1)
        lines = [
            f"the text of a network: {words}",
            f"  {shown}",
            f"  {' ' * (start - before)}{pointed}",
            *wrap(hint, 96, initial_indent="  ", subsequent_indent="  "),
        ]
        raise kind("\n".join(lines)) from None


def _known() -> list[tuple[type[Layer], Letter]]:
    """List every letter there is, with its kind of layer."""
    return [(kind, letter) for kind in LAYER_TYPES.values() for letter in kind.letters]


def marks_of(kind: type[Layer], letter: Letter) -> list[Mark]:
    """List the marks whose fields the layer has, and whose layers there are."""
    known = fields_of(kind)
    return [m for m in letter.marks if (m.then in LAYER_TYPES if m.then else m.fills in known)]


def fields_of(kind: type[Layer]) -> set[str]:
    """Name the fields of a kind of layer."""
    return {each.name for each in fields(kind)}


def _pieces(text: str) -> Iterator[Piece]:
    """Cut a text at its hyphens; one inside brackets, as in 1e-3, cuts nothing."""
    start, depth = 0, 0
    for place, sign in enumerate(f"{text}-"):
        depth += (sign == "(") - (sign == ")")
        if sign == "-" and (depth <= 0 or place == len(text)):
            piece = text[start:place]
            bare = piece.strip()
            yield Piece(bare, start + (len(piece) - len(piece.lstrip()) if bare else 0))
            start = place + 1


def _plain(problem: SimplecellError) -> str:
    """Give the first line of a message, without the name of a layer that the text does not say."""
    first = str(problem).splitlines()[0]
    return re.sub(r"^(?:.*, )?layer \w+: ", "", first)
