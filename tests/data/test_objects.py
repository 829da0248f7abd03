"""Data sets that a program holds already, given to `load` and to `fit`."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.utils import Bunch

from simplecell.data.sources import Dataset, load
from simplecell.errors import DataError
from simplecell.train.loop import fit


def same(data: Dataset, x: Any, y: Any) -> None:
    np.testing.assert_array_equal(data.train.pixels[:, 0], x)
    assert [data.classes[label] for label in data.train.labels] == [str(label) for label in y]


def test_a_bunch_of_scikit_learn_is_a_data_set() -> None:
    data = load(load_digits(), size=32)
    assert data.train.pixels.shape == (1797, 1, 32, 32)
    assert data.classes == tuple("0123456789")
    assert data.train.labels[:5].tolist() == [0, 1, 2, 3, 4]
    assert data.train.pixels.max() == 255
    assert data.notes == ("pixels from 0 to 16 are read as black to white.",)


def test_a_frame_of_pandas_in_a_bunch_is_read_as_openml_gives_it(x: Any, y: Any) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(x.reshape(len(x), -1), columns=[f"pixel{k}" for k in range(784)])
    labels = pandas.Series([str(label) for label in y], dtype="category")
    same(load(Bunch(data=frame, target=labels, DESCR="…", feature_names=["a"])), x, y)


def test_arrays_are_a_data_set_as_keras_gives_them(x: Any, y: Any) -> None:
    same(load((x, y)), x, y)
    data = load(((x[:30], y[:30]), (x[30:], y[30:])))
    same(data, x[:30], y[:30])
    assert data.test is not None
    np.testing.assert_array_equal(data.test.labels, y[30:])
    same(load({"x_train": x, "y_train": y.tolist()}), x, y)


class Items:
    """What PyTorch asks of a Dataset, and what torchvision adds."""

    def __init__(self, pictures: Any, labels: Any, classes: Any = None) -> None:
        self.pictures, self.labels = pictures, labels
        if classes is not None:
            self.classes = classes

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, at: int) -> Any:
        return self.pictures[at], self.labels[at]


def test_a_dataset_of_pytorch_is_read_item_by_item(x: Any, y: Any) -> None:
    torch = pytest.importorskip("torch")
    tensors = torch.tensor(x[:, None] / 255, dtype=torch.float32)
    words = [f"kind {k}" for k in range(10)]
    data = load(Items(tensors, torch.tensor(y), words))
    same(data, x, [f"kind {label}" for label in y])
    assert data.notes == ("the 40 items of Items are as its transforms gave them once.",)
    same(load(torch.utils.data.TensorDataset(tensors, torch.tensor(y))), x, y)


def test_pictures_of_pillow_in_a_dataset_are_read(x: Any, y: Any) -> None:
    from PIL import Image

    same(load(Items([Image.fromarray(picture) for picture in x], y.tolist())), x, y)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (Bunch(data=np.ones((9, 30)), DESCR=""), "the Bunch has no pictures and labels by a name"),
        (Items([np.ones((4, 4)), np.ones((5, 4))], [0, 1]),
         r"item 1 is 5x4, item 0 4x4.*\n.*Res"),
        (Items([np.ones((4, 4))], [None]), "item 0 is tuple, and no picture with a label"),
        ((np.ones((3, 9, 9)), [0, 1]), "2 labels for 3 pictures"),
        (Items([], []), "has 0 items"),
    ],
)  # fmt: skip
def test_what_is_no_data_set_is_refused(held: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        load(held)


def test_fit_learns_what_a_program_holds() -> None:
    run = fit("lenet5", load_digits(), epochs=1, engine="reference", progress=False)
    assert run.model.classes == tuple("0123456789")
