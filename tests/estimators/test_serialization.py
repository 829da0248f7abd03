import copy
import pickle
import pickletools

import numpy as np
import pytest
from safetensors.numpy import load
from sklearn.base import BaseEstimator

import simplecell as sc
from simplecell.errors import ModelError
from simplecell.estimators.serialization import pack, unpack

Digits = tuple[np.ndarray, np.ndarray]

ESTIMATORS = [
    sc.ConvNetClassifier(epochs=1, random_state=0, n_jobs=1),
    sc.ConvNetClassifier(sc.find("lenet5"), recipe=sc.recipe("sgd", epochs=1), n_jobs=1),
    sc.SoftmaxRegression(iterations=5),
    sc.SparseAutoencoder(5, iterations=5, random_state=0),
    sc.ConvolvedFeatures(4, iterations=5, patches=500, random_state=0),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("kind", [np.int64, str, object])
def test_what_was_pickled_answers_the_same(
    estimator: BaseEstimator, kind: type, digits: Digits
) -> None:
    x, y = digits
    y = y.astype(str).astype(object) if kind is object else y.astype(kind)
    fitted = copy.deepcopy(estimator).fit(x, y)
    again = pickle.loads(pickle.dumps(fitted))
    for method in ("predict", "predict_proba", "transform"):
        if hasattr(fitted, method):
            here, there = getattr(fitted, method)(x), getattr(again, method)(x)
            assert np.array_equal(here, there)
            assert here.dtype == there.dtype
    assert again.get_params().keys() == fitted.get_params().keys()
    assert vars(again).keys() == vars(fitted).keys()
    assert again.__getstate__()["learnt"] == fitted.__getstate__()["learnt"]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_what_was_learnt_is_a_safetensors_file_and_no_object(
    estimator: BaseEstimator, digits: Digits
) -> None:
    fitted = copy.deepcopy(estimator).set_params(n_jobs=1).fit(*digits)
    state = fitted.__getstate__()
    assert state.keys() == {"parameters", "learnt"}
    assert load(state["learnt"])
    if isinstance(estimator, sc.ConvNetClassifier) and not isinstance(estimator.network, str):
        return
    named = {
        argument
        for code, argument, _ in pickletools.genops(pickle.dumps(fitted, protocol=2))
        if code.name == "GLOBAL"
    }
    own = f"{type(fitted).__module__} {type(fitted).__name__}"
    # Protocol 2 writes bytes as text that a codec turns back.
    assert named - {own, "_codecs encode", "copy_reg _reconstructor"} == set()


@pytest.mark.parametrize("kind", [sc.ConvNetClassifier, sc.SoftmaxRegression])
def test_a_stream_goes_on_after_a_pickle_as_if_there_had_been_none(
    kind: type, digits: Digits
) -> None:
    x, y = digits
    here = kind(random_state=0, n_jobs=1).partial_fit(x, y, classes=[0, 1, 2, 3])
    there = pickle.loads(pickle.dumps(here))
    for _ in range(2):
        here.partial_fit(x, y)
        there.partial_fit(x, y)
    assert np.array_equal(here.predict_proba(x), there.predict_proba(x))


def test_plain_values_come_back_as_they_were() -> None:
    values = {
        "none": None,
        "flag": True,
        "number": 0.1,
        "tuple": (1, "two", [3.0, None]),
        "array": np.arange(6, dtype=">i4").reshape(2, 3),
        "text": np.array(["a", "bcd"]),
        "days": np.array(["2026-11-24"], "datetime64[D]"),
        "objects": np.array(["a", 1, None], object),
        "dict": {"a": {"b": (np.float32(0.5),)}},
    }
    again = unpack(pack(values))
    assert again.keys() == values.keys()
    for name in ("array", "text", "days", "objects"):
        assert np.array_equal(again[name], values[name])
    assert again["text"].dtype == values["text"].dtype
    assert again["objects"].dtype == object
    plain = ("none", "flag", "number", "tuple", "dict")
    assert [again[n] for n in plain] == [values[n] for n in plain]


def test_what_cannot_travel_and_what_is_damaged_is_said() -> None:
    with pytest.raises(ModelError, match="a set cannot be pickled"):
        pack({"strange": {1, 2}})
    content = pack({"fine": np.zeros(3)})
    with pytest.raises(ModelError, match="the pickled estimator is truncated"):
        unpack(content[:-4])
    with pytest.raises(ModelError, match="the pickled estimator is damaged"):
        unpack(content.replace(b"array", b"arrow"))
