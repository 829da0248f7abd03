"""Names by which people tell the parts of a data set: train, val, test_set, 训练集, seg_train.

>>> part_of("training_set"), part_of("Validation"), part_of("cats")
('train', 'validation', None)
>>> named_part("seg_train"), named_part("trainB"), named_part("pregnancy")
(('train', 'seg'), ('train', 'b'), (None, 'pregnancy'))
"""

import re
import unicodedata

WORDS = {
    "train": "train training trainval trn learn learning 训练 训练集 訓練 訓練集 学習",
    "validation": "val valid validation validate dev devel 验证 验证集 驗證 驗證集 検証",
    "test": "test testing tst eval evaluation 测试 测试集 測試 測試集 テスト",
    "none": "pred predict prediction unlabeled unlabelled unlabel unsorted 未标注",
}
"""The words of each part; those of "none" are pictures of which nobody has said the class."""

_FILLERS = """
    set data dataset images image imgs img pictures picture pics photos samples split part final
    folder directory dir jpg jpeg png the of for all resized cropped
"""
FILLERS = frozenset(_FILLERS.split())
"""Words that say nothing of the part or the class."""

PILES = frozenset(("fold", "split", "batch", "part", "chunk", "shard", "session", "run", "set"))
"""With a number, such a word names one of several equal parts: fold1, batch_3."""

PART: dict[str, str] = {word: part for part, words in WORDS.items() for word in words.split()}
_GLUED = re.compile(
    r"(train|training|test|testing|val|valid|validation)(set|data|images|imgs|img)"
)
_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\dA-Za-z_]+")


def part_of(name: str) -> str | None:
    """Give the part that a folder's name says it is; None if it says more than that, or none."""
    part, rest = named_part(name)
    return part if not rest else None


def named_part(name: str) -> tuple[str | None, str]:
    """Give the part that a name speaks of, and what else it says, in small letters.

    Of words that stand once for a part and once for something else, as in `train_station`, the
    caller has to decide: the rest is not empty then.
    """
    pieces = [piece.lower() for piece in _PIECES.findall(unicodedata.normalize("NFKC", name))]
    words: list[str] = []
    for piece in pieces:
        glued = _GLUED.fullmatch(piece)
        words += glued.groups() if glued else [piece]
    parts = {PART[word] for word in words if word in PART}
    rest = [word for word in words if word not in PART and word not in FILLERS]
    if len(parts) != 1:
        return None, name
    if all(word.isdigit() for word in rest):
        rest = []  # test1, train-00
    (part,) = parts
    return part, " ".join(rest)


def pile_of(name: str) -> str | None:
    """Give the word of a numbered pile, as `fold` of fold_3; None if it is none."""
    pieces: list[str] = [piece.lower() for piece in _PIECES.findall(name)]
    words = [piece for piece in pieces if not piece.isdigit()]
    if len(words) == 1 and len(pieces) == 2 and words[0] in PILES:
        return words[0]
    return None
