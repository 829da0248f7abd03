"""Write the table of docs/data.md: every way in which data are laid out, opened or refused.

Each is really made, small, and really given to `load`. `python docs/layouts.py` writes the table
into both languages; a test compares.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import samples as made

import simplecell as sc
from simplecell.errors import SimplecellError

DOCS = Path(__file__).parent
PAGES = {"en": DOCS / "data.md", "zh": DOCS / "zh" / "data.md"}
BEGIN, END = "<!-- docs/layouts.py writes this -->\n", "<!-- to here -->\n"

Make = Callable[[], Any]

FAMILIES: dict[tuple[str, str], list[tuple[str, str, Make]]] = {
    ("Folders of pictures", "图片文件夹"): [
        ("a folder for each class", "每个类别一个文件夹", made.tree("a 9", "b 9")),
        ("`train`, `test` with class folders in them", "`train`、`test`，其中是类别文件夹",
         made.tree("train/a 9", "train/b 9", "test/a 3", "test/b 3")),
        ("`train`, `val`; also `valid`, `validation`", "`train`、`val`，或 `valid`、`validation`",
         made.tree("train/a 9", "train/b 9", "val/a 3", "val/b 3")),
        ("`training_set`, `test_set`", "`training_set`、`test_set`",
         made.tree("training_set/a 9", "training_set/b 9", "test_set/a 3", "test_set/b 3")),
        ("`train` alone, `docs` beside it", "只有 `train`，旁边有 `docs`",
         made.tree("train/a 20", "train/b 20", "docs 1")),
        ("GTSRB: `Train/0`, `Test` without labels, `Meta`",
         "GTSRB：`Train/0`、无标签的 `Test`、`Meta`",
         made.tree("Train/0 9", "Train/1 9", "Test 5", "Meta 2")),
        ("one folder around everything", "外面套了一层文件夹",
         made.tree("archive/set/a 9", "archive/set/b 9")),
        ("`train` and `test` inside each class", "每个类别里分 `train` 和 `test`",
         made.tree("a/train 9", "a/test 3", "b/train 9", "b/test 3")),
        ("`trainA`, `trainB`, `testA`, `testB`", "`trainA`、`trainB`、`testA`、`testB`",
         made.tree("trainA 9", "trainB 9", "testA 3", "testB 3")),
        ("`fold1`, `fold2` with the same class folders", "`fold1`、`fold2`，类别文件夹相同",
         made.tree("fold1/a 9", "fold1/b 9", "fold2/a 9", "fold2/b 9")),
        ("one name in two Unicode forms", "同一个名字的两种 Unicode 形式",
         made.tree("a 9", "\u00e9 5", "e\u0301 4")),
        ("pictures named `.jpg_large`, or without an ending",
         "文件名以 `.jpg_large` 结尾，或没有扩展名",
         made.tree("a 9", "b 9", ending="jpg_large")),
        ("`train`, `test` without class folders", "`train`、`test` 里没有类别文件夹",
         made.tree("train 9", "test 3")),
        ("`test` among class folders", "`test` 与类别文件夹并列",
         made.tree("a 9", "b 9", "test 9")),
        ("the same folders inside others", "不同文件夹里有相同的文件夹",
         made.tree("x/a 9", "x/b 9", "y/a 9", "y/b 9")),
        ("pictures and masks", "图片与掩码", made.tree("images 9", "masks 9")),
        ("names that differ in capitals", "名字只有大小写不同",
         made.tree("Owl 9", "owl 9", "a 9")),
    ],
    ("Lists of pictures", "图片列表"): [
        ("`path,label`, also `image_name,category`", "`path,label`，或 `image_name,category`",
         made.listed("image_name,category", "data/{k}.png,{label}")),
        ("semicolons, tabs, bars, quotes", "分号、制表符、竖线、引号",
         made.listed('"path";"label"', '"data/{k}.png";"{label}"')),
        ("no line of names", "没有表头", made.listed("", "data/{k}.png,{label}")),
        ("GBK, as Chinese Windows saves it; UTF-16", "GBK（中文 Windows）、UTF-16",
         made.listed("路径,类别", "data/{k}.png,数{label}", "gbk")),
        ("backslashes", "反斜杠", made.listed("path,label", "data\\{k}.png,{label}")),
        ("ids without ending", "没有扩展名的编号", made.listed("id,species", "{k},{label}")),
        ("some labels empty", "有的标签为空", made.listed("path,label", "data/{k}.png,{some}")),
        ("a picture of two classes", "一张图片属于两个类别",
         made.listed("path,label", "data/1.png,{label}")),
        ("Latin-1, which could be read as Chinese", "Latin-1，可能被误读成中文",
         made.listed("path,label", "data/{k}.png,Käf{label}", "latin-1")),
    ],
    ("Arrays of NumPy", "NumPy 数组"): [
        ("`x`, `y`, `x_test`, `y_test`", "`x`、`y`、`x_test`、`y_test`",
         made.npz("x y x_test y_test")),
        ("Keras: `x_train`, `y_train` …", "Keras：`x_train`、`y_train` ……",
         made.npz("x_train y_train x_test y_test")),
        ("MedMNIST: `train_images` …, labels (N, 1)", "MedMNIST：`train_images` ……，标签 (N, 1)",
         made.npz("train_images train_labels test_images test_labels", y=made.column)),
        ("`arr_0` in two files", "两个文件，各有一个 `arr_0`", made.two_npz),
        ("rows of 784 pixels", "每行 784 个像素", made.npz("x y", made.rows)),
        ("channels last; one-of-c labels", "通道在最后；one-hot 标签",
         made.npz("x y", made.last, made.one_of_c)),
        ("16 bits; fractions from -1 to 1", "16 位；从 -1 到 1 的小数", made.npz("x y",
         made.signed)),
        ("labels from 1; words", "从 1 起的标签；文字标签", made.npz("x y", y=made.words)),
        ("numbers whose black and white nobody knows", "不知哪个数是黑、哪个是白",
         made.npz("x y", made.odd)),
        ("rows of colour", "按行展开的彩色图", made.npz("x y", made.colour_rows)),
        ("several labels for a picture", "一张图片有多个标签", made.npz("x y", y=made.several)),
        ("pickled objects", "pickle 对象", made.npz("x y", y=made.objects)),
    ],
    ("IDX", "IDX"): [
        ("MNIST's four files", "MNIST 的四个文件", made.idx("{part}-{what}-ubyte.gz")),
        ("torchvision's `MNIST/raw`", "torchvision 的 `MNIST/raw`",
         made.idx("MNIST/raw/{part}-{what}-ubyte")),
        ("EMNIST's letters, put upright", "EMNIST 字母，转正",
         made.idx("emnist-letters-{part}-{what}-ubyte.gz", test="test")),
        ("EMNIST's splits in one folder", "EMNIST 的几个子集在同一文件夹", made.emnist_all),
        ("QMNIST's labels of 8 columns", "QMNIST 的 8 列标签", made.qmnist),
        ("two files alone", "单独两个文件", made.idx_pair),
        ("pictures without labels", "只有图片，没有标签", made.idx_alone),
    ],
    ("MATLAB", "MATLAB"): [
        ("SVHN: `X`, `y`, 10 means 0", "SVHN：`X`、`y`，10 表示 0", made.svhn),
        ("EMNIST's structure", "EMNIST 的结构体", made.emnist_matlab),
        ("UFLDL's `IMAGES`", "UFLDL 的 `IMAGES`", made.ufldl),
        ("version 7.3", "7.3 版", made.mat73),
    ],
    ("Text", "文本"): [
        ("Kaggle: `label,pixel0,pixel1` …", "Kaggle：`label,pixel0,pixel1` ……",
         made.pixels("label")),
        ("the same without labels", "同上，没有标签", made.pixels("")),
        ("no line of names", "没有表头", made.pixels(None)),
        ("LIBSVM, also `.bz2`, `.xz`", "LIBSVM，也可以是 `.bz2`、`.xz`", made.libsvm),
    ],
    ("Archives and tables", "压缩包与表"): [
        ("zip of a folder", "文件夹的 zip", made.zipped),
        ("tar of a folder, also `.gz`, `.bz2`, `.xz`",
         "文件夹的 tar，也可以是 `.gz`、`.bz2`、`.xz`",
         made.tarred),
        ("WebDataset's shards", "WebDataset 分片", made.shards),
        ("CIFAR-10's and CIFAR-100's binary files", "CIFAR-10 与 CIFAR-100 的二进制文件",
         made.cifar),
        ("`cifar-10-batches-py`, `mnist.pkl.gz`", "`cifar-10-batches-py`、`mnist.pkl.gz`",
         made.pickled),
        ("Parquet as Hugging Face writes pictures", "Hugging Face 的 Parquet 图片表",
         made.parquet),
        ("HDF5", "HDF5", made.hdf5),
    ],
    ("Held by a program", "程序里的对象"): [
        ("a Bunch of scikit-learn", "scikit-learn 的 Bunch", made.bunch),
        ("arrays `(x, y)`, or two such pairs", "数组 `(x, y)`，或两对", made.arrays),
        ("a `Dataset` of PyTorch", "PyTorch 的 `Dataset`", made.dataset),
    ],
}  # fmt: skip
"""Layouts by family, each with a name in both languages and how it is made."""

HEADS = {
    "en": ("laid out as", "to learn from + to test with", "classes"),
    "zh": ("数据的组织方式", "训练 + 测试", "类别"),
}


def answered(make: Make) -> tuple[str, str, str]:
    """Make a layout and load it; give the counts and classes, or the sentence that was said."""
    with TemporaryDirectory() as folder, chdir(folder):
        before = environ.get("SIMPLECELL_CACHE")
        environ["SIMPLECELL_CACHE"] = str(Path(folder) / "cache")
        try:
            data = sc.load(make())
        except SimplecellError as problem:
            return "", "", " ".join(str(problem).split())
        finally:
            environ.pop("SIMPLECELL_CACHE")
            if before is not None:
                environ["SIMPLECELL_CACHE"] = before
        test = 0 if data.test is None else len(data.test)
        return (
            f"{len(data.train)} + {test}",
            ", ".join(f"`{name}`" for name in data.classes[:3]),
            "",
        )


def answers() -> list[tuple[tuple[str, str], tuple[str, str], tuple[str, str, str]]]:
    """Give each layout's family and name in both languages, and what came of it."""
    return [
        (family, (en, zh), answered(make))
        for family, layouts in FAMILIES.items()
        for en, zh, make in layouts
    ]


