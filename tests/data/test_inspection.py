"""Which folders look like no data set: never one with pictures by class and notes beside them."""

from pathlib import Path

import pytest
from PIL import Image

from simplecell.data.imagefolder import read_image_folder
from simplecell.data.inspection import doubt

MIXED = (".py", ".txt", ".json", ".so", ".html", ".c", ".log")


def fill(folder: Path, pictures: int, others: dict[str, int], bare: int = 0) -> Path:
    for label in ("heron", "owl"):
        inner = folder / label
        inner.mkdir(parents=True)
        for n in range(pictures):
            Image.new("L", (4, 4)).save(inner / f"{n}.png")
        for ending, count in others.items():
            for n in range(count):
                (inner / f"{n}{ending}").write_text("not a picture")
        for n in range(bare):
            (inner / f"scan-{n}").write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("pictures", "others", "bare"),
    [
        (5, {}, 0),
        (5, {".xml": 5}, 0),
        (5, {".txt": 5, ".json": 5, ".xml": 5}, 0),
        (5, {".xml": 50}, 0),
        (0, {}, 8),
        (50, dict.fromkeys(MIXED, 5), 0),
    ],
    ids=["plain", "notes", "three notes each", "many notes", "no endings", "some of everything"],
)
def test_pictures_by_class_are_never_in_doubt(
    pictures: int, others: dict[str, int], bare: int, tmp_path: Path
) -> None:
    assert doubt(read_image_folder(fill(tmp_path / "birds", pictures, others, bare))) is None


def test_a_folder_of_all_sorts_of_files_is_in_doubt_and_says_what_was_seen(tmp_path: Path) -> None:
    folder = fill(tmp_path / "tmp", 3, dict.fromkeys(MIXED, 4), bare=2)
    assert doubt(read_image_folder(folder)) == (
        f"{folder} does not look like pictures by class: 6 pictures, and 60 other files of 8 kinds"
        " (8 .c, 8 .html, 8 .json, 8 .log, 8 .py …), in 2 folders that would be the classes"
        " (heron, owl)"
    )


def test_far_more_other_files_than_pictures_are_in_doubt_too(tmp_path: Path) -> None:
    others = {".so": 9, ".txt": 12}
    assert doubt(read_image_folder(fill(tmp_path / "few", 6, others))) is None
    message = doubt(read_image_folder(fill(tmp_path / "mess", 5, others)))
    assert message is not None
    assert "10 pictures, and 42 other files of 2 kinds (24 .txt, 18 .so" in message
