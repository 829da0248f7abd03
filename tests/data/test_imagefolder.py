import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simplecell.data.imagefolder import read_image_folder
from simplecell.data.manifest import read_manifest
from simplecell.errors import DataError

Fill = Callable[..., Path]


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Make a folder of pictures: fill("a/1.png", "b/2.png")."""

    def make(*places: str) -> Path:
        for place in places:
            path = tmp_path / "own" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.zeros((4, 4), np.uint8)).save(path, "png")
        return tmp_path / "own"

    return make


def test_each_folder_is_a_class_and_folders_in_it_belong_to_it(fill: Fill) -> None:
    album = read_image_folder(fill("owl/2.png", "heron/1.JPG", "owl/young/3.png", "owl/no-ending"))
    assert album.classes == ("heron", "owl")
    assert album.paths == ("heron/1.JPG", "owl/2.png", "owl/no-ending", "owl/young/3.png")
    assert album.labels.tolist() == [0, 1, 1, 1]
    assert album.tests is None


def test_numbers_are_in_their_own_order(fill: Fill) -> None:
    album = read_image_folder(fill("10/a.png", "9/a.png", "x/a.png", "2/a.png"))
    assert album.classes == ("2", "9", "10", "x")


def test_given_parts_are_kept_and_validation_is_learnt_from(fill: Fill) -> None:
    album = read_image_folder(
        fill("train/a/1.png", "train/b/2.png", "Test/b/3.png", "val/a/4.png")
    )
    assert album.classes == ("a", "b")
    assert dict(zip(album.paths, album.tests, strict=True)) == {
        "train/a/1.png": False,
        "val/a/4.png": False,
        "train/b/2.png": False,
        "Test/b/3.png": True,
    }
    assert "validation are learnt from" in album.notes[0]


def test_a_class_may_be_called_train_if_there_are_others_and_it_is_said(fill: Fill) -> None:
    album = read_image_folder(fill("train/1.png", "tram/2.png", "bus/3.png", "car/4.png"))
    assert album.classes == ("bus", "car", "train", "tram")
    assert "train is taken for a class" in album.notes[0]


def test_other_files_are_listed_and_hidden_ones_are_not(fill: Fill) -> None:
    folder = fill("a/1.png", "b/2.png", "b/.hidden.png", "b/Thumbs.db", ".git/x.png")
    (folder / "a" / "notes.txt").write_text("x")
    album = read_image_folder(folder)
    assert album.paths == ("a/1.png", "b/2.png")
    assert album.skipped == (("a/notes.txt", "no picture ends in .txt"),)


def test_an_empty_class_folder_is_left_out_and_said(fill: Fill) -> None:
    folder = fill("a/1.png", "b/2.png")
    (folder / "c").mkdir()
    album = read_image_folder(folder)
    assert album.classes == ("a", "b")
    assert album.notes == ("no picture in 1 of the class folders, left out: c.",)


def test_a_folder_without_class_folders_is_refused(fill: Fill) -> None:
    with pytest.raises(DataError, match=r"own holds 2 pictures and no class folder.*\n.*put the"):
        read_image_folder(fill("1.png", "2.png"))


def test_empty_class_folders_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(DataError, match=r"holds folders \(a, b\), and no picture in any"):
        read_image_folder(tmp_path)


def test_one_class_alone_is_refused(fill: Fill) -> None:
    with pytest.raises(DataError, match=r"one class alone: 'a' \(2 pictures\).*\n.*in which the"):
        read_image_folder(fill("a/1.png", "a/2.png"))


@pytest.mark.parametrize("name", ["two\nlines", "瓢虫", "a b,c", "'\"$(rm)", "\udcff\udcfe", "…"])
def test_any_name_of_a_class_is_kept_printable(name: str, fill: Fill) -> None:
    try:
        folder = fill("a/1.png", f"{name}/2.png")
    except (OSError, UnicodeError):
        pytest.skip("this disk has no such names")
    shown = next(one for one in read_image_folder(folder).classes if one != "a")
    assert shown.isprintable()
    assert shown.encode()
    if name.isprintable():
        assert shown == name


def test_a_link_that_leads_back_is_no_endless_way(fill: Fill) -> None:
    folder = fill("a/1.png", "b/2.png")
    os.symlink(folder, folder / "a" / "again")
    assert len(read_image_folder(folder).paths) == 2


def written(folder: Path, text: str) -> Path:
    (folder / "list.csv").write_text(text, encoding="utf-8-sig")
    return folder / "list.csv"


def test_a_manifest_lists_pictures_and_their_parts(fill: Fill) -> None:
    folder = fill("x/1.png", "x/2.png", "y,z/3.png")
    rows = 'label,split,path\nowl,train,x/1.png\nheron,TEST,x/2.png\nowl,val,"y,z/3.png"\n'
    album = read_manifest(written(folder, rows))
    assert album.classes == ("heron", "owl")
    assert album.paths == ("x/2.png", "x/1.png", "y,z/3.png")
    assert album.tests is not None
    assert album.tests.tolist() == [True, False, False]


def test_a_manifest_without_parts_has_none(fill: Fill) -> None:
    rows = "filename,class\n1.png,a\n2.png,b\n"
    assert read_manifest(written(fill("1.png", "2.png"), rows)).tests is None


def test_pictures_that_are_not_there_are_skipped_by_name(fill: Fill) -> None:
    rows = "path,label\n1.png,a\ngone.png,a\n2.png,b\n"
    album = read_manifest(written(fill("1.png", "2.png"), rows))
    assert album.skipped == (("gone.png", "there is no such file"),)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "is empty; a list of pictures begins"),
        ("where,label\nx,a\ny,b\n", "line 1: no column is called path"),
        ("path,weight,size\n1.png,1,2\n", "line 1: no column is called label"),
        ("path,label\n1.png,a\n2.png\n", "line 3: 1 values where the first line names 2"),
        ("path,label\n1.png,\n", "none of its 1 pictures has a label"),
        ("path,label,split\n1.png,a,holdout\n", "line 2: split is 'holdout'; it takes"),
        ("path,label\nx.png,a\ny.png,b\n", "lists 2 pictures, and none of them is there"),
        ("path,label\n1.png,a\n2.png,a\n", "one class alone: 'a'"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_by_line(rows: str, words: str, fill: Fill) -> None:
    with pytest.raises(DataError, match=words):
        read_manifest(written(fill("1.png", "2.png"), rows))


def test_a_manifest_in_another_encoding_is_refused(fill: Fill) -> None:
    path = fill("1.png") / "list.csv"
    path.write_bytes("path,label\n1.png,Käfer\n".encode("latin-1"))
    with pytest.raises(DataError, match="no text in UTF-8, UTF-16 or GBK for certain"):
        read_manifest(path)
