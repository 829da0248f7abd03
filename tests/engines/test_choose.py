import sys

import pytest

from simplecell.engines import choose
from simplecell.engines.choose import available, engine, must_compile
from simplecell.errors import EngineError, UnknownName


def test_auto_is_lanes() -> None:
    assert engine().name == engine("lanes").name == "lanes"


def test_threads_are_handed_on() -> None:
    assert engine("lanes", threads=1).threads == 1
    assert engine("lanes").threads >= 1


def test_an_unknown_engine_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'reference'"):
        engine("referense")


@pytest.mark.parametrize("threads", [0, -2])
def test_no_threads_are_refused(threads: int) -> None:
    with pytest.raises(EngineError, match=rf"{threads} threads were asked for; give 1 or more"):
        engine("lanes", threads)


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [
        ("auto", "simplecell.engines.lanes", "numba"),
        ("torch", "simplecell.engines.pytorch", r"simplecell\[torch\]"),
    ],
)
def test_a_missing_engine_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, name: str, module: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EngineError, match=rf"cannot be used: .*\n.*pip install '{package}'"):
        engine(name)


def test_what_cannot_be_had_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simplecell.engines.lanes", None)
    monkeypatch.setitem(sys.modules, "simplecell.engines.pytorch", None)
    assert [found.name for found in available()] == ["reference"]


def test_the_reference_never_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not must_compile(engine("reference"))
    for compiled in (True, False):
        monkeypatch.setattr("simplecell.compile.compiled", lambda now=compiled: now)
        assert must_compile(engine("lanes")) is not compiled


def test_every_name_is_an_engine_or_auto() -> None:
    assert set(choose.NAMES) == {"auto", "lanes", "reference", "torch"}


def test_a_device_is_torch_s_and_chosen_only_when_asked_for() -> None:
    pytest.importorskip("torch")
    from simplecell.engines.pytorch import best_device

    assert getattr(engine("torch"), "device", "") == "cpu"
    assert getattr(engine("torch", device="auto"), "device", "") == best_device()
    with pytest.raises(EngineError, match=r"device is 'cuda', and the engine lanes .*\n.*torch"):
        engine("lanes", device="cuda")
    with pytest.raises(EngineError, match=r"cannot use the device 'warp'.*\n.*always works"):
        engine("torch", device="warp")
