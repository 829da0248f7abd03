"""Lists of pictures as people write them: columns, separators, encodings, paths."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simplecell.data.formats import album_of
from simplecell.data.imagefolder import ImageFolder
from simplecell.data.manifest import read_manifest
from simplecell.data.sources import load
from simplecell.errors import DataError

Listed = Callable[..., Path]
WORDS = ("heron", "owl", "swift")


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    """Write a list of twelve pictures in the folder data: listed("path,label", "{path},…")."""
    (tmp_path / "data").mkdir()
    for k in range(12):
        Image.fromarray(np.full((8, 8), 20 * k, np.uint8)).save(tmp_path / "data" / f"{k}.png")

    def write(
        head: str, line: str, *, encoding: str = "utf-8", words: tuple[str, ...] = WORDS
    ) -> Path:
        lines = [head] if head else []
        lines += [
            line.format(
                k=k,
                path=f"data/{k}.png",
                label=words[k % 3],
                n=k % 3 + 1,
                part=("train", "train", "test")[k % 3 - k // 6],
            )
            for k in range(12)
        ]
        path = tmp_path / "list.csv"
        path.write_bytes("".join(f"{one}\n" for one in lines).encode(encoding))
        return path

    return write


def said(album: ImageFolder) -> dict[str, str]:
    """Give the class of each picture by its file's name."""
    return {
        Path(path).name: album.classes[label]
        for path, label in zip(album.paths, album.labels, strict=True)
    }


RIGHT = {f"{k}.png": WORDS[k % 3] for k in range(12)}

LISTS = {
    "path,label": ("path,label", "{path},{label}"),
    "other names": ("image_name,category", "{path},{label}"),
    "in Chinese": ("文件名,类别", "{path},{label}"),
    "capitals and blanks": ("Image Path, Class Name", "{path}, {label}"),
    "more columns": ("width,height,Path,roi,ClassName", "8,8,{path},0,{label}"),
    "semicolon": ("path;label", "{path};{label}"),
    "tab": ("path\tlabel", "{path}\t{label}"),
    "bar": ("path|label", "{path}|{label}"),
    "quotes": ('"path","label"', '"{path}","{label}"'),
    "no names": ("", "{path},{label}"),
    "no names, the class first": ("", "{label},{path}"),
    "blanks": ("", "{path} {label}"),
    "backslashes": ("path,label", "data\\{k}.png,{label}"),
    "backslashes with a dot": ("path,label", ".\\data\\{k}.png,{label}"),
    "capitals in the ending": ("path,label", "data/{k}.PNG,{label}"),
    "ids without ending": ("id,species", "data/{k},{label}"),
    "ids in a folder beside": ("id,species", "{k},{label}"),
    "names in a folder beside": ("filename,label", "{k}.png,{label}"),
    "numbers and words": ("path,class_id,class_name", "{path},{n},{label}"),
    "columns of 0 and 1": ("image_id,heron,owl,swift", "{k},"),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_read_as_people_write_them(name: str, listed: Listed) -> None:
    head, line = LISTS[name]
    path = listed(head, line)
    if name == "columns of 0 and 1":
        rows = [f"{k},{','.join(str(int(k % 3 == j)) for j in range(3))}" for k in range(12)]
        path.write_text("\n".join([head, *rows]))
    assert said(read_manifest(path)) == RIGHT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gbk"])
def test_lists_are_read_in_the_encodings_that_people_save(encoding: str, listed: Listed) -> None:
    words = ("鹭", "猫头鹰", "雨燕")
    path = listed("路径,类别", "{path},{label}", encoding=encoding, words=words)
    album = read_manifest(path)
    assert said(album) == {f"{k}.png": words[k % 3] for k in range(12)}
    assert any("GBK" in note for note in album.notes) == (encoding == "gbk")


@pytest.mark.parametrize("word", ["Käfer", "Gänsefüßchen", "été", "coração", "pää"])
def test_another_encoding_is_refused_and_not_taken_for_chinese(word: str, listed: Listed) -> None:
    path = listed("path,label", "{path},{label}", encoding="cp1252", words=(word, "owl", "x"))
    with pytest.raises(DataError, match="is no text in UTF-8, UTF-16 or GBK for certain; save it"):
        read_manifest(path)


def test_what_was_taken_for_what_is_said(listed: Listed) -> None:
    notes = read_manifest(listed("image_name,category,subset", "{path},{label},{part}")).notes
    assert notes[0] == (
        "image_name is taken for the path, category for the class, subset for the part."
    )
    notes = read_manifest(listed("", "{label},{path}")).notes
    assert notes[0] == (
        "the list has no names of columns: column 2 is taken for the path, column 1 for the class."
    )
    assert read_manifest(listed("path,label", "{path},{label}")).notes == ()


def test_parts_are_kept_and_a_part_is_no_class(listed: Listed) -> None:
    album = read_manifest(listed("path,label,split", "{path},{label},{part}"))
    assert album.tests is not None
    assert album.classes == WORDS
    assert int(album.tests.sum()) == 4


def test_paths_count_from_the_folder_that_is_named(listed: Listed, tmp_path: Path) -> None:
    path = listed("id,species", "{k},{label}")
    (tmp_path / "other").mkdir()
    moved = path.rename(tmp_path / "other" / "list.csv")
    with pytest.raises(DataError, match="none of them is there: the first is 0"):
        read_manifest(moved)
    for root in (str(tmp_path / "data"), "../data"):
        assert said(read_manifest(moved, root)) == RIGHT
    assert said(album_of(f"{moved}?root=../data")) == RIGHT
    data = load(moved, root=tmp_path / "data")
    assert set(data.classes) == set(WORDS)


def test_pictures_without_a_label_are_counted_and_left_out(listed: Listed) -> None:
    path = listed("path,label", "{path},{label}")
    path.write_text(path.read_text().replace("/3.png,heron", "/3.png,"))
    album = read_manifest(path)
    assert said(album) == {k: v for k, v in RIGHT.items() if k != "3.png"}
    assert "1 picture of the list have no label: left out." in album.notes


def test_class_numbers_that_became_fractions_are_whole_again(listed: Listed) -> None:
    assert read_manifest(listed("path,label", "{path},{n}.0")).classes == ("1", "2", "3")


REFUSED = {
    "a picture of two classes": (
        "path,label", "data/1.png,{label}", "line 3 of the list: data/1.png is of"),
    "two labels that differ": (
        "path,class,breed", "{path},{n},x{k}", "class, breed may each be the class"),
    "labels that are no classes": ("path,label", "{path},{label}{k}", "each of the 12 pictures"),
    "capitals": ("path,label", "{path},{label}", "'Owl' and 'owl' are the same but for capitals"),
    "no names and three columns": ("", "{path},{label},{k}", "3 values and no names of columns"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_list_in_doubt_is_refused(
    name: str, listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, line, words = REFUSED[name]
    monkeypatch.setattr("simplecell.data.manifest.ALL_APART", 12)
    given = ("Owl", "owl", "swift") if name == "capitals" else WORDS
    with pytest.raises(DataError, match=words):
        read_manifest(listed(head, line, words=given))


def test_pictures_without_ending_that_two_files_could_be_are_not_guessed(
    listed: Listed, tmp_path: Path
) -> None:
    path = listed("id,label", "{k},{label}")
    Image.new("L", (4, 4)).save(tmp_path / "data" / "3.jpg")
    album = read_manifest(path)
    assert album.skipped == (("3", "there is no such file"),)
