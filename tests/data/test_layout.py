"""Folders as people lay them out: what is a class, what a part, what neither, what is refused."""

import os
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simplecell.data.formats import album_of, is_pictures
from simplecell.data.imagefolder import ImageFolder, read_image_folder
from simplecell.errors import DataError

Fill = Callable[..., Path]
COUNTED = re.compile(r" [0-9]+$")


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Make a folder with pictures in folders: fill("train/a 3") puts three into train/a."""

    def make(*heaps: str, ending: str = "png") -> Path:
        for heap in heaps:
            place, _, count = heap.rpartition(" ") if COUNTED.search(heap) else (heap, "", "1")
            folder = tmp_path / "own" / place
            folder.mkdir(parents=True, exist_ok=True)
            for k in range(int(count or 1)):
                Image.fromarray(np.zeros((4, 4), np.uint8)).save(folder / f"{k}.{ending}", "png")
        return tmp_path / "own"

    return make


def parts(album: ImageFolder) -> dict[str, str]:
    """Say of each class how many are learnt, tested with, or in no part."""
    kinds = ["." for _ in album.paths]
    if album.tests is not None:
        kinds = ["test" if test else "train" for test in album.tests]
    found: dict[str, list[str]] = {name: [] for name in album.classes}
    for label, kind in zip(album.labels, kinds, strict=True):
        found[album.classes[label]].append(kind)
    return {
        name: " ".join(f"{kind}:{some.count(kind)}" for kind in sorted(set(some)))
        for name, some in found.items()
    }


BOTH = {"a": "test:1 train:2", "b": "test:1 train:2"}
ALL = {"a": ".:2", "b": ".:2"}

OPENED = {
    "train, val": (["train/a 2", "train/b 2", "val/a", "val/b"], BOTH),
    "train, valid": (["train/a 2", "train/b 2", "valid/a", "valid/b"], BOTH),
    "train, validation": (["train/a 2", "train/b 2", "validation/a", "validation/b"], BOTH),
    "training_set, test_set": (["training_set/a 2", "training_set/b 2", "test_set/a",
                                "test_set/b"], BOTH),
    "Train, Test": (["Train/a 2", "Train/b 2", "Test/a", "Test/b"], BOTH),
    "trainset, testset": (["trainset/a 2", "trainset/b 2", "testset/a", "testset/b"], BOTH),
    "trainval": (["trainval/a 2", "trainval/b 2", "test/a", "test/b"], BOTH),
    "in Chinese": (["训练集/a 2", "训练集/b 2", "测试集/a", "测试集/b"], BOTH),
    "train alone": (["train/a 2", "train/b 2"], ALL),
    "train alone, docs beside": (["train/a 20", "train/b 20", "docs"],
                                 {"a": ".:20", "b": ".:20"}),
    "parts, docs and Meta beside": (["train/a 2", "train/b 2", "test/a", "test/b", "docs 3",
                                     "Meta 9"], BOTH),
    "parts inside a part's folder": (["seg_train/seg_train/a 2", "seg_train/seg_train/b 2",
                                      "seg_test/seg_test/a", "seg_test/seg_test/b",
                                      "seg_pred/seg_pred 5"], BOTH),
    "the same once more, as some archives have it": (
        ["x/train/a 2", "x/train/b 2", "x/test/a", "x/test/b", "x/x/train/a 2", "x/x/train/b 2"],
        BOTH),
    "test pictures without labels": (["train/a 2", "train/b 2", "test 7"], ALL),
    "test pictures without labels, in a folder": (["train/a 2", "train/b 2", "test/images 7"],
                                                  ALL),
    "ImageNet's small kin": (["t/train/a/images 2", "t/train/b/images 2", "t/val/images 4",
                              "t/test/images 4"], ALL),
    "GTSRB as published": (["GTSRB/Final_Training/Images/00000 2",
                            "GTSRB/Final_Training/Images/00001 2", "GTSRB/Final_Test/Images 3"],
                           {"00000": ".:2", "00001": ".:2"}),
    "GTSRB as handed on": (["Train/0 2", "Train/1 2", "Test 3", "Meta 2"],
                           {"0": ".:2", "1": ".:2"}),
    "one folder around everything": (["archive/dataset/a 2", "archive/dataset/b 2"], ALL),
    "parts within one folder": (["in/train/a 2", "in/train/b 2", "in/test/a", "in/test/b"], BOTH),
    "parts inside the classes": (["a/train 2", "a/test", "b/train 2", "b/test"], BOTH),
    "part and class in one name": (["trainA 2", "trainB 2", "testA", "testB"], BOTH),
    "part and class in one name, with a line": (["train_a 2", "train_b 2", "test_a", "test_b"],
                                                BOTH),
    "folds": (["fold1/a", "fold1/b", "fold2/a", "fold2/b"], ALL),
    "folders below class folders": (["a/young", "a/old", "b", "b/1"], ALL),
    "classes that are called valid and invalid": (["valid 2", "invalid 2"],
                                                  {"invalid": ".:2", "valid": ".:2"}),
    "docs beside classes": (["a 30", "b 30", "docs 1"], {"a": ".:30", "b": ".:30"}),
    "classes that are called docs": (["docs 9", "cats 9"], {"cats": ".:9", "docs": ".:9"}),
    "unlabelled ones beside classes": (["a 2", "b 2", "unlabeled 30"], ALL),
    "a class in other capitals": (["train/A 2", "train/b 2", "test/a", "test/B"],
                                  {"A": "test:1 train:2", "b": "test:1 train:2"}),
    "a class to be tested and none to learn": (["train/a 2", "train/b 2", "test/a", "test/b",
                                                "test/c 3"], BOTH),
}  # fmt: skip


@pytest.mark.parametrize("name", OPENED)
def test_a_part_is_never_a_class(name: str, fill: Fill) -> None:
    heaps, wanted = OPENED[name]
    assert parts(read_image_folder(fill(*heaps))) == wanted


REFUSED = {
    "parts without class folders": (["train 2", "val 2"], "train, val are parts of the data, no"),
    "parts without class folders, docs": (["train 9", "test 9", "docs"], "test, train is a part"),
    "a part among classes": (["a 3", "b 3", "test 9"], "test is a part of the data by its name"),
    "a copy of a class": (["a 3", "b 3", "a - Copy 3"], "'a' and 'a - Copy' are the same but for"),
    "annotations beside classes": (["a 3", "b 3", "annotations 3"], "annotations, b seem to hold"),
    "a part beside two classes": (["a 3", "b 3", "train 3"], "train is a part of the data by its"),
    "a large part beside classes": (["a 3", "b 3", "c 3", "train 30"], "train is a part of the"),
    "a part alone, and others": (["train/a 3", "train/b 3", "bus 9"], "train may be a part of"),
    "the same folders in each": (["x/a", "x/b", "y/a", "y/b"], r"x, y have the same folders in"),
    "the same folders, further down": (["good/bmp/a", "good/bmp/b", "bad/bmp/a", "bad/bmp/b"],
                                       "bad, good have the same folders in"),
    "several data sets": (["p/train/a", "p/test/a", "q/train/a", "q/test/a"], "several data sets"),
    "masks": (["images 4", "masks 4"], "images, masks seem to hold pictures and what belongs"),
    "masks in parts": (["train/images 4", "train/masks 4", "test/images", "test/masks"],
                       "images, masks seem to hold"),
    "a name in capitals too": (["Owl", "owl", "a"], "'Owl' and 'owl' are the same but for cap"),
    "more pictures beside than inside": (["a", "b", " 9"], "9 pictures in no class folder"),
    "other classes in the test part": (["train/a 2", "train/b", "test/c", "test/d"],
                                       "test has the classes c, d, and none of those"),
    "backgrounds and evaluation": (["images_background/a 9", "images_background/b 9",
                                    "images_evaluation/c 9", "images_evaluation/d 9"],
                                   "images_evaluation may be a part of the data"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_be_read_in_two_ways_is_refused_with_what_to_do(name: str, fill: Fill) -> None:
    heaps, words = REFUSED[name]
    with pytest.raises(DataError, match=words) as refused:
        read_image_folder(fill(*heaps))
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("heaps", "words"),
    [
        (["train/a 2", "train/b 2", "val/a", "val/b"], "the part for validation is tested with"),
        (["train/a 2", "train/b 2"], "there is a part train alone: a fifth is put aside"),
        (["train/a 20", "train/b 20", "docs"], "docs, beside train, is left out: 1 picture in"),
        (["archive/dataset/a", "archive/dataset/b"], "the pictures lie in archive/dataset"),
        (["train/a 2", "train/b 2", "test 7"], "7 pictures in test lie in no class folder: l"),
        (
            ["a 3", "b 3", " 2"],
            "2 pictures beside the class folders, in no class folder: left out",
        ),
        (["train/a 2", "train/b", "test/c 3", "test/a"], "3 pictures of the part test, in test/c"),
        (["x/a 2", "x/b", "y/c"], "folders below a class folder (x/a, x/b, y/c) count as its"),
        (["fold1/a", "fold1/b", "fold2/a", "fold2/b"], "fold1, fold2 are piles of one heap"),
    ],
)
def test_how_a_folder_is_understood_is_said(heaps: list[str], words: str, fill: Fill) -> None:
    assert any(words in note for note in read_image_folder(fill(*heaps)).notes)


def test_a_list_beside_pictures_without_class_folders_is_pointed_out(fill: Fill) -> None:
    folder = fill("train 2", "test 2")
    (folder / "train.csv").write_text("path,label\n")
    with pytest.raises(DataError, match=r"or give the list train\.csv"):
        read_image_folder(folder)


def test_two_unicode_forms_of_one_name_are_one_class(fill: Fill) -> None:
    forms = [unicodedata.normalize(form, "é") for form in ("NFC", "NFD")]
    folder = fill("a 2", f"{forms[0]} 2")
    if (folder / forms[1]).exists():
        pytest.skip("this disk has one form of names")
    album = read_image_folder(fill(f"{forms[1]} 3"))
    assert parts(album) == {"a": ".:2", "é": ".:5"}
    assert "written in two Unicode forms ('e\\u0301', '\\xe9'): it is one class" in album.notes[0]


def test_class_folders_may_be_links_to_elsewhere(fill: Fill, tmp_path: Path) -> None:
    real = fill("a 2", "b 2")
    linked = tmp_path / "linked"
    linked.mkdir()
    for name in "ab":
        os.symlink(real / name, linked / name)
    assert parts(read_image_folder(linked)) == ALL


def test_a_folder_that_is_there_twice_by_a_link_is_learnt_once(fill: Fill) -> None:
    folder = fill("a 2", "b 2")
    os.symlink(folder / "a", folder / "c")
    assert parts(read_image_folder(folder)) == ALL


@pytest.mark.parametrize("ending", ["jpg_large", "JPG-orig", "bin"])
def test_a_picture_of_an_unknown_ending_is_found_by_its_first_bytes(
    ending: str, fill: Fill
) -> None:
    assert parts(read_image_folder(fill("a 2", "b 2", ending=ending))) == ALL


def test_what_systems_leave_in_folders_is_passed_over_without_a_line(fill: Fill) -> None:
    folder = fill("a 2", "b 2", "__MACOSX 2", "@eaDir 2", ".git 2")
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "ehthumbs.db"):
        (folder / "a" / name).write_text("x")
    album = read_image_folder(folder)
    assert parts(album) == ALL
    assert album.skipped == ()
    assert album.notes == ()


def test_an_array_beside_class_folders_does_not_make_them_arrays(fill: Fill) -> None:
    folder = fill("a 2", "b 2")
    np.save(folder / "features.npy", np.zeros((4, 9)))
    assert is_pictures(folder)
    assert parts(album_of(folder)) == ALL