def _rows(place: int, language: str, found: Any, sentences: list[str]) -> Iterator[str]:
    family = ""
    for families, names, (counts, classes, words) in found:
        if families[place] != family:
            family = families[place]
            yield f"\n**{family}**\n"
            yield "| " + " | ".join(HEADS[language]) + " |"
            yield "|---|---|---|"
        cells = (counts, classes) if not words else (f"? {sentences.index(words) + 1}", "")
        yield f"| {names[place]} | {cells[0]} | {cells[1]} |"


def tables() -> dict[str, str]:
    """Give the tables in both languages: what was opened, or the number of the sentence."""
    found = answers()
    sentences = list(dict.fromkeys(words for _, _, (_, _, words) in found if words))
    listed = [fill(f"{k}. {words}", 88, subsequent_indent="    ", break_on_hyphens=False)
              for k, words in enumerate(sentences, 1)]  # fmt: skip
    return {
        language: "\n".join([*_rows(place, language, found, sentences), "", "```text", *listed,
                             "```", ""])
        for place, language in enumerate(PAGES)
    }  # fmt: skip


def written(language: str, table: str) -> str:
    """Give a page with the table in its place."""
    page = PAGES[language].read_text(encoding="utf-8")
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}",
        lambda _: f"{BEGIN}{table}\n{END}",
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    for language, table in tables().items():
        PAGES[language].write_text(written(language, table), encoding="utf-8")
        print(f"wrote {PAGES[language].relative_to(DOCS.parent)}")
