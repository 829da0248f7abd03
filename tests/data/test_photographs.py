import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from simplecell.data import photographs
from simplecell.data.photographs import bundled_photographs, read_photographs
from simplecell.errors import DataError

RNG = np.random.default_rng(0)


def saved(path: Path, height: int, width: int) -> np.ndarray:
    path.parent.mkdir(exist_ok=True)
    values = RNG.integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(values).save(path)
    return values


def test_the_bundled_photographs_are_scikit_learns() -> None:
    from sklearn.datasets import load_sample_images

    wanted = load_sample_images().images
    found = bundled_photographs(channels=3)
    assert len(found) == len(wanted) == 2
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(ours, np.moveaxis(theirs, 2, 0))


def test_grey_is_pillows_grey() -> None:
    colour, grey = bundled_photographs(3)[0], bundled_photographs(1)[0]
    assert grey.shape == (1, *colour.shape[1:])
    weighed = np.tensordot([0.299, 0.587, 0.114], colour, 1)
    assert np.abs(weighed - grey[0]).max() <= 1


def test_the_photographs_do_not_import_scikit_learn() -> None:
    code = (
        "import sys; from simplecell.data.photographs import bundled_photographs as p; p(1)[0];"
        "sys.exit('sklearn' in sys.modules)"
    )
    path = os.pathsep.join(folder for folder in sys.path if folder)
    run = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path})
    assert run.returncode == 0


def test_missing_photographs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install scikit-learn"):
        bundled_photographs()
    nowhere = SimpleNamespace(origin="/no/where.py")
    monkeypatch.setattr(photographs, "find_spec", lambda name: nowhere)
    with pytest.raises(
        DataError, match=r"china\.jpg, flower\.jpg is missing.*\n.*folder of photo"
    ):
        bundled_photographs()


def test_a_folder_gives_its_photographs_by_name_at_their_own_size(tmp_path: Path) -> None:
    b = saved(tmp_path / "b.png", 5, 9)
    saved(tmp_path / "a.PNG", 7, 3)
    saved(tmp_path / "below" / "c.bmp", 4, 4)
    (tmp_path / "notes.txt").write_text("not a photograph")
    found = read_photographs(tmp_path, channels=3)
    assert [p.shape for p in found] == [(3, 7, 3), (3, 5, 9), (3, 4, 4)]
    np.testing.assert_array_equal(found[1], np.moveaxis(b, 2, 0))
    assert len(found[1:]) == 2


def test_a_photograph_is_read_when_it_is_asked_for_and_a_broken_one_is_named(
    tmp_path: Path,
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff but no more")
    saved(tmp_path / "sound.png", 4, 4)
    found = read_photographs(tmp_path)
    assert found[1].shape == (1, 4, 4)
    with pytest.raises(DataError, match=r"broken\.jpg is"):
        found[0]


def test_folders_without_photographs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no photograph in .*: no file ends in \.bmp"):
        read_photographs(tmp_path)
    with pytest.raises(DataError, match="there is no such folder"):
        read_photographs(tmp_path / "nowhere")


def test_pictures_have_one_channel_or_three(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"2 channels .* 1 \(grey\) or 3"):
        bundled_photographs(channels=2)
