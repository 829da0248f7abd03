"""Every system that is installed gives the reference's answer on every network of the bench."""

from dataclasses import replace

import pytest

from simplecell.bench.answers import STEPS, TOLERANCE, forwarded, trained
from simplecell.bench.networks import NETS, network
from simplecell.bench.system import SYSTEMS, Forms, System, make_system
from simplecell.bench.task import Task, make_task
from simplecell.errors import EngineError, UnknownName
from simplecell.spec.layers import Local
from simplecell.spec.network import Network

PEERS = [name for name in SYSTEMS if name not in ("reference", "torch-compiled")]


def system(name: str) -> System:
    try:
        return make_system(name, threads=1)
    except EngineError as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="module", params=NETS)
def task(request: pytest.FixtureRequest) -> Task:
    small = make_task(network(request.param), batch=1, threads=1, pictures=8)
    return replace(small, batch=1 if request.param == "lenet5" else 2)


def check(task: Task, forms: Forms, training: bool) -> None:
    oracle = trained(task) if training else forwarded(task)
    for form, make in forms.items():
        runner = make()
        runner.advance(2)
        runner.reset()
        runner.advance(STEPS)
        assert oracle.difference(runner.answer()) < TOLERANCE, form


@pytest.mark.parametrize("name", PEERS)
def test_peers_take_the_reference_s_steps(name: str, task: Task) -> None:
    peer = system(name)
    if name != "mlp":
        check(task, peer.training(task), training=True)


@pytest.mark.parametrize("name", PEERS)
def test_peers_give_the_reference_s_outputs(name: str, task: Task) -> None:
    peer = system(name)
    if name != "mlp":
        check(task, peer.inference(task), training=False)


def test_mlp_is_another_network_of_about_as_many_weights() -> None:
    from simplecell.spec.accounting import count_network

    peer = system("mlp")
    lenet5 = make_task(network("lenet5"), batch=4, threads=1, pictures=8)
    ours = count_network(peer.network(lenet5)).total.parameters
    assert peer.network(lenet5) != lenet5.network
    assert ours == pytest.approx(60_000, rel=0.02)
    for forms in (peer.training(lenet5), peer.inference(lenet5)):
        for make in forms.values():
            runner = make()
            runner.reset()
            runner.advance(3)
            assert runner.answer()


def test_absent_system_says_that_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("simplecell.bench.system.import_module", missing)
    with pytest.raises(EngineError, match="jax is not installed: No module named"):
        make_system("jax", 1)


def test_unknown_system_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'jax'"):
        make_system("jaxx", 1)


def test_jax_says_which_layers_it_is_not_written_for() -> None:
    unshared = Network("unshared", (1, 4, 4), (Local("L1", 3, (4, 4), squash="softmax"),))
    task = make_task(unshared, batch=1, threads=1, pictures=2)
    peer = system("jax")
    with pytest.raises(EngineError, match="local layers"):
        next(iter(peer.inference(task).values()))().advance(1)
